//! Events.

use super::dispatcher::Dispatcher;
use super::dispatcher_create::CreateDispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use super::record::ALL;
use super::this_thread::ThisThread;
use super::word::{Discipline, Word};
use crate::NtStatus;
use crate::object::handle_table::{Handle, HandleAttributes};
use crate::object::{AccessMask, ObjectKind, ObjectName};
use crate::section::Disposition;

/// What NtQueryEvent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventState {
    /// Whether it stays signalled until it is reset.
    pub notification: bool,
    /// Whether it is signalled.
    pub signalled: bool,
}

/// Creates an event, or opens the one of that name; mirrors NtCreateEvent with OBJ_OPENIF. With
/// `notification` it stays signalled until it is reset; otherwise each wait that it ends resets it.
///
/// # Errors
///
/// As [`super::create_mutant`].
pub fn create_event(
    request: &CreateDispatcher,
    notification: bool,
    signalled: bool,
) -> Result<(Handle, Disposition), NtStatus> {
    let kind = DispatcherKind::Event { notification };
    let initial = Word::new(Discipline::Notification, signalled.into());
    Dispatcher::create(request, kind, initial, None)
}

/// Opens an event by its name; mirrors NtOpenEvent.
///
/// # Errors
///
/// As [`super::open_mutant`].
pub fn open_event(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    Dispatcher::open(name, ObjectKind::Event, access, attributes)
}

#[inline]
fn with_event<T>(
    handle: Handle,
    needed: AccessMask,
    work: impl FnOnce(&ThisThread, &DispatcherState) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let this = ThisThread::current()?;
    this.with_object(handle, |object, access| {
        if !matches!(object.kind(), DispatcherKind::Event { .. }) {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        if !access.contains(needed) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        work(this, object)
    })
}

/// Signals an event; mirrors NtSetEvent. Answers whether it was signalled already. Takes no system call
/// if nobody sleeps on it.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if the
/// handle does not grant [`AccessMask::DISPATCHER_MODIFY_STATE`].
#[inline]
pub fn set_event(handle: Handle) -> Result<bool, NtStatus> {
    with_event(handle, AccessMask::DISPATCHER_MODIFY_STATE, set)
}

#[inline]
pub(super) fn set(this: &ThisThread, object: &DispatcherState) -> Result<bool, NtStatus> {
    let discipline = object.discipline();
    let wake = match discipline {
        Discipline::Notification => ALL,
        _ => 1,
    };
    let record = object.record();
    let mut woken = 0;
    let before = object.change(this, |word| {
        woken = woken_for(object, word);
        Ok((word.count() <= woken).then(|| (word.set(discipline, word.count() + 1), wake)))
    })?;
    if before.count() > 0 {
        // Those who were woken before may be gone by now.
        record.settle();
    }
    Ok(before.count() > woken)
}

/// How many sleepers a synchronization event has released that have not taken it yet. On Windows they
/// are gone when SetEvent comes back: so it is not signalled for as often as that, and can be signalled
/// once more for the next.
fn woken_for(object: &DispatcherState, word: Word) -> u32 {
    match object.discipline() {
        Discipline::Notification => 0,
        _ if word.count() == 0 => 0,
        _ => object.record().woken(),
    }
}

/// Makes an event not signalled; mirrors NtResetEvent and NtClearEvent. Answers whether it was
/// signalled.
///
/// # Errors
///
/// As [`set_event`].
pub fn reset_event(handle: Handle) -> Result<bool, NtStatus> {
    with_event(handle, AccessMask::DISPATCHER_MODIFY_STATE, reset)
}

fn reset(this: &ThisThread, object: &DispatcherState) -> Result<bool, NtStatus> {
    let discipline = object.discipline();
    let mut woken = 0;
    let before = object.change(this, |word| {
        woken = woken_for(object, word);
        Ok((word.count() > 0).then(|| (word.set(discipline, 0), 0)))
    })?;
    if before.count() > 0 {
        // Who waited when the event was signalled is released by that, even if he looks only now.
        let released = match discipline {
            Discipline::Notification => ALL,
            _ => before.count().min(woken),
        };
        object.record().pulse(discipline, released);
    }
    Ok(before.count() > woken)
}

/// Releases those who wait for an event now (of a synchronization event one of them) and leaves it not
/// signalled; mirrors NtPulseEvent. Answers whether it was signalled.
///
/// Who waits is who is counted as a sleeper: one that is about to sleep may be counted or not, which
/// nobody can tell from having come a moment later. A thread that waits for all of several objects is
/// released only if it can take all the others at that moment.
///
/// # Errors
///
/// As [`set_event`].
pub fn pulse_event(handle: Handle) -> Result<bool, NtStatus> {
    with_event(
        handle,
        AccessMask::DISPATCHER_MODIFY_STATE,
        |this, object| {
            let was_signalled = reset(this, object)?;
            if !was_signalled {
                object.record().pulse(object.discipline(), 1);
            }
            Ok(was_signalled)
        },
    )
}

/// Asks for the state of an event; mirrors NtQueryEvent.
///
/// # Errors
///
/// As [`set_event`], with [`AccessMask::DISPATCHER_QUERY_STATE`].
pub fn query_event(handle: Handle) -> Result<EventState, NtStatus> {
    with_event(handle, AccessMask::DISPATCHER_QUERY_STATE, |_, object| {
        let word = object.record().load();
        Ok(EventState {
            notification: object.discipline() == Discipline::Notification,
            signalled: word.count() > woken_for(object, word),
        })
    })
}
