//! Blocks that may move, reached through handles: what GlobalAlloc and LocalAlloc give for MOVEABLE.
//!
//! A handle is the address of the second word of an entry in a table, and so ends in 8, where blocks
//! end in 0. The entry's first word says what is known of the block, its second where it is now:
//! programs read it. The layout is Windows' own.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::{HeapHandle, HeapOptions, allocate, free, process_heap, reallocate, segments, size};
use crate::NtStatus;
use crate::address_space::Protection;
use crate::sys::lock::Lock;

bitflags::bitflags! {
    /// What is known of a movable block.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Attributes: usize {
        /// The system might discard it, if it did such things.
        const DISCARDABLE = 0x4;
        /// It has been discarded: there is a handle, and no block.
        const DISCARDED = 0x8;
        /// GMEM_DDESHARE, which says nothing.
        const SHARED = 0x8000;
    }
}

/// A movable block as its handle has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// What is known of it.
    pub attributes: Attributes,
    /// How often it is locked.
    pub lock_count: u8,
}

const IN_USE: usize = 0x1;
const MOVEABLE: usize = 0x2;
const LOCK_COUNT_SHIFT: u32 = 16;
const LOCK_COUNT: usize = 0xFF << LOCK_COUNT_SHIFT;

/// One for every movable block.
#[repr(C)]
struct Slot {
    /// Attributes and lock count; of a free entry, the address of the next.
    flags: AtomicUsize,
    /// The block, behind its own first words; NULL if there is none.
    block: AtomicUsize,
}

/// How many movable blocks there can be: Windows' limit.
const MAXIMUM: usize = 0x1_0000;
const TABLE_SIZE: usize = MAXIMUM * size_of::<Slot>();
/// What a handle's lowest four bits are.
const HANDLE_BITS: usize = size_of::<usize>();
/// In front of a movable block stands its handle.
const PREFIX: usize = 16;

struct Table {
    /// The first slot, or 0 before there is any.
    base: usize,
    /// How many slots have been used so far.
    used: usize,
    /// The first of those that are free again, or 0.
    free: usize,
}

/// Held for some words at a time, never over a call of the heap, which may wait for HeapLock.
static TABLE: Lock<Table> = Lock::new(Table {
    base: 0,
    used: 0,
    free: 0,
});

pub(super) fn lock_for_fork() {
    TABLE.lock_for_fork();
}

/// # Safety
///
/// As [`Lock::unlock_after_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: passed on.
    unsafe { TABLE.unlock_after_fork() };
}

impl Table {
    /// The slot of a handle.
    fn slot(&self, handle: usize) -> Result<&'static Slot, NtStatus> {
        let bad = NtStatus::INVALID_HANDLE;
        let offset = handle.wrapping_sub(HANDLE_BITS + self.base);
        if self.base == 0 || !is_handle(handle) || offset >= self.used * size_of::<Slot>() {
            return Err(bad);
        }
        // SAFETY: inside the table, by the above; the table stays. Its words are atomic.
        let slot = unsafe { &*((self.base + offset) as *const Slot) };
        if slot.flags.load(Ordering::Relaxed) & IN_USE == 0 {
            return Err(bad);
        }
        Ok(slot)
    }

    fn take(&mut self) -> Result<&'static Slot, NtStatus> {
        if self.base == 0 {
            self.base = segments::reserve(TABLE_SIZE, TABLE_SIZE, Protection::READWRITE)
                .map_err(|_| NtStatus::NO_MEMORY)?;
        }
        let at = if self.free != 0 {
            self.free
        } else if self.used < MAXIMUM {
            self.used += 1;
            self.base + (self.used - 1) * size_of::<Slot>()
        } else {
            return Err(NtStatus::NO_MEMORY);
        };
        // SAFETY: a slot of the table, which stays.
        let slot = unsafe { &*(at as *const Slot) };
        if self.free != 0 {
            // A link that a program has overwritten ends the list.
            let next = slot.flags.load(Ordering::Relaxed);
            let is_slot = next.wrapping_sub(self.base) < self.used * size_of::<Slot>();
            self.free = if is_slot && next.is_multiple_of(PREFIX) {
                next
            } else {
                0
            };
        }
        Ok(slot)
    }
}

impl Slot {
    fn handle(&self) -> usize {
        (&raw const self.block) as usize
    }

    fn description(&self) -> Description {
        let flags = self.flags.load(Ordering::Relaxed);
        Description {
            attributes: Attributes::from_bits_truncate(flags),
            lock_count: (flags >> LOCK_COUNT_SHIFT) as u8,
        }
    }

    fn set(&self, attributes: Attributes, lock_count: u8, block: usize) {
        let flags =
            IN_USE | MOVEABLE | attributes.bits() | (lock_count as usize) << LOCK_COUNT_SHIFT;
        self.flags.store(flags, Ordering::Relaxed);
        self.block.store(block, Ordering::Relaxed);
    }
}

/// Whether a number looks like a handle, and not like a block.
pub fn is_handle(raw: usize) -> bool {
    raw & 0xF == HANDLE_BITS
}

