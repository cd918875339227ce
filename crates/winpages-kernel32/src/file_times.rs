//! When a file was made, last read and last written: GetFileTime, SetFileTime.

use winpages_kernel::file::Units;
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::nt::argument::{read, write_if_wanted};
use crate::time::{FILETIME, UNIX_EPOCH, file_time};

/// GetFileTime: the times whose pointers are not NULL. Where the file system does not know when a file was made, it
/// is when anything about it last changed.
///
/// # Safety
///
/// The pointers must be a C program's to write, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileTime(
    hFile: usize,
    lpCreationTime: *mut FILETIME,
    lpLastAccessTime: *mut FILETIME,
    lpLastWriteTime: *mut FILETIME,
) -> i32 {
    let told = || {
        let handle = Handle::from_value(hFile);
        let (file, _) = reference_file(handle, AccessMask::FILE_READ_ATTRIBUTES)?;
        let information = file.information()?;
        // SAFETY: passed on.
        unsafe {
            write_if_wanted(lpCreationTime, file_time(information.creation))?;
            write_if_wanted(lpLastAccessTime, file_time(information.last_access))?;
            write_if_wanted(lpLastWriteTime, file_time(information.last_write))
        }
    };
    last_error::boolean(told())
}

/// The time that a program wants; `None` if it wants it to stay.
///
/// # Safety
///
/// `time` must be a C program's to read, or NULL.
unsafe fn wanted(time: *const FILETIME) -> Result<Option<Units>, NtStatus> {
    if time.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller vouches.
    let units = unsafe { read(time)? }.units();
    // Neither 0 nor -1 is a time: the second one asks that the handle leave the time alone from now on, too.
    if matches!(units, 0 | u64::MAX) {
        return Ok(None);
    }
    let since_1970 = (units as i64).checked_sub(UNIX_EPOCH as i64);
    let since_1970 = since_1970.filter(|_| units <= i64::MAX as u64);
    since_1970.map(Some).ok_or(NtStatus::INVALID_PARAMETER)
}

/// SetFileTime: the times whose pointers are not NULL. When a file was made Linux lets nobody say: that is left as it
/// is. A time of 0xFFFFFFFFFFFFFFFF changes nothing now, and does not keep later reading and writing from it.
///
/// # Safety
///
/// The pointers must be a C program's to read, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileTime(
    hFile: usize,
    lpCreationTime: *const FILETIME,
    lpLastAccessTime: *const FILETIME,
    lpLastWriteTime: *const FILETIME,
) -> i32 {
    let set = || {
        // SAFETY: passed on.
        let (_, last_access, last_write) = unsafe {
            (
                wanted(lpCreationTime)?,
                wanted(lpLastAccessTime)?,
                wanted(lpLastWriteTime)?,
            )
        };
        let handle = Handle::from_value(hFile);
        let (file, _) = reference_file(handle, AccessMask::FILE_WRITE_ATTRIBUTES)?;
        if last_access.is_none() && last_write.is_none() {
            return Ok(());
        }
        file.set_times(last_access, last_write)
    };
    last_error::boolean(set())
}
