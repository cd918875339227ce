//! Threads that are started, stopped, resumed and ended by others.

#[path = "common/watchdog.rs"]
mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space;
use winpages_kernel::sys::futex;
use winpages_kernel::thread::{self, CreateThread, StartRoutine, Thread};

fn start(routine: StartRoutine, parameter: usize, suspended: bool) -> Arc<Thread> {
    thread::create(&CreateThread {
        routine,
        parameter,
        stack_size: 0,
        stack_size_is_reservation: false,
        suspended,
    })
    .expect("a thread starts")
}

#[track_caller]
fn wait_for_end(thread: &Thread) {
    while !thread.has_ended() {
        futex::wait(thread.end_word(), 0, futex::ANY, None);
    }
}

unsafe extern "C-unwind" fn return_parameter(parameter: usize) -> u32 {
    parameter as u32
}

unsafe extern "C-unwind" fn exit_with_parameter(parameter: usize) -> u32 {
    fn deeper(status: u32, depth: u32) -> u32 {
        if depth == 0 {
            thread::exit(status);
        }
        deeper(status, depth - 1) + 1
    }
    deeper(parameter as u32, 50)
}

/// Counts in the word that the parameter leads to, for ever.
unsafe extern "C-unwind" fn count(parameter: usize) -> u32 {
    // SAFETY: the tests pass the address of a static counter.
    let counter = unsafe { &*(parameter as *const AtomicU64) };
    loop {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn wait_for_change(counter: &AtomicU64) {
    let before = counter.load(Ordering::Relaxed);
    while counter.load(Ordering::Relaxed) == before {
        std::thread::yield_now();
    }
}

fn stands_still(counter: &AtomicU64) -> bool {
    let before = counter.load(Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(20));
    counter.load(Ordering::Relaxed) == before
}

#[test]
fn a_thread_ends_with_what_it_says() {
    for routine in [return_parameter as StartRoutine, exit_with_parameter] {
        let thread = start(routine, 77, false);
        assert_ne!(thread.id(), 0);
        wait_for_end(&thread);
        assert_eq!(thread.exit_status(), 77);
        assert_eq!(thread.suspend(), Err(NtStatus::THREAD_IS_TERMINATING));
        assert_eq!(thread.terminate(1), Err(NtStatus::THREAD_IS_TERMINATING));
    }
}

#[test]
fn a_suspended_thread_waits_to_begin() {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let thread = start(count, COUNTER.as_ptr() as usize, true);
    assert!(stands_still(&COUNTER));
    assert_eq!(thread.suspend(), Ok(1));
    assert_eq!(thread.resume(), 2);
    assert!(stands_still(&COUNTER));
    // One that waits to begin has registers, too.
    thread.context().expect("a context");
    assert!(stands_still(&COUNTER));
    assert_eq!(thread.resume(), 1);
    wait_for_change(&COUNTER);
    assert_eq!(thread.resume(), 0);
    thread.terminate(9).expect("it runs");
    wait_for_end(&thread);
    assert_eq!(thread.exit_status(), 9);
}

#[test]
fn a_thread_that_never_began_can_be_ended() {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let thread = start(count, COUNTER.as_ptr() as usize, true);
    thread.terminate(3).expect("it is there");
    wait_for_end(&thread);
    assert_eq!(
        (thread.exit_status(), COUNTER.load(Ordering::Relaxed)),
        (3, 0)
    );
}

#[test]
fn a_stopped_thread_stands_still() {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let thread = start(count, COUNTER.as_ptr() as usize, false);
    for _ in 0..20 {
        wait_for_change(&COUNTER);
        assert_eq!(thread.suspend(), Ok(0));
        let before = COUNTER.load(Ordering::Relaxed);
        let context = thread.context().expect("a context");
        assert_ne!(context.rip, 0);
        assert_eq!(COUNTER.load(Ordering::Relaxed), before);
        assert_eq!(thread.resume(), 1);
    }
    thread.suspend().expect("it runs");
    assert!(stands_still(&COUNTER));
    for before in 1..127 {
        assert_eq!(thread.suspend(), Ok(before));
    }
    assert_eq!(thread.suspend(), Err(NtStatus::SUSPEND_COUNT_EXCEEDED));
    // A stopped thread can be ended.
    thread.terminate(5).expect("it is there");
    wait_for_end(&thread);
    assert_eq!(thread.exit_status(), 5);
}

/// Changes its register until somebody else does.
unsafe extern "C-unwind" fn wait_for_register(_: usize) -> u32 {
    let status: u32;
    // SAFETY: a loop over one register.
    unsafe {
        core::arch::asm!(
            "mov r12d, 1",
            "2:",
            "pause",
            "cmp r12d, 1",
            "je 2b",
            "mov {status:e}, r12d",
            status = out(reg) status,
            out("r12") _,
        );
    }
    status
}

#[test]
fn registers_can_be_changed() {
    let thread = start(wait_for_register, 0, false);
    let mut was = 0;
    while was != 1 {
        std::thread::yield_now();
        was = thread.context().expect("a context").r12;
    }
    thread
        .change_context(|context| context.r12 = 42)
        .expect("it runs");
    wait_for_end(&thread);
    assert_eq!(thread.exit_status(), 42);
}

/// Whoever is stopped holds no lock of the engine's: the calls of whoever stops him go on.
#[test]
fn a_stopped_thread_holds_no_lock() {
    static ROUNDS: AtomicU64 = AtomicU64::new(0);
    unsafe extern "C-unwind" fn allocate(_: usize) -> u32 {
        loop {
            let range = allocate_page();
            free(range);
            ROUNDS.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn allocate_page() -> usize {
        const RESERVE_COMMIT: u32 = 0x3000;
        const READWRITE: u32 = 4;
        address_space::allocate_virtual_memory(0, 0x1000, RESERVE_COMMIT, READWRITE)
            .expect("memory")
            .base
    }
    fn free(base: usize) {
        const RELEASE: u32 = 0x8000;
        address_space::free_virtual_memory(base, 0, RELEASE).expect("it is there");
    }
    let threads: Vec<_> = (0..3).map(|_| start(allocate, 0, false)).collect();
    for round in 0..300 {
        let thread = &threads[round % threads.len()];
        thread.suspend().expect("it runs");
        free(allocate_page());
        thread.resume();
    }
    wait_for_change(&ROUNDS);
    for thread in &threads {
        thread.terminate(0).expect("it runs");
        free(allocate_page());
        wait_for_end(thread);
    }
}

#[test]
fn many_threads_come_and_go() {
    static ENDED: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C-unwind" fn note(parameter: usize) -> u32 {
        ENDED.fetch_add(1, Ordering::Relaxed);
        parameter as u32
    }
    for _ in 0..20 {
        let threads: Vec<_> = (0..16).map(|number| start(note, number, false)).collect();
        for (number, thread) in threads.iter().enumerate() {
            wait_for_end(thread);
            assert_eq!(thread.exit_status(), number as u32);
            let times = thread.times();
            assert!(times.ended >= Some(times.created));
        }
    }
    assert_eq!(ENDED.load(Ordering::Relaxed), 320);
}

/// A child has one thread, whose number is its own; locks of others' calls are not left held.
#[test]
fn a_forked_child_knows_its_thread() {
    static ADDRESS: AtomicU32 = AtomicU32::new(0);
    unsafe extern "C-unwind" fn wait_at_address(_: usize) -> u32 {
        let zero = 0u32;
        // SAFETY: both lead to words.
        let waited = unsafe {
            winpages_kernel::synchronization::address_wait::wait(
                ADDRESS.as_ptr().cast(),
                (&raw const zero).cast(),
                4,
                None,
            )
        };
        u32::from(waited.is_err())
    }
    let other = start(wait_at_address, 0, false);
    let this = thread::current();
    let parent = this.id();
    std::thread::sleep(Duration::from_millis(10));
    // SAFETY: the child calls the engine and ends.
    match unsafe { libc::fork() } {
        0 => {
            let is_known = thread::current_id() == winpages_kernel::sys::thread::id()
                && this.id() == thread::current_id()
                && this.id() != parent
                && other.has_ended()
                && thread::find(parent).is_none();
            let address = ADDRESS.as_ptr() as usize;
            winpages_kernel::synchronization::address_wait::wake_all(address);
            // SAFETY: ends the child without the test harness.
            unsafe { libc::_exit(if is_known { 0 } else { 1 }) };
        }
        child => {
            let mut status = -1;
            // SAFETY: the child made above, and a local.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0);
        }
    }
    ADDRESS.store(1, Ordering::Release);
    winpages_kernel::synchronization::address_wait::wake_all(ADDRESS.as_ptr() as usize);
    wait_for_end(&other);
    assert_eq!(other.exit_status(), 0);
}
