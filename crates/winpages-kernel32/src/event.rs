//! Events: CreateEvent and its family.

use core::ffi::c_char;

use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use crate::dispatcher_object::{EVENT_ALL_ACCESS, create, open};
use crate::last_error;
use crate::object_name::{self, GivenName};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

const CREATE_EVENT_MANUAL_RESET: u32 = 1;
const CREATE_EVENT_INITIAL_SET: u32 = 2;

fn create_event(given: Result<Given, NtStatus>, name: GivenName, flags: u32, access: u32) -> usize {
    create(given, name, access, |request| {
        if flags & !(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        wait::create_event(
            request,
            flags & CREATE_EVENT_MANUAL_RESET != 0,
            flags & CREATE_EVENT_INITIAL_SET != 0,
        )
    })
}

fn flags(manual_reset: i32, initial_state: i32) -> u32 {
    let mut flags = 0;
    if manual_reset != 0 {
        flags |= CREATE_EVENT_MANUAL_RESET;
    }
    if initial_state != 0 {
        flags |= CREATE_EVENT_INITIAL_SET;
    }
    flags
}

/// CreateEventW: makes an event, or opens the one of that name, which then stays as it is.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventW(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: i32,
    bInitialState: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpEventAttributes), text::wide(lpName)) };
    let flags = flags(bManualReset, bInitialState);
    create_event(given, name, flags, EVENT_ALL_ACCESS)
}

/// CreateEventA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventA(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: i32,
    bInitialState: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpEventAttributes), object_name::ansi(lpName)) };
    let flags = flags(bManualReset, bInitialState);
    create_event(given, name, flags, EVENT_ALL_ACCESS)
}

/// CreateEventExW: the same with the rights of the handle.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExW(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u16,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpEventAttributes), text::wide(lpName)) };
    create_event(given, name, dwFlags, dwDesiredAccess)
}

/// CreateEventExA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateEventExA(
    lpEventAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const c_char,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpEventAttributes), object_name::ansi(lpName)) };
    create_event(given, name, dwFlags, dwDesiredAccess)
}

/// OpenEventW: opens the event of a name.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventW(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { text::wide(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_event)
}

/// OpenEventA: the same with a name in the ANSI code page.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenEventA(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { object_name::ansi(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_event)
}

/// SetEvent: signals an event.
#[unsafe(no_mangle)]
pub extern "C" fn SetEvent(hEvent: usize) -> i32 {
    last_error::boolean(wait::set_event(Handle::from_value(hEvent)).map(drop))
}

/// ResetEvent: makes an event not signalled.
#[unsafe(no_mangle)]
pub extern "C" fn ResetEvent(hEvent: usize) -> i32 {
    last_error::boolean(wait::reset_event(Handle::from_value(hEvent)).map(drop))
}

/// PulseEvent: releases those who wait for an event now, and leaves it not signalled.
#[unsafe(no_mangle)]
pub extern "C" fn PulseEvent(hEvent: usize) -> i32 {
    last_error::boolean(wait::pulse_event(Handle::from_value(hEvent)).map(drop))
}
