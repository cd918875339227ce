//! What must hold around `fork`.
//!
//! A child has one thread, and a copy of every lock as it was. A lock that another thread held at
//! that moment would stay held for ever, so the thread that forks takes them all first, in the order
//! in which they nest, and both sides free them.

use core::sync::atomic::{AtomicU64, Ordering};

/// How many forks lie between the first process that loaded the engine and this one, plus those
/// that this process itself has done. A file description that is older than the newest fork may be
/// shared with another process, which matters to whoever judges by its locks.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The number of forks this process has seen, from either side.
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Takes all locks, in the order in which they nest.
fn lock_all() {
    // Held while memory is allocated, which may be the heap's.
    crate::process::lock_for_fork();
    crate::section::lock_for_fork();
    crate::object::lock_for_fork();
    crate::object::handle_table::lock_for_fork();
    crate::wait::lock_for_fork();
    crate::heap::lock_for_fork();
    // Held while no memory is allocated but the engine's own.
    crate::address_space::REGIONS.lock_for_fork();
    crate::residency::SAMPLES.lock_for_fork();
    crate::thread::lock_for_fork();
}

/// Frees them.
///
/// # Safety
///
/// This thread, or the one it was forked from, has called [`lock_all`].
unsafe fn unlock_all() {
    // SAFETY: as the caller vouches.
    unsafe {
        crate::thread::unlock_after_fork();
        crate::residency::SAMPLES.unlock_after_fork();
        crate::address_space::REGIONS.unlock_after_fork();
        crate::heap::unlock_after_fork();
        crate::wait::unlock_after_fork();
        crate::object::handle_table::unlock_after_fork();
        crate::object::unlock_after_fork();
        crate::section::unlock_after_fork();
        crate::process::unlock_after_fork();
    }
}

/// Has `work` done while no other thread holds a lock of the engine's. It must take none itself.
pub(crate) fn with_all_locks<T>(work: impl FnOnce() -> T) -> T {
    lock_all();
    let answer = work();
    // SAFETY: taken above.
    unsafe { unlock_all() };
    answer
}

extern "C" fn prepare() {
    crate::address_space::write_watch::before_fork();
    lock_all();
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn in_parent() {
    // SAFETY: this thread, or the one it was forked from, took the locks in `prepare`.
    unsafe { unlock_all() };
}

extern "C" fn in_child() {
    super::procmap::forget_after_fork();
    super::process::forget_own_number_after_fork();
    crate::address_space::forget_published_map_after_fork();
    in_parent();
    crate::process::after_fork_in_child();
    crate::address_space::write_watch::after_fork();
    crate::thread::after_fork_in_child();
    crate::wait::after_fork_in_child();
    crate::heap::after_fork_in_child();
    crate::synchronization::address_wait::after_fork_in_child();
}

extern "C" fn register() {
    // SAFETY: the three functions are `extern "C"`, take nothing, and live as long as the library.
    // glibc forgets them when the library is unloaded.
    unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
}

/// Runs [`register`] while the library is being loaded, when the heap is ready and nobody can be
/// inside one of our calls. Registering at first use would call malloc from inside VirtualAlloc.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = register;

extern "C" fn at_end() {
    crate::thread::end_process();
    crate::object::run_down();
}

/// Runs when the process ends by returning from `main` or calling `exit`.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = at_end;
