//! Many processes on few objects, killed at random: what the owners of a mutex change is never torn,
//! each abandonment is told once and no other, nobody sleeps for ever, and nothing is left over.

#![allow(missing_docs)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use winpages_kernel::Handle;
use winpages_kernel::wait::*;

const MEMBERS: usize = 6;
const MUTANTS: usize = 2;

/// How long the storm lasts.
const STORM: Duration = Duration::from_secs(10);

/// Nobody holds anything for longer than microseconds, so a wait that takes as long is one that sleeps
/// for ever.
const FOR_EVER: Duration = Duration::from_secs(20);

/// What the processes share. The words of a mutant are changed by its owner alone, and by loads and
/// stores: two owners at once would tear them.
#[repr(C)]
struct Board {
    /// Of each mutant: a count, and the same written last.
    first: [AtomicU64; MUTANTS],
    second: [AtomicU64; MUTANTS],
    /// Of each mutant: who is between the two; 0 for nobody.
    inside: [AtomicU64; MUTANTS],
    /// How often an abandonment was told.
    told: [AtomicU64; MUTANTS],
    /// Of each member: how many rounds it has done.
    rounds: [AtomicU64; MEMBERS],
    /// The longest wait, in milliseconds.
    longest: AtomicU64,
    /// What is wrong; 0 for nothing.
    wrong: AtomicU64,
}

fn board() -> &'static Board {
    let (handle, _) = create("board", 4096).unwrap();
    // SAFETY: zeroed memory that stays mapped to the end of the process, only ever used as atomics.
    unsafe { &*map(handle).cast() }
}

struct Objects {
    mutants: [Handle; MUTANTS],
    /// Set whenever somebody lets go of a mutant.
    event: Handle,
    /// As many as there are members, so that it never keeps anybody waiting for long.
    semaphore: Handle,
}

impl Objects {
    fn open() -> Self {
        let mutant = |index| create_mutant(&dispatcher(format!("mutant {index}").as_str()), false);
        Self {
            mutants: core::array::from_fn(|index| mutant(index).unwrap().0),
            event: create_event(&dispatcher("event"), false, true).unwrap().0,
            semaphore: create_semaphore(&dispatcher("semaphore"), 1, i32::MAX)
                .unwrap()
                .0,
        }
    }
}

/// What the owner of a mutant does.
fn change(board: &Board, which: usize, abandoned: bool, me: u64) {
    let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
    let others = board.inside[which].load(Ordering::SeqCst);
    if abandoned {
        board.told[which].fetch_add(1, Ordering::SeqCst);
        // The last owner may have died between the two.
        board.second[which].store(load(&board.first[which]), Ordering::Relaxed);
    } else if others != 0 || load(&board.first[which]) != load(&board.second[which]) {
        board.wrong.store(1 + which as u64, Ordering::SeqCst);
    }
    board.inside[which].store(me, Ordering::SeqCst);
    let count = load(&board.first[which]);
    board.first[which].store(count + 1, Ordering::SeqCst);
    for _ in 0..(count % 200) {
        core::hint::spin_loop();
    }
    board.second[which].store(count + 1, Ordering::SeqCst);
    if board.inside[which].load(Ordering::SeqCst) != me {
        board.wrong.store(10 + which as u64, Ordering::SeqCst);
    }
    board.inside[which].store(0, Ordering::SeqCst);
}

fn member(index: usize) {
    let board = board();
    let objects = Objects::open();
    let me = u64::from(std::process::id());
    let mut random = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(me);
    let for_ever = Timeout::After(FOR_EVER);
    let mut began;
    let end = |outcome: Outcome, began: Instant| {
        let milliseconds = began.elapsed().as_millis() as u64;
        board.longest.fetch_max(milliseconds, Ordering::Relaxed);
        if outcome == Outcome::TimedOut {
            board.wrong.store(100 + index as u64, Ordering::SeqCst);
        }
        outcome
    };
    loop {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let which = random as usize % MUTANTS;
        began = Instant::now();
        let mutant = objects.mutants[which];
        match random >> 8 & 3 {
            0 => {
                let outcome = end(
                    wait_for_single_object(mutant, false, for_ever).unwrap(),
                    began,
                );
                change(board, which, outcome == Outcome::Abandoned(0), me);
                release_mutant(mutant).unwrap();
            }
            1 => {
                let outcome =
                    wait_for_multiple_objects(&objects.mutants, false, false, for_ever).unwrap();
                let (which, abandoned) = match end(outcome, began) {
                    Outcome::Object(which) => (which, false),
                    Outcome::Abandoned(which) => (which, true),
                    _ => return,
                };
                change(board, which, abandoned, me);
                release_mutant(objects.mutants[which]).unwrap();
            }
            2 => {
                // One that waits for all is told of an abandonment, not of which: it asks before.
                let all = [mutant, objects.semaphore];
                let outcome = wait_for_multiple_objects(&all, true, false, for_ever).unwrap();
                change(
                    board,
                    which,
                    end(outcome, began) == Outcome::Abandoned(0),
                    me,
                );
                release_semaphore(objects.semaphore, 1).unwrap();
                release_mutant(mutant).unwrap();
            }
            _ => {
                // One of the dead may have taken the event, or the last of the semaphore.
                let soon = Timeout::After(Duration::from_millis(1));
                let any = [objects.event, objects.semaphore];
                match wait_for_multiple_objects(&any, false, false, soon).unwrap() {
                    Outcome::Object(0) | Outcome::TimedOut => {}
                    _ => drop(release_semaphore(objects.semaphore, 1).unwrap()),
                }
            }
        }
        set_event(objects.event).unwrap();
        board.rounds[index].fetch_add(1, Ordering::Relaxed);
    }
}

