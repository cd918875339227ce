//! Dates: SYSTEMTIME, and what it is as a FILETIME.

use winpages_kernel::NtStatus;
use winpages_kernel::sys::clock;

use crate::last_error;
use crate::nt::argument::{read, write};
use crate::time::{FILETIME, file_time};

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

const MILLISECOND: u64 = 10_000;
const SECOND: u64 = 1_000 * MILLISECOND;
const DAY: u64 = 86_400 * SECOND;

/// From 1 March of year 0, with which the counting of days here begins, to 1601-01-01.
const DAYS_BEFORE_1601: u64 = 584_694;

/// The years that a SYSTEMTIME may name.
const YEARS: core::ops::RangeInclusive<u16> = 1601..=30827;

/// The date and time of so many units of 100 ns since 1601.
fn system_time(units: u64) -> SYSTEMTIME {
    let days = units / DAY;
    let second = units % DAY / SECOND;
    // Counted from March, leap days come last: eras of 400 years have 146,097 days.
    let shifted = days + DAYS_BEFORE_1601;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    SYSTEMTIME {
        wYear: (era * 400 + year_of_era + u64::from(month <= 2)) as u16,
        wMonth: month as u16,
        // 1601-01-01 was a Monday.
        wDayOfWeek: ((days + 1) % 7) as u16,
        wDay: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u16,
        wHour: (second / 3_600) as u16,
        wMinute: (second / 60 % 60) as u16,
        wSecond: (second % 60) as u16,
        wMilliseconds: (units % SECOND / MILLISECOND) as u16,
    }
}

/// The units of 100 ns from 1601 to a date; `None` if there is no such date.
fn units_until(date: &SYSTEMTIME) -> Option<u64> {
    let is_a_time = (1..=12).contains(&date.wMonth)
        && date.wDay >= 1
        && date.wHour < 24
        && date.wMinute < 60
        && date.wSecond < 60
        && date.wMilliseconds < 1_000;
    if !YEARS.contains(&date.wYear) || !is_a_time {
        return None;
    }
    // The year that began in March.
    let year = u64::from(date.wYear) - u64::from(date.wMonth <= 2);
    let month_from_march = (u64::from(date.wMonth) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + u64::from(date.wDay) - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_BEFORE_1601;
    let second =
        (u64::from(date.wHour) * 60 + u64::from(date.wMinute)) * 60 + u64::from(date.wSecond);
    let units = days * DAY + second * SECOND + u64::from(date.wMilliseconds) * MILLISECOND;
    // A day that the month does not have has become one of the next.
    (system_time(units).wDay == date.wDay).then_some(units)
}

/// By how many units of 100 ns the clock on the wall is ahead of UTC just now.
fn local_offset() -> i64 {
    let seconds = clock::since_unix_epoch().as_secs() as i64;
    let mut broken_down = core::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to this function's own variables.
    let offset = unsafe {
        libc::localtime_r(&raw const seconds, broken_down.as_mut_ptr());
        // It fails for years out of an int's range only, and leaves zeroes then.
        broken_down.assume_init().tm_gmtoff
    };
    offset * SECOND as i64
}

/// GetSystemTime: the date and time, UTC.
///
/// # Safety
///
/// `lpSystemTime` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemTime(lpSystemTime: *mut SYSTEMTIME) {
    let now = file_time(clock::since_unix_epoch()).units();
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemTime.write_unaligned(system_time(now)) };
}

/// GetLocalTime: the date and time in the user's time zone.
///
/// # Safety
///
/// `lpSystemTime` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLocalTime(lpSystemTime: *mut SYSTEMTIME) {
    let now = file_time(clock::since_unix_epoch()).units();
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemTime.write_unaligned(system_time(now.saturating_add_signed(local_offset()))) };
}

/// FileTimeToSystemTime: the date of a time, both UTC. ERROR_INVALID_PARAMETER for the times from
/// 0x8000000000000000 on.
///
/// # Safety
///
/// The pointers must be a C program's, to read and to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FileTimeToSystemTime(
    lpFileTime: *const FILETIME,
    lpSystemTime: *mut SYSTEMTIME,
) -> i32 {
    // SAFETY: passed on.
    let converted = unsafe { read(lpFileTime) }.and_then(|time| {
        if time.units() > i64::MAX as u64 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on.
        unsafe { write(lpSystemTime, system_time(time.units())) }
    });
    last_error::boolean(converted)
}

