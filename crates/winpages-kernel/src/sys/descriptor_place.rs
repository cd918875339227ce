//! A place for a descriptor that is kept for the next time.

use core::sync::atomic::{AtomicU64, Ordering};

use rustix::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

use super::fork;

/// Holds one descriptor, or none. Who needs it takes it out, so that two who need one at once have one each,
/// and puts it back. There is no lock that a fork could find held.
#[derive(Debug)]
pub struct DescriptorPlace(AtomicU64);

const NONE: u64 = u64::MAX;

impl Default for DescriptorPlace {
    fn default() -> Self {
        Self(AtomicU64::new(NONE))
    }
}

impl DescriptorPlace {
    /// The descriptor, if there is one. One that is older than the newest fork is on the other side, too, and
    /// is closed on this one.
    pub fn take(&self) -> Option<OwnedFd> {
        let kept = self.0.swap(NONE, Ordering::Acquire);
        if kept == NONE {
            return None;
        }
        // SAFETY: `keep` put it there, and the swap took it out for this caller alone.
        let descriptor = unsafe { OwnedFd::from_raw_fd(kept as i32) };
        (kept >> 32 == fork::generation() & 0xFFFF_FFFF).then_some(descriptor)
    }

    /// Keeps a descriptor, unless another is there by now: then this one is closed.
    pub fn keep(&self, descriptor: OwnedFd) {
        let kept = (fork::generation() << 32) | descriptor.as_raw_fd() as u64;
        let put = self
            .0
            .compare_exchange(NONE, kept, Ordering::Release, Ordering::Relaxed);
        if put.is_ok() {
            // It is in the place's hands now.
            let _ = descriptor.into_raw_fd();
        }
    }
}

impl Drop for DescriptorPlace {
    fn drop(&mut self) {
        drop(self.take());
    }
}
