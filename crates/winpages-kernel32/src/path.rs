//! Paths: GetFullPathName, the current directory.

use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::file::{self, path};
use winpages_kernel::sys::fault;

use crate::{last_error, text};

/// Answers a string or 0, with the last error set.
///
/// # Safety
///
/// As [`text::hand_out`].
pub(crate) unsafe fn hand_out<T: Copy + Default>(
    string: Result<Vec<T>, NtStatus>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    match string {
        // SAFETY: passed on.
        Ok(string) => unsafe { text::hand_out(&string, buffer, size) },
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// Where the last part of a full path begins; `None` if it ends in a separator, or is a server or a
/// device alone (`\\server`, `\\.\NUL`).
fn file_part<T: Copy + Into<u32>>(full: &[T]) -> Option<usize> {
    const SEPARATOR: u32 = b'\\' as u32;
    let is_separator = |element: &T| (*element).into() == SEPARATOR;
    if full.len() > 2 && full[..2].iter().all(is_separator) {
        let is_device = full[2].into() == u32::from(b'.');
        let separators = full[2..]
            .iter()
            .filter(|element| is_separator(element))
            .count();
        if separators < if is_device { 2 } else { 1 } {
            return None;
        }
    }
    let at = full.iter().rposition(is_separator)? + 1;
    (at < full.len()).then_some(at)
}

/// # Safety
///
/// As [`GetFullPathNameW`].
unsafe fn full_path_name<T: Copy + Default + Into<u32>>(
    full: Result<Vec<T>, NtStatus>,
    size: u32,
    buffer: *mut T,
    part: *mut *mut T,
) -> u32 {
    let at = full.as_deref().ok().and_then(file_part);
    // SAFETY: as the caller vouches.
    let length = unsafe { hand_out(full, buffer, size) };
    if !part.is_null() && length < size {
        let start = at.map_or(core::ptr::null_mut(), |at| buffer.wrapping_add(at));
        // SAFETY: as the caller vouches.
        let _ = unsafe { fault::write(part, &start) };
    }
    length
}

/// GetFullPathNameW: by the text of the path and the current directory alone.
///
/// # Safety
///
/// `lpFileName` must be a C program's to read, `lpBuffer` writable for `nBufferLength` characters,
/// `lpFilePart` NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameW(
    lpFileName: *const u16,
    nBufferLength: u32,
    lpBuffer: *mut u16,
    lpFilePart: *mut *mut u16,
) -> u32 {
    // SAFETY: passed on.
    let name = text::path(unsafe { text::wide(lpFileName) });
    let full = name
        .and_then(|name| path::full_path_name(&name))
        .map(|full| full.encode_utf16().collect());
    // SAFETY: passed on.
    unsafe { full_path_name(full, nBufferLength, lpBuffer, lpFilePart) }
}

/// GetFullPathNameA: as [`GetFullPathNameW`].
///
/// # Safety
///
/// As [`GetFullPathNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFullPathNameA(
    lpFileName: *const c_char,
    nBufferLength: u32,
    lpBuffer: *mut u8,
    lpFilePart: *mut *mut u8,
) -> u32 {
    // SAFETY: passed on.
    let name = text::path(unsafe { text::ansi(lpFileName) });
    let full = name
        .and_then(|name| path::full_path_name(&name))
        .map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { full_path_name(full, nBufferLength, lpBuffer, lpFilePart) }
}

/// The path itself, if something is there: no name here is a short one.
fn long_path_name(name: Result<String, NtStatus>) -> Result<String, NtStatus> {
    let name = name?;
    if name.is_empty() {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    }
    file::attributes(&name).map(|_| name)
}

/// GetLongPathNameW: the path as it is, for there are no short names here. ERROR_FILE_NOT_FOUND if nothing is there.
///
/// # Safety
///
/// `lpszShortPath` must be a C program's to read, `lpszLongPath` NULL or writable for `cchBuffer` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLongPathNameW(
    lpszShortPath: *const u16,
    lpszLongPath: *mut u16,
    cchBuffer: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        let name = long_path_name(text::path(text::wide(lpszShortPath)));
        let name = name.map(|name| name.encode_utf16().collect());
        hand_out(name, lpszLongPath, cchBuffer)
    }
}

/// GetLongPathNameA: as [`GetLongPathNameW`].
///
/// # Safety
///
/// As [`GetLongPathNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLongPathNameA(
    lpszShortPath: *const c_char,
    lpszLongPath: *mut u8,
    cchBuffer: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        let name = long_path_name(text::path(text::ansi(lpszShortPath)));
        hand_out(name.map(String::into_bytes), lpszLongPath, cchBuffer)
    }
}

/// GetCurrentDirectoryW.
///
/// # Safety
///
/// `lpBuffer` must be writable for `nBufferLength` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryW(nBufferLength: u32, lpBuffer: *mut u16) -> u32 {
    let current = path::current_directory().map(|path| path.encode_utf16().collect());
    // SAFETY: passed on.
    unsafe { hand_out(current, lpBuffer, nBufferLength) }
}

/// GetCurrentDirectoryA.
///
/// # Safety
///
/// As [`GetCurrentDirectoryW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentDirectoryA(nBufferLength: u32, lpBuffer: *mut u8) -> u32 {
    let current = path::current_directory().map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { hand_out(current, lpBuffer, nBufferLength) }
}

fn set_current_directory(name: Result<String, NtStatus>) -> i32 {
    last_error::boolean(name.and_then(|name| path::set_current_directory(&name)))
}

/// SetCurrentDirectoryW: for the process's Linux calls too.
///
/// # Safety
///
/// `lpPathName` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryW(lpPathName: *const u16) -> i32 {
    // SAFETY: passed on.
    set_current_directory(text::path(unsafe { text::wide(lpPathName) }))
}

/// SetCurrentDirectoryA: as [`SetCurrentDirectoryW`].
///
/// # Safety
///
/// As [`SetCurrentDirectoryW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCurrentDirectoryA(lpPathName: *const c_char) -> i32 {
    // SAFETY: passed on.
    set_current_directory(text::path(unsafe { text::ansi(lpPathName) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part() {
        assert_eq!(file_part(br"C:\one\two"), Some(7));
        assert_eq!(file_part(br"C:\one\"), None);
        assert_eq!(file_part(b"C:"), None);
        assert_eq!(file_part(br"\\.\nul"), None);
        assert_eq!(file_part(br"\\server"), None);
        assert_eq!(file_part(br"\\server\share\x"), Some(15));
        assert_eq!(file_part(br"\\.\C:\x"), Some(7));
    }
}
