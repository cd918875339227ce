//! lstrlen and its kin, which survive bad pointers.

use core::cmp::Ordering;
use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::sys::fault;

use crate::{last_error, text};

/// How many elements there are before the first that is zero.
///
/// # Safety
///
/// `string` must be a C program's to read, and any bytes a `T`.
unsafe fn length<T: Copy + Default + PartialEq>(string: *const T) -> Result<usize, NtStatus> {
    let mut length = 0;
    loop {
        // SAFETY: nothing is assumed of the pointer.
        match unsafe { fault::read(string.wrapping_add(length)) } {
            Ok(element) if element == T::default() => return Ok(length),
            Ok(_) => length += 1,
            // Windows says no more than that the argument was wrong.
            Err(_) => return Err(NtStatus::INVALID_PARAMETER),
        }
    }
}

/// Copies at most `maximum` elements and a NUL; NULL, and the last error set, for bad pointers.
///
/// # Safety
///
/// `from` must be a C program's to read, `to` to write.
unsafe fn copy<T: Copy + Default + PartialEq>(
    to: *mut T,
    from: *const T,
    maximum: usize,
) -> *mut T {
    for index in 0..=maximum {
        // SAFETY: as the caller vouches.
        let element = match unsafe { fault::read(from.wrapping_add(index)) } {
            Ok(element) if index < maximum => element,
            Ok(_) => T::default(),
            Err(_) => {
                last_error::fail(NtStatus::INVALID_PARAMETER);
                return core::ptr::null_mut();
            }
        };
        // SAFETY: as the caller vouches.
        if unsafe { fault::write(to.wrapping_add(index), &element) }.is_err() {
            last_error::fail(NtStatus::INVALID_PARAMETER);
            return core::ptr::null_mut();
        }
        if element == T::default() {
            break;
        }
    }
    to
}

/// Copies behind the end of the string that is there.
///
/// # Safety
///
/// As [`copy`].
unsafe fn append<T: Copy + Default + PartialEq>(to: *mut T, from: *const T) -> *mut T {
    // SAFETY: passed on.
    let end = match unsafe { length(to) } {
        Ok(length) => to.wrapping_add(length),
        Err(status) => {
            last_error::fail(status);
            return core::ptr::null_mut();
        }
    };
    // SAFETY: passed on.
    if unsafe { copy(end, from, usize::MAX - 1) }.is_null() {
        core::ptr::null_mut()
    } else {
        to
    }
}

type Text = Result<Option<Vec<u16>>, NtStatus>;

/// As a dictionary has it: case counts only between words that are otherwise equal, and lower case
/// comes first. NULL comes before everything.
fn compare(one: Text, other: Text, ignores_case: bool) -> i32 {
    let read = |text: Text| {
        text.ok()
            .flatten()
            .map(|units| String::from_utf16_lossy(&units))
    };
    let (one, other) = (read(one), read(other));
    let folded = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    let order = folded(&one).cmp(&folded(&other));
    let order = if ignores_case {
        order
    } else {
        // Upper case has the smaller code points.
        order.then_with(|| other.cmp(&one))
    };
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

fn count(length: Result<usize, NtStatus>) -> i32 {
    length.map_or_else(
        |status| {
            last_error::fail(status);
            0
        },
        |length| i32::try_from(length).unwrap_or(i32::MAX),
    )
}

/// lstrlenA: in bytes; 0 for a bad pointer.
///
/// # Safety
///
/// `lpString` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrlenA(lpString: *const u8) -> i32 {
    // SAFETY: passed on.
    count(unsafe { length(lpString) })
}

/// lstrlenW: in UTF-16 units; 0 for a bad pointer.
///
/// # Safety
///
/// As [`lstrlenA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrlenW(lpString: *const u16) -> i32 {
    // SAFETY: passed on.
    count(unsafe { length(lpString) })
}

/// lstrcpyA: NULL for a bad pointer.
///
/// # Safety
///
/// `lpString1` must have room for `lpString2`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpyA(lpString1: *mut u8, lpString2: *const u8) -> *mut u8 {
    // SAFETY: passed on.
    unsafe { copy(lpString1, lpString2, usize::MAX - 1) }
}

