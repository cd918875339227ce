//! The regions of a winpages process as another sees them: what it says of itself must be what others read
//! out of its map, at any moment, and whatever becomes of it.

mod common;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use common::{request, whole_view};
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{
    Allocate, MemoryBasicInformation, MemoryKind, MemoryState, Protection,
};
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::process::{
    self, Target, allocate_virtual_memory, free_virtual_memory, open_process,
    protect_virtual_memory, query_virtual_memory, reference_process,
};
use winpages_kernel::section::{CreateSection, create_section, map_view_of_section};

const CHILD: &str = "WINPAGES_TEST_REMOTE_REGIONS";
const RESERVE: u32 = 0x2000;
const COMMIT: u32 = 0x1000;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;
const PAGE: usize = 0x1000;
const SLOT: usize = 0x1_0000;

fn allocate(size: usize, kind: u32, protection: u32) -> usize {
    let there = allocate_virtual_memory(&Target::Own, &Allocate::new(0, size, kind, protection));
    there.unwrap().base
}

fn map(size: u64, protection: Protection) {
    let (section, _) = create_section(&CreateSection {
        name: None,
        ..request("unnamed", size)
    })
    .unwrap();
    let view = whole_view(section, protection);
    map_view_of_section(&view).unwrap();
}

/// The other process, if this is it: has regions of all kinds, and does what it is told to.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    process::serve_requests();
    map_behind_images();
    for index in 0..500 {
        let base = allocate(PAGE * (1 + index % 7), RESERVE | COMMIT, 2 << (index % 2));
        if index % 3 == 0 {
            let there = free_virtual_memory(&Target::Own, base, PAGE, DECOMMIT);
            there.unwrap();
        }
    }
    allocate(1 << 40, RESERVE, 1);
    map(0x5000, Protection::READWRITE);
    map(0x3000, Protection::WRITECOPY);
    let mut regions = Vec::with_capacity(10_000);
    let mut text = String::with_capacity(4 << 20);
    println!("\nready");
    let mut lines = std::io::stdin().lines();
    while let Some(line) = lines.next() {
        match line.unwrap().as_str() {
            "walk" => {
                regions.clear();
                regions.extend(walk(&Target::Own));
                text.clear();
                for region in &regions {
                    writeln!(text, "{}", describe(region)).unwrap();
                }
                println!("{text}end");
            }
            "churn" => churn(&mut lines),
            "become another" => {
                use std::os::unix::process::CommandExt;
                println!("ready");
                panic!("{}", Command::new("sleep").arg("1000").exec());
            }
            line => panic!("{line}"),
        }
    }
}

/// Others' memory right behind that of programs and libraries, where the kernel merges what is alike.
fn map_behind_images() {
    let mut ends: Vec<usize> = Vec::new();
    for (region, next) in walk(&Target::Own).zip(walk(&Target::Own).skip(1)) {
        if region.kind == MemoryKind::Image && next.state == MemoryState::Free {
            ends.push(next.base_address);
        }
    }
    assert!(ends.len() >= 2, "{ends:x?}");
    for (index, end) in ends.into_iter().enumerate() {
        let access = [libc::PROT_NONE, libc::PROT_READ | libc::PROT_WRITE][index % 2];
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: pages that are free are taken, or none.
        unsafe { libc::mmap(end as *mut libc::c_void, PAGE, access, flags, -1, 0) };
    }
}

fn churn(lines: &mut impl Iterator) {
    static STOP: AtomicBool = AtomicBool::new(false);
    println!("ready");
    std::thread::scope(|scope| {
        for thread in 0..2usize {
            scope.spawn(move || {
                while !STOP.load(Ordering::Relaxed) {
                    let base = allocate(SLOT * (1 + thread), RESERVE | COMMIT, 4);
                    protect_virtual_memory(&Target::Own, base + PAGE, PAGE, 2).unwrap();
                    free_virtual_memory(&Target::Own, base, 0, RELEASE).unwrap();
                }
            });
        }
        lines.next();
        STOP.store(true, Ordering::Relaxed);
    });
    println!("ready");
}

fn walk(target: &Target) -> impl Iterator<Item = MemoryBasicInformation> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let region = query_virtual_memory(target, at).ok()?;
        assert_eq!(region.base_address, at);
        assert!(region.region_size > 0);
        at += region.region_size;
        Some(region)
    })
}

fn describe(region: &MemoryBasicInformation) -> String {
    format!("{region:x?}")
}

struct Other {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    target: Target,
}

