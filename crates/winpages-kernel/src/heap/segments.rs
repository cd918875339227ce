//! Where a heap's memory comes from: reservations of VirtualAlloc's kind, committed as needed.

use core::alloc::Layout;
use core::ptr::NonNull;

use talc::DefaultBinning;
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::source::Source;

use crate::NtStatus;
use crate::address_space::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
use crate::address_space::{
    AllocationType, FreeType, Protection, allocate_virtual_memory, free_virtual_memory,
};

/// The allocator, over segments.
pub(super) type Allocator = Talc<Segments, DefaultBinning>;

/// How large the first reservation of a heap that can grow is; each further one is twice the last.
pub(super) const FIRST_RESERVATION: usize = 1 << 20;
const LARGEST_RESERVATION: usize = 64 << 20;
/// How much is committed at a time, at least, unless the heap's size is fixed.
const COMMIT_STEP: usize = 64 << 10;
/// From so much free memory at the end of a segment on, it is given back, all but what is kept: a
/// program that frees and allocates in turn must not cause a system call each time.
const TRIM_FROM: usize = 1 << 20;
const TRIM_TO: usize = 256 << 10;

/// The start of each reservation, in its first bytes.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Segment {
    /// The one before, in the order of their making.
    pub previous: *mut Segment,
    /// Where chunks begin.
    pub first_chunk: usize,
    /// Where the allocator's memory ends.
    pub chunks_end: usize,
    /// Where committed memory ends.
    pub committed_end: usize,
    /// Where the reservation ends.
    pub end: usize,
}

impl Segment {
    /// The first byte of the reservation, which is the segment's own.
    pub fn base(&self) -> usize {
        core::ptr::from_ref(self) as usize & !(ALLOCATION_GRANULARITY - 1)
    }
}

/// A heap's segments.
#[derive(Debug)]
pub(super) struct Segments {
    /// The newest.
    pub last: *mut Segment,
    pub can_grow: bool,
    pub protection: Protection,
}

// SAFETY: the segments are reached through their owner only, which a lock hands around.
unsafe impl Send for Segments {}

impl Segments {
    /// From the newest to the oldest.
    pub fn iter(&self) -> impl Iterator<Item = &mut Segment> {
        let mut next = self.last;
        core::iter::from_fn(move || {
            // SAFETY: a segment stays until the heap drops it from this list; each is answered once.
            let segment = unsafe { next.as_mut() }?;
            next = segment.previous;
            Some(segment)
        })
    }

    /// Commits up to `end`, rounded to pages.
    fn commit(&self, segment: &mut Segment, end: usize) -> Result<(), NtStatus> {
        let end = end.next_multiple_of(PAGE_SIZE);
        if end > segment.committed_end {
            let (start, commit) = (segment.committed_end, AllocationType::COMMIT.bits());
            allocate_virtual_memory(start, end - start, commit, self.protection.bits())?;
            segment.committed_end = end;
        }
        Ok(())
    }
}

/// Gives the pages of `segment` behind `end` back; answers whether they were.
fn decommit(segment: &mut Segment, end: usize) -> bool {
    let (start, decommit) = (end, FreeType::DECOMMIT.bits());
    if start >= segment.committed_end {
        return true;
    }
    let freed = free_virtual_memory(start, segment.committed_end - start, decommit).is_ok();
    if freed {
        segment.committed_end = start;
    }
    freed
}

/// Reserves `size` bytes and commits the first `committed`; answers where.
pub(super) fn reserve(
    size: usize,
    committed: usize,
    protection: Protection,
) -> Result<usize, NtStatus> {
    let reserve = AllocationType::RESERVE.bits();
    let base = allocate_virtual_memory(0, size, reserve, protection.bits())?.base;
    let commit = AllocationType::COMMIT.bits();
    if let Err(status) = allocate_virtual_memory(base, committed, commit, protection.bits()) {
        release(base);
        return Err(status);
    }
    Ok(base)
}

/// Gives a reservation back.
pub(super) fn release(base: usize) {
    // A refusal (the kernel cannot cut one mapping more) leaves pages that nobody uses.
    let _ = free_virtual_memory(base, 0, FreeType::RELEASE.bits());
}

/// What a chunk needs beside itself when it is alone in new memory.
const SLACK: usize = 4 * super::block::UNIT;

