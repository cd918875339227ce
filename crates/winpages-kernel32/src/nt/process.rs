//! Processes: NtOpenProcess, and reading and writing their memory.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::{Handle, NtStatus};

use super::answer_handle::answer_handle;
use super::argument::{read, status};
use super::object_attributes::{OBJECT_ATTRIBUTES, handle_attributes};
use super::thread_create::CLIENT_ID;
use crate::process_memory_transfer::{read_memory, write_memory};

/// NtOpenProcess: opens the process of a number, and, where a thread's number is given, too, only if it is the
/// thread's process.
///
/// # Safety
///
/// The pointers must be a C program's: the first to write, the others to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenProcess(
    ProcessHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    ClientId: *const CLIENT_ID,
) -> i32 {
    let open = || {
        // SAFETY: the caller's pointers; any bytes are numbers.
        let (client, given) = unsafe { (read(ClientId)?, read(ObjectAttributes)?) };
        let number = u32::try_from(client.UniqueProcess).map_err(|_| NtStatus::INVALID_CID)?;
        if client.UniqueThread != 0 {
            let thread = u32::try_from(client.UniqueThread).map_err(|_| NtStatus::INVALID_CID)?;
            if winpages_kernel::sys::process::of_thread(thread) != Some(number) {
                return Err(NtStatus::INVALID_CID);
            }
        }
        let access = AccessMask::from_bits_retain(DesiredAccess);
        let handle = process::open_process(number, access, handle_attributes(&given))?;
        Ok((handle, Ok(())))
    };
    // SAFETY: passed on.
    unsafe { answer_handle(ProcessHandle, open) }
}

/// NtTerminateProcess. To end the other threads of the calling process alone, as NULL has it on Windows, is
/// STATUS_NOT_SUPPORTED: Linux has threads that nobody here knows of.
#[unsafe(no_mangle)]
pub extern "C" fn NtTerminateProcess(ProcessHandle: usize, ExitStatus: i32) -> i32 {
    if ProcessHandle == 0 {
        return status(Err(NtStatus::NOT_SUPPORTED));
    }
    let handle = Handle::from_value(ProcessHandle);
    let ended = process::reference_process(handle, AccessMask::PROCESS_TERMINATE);
    status(ended.and_then(|target| match target {
        Target::Own => process::terminate_own(ExitStatus as u32),
        Target::Other(other) => other.terminate(ExitStatus as u32),
    }))
}

/// NtReadVirtualMemory: see [`ReadProcessMemory`](crate::process_memory_transfer::ReadProcessMemory).
///
/// # Safety
///
/// As that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtReadVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *const c_void,
    Buffer: *mut c_void,
    NumberOfBytesToRead: usize,
    NumberOfBytesRead: *mut usize,
) -> i32 {
    let (from, size) = (BaseAddress as usize, NumberOfBytesToRead);
    // SAFETY: passed on.
    status(unsafe { read_memory(ProcessHandle, from, Buffer, size, NumberOfBytesRead) })
}

/// NtWriteVirtualMemory: see [`WriteProcessMemory`](crate::process_memory_transfer::WriteProcessMemory).
///
/// # Safety
///
/// As that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtWriteVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut c_void,
    Buffer: *const c_void,
    NumberOfBytesToWrite: usize,
    NumberOfBytesWritten: *mut usize,
) -> i32 {
    let (to, size) = (BaseAddress as usize, NumberOfBytesToWrite);
    // SAFETY: passed on.
    status(unsafe { write_memory(ProcessHandle, to, Buffer, size, NumberOfBytesWritten) })
}

/// NtFlushInstructionCache: the processor keeps its caches coherent by itself.
#[unsafe(no_mangle)]
pub extern "C" fn NtFlushInstructionCache(
    ProcessHandle: usize,
    BaseAddress: *const c_void,
    Length: usize,
) -> i32 {
    crate::process::FlushInstructionCache(ProcessHandle, BaseAddress, Length);
    super::argument::STATUS_SUCCESS
}
