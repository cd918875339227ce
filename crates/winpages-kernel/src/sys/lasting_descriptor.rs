//! A descriptor that is opened when it is first needed, and lasts as long as what it belongs to.

use core::sync::atomic::{AtomicI32, Ordering};

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

const NONE: i32 = -1;

/// Holds one descriptor once somebody has put one there. There is no lock that a fork could find held, and
/// looking takes neither a system call nor memory.
#[derive(Debug)]
pub struct LastingDescriptor(AtomicI32);

impl Default for LastingDescriptor {
    fn default() -> Self {
        Self(AtomicI32::new(NONE))
    }
}

impl LastingDescriptor {
    /// The descriptor, if there is one.
    pub fn get(&self) -> Option<BorrowedFd<'_>> {
        let number = self.0.load(Ordering::Acquire);
        // SAFETY: `put` has put it there, and it is closed when this is dropped, and no borrow outlives that.
        (number != NONE).then(|| unsafe { BorrowedFd::borrow_raw(number) })
    }

    /// Keeps a descriptor, unless one is there by now: then this one is closed.
    pub fn put(&self, descriptor: OwnedFd) {
        let number = descriptor.as_raw_fd();
        let put = self
            .0
            .compare_exchange(NONE, number, Ordering::AcqRel, Ordering::Relaxed);
        if put.is_ok() {
            // It is in this one's hands now.
            let _ = descriptor.into_raw_fd();
        }
    }
}

impl Drop for LastingDescriptor {
    fn drop(&mut self) {
        let number = *self.0.get_mut();
        if number != NONE {
            // SAFETY: `put` took it out of its owner's hands, and nobody borrows from what is dropped.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
}
