//! Heaps as a process has them: no system call in the steady state, a fork in the middle of
//! everything, arbitrary arguments.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/random.rs"]
mod random;
#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use core::ffi::c_void;
use core::ptr::null_mut;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use kernel32::global_memory::*;
use kernel32::heap::*;
use kernel32::heap_walk::*;
use kernel32::local_memory::*;
use kernel32::nt::heap::*;
use kernel32::pointer_probe::*;
use random::Random;

/// Runs `work` in a child process; answers what it exits with, or `None` if a signal ended it.
fn in_child(work: impl FnOnce() -> i32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: the child runs `work` and leaves without cleaning up what is its parent's.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            // A child that hangs is a failure.
            libc::alarm(60);
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            libc::_exit(code.unwrap_or(101));
        }
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
    }
    libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status))
}

/// Exchanges blocks of a working set that does not grow.
fn exchange(heap: *mut c_void, blocks: &mut [*mut c_void], random: &mut Random, times: usize) {
    for _ in 0..times {
        let block = &mut blocks[random.below(200)];
        // SAFETY: every block here came from this heap, and is freed once.
        unsafe { HeapFree(heap, 0, *block) };
        *block = HeapAlloc(heap, 0, random.below(600));
        assert!(!block.is_null());
    }
}

/// From here on the kernel ends the thread at any system call but read, write and exit.
fn forbid_system_calls() {
    const STRICT: libc::c_int = 1;
    // SAFETY: concerns the calling thread.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_SECCOMP, STRICT) }, 0);
}

fn leave_thread() -> ! {
    // SAFETY: ends the thread, which holds nothing that others need.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("exit has returned")
}

fn steady_state(threads: usize) {
    let code = in_child(|| {
        static DONE: AtomicUsize = AtomicUsize::new(0);
        let barrier = Barrier::new(threads);
        let heap = HeapCreate(0, 0, 0) as usize;
        std::thread::scope(|scope| {
            for seed in 0..threads {
                let barrier = &barrier;
                scope.spawn(move || {
                    let heap = heap as *mut c_void;
                    let mut random = Random(0x5EED + seed as u64 * 97);
                    let mut blocks = [null_mut(); 200];
                    // Until the caches have what they need.
                    exchange(heap, &mut blocks, &mut random, 200_000);
                    barrier.wait();
                    forbid_system_calls();
                    for _ in 0..100_000 {
                        let block = HeapAlloc(heap, 0, 64);
                        // SAFETY: allocated in the line above.
                        unsafe { HeapFree(heap, 0, block) };
                    }
                    if threads == 1 {
                        exchange(heap, &mut blocks, &mut random, 200_000);
                    }
                    DONE.fetch_add(1, Ordering::Relaxed);
                    leave_thread();
                });
            }
            // The threads end behind the library's back, and so does this process.
            while DONE.load(Ordering::Relaxed) < threads {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            // SAFETY: ends the child.
            unsafe { libc::_exit(77) }
        })
    });
    assert_eq!(code, Some(77));
}

#[test]
fn no_system_call_in_the_steady_state() {
    steady_state(1);
    steady_state(8);
}

/// Says that something is over when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_child_of_a_fork_has_whole_heaps() {
    let heaps: Vec<usize> = (0..3).map(|_| HeapCreate(0, 0, 0) as usize).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (heaps, done) = (&heaps, &done);
            scope.spawn(move || {
                let mut random = Random(0xF0F0 + seed);
                let mut sets = [[null_mut(); 200]; 3];
                while !done.load(Ordering::Relaxed) {
                    let index = random.below(3);
                    let heap = heaps[index] as *mut c_void;
                    exchange(heap, &mut sets[index], &mut random, 50);
                    let handle = GlobalAlloc(2, random.below(5000));
                    GlobalFree(handle);
                    if random.below(20) == 0 {
                        HeapLock(heap);
                        HeapUnlock(heap);
                    }
                }
            });
        }
        // The threads are not waited for for ever if something below fails.
        let _ended = Ending(&done);
        for _ in 0..60 {
            let code = in_child(|| {
                let mut random = Random(3);
                assert_eq!(HeapValidate(GetProcessHeap(), 0, core::ptr::null()), 1);
                for heap in &heaps {
                    let heap = *heap as *mut c_void;
                    assert_eq!(HeapValidate(heap, 0, core::ptr::null()), 1);
                    let mut blocks = [null_mut(); 200];
                    exchange(heap, &mut blocks, &mut random, 2_000);
                    assert_eq!(HeapLock(heap), 1);
                    assert_eq!(HeapUnlock(heap), 1);
                    assert!(HeapCompact(heap, 0) > 0);
                    let handle = GlobalAlloc(2, 100);
                    assert!(GlobalFree(handle).is_null());
                    // In a thread of the child's own, too.
                    let raw = heap as usize;
                    let other = std::thread::spawn(move || {
                        let block = HeapAlloc(raw as *mut c_void, 0, 100);
                        // SAFETY: allocated in the line above.
                        unsafe { HeapFree(raw as *mut c_void, 0, block) }
                    });
                    assert_eq!(other.join().unwrap(), 1);
                    assert_eq!(HeapDestroy(heap), 1);
                }
                55
            });
            assert_eq!(code, Some(55));
        }
    });
    for heap in heaps {
        let heap = heap as *mut c_void;
        assert_eq!(HeapValidate(heap, 0, core::ptr::null()), 1);
        assert_eq!(HeapDestroy(heap), 1);
    }
}

