//! ReadFileEx and WriteFileEx: transfers that end with a call of the program's.

use core::ffi::c_void;

use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_HANDLE_EOF, ERROR_SUCCESS};
use crate::file_transfer::{OVERLAPPED, read_at, record, write_at};
use crate::last_error;
use crate::thread::queue;

/// LPOVERLAPPED_COMPLETION_ROUTINE: is told the error, how many bytes there were, and the OVERLAPPED.
type CompletionRoutine = unsafe extern "C-unwind" fn(u32, u32, *mut OVERLAPPED);

/// There must be an offset.
fn with_offset(overlapped: *const OVERLAPPED) -> Result<(), NtStatus> {
    if overlapped.is_null() {
        Err(NtStatus::INVALID_PARAMETER)
    } else {
        Ok(())
    }
}

/// Has the routine called the next time that the calling thread waits alertably, if the transfer has begun at all.
///
/// # Safety
///
/// As [`ReadFileEx`].
unsafe fn complete(
    result: Result<usize, NtStatus>,
    overlapped: *mut OVERLAPPED,
    routine: Option<CompletionRoutine>,
) -> i32 {
    let (code, count) = match result {
        Ok(count) => (ERROR_SUCCESS, count),
        Err(NtStatus::END_OF_FILE) => (ERROR_HANDLE_EOF, 0),
        Err(status) => return last_error::boolean(Err(status)),
    };
    // SAFETY: passed on.
    unsafe { record(result, overlapped) };
    // SAFETY: numbers and pointers are passed in the same registers, whatever their width: the routine takes the
    // lower halves of the first two.
    let routine = routine.map(|routine| unsafe {
        core::mem::transmute::<CompletionRoutine, unsafe extern "C-unwind" fn(usize, usize, usize)>(
            routine,
        )
    });
    let arguments = [code as usize, count, overlapped as usize];
    last_error::boolean(queue(Handle::CURRENT_THREAD.value(), routine, arguments))
}

/// ReadFileEx: reads from the offset in `lpOverlapped`, whose event is left alone. It is done when this returns, and
/// the routine is called the next time that the thread waits alertably. It is told of the file's end; what else cannot
/// be read is an error of this call, and the routine is not called.
///
/// # Safety
///
/// As [`ReadFile`](crate::file_transfer::ReadFile); `lpCompletionRoutine` is such a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFileEx(
    hFile: usize,
    lpBuffer: *mut c_void,
    nNumberOfBytesToRead: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: Option<CompletionRoutine>,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        let result = with_offset(lpOverlapped)
            .and_then(|()| read_at(hFile, lpBuffer, nNumberOfBytesToRead, lpOverlapped));
        complete(result, lpOverlapped, lpCompletionRoutine)
    }
}

/// WriteFileEx: writes at the offset in `lpOverlapped`; else as [`ReadFileEx`].
///
/// # Safety
///
/// As [`ReadFileEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFileEx(
    hFile: usize,
    lpBuffer: *const c_void,
    nNumberOfBytesToWrite: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpCompletionRoutine: Option<CompletionRoutine>,
) -> i32 {
    let result = with_offset(lpOverlapped)
        .and_then(|()| write_at(hFile, lpBuffer, nNumberOfBytesToWrite, lpOverlapped));
    // SAFETY: passed on.
    unsafe { complete(result, lpOverlapped, lpCompletionRoutine) }
}
