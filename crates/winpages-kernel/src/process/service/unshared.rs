//! Descriptors that no child of a fork keeps: over a connection it could read what is meant for its parent.

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::sys::lock::Lock;

/// The numbers of those that are open. No process forks while it is locked, which keeps more from children than
/// descriptors: see [`without_forks`].
static OPEN: Lock<Vec<i32>> = Lock::new(Vec::new());

/// A descriptor that is closed in every child of a fork.
pub(super) struct Unshared(Option<OwnedFd>);

impl Unshared {
    /// Has `open` open one.
    ///
    /// # Errors
    ///
    /// What `open` answers.
    pub fn open(open: impl FnOnce() -> Result<OwnedFd, Errno>) -> Result<Self, Errno> {
        let mut numbers = OPEN.lock();
        let opened = open()?;
        numbers.push(opened.as_raw_fd());
        Ok(Self(Some(opened)))
    }
}

impl AsFd for Unshared {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().expect("only drop takes it").as_fd()
    }
}

impl Drop for Unshared {
    fn drop(&mut self) {
        let mut numbers = OPEN.lock();
        if let Some(opened) = self.0.take() {
            numbers.retain(|number| *number != opened.as_raw_fd());
        }
    }
}

/// Does something while no thread forks, so that nothing it leaves behind in memory for a moment is copied. It must
/// neither wait nor take a lock of the engine's.
pub(super) fn without_forks<R>(work: impl FnOnce() -> R) -> R {
    let _held = OPEN.lock();
    work()
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    OPEN.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { OPEN.unlock_after_fork() };
}

/// Closes them, in the child of a fork.
pub(super) fn close_all_in_child() {
    for number in OPEN.lock().drain(..) {
        // SAFETY: the thread that had it does not exist on this side of the fork.
        unsafe { rustix::io::close(number) };
    }
}
