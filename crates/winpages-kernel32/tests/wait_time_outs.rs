//! Waits that end by their time-out while all processors are busy: none ends early, none sleeps on, and none
//! takes what it did not wait for long enough.

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use core::ptr::null;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kernel32::event::CreateEventW;
use kernel32::handle::CloseHandle;
use kernel32::mutex::{CreateMutexW, ReleaseMutex};
use kernel32::semaphore::CreateSemaphoreW;
use kernel32::wait::{WaitForMultipleObjects, WaitForSingleObject};

const WAIT_OBJECT_0: u32 = 0;
const WAIT_TIMEOUT: u32 = 258;
const INFINITE: u32 = u32::MAX;

/// Waits, and checks that it took no less than it was to take.
fn times_out(milliseconds: u32, wait: impl FnOnce(u32) -> u32) {
    let started = Instant::now();
    assert_eq!(wait(milliseconds), WAIT_TIMEOUT);
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(milliseconds.into()),
        "{milliseconds} ms took {took:?}"
    );
}

#[test]
fn none_ends_early_and_none_sleeps_on() {
    let stop = AtomicBool::new(false);
    // SAFETY: no names and no attributes.
    let (event, mutex, semaphore, signalled) = unsafe {
        (
            CreateEventW(null(), 0, 0, null()),
            CreateMutexW(null(), 1, null()),
            CreateSemaphoreW(null(), 0, 10, null()),
            CreateEventW(null(), 1, 1, null()),
        )
    };
    thread::scope(|scope| {
        for _ in 0..2 * thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    core::hint::spin_loop();
                }
            });
        }
        let waiters: Vec<_> = (0..8u32)
            .map(|number| {
                scope.spawn(move || {
                    for turn in 0..20 {
                        let milliseconds = (number * 7 + turn * 3) % 41;
                        let all = [signalled, event, semaphore];
                        for object in [event, mutex, semaphore] {
                            times_out(milliseconds, |time| WaitForSingleObject(object, time));
                        }
                        // SAFETY: as many handles as are said.
                        let multiple = |count, together, time| unsafe {
                            WaitForMultipleObjects(
                                count,
                                all[3 - count as usize..].as_ptr(),
                                together,
                                time,
                            )
                        };
                        times_out(milliseconds, |time| multiple(3, 1, time));
                        times_out(milliseconds, |time| multiple(2, 0, time));
                    }
                })
            })
            .collect();
        for waiter in waiters {
            waiter.join().expect("no wait ends early");
        }
        stop.store(true, Ordering::Relaxed);
    });
    // What nobody waited for long enough is still there, or still not.
    assert_eq!(WaitForSingleObject(signalled, 0), WAIT_OBJECT_0);
    assert_eq!(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_eq!(ReleaseMutex(mutex), 1);
    assert_eq!(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    for handle in [event, mutex, semaphore, signalled] {
        assert_eq!(CloseHandle(handle), 1);
    }
}
