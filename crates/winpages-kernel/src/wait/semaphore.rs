//! Semaphores.

use super::dispatcher::Dispatcher;
use super::dispatcher_create::CreateDispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use super::this_thread::ThisThread;
use super::word::{Discipline, Word};
use crate::NtStatus;
use crate::object::handle_table::{Handle, HandleAttributes};
use crate::object::{AccessMask, ObjectKind, ObjectName};
use crate::section::Disposition;

/// What NtQuerySemaphore answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemaphoreState {
    /// How many waits it would end now.
    pub count: i32,
    /// The count that it cannot pass.
    pub maximum: i32,
}

/// Creates a semaphore, or opens the one of that name; mirrors NtCreateSemaphore with OBJ_OPENIF.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] unless `0 <= initial <= maximum` and `maximum` is greater than 0,
/// and as [`super::create_mutant`].
pub fn create_semaphore(
    request: &CreateDispatcher,
    initial: i32,
    maximum: i32,
) -> Result<(Handle, Disposition), NtStatus> {
    if initial < 0 || maximum <= 0 || initial > maximum {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let kind = DispatcherKind::Semaphore {
        maximum: maximum as u32,
    };
    let initial = Word::new(Discipline::Counted, initial as u32);
    Dispatcher::create(request, kind, initial, None)
}

/// Opens a semaphore by its name; mirrors NtOpenSemaphore.
///
/// # Errors
///
/// As [`super::open_mutant`].
pub fn open_semaphore(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    Dispatcher::open(name, ObjectKind::Semaphore, access, attributes)
}

/// Adds to a semaphore's count; mirrors NtReleaseSemaphore. Answers the count before.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: `count` is not greater than 0.
/// * [`NtStatus::SEMAPHORE_LIMIT_EXCEEDED`]: the count would pass the maximum; it stays as it is.
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if
///   the handle does not grant [`AccessMask::DISPATCHER_MODIFY_STATE`].
pub fn release_semaphore(handle: Handle, count: i32) -> Result<i32, NtStatus> {
    let added = u32::try_from(count)
        .ok()
        .filter(|added| *added > 0)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let this = ThisThread::current()?;
    this.with_object(handle, |object, access| {
        check(object, access, AccessMask::DISPATCHER_MODIFY_STATE)?;
        release(this, object, added)
    })
}

/// The same of an object.
pub(super) fn release(
    this: &ThisThread,
    object: &DispatcherState,
    added: u32,
) -> Result<i32, NtStatus> {
    let maximum = maximum(object)?;
    let before = object.change(this, |word| {
        let count = word
            .count()
            .checked_add(added)
            .filter(|count| *count <= maximum)
            .ok_or(NtStatus::SEMAPHORE_LIMIT_EXCEEDED)?;
        Ok(Some((word.set(Discipline::Counted, count), added)))
    })?;
    Ok(before.count() as i32)
}

fn maximum(object: &DispatcherState) -> Result<u32, NtStatus> {
    match object.kind() {
        DispatcherKind::Semaphore { maximum } => Ok(maximum),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

fn check(
    object: &DispatcherState,
    access: AccessMask,
    needed: AccessMask,
) -> Result<u32, NtStatus> {
    let maximum = maximum(object)?;
    if access.contains(needed) {
        Ok(maximum)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

/// Asks for the state of a semaphore; mirrors NtQuerySemaphore.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if the
/// handle does not grant [`AccessMask::DISPATCHER_QUERY_STATE`].
pub fn query_semaphore(handle: Handle) -> Result<SemaphoreState, NtStatus> {
    let this = ThisThread::current()?;
    this.with_object(handle, |object, access| {
        let maximum = check(object, access, AccessMask::DISPATCHER_QUERY_STATE)?;
        Ok(SemaphoreState {
            count: object.record().load().count() as i32,
            maximum: maximum as i32,
        })
    })
}
