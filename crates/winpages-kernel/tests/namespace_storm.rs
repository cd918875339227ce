//! Many processes on few names: no two of them ever hold different objects under one name, and
//! nothing is left over, however they end.

#![allow(missing_docs)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use winpages_kernel::object::{namespace, reference_section};
use winpages_kernel::section::Disposition;
use winpages_kernel::sys::shared_file;

const NAMES: usize = 3;
const MEMBERS: usize = 4;

/// One word a member: which object it holds, as inode number times eight plus the name's; 0 for none.
fn scoreboard() -> &'static [AtomicU64; MEMBERS] {
    let (handle, _) = create("scoreboard", 4096).unwrap();
    // SAFETY: zeroed memory that stays mapped to the end of the process, only ever used as atomics.
    unsafe { &*map(handle).cast() }
}

fn member(index: usize, rounds: usize) {
    let scoreboard = scoreboard();
    let mut random = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(index as u64 + 1);
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let which = random as usize % NAMES;
        let text = format!("storm {which}");
        let handle = if random & 0x100 == 0 {
            // Of both layouts, under each name.
            let described = random & 0x200 == 0;
            let made = if described {
                create_described(&text, 4096)
            } else {
                create(&text, 4096)
            };
            made.unwrap().0
        } else {
            match open(&text) {
                Ok(handle) => handle,
                Err(status) => {
                    assert_eq!(status, winpages_kernel::NtStatus::OBJECT_NAME_NOT_FOUND);
                    continue;
                }
            }
        };
        let (section, _) = reference_section(handle).unwrap();
        let inode = shared_file::stat(&*section).unwrap().st_ino;
        drop(section);
        let mine = inode * 8 + which as u64 + 1;
        scoreboard[index].store(mine, Ordering::SeqCst);
        for (other, word) in scoreboard.iter().enumerate() {
            let theirs = word.load(Ordering::SeqCst);
            if other != index && theirs % 8 == mine % 8 && theirs != mine {
                // Still held, and not just about to be closed, if the word stays.
                assert_ne!(
                    word.load(Ordering::SeqCst),
                    theirs,
                    "round {round}: members {index} and {other} hold two objects of one name"
                );
            }
        }
        scoreboard[index].store(0, Ordering::SeqCst);
        close(handle);
    }
}

#[test]
fn storm() {
    if let Some(role) = role() {
        let (index, rounds) = role.split_once(' ').unwrap();
        return member(index.parse().unwrap(), rounds.parse().unwrap());
    }
    if !alone("storm") {
        return;
    }
    let _board = scoreboard();
    let members: Vec<_> = (0..MEMBERS)
        .map(|index| spawn("storm", &format!("{index} 5000")))
        .collect();
    for mut member in members {
        assert!(member.wait().unwrap().success());
    }
    assert_eq!(files(), ["scoreboard"]);
}

#[test]
fn storm_of_the_dying() {
    if !alone("storm_of_the_dying") {
        return;
    }
    let board = scoreboard();
    let mut random = 12345u64;
    let mut members: Vec<_> = (0..MEMBERS)
        .map(|index| spawn("storm", &format!("{index} 1000000")))
        .collect();
    let end = Instant::now() + Duration::from_secs(4);
    while Instant::now() < end {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        std::thread::sleep(Duration::from_micros(random >> 50));
        let index = (random >> 20) as usize % MEMBERS;
        // One that has failed an assertion is no longer running, and must not be taken for killed.
        assert_eq!(members[index].try_wait().unwrap(), None);
        members[index].kill().unwrap();
        members[index].wait().unwrap();
        board[index].store(0, Ordering::SeqCst);
        members[index] = spawn("storm", &format!("{index} 1000000"));
    }
    for member in &mut members {
        assert_eq!(member.try_wait().unwrap(), None);
        member.kill().unwrap();
        member.wait().unwrap();
    }
    for which in 0..NAMES {
        let (handle, disposition) = create(&format!("storm {which}"), 4096).unwrap();
        assert_eq!(disposition, Disposition::Created);
        close(handle);
    }
    namespace::sweep().unwrap();
    assert_eq!(files(), ["scoreboard"]);
}
