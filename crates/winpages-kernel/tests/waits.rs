//! Waiting, between threads and between processes.

#![allow(missing_docs)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::wait::*;
use winpages_kernel::{Handle, NtStatus};

const SOON: Timeout = Timeout::After(Duration::from_millis(20));
const NOW: Timeout = Timeout::After(Duration::ZERO);

fn mutant(text: Option<&str>, owned: bool) -> Handle {
    create_mutant(&dispatcher(text), owned).unwrap().0
}

fn event(text: Option<&str>, notification: bool, signalled: bool) -> Handle {
    create_event(&dispatcher(text), notification, signalled)
        .unwrap()
        .0
}

fn semaphore(text: Option<&str>, initial: i32, maximum: i32) -> Handle {
    create_semaphore(&dispatcher(text), initial, maximum)
        .unwrap()
        .0
}

fn timer(notification: bool) -> Handle {
    create_timer(&dispatcher(None::<&str>), notification)
        .unwrap()
        .0
}

fn wait(handle: Handle, timeout: Timeout) -> Outcome {
    wait_for_single_object(handle, false, timeout).unwrap()
}

#[test]
fn a_mutant_belongs_to_a_thread() {
    let handle = mutant(None, false);
    assert_eq!(release_mutant(handle), Err(NtStatus::MUTANT_NOT_OWNED));
    for _ in 0..40 {
        assert_eq!(wait(handle, NOW), Outcome::Object(0));
    }
    assert_eq!(query_mutant(handle).unwrap().count, -39);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(wait(handle, SOON), Outcome::TimedOut);
            assert_eq!(release_mutant(handle), Err(NtStatus::MUTANT_NOT_OWNED));
        });
    });
    for previous in (-39..=0).rev().rev() {
        assert_eq!(release_mutant(handle), Ok(previous));
    }
    assert_eq!(release_mutant(handle), Err(NtStatus::MUTANT_NOT_OWNED));
    close(handle);
}

#[test]
fn a_thread_that_ends_abandons() {
    let handle = mutant(None, false);
    let other = mutant(None, false);
    thread::spawn(move || {
        assert_eq!(wait(handle, NOW), Outcome::Object(0));
        assert_eq!(wait(handle, NOW), Outcome::Object(0));
        let both = [other, handle];
        let outcome = wait_for_multiple_objects(&both, true, false, NOW);
        assert_eq!(outcome, Ok(Outcome::Object(0)));
    })
    .join()
    .unwrap();
    assert!(query_mutant(handle).unwrap().abandoned);
    assert_eq!(wait(handle, NOW), Outcome::Abandoned(0));
    assert_eq!(query_mutant(handle).unwrap().count, 0);
    assert_eq!(release_mutant(handle), Ok(0));
    assert_eq!(wait(handle, NOW), Outcome::Object(0));
    assert_eq!(release_mutant(handle), Ok(0));
    let event = event(None, true, false);
    let outcome = wait_for_multiple_objects(&[event, other], false, false, NOW);
    assert_eq!(outcome, Ok(Outcome::Abandoned(1)));
    assert_eq!(release_mutant(other), Ok(0));
}

#[test]
fn a_sleeper_hears_of_an_abandonment() {
    let handle = mutant(None, false);
    let taken = event(None, false, false);
    let owner = thread::spawn(move || {
        assert_eq!(wait(handle, NOW), Outcome::Object(0));
        set_event(taken).unwrap();
        thread::sleep(Duration::from_millis(50));
        // Closing it changes nothing of who owns it.
        close(mutant(None, false));
    });
    wait(taken, Timeout::Infinite);
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(move || {
                let outcome = wait(handle, Timeout::Infinite);
                release_mutant(handle).unwrap();
                outcome
            })
        })
        .collect();
    owner.join().unwrap();
    let outcomes: Vec<_> = waiters.into_iter().map(|it| it.join().unwrap()).collect();
    let abandoned = |outcome: &&Outcome| **outcome == Outcome::Abandoned(0);
    assert_eq!(outcomes.iter().filter(abandoned).count(), 1);
}

#[test]
fn closing_an_owned_mutant_leaves_the_robust_list_whole() {
    for _ in 0..100 {
        let handle = mutant(None, true);
        let others: Vec<_> = (0..20).map(|_| mutant(None, true)).collect();
        for other in others {
            close(other);
        }
        release_mutant(handle).unwrap();
        close(handle);
    }
    thread::spawn(|| {
        for _ in 0..100 {
            close(mutant(None, true));
        }
    })
    .join()
    .unwrap();
}

