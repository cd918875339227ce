//! Waiting: NtWaitForSingleObject and its family, NtDelayExecution.

use winpages_kernel::wait::{self, Outcome, Timeout};
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, status};
use crate::wait::read_handles;

pub(super) fn answer(outcome: Result<Outcome, NtStatus>) -> i32 {
    match outcome {
        Ok(outcome) => outcome.code() as i32,
        Err(error) => status(Err(error)),
    }
}

/// # Safety
///
/// `pointer` must be NULL, which is for ever, or what a C program passes.
pub(super) unsafe fn timeout(pointer: *const i64) -> Result<Timeout, NtStatus> {
    if pointer.is_null() {
        return Ok(Timeout::Infinite);
    }
    // SAFETY: the caller's pointer.
    unsafe { read(pointer) }.map(Timeout::from_units)
}

/// NtWaitForSingleObject: waits until an object is signalled, and takes it.
///
/// # Safety
///
/// `Timeout` must be NULL or a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtWaitForSingleObject(
    Handle: usize,
    Alertable: u8,
    Timeout: *const i64,
) -> i32 {
    let wait = || {
        // SAFETY: the caller's pointer.
        let timeout = unsafe { timeout(Timeout)? };
        let handle = self::Handle::from_value(Handle);
        wait::wait_for_single_object(handle, Alertable != 0, timeout)
    };
    answer(wait())
}

/// NtWaitForMultipleObjects: waits until one of several objects is signalled, or all of them are at once.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtWaitForMultipleObjects(
    Count: u32,
    Handles: *const usize,
    WaitType: u32,
    Alertable: u8,
    Timeout: *const i64,
) -> i32 {
    const WAIT_ALL: u32 = 0;
    const WAIT_ANY: u32 = 1;
    let wait = || {
        // SAFETY: the caller's pointers.
        let ((handles, count), timeout) =
            unsafe { (read_handles(Count, Handles)?, timeout(Timeout)?) };
        let all = match WaitType {
            WAIT_ALL => true,
            WAIT_ANY => false,
            _ => return Err(NtStatus::INVALID_PARAMETER_3),
        };
        wait::wait_for_multiple_objects(&handles[..count], all, Alertable != 0, timeout)
    };
    answer(wait())
}

/// NtSignalAndWaitForSingleObject: sets an event, releases a mutant or adds one to a semaphore, and waits
/// for another object.
///
/// # Safety
///
/// As [`NtWaitForSingleObject`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSignalAndWaitForSingleObject(
    SignalHandle: usize,
    WaitHandle: usize,
    Alertable: u8,
    Timeout: *const i64,
) -> i32 {
    let wait = || {
        // SAFETY: the caller's pointer.
        let timeout = unsafe { timeout(Timeout)? };
        let (signal, wait) = (
            Handle::from_value(SignalHandle),
            Handle::from_value(WaitHandle),
        );
        wait::signal_and_wait_for_single_object(signal, wait, Alertable != 0, timeout)
    };
    answer(wait())
}

/// NtDelayExecution: sleeps.
///
/// # Safety
///
/// As [`NtWaitForSingleObject`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtDelayExecution(Alertable: u8, DelayInterval: *const i64) -> i32 {
    let delay = || {
        // SAFETY: the caller's pointer.
        let interval = unsafe { read(DelayInterval)? };
        Ok(
            match wait::delay_execution(Alertable != 0, Timeout::from_units(interval)) {
                // Having slept is what was asked for.
                Outcome::TimedOut => Outcome::Object(0),
                outcome => outcome,
            },
        )
    };
    answer(delay())
}