impl Other {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        read_until(&mut output, "ready");
        let rights = AccessMask::PROCESS_ALL_ACCESS;
        let handle = open_process(child.id(), rights, HandleAttributes::empty()).unwrap();
        let target = reference_process(handle, rights).unwrap();
        Self {
            child,
            input,
            output,
            target,
        }
    }

    fn say(&mut self, line: &str, answer: &str) -> Vec<String> {
        writeln!(self.input, "{line}").unwrap();
        read_until(&mut self.output, answer)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_until(output: &mut impl BufRead, last: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "{lines:?}");
        if line.trim_end() == last {
            return lines;
        }
        lines.push(line.trim_end().to_owned());
    }
}

#[test]
fn both_agree_on_every_region() {
    let mut other = Other::start();
    // What the first of all maps there for it, and what the first answer takes.
    walk(&other.target).for_each(drop);
    other.say("walk", "end");
    let its_own = other.say("walk", "end");
    let seen: Vec<_> = walk(&other.target)
        .map(|region| describe(&region))
        .collect();
    for (own, seen) in its_own.iter().zip(&seen) {
        assert_eq!(own, seen);
    }
    assert_eq!(its_own.len(), seen.len());
    assert!(seen.len() > 1000);
}

#[test]
fn what_was_changed_is_seen_at_once() {
    const SLOTS: usize = 40;
    let other = Other::start();
    let target = &other.target;
    let area =
        allocate_virtual_memory(target, &Allocate::new(0, SLOTS * SLOT, RESERVE, 1)).unwrap();
    free_virtual_memory(target, area.base, 0, RELEASE).unwrap();
    // 0 for free, 1 for reserved, else a protection.
    let mut model = [0u32; SLOTS];
    let mut seed = 12345u32;
    let mut random = move |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    for turn in 0..3000 {
        let slot = random(SLOTS as u32) as usize;
        let base = area.base + slot * SLOT;
        let protection = [2, 4][random(2) as usize];
        model[slot] = match (model[slot], random(3)) {
            (0, 0) => {
                allocate_virtual_memory(target, &Allocate::new(base, PAGE, RESERVE, 1)).unwrap();
                1
            }
            (0, _) => {
                let kind = RESERVE | COMMIT;
                allocate_virtual_memory(target, &Allocate::new(base, PAGE, kind, protection))
                    .unwrap();
                protection
            }
            (_, 0) => {
                free_virtual_memory(target, base, 0, RELEASE).unwrap();
                0
            }
            (1, _) => {
                allocate_virtual_memory(target, &Allocate::new(base, PAGE, COMMIT, protection))
                    .unwrap();
                protection
            }
            (_, 1) => {
                free_virtual_memory(target, base, PAGE, DECOMMIT).unwrap();
                1
            }
            _ => {
                protect_virtual_memory(target, base, PAGE, protection).unwrap();
                protection
            }
        };
        let slots = if turn % 20 == 0 {
            0..SLOTS
        } else {
            slot..slot + 1
        };
        for slot in slots {
            let region = query_virtual_memory(target, area.base + slot * SLOT).unwrap();
            let seen = match region.state {
                MemoryState::Free => 0,
                MemoryState::Reserve => 1,
                MemoryState::Commit => region.protection.unwrap().bits(),
            };
            assert_eq!(seen, model[slot], "turn {turn}, slot {slot}");
        }
    }
}

#[test]
fn a_map_that_changes_all_the_time_is_walked() {
    let mut other = Other::start();
    other.say("churn", "ready");
    for _ in 0..20 {
        let last = walk(&other.target).last().unwrap();
        assert_eq!(last.base_address + last.region_size, 0x7FFF_FFFF_0000);
    }
    other.say("stop", "ready");
}

#[test]
fn what_becomes_another_program_or_ends_is_noticed() {
    let mut other = Other::start();
    let ours = |target: &Target| {
        let large = walk(target).find(|region| region.region_size == 1 << 40);
        large.map(|region| region.base_address)
    };
    let large = ours(&other.target).unwrap();
    other.say("become another", "ready");
    let exe = format!("/proc/{}/exe", other.child.id());
    while !std::fs::read_link(&exe).is_ok_and(|path| path.ends_with("sleep")) {
        std::thread::yield_now();
    }
    let there = query_virtual_memory(&other.target, large).unwrap();
    assert_eq!(there.state, MemoryState::Free);
    assert_eq!(ours(&other.target), None);

    let mut other = Other::start();
    let large = ours(&other.target).unwrap();
    other.child.kill().unwrap();
    other.child.wait().unwrap();
    let answer = query_virtual_memory(&other.target, large);
    assert_eq!(answer, Err(NtStatus::PROCESS_IS_TERMINATING));
}
