//! GetDriveType.

use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::file::{DriveType, drive_type};

use crate::text;

fn answer(path: Result<Option<Vec<u16>>, NtStatus>) -> u32 {
    let kind = match path {
        // No path is the disk of the current directory.
        Ok(None) => drive_type("\\"),
        Ok(Some(path)) => drive_type(&String::from_utf16_lossy(&path)),
        Err(_) => DriveType::NoRootDirectory,
    };
    kind as u32
}

/// GetDriveTypeW: what kind of disk a directory is on: DRIVE_FIXED, DRIVE_REMOTE for the file systems of
/// networks, DRIVE_CDROM, DRIVE_RAMDISK for tmpfs; DRIVE_NO_ROOT_DIR if there is no such directory.
///
/// # Safety
///
/// `lpRootPathName` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDriveTypeW(lpRootPathName: *const u16) -> u32 {
    // SAFETY: passed on.
    answer(unsafe { text::wide(lpRootPathName) })
}

/// GetDriveTypeA: see [`GetDriveTypeW`].
///
/// # Safety
///
/// As [`GetDriveTypeW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDriveTypeA(lpRootPathName: *const c_char) -> u32 {
    // SAFETY: passed on.
    answer(unsafe { text::ansi(lpRootPathName) })
}
