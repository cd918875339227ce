//! The process's handle table: from handle values to objects.

use core::cmp::Reverse;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use std::collections::BinaryHeap;

use super::{AccessMask, Object};
use crate::NtStatus;
use crate::sys::lock::Lock;

/// A handle value: a multiple of four, whose two low bits Windows ignores.
///
/// ```
/// use winpages_kernel::Handle;
/// assert!(Handle::CURRENT_PROCESS.is_pseudo());
/// assert_eq!(Handle::from_value(0x17).value(), 0x17);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Handle(usize);

impl Handle {
    /// NtCurrentProcess(): the process itself, and INVALID_HANDLE_VALUE where a file is meant.
    pub const CURRENT_PROCESS: Self = Self(-1isize as usize);
    /// NtCurrentThread(): the calling thread.
    pub const CURRENT_THREAD: Self = Self(-2isize as usize);

    /// Makes a handle of the number a program holds.
    pub const fn from_value(value: usize) -> Self {
        Self(value)
    }

    /// The number a program holds.
    pub const fn value(self) -> usize {
        self.0
    }

    /// Whether this is one of the constants -1 to -6 that stand for something without being in the
    /// table.
    pub const fn is_pseudo(self) -> bool {
        self.0 as isize >= -6 && (self.0 as isize) < 0
    }

    /// The slot this handle names, if its value can be one of the table's.
    ///
    /// A handle has 32 significant bits: the upper half must be the sign extension of the lower.
    fn slot(self) -> Option<usize> {
        if self.0 as isize != self.0 as i32 as isize {
            return None;
        }
        (self.0 >> 2).checked_sub(1)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Handle({:#x})", self.0)
    }
}

bitflags::bitflags! {
    /// What is remembered of a handle besides its rights.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct HandleAttributes: u32 {
        /// HANDLE_FLAG_INHERIT: a child process gets the handle too.
        const INHERIT = 1;
        /// HANDLE_FLAG_PROTECT_FROM_CLOSE: NtClose refuses it.
        const PROTECT_FROM_CLOSE = 2;
    }
}

/// What the table holds of one handle.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the handle leads to.
    pub object: Object,
    /// What may be done through it.
    pub access: AccessMask,
    /// What else is remembered of it.
    pub attributes: HandleAttributes,
}

struct Table {
    slots: Vec<Option<Entry>>,
    /// The free slots below the end, the lowest first; has room for all of them.
    free: BinaryHeap<Reverse<usize>>,
}

/// The table is one of the two things that Windows itself makes global to a process.
static TABLE: Lock<Table> = Lock::new(Table {
    slots: Vec::new(),
    free: BinaryHeap::new(),
});

/// Changes whenever a handle of such a slot is closed or exchanged: so a thread that has looked a handle
/// up can tell without a lock whether it still leads where it led. Several slots share one.
static SEQUENCES: [AtomicU32; 1024] = [const { AtomicU32::new(0) }; 1024];

fn sequence_of(slot: usize) -> &'static AtomicU32 {
    &SEQUENCES[slot % SEQUENCES.len()]
}

impl Table {
    /// Says that a handle of this slot no longer leads where it led. Whoever has the table is the only one
    /// who changes these numbers, so they need no exchange; nor do the counts below.
    fn invalidate(&mut self, slot: usize) {
        let sequence = sequence_of(slot);
        let next = sequence.load(Ordering::Relaxed).wrapping_add(1);
        sequence.store(next, Ordering::Release);
    }

