//! Mutants: Win32's mutexes.

use std::sync::Arc;

use super::dispatcher::Dispatcher;
use super::dispatcher_create::CreateDispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use super::record_memory::RecordMemory;
use super::this_thread::ThisThread;
use super::word::{Discipline, Word};
use crate::NtStatus;
use crate::object::handle_table::{Handle, HandleAttributes};
use crate::object::{AccessMask, ObjectKind, ObjectName};
use crate::section::Disposition;

/// What NtQueryMutant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutantState {
    /// 1 if nobody owns it, and one less for each time its owner has taken it.
    pub count: i32,
    /// Whether the calling thread owns it.
    pub owned_by_caller: bool,
    /// Whether its last owner has ended without releasing it, and nobody has taken it since.
    pub abandoned: bool,
    /// The thread that owns it; 0 for none.
    pub owner: u32,
}

/// The word of a mutant that nobody owns.
const FREE: Word = Word::new(Discipline::Owned, 0);

/// Creates a mutant, or opens the one of that name; mirrors NtCreateMutant with OBJ_OPENIF.
///
/// A new one is owned by the calling thread if that is `initial_owner`; one that was there stays as
/// it is.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: an object of another kind has the name.
/// * [`NtStatus::ACCESS_DENIED`]: a right is asked for that there is not, or the object is another
///   user's.
/// * [`NtStatus::NO_MEMORY`], [`NtStatus::COMMITMENT_LIMIT`], [`NtStatus::TOO_MANY_OPENED_FILES`],
///   [`NtStatus::INSUFFICIENT_RESOURCES`].
/// * what [`crate::object::namespace::create_or_open`] answers.
pub fn create_mutant(
    request: &CreateDispatcher,
    initial_owner: bool,
) -> Result<(Handle, Disposition), NtStatus> {
    let this = ThisThread::current()?;
    let first_owner = initial_owner.then_some(this);
    Dispatcher::create(request, DispatcherKind::Mutant, FREE, first_owner)
}

/// Takes a mutant that nobody else knows yet.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`].
pub(super) fn take_new(this: &ThisThread, memory: &Arc<RecordMemory>) -> Result<(), NtStatus> {
    this.may_own_one_more()?;
    let record = memory.record();
    this.robust.announce(&record.link);
    let taken = record.exchange(FREE, Word::owned_by(this.id.get()));
    if taken.is_ok() {
        this.robust.enter(&record.link);
    }
    this.robust.done();
    if taken.is_ok() {
        this.owns_one_more();
        this.keep(memory);
    }
    Ok(())
}

/// Lets go of such a mutant, because there was one of its name after all.
pub(super) fn give_up_new(this: &ThisThread, memory: &RecordMemory) {
    let _ = release_record(this, memory);
}

/// Opens a mutant by its name; mirrors NtOpenMutant.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_NAME_NOT_FOUND`]: no object has the name.
/// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: one of another kind has it.
/// * [`NtStatus::ACCESS_DENIED`]: no right is asked for, or one that there is not.
/// * what [`crate::object::namespace::open`] answers.
pub fn open_mutant(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    Dispatcher::open(name, ObjectKind::Mutant, access, attributes)
}

/// Lets go of a mutant that the calling thread owns; mirrors NtReleaseMutant. It takes no right but to
/// be the owner. Answers the count before: 0 or less.
///
/// # Errors
///
/// * [`NtStatus::MUTANT_NOT_OWNED`]: the calling thread is not its owner.
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`].
#[inline]
pub fn release_mutant(handle: Handle) -> Result<i32, NtStatus> {
    let this = ThisThread::current()?;
    this.with_object(handle, |object, _| release(this, object))
}

/// The same of an object.
#[inline]
pub(super) fn release(this: &ThisThread, object: &DispatcherState) -> Result<i32, NtStatus> {
    if object.kind() != DispatcherKind::Mutant {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    }
    release_record(this, object.memory())
}

#[inline]
fn release_record(this: &ThisThread, memory: &RecordMemory) -> Result<i32, NtStatus> {
    let record = memory.record();
    let mut word = record.load();
    if word.owner() != this.id.get() {
        return Err(NtStatus::MUTANT_NOT_OWNED);
    }
    // Of a word of this thread's others can only change whether somebody sleeps.
    let before = 1 - word.count() as i32;
    let is_last = word.release().count() == 0;
    if is_last {
        this.robust.announce(&record.link);
        this.robust.leave(&record.link);
    }
    while let Err(seen) = record.exchange(word, word.release()) {
        word = seen;
    }
    if is_last {
        record.wake(1);
        this.robust.done();
        this.owns_one_less(memory);
    }
    Ok(before)
}

/// The owner ends. If it owns this mutant, that is abandoned; anything else is left alone. Answers
/// whether it was.
pub(super) fn abandon(this: &ThisThread, memory: &RecordMemory) -> bool {
    let record = memory.record();
    let mut word = record.load();
    if word.owner() != this.id.get() {
        return false;
    }
    this.robust.announce(&record.link);
    this.robust.leave(&record.link);
    while let Err(seen) = record.exchange(word, word.abandon()) {
        word = seen;
    }
    record.wake(1);
    this.robust.done();
    true
}

/// Asks for the state of a mutant; mirrors NtQueryMutant.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if the
/// handle does not grant [`AccessMask::DISPATCHER_QUERY_STATE`].
pub fn query_mutant(handle: Handle) -> Result<MutantState, NtStatus> {
    let this = ThisThread::current()?;
    this.with_object(handle, |object, access| {
        if object.kind() != DispatcherKind::Mutant {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        if !access.contains(AccessMask::DISPATCHER_QUERY_STATE) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let word = object.record().load();
        let owner = word.owner();
        Ok(MutantState {
            count: if owner == 0 {
                1
            } else {
                1 - word.count() as i32
            },
            owned_by_caller: owner == this.id.get(),
            abandoned: word.is_abandoned(),
            owner,
        })
    })
}
