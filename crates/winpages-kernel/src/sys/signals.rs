//! Which signals a thread lets through.

use core::mem::MaybeUninit;
use core::ptr;

use rustix::io::Errno;

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
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
    }
}

/// Writes to what may be a pipe that nobody reads any more: that is `EPIPE`, and no signal, which would end the
/// process.
pub fn without_broken_pipe<T>(write: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    let mut set = MaybeUninit::uninit();
    let mut pending = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: sets for these calls to fill; the second needs what the first has filled.
    let (set, was_pending) = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), before.as_mut_ptr());
        libc::sigpending(pending.as_mut_ptr());
        (
            set.assume_init(),
            libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1,
        )
    };
    let result = write();
    if matches!(result, Err(Errno::PIPE)) && !was_pending {
        let now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: takes the signal that the write has sent to this thread, which has it blocked.
        unsafe { libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const now) };
    }
    // SAFETY: the set that was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    result
}
