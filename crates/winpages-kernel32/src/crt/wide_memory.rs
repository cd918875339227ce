//! C's wmem functions over UTF-16 units.

use core::ffi::c_int;
use core::{ptr, slice};

/// wmemcpy.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmemcpy(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { ptr::copy(source, destination, count) };
    destination
}

/// wmempcpy: wmemcpy that answers the end.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmempcpy(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { ptr::copy(source, destination, count) };
    destination.wrapping_add(count)
}

/// wmemmove.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmemmove(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { ptr::copy(source, destination, count) };
    destination
}

/// wmemset.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmemset(
    destination: *mut u16,
    character: u16,
    count: usize,
) -> *mut u16 {
    if count > 0 {
        // SAFETY: as the caller vouches.
        unsafe { slice::from_raw_parts_mut(destination, count) }.fill(character);
    }
    destination
}

/// wmemcmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmemcmp(
    left: *const u16,
    right: *const u16,
    count: usize,
) -> c_int {
    for at in 0..count {
        // SAFETY: as the caller vouches.
        let (left, right) = unsafe { (*left.add(at), *right.add(at)) };
        if left != right {
            return left.cmp(&right) as c_int;
        }
    }
    0
}

/// wmemchr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wmemchr(
    text: *const u16,
    character: u16,
    count: usize,
) -> *mut u16 {
    for at in 0..count {
        // SAFETY: as the caller vouches.
        let here = unsafe { text.add(at) };
        // SAFETY: as the caller vouches.
        if unsafe { *here } == character {
            return here.cast_mut();
        }
    }
    ptr::null_mut()
}
