//! Environment variables, whose names Windows compares without regard to case.

use core::ffi::{CStr, c_char};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use winpages_kernel::NtStatus;

use crate::error_code::{ERROR_ENVVAR_NOT_FOUND, ERROR_INVALID_PARAMETER};
use crate::text::PlainText;
use crate::{dos_error, last_error, text};

/// The variable of a name: the one spelled exactly so, or else one that is equal but for case.
fn find(name: &str) -> Option<(OsString, OsString)> {
    if let Some(value) = std::env::var_os(name) {
        return Some((name.into(), value));
    }
    let upper = name.to_uppercase();
    std::env::vars_os().find(|(found, _)| {
        found
            .to_str()
            .is_some_and(|found| found.to_uppercase() == upper)
    })
}

/// The value of a variable whose name is plain, found without the heap: allocators ask for variables
/// before they can serve anybody.
fn find_plain(name: &str) -> Option<&'static [u8]> {
    let name = name.as_bytes();
    let value = |is_same: fn(&[u8], &[u8]) -> bool| {
        variables().find_map(|variable| {
            let (found, rest) = variable.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b"=")?;
            is_same(found, name).then_some(value)
        })
    };
    value(|found, name| found == name).or_else(|| value(<[u8]>::eq_ignore_ascii_case))
}

/// The variables as the C library keeps them: name, `=`, value. A thread that changes one meanwhile may
/// move them, as for every C program that calls getenv.
pub(crate) fn variables() -> impl Iterator<Item = &'static [u8]> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: the C library's array, which NULL ends; its strings end in a NUL.
    let mut next = unsafe { environ };
    core::iter::from_fn(move || {
        // SAFETY: as above.
        unsafe {
            let variable = *next.as_ref()?;
            next = next.add(1);
            (!variable.is_null()).then(|| CStr::from_ptr(variable).to_bytes())
        }
    })
}

fn name_of(name: Result<Option<Vec<u16>>, NtStatus>) -> Result<String, u32> {
    let units = name.map_err(dos_error::from_status)?;
    let units = units.filter(|units| !units.is_empty());
    let name = String::from_utf16(&units.ok_or(ERROR_ENVVAR_NOT_FOUND)?);
    name.ok()
        .filter(|name| !name.contains('='))
        .ok_or(ERROR_ENVVAR_NOT_FOUND)
}

/// The value of a variable, as text.
pub(crate) fn value(name: &str) -> Option<String> {
    let (_, value) = find(name).filter(|_| !name.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

fn get(name: Result<Option<Vec<u16>>, NtStatus>) -> Result<Vec<u8>, u32> {
    let (_, value) = find(&name_of(name)?).ok_or(ERROR_ENVVAR_NOT_FOUND)?;
    Ok(value.into_vec())
}

/// # Safety
///
/// As [`text::hand_out`].
unsafe fn hand_out<T: Copy + Default>(
    value: Result<Vec<T>, u32>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    match value {
        // SAFETY: passed on.
        Ok(value) => unsafe { text::hand_out(&value, buffer, size) },
        Err(code) => {
            last_error::set(code);
            0
        }
    }
}

fn set(
    name: Result<Option<Vec<u16>>, NtStatus>,
    value: Result<Option<Vec<u16>>, NtStatus>,
) -> Result<(), u32> {
    let units = name.map_err(dos_error::from_status)?;
    let name = String::from_utf16(&units.ok_or(ERROR_ENVVAR_NOT_FOUND)?)
        .map_err(|_| ERROR_INVALID_PARAMETER)?;
    if name.is_empty() || name.contains('=') {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let value = value.map_err(dos_error::from_status)?;
    let spelled = find(&name).map_or_else(|| OsString::from(&name), |(found, _)| found);
    // SAFETY: the C library's environment is changed by its own function. A thread that reads it
    // meanwhile by getenv may see it move, as in every C program that calls setenv.
    unsafe {
        match value {
            Some(units) => std::env::set_var(spelled, OsStr::from_bytes(&text::to_utf8(&units))),
            None => std::env::remove_var(spelled),
        }
    }
    Ok(())
}

/// GetEnvironmentVariableW.
///
/// # Safety
///
/// `lpName` must be a C program's to read, `lpBuffer` writable for `nSize` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetEnvironmentVariableW(
    lpName: *const u16,
    lpBuffer: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        let value = get(text::wide(lpName)).map(|value| text::from_utf8(&value));
        hand_out(value, lpBuffer, nSize)
    }
}

/// GetEnvironmentVariableA: does not use the heap for names of usual length.
///
/// # Safety
///
/// As [`GetEnvironmentVariableW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetEnvironmentVariableA(
    lpName: *const c_char,
    lpBuffer: *mut u8,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        if let Some(name) = PlainText::read(lpName.cast::<u8>())
            && !name.is_empty()
            && !name.contains('=')
        {
            return match find_plain(&name) {
                Some(value) => text::hand_out(value, lpBuffer, nSize),
                None => hand_out(Err(ERROR_ENVVAR_NOT_FOUND), lpBuffer, nSize),
            };
        }
        hand_out(get(text::ansi(lpName)), lpBuffer, nSize)
    }
}

/// SetEnvironmentVariableW: NULL takes the variable away.
///
/// # Safety
///
/// The strings must be a C program's to read; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEnvironmentVariableW(lpName: *const u16, lpValue: *const u16) -> i32 {
    // SAFETY: passed on.
    let (name, value) = unsafe { (text::wide(lpName), text::wide(lpValue)) };
    last_error::boolean_of_code(set(name, value))
}

/// SetEnvironmentVariableA: NULL takes the variable away.
///
/// # Safety
///
/// As [`SetEnvironmentVariableW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEnvironmentVariableA(
    lpName: *const c_char,
    lpValue: *const c_char,
) -> i32 {
    // SAFETY: passed on.
    let (name, value) = unsafe { (text::ansi(lpName), text::ansi(lpValue)) };
    last_error::boolean_of_code(set(name, value))
}
