//! Running a command line.

use core::ffi::c_int;
use std::ffi::CString;

use super::file_path::from_wide;

/// _wsystem.
///
/// # Safety
///
/// `command` is NULL or ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wsystem(command: *const u16) -> c_int {
    if command.is_null() {
        return 1;
    }
    // SAFETY: as the caller vouches.
    match (unsafe { from_wide(command) }).and_then(|command| CString::new(command).ok()) {
        // SAFETY: the command ends in a NUL.
        Some(command) => unsafe { libc::system(command.as_ptr()) },
        None => -1,
    }
}
