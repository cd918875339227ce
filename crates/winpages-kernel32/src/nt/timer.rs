//! Timers: NtCreateTimer and its family.

use core::ffi::c_void;

use winpages_kernel::wait::{self, Due, SetTimer, Timeout, TimerApc};
use winpages_kernel::{Handle, NtStatus};

use super::argument::read;
use super::argument::{status, write_if_wanted};
use super::dispatcher_object::{Answer, create, open};
use super::event::is_notification;
use super::object_attributes::OBJECT_ATTRIBUTES;
use crate::waitable_timer::TimerRoutine;

/// TIMER_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TIMER_BASIC_INFORMATION {
    /// How long until it is due, in units of 100 nanoseconds; negative if that has passed.
    pub RemainingTime: i64,
    /// Whether it is signalled.
    pub TimerState: u8,
}

/// NtCreateTimer: makes a timer, which is not set.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateTimer(
    TimerHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    TimerType: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        create(TimerHandle, DesiredAccess, ObjectAttributes, |request| {
            wait::create_timer(request, is_notification(TimerType)?)
        })
    }
}

/// NtOpenTimer: opens the timer of a name.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenTimer(
    TimerHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        open(
            TimerHandle,
            DesiredAccess,
            ObjectAttributes,
            wait::open_timer,
        )
    }
}

/// NtSetTimer: sets a timer, which is not signalled until it is due. The routine is called in the calling
/// thread, while that waits alertably.
///
/// # Safety
///
/// As [`NtCreateTimer`], and the routine must be one that may be called with the context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetTimer(
    TimerHandle: usize,
    DueTime: *const i64,
    TimerApcRoutine: TimerRoutine,
    TimerContext: *mut c_void,
    ResumeTimer: u8,
    Period: i32,
    PreviousState: *mut u8,
) -> i32 {
    /// STATUS_TIMER_RESUME_IGNORED: a success.
    const TIMER_RESUME_IGNORED: NtStatus = NtStatus::from_code(0x4000_0025);
    let set = || {
        // SAFETY: the caller's pointer.
        let due = unsafe { read(DueTime)? };
        let period = u32::try_from(Period).map_err(|_| NtStatus::INVALID_PARAMETER_6)?;
        let due = match Timeout::from_units(due) {
            Timeout::After(delay) => Due::After(delay),
            Timeout::At(time) => Due::At(time),
            Timeout::Infinite => return Err(NtStatus::INVALID_PARAMETER),
        };
        let apc = TimerApcRoutine.map(|routine| TimerApc {
            routine,
            context: TimerContext as usize,
        });
        let request = SetTimer { due, period, apc };
        let previous = wait::set_timer(Handle::from_value(TimerHandle), &request)?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousState, u8::from(previous))? };
        if ResumeTimer != 0 {
            return Err(TIMER_RESUME_IGNORED);
        }
        Ok(())
    };
    status(set())
}

/// NtCancelTimer: stops a timer, which stays signalled or not as it is.
///
/// # Safety
///
/// As [`NtCreateTimer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCancelTimer(TimerHandle: usize, CurrentState: *mut u8) -> i32 {
    let cancel = || {
        let signalled = wait::cancel_timer(Handle::from_value(TimerHandle))?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(CurrentState, u8::from(signalled)) }
    };
    status(cancel())
}

/// NtQueryTimer: asks when a timer is due.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryTimer(
    TimerHandle: usize,
    TimerInformationClass: u32,
    TimerInformation: *mut c_void,
    TimerInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let answer = Answer {
        buffer: TimerInformation,
        length: TimerInformationLength,
        returned: ReturnLength,
    };
    let handle = Handle::from_value(TimerHandle);
    match TimerInformationClass {
        // SAFETY: the caller's pointers; the structure has gaps, which are zeroes.
        0 => unsafe {
            answer.give(|| {
                let state = wait::query_timer(handle)?;
                let mut information: TIMER_BASIC_INFORMATION = core::mem::zeroed();
                information.RemainingTime = state.remaining;
                information.TimerState = state.signalled.into();
                Ok(information)
            })
        },
        _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
    }
}
