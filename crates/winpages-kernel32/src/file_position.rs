//! The position, the size and the end of a file.

use std::sync::Arc;

use winpages_kernel::file::{File, Kind, Origin};
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_INVALID_PARAMETER, ERROR_NEGATIVE_SEEK, ERROR_SUCCESS};
use crate::{dos_error, last_error};

/// What SetFilePointer and GetFileSize answer for failure, and for 4 GiB less one byte.
const INVALID: u32 = u32::MAX;

fn reference(handle: usize, desired: AccessMask) -> Result<Arc<File>, NtStatus> {
    reference_file(Handle::from_value(handle), desired).map(|(file, _)| file)
}

fn origin_of(method: u32) -> Option<Origin> {
    match method {
        0 => Some(Origin::Begin),
        1 => Some(Origin::Current),
        2 => Some(Origin::End),
        _ => None,
    }
}

/// Moves the position, to one of at most `maximum`; answers it or a Win32 error code.
fn move_position(handle: usize, distance: i64, method: u32, maximum: u64) -> Result<u64, u32> {
    let origin = origin_of(method).ok_or(ERROR_INVALID_PARAMETER)?;
    let file = reference(handle, AccessMask::empty()).map_err(dos_error::from_status)?;
    let target = file
        .position_at(distance, origin)
        .map_err(dos_error::from_status)?
        .ok_or(ERROR_NEGATIVE_SEEK)?;
    if target > maximum {
        return Err(ERROR_INVALID_PARAMETER);
    }
    file.set_position(target).map_err(dos_error::from_status)?;
    Ok(target)
}

/// SetFilePointer: moves the position, by a distance in two halves.
///
/// # Safety
///
/// `lpDistanceToMoveHigh` must be NULL or a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointer(
    hFile: usize,
    lDistanceToMove: i32,
    lpDistanceToMoveHigh: *mut i32,
    dwMoveMethod: u32,
) -> u32 {
    let (distance, maximum) = if lpDistanceToMoveHigh.is_null() {
        // There is no room for an upper half in the answer either.
        (i64::from(lDistanceToMove), u64::from(u32::MAX))
    } else {
        // SAFETY: nothing is assumed of the pointer; any bytes are a number.
        let Ok(high) = (unsafe { fault::read(lpDistanceToMoveHigh) }) else {
            last_error::fail(NtStatus::ACCESS_VIOLATION);
            return INVALID;
        };
        let low = i64::from(lDistanceToMove as u32);
        (i64::from(high) << 32 | low, u64::MAX)
    };
    match move_position(hFile, distance, dwMoveMethod, maximum) {
        Ok(position) => {
            if !lpDistanceToMoveHigh.is_null() {
                // SAFETY: as the caller vouches; it was readable before.
                let _ = unsafe { fault::write(lpDistanceToMoveHigh, &((position >> 32) as i32)) };
            }
            let low = position as u32;
            if low == INVALID {
                // So that the caller can tell this position from a failure.
                last_error::set(ERROR_SUCCESS);
            }
            low
        }
        Err(code) => {
            last_error::set(code);
            INVALID
        }
    }
}

/// SetFilePointerEx: moves the position.
///
/// # Safety
///
/// `lpNewFilePointer` must be NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointerEx(
    hFile: usize,
    liDistanceToMove: i64,
    lpNewFilePointer: *mut i64,
    dwMoveMethod: u32,
) -> i32 {
    match move_position(hFile, liDistanceToMove, dwMoveMethod, u64::MAX) {
        Ok(position) => {
            if lpNewFilePointer.is_null() {
                return 1;
            }
            // SAFETY: as the caller vouches.
            let written = unsafe { fault::write(lpNewFilePointer, &(position as i64)) };
            last_error::boolean(written.map_err(|_| NtStatus::ACCESS_VIOLATION))
        }
        Err(code) => {
            last_error::set(code);
            0
        }
    }
}

/// SetEndOfFile: makes the file end at its position.
#[unsafe(no_mangle)]
pub extern "C" fn SetEndOfFile(hFile: usize) -> i32 {
    let result = reference(hFile, AccessMask::FILE_WRITE_DATA)
        .and_then(|file| file.set_end_of_file(file.position()?));
    last_error::boolean(result)
}

fn size_of_file(handle: usize) -> Result<u64, NtStatus> {
    let file = reference(handle, AccessMask::FILE_READ_ATTRIBUTES)?;
    // Where Linux has a number for a directory, Windows has none.
    if file.kind() == Kind::Directory {
        return Ok(0);
    }
    file.size()
}

/// GetFileSize: the size in bytes, in two halves.
///
/// # Safety
///
/// `lpFileSizeHigh` must be NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSize(hFile: usize, lpFileSizeHigh: *mut u32) -> u32 {
    let result = size_of_file(hFile).and_then(|size| {
        if lpFileSizeHigh.is_null() {
            return Ok(size);
        }
        // SAFETY: as the caller vouches.
        unsafe { fault::write(lpFileSizeHigh, &((size >> 32) as u32)) }
            .map(|()| size)
            .map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    match result {
        Ok(size) => {
            if size as u32 == INVALID {
                last_error::set(ERROR_SUCCESS);
            }
            size as u32
        }
        Err(status) => {
            last_error::fail(status);
            INVALID
        }
    }
}

/// GetFileSizeEx: the size in bytes.
///
/// # Safety
///
/// `lpFileSize` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSizeEx(hFile: usize, lpFileSize: *mut i64) -> i32 {
    let result = size_of_file(hFile).and_then(|size| {
        // SAFETY: as the caller vouches.
        unsafe { fault::write(lpFileSize, &(size as i64)) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(result)
}

/// SetFileValidData: takes SeManageVolumePrivilege, which nobody has here: ERROR_PRIVILEGE_NOT_HELD.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileValidData(_hFile: usize, _ValidDataLength: i64) -> i32 {
    last_error::boolean(Err(NtStatus::PRIVILEGE_NOT_HELD))
}
