//! Sleeping on words that several processes share, until somebody says that they have changed.

use core::sync::atomic::{AtomicU32, AtomicU64};
use core::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, ClockId, Flags, Timespec, WaitFlags, WaitPtr, WaitvFlags};

pub use futex::Wait as Watched;

/// How many words one sleep can watch.
pub const MOST_WATCHED: usize = 128;

/// Why a sleep has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awoken {
    /// Somebody woke this thread, and may have woken it alone.
    Woken,
    /// The word had another value already, or a signal handler ran.
    NotAsleep,
    /// The time was up.
    TimedOut,
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// The lower half of a word of 64 bits, as the kernel's word to sleep on.
#[inline]
fn lower_half(word: &AtomicU64) -> &AtomicU32 {
    // SAFETY: x86-64 has the lower half first; only the kernel reads or writes through this.
    unsafe { &*core::ptr::from_ref(word).cast::<AtomicU32>() }
}

/// Sleeps while the lower half of `word` is `expected`, until a [`wake`] or until `deadline` on the
/// monotonic clock.
pub fn wait(word: &AtomicU64, expected: u32, deadline: Option<Duration>) -> Awoken {
    let deadline = deadline.map(timespec);
    let everybody = core::num::NonZeroU32::MAX;
    let word = lower_half(word);
    match futex::wait_bitset(word, Flags::empty(), expected, deadline.as_ref(), everybody) {
        Ok(()) => Awoken::Woken,
        Err(Errno::TIMEDOUT) => Awoken::TimedOut,
        Err(_) => Awoken::NotAsleep,
    }
}

/// Wakes up to `count` of those who sleep on the lower half of `word`; answers how many.
pub fn wake(word: &AtomicU64, count: u32) -> u32 {
    let woken = futex::wake(lower_half(word), Flags::empty(), count);
    woken.map_or(0, |woken| woken as u32)
}

/// Wakes everybody who sleeps on a whole word.
pub fn wake_all(word: &AtomicU32) {
    let _ = futex::wake(word, Flags::empty(), i32::MAX as u32);
}

/// The lower half of a shared word, for [`wait_for_any`].
pub fn watch_lower_half(word: &AtomicU64, expected: u32) -> Watched {
    watch(lower_half(word), expected)
}

/// A shared word, for [`wait_for_any`].
pub fn watch(word: &AtomicU32, expected: u32) -> Watched {
    watched(word, expected, WaitFlags::SIZE_U32)
}

/// A word of this process alone, for [`wait_for_any`].
pub fn watch_private(word: &AtomicU32, expected: u32) -> Watched {
    watched(word, expected, WaitFlags::SIZE_U32 | WaitFlags::PRIVATE)
}

fn watched(word: &AtomicU32, expected: u32, flags: WaitFlags) -> Watched {
    let mut watched = Watched::new();
    watched.val = expected.into();
    watched.uaddr = WaitPtr::new(core::ptr::from_ref(word).cast_mut().cast());
    watched.flags = flags;
    watched
}

/// Sleeps while all words have the values they are expected to have, until one of them is woken or
/// until `deadline` on the monotonic clock. At most [`MOST_WATCHED`] words.
///
/// Needs Linux 5.16.
pub fn wait_for_any(words: &[Watched], deadline: Option<Duration>) -> Awoken {
    let deadline = deadline.map(timespec);
    let flags = WaitvFlags::empty();
    match futex::waitv(words, flags, deadline.as_ref(), ClockId::Monotonic) {
        Ok(_) => Awoken::Woken,
        Err(Errno::TIMEDOUT) => Awoken::TimedOut,
        Err(_) => Awoken::NotAsleep,
    }
}