#[test]
fn events_and_semaphores_count() {
    let event_once = event(None, false, true);
    assert_eq!(wait(event_once, NOW), Outcome::Object(0));
    assert_eq!(wait(event_once, NOW), Outcome::TimedOut);
    assert_eq!(set_event(event_once), Ok(false));
    assert_eq!(set_event(event_once), Ok(true));
    assert_eq!(reset_event(event_once), Ok(true));
    assert_eq!(wait(event_once, NOW), Outcome::TimedOut);
    let stays = event(None, true, true);
    for _ in 0..3 {
        assert_eq!(wait(stays, NOW), Outcome::Object(0));
    }
    let semaphore = semaphore(None, 1, 3);
    assert_eq!(release_semaphore(semaphore, 2), Ok(1));
    let exceeded = Err(NtStatus::SEMAPHORE_LIMIT_EXCEEDED);
    assert_eq!(release_semaphore(semaphore, 1), exceeded);
    for _ in 0..3 {
        assert_eq!(wait(semaphore, NOW), Outcome::Object(0));
    }
    assert_eq!(wait(semaphore, NOW), Outcome::TimedOut);
}

#[test]
fn waiting_for_all_takes_nothing_before() {
    let (first, second) = (event(None, false, true), semaphore(None, 0, 5));
    let third = mutant(None, false);
    let all = [first, second, third];
    assert_eq!(
        wait_for_multiple_objects(&all, true, false, SOON),
        Ok(Outcome::TimedOut)
    );
    assert!(query_event(first).unwrap().signalled);
    let waiter = thread::spawn(move || {
        let outcome = wait_for_multiple_objects(&all, true, false, Timeout::Infinite);
        (outcome, query_mutant(third).unwrap().owned_by_caller)
    });
    thread::sleep(Duration::from_millis(30));
    release_semaphore(second, 2).unwrap();
    assert_eq!(waiter.join().unwrap(), (Ok(Outcome::Object(0)), true));
    assert!(!query_event(first).unwrap().signalled);
    assert_eq!(query_semaphore(second).unwrap().count, 1);
    assert_eq!(wait(third, NOW), Outcome::Abandoned(0));
    let twice = wait_for_multiple_objects(&[first, first], true, false, NOW);
    assert_eq!(twice, Err(NtStatus::INVALID_PARAMETER_MIX));
}

#[test]
fn everybody_gets_through() {
    const THREADS: usize = 8;
    const ROUNDS: u32 = 300;
    let handle = mutant(None, false);
    let gate = semaphore(None, 3, 3);
    static INSIDE: AtomicU32 = AtomicU32::new(0);
    static TORN: AtomicU32 = AtomicU32::new(0);
    static TOTAL: AtomicU32 = AtomicU32::new(0);
    thread::scope(|scope| {
        for index in 0..THREADS {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let both = [gate, handle];
                    match (index + round as usize) % 3 {
                        0 => {
                            wait(gate, Timeout::Infinite);
                            wait(handle, Timeout::Infinite);
                        }
                        1 => {
                            let outcome =
                                wait_for_multiple_objects(&both, true, false, Timeout::Infinite);
                            assert_eq!(outcome, Ok(Outcome::Object(0)));
                        }
                        _ => {
                            let outcome =
                                wait_for_multiple_objects(&both, false, false, Timeout::Infinite);
                            match outcome.unwrap() {
                                Outcome::Object(0) => wait(handle, Timeout::Infinite),
                                _ => wait(gate, Timeout::Infinite),
                            };
                        }
                    }
                    if INSIDE.swap(1, Ordering::SeqCst) != 0 {
                        TORN.fetch_add(1, Ordering::SeqCst);
                    }
                    TOTAL.store(TOTAL.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    INSIDE.store(0, Ordering::SeqCst);
                    release_mutant(handle).unwrap();
                    release_semaphore(gate, 1).unwrap();
                }
            });
        }
    });
    assert_eq!(TORN.load(Ordering::SeqCst), 0);
    assert_eq!(TOTAL.load(Ordering::SeqCst), THREADS as u32 * ROUNDS);
    assert_eq!(query_semaphore(gate).unwrap().count, 3);
}