/// A process that is a copy of this one, and much sooner there than one that starts anew.
fn start(index: usize) -> libc::pid_t {
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: asks for a signal: a member knows no end of its own.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            member(index);
            // SAFETY: ends the process.
            unsafe { libc::_exit(1) }
        }
        child => {
            assert!(child > 0);
            child
        }
    }
}

fn kill(member: libc::pid_t) {
    let mut status = 0;
    // SAFETY: plain calls on a child of ours.
    unsafe {
        // One that has failed is no longer running, and must not be taken for killed.
        assert_eq!(libc::waitpid(member, &raw mut status, libc::WNOHANG), 0);
        libc::kill(member, libc::SIGKILL);
        assert_eq!(libc::waitpid(member, &raw mut status, 0), member);
    }
}

fn main() {
    if !alone("storm") {
        return;
    }
    let board = board();
    let objects = Objects::open();
    let mut members: Vec<libc::pid_t> = (0..MEMBERS).map(start).collect();
    let mut random = 12345u64;
    let mut killed = 0u64;
    let begin = Instant::now();
    while begin.elapsed() < STORM {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        std::thread::sleep(Duration::from_micros(random >> 54));
        let index = (random >> 20) as usize % MEMBERS;
        kill(members[index]);
        killed += 1;
        members[index] = start(index);
        // Whoever was killed with the last of the semaphore has taken it along.
        if killed.is_multiple_of(4) {
            release_semaphore(objects.semaphore, 1).unwrap();
        }
    }
    // Everybody gets on, with nobody killed any more.
    release_semaphore(objects.semaphore, MEMBERS as i32).unwrap();
    let rounds = || {
        board
            .rounds
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    };
    let before = rounds();
    let begin = Instant::now();
    while rounds()
        .iter()
        .zip(before)
        .any(|(now, before)| *now <= before + 10)
    {
        assert!(begin.elapsed() < FOR_EVER, "{before:?} {:?}", rounds());
        std::thread::sleep(Duration::from_millis(5));
    }
    members.into_iter().for_each(kill);
    assert_eq!(board.wrong.load(Ordering::SeqCst), 0);
    let (mut told, mut changed) = (0u64, 0u64);
    for which in 0..MUTANTS {
        let mutant = objects.mutants[which];
        let outcome = wait_for_single_object(mutant, false, Timeout::After(FOR_EVER)).unwrap();
        assert_ne!(outcome, Outcome::TimedOut);
        change(board, which, outcome == Outcome::Abandoned(0), 1);
        release_mutant(mutant).unwrap();
        told += board.told[which].load(Ordering::SeqCst);
        changed += board.first[which].load(Ordering::SeqCst);
    }
    let longest = board.longest.load(Ordering::Relaxed);
    println!(
        "killed {killed}, abandonments told {told}, changes {changed}, longest wait {longest} ms"
    );
    // Whoever was killed owned one mutant at most.
    assert!(told <= killed, "abandonments are told more than once");
    assert!(killed > 200 && told > 10 && changed > 1000);
    assert_eq!(board.wrong.load(Ordering::SeqCst), 0);
    for handle in objects
        .mutants
        .into_iter()
        .chain([objects.event, objects.semaphore])
    {
        close(handle);
    }
    winpages_kernel::object::namespace::sweep().unwrap();
    assert_eq!(files(), ["board"]);
    assert_eq!(threads(), 1);
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}
