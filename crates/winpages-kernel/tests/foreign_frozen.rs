//! Processes that stand still while their memory is changed from outside: those that are frozen with their control
//! group, before it or in the middle of it, are stopped or killed. Who changes it gets his answer all the same, and they
//! go on with what was theirs when they may, neither stopped nor traced.

mod common;

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::foreign::*;
use common::freezer::Freezer;
use common::{close, request, whole_view};
use winpages_kernel::address_space::Protection;
use winpages_kernel::process::{Target, free_virtual_memory, map_view, unmap_view};
use winpages_kernel::section::{CreateSection, create_section};
use winpages_kernel::{Handle, NtStatus};

/// The numbers of the processes whose memory a caller is to change.
const TARGETS: &str = "WINPAGES_TEST_TARGETS";

/// One that always computes, and more that also sleep.
fn start(count: usize) -> Vec<Foreign> {
    let roles = ["computes"]
        .into_iter()
        .chain(core::iter::repeat("watches itself"));
    let started = roles.map(|role| Foreign::spawn(&mut again_as(role)));
    started.take(count).collect()
}

fn start_one() -> Foreign {
    start(1).remove(0)
}

fn is_traced(foreign: &Foreign) -> bool {
    status(foreign.number(), "TracerPid:") != "0"
}

/// Sees a process to its end, which must be a good one after it has been found at large and can be reached again.
fn assert_unharmed(mut foreign: Foreign) {
    wait_until("nobody traces it", || !is_traced(&foreign));
    foreign.assert_at_large();
    for _ in 0..3 {
        change_memory(&foreign.target).unwrap();
    }
    drop(foreign.child.stdin.take());
    assert!(foreign.child.wait().unwrap().success());
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// The children of this process, also those without a signal for their end.
fn children() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let lists = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")));
    let counts = lists.map(|list| list.unwrap_or_default().split_whitespace().count());
    counts.sum()
}

fn who_is_frozen_before_is_left_as_he_was() {
    for freezer in Freezer::all() {
        let foreign = start_one();
        freezer.take(foreign.number());
        change_memory(&foreign.target).unwrap();
        let before = foreign.maps();
        freezer.freeze();
        let timed_out = Err(NtStatus::IO_TIMEOUT);
        assert_eq!(allocate(&foreign.target, 0, 1, RESERVE, 0x04), timed_out);
        freezer.thaw();
        wait_until("nobody traces it", || !is_traced(&foreign));
        assert_eq!(foreign.maps(), before);
        assert_unharmed(foreign);
    }
}

/// Maps a view and unmaps it, for which most calls are made.
fn change_view(target: &Target, section: Handle) -> Result<(), NtStatus> {
    let view = whole_view(section, Protection::READWRITE);
    let (range, _) = map_view(target, &view)?;
    unmap_view(target, range.base, 0)
}

fn descriptors(foreign: &Foreign) -> usize {
    let entries = fs::read_dir(format!("/proc/{}/fd", foreign.number()));
    entries.unwrap().count()
}

/// Changes the memory of a process again and again; answers what it was refused with at last.
fn change_over_and_over(target: &Target, section: Handle) -> NtStatus {
    loop {
        let changed = change_memory(target).and_then(|()| change_view(target, section));
        if let Err(status) = changed {
            return status;
        }
    }
}

fn small_section() -> Handle {
    let request = CreateSection {
        name: None,
        ..request("none", 0x1_0000)
    };
    create_section(&request).unwrap().0
}

const PROCESSES: usize = 8;
/// How often it is tried to meet one of them in the middle.
const MOST_ROUNDS: usize = 20;

/// Frees what is left of changes that were given up by who asked for them; it is known what it is.
fn free_what_is_left(foreign: &Foreign, before: &str) {
    const RECORD: &str = "fff00000000";
    let base = |line: &str| line.split('-').next().unwrap().to_owned();
    let mut had: Vec<_> = before.lines().map(base).collect();
    had.push(RECORD.into());
    while let Some(new) = foreign
        .maps()
        .lines()
        .map(base)
        .find(|base| !had.contains(base))
    {
        let base = usize::from_str_radix(&new, 16).unwrap();
        if free_virtual_memory(&foreign.target, base, 0, RELEASE).is_err() {
            unmap_view(&foreign.target, base, 0).unwrap();
        }
    }
}

/// Several processes are frozen while somebody changes the memory of each, until one was met in the middle.
fn who_is_frozen_in_the_middle_goes_on_unharmed() {
    let section = small_section();
    for freezer in Freezer::all() {
        let (threads_before, children_before) = (threads(), children());
        let (mut rounds, mut caught) = (0, 0);
        while caught == 0 {
            rounds += 1;
            assert!(rounds <= MOST_ROUNDS, "nobody was met in the middle");
            let foreign = start(PROCESSES);
            for one in &foreign {
                freezer.take(one.number());
                change_memory(&one.target).unwrap();
            }
            let facts = |one: &Foreign| (one.maps(), descriptors(one));
            let before: Vec<_> = foreign.iter().map(facts).collect();
            std::thread::scope(|scope| {
                let call = |one| scope.spawn(move || change_over_and_over(one, section));
                let targets = foreign.iter().map(|one| &one.target);
                let callers: Vec<_> = targets.map(call).collect();
                std::thread::sleep(Duration::from_millis(50));
                freezer.freeze();
                for caller in callers {
                    assert_eq!(caller.join().unwrap(), NtStatus::IO_TIMEOUT);
                }
            });
            let traced: Vec<_> = foreign.iter().filter(|one| is_traced(one)).collect();
            caught += traced.len();
            if let Some(one) = traced.first() {
                // Whoever comes next is told the same.
                let again = change_memory(&one.target);
                assert_eq!(again, Err(NtStatus::IO_TIMEOUT));
            }
            freezer.thaw();
            for (one, (maps, descriptors_before)) in foreign.into_iter().zip(before) {
                wait_until("nobody traces it", || !is_traced(&one));
                assert_eq!(descriptors(&one), descriptors_before);
                free_what_is_left(&one, &maps);
                assert_eq!(one.maps(), maps);
                assert_unharmed(one);
            }
        }
        println!("{rounds} rounds, {caught} met in the middle");
        // Nothing is left of those who stayed behind.
        wait_until("threads and children have ended", || {
            (threads(), children()) == (threads_before, children_before)
        });
    }
    close(section);
}