#[test]
fn timers_are_due_when_they_are_due() {
    let once = timer(false);
    let set = |handle, milliseconds, period| {
        let due = Due::After(Duration::from_millis(milliseconds));
        let request = SetTimer {
            due,
            period,
            apc: None,
        };
        set_timer(handle, &request).unwrap()
    };
    let start = Instant::now();
    set(once, 30, 0);
    assert_eq!(wait(once, NOW), Outcome::TimedOut);
    assert_eq!(wait(once, Timeout::Infinite), Outcome::Object(0));
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(wait(once, SOON), Outcome::TimedOut);
    let periodic = timer(true);
    set(periodic, 5, 10);
    assert_eq!(wait(periodic, Timeout::Infinite), Outcome::Object(0));
    assert_eq!(cancel_timer(periodic), Ok(true));
    // A sleeper hears that the timer is set anew.
    set(once, 60_000, 0);
    let waiter = thread::spawn(move || wait(once, Timeout::Infinite));
    thread::sleep(Duration::from_millis(30));
    set(once, 1, 0);
    assert_eq!(waiter.join().unwrap(), Outcome::Object(0));
}

#[test]
fn a_pulse_releases_those_who_wait() {
    for notification in [true, false] {
        let handle = event(None, notification, false);
        let waiters: Vec<_> = (0..3)
            .map(|_| thread::spawn(move || wait(handle, Timeout::Infinite)))
            .collect();
        thread::sleep(Duration::from_millis(60));
        let mut pulses = 0;
        for waiter in waiters {
            while !waiter.is_finished() {
                pulses += 1;
                pulse_event(handle).unwrap();
                thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(waiter.join().unwrap(), Outcome::Object(0));
        }
        assert!(pulses >= if notification { 1 } else { 3 }, "{pulses}");
        assert_eq!(wait(handle, NOW), Outcome::TimedOut);
    }
}

#[test]
fn threads_can_be_waited_for_among_others() {
    use winpages_kernel::object::Object;
    use winpages_kernel::object::handle_table::{Entry, insert};
    let (sender, receiver) = std::sync::mpsc::channel();
    let never = event(None, true, false);
    let thread = thread::spawn(move || {
        sender.send(winpages_kernel::thread::current()).unwrap();
        thread::sleep(Duration::from_millis(30));
    });
    let handle = insert(Entry {
        object: Object::Thread(receiver.recv().unwrap()),
        access: AccessMask::SYNCHRONIZE,
        attributes: HandleAttributes::empty(),
    })
    .unwrap();
    assert_eq!(wait(handle, NOW), Outcome::TimedOut);
    let outcome = wait_for_multiple_objects(&[never, handle], false, false, Timeout::Infinite);
    assert_eq!(outcome, Ok(Outcome::Object(1)));
    thread.join().unwrap();
    assert_eq!(wait(handle, NOW), Outcome::Object(0));
}

#[test]
fn processes_share_a_name() {
    if let Some(role) = role() {
        let handle = open_mutant(
            &name("shared"),
            AccessMask::SYNCHRONIZE,
            HandleAttributes::empty(),
        );
        let handle = handle.unwrap();
        let ready = event(Some("ready"), false, false);
        assert_eq!(wait(handle, Timeout::Infinite), Outcome::Object(0));
        set_event(ready).unwrap();
        if role == "sleeps" {
            thread::sleep(Duration::from_secs(60));
        }
        return;
    }
    if !alone("processes_share_a_name") {
        return;
    }
    let handle = mutant(Some("shared"), false);
    let ready = event(Some("ready"), false, false);
    for role in ["ends", "sleeps"] {
        let mut child = spawn("processes_share_a_name", role);
        assert_eq!(wait(ready, Timeout::Infinite), Outcome::Object(0));
        if role == "sleeps" {
            assert_eq!(wait(handle, SOON), Outcome::TimedOut);
            let waiter = thread::spawn(move || {
                let outcome = wait(handle, Timeout::Infinite);
                release_mutant(handle).unwrap();
                outcome
            });
            thread::sleep(Duration::from_millis(20));
            child.kill().unwrap();
            assert_eq!(waiter.join().unwrap(), Outcome::Abandoned(0));
            child.wait().unwrap();
        } else {
            assert!(child.wait().unwrap().success());
            assert_eq!(wait(handle, NOW), Outcome::Abandoned(0));
            release_mutant(handle).unwrap();
        }
    }
    let kind = create_event(&dispatcher(Some("shared")), false, false);
    assert_eq!(kind, Err(NtStatus::OBJECT_TYPE_MISMATCH));
    close(handle);
    close(ready);
    assert_eq!(files(), [""; 0]);
}
