//! Keyed events: NtCreateKeyedEvent and its family.

use winpages_kernel::{Handle, NtStatus, wait};

use super::dispatcher_object::{create, open};
use super::object_attributes::OBJECT_ATTRIBUTES;
use super::wait::{answer, timeout};

/// NtCreateKeyedEvent: makes a keyed event.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateKeyedEvent(
    KeyedEventHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    Flags: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        create(
            KeyedEventHandle,
            DesiredAccess,
            ObjectAttributes,
            |request| {
                if Flags != 0 {
                    return Err(NtStatus::INVALID_PARAMETER_4);
                }
                wait::create_keyed_event(request)
            },
        )
    }
}

/// NtOpenKeyedEvent: opens the keyed event of a name.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenKeyedEvent(
    KeyedEventHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        open(
            KeyedEventHandle,
            DesiredAccess,
            ObjectAttributes,
            wait::open_keyed_event,
        )
    }
}

/// NULL is the event that every process has.
fn event(handle: usize) -> Option<Handle> {
    (handle != 0).then(|| Handle::from_value(handle))
}

/// NtWaitForKeyedEvent: waits until another thread of the process releases the key.
///
/// # Safety
///
/// `Timeout` must be NULL or a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtWaitForKeyedEvent(
    KeyedEventHandle: usize,
    KeyValue: usize,
    Alertable: u8,
    Timeout: *const i64,
) -> i32 {
    let wait = || {
        // SAFETY: the caller's pointer.
        let timeout = unsafe { timeout(Timeout)? };
        wait::wait_for_keyed_event(event(KeyedEventHandle), KeyValue, Alertable != 0, timeout)
    };
    answer(wait())
}

/// NtReleaseKeyedEvent: releases one thread that waits for the key, and waits until there is one.
///
/// # Safety
///
/// As [`NtWaitForKeyedEvent`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtReleaseKeyedEvent(
    KeyedEventHandle: usize,
    KeyValue: usize,
    Alertable: u8,
    Timeout: *const i64,
) -> i32 {
    let release = || {
        // SAFETY: the caller's pointer.
        let timeout = unsafe { timeout(Timeout)? };
        wait::release_keyed_event(event(KeyedEventHandle), KeyValue, Alertable != 0, timeout)
    };
    answer(release())
}
