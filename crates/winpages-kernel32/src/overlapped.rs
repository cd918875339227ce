//! GetOverlappedResult: how a transfer went; CancelIo.

use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_IO_INCOMPLETE, WAIT_TIMEOUT};
use crate::file_transfer::OVERLAPPED;
use crate::last_error;
use crate::wait::WaitForSingleObjectEx;

/// STATUS_PENDING
const PENDING: usize = 0x103;
const WAIT_OBJECT_0: u32 = 0;
const WAIT_IO_COMPLETION: u32 = 0xC0;
const INFINITE: u32 = u32::MAX;

/// GetOverlappedResult: the bytes that a transfer moved, or its error. ERROR_IO_INCOMPLETE if it is not
/// over and `bWait` is FALSE. Transfers of files are over when the call that began them returns.
///
/// # Safety
///
/// The pointers must be a C program's to read and write; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetOverlappedResult(
    hFile: usize,
    lpOverlapped: *mut OVERLAPPED,
    lpNumberOfBytesTransferred: *mut u32,
    bWait: i32,
) -> i32 {
    let time = if bWait != 0 { INFINITE } else { 0 };
    // SAFETY: passed on.
    unsafe { GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, time, 0) }
}

/// GetOverlappedResultEx: the same for some time. WAIT_TIMEOUT when it is up.
///
/// # Safety
///
/// As [`GetOverlappedResult`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetOverlappedResultEx(
    hFile: usize,
    lpOverlapped: *mut OVERLAPPED,
    lpNumberOfBytesTransferred: *mut u32,
    dwMilliseconds: u32,
    bAlertable: i32,
) -> i32 {
    let bad = |_| NtStatus::ACCESS_VIOLATION;
    // SAFETY: any bytes are a value of the structure, and nothing is assumed of the pointer.
    let read = || unsafe { fault::read(lpOverlapped) }.map_err(bad);
    let mut overlapped = match read() {
        Ok(overlapped) => overlapped,
        Err(status) => return last_error::boolean(Err(status)),
    };
    if overlapped.Internal == PENDING {
        if dwMilliseconds == 0 {
            last_error::set(ERROR_IO_INCOMPLETE);
            return 0;
        }
        let object = if overlapped.hEvent == 0 {
            hFile
        } else {
            overlapped.hEvent
        };
        match WaitForSingleObjectEx(object, dwMilliseconds, bAlertable) {
            WAIT_OBJECT_0 => {}
            code @ (WAIT_TIMEOUT | WAIT_IO_COMPLETION) => {
                last_error::set(code);
                return 0;
            }
            _ => return 0,
        }
        match read() {
            Ok(now) => overlapped = now,
            Err(status) => return last_error::boolean(Err(status)),
        }
    }
    // SAFETY: the caller's to write.
    let written = unsafe {
        fault::write(
            lpNumberOfBytesTransferred,
            &(overlapped.InternalHigh as u32),
        )
    };
    let status = overlapped.Internal as u32;
    let is_error = status >> 30 == 3;
    let result = if is_error {
        Err(NtStatus::from_code(status))
    } else {
        written.map_err(bad)
    };
    last_error::boolean(result)
}

/// The file of a handle, whatever that grants.
fn is_file(handle: usize) -> Result<(), NtStatus> {
    reference_file(Handle::from_value(handle), AccessMask::empty()).map(drop)
}

/// CancelIo: TRUE. A transfer is over when the call that began it returns, so that none is left to cancel.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIo(hFile: usize) -> i32 {
    last_error::boolean(is_file(hFile))
}

/// CancelIoEx: ERROR_NOT_FOUND, for there is never anything to cancel.
#[unsafe(no_mangle)]
pub extern "C" fn CancelIoEx(hFile: usize, _lpOverlapped: *const OVERLAPPED) -> i32 {
    last_error::boolean(is_file(hFile).and(Err(NtStatus::NOT_FOUND)))
}
