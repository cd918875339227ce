//! Events: NtCreateEvent and its family.

use core::ffi::c_void;

use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{status, write_if_wanted};
use super::dispatcher_object::{Answer, create, open};
use super::object_attributes::OBJECT_ATTRIBUTES;

/// EVENT_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct EVENT_BASIC_INFORMATION {
    /// 0 for a notification event, 1 for a synchronization event.
    pub EventType: u32,
    /// 1 if it is signalled.
    pub EventState: i32,
}

/// The two types of events, and of timers: NotificationEvent and SynchronizationEvent.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] for any other.
pub(super) fn is_notification(kind: u32) -> Result<bool, NtStatus> {
    match kind {
        0 => Ok(true),
        1 => Ok(false),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// NtCreateEvent: makes an event.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateEvent(
    EventHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    EventType: u32,
    InitialState: u8,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        create(EventHandle, DesiredAccess, ObjectAttributes, |request| {
            wait::create_event(request, is_notification(EventType)?, InitialState != 0)
        })
    }
}

/// NtOpenEvent: opens the event of a name.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenEvent(
    EventHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        open(
            EventHandle,
            DesiredAccess,
            ObjectAttributes,
            wait::open_event,
        )
    }
}

/// NtSetEvent: signals an event.
///
/// # Safety
///
/// As [`NtCreateEvent`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetEvent(EventHandle: usize, PreviousState: *mut i32) -> i32 {
    let change = || {
        let previous = wait::set_event(Handle::from_value(EventHandle))?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousState, i32::from(previous)) }
    };
    status(change())
}

/// NtResetEvent: makes an event not signalled.
///
/// # Safety
///
/// As [`NtCreateEvent`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtResetEvent(EventHandle: usize, PreviousState: *mut i32) -> i32 {
    let change = || {
        let previous = wait::reset_event(Handle::from_value(EventHandle))?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousState, i32::from(previous)) }
    };
    status(change())
}

/// NtPulseEvent: releases those who wait for an event now, and leaves it not signalled.
///
/// # Safety
///
/// As [`NtCreateEvent`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtPulseEvent(EventHandle: usize, PreviousState: *mut i32) -> i32 {
    let change = || {
        let previous = wait::pulse_event(Handle::from_value(EventHandle))?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousState, i32::from(previous)) }
    };
    status(change())
}

/// NtClearEvent: makes an event not signalled.
#[unsafe(no_mangle)]
pub extern "C" fn NtClearEvent(EventHandle: usize) -> i32 {
    status(wait::reset_event(Handle::from_value(EventHandle)).map(drop))
}

/// NtQueryEvent: asks for type and state of an event.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryEvent(
    EventHandle: usize,
    EventInformationClass: u32,
    EventInformation: *mut c_void,
    EventInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let answer = Answer {
        buffer: EventInformation,
        length: EventInformationLength,
        returned: ReturnLength,
    };
    let handle = Handle::from_value(EventHandle);
    match EventInformationClass {
        // SAFETY: the caller's pointers.
        0 => unsafe {
            answer.give(|| {
                let state = wait::query_event(handle)?;
                Ok(EVENT_BASIC_INFORMATION {
                    EventType: (!state.notification).into(),
                    EventState: state.signalled.into(),
                })
            })
        },
        _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
    }
}
