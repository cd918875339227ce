//! Finding the process that a handle leads to.

use core::cell::RefCell;
use std::sync::Arc;

use super::Process;
use crate::NtStatus;
use crate::object::handle_table::{self, Handle};
use crate::object::{AccessMask, Object};
use crate::sys::{self, fork};

/// Whom a handle to a process names.
#[derive(Clone, Debug)]
pub enum Target {
    /// The calling process: whoever asks needs no kernel in between.
    Own,
    /// Another one.
    Other(Arc<Process>),
}

impl Target {
    /// Its number.
    pub fn number(&self) -> u32 {
        match self {
            Self::Own => sys::process::own_number(),
            Self::Other(other) => other.number(),
        }
    }
}

/// Finds the process that a handle leads to, if the handle grants `desired`. The pseudo handle of the
/// own process grants everything.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it
/// is of another kind, [`NtStatus::ACCESS_DENIED`] if it does not grant `desired`.
pub fn reference_process(handle: Handle, desired: AccessMask) -> Result<Target, NtStatus> {
    if handle == Handle::CURRENT_PROCESS {
        return Ok(Target::Own);
    }
    let (target, access) = look_up(handle)?;
    if access.contains(desired) {
        Ok(target)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

fn look_up(handle: Handle) -> Result<(Target, AccessMask), NtStatus> {
    let entry = handle_table::lookup(handle)?;
    let Object::Process(process) = entry.object else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    let target = if process.is_own() {
        Target::Own
    } else {
        Target::Other(process)
    };
    Ok((target, entry.access))
}

/// A process that a handle was seen to lead to. It still does, if the table has not changed that slot
/// since.
struct Known {
    handle: Handle,
    sequence: u32,
    /// Who is oneself and who another is different in the child of a fork.
    forks: u64,
    access: AccessMask,
    target: Target,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

impl Known {
    #[inline]
    fn is_true(&self) -> bool {
        self.sequence == handle_table::sequence(self.handle) && self.forks == fork::generation()
    }
}

/// Has `work` done with the process that a handle leads to; as [`reference_process`] otherwise. For calls
/// that are made many times in a row: the handle that a thread used last is found without a lock.
///
/// # Errors
///
/// As [`reference_process`], and what `work` answers.
#[inline]
pub fn with_process<T>(
    handle: Handle,
    desired: AccessMask,
    work: impl FnOnce(&Target) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    if handle == Handle::CURRENT_PROCESS {
        return work(&Target::Own);
    }
    KNOWN.with(|place| {
        // An exception handler may have interrupted this thread in here.
        if let Ok(known) = place.try_borrow()
            && let Some(known) = &*known
            && known.handle == handle
            && known.is_true()
        {
            return if known.access.contains(desired) {
                work(&known.target)
            } else {
                Err(NtStatus::ACCESS_DENIED)
            };
        }
        with_unknown_process(place, handle, desired, work)
    })
}

#[cold]
fn with_unknown_process<T>(
    place: &RefCell<Option<Known>>,
    handle: Handle,
    desired: AccessMask,
    work: impl FnOnce(&Target) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let sequence = handle_table::sequence(handle);
    let (target, access) = look_up(handle)?;
    let known = Known {
        handle,
        sequence,
        forks: fork::generation(),
        access,
        target: target.clone(),
    };
    let former = place
        .try_borrow_mut()
        .ok()
        .map(|mut place| place.replace(known));
    drop(former);
    if access.contains(desired) {
        work(&target)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

/// Lets go of what the calling thread knows of a handle that has been closed: another process is not held
/// on to for longer than somebody has a handle of it.
pub(crate) fn forget_closed() {
    // A thread that is ending has no place any more.
    let former = KNOWN.try_with(|place| {
        let mut place = place.try_borrow_mut().ok()?;
        if place.as_ref().is_some_and(|known| !known.is_true()) {
            place.take()
        } else {
            None
        }
    });
    drop(former);
}