fn calls() {
    let numbers = std::env::var(TARGETS).unwrap();
    let section = small_section();
    std::thread::scope(|scope| {
        for number in numbers.split(' ') {
            let target = target_of(number.parse().unwrap()).unwrap();
            scope.spawn(move || change_over_and_over(&target, section));
        }
    });
}

/// Who changes their memory is killed meanwhile, and leaves nothing open.
fn who_is_frozen_when_the_caller_is_killed_goes_on_unharmed() {
    for freezer in Freezer::all() {
        let (mut rounds, mut caught) = (0, 0);
        while caught == 0 {
            rounds += 1;
            assert!(rounds <= MOST_ROUNDS, "nobody was met in the middle");
            let foreign = start(PROCESSES);
            let numbers = foreign.iter().map(Foreign::number);
            numbers.clone().for_each(|number| freezer.take(number));
            let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
            let mut command = again_as("calls");
            command.env(TARGETS, numbers.join(" "));
            let mut caller = command.stdout(Stdio::piped()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(50));
            freezer.freeze();
            std::thread::sleep(Duration::from_millis(50));
            caller.kill().unwrap();
            caller.wait().unwrap();
            let mut said = String::new();
            let mut output = caller.stdout.take().unwrap();
            output.read_to_string(&mut said).unwrap();
            caught += foreign.iter().filter(|one| is_traced(one)).count();
            freezer.thaw();
            foreign.into_iter().for_each(assert_unharmed);
        }
        println!("{rounds} rounds, {caught} met in the middle");
    }
}

fn who_is_killed_in_the_middle_has_ended() {
    for freezer in Freezer::all() {
        let mut foreign = start_one();
        freezer.take(foreign.number());
        change_memory(&foreign.target).unwrap();
        let is_frozen = AtomicBool::new(false);
        let target = foreign.target.clone();
        std::thread::scope(|scope| {
            let caller = scope.spawn(|| {
                loop {
                    if let Err(status) = change_memory(&target) {
                        return status;
                    }
                    is_frozen.store(true, Ordering::Relaxed);
                }
            });
            wait_until("it has begun", || is_frozen.load(Ordering::Relaxed));
            freezer.freeze();
            foreign.child.kill().unwrap();
            freezer.thaw();
            let ended = caller.join().unwrap();
            let is_told = matches!(
                ended,
                NtStatus::PROCESS_IS_TERMINATING | NtStatus::PARTIAL_COPY | NtStatus::ACCESS_DENIED
            );
            assert!(is_told, "{ended:?}");
        });
        foreign.child.wait().unwrap();
    }
    assert_eq!(children(), 0);
}

fn signal(foreign: &Foreign, number: i32) {
    // SAFETY: a signal to a child of this test.
    unsafe { libc::kill(foreign.number() as i32, number) };
}

fn who_is_stopped_is_changed_and_stays_stopped() {
    let foreign = start_one();
    for _ in 0..20 {
        signal(&foreign, libc::SIGSTOP);
        let is_stopped = || status(foreign.number(), "State:").starts_with('T');
        wait_until("it is stopped", is_stopped);
        change_memory(&foreign.target).unwrap();
        wait_until("it is stopped again", is_stopped);
        assert!(!is_traced(&foreign));
        signal(&foreign, libc::SIGCONT);
    }
    wait_until("it goes on", || {
        status(foreign.number(), "State:").starts_with('R')
    });
    assert_unharmed(foreign);
}

fn main() {
    match foreign_role().as_deref() {
        Some("computes") => computes(),
        Some("watches itself") => watches_itself(),
        Some("calls") => calls(),
        Some(role) => panic!("{role}"),
        None => run_tests(&[
            (
                "who is frozen before is left as he was",
                who_is_frozen_before_is_left_as_he_was,
            ),
            (
                "who is frozen in the middle goes on unharmed",
                who_is_frozen_in_the_middle_goes_on_unharmed,
            ),
            (
                "who is frozen when the caller is killed goes on unharmed",
                who_is_frozen_when_the_caller_is_killed_goes_on_unharmed,
            ),
            (
                "who is killed in the middle has ended",
                who_is_killed_in_the_middle_has_ended,
            ),
            (
                "who is stopped is changed and stays stopped",
                who_is_stopped_is_changed_and_stays_stopped,
            ),
        ]),
    }
}
