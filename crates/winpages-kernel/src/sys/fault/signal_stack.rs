//! The stack that a thread's signals are handled on when its own has run out.

use super::super::memory;

/// How large it is, in bytes: room for the handlers of a program.
pub(crate) const SIGNAL_STACK_SIZE: usize = 64 << 10;

/// Gives the signals of the calling thread a stack that ends below `end`, of `size` bytes, unless
/// they have one at least as large. The lowest page of it is made one that cannot be used.
///
/// # Safety
///
/// Nobody else may use those pages until [`stop_using_signal_stack`], and they must be the caller's.
pub(crate) unsafe fn use_signal_stack(start: usize, size: usize) {
    if current().is_some_and(|(_, current_size)| current_size >= size - GUARD) {
        return;
    }
    // SAFETY: the pages are the caller's. Without the guard it works as well, while it suffices.
    let _ = unsafe { memory::protect(start, GUARD, memory::Access::empty()) };
    let stack = libc::stack_t {
        ss_sp: (start + GUARD) as *mut _,
        ss_flags: 0,
        ss_size: size - GUARD,
    };
    // SAFETY: the caller vouches for the pages. In a signal handler that is on such a stack already
    // this fails, and the thread keeps that one.
    unsafe { libc::sigaltstack(&raw const stack, core::ptr::null_mut()) };
}

/// The signals of the calling thread have no stack any more that begins in these pages.
pub(crate) fn stop_using_signal_stack(start: usize, size: usize) {
    if uses_signal_stack(start, size) {
        let none = libc::stack_t {
            ss_sp: core::ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: 0,
        };
        // SAFETY: a valid pointer to a local.
        unsafe { libc::sigaltstack(&raw const none, core::ptr::null_mut()) };
    }
}

/// Whether they have one that begins in these pages.
pub(crate) fn uses_signal_stack(start: usize, size: usize) -> bool {
    current().is_some_and(|(current_start, _)| (start..start + size).contains(&current_start))
}

const GUARD: usize = 0x1000;

/// Where the present one begins, and how large it is.
fn current() -> Option<(usize, usize)> {
    // SAFETY: zeroes are a valid stack_t, and the pointer leads to a local.
    let stack = unsafe {
        let mut stack: libc::stack_t = core::mem::zeroed();
        libc::sigaltstack(core::ptr::null(), &raw mut stack);
        stack
    };
    let is_there = stack.ss_flags & libc::SS_DISABLE == 0;
    is_there.then_some((stack.ss_sp as usize, stack.ss_size))
}
