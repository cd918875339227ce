//! A program all of whose memory comes from HeapAlloc, the library's own included: as one that puts its `malloc` on
//! the process's heap.

#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kernel32::event::{CreateEventA, SetEvent};
use kernel32::handle::CloseHandle;
use kernel32::heap::{GetProcessHeap, HeapAlloc, HeapFree, HeapValidate};

struct ProcessHeap;

const MOST_ALIGNED: usize = 16;

// SAFETY: blocks of the heap are aligned to 16 bytes, and nobody else frees them; others are the system's.
unsafe impl GlobalAlloc for ProcessHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > MOST_ALIGNED {
            // SAFETY: passed on.
            return unsafe { System.alloc(layout) };
        }
        HeapAlloc(GetProcessHeap(), 0, layout.size()).cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on; by its layout the block came from the one or the other.
        unsafe {
            if layout.align() > MOST_ALIGNED {
                System.dealloc(block, layout);
            } else {
                HeapFree(GetProcessHeap(), 0, block.cast());
            }
        }
    }
}

#[global_allocator]
static ALLOCATOR: ProcessHeap = ProcessHeap;

/// Named events that are used: each takes a handle, and a place in what the library remembers of their memory.
fn use_events(thread: u32, round: u32) {
    let handles: Vec<usize> = (0..20)
        .map(|number| {
            let name = format!("Local\\heap-as-allocator-{thread}-{round}-{number}\0");
            // SAFETY: a string that ends with a NUL, and no attributes.
            let event = unsafe { CreateEventA(null(), 1, 0, name.as_ptr().cast()) };
            assert_ne!(event, 0);
            assert_eq!(SetEvent(event), 1);
            event
        })
        .collect();
    for handle in handles {
        assert_eq!(CloseHandle(handle), 1);
    }
}

#[test]
fn forks_while_the_library_allocates_do_not_hang() {
    const THREADS: u32 = 4;
    const FORKS: usize = 300;
    let is_over = AtomicBool::new(false);
    let rounds = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (is_over, rounds) = (&is_over, &rounds);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    use_events(thread, rounds.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        for _ in 0..FORKS {
            // SAFETY: the child leaves without cleaning up what is its parent's.
            unsafe {
                let child = libc::fork();
                if child == 0 {
                    libc::alarm(60);
                    let is_whole = HeapValidate(GetProcessHeap(), 0, null()) == 1;
                    use_events(THREADS, 0);
                    libc::_exit(if is_whole { 33 } else { 44 });
                }
                let mut status = 0;
                if libc::waitpid(child, &raw mut status, 0) != child || status != 33 << 8 {
                    is_over.store(true, Ordering::Relaxed);
                    panic!("{status:x}");
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(rounds.into_inner() > THREADS);
}
