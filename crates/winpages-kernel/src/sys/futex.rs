//! Sleeping on a word of the process's own memory until somebody says that it has changed.

use core::sync::atomic::AtomicU32;
use core::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec};

/// Why a sleep has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awoken {
    /// Somebody woke the thread, a signal handler ran, or the word was another one already. The
    /// caller looks again.
    LookAgain,
    /// The time was up.
    TimedOut,
}

/// All sleepers, whatever they sleep for.
pub const ANY: core::num::NonZeroU32 = core::num::NonZeroU32::MAX;

/// Sleeps while `word` is `expected`, until a [`wake`] that shares a bit of `kind`, or until
/// `deadline` on the monotonic clock.
pub fn wait(
    word: &AtomicU32,
    expected: u32,
    kind: core::num::NonZeroU32,
    deadline: Option<Duration>,
) -> Awoken {
    let deadline = deadline.map(|deadline| Timespec {
        tv_sec: i64::try_from(deadline.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: deadline.subsec_nanos().into(),
    });
    match futex::wait_bitset(word, Flags::PRIVATE, expected, deadline.as_ref(), kind) {
        Err(Errno::TIMEDOUT) => Awoken::TimedOut,
        _ => Awoken::LookAgain,
    }
}

/// Wakes up to `count` of those who sleep on `word` with a bit of `kind`; answers how many.
pub fn wake(word: &AtomicU32, count: u32, kind: core::num::NonZeroU32) -> usize {
    futex::wake_bitset(word, Flags::PRIVATE, count, kind).unwrap_or(0)
}

/// Wakes everybody who sleeps on `word`.
pub fn wake_all(word: &AtomicU32) {
    wake(word, i32::MAX as u32, ANY);
}

/// Wakes the one who sleeps on a word that may be gone by now: if other memory is there meanwhile,
/// somebody there looks again for nothing.
pub fn wake_gone(word: *const AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel uses the address as a key, and answers EFAULT if nothing is mapped there.
    unsafe { libc::syscall(libc::SYS_futex, word.addr(), operation, 1) };
}
