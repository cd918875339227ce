//! Which signals a thread lets through.

use core::mem::MaybeUninit;

/// The signals that a thread had blocked before.
#[derive(Clone, Copy)]
pub struct Blocked(libc::sigset_t);

/// Blocks all signals in the calling thread; a thread that it starts has them blocked, too.
pub fn block_all() -> Blocked {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: both are sets for these calls to fill.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
        Blocked(before.assume_init())
    }
}

impl Blocked {
    /// Blocks what was blocked before, and nothing else.
    pub fn restore(&self) {
        // SAFETY: a set that `block_all` has filled.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, core::ptr::null_mut())
        };
    }
}
