//! Descriptors that are kept open because opening them costs more than using them.

use core::sync::atomic::{AtomicI32, Ordering};

use rustix::fd::{BorrowedFd, IntoRawFd, OwnedFd};

const NONE: i32 = -1;
/// A thread is about to put its descriptor there.
const TAKEN: i32 = -2;

/// A place for one descriptor.
///
/// A program that closes descriptors that it did not open may close this one, and another file may
/// have its number afterwards. So whoever uses it asks for something that only the right file does,
/// and on a refusal calls [`KeptDescriptor::lose`] and opens it afresh.
pub struct KeptDescriptor(AtomicI32);

impl KeptDescriptor {
    /// An empty place.
    pub const fn new() -> Self {
        Self(AtomicI32::new(NONE))
    }

    /// The descriptor, if one is kept.
    pub fn get(&self) -> Option<BorrowedFd<'static>> {
        let number = self.0.load(Ordering::Relaxed);
        // SAFETY: the number was ours when it was kept, and this module closes it only in the child
        // of a fork, where no other thread uses it. If it is closed all the same, the type says how
        // that is found out.
        (number >= 0).then(|| unsafe { BorrowedFd::borrow_raw(number) })
    }

    /// Keeps a descriptor, unless another thread was faster: then this one is closed.
    pub fn keep(&self, descriptor: OwnedFd) {
        if self
            .0
            .compare_exchange(NONE, TAKEN, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
        {
            self.0.store(descriptor.into_raw_fd(), Ordering::Relaxed);
        }
    }

    /// Forgets a descriptor that turned out to be another file's.
    pub fn lose(&self, descriptor: BorrowedFd<'_>) {
        use rustix::fd::AsRawFd;
        let number = descriptor.as_raw_fd();
        let _ = self
            .0
            .compare_exchange(number, NONE, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Closes and forgets the descriptor: in the child after a fork it is about the parent.
    pub fn forget_after_fork(&self) {
        let number = self.0.swap(NONE, Ordering::Relaxed);
        if number >= 0 {
            // SAFETY: the descriptor is this module's, and the swap took it out of its hands.
            unsafe { rustix::io::close(number) };
        }
    }
}
