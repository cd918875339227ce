//! Sleeping until a descriptor becomes readable.

use core::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::clock;

/// What has become readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// One of the descriptors.
    Descriptor,
    /// None of them.
    None,
}

/// Sleeps until one of the descriptors is readable, until `until` on the monotonic clock, or until a
/// signal handler has run.
pub fn wait(descriptors: &[i32], until: Option<Duration>) -> Readable {
    let mut polled = polled(descriptors);
    let timeout = until.map(|until| {
        let left = until.saturating_sub(clock::monotonic());
        Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        }
    });
    match rustix::event::poll(&mut polled, timeout.as_ref()) {
        Ok(0) | Err(_) => Readable::None,
        Ok(_) => Readable::Descriptor,
    }
}

fn polled(descriptors: &[i32]) -> Vec<PollFd<'_>> {
    descriptors
        .iter()
        .map(|descriptor| {
            // SAFETY: the caller keeps what they belong to as long as it sleeps; a number that is no
            // descriptor's any more would be reported as such, and nothing else.
            let descriptor = unsafe { BorrowedFd::borrow_raw(*descriptor) };
            PollFd::from_borrowed_fd(descriptor, PollFlags::IN)
        })
        .collect()
}

/// Two ends: [`wait_or`] with the second returns once the first is dropped.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`.
pub fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((write, read))
}

/// Sleeps until one of the descriptors is readable, or the other end of `stopped` has been dropped.
pub fn wait_or(descriptors: &[i32], stopped: &OwnedFd) -> Readable {
    loop {
        let mut polled = polled(descriptors);
        polled.push(PollFd::new(stopped, PollFlags::IN));
        match rustix::event::poll(&mut polled, None) {
            Err(Errno::INTR) => {}
            Err(_) => return Readable::None,
            Ok(_) => {
                let is_readable = |polled: &PollFd<'_>| !polled.revents().is_empty();
                return if polled[..descriptors.len()].iter().any(is_readable) {
                    Readable::Descriptor
                } else {
                    Readable::None
                };
            }
        }
    }
}
