//! Clocks, and sleeping.

use core::time::Duration;

use winpages_kernel::NtStatus;
use winpages_kernel::sys::clock;
use winpages_kernel::sys::fault;
use winpages_kernel::wait::{self, Outcome, Timeout};

use crate::last_error;

/// FILETIME as C programs lay it out: 100 ns units since 1601-01-01 00:00 UTC, in two halves.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FILETIME {
    /// The lower half.
    pub dwLowDateTime: u32,
    /// The upper half.
    pub dwHighDateTime: u32,
}

/// From 1601 to 1970, in units of 100 ns.
pub(crate) const UNIX_EPOCH: u64 = 11_644_473_600 * 10_000_000;

/// Ticks of QueryPerformanceCounter in a second, as on Windows.
const FREQUENCY: u64 = 10_000_000;

pub(crate) fn units(time: Duration) -> u64 {
    (time.as_nanos() / 100) as u64
}

impl FILETIME {
    /// A length of time, in units of 100 ns.
    pub fn of_units(units: u64) -> Self {
        Self {
            dwLowDateTime: units as u32,
            dwHighDateTime: (units >> 32) as u32,
        }
    }

    /// The same the other way round.
    pub fn units(self) -> u64 {
        u64::from(self.dwHighDateTime) << 32 | u64::from(self.dwLowDateTime)
    }
}

/// A time since 1970 as a FILETIME.
pub fn file_time(since_unix_epoch: Duration) -> FILETIME {
    FILETIME::of_units(units(since_unix_epoch) + UNIX_EPOCH)
}

/// GetSystemTimeAsFileTime.
///
/// # Safety
///
/// `lpSystemTimeAsFileTime` must be writable. (Windows faults too if it is not.)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTimeAsFileTime(lpSystemTimeAsFileTime: *mut FILETIME) {
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemTimeAsFileTime.write_unaligned(file_time(clock::since_unix_epoch())) };
}

/// GetSystemTimePreciseAsFileTime: the same clock, which is precise here.
///
/// # Safety
///
/// As [`GetSystemTimeAsFileTime`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTimePreciseAsFileTime(lpSystemTimeAsFileTime: *mut FILETIME) {
    // SAFETY: passed on.
    unsafe { GetSystemTimeAsFileTime(lpSystemTimeAsFileTime) };
}

/// GetTickCount: milliseconds since the system started, in 32 bits: it wraps after 49.7 days.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount() -> u32 {
    GetTickCount64() as u32
}

/// GetTickCount64: milliseconds since the system started.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount64() -> u64 {
    clock::since_boot().as_millis() as u64
}

/// QueryUnbiasedInterruptTime: units of 100 ns that the system has been running, without what it slept.
///
/// # Safety
///
/// As [`QueryPerformanceCounter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryUnbiasedInterruptTime(UnbiasedTime: *mut u64) -> i32 {
    // Windows sets no last error here.
    if UnbiasedTime.is_null() {
        return 0;
    }
    // SAFETY: passed on.
    unsafe { hand_out(units(clock::monotonic()), UnbiasedTime.cast()) }
}

/// Hands out a count by a pointer.
///
/// # Safety
///
/// `to` must be a C program's to write.
unsafe fn hand_out(count: u64, to: *mut i64) -> i32 {
    // SAFETY: as the caller vouches.
    let written = unsafe { fault::write(to, &(count as i64)) };
    last_error::boolean(written.map_err(|_| NtStatus::ACCESS_VIOLATION))
}

/// QueryPerformanceCounter: ticks of 100 ns.
///
/// # Safety
///
/// `lpPerformanceCount` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryPerformanceCounter(lpPerformanceCount: *mut i64) -> i32 {
    // SAFETY: passed on.
    unsafe { hand_out(units(clock::monotonic()), lpPerformanceCount) }
}

/// QueryPerformanceFrequency: ticks in a second.
///
/// # Safety
///
/// As [`QueryPerformanceCounter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryPerformanceFrequency(lpFrequency: *mut i64) -> i32 {
    // SAFETY: passed on.
    unsafe { hand_out(FREQUENCY, lpFrequency) }
}

/// Sleep: 0 gives the rest of the time slice away, INFINITE never returns.
#[unsafe(no_mangle)]
pub extern "C" fn Sleep(dwMilliseconds: u32) {
    SleepEx(dwMilliseconds, 0);
}

/// SleepEx: as [`Sleep`]; an alertable one ends when a call is queued to the thread.
#[unsafe(no_mangle)]
pub extern "C" fn SleepEx(dwMilliseconds: u32, bAlertable: i32) -> u32 {
    const WAIT_IO_COMPLETION: u32 = 0xC0;
    let timeout = Timeout::from_milliseconds(dwMilliseconds);
    match wait::delay_execution(bAlertable != 0, timeout) {
        Outcome::UserApc => WAIT_IO_COMPLETION,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_times_count_from_1601() {
        let epoch = file_time(Duration::ZERO);
        assert_eq!(
            (epoch.dwHighDateTime, epoch.dwLowDateTime),
            (0x019D_B1DE, 0xD53E_8000)
        );
    }
}
