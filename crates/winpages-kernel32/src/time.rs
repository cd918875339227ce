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

/// SYSTEMTIME as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SYSTEMTIME {
    /// The year.
    pub wYear: u16,
    /// The month, from 1.
    pub wMonth: u16,
    /// The day of the week; 0 is Sunday.
    pub wDayOfWeek: u16,
    /// The day of the month, from 1.
    pub wDay: u16,
    /// The hour.
    pub wHour: u16,
    /// The minute.
    pub wMinute: u16,
    /// The second.
    pub wSecond: u16,
    /// The thousandths of a second.
    pub wMilliseconds: u16,
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
}

/// A time since 1970 as a FILETIME.
pub fn file_time(since_unix_epoch: Duration) -> FILETIME {
    FILETIME::of_units(units(since_unix_epoch) + UNIX_EPOCH)
}

/// The date and time of a second since 1970, and a millisecond in it.
fn system_time(seconds: u64, milliseconds: u32) -> SYSTEMTIME {
    let days = seconds / 86_400;
    let second = seconds % 86_400;
    // Counted from March of year 0, leap days come last: eras of 400 years have 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    SYSTEMTIME {
        wYear: (era * 400 + year_of_era + u64::from(month <= 2)) as u16,
        wMonth: month as u16,
        // 1970-01-01 was a Thursday.
        wDayOfWeek: ((days + 4) % 7) as u16,
        wDay: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u16,
        wHour: (second / 3_600) as u16,
        wMinute: (second / 60 % 60) as u16,
        wSecond: (second % 60) as u16,
        wMilliseconds: milliseconds as u16,
    }
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

/// GetSystemTime: the date and time, UTC.
///
/// # Safety
///
/// `lpSystemTime` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTime(lpSystemTime: *mut SYSTEMTIME) {
    let now = clock::since_unix_epoch();
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemTime.write_unaligned(system_time(now.as_secs(), now.subsec_millis())) };
}

/// GetLocalTime: the date and time in the user's time zone.
///
/// # Safety
///
/// `lpSystemTime` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLocalTime(lpSystemTime: *mut SYSTEMTIME) {
    let now = clock::since_unix_epoch();
    let seconds = now.as_secs() as i64;
    let mut broken_down = core::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to this function's own variables.
    let offset = unsafe {
        libc::localtime_r(&raw const seconds, broken_down.as_mut_ptr());
        // It fails for years out of an int's range only, and leaves zeroes then.
        broken_down.assume_init().tm_gmtoff
    };
    let local = seconds.saturating_add(offset).max(0) as u64;
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemTime.write_unaligned(system_time(local, now.subsec_millis())) };
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
    fn dates() {
        let date = |seconds| {
            let time = system_time(seconds, 0);
            (
                time.wYear,
                time.wMonth,
                time.wDay,
                time.wDayOfWeek,
                time.wHour,
            )
        };
        assert_eq!(date(0), (1970, 1, 1, 4, 0));
        assert_eq!(date(951_782_400), (2000, 2, 29, 2, 0));
        assert_eq!(date(951_868_800), (2000, 3, 1, 3, 0));
        assert_eq!(date(4_107_542_399), (2100, 2, 28, 0, 23));
        assert_eq!(date(4_107_542_400), (2100, 3, 1, 1, 0));
        assert_eq!(date(1_735_689_599), (2024, 12, 31, 2, 23));
    }

    #[test]
    fn file_times_count_from_1601() {
        let epoch = file_time(Duration::ZERO);
        assert_eq!(
            (epoch.dwHighDateTime, epoch.dwLowDateTime),
            (0x019D_B1DE, 0xD53E_8000)
        );
    }
}
