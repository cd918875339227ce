//! Times in text, and the safe forms of the time functions.

use core::ffi::{c_char, c_int};

use libc::{time_t, tm};

use super::file_path::from_wide;
use super::unit;

/// wcsftime: strftime over UTF-8, converted.
///
/// # Safety
///
/// `buffer` is writable for `size` units, `format` ends in a NUL, `time` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsftime(
    buffer: *mut u16,
    size: usize,
    format: *const u16,
    time: *const tm,
) -> usize {
    // SAFETY: as the caller vouches.
    let Some(format) = (unsafe { from_wide(format) }) else {
        return 0;
    };
    // A mark at the end tells an empty text from one that did not fit.
    let format = format + " \0";
    let mut bytes = vec![0u8; size.saturating_mul(3).saturating_add(2)];
    // SAFETY: the buffer has the size passed, and the format ends in a NUL.
    let length = unsafe {
        libc::strftime(
            bytes.as_mut_ptr().cast(),
            bytes.len(),
            format.as_ptr().cast(),
            time,
        )
    };
    if length == 0 {
        return 0;
    }
    let units: Vec<u16> = String::from_utf8_lossy(&bytes[..length - 1])
        .encode_utf16()
        .collect();
    if units.len() >= size {
        return 0;
    }
    // SAFETY: the text and its NUL fit.
    unsafe { unit::put(buffer, &units) };
    units.len()
}

/// # Safety
///
/// `result` and `time` are NULL or what C says.
unsafe fn broken_down(
    result: *mut tm,
    time: *const time_t,
    convert: unsafe extern "C" fn(*const time_t, *mut tm) -> *mut tm,
) -> c_int {
    if result.is_null() || time.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: both were checked.
    if unsafe { *time < 0 || convert(time, result).is_null() } {
        libc::EINVAL
    } else {
        0
    }
}

/// localtime_s, with the result first.
///
/// # Safety
///
/// The pointers are NULL or what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn localtime_s(result: *mut tm, time: *const time_t) -> c_int {
    // SAFETY: passed on.
    unsafe { broken_down(result, time, libc::localtime_r) }
}

/// gmtime_s, with the result first.
///
/// # Safety
///
/// The pointers are NULL or what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gmtime_s(result: *mut tm, time: *const time_t) -> c_int {
    // SAFETY: passed on.
    unsafe { broken_down(result, time, libc::gmtime_r) }
}

/// The text that asctime and ctime write, and its NUL.
const TIME_TEXT: usize = 26;

/// asctime_s.
///
/// # Safety
///
/// The pointers are NULL or what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asctime_s(buffer: *mut c_char, size: usize, time: *const tm) -> c_int {
    if buffer.is_null() || size < TIME_TEXT || time.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: the buffer has the room that asctime_r needs.
    if unsafe { asctime_r(time, buffer) }.is_null() {
        libc::EINVAL
    } else {
        0
    }
}

/// ctime_s.
///
/// # Safety
///
/// The pointers are NULL or what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ctime_s(buffer: *mut c_char, size: usize, time: *const time_t) -> c_int {
    // SAFETY: zero is a value of every member.
    let mut broken_down: tm = unsafe { core::mem::zeroed() };
    // SAFETY: passed on.
    match unsafe { localtime_s(&mut broken_down, time) } {
        // SAFETY: passed on.
        0 => unsafe { asctime_s(buffer, size, &broken_down) },
        error => error,
    }
}

unsafe extern "C" {
    fn asctime_r(time: *const tm, buffer: *mut c_char) -> *mut c_char;
}
