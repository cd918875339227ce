//! The system's cache of files. Linux bounds it by the memory that is free, and by nothing else.

use winpages_kernel::NtStatus;
use winpages_kernel::residency::system_memory;

use crate::last_error;
use crate::nt::argument::write;

/// GetSystemFileCacheSize: from nothing to all memory, and neither bound is a hard one.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemFileCacheSize(
    lpMinimumFileCacheSize: *mut usize,
    lpMaximumFileCacheSize: *mut usize,
    lpFlags: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    let told = unsafe {
        write(lpMinimumFileCacheSize, 0)
            .and_then(|()| {
                write(
                    lpMaximumFileCacheSize,
                    system_memory().physical_total as usize,
                )
            })
            .and_then(|()| write(lpFlags, 0))
    };
    last_error::boolean(told)
}

/// SetSystemFileCacheSize: takes SeIncreaseQuotaPrivilege, which nobody has here: ERROR_PRIVILEGE_NOT_HELD.
#[unsafe(no_mangle)]
pub extern "C" fn SetSystemFileCacheSize(
    _MinimumFileCacheSize: usize,
    _MaximumFileCacheSize: usize,
    _Flags: u32,
) -> i32 {
    last_error::boolean(Err(NtStatus::PRIVILEGE_NOT_HELD))
}

/// GetMemoryErrorHandlingCapabilities: 0. Linux takes broken pages out of use, too, but does not say whether the
/// machine looks for them.
///
/// # Safety
///
/// `Capabilities` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetMemoryErrorHandlingCapabilities(Capabilities: *mut u32) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { write(Capabilities, 0) })
}
