//! Arguments as the calls of ntdll take them: most are pointers, and every one may be wild.

use winpages_kernel::NtStatus;
use winpages_kernel::sys::fault;

/// STATUS_SUCCESS.
pub const STATUS_SUCCESS: i32 = 0;

/// The NTSTATUS of a call.
pub fn status(result: Result<(), NtStatus>) -> i32 {
    match result {
        Ok(()) => STATUS_SUCCESS,
        Err(status) => status.code() as i32,
    }
}

/// What an NTSTATUS says; of those that are no errors, success.
///
/// # Errors
///
/// The status itself.
pub fn result(status: i32) -> Result<(), NtStatus> {
    if status >= 0 {
        Ok(())
    } else {
        Err(NtStatus::from_code(status as u32))
    }
}

/// Reads what a pointer leads to.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::read`].
pub unsafe fn read<T: Copy>(from: *const T) -> Result<T, NtStatus> {
    // SAFETY: passed on.
    unsafe { fault::read(from) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Writes where a pointer leads to.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::write`].
pub unsafe fn write<T: Copy>(to: *mut T, value: T) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    unsafe { fault::write(to, &value) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Writes where a pointer leads to, unless it is NULL.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::write`].
pub unsafe fn write_if_wanted<T: Copy>(to: *mut T, value: T) -> Result<(), NtStatus> {
    if to.is_null() {
        return Ok(());
    }
    // SAFETY: passed on.
    unsafe { write(to, value) }
}

/// Reads an argument that the answer goes to as well: what could not be answered must not be done.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::write`], and any bytes must make a valid `T`.
pub unsafe fn read_writable<T: Copy>(pointer: *mut T) -> Result<T, NtStatus> {
    // SAFETY: passed on; what is written is what was there.
    unsafe {
        let value = read(pointer)?;
        write(pointer, value)?;
        Ok(value)
    }
}
