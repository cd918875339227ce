//! Handles in general: closing them, and what is remembered of them.

use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::standard_handle;

/// CloseHandle.
#[unsafe(no_mangle)]
pub extern "C" fn CloseHandle(hObject: usize) -> i32 {
    // The constant that GetStdHandle takes closes what it would answer.
    let handle = standard_handle::take(hObject).unwrap_or(hObject);
    last_error::boolean(handle_table::close(Handle::from_value(handle)))
}

/// GetHandleInformation: whether it is inherited, and whether it is protected from being closed.
///
/// # Safety
///
/// `lpdwFlags` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetHandleInformation(hObject: usize, lpdwFlags: *mut u32) -> i32 {
    let handle = Handle::from_value(hObject);
    let flags = if handle.is_pseudo() {
        Ok(0)
    } else {
        handle_table::lookup(handle).map(|entry| entry.attributes.bits())
    };
    let result = flags.and_then(|flags| {
        // SAFETY: as the caller vouches.
        unsafe { fault::write(lpdwFlags, &flags) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(result)
}

/// SetHandleInformation: HANDLE_FLAG_INHERIT and HANDLE_FLAG_PROTECT_FROM_CLOSE.
#[unsafe(no_mangle)]
pub extern "C" fn SetHandleInformation(hObject: usize, dwMask: u32, dwFlags: u32) -> i32 {
    let handle = Handle::from_value(hObject);
    let result = if handle.is_pseudo() {
        Err(NtStatus::ACCESS_DENIED)
    } else {
        handle_table::set_attributes(
            handle,
            HandleAttributes::from_bits_truncate(dwMask),
            HandleAttributes::from_bits_truncate(dwFlags),
        )
    };
    last_error::boolean(result)
}