// SAFETY: `acquire` and `resize` use VirtualAlloc's and VirtualFree's engine, which never allocates.
unsafe impl Source for Segments {
    const TRACK_HEAP_END: bool = true;

    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let needed = layout.size() + SLACK;
        let source = &mut talc.source;
        let can_grow = source.can_grow;
        let mut grown = None;
        for segment in source.iter() {
            let end = segment.chunks_end + needed;
            if end > segment.end {
                continue;
            }
            // An eighth of what is there, so that the number of system calls stays small.
            let step = (segment.committed_end - segment.base()) / 8;
            let step = if can_grow {
                step.max(COMMIT_STEP)
            } else {
                COMMIT_STEP
            };
            let generous = (end + step).min(segment.end);
            if source.commit(segment, generous).is_ok() || source.commit(segment, end).is_ok() {
                grown = Some(core::ptr::from_mut(segment));
                break;
            }
        }
        if let Some(segment) = grown {
            // SAFETY: the segment is the heap's, and its committed memory the allocator's alone.
            unsafe {
                let end = NonNull::new_unchecked((*segment).chunks_end as *mut u8);
                let end = talc.extend(end, (*segment).committed_end as *mut u8);
                (*segment).chunks_end = end.as_ptr() as usize;
            }
            return Ok(());
        }
        if !can_grow {
            return Err(());
        }
        let last = source.last;
        // SAFETY: a heap has at least one segment.
        let last_size = unsafe { (*last).end - (*last).base() };
        let needed = (needed + size_of::<Segment>()).next_multiple_of(ALLOCATION_GRANULARITY);
        let size = (2 * last_size).min(LARGEST_RESERVATION).max(needed);
        let base = reserve(size, needed, source.protection).map_err(drop)?;
        let segment = base as *mut Segment;
        let first = base + size_of::<Segment>();
        // SAFETY: the memory was reserved and committed above, and nobody knows of it.
        unsafe {
            let Some(end) = talc.claim(first as *mut u8, base + needed - first) else {
                release(base);
                return Err(());
            };
            segment.write(Segment {
                previous: last,
                first_chunk: first_chunk(first),
                chunks_end: end.as_ptr() as usize,
                committed_end: base + needed,
                end: base + size,
            });
        }
        talc.source.last = segment;
        Ok(())
    }

    unsafe fn resize(
        &mut self,
        chunk_base: *mut u8,
        heap_end: *mut u8,
        _is_heap_base: bool,
    ) -> *mut u8 {
        if (heap_end as usize) - (chunk_base as usize) < TRIM_FROM {
            return heap_end;
        }
        let mut segments = self.iter();
        let Some(segment) = segments.find(|segment| segment.chunks_end == heap_end as usize) else {
            return heap_end;
        };
        let end = (chunk_base as usize + TRIM_TO).next_multiple_of(PAGE_SIZE);
        if !decommit(segment, end) {
            return heap_end;
        }
        segment.chunks_end = end;
        end as *mut u8
    }
}

/// Where the allocator puts the first chunk in memory that begins at `start`.
fn first_chunk(start: usize) -> usize {
    (start + size_of::<usize>()).next_multiple_of(super::block::UNIT)
}

/// Where the first chunk of a heap is, behind the allocator's own table.
pub(super) fn first_chunk_of_heap(start: usize) -> usize {
    let table = start.next_multiple_of(align_of::<usize>())
        + DefaultBinning::BIN_COUNT as usize * size_of::<usize>();
    first_chunk(table)
}

/// Gives back what is free at the ends of all segments, and segments that are free as a whole.
pub(super) fn trim(talc: &mut Allocator) {
    let mut link: *mut *mut Segment = &raw mut talc.source.last;
    // SAFETY: the list's links are the heap's own, and so is every segment on it.
    unsafe {
        while !(*link).is_null() {
            let segment = *link;
            let end = NonNull::new_unchecked((*segment).chunks_end as *mut u8);
            let used = talc.reserved(end);
            let is_first = (*segment).previous.is_null();
            if !used.any && !is_first {
                if talc.truncate(end, core::ptr::null_mut()).is_none() {
                    *link = (*segment).previous;
                    release((*segment).base());
                    continue;
                }
            } else {
                let keep =
                    (used.up_to.as_ptr() as usize + super::block::UNIT).next_multiple_of(PAGE_SIZE);
                if keep < (*segment).chunks_end
                    && let Some(end) = talc.truncate(end, keep as *mut u8)
                {
                    (*segment).chunks_end = end.as_ptr() as usize;
                    decommit(&mut *segment, keep);
                }
            }
            link = &raw mut (*segment).previous;
        }
    }
}
