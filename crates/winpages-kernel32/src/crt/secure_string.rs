//! The CRT's `_s` string functions: they are told the destination's size.
//!
//! What would overflow leaves an empty destination and answers ERANGE; NULL answers EINVAL. (Windows ends the program
//! first, unless it has set an invalid-parameter handler.)

use core::ffi::{c_char, c_int};
use core::ptr;

use super::unit::{self, Unit};

const TRUNCATE: usize = usize::MAX;
/// What the CRT answers when _TRUNCATE cut the text.
const STRUNCATE: c_int = 80;

/// Copies at most `count` units and a NUL to `at` within the destination.
///
/// # Safety
///
/// `destination` is NULL or writable for `size` units; `source` is NULL, ends in a NUL, or has `count` units.
unsafe fn copy<C: Unit>(
    destination: *mut C,
    size: usize,
    at: usize,
    source: *const C,
    count: usize,
) -> c_int {
    if destination.is_null() || size == 0 {
        return libc::EINVAL;
    }
    if source.is_null() {
        if count == 0 {
            return 0;
        }
        // SAFETY: the destination has at least one unit.
        unsafe { *destination = C::default() };
        return libc::EINVAL;
    }
    let room = size - at;
    // SAFETY: as the caller vouches; no more than fits is looked at.
    let length = unsafe { unit::length_within(source, count.min(room)) };
    if length == room {
        if count == TRUNCATE {
            // SAFETY: `room` units are writable from `at`.
            unsafe {
                ptr::copy(source, destination.add(at), room - 1);
                *destination.add(size - 1) = C::default();
            }
            return STRUNCATE;
        }
        // SAFETY: the destination has at least one unit.
        unsafe { *destination = C::default() };
        return libc::ERANGE;
    }
    // SAFETY: the text and its NUL fit.
    unsafe {
        ptr::copy(source, destination.add(at), length);
        *destination.add(at + length) = C::default();
    }
    0
}

/// As [`copy`], for a source that is copied whole.
///
/// # Safety
///
/// As [`copy`].
unsafe fn copy_all<C: Unit>(
    destination: *mut C,
    size: usize,
    at: usize,
    source: *const C,
) -> c_int {
    // One less than _TRUNCATE is as good as no limit.
    // SAFETY: as the caller vouches.
    unsafe { copy(destination, size, at, source, TRUNCATE - 1) }
}

/// Where the text in the destination ends; `None` if it does not, or there is none.
///
/// # Safety
///
/// `destination` is NULL or readable for `size` units.
unsafe fn end<C: Unit>(destination: *mut C, size: usize) -> Option<usize> {
    if destination.is_null() {
        return None;
    }
    // SAFETY: as the caller vouches.
    let length = unsafe { unit::length_within(destination, size) };
    (length < size).then_some(length)
}

/// strcpy_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strcpy_s(
    destination: *mut c_char,
    size: usize,
    source: *const c_char,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_all(destination.cast::<u8>(), size, 0, source.cast::<u8>()) }
}

/// strncpy_s: at most `count` characters, or what fits for _TRUNCATE.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strncpy_s(
    destination: *mut c_char,
    size: usize,
    source: *const c_char,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe {
        copy(
            destination.cast::<u8>(),
            size,
            0,
            source.cast::<u8>(),
            count,
        )
    }
}

/// strcat_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strcat_s(
    destination: *mut c_char,
    size: usize,
    source: *const c_char,
) -> c_int {
    // SAFETY: as the caller vouches.
    match unsafe { end(destination.cast::<u8>(), size) } {
        // SAFETY: as the caller vouches.
        Some(at) => unsafe { copy_all(destination.cast::<u8>(), size, at, source.cast::<u8>()) },
        None => libc::EINVAL,
    }
}

/// strncat_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strncat_s(
    destination: *mut c_char,
    size: usize,
    source: *const c_char,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    match unsafe { end(destination.cast::<u8>(), size) } {
        // SAFETY: as the caller vouches.
        Some(at) => unsafe {
            copy(
                destination.cast::<u8>(),
                size,
                at,
                source.cast::<u8>(),
                count,
            )
        },
        None => libc::EINVAL,
    }
}

/// wcscpy_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcscpy_s(destination: *mut u16, size: usize, source: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_all(destination, size, 0, source) }
}

/// wcsncpy_s: at most `count` characters, or what fits for _TRUNCATE.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcsncpy_s(
    destination: *mut u16,
    size: usize,
    source: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy(destination, size, 0, source, count) }
}

/// wcscat_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcscat_s(destination: *mut u16, size: usize, source: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    match unsafe { end(destination, size) } {
        // SAFETY: as the caller vouches.
        Some(at) => unsafe { copy_all(destination, size, at, source) },
        None => libc::EINVAL,
    }
}

/// wcsncat_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcsncat_s(
    destination: *mut u16,
    size: usize,
    source: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    match unsafe { end(destination, size) } {
        // SAFETY: as the caller vouches.
        Some(at) => unsafe { copy(destination, size, at, source, count) },
        None => libc::EINVAL,
    }
}

/// strtok_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strtok_s(
    text: *mut c_char,
    delimiters: *const c_char,
    context: *mut *mut c_char,
) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { libc::strtok_r(text, delimiters, context) }
}

/// strnlen_s: strnlen for which NULL is empty.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strnlen_s(text: *const c_char, limit: usize) -> usize {
    if text.is_null() {
        return 0;
    }
    // SAFETY: as the caller vouches.
    unsafe { unit::length_within(text.cast::<u8>(), limit) }
}

/// _strdup: a copy that free() frees; NULL for NULL.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strdup(text: *const c_char) -> *mut c_char {
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: as the caller vouches.
    unsafe { libc::strdup(text) }
}

/// strerror_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strerror_s(buffer: *mut c_char, size: usize, error: c_int) -> c_int {
    // SAFETY: strerror answers text for any number.
    unsafe {
        copy(
            buffer.cast::<u8>(),
            size,
            0,
            libc::strerror(error).cast(),
            TRUNCATE,
        )
    };
    if buffer.is_null() || size == 0 {
        libc::EINVAL
    } else {
        0
    }
}

/// # Safety
///
/// `destination` is NULL or writable for `size` units, `source` NULL or readable for `count`.
unsafe fn copy_memory<C: Unit>(
    destination: *mut C,
    size: usize,
    source: *const C,
    count: usize,
) -> c_int {
    if count == 0 {
        return 0;
    }
    if destination.is_null() {
        return libc::EINVAL;
    }
    if source.is_null() || size < count {
        // SAFETY: as the caller vouches; zero is a value of every unit.
        unsafe { ptr::write_bytes(destination, 0, size) };
        return if source.is_null() {
            libc::EINVAL
        } else {
            libc::ERANGE
        };
    }
    // SAFETY: the count fits both.
    unsafe { ptr::copy(source, destination, count) };
    0
}

/// memcpy_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy_s(
    destination: *mut u8,
    size: usize,
    source: *const u8,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_memory(destination, size, source, count) }
}

/// memmove_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove_s(
    destination: *mut u8,
    size: usize,
    source: *const u8,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_memory(destination, size, source, count) }
}

/// wmemcpy_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wmemcpy_s(
    destination: *mut u16,
    size: usize,
    source: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_memory(destination, size, source, count) }
}

/// wmemmove_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wmemmove_s(
    destination: *mut u16,
    size: usize,
    source: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { copy_memory(destination, size, source, count) }
}