/// A block with room for its handle; answers the address behind that.
fn new_block(heap: HeapHandle, bytes: usize, is_zero: bool) -> Result<usize, NtStatus> {
    let bytes = bytes.checked_add(PREFIX).ok_or(NtStatus::NO_MEMORY)?;
    let mut flags = HeapOptions::empty();
    flags.set(HeapOptions::ZERO_MEMORY, is_zero);
    Ok(allocate(heap, flags, bytes)?.as_ptr() as usize + PREFIX)
}

/// # Safety
///
/// As [`free`].
unsafe fn free_block(heap: HeapHandle, block: usize) -> Result<(), NtStatus> {
    let front = block.wrapping_sub(PREFIX) as *mut u8;
    // SAFETY: passed on.
    unsafe { free(heap, HeapOptions::empty(), front) }
}

/// Allocates a movable block; answers its handle. One of size 0 is discarded from the start.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`], also if there are as many as there can be.
pub fn allocate_movable(
    bytes: usize,
    is_zero: bool,
    attributes: Attributes,
) -> Result<usize, NtStatus> {
    let heap = process_heap()?;
    let block = if bytes == 0 {
        0
    } else {
        new_block(heap, bytes, is_zero)?
    };
    enter(heap, block, attributes)
}

/// Makes a handle for a block.
fn enter(heap: HeapHandle, block: usize, attributes: Attributes) -> Result<usize, NtStatus> {
    let slot = TABLE.lock().take();
    let slot = match slot {
        Ok(slot) => slot,
        Err(status) => {
            if block != 0 {
                // SAFETY: nobody knows of it.
                unsafe { free_block(heap, block)? };
            }
            return Err(status);
        }
    };
    let mut attributes = attributes.difference(Attributes::DISCARDED);
    if block == 0 {
        attributes |= Attributes::DISCARDED;
    } else {
        // SAFETY: the block's own first word.
        unsafe { ((block - PREFIX) as *mut usize).write(slot.handle()) };
    }
    slot.set(attributes, 0, block);
    Ok(slot.handle())
}

/// Makes a movable block of a fixed one, with its contents; the fixed one is freed.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`]; [`NtStatus::INVALID_PARAMETER`] if it is no block.
///
/// # Safety
///
/// If it is a live block, nobody may use it any more.
pub unsafe fn make_movable(fixed: *mut u8, attributes: Attributes) -> Result<usize, NtStatus> {
    let heap = process_heap()?;
    let bytes = size(heap, HeapOptions::empty(), fixed)?;
    let handle = allocate_movable(bytes, false, attributes)?;
    if bytes != 0 {
        let block = TABLE.lock().slot(handle)?.block.load(Ordering::Relaxed);
        // SAFETY: both blocks have that many bytes, and are not the same.
        unsafe { core::ptr::copy_nonoverlapping(fixed, block as *mut u8, bytes) };
    }
    // SAFETY: the caller gives the block up; the copy is nobody's yet.
    unsafe {
        if let Err(status) = free(heap, HeapOptions::empty(), fixed) {
            free_movable(handle)?;
            return Err(status);
        }
    }
    Ok(handle)
}

/// Frees a movable block and its handle, locked or not.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
///
/// # Safety
///
/// Nobody may use the block any more.
pub unsafe fn free_movable(handle: usize) -> Result<(), NtStatus> {
    let block = {
        let mut table = TABLE.lock();
        let slot = table.slot(handle)?;
        let block = slot.block.swap(0, Ordering::Relaxed);
        slot.flags.store(table.free, Ordering::Relaxed);
        table.free = core::ptr::from_ref(slot) as usize;
        block
    };
    if block != 0 {
        // SAFETY: the caller gives it up, and the table does not have it any more.
        unsafe { free_block(process_heap()?, block)? };
    }
    Ok(())
}

/// Locks a block where it is, and answers that place; `None` if it has been discarded. The count stops
/// at 255. Locking keeps a block from being moved by a reallocation, and does nothing to its pages.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn lock_movable(handle: usize) -> Result<Option<NonNull<u8>>, NtStatus> {
    let table = TABLE.lock();
    let slot = table.slot(handle)?;
    let block = NonNull::new(slot.block.load(Ordering::Relaxed) as *mut u8);
    let flags = slot.flags.load(Ordering::Relaxed);
    if block.is_some() && flags & LOCK_COUNT != LOCK_COUNT {
        let more = flags + (1 << LOCK_COUNT_SHIFT);
        slot.flags.store(more, Ordering::Relaxed);
    }
    Ok(block)
}

/// Undoes one lock; answers how many there still are.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], or [`NtStatus::NOT_LOCKED`].
pub fn unlock_movable(handle: usize) -> Result<u8, NtStatus> {
    let table = TABLE.lock();
    let slot = table.slot(handle)?;
    let description = slot.description();
    let left = description.lock_count.checked_sub(1);
    let left = left.ok_or(NtStatus::NOT_LOCKED)?;
    let block = slot.block.load(Ordering::Relaxed);
    slot.set(description.attributes, left, block);
    Ok(left)
}

