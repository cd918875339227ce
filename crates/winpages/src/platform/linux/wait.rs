//! Mutexes, events, semaphores and timers, and waiting.

use core::time::Duration;

use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::section::Disposition;
use winpages_kernel::wait::{
    self, CreateDispatcher, Due as EngineDue, Outcome, SetTimer, SystemTime, Timeout,
};

use super::super::{Code, Dispatcher, Due, SecurityBytes, Waited};
use super::code;
use super::handle::ObjectHandle;
use super::section::parse_name;
use super::security::security_descriptor;

/// Answers the handle, and whether the object is new.
pub(crate) fn create_dispatcher(
    kind: Dispatcher,
    name: Option<&[u16]>,
    security: Option<SecurityBytes<'_>>,
) -> Result<(ObjectHandle, bool), Code> {
    let request = CreateDispatcher {
        name: parse_name(name)?,
        access: AccessMask::MAXIMUM_ALLOWED,
        attributes: HandleAttributes::empty(),
        security: security_descriptor(security)?,
    };
    match kind {
        Dispatcher::Mutex { owned } => wait::create_mutant(&request, owned),
        Dispatcher::Event { manual, signalled } => wait::create_event(&request, manual, signalled),
        Dispatcher::Semaphore { initial, maximum } => {
            wait::create_semaphore(&request, initial, maximum)
        }
        Dispatcher::Timer { manual } => wait::create_timer(&request, manual),
    }
    .map(|(handle, disposition)| {
        let is_new = disposition == Disposition::Created;
        (ObjectHandle::new(handle), is_new)
    })
    .map_err(code)
}

pub(crate) fn open_dispatcher(kind: Dispatcher, name: &[u16]) -> Result<ObjectHandle, Code> {
    let name = ObjectName::parse(name).map_err(code)?;
    let access = AccessMask::SYNCHRONIZE | AccessMask::DISPATCHER_QUERY_STATE;
    let changing = access | AccessMask::DISPATCHER_MODIFY_STATE;
    let attributes = HandleAttributes::empty();
    match kind {
        Dispatcher::Mutex { .. } => wait::open_mutant(&name, access, attributes),
        Dispatcher::Event { .. } => wait::open_event(&name, changing, attributes),
        Dispatcher::Semaphore { .. } => wait::open_semaphore(&name, changing, attributes),
        Dispatcher::Timer { .. } => wait::open_timer(&name, changing, attributes),
    }
    .map(ObjectHandle::new)
    .map_err(code)
}

#[inline]
pub(crate) fn release_mutex(mutex: &ObjectHandle) -> Result<(), Code> {
    wait::release_mutant(mutex.get()).map(drop).map_err(code)
}

#[inline]
pub(crate) fn set_event(event: &ObjectHandle) -> Result<(), Code> {
    wait::set_event(event.get()).map(drop).map_err(code)
}

pub(crate) fn reset_event(event: &ObjectHandle) -> Result<(), Code> {
    wait::reset_event(event.get()).map(drop).map_err(code)
}

pub(crate) fn pulse_event(event: &ObjectHandle) -> Result<(), Code> {
    wait::pulse_event(event.get()).map(drop).map_err(code)
}

/// Answers the count before.
#[inline]
pub(crate) fn release_semaphore(semaphore: &ObjectHandle, count: i32) -> Result<i32, Code> {
    wait::release_semaphore(semaphore.get(), count).map_err(code)
}

pub(crate) fn set_timer(timer: &ObjectHandle, due: Due, period: u32) -> Result<(), Code> {
    let due = match due {
        Due::After(delay) => EngineDue::After(delay),
        Due::At(units) => EngineDue::At(SystemTime(units)),
    };
    let request = SetTimer {
        due,
        period,
        apc: None,
    };
    wait::set_timer(timer.get(), &request)
        .map(drop)
        .map_err(code)
}

pub(crate) fn cancel_timer(timer: &ObjectHandle) -> Result<(), Code> {
    wait::cancel_timer(timer.get()).map(drop).map_err(code)
}

#[inline]
fn timeout(given: Option<Duration>) -> Timeout {
    given.map_or(Timeout::Infinite, Timeout::After)
}

#[inline]
fn waited(outcome: Outcome) -> Waited {
    match outcome {
        Outcome::Object(index) => Waited::Signalled(index),
        Outcome::Abandoned(index) => Waited::Abandoned(index),
        // Nobody waits alertably here.
        Outcome::UserApc | Outcome::TimedOut => Waited::TimedOut,
    }
}

#[inline]
pub(crate) fn wait_for_one(object: &ObjectHandle, limit: Option<Duration>) -> Result<Waited, Code> {
    wait::wait_for_single_object(object.get(), false, timeout(limit))
        .map(waited)
        .map_err(code)
}

pub(crate) fn signal_and_wait(
    signal: &ObjectHandle,
    object: &ObjectHandle,
    limit: Option<Duration>,
) -> Result<Waited, Code> {
    wait::signal_and_wait_for_single_object(signal.get(), object.get(), false, timeout(limit))
        .map(waited)
        .map_err(code)
}

pub(crate) fn wait_for_several(
    objects: &[&ObjectHandle],
    all: bool,
    limit: Option<Duration>,
) -> Result<Waited, Code> {
    let handles: Vec<_> = objects.iter().map(|object| object.get()).collect();
    wait::wait_for_multiple_objects(&handles, all, false, timeout(limit))
        .map(waited)
        .map_err(code)
}
