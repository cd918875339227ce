//! A heap: its first segment begins with it, so its address is its handle.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, AtomicU32};

use super::HeapOptions;
use super::block::{HEADER, Seals, UNIT, Word, tail_is_whole, units_for};
use super::large::Large;
use super::segments::{self, Allocator, FIRST_RESERVATION, Segment, Segments};
use crate::NtStatus;
use crate::address_space::Protection;
use crate::address_space::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
use crate::sys::lock::Lock;

/// A heap. Everything that changes often lies behind its lock; the rest every thread may read.
#[repr(C)]
pub(super) struct Heap {
    pub seals: Seals,
    pub options: HeapOptions,
    /// The thread that has locked the heap, or 0.
    pub owner: AtomicU32,
    /// How often it has.
    pub depth: AtomicU32,
    /// The owner before the fork that is going on.
    pub owner_before_fork: AtomicU32,
    /// What HeapCompatibilityInformation says.
    pub compatibility: AtomicU32,
    /// The next in the registry's list.
    pub next: AtomicPtr<Heap>,
    pub memory: Lock<Memory>,
    first_segment: UnsafeCell<Segment>,
}

// SAFETY: the first segment is on the list behind the lock; everything else is constant or atomic.
unsafe impl Sync for Heap {}

/// A heap's memory.
pub(super) struct Memory {
    pub allocator: Allocator,
    /// Blocks in regions of their own.
    pub large: *mut Large,
    /// How many chunks are out of the allocator: live blocks and those in caches.
    pub chunks: usize,
}

// SAFETY: all that it points to is the heap's own memory.
unsafe impl Send for Memory {}

impl Heap {
    /// Makes a heap; `maximum` 0 for one that can grow.
    pub fn create(
        options: HeapOptions,
        initial: usize,
        maximum: usize,
    ) -> Result<&'static Self, NtStatus> {
        let round =
            |size: usize, to: usize| size.checked_next_multiple_of(to).ok_or(NtStatus::NO_MEMORY);
        let can_grow = maximum == 0;
        let reserved = if can_grow {
            initial.max(FIRST_RESERVATION)
        } else {
            maximum.max(initial)
        };
        let reserved = round(reserved, ALLOCATION_GRANULARITY)?;
        let needed = segments::first_chunk_of_heap(size_of::<Self>()) + UNIT;
        let committed = round(initial.max(needed), PAGE_SIZE)?;
        let protection = if options.contains(HeapOptions::CREATE_ENABLE_EXECUTE) {
            Protection::EXECUTE_READWRITE
        } else {
            Protection::READWRITE
        };
        let base = segments::reserve(reserved, committed, protection)?;
        let heap = base as *mut Self;
        let start = base + size_of::<Self>();
        // SAFETY: the memory was reserved and committed above, is aligned to 64 KiB, and nobody knows
        // of it yet.
        unsafe {
            heap.write(Self {
                seals: Seals::new(),
                options,
                owner: AtomicU32::new(0),
                depth: AtomicU32::new(0),
                owner_before_fork: AtomicU32::new(0),
                compatibility: AtomicU32::new(0),
                next: AtomicPtr::default(),
                memory: Lock::new(Memory {
                    allocator: Allocator::new(Segments {
                        last: (&raw mut (*heap).first_segment).cast(),
                        can_grow,
                        protection,
                    }),
                    large: core::ptr::null_mut(),
                    chunks: 0,
                }),
                first_segment: UnsafeCell::new(Segment {
                    previous: core::ptr::null_mut(),
                    first_chunk: segments::first_chunk_of_heap(start),
                    chunks_end: 0,
                    committed_end: base + committed,
                    end: base + reserved,
                }),
            });
            let mut memory = (*heap).memory.lock();
            let end = memory
                .allocator
                .claim(start as *mut u8, base + committed - start);
            let Some(end) = end else {
                drop(memory);
                segments::release(base);
                return Err(NtStatus::NO_MEMORY);
            };
            (*memory.allocator.source.last).chunks_end = end.as_ptr() as usize;
        }
        // SAFETY: written above; it stays until the registry drops it.
        Ok(unsafe { &*heap })
    }

    /// What the heap is known by.
    pub fn key(&self) -> usize {
        core::ptr::from_ref(self) as usize
    }

    /// Gives all its memory back.
    ///
    /// # Safety
    ///
    /// Nobody may use the heap or know of it.
    pub unsafe fn release(&self) {
        let (mut large, mut segment) = {
            let memory = self.memory.lock();
            (memory.large, memory.allocator.source.last)
        };
        // SAFETY: the lists are the heap's own; each is read before it is released, and the first
        // segment, which holds the heap itself, comes last.
        unsafe {
            while let Some(region) = large.as_ref() {
                let base = large as usize;
                large = region.next;
                segments::release(base);
            }
            while let Some(this) = segment.as_ref() {
                let base = this.base();
                segment = this.previous;
                segments::release(base);
            }
        }
    }

    /// Whether blocks may be put into regions of their own.
    pub fn can_grow(&self) -> bool {
        self.options.contains(HeapOptions::GROWABLE)
    }
}

/// What the allocator is told of a chunk of so many units.
fn layout(units: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size at most 2 MiB.
    unsafe { Layout::from_size_align_unchecked(units * UNIT - size_of::<usize>(), HEADER) }
}

impl Memory {
    /// A chunk for a block, from new pages if need be.
    pub fn allocate(&mut self, units: usize) -> Option<usize> {
        // SAFETY: the size is not 0.
        let chunk = unsafe { self.allocator.allocate(layout(units)) };
        self.note(chunk)
    }

    /// A chunk for a block, if there is one in the pages that the heap has.
    pub fn allocate_from_present(&mut self, units: usize) -> Option<usize> {
        // SAFETY: as above.
        let chunk = unsafe { self.allocator.try_allocate(layout(units)) };
        self.note(chunk)
    }

    fn note(&mut self, chunk: Option<NonNull<u8>>) -> Option<usize> {
        let block = chunk?.as_ptr() as usize + HEADER;
        self.chunks += 1;
        Some(block)
    }

    /// Gives a chunk back.
    ///
    /// # Safety
    ///
    /// It must be one of this heap's, of so many units, with a whole end, and nobody else's.
    pub unsafe fn free(&mut self, block: usize, units: usize) {
        // SAFETY: passed on.
        unsafe {
            self.allocator
                .deallocate((block - HEADER) as *mut u8, layout(units))
        };
        self.chunks -= 1;
    }

    /// Makes a live block's chunk larger or smaller where it stands, if that can be.
    ///
    /// # Safety
    ///
    /// As [`Memory::free`], but the block is its owner's.
    pub unsafe fn resize(&mut self, block: usize, units: usize, new_units: usize) -> bool {
        let chunk = (block - HEADER) as *mut u8;
        let size = layout(new_units).size();
        // SAFETY: passed on; a chunk with a damaged end is left alone.
        unsafe {
            tail_is_whole(block, units)
                && self
                    .allocator
                    .try_realloc_in_place(chunk, layout(units), size)
        }
    }
}

/// What the header of a new block says.
#[inline(always)]
pub(super) fn live_word(size: usize, units: usize) -> Word {
    debug_assert!(units == 0 || units_for(size) <= units);
    Word::new(size, units)
}