/// lstrcpyW: NULL for a bad pointer.
///
/// # Safety
///
/// As [`lstrcpyA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpyW(lpString1: *mut u16, lpString2: *const u16) -> *mut u16 {
    // SAFETY: passed on.
    unsafe { copy(lpString1, lpString2, usize::MAX - 1) }
}

/// lstrcpynA: as much as has room in `iMaxLength` bytes with the NUL.
///
/// # Safety
///
/// `lpString1` must have room for `iMaxLength` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpynA(
    lpString1: *mut u8,
    lpString2: *const u8,
    iMaxLength: i32,
) -> *mut u8 {
    match usize::try_from(iMaxLength) {
        // SAFETY: passed on.
        Ok(maximum) if maximum > 0 => unsafe { copy(lpString1, lpString2, maximum - 1) },
        _ => lpString1,
    }
}

/// lstrcpynW: as much as has room in `iMaxLength` units with the NUL.
///
/// # Safety
///
/// As [`lstrcpynA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcpynW(
    lpString1: *mut u16,
    lpString2: *const u16,
    iMaxLength: i32,
) -> *mut u16 {
    match usize::try_from(iMaxLength) {
        // SAFETY: passed on.
        Ok(maximum) if maximum > 0 => unsafe { copy(lpString1, lpString2, maximum - 1) },
        _ => lpString1,
    }
}

/// lstrcatA: NULL for a bad pointer.
///
/// # Safety
///
/// `lpString1` must have room for both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcatA(lpString1: *mut u8, lpString2: *const u8) -> *mut u8 {
    // SAFETY: passed on.
    unsafe { append(lpString1, lpString2) }
}

/// lstrcatW: NULL for a bad pointer.
///
/// # Safety
///
/// As [`lstrcatA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcatW(lpString1: *mut u16, lpString2: *const u16) -> *mut u16 {
    // SAFETY: passed on.
    unsafe { append(lpString1, lpString2) }
}

/// lstrcmpA: in the order of a dictionary.
///
/// # Safety
///
/// The strings must be a C program's to read; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpA(lpString1: *const c_char, lpString2: *const c_char) -> i32 {
    // SAFETY: passed on.
    unsafe { compare(text::ansi(lpString1), text::ansi(lpString2), false) }
}

/// lstrcmpW: in the order of a dictionary.
///
/// # Safety
///
/// As [`lstrcmpA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpW(lpString1: *const u16, lpString2: *const u16) -> i32 {
    // SAFETY: passed on.
    unsafe { compare(text::wide(lpString1), text::wide(lpString2), false) }
}

/// lstrcmpiA: without regard to case.
///
/// # Safety
///
/// As [`lstrcmpA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpiA(lpString1: *const c_char, lpString2: *const c_char) -> i32 {
    // SAFETY: passed on.
    unsafe { compare(text::ansi(lpString1), text::ansi(lpString2), true) }
}

/// lstrcmpiW: without regard to case.
///
/// # Safety
///
/// As [`lstrcmpA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstrcmpiW(lpString1: *const u16, lpString2: *const u16) -> i32 {
    // SAFETY: passed on.
    unsafe { compare(text::wide(lpString1), text::wide(lpString2), true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_bad_pointers() {
        let mut buffer = [0u8; 8];
        // SAFETY: the buffer has room; the others are NULL or wild, which is allowed.
        unsafe {
            assert_eq!(lstrlenA(core::ptr::null()), 0);
            assert_eq!(last_error::get(), 87);
            assert_eq!(lstrlenW(8 as *const u16), 0);
            assert!(lstrcpyA(buffer.as_mut_ptr(), core::ptr::null()).is_null());
            lstrcpynA(buffer.as_mut_ptr(), c"abcdef".as_ptr().cast(), 4);
            lstrcatA(buffer.as_mut_ptr(), c"xy".as_ptr().cast());
        }
        assert_eq!(&buffer[..6], b"abcxy\0");
    }

    #[test]
    fn order_of_a_dictionary() {
        let compare = |one: &core::ffi::CStr, other: &core::ffi::CStr| {
            // SAFETY: both end in NUL.
            unsafe { lstrcmpA(one.as_ptr(), other.as_ptr()) }
        };
        assert_eq!(compare(c"a", c"B"), -1);
        assert_eq!(compare(c"a", c"A"), -1);
        assert_eq!(compare(c"b", c"A"), 1);
        assert_eq!(compare(c"a", c"a"), 0);
    }
}
