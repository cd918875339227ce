//! Keyed events: a waiter and a releaser meet at a key, and each of them waits for the other.
//!
//! As on Windows they meet only within one process, whoever else has the event open; so who waits where
//! is a list of this process, and the object itself only says which event is meant.

use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use super::dispatcher::Dispatcher;
use super::dispatcher_create::CreateDispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::record_memory::Identity;
use super::target::Bells;
use super::word::{Discipline, Word};
use super::{Outcome, Timeout, alert, bells};
use crate::NtStatus;
use crate::object::handle_table::{self, Handle, HandleAttributes};
use crate::object::{AccessMask, GenericMapping, Object, ObjectKind, ObjectName};
use crate::section::Disposition;
use crate::sys::lock::Lock;
use crate::sys::{clock, futex, shared_futex};

impl AccessMask {
    /// KEYEDEVENT_WAIT
    pub const KEYED_EVENT_WAIT: Self = Self::from_bits_retain(0x1);
    /// KEYEDEVENT_WAKE
    pub const KEYED_EVENT_WAKE: Self = Self::from_bits_retain(0x2);
}

/// What the generic rights mean for a keyed event.
pub const KEYED_EVENT_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0001),
    write: AccessMask::from_bits_retain(0x0002_0002),
    execute: AccessMask::from_bits_retain(0x0002_0000),
    all: AccessMask::from_bits_retain(0x000F_0003),
};

/// What a thread has come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Waits,
    Releases,
}

/// One who has come first.
struct Present {
    /// Which event; `None` for the one that every process has.
    event: Option<Identity>,
    key: usize,
    role: Role,
    /// 1 once the other has come.
    met: Arc<AtomicU32>,
}

/// In the order in which they came.
static PRESENT: Lock<Vec<Present>> = Lock::new(Vec::new());

/// Creates a keyed event, or opens the one of that name; mirrors NtCreateKeyedEvent with OBJ_OPENIF.
///
/// # Errors
///
/// As [`super::create_mutant`].
pub fn create_keyed_event(request: &CreateDispatcher) -> Result<(Handle, Disposition), NtStatus> {
    let initial = Word::new(Discipline::Counted, 0);
    Dispatcher::create(request, DispatcherKind::KeyedEvent, initial, None)
}

/// Opens a keyed event by its name; mirrors NtOpenKeyedEvent.
///
/// # Errors
///
/// As [`super::open_mutant`].
pub fn open_keyed_event(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    Dispatcher::open(name, ObjectKind::KeyedEvent, access, attributes)
}

/// Waits until another thread of the process releases the key; mirrors NtWaitForKeyedEvent. `None` is the
/// event that every process has.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER_1`]: the key is odd.
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if the
///   handle does not grant [`AccessMask::KEYED_EVENT_WAIT`].
pub fn wait_for_keyed_event(
    event: Option<Handle>,
    key: usize,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    let event = identity(event, AccessMask::KEYED_EVENT_WAIT)?;
    meet(event, key, Role::Waits, alertable, timeout)
}

/// Releases one thread of the process that waits for the key, and waits until there is one; mirrors
/// NtReleaseKeyedEvent.
///
/// # Errors
///
/// As [`wait_for_keyed_event`], with [`AccessMask::KEYED_EVENT_WAKE`].
pub fn release_keyed_event(
    event: Option<Handle>,
    key: usize,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    let event = identity(event, AccessMask::KEYED_EVENT_WAKE)?;
    meet(event, key, Role::Releases, alertable, timeout)
}

fn identity(event: Option<Handle>, needed: AccessMask) -> Result<Option<Identity>, NtStatus> {
    let Some(handle) = event else {
        return Ok(None);
    };
    let entry = handle_table::lookup(handle)?;
    match entry.object {
        Object::Dispatcher(object) if object.kind() == DispatcherKind::KeyedEvent => {
            if entry.access.contains(needed) {
                Ok(object.identity())
            } else {
                Err(NtStatus::ACCESS_DENIED)
            }
        }
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

fn meet(
    event: Option<Identity>,
    key: usize,
    role: Role,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    if key & 1 != 0 {
        return Err(NtStatus::INVALID_PARAMETER_1);
    }
    let met = Arc::new(AtomicU32::new(0));
    {
        let mut present = PRESENT.lock();
        let other = present
            .iter()
            .position(|other| other.event == event && other.key == key && other.role != role);
        if let Some(other) = other {
            let other = present.remove(other);
            drop(present);
            other.met.store(1, Ordering::Release);
            futex::wake_all(&other.met);
            return Ok(Outcome::Object(0));
        }
        present.push(Present {
            event,
            key,
            role,
            met: Arc::clone(&met),
        });
    }
    let ended = sleep(&met, alertable, timeout);
    let mut present = PRESENT.lock();
    match present.iter().position(|own| Arc::ptr_eq(&own.met, &met)) {
        Some(own) => {
            present.remove(own);
            Ok(ended)
        }
        // The other has come, if only at the last moment.
        None => Ok(Outcome::Object(0)),
    }
}

fn sleep(met: &AtomicU32, alertable: bool, timeout: Timeout) -> Outcome {
    let deadline = timeout.deadline();
    loop {
        if met.load(Ordering::Acquire) != 0 {
            return Outcome::Object(0);
        }
        let mut bells = Bells::default();
        bells.words.push(shared_futex::watch_private(met, 0));
        if let Some(deadline) = deadline {
            bells.until(deadline);
        }
        if alertable {
            alert::add_bell(&mut bells);
            if alert::deliver() {
                return Outcome::UserApc;
            }
        }
        if deadline.is_some_and(|deadline| clock::monotonic() >= deadline) {
            return Outcome::TimedOut;
        }
        bells::sleep(bells);
    }
}

pub(super) fn lock_for_fork() {
    PRESENT.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { PRESENT.unlock_after_fork() };
}
