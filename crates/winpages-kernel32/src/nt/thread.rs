//! Threads: NtQueueApcThread and its family.

use winpages_kernel::NtStatus;
use winpages_kernel::wait;

use super::argument::{STATUS_SUCCESS, status, write_if_wanted};
use crate::thread::{queue, resume, suspend, terminate};

/// PPS_APC_ROUTINE
type ApcRoutine = unsafe extern "C-unwind" fn(usize, usize, usize);

/// NtQueueApcThread: NULL is queued, too, and nothing comes of it.
///
/// # Safety
///
/// `ApcRoutine` is such a function, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueueApcThread(
    ThreadHandle: usize,
    ApcRoutine: Option<ApcRoutine>,
    ApcArgument1: usize,
    ApcArgument2: usize,
    ApcArgument3: usize,
) -> i32 {
    let arguments = [ApcArgument1, ApcArgument2, ApcArgument3];
    status(queue(ThreadHandle, ApcRoutine, arguments))
}

/// NtTestAlert: runs what is queued to the calling thread.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn NtTestAlert() -> i32 {
    wait::test_alert();
    STATUS_SUCCESS
}

/// # Safety
///
/// `previous` must be a C program's to write, or NULL.
unsafe fn tell(result: Result<u32, NtStatus>, previous: *mut u32) -> i32 {
    // SAFETY: passed on.
    status(result.and_then(|count| unsafe { write_if_wanted(previous, count) }))
}

/// NtSuspendThread.
///
/// # Safety
///
/// `PreviousSuspendCount` must be a C program's to write, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSuspendThread(
    ThreadHandle: usize,
    PreviousSuspendCount: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { tell(suspend(ThreadHandle), PreviousSuspendCount) }
}

/// NtResumeThread.
///
/// # Safety
///
/// As [`NtSuspendThread`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtResumeThread(
    ThreadHandle: usize,
    PreviousSuspendCount: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { tell(resume(ThreadHandle), PreviousSuspendCount) }
}

/// NtTerminateThread: NULL is the calling thread.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn NtTerminateThread(ThreadHandle: usize, ExitStatus: i32) -> i32 {
    if ThreadHandle == 0 {
        winpages_kernel::thread::exit(ExitStatus as u32);
    }
    status(terminate(ThreadHandle, ExitStatus as u32))
}
