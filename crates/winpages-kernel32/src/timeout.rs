//! How long a call may take, as programs say it.

use core::time::Duration;

use winpages_kernel::NtStatus;
use winpages_kernel::synchronization::deadline_after;
use winpages_kernel::sys::clock;

use crate::nt::argument::read;
use crate::time::UNIX_EPOCH;

/// INFINITE
pub const INFINITE: u32 = u32::MAX;

/// How long `milliseconds` are; `None` for INFINITE.
pub fn duration_of_milliseconds(milliseconds: u32) -> Option<Duration> {
    (milliseconds != INFINITE).then(|| Duration::from_millis(milliseconds.into()))
}

/// When `milliseconds` from now are over, on the monotonic clock; `None` for INFINITE.
pub fn deadline_of_milliseconds(milliseconds: u32) -> Option<Duration> {
    deadline_after(duration_of_milliseconds(milliseconds))
}

/// How long a time of the NT calls is from now: negative ones say so themselves, in units of 100 ns,
/// others name a moment since 1601. `i64::MAX` is beyond the end of all clocks.
pub fn duration_of_units(units: i64) -> Option<Duration> {
    if units == i64::MAX {
        return None;
    }
    let after = |units: u64| {
        let rest = Duration::from_nanos(units % 10_000_000 * 100);
        Duration::from_secs(units / 10_000_000) + rest
    };
    if units < 0 {
        return Some(after(units.unsigned_abs()));
    }
    let since_1970 = after((units as u64).saturating_sub(UNIX_EPOCH));
    Some(since_1970.saturating_sub(clock::since_unix_epoch()))
}

/// When the time that a pointer leads to is over, on the monotonic clock; `None` for NULL: never.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// `timeout` is what a C program passes.
pub unsafe fn deadline_at(timeout: *const i64) -> Result<Option<Duration>, NtStatus> {
    if timeout.is_null() {
        return Ok(None);
    }
    // SAFETY: passed on.
    let units = unsafe { read(timeout)? };
    Ok(deadline_after(duration_of_units(units)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_nt_calls() {
        assert_eq!(duration_of_units(-15), Some(Duration::from_nanos(1_500)));
        assert_eq!(duration_of_units(-50_000_000), Some(Duration::from_secs(5)));
        assert_eq!(duration_of_units(0), Some(Duration::ZERO));
        assert_eq!(duration_of_units(1), Some(Duration::ZERO));
        assert_eq!(duration_of_units(i64::MAX), None);
        assert!(duration_of_units(i64::MIN).unwrap() > Duration::from_secs(1 << 39));
        let in_a_day = UNIX_EPOCH + (clock::since_unix_epoch().as_secs() + 86_400) * 10_000_000;
        let left = duration_of_units(in_a_day as i64).unwrap();
        assert!(left > Duration::from_secs(86_000) && left <= Duration::from_secs(86_400));
    }
}