#[test]
fn arbitrary_arguments_get_an_answer() {
    // In a process of its own: handles to the process's heap are among the arguments.
    for seed in 1..=4 {
        assert_eq!(in_child(|| arbitrary_calls(seed)), Some(33), "seed {seed}");
    }
}

fn arbitrary_calls(seed: u64) -> i32 {
    const CALLS: usize = 60_000;
    const READ_ONLY: &[u8; 32] = b"bytes that nobody may write to..";
    let mut random = Random(seed);
    let mut local = [0u64; 16];
    let mut heaps = vec![GetProcessHeap() as usize];
    let mut pointers: Vec<usize> = vec![
        0,
        1,
        8,
        16,
        0x1234,
        0x1_0000,
        0xDEAD_BEE0,
        0x7FFF_FFFF_0000,
        0xFFFF_8000_0000_0000,
        usize::MAX,
        usize::MAX - 15,
        local.as_mut_ptr() as usize,
        READ_ONLY.as_ptr() as usize,
        arbitrary_calls as *const () as usize,
    ];
    let fixed = pointers.len();
    let sizes = [
        0,
        1,
        7,
        16,
        100,
        4096,
        70_000,
        600_000,
        1 << 21,
        1 << 46,
        usize::MAX - 64,
        usize::MAX,
    ];
    let flags = [
        0,
        1,
        2,
        4,
        8,
        0x10,
        0x40,
        0x42,
        0x80,
        0x82,
        0x100,
        0x182,
        0x2000,
        0xFFFF_FFFB,
    ];
    for _ in 0..CALLS {
        let heap = match random.below(8) {
            0 => pointers[random.below(pointers.len())],
            _ => heaps[random.below(heaps.len())],
        } as *mut c_void;
        let pointer = pointers[random.below(pointers.len())] as *mut c_void;
        let size = sizes[random.below(sizes.len())];
        let flag = flags[random.below(flags.len())] & !4;
        // SAFETY: every pointer may be wild; blocks are this function's, and nothing is kept in them.
        unsafe {
            let made = match random.below(36) {
                0..6 => HeapAlloc(heap, flag, size),
                6..8 => HeapReAlloc(heap, flag, pointer, size),
                8..13 => {
                    HeapFree(heap, flag, pointer);
                    null_mut()
                }
                13 => {
                    HeapSize(heap, flag, pointer);
                    core::ptr::null_mut()
                }
                14 => {
                    HeapValidate(heap, flag, pointer);
                    null_mut()
                }
                15 => {
                    let mut entry: PROCESS_HEAP_ENTRY = core::mem::zeroed();
                    entry.lpData = pointer;
                    entry.wFlags = random.below(8) as u16;
                    entry.iRegionIndex = [0, 1, 64, 255][random.below(4)];
                    HeapWalk(heap, &raw mut entry);
                    HeapWalk(heap, [null_mut(), 16 as *mut _][random.below(2)]);
                    null_mut()
                }
                16 => {
                    let mut summary = HEAP_SUMMARY {
                        cb: random.below(50) as u32,
                        cbAllocated: 0,
                        cbCommitted: 0,
                        cbReserved: 0,
                        cbMaxReserve: 0,
                    };
                    HeapSummary(heap, flag & 1, &raw mut summary);
                    HeapSummary(heap, 0, core::ptr::dangling_mut());
                    null_mut()
                }
                17 => {
                    HeapLock(heap);
                    HeapUnlock(heap);
                    HeapUnlock(heap);
                    null_mut()
                }
                18 => {
                    HeapCompact(heap, flag);
                    null_mut()
                }
                19 => {
                    // Not the class that makes corruption end the process.
                    let class = [0, 2, 3, 9][random.below(4)];
                    HeapSetInformation(heap, class, pointer, size);
                    HeapQueryInformation(heap, class, null_mut(), size, null_mut());
                    GetProcessHeaps(random.below(3) as u32, core::ptr::dangling_mut());
                    null_mut()
                }
                20 => {
                    let maximum = [0, 1, 100_000, 1 << 20][random.below(4)];
                    let new = HeapCreate(flag, [0, 1, 50_000][random.below(3)], maximum);
                    if !new.is_null() {
                        heaps.push(new as usize);
                    }
                    null_mut()
                }
                21 if heaps.len() > 5 => {
                    HeapDestroy(heaps.swap_remove(1 + random.below(heaps.len() - 1)) as *mut _);
                    null_mut()
                }
                22..25 => GlobalAlloc(flag, size),
                25 => GlobalReAlloc(pointer, size, flag),
                26 => LocalReAlloc(pointer, size, flag),
                27 => GlobalFree(pointer).min(null_mut()),
                28 => LocalLock(pointer).min(null_mut()),
                29 => GlobalHandle(pointer).min(null_mut()),
                30 => {
                    GlobalUnlock(pointer);
                    LocalUnlock(pointer);
                    GlobalFlags(pointer);
                    LocalFlags(pointer);
                    null_mut()
                }
                31 => {
                    GlobalSize(pointer);
                    LocalSize(pointer);
                    core::ptr::null_mut()
                }
                32 => {
                    IsBadReadPtr(pointer, size);
                    IsBadStringPtrW(pointer.cast(), size);
                    null_mut()
                }
                33 => {
                    IsBadWritePtr(pointer, size);
                    IsBadStringPtrA(pointer.cast(), size);
                    null_mut()
                }
                34 => {
                    let mut entry: RTL_HEAP_WALK_ENTRY = core::mem::zeroed();
                    entry.DataAddress = pointer;
                    entry.Flags = random.below(0x200) as u16;
                    RtlWalkHeap(heap, &raw mut entry);
                    RtlSizeHeap(heap, flag, pointer);
                    null_mut()
                }
                _ => LocalAlloc(flag, size),
            };
            if !made.is_null() {
                pointers.push(made as usize);
            }
        }
        if pointers.len() > 600 {
            for pointer in pointers.drain(fixed + 300..) {
                GlobalFree(pointer as *mut c_void);
            }
        }
        if heaps.len() > 40 {
            for heap in heaps.drain(1..20) {
                assert_eq!(HeapDestroy(heap as *mut c_void), 1);
            }
        }
    }
    for heap in heaps {
        assert_eq!(HeapValidate(heap as *mut c_void, 0, core::ptr::null()), 1);
    }
    33
}
