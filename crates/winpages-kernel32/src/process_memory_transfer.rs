//! Reading and writing another process's memory.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Copied, Target};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::last_error;

/// # Safety
///
/// `count` must be NULL or a C program's to write.
unsafe fn transfer(
    process: usize,
    right: AccessMask,
    count: *mut usize,
    copy: impl FnOnce(&Target) -> Copied,
) -> Result<(), NtStatus> {
    let process = Handle::from_value(process);
    let copied = process::with_process(process, right, |target| Ok(copy(target)));
    let copied = copied.unwrap_or_else(|status| Copied {
        bytes: 0,
        result: Err(status),
    });
    let mut result = copied.result;
    if !count.is_null() {
        // SAFETY: the caller's pointer, for the caller's answer.
        let written = unsafe { fault::write(count, &copied.bytes) };
        result = result.and(written.map_err(|_| NtStatus::ACCESS_VIOLATION));
    }
    result
}

/// Copies from another process's memory, or this one's; where `count` is not NULL it is told how many bytes.
///
/// # Errors
///
/// As [`process::read_virtual_memory`], and for the handle [`NtStatus::INVALID_HANDLE`],
/// [`NtStatus::ACCESS_DENIED`].
///
/// # Safety
///
/// As [`ReadProcessMemory`].
pub(crate) unsafe fn read_memory(
    process: usize,
    from: usize,
    to: *mut c_void,
    size: usize,
    count: *mut usize,
) -> Result<(), NtStatus> {
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        transfer(process, AccessMask::PROCESS_VM_READ, count, |target| {
            process::read_virtual_memory(target, from, to.cast(), size)
        })
    }
}

/// Copies into another process's memory, or this one's.
///
/// # Errors
///
/// As [`read_memory`] and [`process::write_virtual_memory`].
///
/// # Safety
///
/// As [`WriteProcessMemory`].
pub(crate) unsafe fn write_memory(
    process: usize,
    to: usize,
    from: *const c_void,
    size: usize,
    count: *mut usize,
) -> Result<(), NtStatus> {
    let rights = AccessMask::PROCESS_VM_WRITE.union(AccessMask::PROCESS_VM_OPERATION);
    // SAFETY: the caller's pointers, for the caller's wish.
    unsafe {
        transfer(process, rights, count, |target| {
            process::write_virtual_memory(target, to, from.cast(), size)
        })
    }
}

/// ReadProcessMemory: copies from another process's memory, or this one's.
///
/// The pages' protections hold. A range that cannot be read to its end is ERROR_PARTIAL_COPY, and what lies
/// before is copied and counted.
///
/// # Safety
///
/// `lpBuffer` must be a C program's to write for `nSize` bytes, `lpNumberOfBytesRead` too, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadProcessMemory(
    hProcess: usize,
    lpBaseAddress: *const c_void,
    lpBuffer: *mut c_void,
    nSize: usize,
    lpNumberOfBytesRead: *mut usize,
) -> i32 {
    let from = lpBaseAddress as usize;
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        read_memory(hProcess, from, lpBuffer, nSize, lpNumberOfBytesRead)
    })
}

/// WriteProcessMemory: copies into another process's memory, or this one's. Pages that hold code are written
/// and keep their protection; pages that can only be read are not, ERROR_NOACCESS.
///
/// # Safety
///
/// `lpBuffer` must be a C program's to read for `nSize` bytes, `lpNumberOfBytesWritten` to write, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteProcessMemory(
    hProcess: usize,
    lpBaseAddress: *mut c_void,
    lpBuffer: *const c_void,
    nSize: usize,
    lpNumberOfBytesWritten: *mut usize,
) -> i32 {
    let to = lpBaseAddress as usize;
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        write_memory(hProcess, to, lpBuffer, nSize, lpNumberOfBytesWritten)
    })
}

/// Toolhelp32ReadProcessMemory: ReadProcessMemory on the process of a number; 0 is this one.
///
/// # Safety
///
/// As [`ReadProcessMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Toolhelp32ReadProcessMemory(
    th32ProcessID: u32,
    lpBaseAddress: *const c_void,
    lpBuffer: *mut c_void,
    cbRead: usize,
    lpNumberOfBytesRead: *mut usize,
) -> i32 {
    let process = match th32ProcessID {
        0 => Handle::CURRENT_PROCESS.value(),
        number => crate::process_open::OpenProcess(AccessMask::PROCESS_VM_READ.bits(), 0, number),
    };
    if process == 0 {
        return 0;
    }
    // SAFETY: passed on.
    let result = unsafe {
        ReadProcessMemory(
            process,
            lpBaseAddress,
            lpBuffer,
            cbRead,
            lpNumberOfBytesRead,
        )
    };
    crate::handle::CloseHandle(process);
    result
}
