//! How long to wait.

use core::time::Duration;

use crate::sys::clock;

/// A time of day, as Windows counts it: units of 100 nanoseconds since 1601-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemTime(pub i64);

/// From 1601 to 1970, in units of 100 nanoseconds.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

impl SystemTime {
    /// The time of day now.
    pub fn now() -> Self {
        Self(units(clock::since_unix_epoch()) as i64 + UNIX_EPOCH)
    }

    /// When that is on the monotonic clock, which shows `now`; now, if it has passed.
    pub(super) fn to_monotonic(self, now: Duration) -> Duration {
        let left = self.0.saturating_sub(Self::now().0).max(0) as u64;
        now.saturating_add(from_units(left))
    }

    /// The time of day of a time on the monotonic clock, as the clocks are now.
    pub(super) fn of_monotonic(time: Duration) -> Self {
        let distance = units(time) as i64 - units(clock::monotonic()) as i64;
        Self(Self::now().0 + distance)
    }
}

/// A duration in units of 100 nanoseconds.
pub(super) fn units(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / 100).unwrap_or(u64::MAX >> 1) & (u64::MAX >> 1)
}

/// The opposite of [`units`].
pub(super) fn from_units(units: u64) -> Duration {
    Duration::new(units / 10_000_000, (units % 10_000_000) as u32 * 100)
}

/// How long a wait may take.
///
/// ```
/// use std::time::Duration;
/// use winpages_kernel::wait::Timeout;
///
/// assert_eq!(Timeout::from_milliseconds(u32::MAX), Timeout::Infinite);
/// assert_eq!(Timeout::from_milliseconds(5), Timeout::After(Duration::from_millis(5)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// For ever.
    Infinite,
    /// So long.
    After(Duration),
    /// Until a time of day.
    At(SystemTime),
}

impl Timeout {
    /// What the Win32 functions are told: INFINITE or a number of milliseconds.
    pub fn from_milliseconds(milliseconds: u32) -> Self {
        match milliseconds {
            u32::MAX => Self::Infinite,
            milliseconds => Self::After(Duration::from_millis(milliseconds.into())),
        }
    }

    /// What the NT calls are told: a negative number of units of 100 nanoseconds is a duration, any
    /// other a time of day.
    pub fn from_units(time: i64) -> Self {
        match time {
            0 => Self::After(Duration::ZERO),
            ..0 => Self::After(from_units(time.unsigned_abs())),
            time => Self::At(SystemTime(time)),
        }
    }

    /// Whether nothing is to be waited for.
    pub(super) fn is_zero(self) -> bool {
        self == Self::After(Duration::ZERO)
    }

    /// When the time is up, on the monotonic clock.
    pub(super) fn deadline(self) -> Option<Duration> {
        match self {
            Self::Infinite => None,
            Self::After(time) => Some(clock::monotonic().saturating_add(time)),
            Self::At(time) => Some(time.to_monotonic(clock::monotonic())),
        }
    }
}
