//! The kernel's clocks.

use core::time::Duration;
use std::sync::OnceLock;

use rustix::time::{ClockId, Timespec, clock_gettime};

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    // Neither clock can be before its epoch, but a real-time clock that was set wrong.
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Time since the system started, sleep included, as Windows counts it.
pub fn since_boot() -> Duration {
    read(ClockId::Boottime)
}

/// A clock that only goes forward, at the pace of real time, and stands still in suspension.
pub fn monotonic() -> Duration {
    read(ClockId::Monotonic)
}

/// The processor's own clock, which takes a quarter of the time of [`monotonic`] to read: a number that
/// grows, by at least one in each nanosecond.
#[inline]
pub fn ticks() -> u64 {
    // SAFETY: every processor of this architecture has the instruction, and Linux lets programs use it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Time since 1970-01-01 00:00 UTC.
pub fn since_unix_epoch() -> Duration {
    read(ClockId::Realtime)
}

/// When the machine was started, since 1970-01-01 00:00 UTC, as this process first reckoned it. It is always the same,
/// so that what happened at one moment since then has one time, however often it is asked for.
pub fn boot() -> Duration {
    static BOOT: OnceLock<Duration> = OnceLock::new();
    *BOOT.get_or_init(|| {
        // Whatever happens between the two readings makes the difference too large.
        let reckon = || {
            let running = since_boot();
            since_unix_epoch().saturating_sub(running)
        };
        (0..5).map(|_| reckon()).min().unwrap_or_default()
    })
}

/// Sleeps for at least `duration`; a signal handler that runs meanwhile does not cut it short.
pub fn sleep(duration: Duration) {
    let mut left = Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    };
    while let rustix::thread::NanosleepRelativeResult::Interrupted(remaining) =
        rustix::thread::nanosleep(&left)
    {
        left = remaining;
    }
}

/// Gives the rest of the time slice to another thread.
pub fn yield_now() {
    rustix::thread::sched_yield();
}
