//! Names of files: deleting, moving and copying, and making directories.

use core::ffi::c_char;

use winpages_kernel::{NtStatus, file};

use crate::error_code::{ERROR_FILE_EXISTS, ERROR_SUCCESS};
use crate::security_attributes::SECURITY_ATTRIBUTES;
use crate::{last_error, text};

const MOVEFILE_REPLACE_EXISTING: u32 = 1;
const MOVEFILE_COPY_ALLOWED: u32 = 2;
const MOVEFILE_DELAY_UNTIL_REBOOT: u32 = 4;

/// A path as it was read.
type Path = Result<String, NtStatus>;

/// A path by the kind of string it comes in: `ansi` or `wide`.
///
/// # Safety
///
/// As [`text::wide`].
unsafe fn ansi(path: *const c_char) -> Path {
    // SAFETY: passed on.
    text::path(unsafe { text::ansi(path) })
}

/// # Safety
///
/// As [`text::wide`].
unsafe fn wide(path: *const u16) -> Path {
    // SAFETY: passed on.
    text::path(unsafe { text::wide(path) })
}

fn move_file(from: Path, to: Path, flags: u32) -> Result<(), NtStatus> {
    if flags & MOVEFILE_DELAY_UNTIL_REBOOT != 0 {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let (from, to) = (from?, to?);
    let replace = flags & MOVEFILE_REPLACE_EXISTING != 0;
    match file::rename(&from, &to, replace) {
        Err(NtStatus::NOT_SAME_DEVICE) if flags & MOVEFILE_COPY_ALLOWED != 0 => {
            file::copy_file(&from, &to, !replace)?;
            file::delete_file(&from)
        }
        result => result,
    }
}

fn copy_file(from: Path, to: Path, fail_if_exists: i32) -> i32 {
    let result = (|| file::copy_file(&from?, &to?, fail_if_exists != 0))();
    match result {
        Ok(()) => last_error::set(ERROR_SUCCESS),
        Err(NtStatus::OBJECT_NAME_COLLISION) => last_error::set(ERROR_FILE_EXISTS),
        Err(status) => last_error::fail(status),
    }
    i32::from(result.is_ok())
}

fn remove_directory(path: Path) -> i32 {
    // NULL and an empty path are bad names here, and missing ones everywhere else.
    let result = match path {
        Err(NtStatus::OBJECT_PATH_NOT_FOUND) => Err(NtStatus::OBJECT_NAME_INVALID),
        Ok(path) if path.is_empty() => Err(NtStatus::OBJECT_NAME_INVALID),
        Ok(path) => file::remove_directory(&path),
        Err(status) => Err(status),
    };
    last_error::boolean(result)
}

/// DeleteFileA.
///
/// # Safety
///
/// `lpFileName` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteFileA(lpFileName: *const c_char) -> i32 {
    // SAFETY: passed on.
    let path = unsafe { ansi(lpFileName) };
    last_error::boolean(path.and_then(|path| file::delete_file(&path)))
}

/// DeleteFileW.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteFileW(lpFileName: *const u16) -> i32 {
    // SAFETY: passed on.
    let path = unsafe { wide(lpFileName) };
    last_error::boolean(path.and_then(|path| file::delete_file(&path)))
}

/// MoveFileA: moves to a name that is free, to another file system too if it is a file.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileA(
    lpExistingFileName: *const c_char,
    lpNewFileName: *const c_char,
) -> i32 {
    // SAFETY: passed on.
    unsafe { MoveFileExA(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED) }
}

/// MoveFileW: as [`MoveFileA`].
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileW(
    lpExistingFileName: *const u16,
    lpNewFileName: *const u16,
) -> i32 {
    // SAFETY: passed on.
    unsafe { MoveFileExW(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED) }
}

/// MoveFileExA: MOVEFILE_REPLACE_EXISTING and MOVEFILE_COPY_ALLOWED; nothing waits for a restart of
/// the system here.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileExA(
    lpExistingFileName: *const c_char,
    lpNewFileName: *const c_char,
    dwFlags: u32,
) -> i32 {
    // SAFETY: passed on.
    let (from, to) = unsafe { (ansi(lpExistingFileName), ansi(lpNewFileName)) };
    last_error::boolean(move_file(from, to, dwFlags))
}

/// MoveFileExW: as [`MoveFileExA`].
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MoveFileExW(
    lpExistingFileName: *const u16,
    lpNewFileName: *const u16,
    dwFlags: u32,
) -> i32 {
    // SAFETY: passed on.
    let (from, to) = unsafe { (wide(lpExistingFileName), wide(lpNewFileName)) };
    last_error::boolean(move_file(from, to, dwFlags))
}

/// CopyFileA.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CopyFileA(
    lpExistingFileName: *const c_char,
    lpNewFileName: *const c_char,
    bFailIfExists: i32,
) -> i32 {
    // SAFETY: passed on.
    let (from, to) = unsafe { (ansi(lpExistingFileName), ansi(lpNewFileName)) };
    copy_file(from, to, bFailIfExists)
}

/// CopyFileW.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CopyFileW(
    lpExistingFileName: *const u16,
    lpNewFileName: *const u16,
    bFailIfExists: i32,
) -> i32 {
    // SAFETY: passed on.
    let (from, to) = unsafe { (wide(lpExistingFileName), wide(lpNewFileName)) };
    copy_file(from, to, bFailIfExists)
}

/// CreateDirectoryA. The umask says who may do what with it.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryA(
    lpPathName: *const c_char,
    _lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    let path = unsafe { ansi(lpPathName) };
    last_error::boolean(path.and_then(|path| file::create_directory(&path)))
}

/// CreateDirectoryW: as [`CreateDirectoryA`].
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateDirectoryW(
    lpPathName: *const u16,
    _lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    let path = unsafe { wide(lpPathName) };
    last_error::boolean(path.and_then(|path| file::create_directory(&path)))
}

/// RemoveDirectoryA: an empty one.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryA(lpPathName: *const c_char) -> i32 {
    // SAFETY: passed on.
    remove_directory(unsafe { ansi(lpPathName) })
}

/// RemoveDirectoryW: an empty one.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RemoveDirectoryW(lpPathName: *const u16) -> i32 {
    // SAFETY: passed on.
    remove_directory(unsafe { wide(lpPathName) })
}

fn create_hard_link(new: Path, existing: Path) -> i32 {
    let linked = (|| file::link(&existing?, &new?))();
    last_error::boolean(linked)
}

/// CreateHardLinkA: another name for a file, on the same file system.
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateHardLinkA(
    lpFileName: *const c_char,
    lpExistingFileName: *const c_char,
    _lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe { create_hard_link(ansi(lpFileName), ansi(lpExistingFileName)) }
}

/// CreateHardLinkW: as [`CreateHardLinkA`].
///
/// # Safety
///
/// As [`DeleteFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateHardLinkW(
    lpFileName: *const u16,
    lpExistingFileName: *const u16,
    _lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe { create_hard_link(wide(lpFileName), wide(lpExistingFileName)) }
}
