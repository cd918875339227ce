//! Variables of the environment in a text: ExpandEnvironmentStrings.

use core::ffi::c_char;

use winpages_kernel::NtStatus;

use crate::{environment, last_error, text};

/// The text with the value of each variable in the place of its name between percent signs. A name that no variable
/// has stays, and so does a sign without another.
fn expand(source: &str) -> String {
    let mut expanded = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('%') {
        expanded.push_str(before);
        let value = after
            .split_once('%')
            .and_then(|(name, behind)| Some((environment::value(name)?, behind)));
        rest = match value {
            Some((value, behind)) => {
                expanded.push_str(&value);
                behind
            }
            None => {
                expanded.push('%');
                after
            }
        };
    }
    expanded + rest
}

/// # Safety
///
/// `to` must be NULL or writable for `size` elements.
unsafe fn hand_out<T: Copy + Default>(
    expanded: Result<Vec<T>, NtStatus>,
    to: *mut T,
    size: u32,
) -> u32 {
    match expanded {
        Ok(expanded) => {
            // SAFETY: passed on.
            unsafe { text::hand_out(&expanded, to, size) };
            // The NUL is counted whether it fits or not.
            expanded.len() as u32 + 1
        }
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

fn source(text: Result<Option<Vec<u16>>, NtStatus>) -> Result<String, NtStatus> {
    Ok(String::from_utf16_lossy(&text?.unwrap_or_default()))
}

/// ExpandEnvironmentStringsW: puts the values of variables in the places of their names, as in `%HOME%\x`. Answers how
/// many characters that is with the NUL; if it does not fit, nothing is written.
///
/// # Safety
///
/// `lpSrc` must be a C program's to read, `lpDst` NULL or writable for `nSize` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExpandEnvironmentStringsW(
    lpSrc: *const u16,
    lpDst: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    let expanded = source(unsafe { text::wide(lpSrc) }).map(|source| expand(&source));
    let expanded = expanded.map(|expanded| text::from_utf8(expanded.as_bytes()));
    // SAFETY: passed on.
    unsafe { hand_out(expanded, lpDst, nSize) }
}

/// ExpandEnvironmentStringsA: as [`ExpandEnvironmentStringsW`].
///
/// # Safety
///
/// As [`ExpandEnvironmentStringsW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExpandEnvironmentStringsA(
    lpSrc: *const c_char,
    lpDst: *mut u8,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    let expanded = source(unsafe { text::ansi(lpSrc) }).map(|source| expand(&source));
    // SAFETY: passed on.
    unsafe { hand_out(expanded.map(String::into_bytes), lpDst, nSize) }
}
