//! Waiting: WaitForSingleObject and its family.

use winpages_kernel::sys::fault;
use winpages_kernel::wait::{self, MAXIMUM_WAIT_OBJECTS, Outcome, Timeout};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;

const WAIT_FAILED: u32 = u32::MAX;

#[inline]
fn answer(outcome: Result<Outcome, NtStatus>) -> u32 {
    match outcome {
        Ok(outcome) => outcome.code(),
        Err(status) => {
            last_error::fail(status);
            WAIT_FAILED
        }
    }
}

/// WaitForSingleObject: waits until an object is signalled, and takes it.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObject(hHandle: usize, dwMilliseconds: u32) -> u32 {
    WaitForSingleObjectEx(hHandle, dwMilliseconds, 0)
}

/// WaitForSingleObjectEx: the same; an alertable wait ends when a call is queued to the thread.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObjectEx(
    hHandle: usize,
    dwMilliseconds: u32,
    bAlertable: i32,
) -> u32 {
    answer(wait::wait_for_single_object(
        Handle::from_value(hHandle),
        bAlertable != 0,
        Timeout::from_milliseconds(dwMilliseconds),
    ))
}

/// WaitForMultipleObjects: waits until one of several objects is signalled, or all of them are at once.
///
/// # Safety
///
/// `lpHandles` must be a C program's to read, with `nCount` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForMultipleObjects(
    nCount: u32,
    lpHandles: *const usize,
    bWaitAll: i32,
    dwMilliseconds: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, 0) }
}

/// WaitForMultipleObjectsEx: the same; an alertable wait ends when a call is queued to the thread.
///
/// # Safety
///
/// As [`WaitForMultipleObjects`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForMultipleObjectsEx(
    nCount: u32,
    lpHandles: *const usize,
    bWaitAll: i32,
    dwMilliseconds: u32,
    bAlertable: i32,
) -> u32 {
    let wait = || {
        // SAFETY: the caller's pointer.
        let (handles, count) = unsafe { read_handles(nCount, lpHandles)? };
        wait::wait_for_multiple_objects(
            &handles[..count],
            bWaitAll != 0,
            bAlertable != 0,
            Timeout::from_milliseconds(dwMilliseconds),
        )
    };
    answer(wait())
}

/// Reads an array of handles.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER_1`] for none or more than 64, [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`WaitForMultipleObjects`].
pub unsafe fn read_handles(
    count: u32,
    handles: *const usize,
) -> Result<([Handle; MAXIMUM_WAIT_OBJECTS], usize), NtStatus> {
    let count = count as usize;
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS {
        return Err(NtStatus::INVALID_PARAMETER_1);
    }
    let mut read = [Handle::from_value(0); MAXIMUM_WAIT_OBJECTS];
    let size = count * size_of::<Handle>();
    // SAFETY: the caller's pointer; any word is a handle's value, and there is room for so many.
    unsafe { fault::copy(read.as_mut_ptr().cast(), handles.cast(), size) }
        .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    Ok((read, count))
}

/// SignalObjectAndWait: sets an event, releases a mutex or adds one to a semaphore, and waits for another
/// object.
#[unsafe(no_mangle)]
pub extern "C" fn SignalObjectAndWait(
    hObjectToSignal: usize,
    hObjectToWaitOn: usize,
    dwMilliseconds: u32,
    bAlertable: i32,
) -> u32 {
    answer(wait::signal_and_wait_for_single_object(
        Handle::from_value(hObjectToSignal),
        Handle::from_value(hObjectToWaitOn),
        bAlertable != 0,
        Timeout::from_milliseconds(dwMilliseconds),
    ))
}
