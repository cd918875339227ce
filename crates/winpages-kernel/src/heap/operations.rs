//! Allocating, freeing, and asking for a size.

use core::ptr::NonNull;

use super::block::{HEADER, UNIT, Word, room_of, tail_is_whole, units_for};
use super::body::live_word;
use super::cache::{CACHED_UNITS, Entered};
use super::{HeapHandle, HeapOptions, large, registry};
use crate::NtStatus;

/// Blocks larger than that have regions of their own, in heaps that can grow.
const LARGEST_IN_SEGMENT: usize = (512 << 10) - 64;
/// The largest block of a heap whose size is fixed: Windows' limit, slightly less than a megabyte.
const LARGEST_OF_FIXED: usize = 0xF_F000 - HEADER;
const _: () = assert!(units_for(LARGEST_OF_FIXED) < 1 << 16);

/// Allocates a block, aligned to 16 bytes; mirrors RtlAllocateHeap. Its size may be 0.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`], [`NtStatus::INVALID_HANDLE`].
#[inline]
pub fn allocate(
    heap: HeapHandle,
    flags: HeapOptions,
    size: usize,
) -> Result<NonNull<u8>, NtStatus> {
    match allocate_cached(heap, flags, size) {
        Some(block) => Ok(block),
        None => allocate_slowly(heap, flags, size),
    }
}

/// What nearly every [`allocate`] comes to: a block from the calling thread's cache of the heap that it
/// used last. `None` for everything that is not so simple, failures too.
#[inline(always)]
pub fn allocate_cached(heap: HeapHandle, flags: HeapOptions, size: usize) -> Option<NonNull<u8>> {
    if size > room_of(CACHED_UNITS) {
        return None;
    }
    let units = units_for(size);
    let entered = registry::enter_last(heap.as_raw())?;
    let block = entered.slot.pop(units)?;
    // SAFETY: the cache hands out free blocks in chunks of so many units.
    Some(unsafe { finish(entered, flags, block, size, units) })
}

/// Makes a free block a live one.
///
/// # Safety
///
/// The block must be of the heap, nobody's, in a chunk of `units`, and have room for `size`.
#[inline(always)]
unsafe fn finish(
    entered: Entered<'_>,
    flags: HeapOptions,
    block: usize,
    size: usize,
    units: usize,
) -> NonNull<u8> {
    // SAFETY: passed on.
    unsafe {
        let seals = entered.slot.seals;
        seals.write_live(block, live_word(size, units));
        let options = flags | entered.slot.options;
        drop(entered);
        let block = NonNull::new_unchecked(block as *mut u8);
        if options.contains(HeapOptions::ZERO_MEMORY) {
            block.write_bytes(0, size);
        }
        block
    }
}

#[cold]
#[inline(never)]
fn allocate_slowly(
    heap: HeapHandle,
    flags: HeapOptions,
    size: usize,
) -> Result<NonNull<u8>, NtStatus> {
    let entered = registry::enter(heap.as_raw(), flags)?;
    let largest = if entered.heap().can_grow() {
        LARGEST_IN_SEGMENT
    } else {
        LARGEST_OF_FIXED
    };
    if size > largest {
        if !entered.heap().can_grow() || size > isize::MAX as usize {
            return Err(NtStatus::NO_MEMORY);
        }
        let block = large::allocate(entered.heap(), size)?;
        return NonNull::new(block as *mut u8).ok_or(NtStatus::NO_MEMORY);
    }
    let units = units_for(size);
    let block = if units <= CACHED_UNITS {
        match entered.slot.pop(units) {
            Some(block) => Some(block),
            None => fetch(&mut *entered.slot, units),
        }
    } else {
        entered.heap().memory.lock().allocate(units)
    };
    let block = block.ok_or(NtStatus::NO_MEMORY)?;
    // SAFETY: fresh from the allocator or the cache, in a chunk of so many units.
    Ok(unsafe { finish(entered, flags, block, size, units) })
}