/// SystemTimeToFileTime: the time of a date, both UTC. The day of the week is not looked at.
/// ERROR_INVALID_PARAMETER if there is no such date in the years from 1601 to 30827.
///
/// # Safety
///
/// As [`FileTimeToSystemTime`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SystemTimeToFileTime(
    lpSystemTime: *const SYSTEMTIME,
    lpFileTime: *mut FILETIME,
) -> i32 {
    // SAFETY: passed on.
    let converted = unsafe { read(lpSystemTime) }.and_then(|date| {
        let units = units_until(&date).ok_or(NtStatus::INVALID_PARAMETER)?;
        // SAFETY: passed on.
        unsafe { write(lpFileTime, FILETIME::of_units(units)) }
    });
    last_error::boolean(converted)
}

/// # Safety
///
/// The pointers must be a C program's, to read and to write.
unsafe fn shift(from: *const FILETIME, to: *mut FILETIME, by: i64) -> i32 {
    // SAFETY: passed on.
    let shifted = unsafe { read(from) }.and_then(|time| {
        let units = time.units().wrapping_add_signed(by);
        // SAFETY: passed on.
        unsafe { write(to, FILETIME::of_units(units)) }
    });
    last_error::boolean(shifted)
}

/// FileTimeToLocalFileTime: what the clock on the wall shows. Whether it is summer is decided by today, not
/// by the time in question, as on Windows.
///
/// # Safety
///
/// The pointers must be a C program's, to read and to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FileTimeToLocalFileTime(
    lpFileTime: *const FILETIME,
    lpLocalFileTime: *mut FILETIME,
) -> i32 {
    // SAFETY: passed on.
    unsafe { shift(lpFileTime, lpLocalFileTime, local_offset()) }
}

/// LocalFileTimeToFileTime: [`FileTimeToLocalFileTime`] undone.
///
/// # Safety
///
/// As [`FileTimeToLocalFileTime`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalFileTimeToFileTime(
    lpLocalFileTime: *const FILETIME,
    lpFileTime: *mut FILETIME,
) -> i32 {
    // SAFETY: passed on.
    unsafe { shift(lpLocalFileTime, lpFileTime, -local_offset()) }
}

/// CompareFileTime: -1 if the first is the earlier one, 1 if it is the later, 0 if they are the same.
///
/// # Safety
///
/// The pointers must be readable. (Windows faults too if they are not.)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareFileTime(
    lpFileTime1: *const FILETIME,
    lpFileTime2: *const FILETIME,
) -> i32 {
    // SAFETY: the caller says that they are readable.
    let (first, second) = unsafe { (lpFileTime1.read_unaligned(), lpFileTime2.read_unaligned()) };
    first.units().cmp(&second.units()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UNIX_EPOCH;

    #[test]
    fn dates() {
        let date = |seconds: u64| {
            let time = system_time(seconds * SECOND + UNIX_EPOCH);
            assert_eq!(units_until(&time), Some(seconds * SECOND + UNIX_EPOCH));
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
    fn every_day_follows_the_one_before() {
        let mut before = system_time(0);
        // Every four hundred years it begins anew.
        for day in 1..400 * 366 {
            let date = system_time(day * DAY);
            assert_eq!(units_until(&date), Some(day * DAY), "{date:?}");
            assert_eq!(date.wDayOfWeek, (before.wDayOfWeek + 1) % 7);
            let next_month = date.wDay == 1
                && (before.wDay >= 28)
                && date.wMonth == before.wMonth % 12 + 1
                && date.wYear == before.wYear + u16::from(before.wMonth == 12);
            let same_month = date.wDay == before.wDay + 1
                && (date.wMonth, date.wYear) == (before.wMonth, before.wYear);
            assert!(next_month || same_month, "{before:?} {date:?}");
            before = date;
        }
        assert_eq!(before.wYear, 2001);
        let last = system_time(9_223_149_888_000_000_000 - 1);
        assert_eq!((last.wYear, last.wMonth, last.wDay), (30827, 12, 31));
    }
}
