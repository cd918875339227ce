//! Heaps that are destroyed while threads use them. In a process of its own: a handle may be another heap's
//! by the time that it is used, and what was a block may be one of that heap's.

#![allow(missing_docs)]

#[path = "common/watchdog.rs"]
mod watchdog;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use winpages_kernel::NtStatus;
use winpages_kernel::heap::{HeapHandle, HeapOptions, allocate, create, destroy, free};

const PLAIN: HeapOptions = HeapOptions::empty();

fn new() -> HeapHandle {
    create(PLAIN, 0, 0).unwrap()
}

#[test]
fn heaps_come_and_go_under_living_threads() {
    let current = AtomicUsize::new(new().as_raw());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let heap = HeapHandle::from_raw(current.load(Ordering::Relaxed));
                    // The heap may go at any time: then there is none, and nothing worse.
                    match allocate(heap, PLAIN, 100) {
                        Ok(block) => {
                            // SAFETY: if it is a live block still, it is this thread's.
                            let _ = unsafe { free(heap, PLAIN, block.as_ptr()) };
                        }
                        Err(status) => assert_eq!(status, NtStatus::INVALID_HANDLE),
                    }
                }
            });
        }
        for _ in 0..500 {
            let new = new();
            let old = current.swap(new.as_raw(), Ordering::Relaxed);
            std::thread::yield_now();
            // SAFETY: whoever uses it is told that there is none.
            unsafe { destroy(HeapHandle::from_raw(old)) }.unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}
