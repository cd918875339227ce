//! Environment variables in the forms that the Windows CRT has.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

use super::file_path::from_wide;
use super::unit;

/// # Safety
///
/// `name` ends in a NUL, and nobody changes the environment while the answer is used.
unsafe fn variable<'a>(name: &CStr) -> Option<&'a CStr> {
    // SAFETY: the name ends in a NUL.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: a variable's value ends in a NUL.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

/// Values that `_wgetenv` gave out, by variable: each is valid until the variable is asked for again and has changed.
static WIDE_VALUES: Mutex<Option<HashMap<CString, Box<[u16]>>>> = Mutex::new(None);

/// _wgetenv.
///
/// # Safety
///
/// `name` is NULL or ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wgetenv(name: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let Some(name) = (unsafe { from_wide(name) }).and_then(|name| CString::new(name).ok()) else {
        return ptr::null_mut();
    };
    // SAFETY: a program that changes its environment meanwhile races in C too.
    let Some(value) = (unsafe { variable(&name) }) else {
        return ptr::null_mut();
    };
    let wide: Box<[u16]> = value.to_string_lossy().encode_utf16().chain([0]).collect();
    let mut values = WIDE_VALUES.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = values.get_or_insert_default().entry(name).or_default();
    if *kept != wide {
        *kept = wide;
    }
    kept.as_mut_ptr()
}

/// A copy of text for free() to free; ENOMEM if there is no memory.
///
/// # Safety
///
/// `copy` is writable.
unsafe fn duplicate<C: unit::Unit>(text: &[C], copy: *mut *mut C) -> c_int {
    // SAFETY: malloc takes any size.
    let block = unsafe { libc::malloc(size_of_val(text) + size_of::<C>()) }.cast::<C>();
    // SAFETY: as the caller vouches.
    unsafe { *copy = block };
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: there is room for the text and its NUL.
    unsafe { unit::put(block, text) };
    0
}

/// _dupenv_s: a copy of the value, or NULL if there is none.
///
/// # Safety
///
/// `value` is NULL or writable, `length` too, `name` is NULL or ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _dupenv_s(
    value: *mut *mut c_char,
    length: *mut usize,
    name: *const c_char,
) -> c_int {
    if value.is_null() || name.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: as the caller vouches; a program that changes its environment meanwhile races in C too.
    let found = unsafe { variable(CStr::from_ptr(name)) };
    let text = found.map(CStr::to_bytes);
    if !length.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { *length = text.map_or(0, |text| text.len() + 1) };
    }
    match text {
        // SAFETY: as the caller vouches.
        Some(text) => unsafe { duplicate(text, value.cast()) },
        None => {
            // SAFETY: as the caller vouches.
            unsafe { *value = ptr::null_mut() };
            0
        }
    }
}

/// _wdupenv_s: as [`_dupenv_s`].
///
/// # Safety
///
/// As [`_dupenv_s`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wdupenv_s(
    value: *mut *mut u16,
    length: *mut usize,
    name: *const u16,
) -> c_int {
    if value.is_null() || name.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: as the caller vouches.
    let found = unsafe { _wgetenv(name) };
    if found.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { *value = ptr::null_mut() };
    }
    // SAFETY: a value ends in a NUL.
    let text = (!found.is_null()).then(|| unsafe { unit::text(found) });
    if !length.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { *length = text.map_or(0, |text| text.len() + 1) };
    }
    // SAFETY: as the caller vouches.
    text.map_or(0, |text| unsafe { duplicate(text, value) })
}

/// getenv_s: the value in a buffer; its size with the NUL is answered in any case.
///
/// # Safety
///
/// `needed` is NULL or writable, `buffer` NULL or writable for `size` bytes, `name` NULL or text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getenv_s(
    needed: *mut usize,
    buffer: *mut c_char,
    size: usize,
    name: *const c_char,
) -> c_int {
    if needed.is_null() || name.is_null() || (buffer.is_null() && size > 0) {
        return libc::EINVAL;
    }
    // SAFETY: as the caller vouches; a program that changes its environment meanwhile races in C too.
    let found = unsafe { variable(CStr::from_ptr(name)) };
    let text = found.map(CStr::to_bytes);
    let length = text.map_or(0, |text| text.len() + 1);
    // SAFETY: it was checked.
    unsafe { *needed = length };
    if size == 0 {
        return 0;
    }
    if length > size {
        // SAFETY: the buffer has at least one byte.
        unsafe { *buffer = 0 };
        return libc::ERANGE;
    }
    // SAFETY: the text and its NUL fit.
    unsafe { unit::put(buffer.cast::<u8>(), text.unwrap_or_default()) };
    0
}

/// _putenv_s: an empty value removes the variable.
///
/// # Safety
///
/// Both are NULL or end in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _putenv_s(name: *const c_char, value: *const c_char) -> c_int {
    if name.is_null() || value.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: both end in a NUL; a program that reads its environment meanwhile races in C too.
    let failed = unsafe {
        if *value == 0 {
            libc::unsetenv(name)
        } else {
            libc::setenv(name, value, 1)
        }
    };
    if failed == 0 { 0 } else { libc::EINVAL }
}