/// Fetches a block, and some more for the cache: what one lock costs is paid for many.
fn fetch(slot: &mut super::cache::Slot, units: usize) -> Option<usize> {
    // SAFETY: the slot's heap stays while the thread is in it.
    let heap = unsafe { &*slot.heap };
    let mut memory = heap.memory.lock();
    let block = memory.allocate(units)?;
    for _ in 1..slot.fetch_count(units) {
        let Some(more) = memory.allocate_from_present(units) else {
            break;
        };
        // SAFETY: fresh from the allocator.
        unsafe { slot.push(more, units) };
    }
    Some(block)
}

/// Frees a block; mirrors RtlFreeHeap.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: it is no live block of this heap: freed already, another heap's,
///   wild, or its header was overwritten. Nothing is changed.
/// * [`NtStatus::HEAP_CORRUPTION`]: it is one, but somebody wrote past its end. It is left alone.
/// * [`NtStatus::INVALID_HANDLE`].
///
/// # Safety
///
/// If it is a live block, nobody may use it any more.
#[inline]
pub unsafe fn free(heap: HeapHandle, flags: HeapOptions, block: *mut u8) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    if unsafe { free_cached(heap, block) } {
        Ok(())
    } else {
        free_slowly(heap, flags, block)
    }
}

/// What nearly every [`free`] comes to: a small block goes into the calling thread's cache of the heap
/// that it used last. Answers whether that was so; nothing has happened if not.
///
/// # Safety
///
/// As [`free`].
#[inline(always)]
pub unsafe fn free_cached(heap: HeapHandle, block: *mut u8) -> bool {
    let block = block as usize;
    let Some(entered) = registry::enter_last(heap.as_raw()) else {
        return false;
    };
    let Some(word) = entered.slot.seals.read_live(block) else {
        return false;
    };
    let units = word.units();
    // SAFETY: a live block by its seal, which its owner gives up.
    units.wrapping_sub(1) < CACHED_UNITS
        && unsafe { tail_is_whole(block, units) && entered.slot.push(block, units) }
}

#[cold]
#[inline(never)]
fn free_slowly(heap: HeapHandle, flags: HeapOptions, block: *mut u8) -> Result<(), NtStatus> {
    let block = block as usize;
    let entered = registry::enter(heap.as_raw(), flags)?;
    let word = entered.slot.seals.read_live(block);
    let units = word.ok_or(NtStatus::INVALID_PARAMETER)?.units();
    // Zero is what large blocks have.
    if !(1..=CACHED_UNITS).contains(&units) {
        return free_uncached(&entered, block, units);
    }
    // SAFETY: a live block by its seal.
    if !unsafe { tail_is_whole(block, units) } {
        return Err(NtStatus::HEAP_CORRUPTION);
    }
    // SAFETY: a live block, which its owner gives up.
    unsafe {
        if !entered.slot.push(block, units) {
            give_back(entered.slot, units);
            entered.slot.push(block, units);
        }
    }
    Ok(())
}

fn give_back(slot: &mut super::cache::Slot, units: usize) {
    // SAFETY: the slot's heap stays while the thread is in it.
    let heap = unsafe { &*slot.heap };
    let count = slot.give_back_count(units);
    let mut memory = heap.memory.lock();
    // SAFETY: the cache hands out free blocks of the heap with whole ends.
    slot.drain_some(units, count, |block, units| unsafe {
        memory.free(block, units);
    });
}