    /// Fills a slot that is free.
    fn fill(&mut self, slot: usize, entry: Entry) {
        let handles = entry.object.handle_count();
        handles.store(handles.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.slots[slot] = Some(entry);
    }

    /// Empties a slot; answers what it held, and whether that has no handle any more.
    fn empty(&mut self, slot: usize) -> Option<(Entry, bool)> {
        let entry = self.slots[slot].take()?;
        self.invalidate(slot);
        self.free.push(Reverse(slot));
        let handles = entry.object.handle_count();
        let left = handles.load(Ordering::Relaxed) - 1;
        handles.store(left, Ordering::Relaxed);
        Some((entry, left == 0))
    }
}

/// A number that is another one once what is known of the handle may have changed.
#[inline]
pub(crate) fn sequence(handle: Handle) -> u32 {
    handle
        .slot()
        .map_or(0, |slot| sequence_of(slot).load(Ordering::Acquire))
}

/// Windows' own limit on the handles of a process.
const MAXIMUM_HANDLES: usize = 1 << 24;

/// Enters an object into the lowest free slot, as Windows does, and answers its new handle.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`] when the table is full or cannot grow.
pub fn insert(entry: Entry) -> Result<Handle, NtStatus> {
    insert_into(&mut TABLE.lock(), entry)
}

/// As [`insert`], for an object that has handles; `None` if it has none any more: then it has given up
/// its name, or is about to.
pub(crate) fn insert_beside_others(entry: Entry) -> Option<Result<Handle, NtStatus>> {
    let mut table = TABLE.lock();
    let has_others = entry.object.handle_count().load(Ordering::Relaxed) != 0;
    has_others.then(|| insert_into(&mut table, entry))
}

fn insert_into(table: &mut Table, entry: Entry) -> Result<Handle, NtStatus> {
    let slot = match table.free.pop() {
        Some(Reverse(slot)) => slot,
        None => {
            let slot = table.slots.len();
            // Room to give every slot back, too: closing a handle must not fail.
            let room = table.slots.try_reserve(1).is_ok() && {
                let missing = (slot + 1).saturating_sub(table.free.len());
                table.free.try_reserve(missing).is_ok()
            };
            if slot == MAXIMUM_HANDLES || !room {
                return Err(NtStatus::INSUFFICIENT_RESOURCES);
            }
            table.slots.push(None);
            slot
        }
    };
    table.fill(slot, entry);
    Ok(Handle((slot + 1) << 2))
}

/// Exchanges what is known of a handle that leads to the same object before and after.
pub(super) fn replace(handle: Handle, entry: Entry) -> Result<Handle, NtStatus> {
    let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
    let mut table = TABLE.lock();
    let held = table
        .slots
        .get_mut(slot)
        .and_then(Option::as_mut)
        // Somebody may have closed it meanwhile, and somebody else have got its value.
        .filter(|held| held.object.is_same_as(&entry.object))
        .ok_or(NtStatus::INVALID_HANDLE)?;
    let replaced = core::mem::replace(held, entry);
    table.invalidate(slot);
    drop(table);
    drop(replaced);
    Ok(Handle((slot + 1) << 2))
}

/// Enters an object under a handle value that is not in use: what a child process inherits has the values
/// that it has in its parent.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if no handle can have that value, or one has; and as [`insert`].
pub(crate) fn insert_at(handle: Handle, entry: Entry) -> Result<(), NtStatus> {
    let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
    if slot >= MAXIMUM_HANDLES {
        return Err(NtStatus::INVALID_HANDLE);
    }
    let mut guard = TABLE.lock();
    let table = &mut *guard;
    if slot >= table.slots.len() {
        let missing = slot + 1 - table.slots.len();
        let room =
            table.slots.try_reserve(missing).is_ok() && table.free.try_reserve(slot + 1).is_ok();
        if !room {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        // All below are free, and given out before anything above.
        table.free.extend((table.slots.len()..slot).map(Reverse));
        table.slots.resize(slot + 1, None);
    } else if table.slots[slot].is_some() {
        return Err(NtStatus::INVALID_HANDLE);
    } else {
        table.free.retain(|Reverse(free)| *free != slot);
    }
    table.fill(slot, entry);
    Ok(())
}

/// What a handle leads to.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if the table has no such handle; pseudo handles are not in it.
pub fn lookup(handle: Handle) -> Result<Entry, NtStatus> {
    let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
    let table = TABLE.lock();
    table
        .slots
        .get(slot)
        .and_then(Option::clone)
        .ok_or(NtStatus::INVALID_HANDLE)
}

/// Has `look` look at what each of several handles leads to. Takes the table's lock once; `look` must not
/// come back here.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if the table has not all of them, and what `look` answers.
#[inline]
pub(crate) fn look_at_all(
    handles: &[Handle],
    mut look: impl FnMut(&Entry) -> Result<(), NtStatus>,
) -> Result<(), NtStatus> {
    let table = TABLE.lock();
    for handle in handles {
        let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
        let entry = table.slots.get(slot).and_then(Option::as_ref);
        look(entry.ok_or(NtStatus::INVALID_HANDLE)?)?;
    }
    Ok(())
}

/// Closes a handle; mirrors NtClose. Closing a pseudo handle succeeds and does nothing.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::HANDLE_NOT_CLOSABLE`] if it
/// is protected from being closed.
pub fn close(handle: Handle) -> Result<(), NtStatus> {
    if handle.is_pseudo() {
        return Ok(());
    }
    let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
    let (entry, was_last) = {
        let mut table = TABLE.lock();
        let held = table.slots.get_mut(slot).ok_or(NtStatus::INVALID_HANDLE)?;
        match held {
            None => return Err(NtStatus::INVALID_HANDLE),
            Some(entry)
                if entry
                    .attributes
                    .contains(HandleAttributes::PROTECT_FROM_CLOSE) =>
            {
                return Err(NtStatus::HANDLE_NOT_CLOSABLE);
            }
            Some(_) => {}
        }
        table.empty(slot).ok_or(NtStatus::INVALID_HANDLE)?
    };
    // Outside the lock: giving up a name takes system calls, and dropping the object may too.
    if was_last {
        entry.object.last_handle_closed();
    }
    if let Object::Process(_) = entry.object {
        crate::process::forget_closed();
    }
    Ok(())
}

/// Changes what is remembered of a handle: of the attributes in `mask`, those in `values` are set and
/// the others cleared. Mirrors NtSetInformationObject.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if the table has no such handle; pseudo handles are not in it.
pub fn set_attributes(
    handle: Handle,
    mask: HandleAttributes,
    values: HandleAttributes,
) -> Result<(), NtStatus> {
    let slot = handle.slot().ok_or(NtStatus::INVALID_HANDLE)?;
    let mut table = TABLE.lock();
    let entry = table
        .slots
        .get_mut(slot)
        .and_then(Option::as_mut)
        .ok_or(NtStatus::INVALID_HANDLE)?;
    entry.attributes = entry.attributes.difference(mask) | (values & mask);
    Ok(())
}

/// The handles that a child process is to get, with all that is known of them: in the child, each has
/// the same value, leads to the same object, and is inheritable again.
///
/// The objects themselves travel packed: see `object::transfer`.
pub fn inheritable() -> Vec<(Handle, Entry)> {
    let table = TABLE.lock();
    let slots = table.slots.iter().enumerate();
    slots
        .filter_map(|(slot, entry)| Some((Handle((slot + 1) << 2), entry.as_ref()?)))
        .filter(|(_, entry)| entry.attributes.contains(HandleAttributes::INHERIT))
        .map(|(handle, entry)| (handle, entry.clone()))
        .collect()
}

/// How many handles there are.
pub(crate) fn count() -> u32 {
    let table = TABLE.lock();
    (table.slots.len() - table.free.len()) as u32
}

/// Everything that has a handle; what has two is there twice.
pub(crate) fn objects() -> Vec<Object> {
    let table = TABLE.lock();
    table
        .slots
        .iter()
        .flatten()
        .map(|entry| entry.object.clone())
        .collect()
}

pub(crate) fn lock_for_fork() {
    TABLE.lock_for_fork();
}

/// # Safety
///
/// Only between [`lock_for_fork`] and nothing else, on both sides of the fork.
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { TABLE.unlock_after_fork() };
}
