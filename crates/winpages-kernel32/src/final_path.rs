//! The path an open file has now: GetFinalPathNameByHandle.

use core::ffi::c_char;

use winpages_kernel::file::path;
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::{Handle, NtStatus};

use crate::nt::file_name::device_path;
use crate::path::hand_out;
use crate::text;

const VOLUME_NAME_GUID: u32 = 1;
const VOLUME_NAME_NT: u32 = 2;
const VOLUME_NAME_NONE: u32 = 4;
const FILE_NAME_OPENED: u32 = 8;

fn final_path(handle: usize, flags: u32) -> Result<Vec<u16>, NtStatus> {
    let volume = flags & !FILE_NAME_OPENED;
    if !matches!(
        volume,
        0 | VOLUME_NAME_GUID | VOLUME_NAME_NT | VOLUME_NAME_NONE
    ) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let (file, _) = reference_file(Handle::from_value(handle), AccessMask::empty())?;
    let linux = file.linux_path().ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let full = || path::from_linux(&linux).ok_or(NtStatus::OBJECT_PATH_NOT_FOUND);
    match volume {
        VOLUME_NAME_NT => device_path(&linux),
        // Disks have no such names here.
        VOLUME_NAME_GUID => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        VOLUME_NAME_NONE => Ok(text::from_utf8(&full()?.as_bytes()["C:".len()..])),
        _ => Ok(text::from_utf8(format!(r"\\?\{}", full()?).as_bytes())),
    }
}

/// GetFinalPathNameByHandleW: the path that the file has now, without links, wherever it has been moved. Answers its
/// length, or the size needed with the NUL, or 0: ERROR_PATH_NOT_FOUND if no drive reaches it, or a name of the
/// volume by GUID is asked for; ERROR_FILE_NOT_FOUND if the file has no name any more.
///
/// # Safety
///
/// `lpszFilePath` must be NULL or writable for `cchFilePath` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFinalPathNameByHandleW(
    hFile: usize,
    lpszFilePath: *mut u16,
    cchFilePath: u32,
    dwFlags: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { hand_out(final_path(hFile, dwFlags), lpszFilePath, cchFilePath) }
}

/// GetFinalPathNameByHandleA: as [`GetFinalPathNameByHandleW`].
///
/// # Safety
///
/// As [`GetFinalPathNameByHandleW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFinalPathNameByHandleA(
    hFile: usize,
    lpszFilePath: *mut c_char,
    cchFilePath: u32,
    dwFlags: u32,
) -> u32 {
    let path = final_path(hFile, dwFlags).map(|path| text::to_utf8(&path));
    // SAFETY: passed on.
    unsafe { hand_out(path, lpszFilePath.cast(), cchFilePath) }
}