#[inline(never)]
fn free_uncached(entered: &Entered<'_>, block: usize, units: usize) -> Result<(), NtStatus> {
    let heap = entered.heap();
    if units == 0 {
        return large::free(heap, block);
    }
    let mut memory = heap.memory.lock();
    // Looked at again, now that nobody else can be freeing it.
    if heap
        .seals
        .read_live(block)
        .is_none_or(|word| word.units() != units)
    {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: a live block by its seal, which its owner gives up.
    unsafe {
        if !tail_is_whole(block, units) {
            return Err(NtStatus::HEAP_CORRUPTION);
        }
        heap.seals.write_free(block, Word::new(0, units));
        memory.free(block, units);
    }
    Ok(())
}

/// The size that a block was asked for with; mirrors RtlSizeHeap.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if it is no live block of this heap, [`NtStatus::INVALID_HANDLE`].
#[inline]
pub fn size(heap: HeapHandle, flags: HeapOptions, block: *const u8) -> Result<usize, NtStatus> {
    let entered = registry::enter(heap.as_raw(), flags)?;
    let word = entered.slot.seals.read_live(block as usize);
    word.map(Word::number).ok_or(NtStatus::INVALID_PARAMETER)
}

/// Gives a block another size, in another place if need be and allowed; mirrors RtlReAllocateHeap.
///
/// # Errors
///
/// As [`free`] and [`allocate`]; the block is then as it was.
///
/// # Safety
///
/// If it is a live block, nobody else may be using it, nor its old address afterwards.
pub unsafe fn reallocate(
    heap: HeapHandle,
    flags: HeapOptions,
    block: *mut u8,
    size: usize,
) -> Result<NonNull<u8>, NtStatus> {
    let (old_size, options) = {
        let entered = registry::enter(heap.as_raw(), flags)?;
        let word = entered.slot.seals.read_live(block as usize);
        let word = word.ok_or(NtStatus::INVALID_PARAMETER)?;
        let options = flags | entered.heap().options;
        let stays = resize(&entered, block as usize, word, size);
        let old_size = word.number();
        match stays {
            Ok(()) => {
                drop(entered);
                // SAFETY: the block has `size` bytes now, and the caller lends it.
                unsafe { zero_growth(options, block, old_size, size) };
                return NonNull::new(block).ok_or(NtStatus::INVALID_PARAMETER);
            }
            Err(NtStatus::NO_MEMORY) => {}
            Err(status) => return Err(status),
        }
        (old_size, options)
    };
    if options.contains(HeapOptions::REALLOC_IN_PLACE_ONLY) {
        return Err(NtStatus::NO_MEMORY);
    }
    let copy = allocate(heap, flags.difference(HeapOptions::ZERO_MEMORY), size)?;
    // SAFETY: both blocks have that many bytes, and are not the same.
    unsafe { copy.copy_from_nonoverlapping(NonNull::new_unchecked(block), old_size.min(size)) };
    // SAFETY: the caller gives the block up; the copy is nobody's yet.
    unsafe {
        if let Err(status) = free(heap, flags, block) {
            free(heap, flags, copy.as_ptr())?;
            return Err(status);
        }
    }
    // SAFETY: the new block has `size` bytes, and nobody else knows of it.
    unsafe { zero_growth(options, copy.as_ptr(), old_size, size) };
    Ok(copy)
}

/// # Safety
///
/// The block must have `size` bytes, which the caller may change.
unsafe fn zero_growth(options: HeapOptions, block: *mut u8, old_size: usize, size: usize) {
    if options.contains(HeapOptions::ZERO_MEMORY) && size > old_size {
        // SAFETY: passed on.
        unsafe { block.add(old_size).write_bytes(0, size - old_size) };
    }
}

/// Gives a block another size where it stands; [`NtStatus::NO_MEMORY`] if it would have to move.
fn resize(entered: &Entered<'_>, block: usize, word: Word, size: usize) -> Result<(), NtStatus> {
    let heap = entered.heap();
    let units = word.units();
    if units == 0 {
        return large::resize(heap, block, size);
    }
    // SAFETY: a live block by its seal.
    if !unsafe { tail_is_whole(block, units) } {
        return Err(NtStatus::HEAP_CORRUPTION);
    }
    // A small block keeps its room, so that it can grow again. A larger one gives some back.
    let mut new_units = units;
    if size > room_of(units) || (units > CACHED_UNITS && units_for(size) < units) {
        let largest = if heap.can_grow() {
            LARGEST_IN_SEGMENT
        } else {
            LARGEST_OF_FIXED
        };
        if size > largest {
            return Err(NtStatus::NO_MEMORY);
        }
        new_units = units_for(size);
        let mut memory = heap.memory.lock();
        if heap.seals.read_live(block) != Some(word) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: a live block by its seal, in a chunk of so many units.
        if !unsafe { memory.resize(block, units, new_units) } {
            return Err(NtStatus::NO_MEMORY);
        }
    }
    debug_assert!(new_units * UNIT > size);
    // SAFETY: the header is the block's.
    unsafe { heap.seals.write_live(block, live_word(size, new_units)) };
    Ok(())
}
