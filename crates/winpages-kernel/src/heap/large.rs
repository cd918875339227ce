//! Blocks that have a region of their own.

use super::block::{HEADER, Seals, Word};
use super::body::{Heap, Memory};
use super::segments;
use crate::NtStatus;
use crate::address_space::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
use crate::address_space::{FreeType, free_virtual_memory};

/// The start of such a region.
#[repr(C)]
pub(super) struct Large {
    pub next: *mut Large,
    previous: *mut Large,
    /// Committed bytes, from the start of the region on.
    pub committed: usize,
    /// Reserved bytes.
    pub reserved: usize,
}

/// Where the block is: behind the region's own words and the header, and aligned as large blocks are.
const OFFSET: usize = 64;
const _: () = assert!(size_of::<Large>() + HEADER <= OFFSET);

impl Large {
    fn of_block(block: usize) -> *mut Self {
        (block - OFFSET) as *mut Self
    }

    /// Its block.
    pub fn block(&self) -> usize {
        core::ptr::from_ref(self) as usize + OFFSET
    }

    /// The largest size that the block could have where it stands.
    fn room(&self) -> usize {
        self.committed - OFFSET
    }
}

/// Makes a block of `size` zeroes.
pub(super) fn allocate(heap: &Heap, size: usize) -> Result<usize, NtStatus> {
    let size_of_region = (size + OFFSET)
        .checked_next_multiple_of(PAGE_SIZE)
        .filter(|size| *size < 1 << 47)
        .ok_or(NtStatus::NO_MEMORY)?;
    let mut memory = heap.memory.lock();
    let protection = memory.allocator.source.protection;
    let reserved = size_of_region.next_multiple_of(ALLOCATION_GRANULARITY);
    let base =
        segments::reserve(reserved, size_of_region, protection).map_err(|_| NtStatus::NO_MEMORY)?;
    let region = base as *mut Large;
    // SAFETY: the region was committed above; the list's first is the heap's own.
    unsafe {
        region.write(Large {
            next: memory.large,
            previous: core::ptr::null_mut(),
            committed: size_of_region,
            reserved,
        });
        if let Some(next) = memory.large.as_mut() {
            next.previous = region;
        }
        memory.large = region;
        heap.seals.write_live(base + OFFSET, Word::new(size, 0));
    }
    Ok(base + OFFSET)
}

/// Frees a block that has a region of its own.
///
/// # Errors
///
/// `INVALID_PARAMETER` if it is none.
pub(super) fn free(heap: &Heap, block: usize) -> Result<(), NtStatus> {
    let mut memory = heap.memory.lock();
    let region = find(&memory, heap.seals, block).ok_or(NtStatus::INVALID_PARAMETER)?;
    // SAFETY: a region of this heap, by its list; the neighbours are, too.
    unsafe {
        let Large { next, previous, .. } = region.read();
        match previous.as_mut() {
            Some(previous) => previous.next = next,
            None => memory.large = next,
        }
        if let Some(next) = next.as_mut() {
            next.previous = previous;
        }
        heap.seals.write_free(block, Word::new(0, 0));
    }
    segments::release(region as usize);
    Ok(())
}

/// Gives a block another size where it stands. Pages it needs no more are given back, and it cannot
/// have them again.
pub(super) fn resize(heap: &Heap, block: usize, size: usize) -> Result<(), NtStatus> {
    let memory = heap.memory.lock();
    let region = find(&memory, heap.seals, block).ok_or(NtStatus::INVALID_PARAMETER)?;
    // SAFETY: a region of this heap, by its list.
    let region = unsafe { &mut *region };
    if size > region.room() {
        return Err(NtStatus::NO_MEMORY);
    }
    let keep = (size + OFFSET).next_multiple_of(PAGE_SIZE);
    if keep < region.committed {
        let start = core::ptr::from_ref(region) as usize + keep;
        let decommit = FreeType::DECOMMIT.bits();
        if free_virtual_memory(start, region.committed - keep, decommit).is_ok() {
            region.committed = keep;
        }
    }
    // SAFETY: the header is the block's.
    unsafe { heap.seals.write_live(block, Word::new(size, 0)) };
    Ok(())
}

/// The region of a live block that says it has one. Its seal says that it is a block of this heap, so
/// the words before it can be read; that its neighbours agree is checked before they are changed.
fn find(memory: &Memory, seals: Seals, block: usize) -> Option<*mut Large> {
    seals.read_live(block).filter(|word| word.units() == 0)?;
    let region = Large::of_block(block);
    // SAFETY: live by its seal, under the heap's lock, which regions come and go under; the links
    // are followed for one step, and each is the heap's own unless it was overwritten.
    let is_linked = unsafe {
        match (*region).previous.as_ref() {
            Some(previous) => previous.next == region,
            None => memory.large == region,
        }
    };
    is_linked.then_some(region)
}
