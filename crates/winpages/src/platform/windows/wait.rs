//! Mutexes, events, semaphores and timers, and waiting.

use core::cell::Cell;
use core::ptr;
use core::time::Duration;
use std::time::Instant;

use windows_sys::Win32::Foundation::{
    GetLastError, HANDLE, WAIT_ABANDONED_0, WAIT_FAILED, WAIT_TIMEOUT,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Threading::{
    CancelWaitableTimer, CreateEventW, CreateMutexW, CreateSemaphoreW, CreateWaitableTimerW,
    EVENT_MODIFY_STATE, INFINITE, MUTEX_MODIFY_STATE, OpenEventW, OpenMutexW, OpenSemaphoreW,
    OpenWaitableTimerW, PulseEvent, ReleaseMutex, ReleaseSemaphore, ResetEvent,
    SEMAPHORE_MODIFY_STATE, SYNCHRONIZATION_SYNCHRONIZE, SetEvent, SetWaitableTimer,
    SignalObjectAndWait, TIMER_MODIFY_STATE, WaitForMultipleObjects, WaitForSingleObject,
};
use winpages_error::error_code::ERROR_ALREADY_EXISTS;

use super::super::{Code, Dispatcher, Due, SecurityBytes, Waited};
use super::handle::ObjectHandle;
use super::section::{security_attributes, terminated};
use super::{last_error, succeeded};

/// Answers the handle, and whether the object is new.
pub(crate) fn create_dispatcher(
    kind: Dispatcher,
    name: Option<&[u16]>,
    security: Option<SecurityBytes<'_>>,
) -> Result<(ObjectHandle, bool), Code> {
    let name = name.map(terminated);
    let name = name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
    let security = security.map(security_attributes);
    let security: *const SECURITY_ATTRIBUTES = security.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the name is terminated and outlives the call, as do the security attributes.
    let (handle, code) = unsafe {
        let handle = match kind {
            Dispatcher::Mutex { owned } => CreateMutexW(security, owned.into(), name),
            Dispatcher::Event { manual, signalled } => {
                CreateEventW(security, manual.into(), signalled.into(), name)
            }
            Dispatcher::Semaphore { initial, maximum } => {
                CreateSemaphoreW(security, initial, maximum, name)
            }
            Dispatcher::Timer { manual } => CreateWaitableTimerW(security, manual.into(), name),
        };
        (handle, GetLastError())
    };
    if handle.is_null() {
        return Err(code);
    }
    Ok((ObjectHandle::new(handle), code != ERROR_ALREADY_EXISTS))
}

pub(crate) fn open_dispatcher(kind: Dispatcher, name: &[u16]) -> Result<ObjectHandle, Code> {
    const WAIT: u32 = SYNCHRONIZATION_SYNCHRONIZE;
    let name = terminated(name);
    let name = name.as_ptr();
    // SAFETY: the name is terminated and outlives the call.
    let handle = unsafe {
        match kind {
            Dispatcher::Mutex { .. } => OpenMutexW(WAIT | MUTEX_MODIFY_STATE, 0, name),
            Dispatcher::Event { .. } => OpenEventW(WAIT | EVENT_MODIFY_STATE, 0, name),
            Dispatcher::Semaphore { .. } => OpenSemaphoreW(WAIT | SEMAPHORE_MODIFY_STATE, 0, name),
            Dispatcher::Timer { .. } => OpenWaitableTimerW(WAIT | TIMER_MODIFY_STATE, 0, name),
        }
    };
    if handle.is_null() {
        Err(last_error())
    } else {
        Ok(ObjectHandle::new(handle))
    }
}

#[inline]
pub(crate) fn release_mutex(mutex: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: the handle is good while it is borrowed.
    succeeded(unsafe { ReleaseMutex(mutex.get()) })
}

#[inline]
pub(crate) fn set_event(event: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: as above.
    succeeded(unsafe { SetEvent(event.get()) })
}

pub(crate) fn reset_event(event: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: as above.
    succeeded(unsafe { ResetEvent(event.get()) })
}

pub(crate) fn pulse_event(event: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: as above.
    succeeded(unsafe { PulseEvent(event.get()) })
}

/// Answers the count before.
pub(crate) fn release_semaphore(semaphore: &ObjectHandle, count: i32) -> Result<i32, Code> {
    let mut before = 0;
    // SAFETY: as above, and the answer goes to a local.
    succeeded(unsafe { ReleaseSemaphore(semaphore.get(), count, &raw mut before) })?;
    Ok(before)
}

pub(crate) fn set_timer(timer: &ObjectHandle, due: Due, period: u32) -> Result<(), Code> {
    let due = match due {
        // Negative: from now on.
        Due::After(delay) => {
            i64::try_from(delay.as_nanos().div_ceil(100)).map_or(i64::MIN, |units| -units)
        }
        Due::At(units) => units,
    };
    let period = i32::try_from(period).unwrap_or(i32::MAX);
    // SAFETY: as above; the due time is a local, and nobody is called.
    succeeded(unsafe {
        SetWaitableTimer(timer.get(), &raw const due, period, None, ptr::null(), 0)
    })
}

pub(crate) fn cancel_timer(timer: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: the handle is good while it is borrowed.
    succeeded(unsafe { CancelWaitableTimer(timer.get()) })
}

#[inline]
pub(crate) fn wait_for_one(object: &ObjectHandle, limit: Option<Duration>) -> Result<Waited, Code> {
    // SAFETY: the handle is good while it is borrowed.
    wait(limit, |milliseconds| unsafe {
        WaitForSingleObject(object.get(), milliseconds)
    })
}

pub(crate) fn signal_and_wait(
    signal: &ObjectHandle,
    object: &ObjectHandle,
    limit: Option<Duration>,
) -> Result<Waited, Code> {
    let is_signalled = Cell::new(false);
    // SAFETY: both handles are good while they are borrowed.
    wait(limit, |milliseconds| unsafe {
        if is_signalled.replace(true) {
            WaitForSingleObject(object.get(), milliseconds)
        } else {
            SignalObjectAndWait(signal.get(), object.get(), milliseconds, 0)
        }
    })
}

pub(crate) fn wait_for_several(
    objects: &[&ObjectHandle],
    all: bool,
    limit: Option<Duration>,
) -> Result<Waited, Code> {
    let handles: Vec<HANDLE> = objects.iter().map(|object| object.get()).collect();
    let count = u32::try_from(handles.len()).unwrap_or(u32::MAX);
    // SAFETY: the handles are good while they are borrowed, and as many as said.
    wait(limit, |milliseconds| unsafe {
        WaitForMultipleObjects(count, handles.as_ptr(), all.into(), milliseconds)
    })
}

fn wait(limit: Option<Duration>, call: impl Fn(u32) -> u32) -> Result<Waited, Code> {
    const LONGEST: u32 = INFINITE - 1;
    let start = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
        // Not shorter than asked for.
        let milliseconds = left.map_or(INFINITE, |left| {
            let milliseconds = left.as_nanos().div_ceil(1_000_000);
            u32::try_from(milliseconds).map_or(LONGEST, |given| given.min(LONGEST))
        });
        match call(milliseconds) {
            WAIT_FAILED => return Err(last_error()),
            WAIT_TIMEOUT if milliseconds == LONGEST => {}
            WAIT_TIMEOUT => return Ok(Waited::TimedOut),
            code if code >= WAIT_ABANDONED_0 => {
                return Ok(Waited::Abandoned((code - WAIT_ABANDONED_0) as usize));
            }
            code => return Ok(Waited::Signalled(code as usize)),
        }
    }
}