/// What is known of a movable block.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn describe_movable(handle: usize) -> Result<Description, NtStatus> {
    Ok(TABLE.lock().slot(handle)?.description())
}

/// Adds attributes.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn modify_movable(handle: usize, attributes: Attributes) -> Result<(), NtStatus> {
    let table = TABLE.lock();
    let slot = table.slot(handle)?;
    slot.flags.fetch_or(attributes.bits(), Ordering::Relaxed);
    Ok(())
}

/// The size of a movable block; 0 if it has been discarded.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn movable_size(handle: usize) -> Result<usize, NtStatus> {
    let block = TABLE.lock().slot(handle)?.block.load(Ordering::Relaxed);
    if block == 0 {
        return Ok(0);
    }
    let front = block.wrapping_sub(PREFIX) as *const u8;
    let whole = size(process_heap()?, HeapOptions::empty(), front);
    whole
        .map(|whole| whole.saturating_sub(PREFIX))
        .map_err(|_| NtStatus::INVALID_HANDLE)
}

/// The handle of a movable block.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no movable block at that address.
pub fn handle_of_block(block: *const u8) -> Result<usize, NtStatus> {
    let front = block.wrapping_sub(PREFIX);
    size(process_heap()?, HeapOptions::empty(), front).map_err(|_| NtStatus::INVALID_HANDLE)?;
    // SAFETY: a live block of the heap, by the call above, of 16 bytes at least if it is a movable one;
    // every block has room for a word.
    let handle = unsafe { front.cast::<usize>().read() };
    let table = TABLE.lock();
    let is_here = table.slot(handle)?.block.load(Ordering::Relaxed) == block as usize;
    if is_here {
        Ok(handle)
    } else {
        Err(NtStatus::INVALID_HANDLE)
    }
}

/// Throws a block's contents away and keeps the handle. Answers whether it was so: a locked block is
/// left alone.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
///
/// # Safety
///
/// As [`free_movable`].
pub unsafe fn discard_movable(handle: usize) -> Result<bool, NtStatus> {
    let block = {
        let table = TABLE.lock();
        let slot = table.slot(handle)?;
        let description = slot.description();
        if description.lock_count != 0 {
            return Ok(false);
        }
        let block = slot.block.load(Ordering::Relaxed);
        slot.set(description.attributes | Attributes::DISCARDED, 0, 0);
        block
    };
    if block != 0 {
        // SAFETY: the caller gives it up, and the table does not have it any more.
        unsafe { free_block(process_heap()?, block)? };
    }
    Ok(true)
}

/// Gives a movable block another size; one that was discarded is there again. A locked block moves only
/// if `may_move_locked`.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`]; [`NtStatus::NO_MEMORY`], and the block is as it was.
///
/// # Safety
///
/// Nobody else may be using the block, nor its old address afterwards.
pub unsafe fn reallocate_movable(
    handle: usize,
    bytes: usize,
    is_zero: bool,
    may_move_locked: bool,
) -> Result<(), NtStatus> {
    let heap = process_heap()?;
    let old_size = movable_size(handle)?;
    let (block, description) = {
        let table = TABLE.lock();
        let slot = table.slot(handle)?;
        (slot.block.load(Ordering::Relaxed), slot.description())
    };
    if block != 0 {
        if bytes > old_size && description.lock_count != 0 && !may_move_locked {
            return Err(NtStatus::NO_MEMORY);
        }
        let mut flags = HeapOptions::REALLOC_IN_PLACE_ONLY;
        flags.set(HeapOptions::ZERO_MEMORY, is_zero);
        let whole = bytes.checked_add(PREFIX).ok_or(NtStatus::NO_MEMORY)?;
        let front = (block - PREFIX) as *mut u8;
        // SAFETY: the caller lends the block.
        if unsafe { reallocate(heap, flags, front, whole) }.is_ok() {
            return Ok(());
        }
    }
    let new = new_block(heap, bytes, is_zero)?;
    // SAFETY: the new block's own first word.
    unsafe { ((new - PREFIX) as *mut usize).write(handle) };
    let moved = {
        let table = TABLE.lock();
        let slot = table.slot(handle);
        slot.and_then(|slot| {
            if slot.block.load(Ordering::Relaxed) != block {
                return Err(NtStatus::INVALID_HANDLE);
            }
            if block != 0 {
                let count = old_size.min(bytes);
                // SAFETY: both blocks have that many bytes. The old one is not freed as long as the
                // table has it.
                unsafe {
                    core::ptr::copy_nonoverlapping(block as *const u8, new as *mut u8, count);
                }
            }
            let Description {
                attributes,
                lock_count,
            } = slot.description();
            slot.set(
                attributes.difference(Attributes::DISCARDED),
                lock_count,
                new,
            );
            Ok(())
        })
    };
    match moved {
        Ok(()) if block == 0 => Ok(()),
        // SAFETY: the table does not have it any more.
        Ok(()) => unsafe { free_block(heap, block) },
        Err(status) => {
            // SAFETY: nobody knows of it.
            unsafe { free_block(heap, new)? };
            Err(status)
        }
    }
}
