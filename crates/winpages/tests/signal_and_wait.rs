//! Signalling one object and waiting for another, on both systems.

mod common;

use std::time::Duration;

use winpages::{Event, Mutex, Operation, Semaphore, signal_and_wait};

const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

#[test]
fn two_threads_take_turns() {
    let (there, back) = (Event::new().unwrap(), Event::new().unwrap());
    let mut turns = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(there.wait_timeout(LIMIT.unwrap()).unwrap());
            for _ in 1..1000 {
                assert!(signal_and_wait(&back, &there, LIMIT).unwrap().is_some());
            }
            back.set().unwrap();
        });
        for _ in 0..1000 {
            let signalled = signal_and_wait(&there, &back, LIMIT).unwrap().unwrap();
            assert_eq!(signalled.index(), 0);
            assert!(signalled.into_guard().is_none());
            turns += 1;
        }
    });
    assert_eq!(turns, 1000);
}

#[test]
fn it_signals_also_when_nobody_answers() {
    let never = Event::new().unwrap();
    let event = Event::new().unwrap();
    let at_once = Some(Duration::ZERO);
    assert!(signal_and_wait(&event, &never, at_once).unwrap().is_none());
    assert!(event.wait_timeout(Duration::ZERO).unwrap());
    let semaphore = Semaphore::options().maximum(2).create().unwrap();
    assert!(
        signal_and_wait(&semaphore, &never, at_once)
            .unwrap()
            .is_none()
    );
    assert_eq!(semaphore.release(1).unwrap(), 1);
    let error = assert_code!(
        signal_and_wait(&semaphore, &never, at_once),
        "ERROR_TOO_MANY_POSTS"
    );
    assert_eq!(error.operation(), Operation::Wait);
    // What it waits for is taken.
    assert!(
        signal_and_wait(&event, &semaphore, at_once)
            .unwrap()
            .is_some()
    );
    assert_eq!(semaphore.release(1).unwrap(), 1);
}

#[test]
fn a_mutex_is_let_go_of_and_another_taken() {
    let (first, second) = (Mutex::new().unwrap(), Mutex::new().unwrap());
    let taken = Event::new().unwrap();
    std::thread::scope(|scope| {
        let guard = first.lock().unwrap();
        scope.spawn(|| {
            let _first = first.lock().unwrap();
            taken.set().unwrap();
        });
        assert!(signal_and_wait(guard, &taken, LIMIT).unwrap().is_some());
    });
    let guard = first.try_lock().unwrap().unwrap();
    let signalled = signal_and_wait(guard, &second, LIMIT).unwrap().unwrap();
    let guard = signalled.into_guard().unwrap();
    assert!(!guard.was_abandoned());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            (
                first.try_lock().unwrap().is_some(),
                second.try_lock().unwrap().is_some(),
            )
        });
        assert_eq!(other.join().unwrap(), (true, false));
    });
}
