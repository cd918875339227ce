//! Looking at a whole heap: walking it, checking it, adding it up, making it small.

use super::block::{HEADER, UNIT};
use super::body::{Heap, Memory};
use super::large::Large;
use super::segments::{self, Segment};
use super::{HeapHandle, HeapOptions, registry};
use crate::NtStatus;

/// What a place in a heap holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A segment begins: how much of it is committed and not, and where its chunks begin and end.
    Region {
        /// Committed bytes.
        committed: usize,
        /// Bytes that are reserved only.
        uncommitted: usize,
        /// The first chunk.
        first: usize,
        /// Behind the last.
        end: usize,
    },
    /// A live block.
    Busy,
    /// Memory that can be handed out.
    Free,
    /// Addresses without memory, at the end of a segment.
    Uncommitted,
}

/// One place in a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Where: of a live block, the address the program knows.
    pub address: usize,
    /// How many bytes: of a live block, as many as were asked for.
    pub size: usize,
    /// How many bytes beside them serve the heap itself.
    pub overhead: usize,
    /// The segment's number, oldest first; [`Entry::OWN_REGION`] for a block in a region of its own.
    pub region: u8,
}

impl Entry {
    /// The region of blocks that have one of their own.
    pub const OWN_REGION: u8 = 64;

    /// Where the next entry begins.
    fn end(&self, memory: &Memory, heap: &Heap) -> usize {
        match self.kind {
            EntryKind::Region { first, .. } => first,
            EntryKind::Busy => {
                let word = heap.seals.read_live(self.address);
                let units = word.map_or(1, |word| word.units());
                let _ = memory;
                self.address - HEADER + units * UNIT
            }
            EntryKind::Free | EntryKind::Uncommitted => self.address + self.size,
        }
    }
}

/// What a heap amounts to: HEAP_SUMMARY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes in live blocks.
    pub allocated: usize,
    /// Bytes committed.
    pub committed: usize,
    /// Bytes reserved.
    pub reserved: usize,
    /// The largest that the heap may become, or what it has reserved if it can grow.
    pub maximum: usize,
}

/// The entry behind `after`, or the first; mirrors RtlWalkHeap. `None` is the end.
///
/// Each step looks at the heap as it is then; a program that wants one picture locks the heap first.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`]; [`NtStatus::INVALID_PARAMETER`] if `after` lies in no segment of the
/// heap.
pub fn walk(heap: HeapHandle, after: Option<Entry>) -> Result<Option<Entry>, NtStatus> {
    let registry = registry::registry();
    let heap = registry.find(heap.as_raw())?;
    let memory = heap.memory.lock();
    match after {
        None => Ok(Some(region(first(&memory), 0))),
        Some(entry) if entry.region == Entry::OWN_REGION => next_large(&memory, heap, entry),
        Some(entry) => next(&memory, heap, entry),
    }
}

fn oldest_first(memory: &Memory) -> impl Iterator<Item = (u8, &Segment)> {
    // There are few: each is twice as large as the one before. Their order is by links to the older.
    let count = memory.allocator.source.iter().count();
    (0..count).filter_map(move |index| {
        let segment = memory.allocator.source.iter().nth(count - 1 - index)?;
        let number = u8::try_from(index).unwrap_or(u8::MAX);
        let number = number.min(Entry::OWN_REGION - 1);
        Some((number, &*segment))
    })
}

fn first(memory: &Memory) -> &Segment {
    let mut segments = oldest_first(memory);
    segments
        .next()
        .map(|(_, segment)| segment)
        .unwrap_or_else(|| unreachable!("a heap has its first segment"))
}

fn region(segment: &Segment, number: u8) -> Entry {
    let base = segment.base();
    let committed = segment.committed_end - base;
    Entry {
        kind: EntryKind::Region {
            committed,
            uncommitted: segment.end - segment.committed_end,
            first: segment.first_chunk,
            end: segment.chunks_end,
        },
        address: base,
        size: segment.first_chunk - base,
        overhead: 0,
        region: number,
    }
}

fn next(memory: &Memory, heap: &Heap, after: Entry) -> Result<Option<Entry>, NtStatus> {
    let mut segments = oldest_first(memory);
    let found =
        segments.find(|(_, segment)| (segment.base()..segment.end).contains(&after.address));
    let (number, segment) = found.ok_or(NtStatus::INVALID_PARAMETER)?;
    let at = after.end(memory, heap);
    if at < segment.chunks_end {
        return Ok(Some(chunk(
            heap,
            segment,
            number,
            at.max(segment.first_chunk),
        )));
    }
    if after.kind != EntryKind::Uncommitted && segment.committed_end < segment.end {
        return Ok(Some(Entry {
            kind: EntryKind::Uncommitted,
            address: segment.committed_end,
            size: segment.end - segment.committed_end,
            overhead: 0,
            region: number,
        }));
    }
    Ok(match segments.next() {
        Some((number, segment)) => Some(region(segment, number)),
        None => large_entry(memory.large, heap),
    })
}

/// The live block at `at`, or all that is free from there on.
fn chunk(heap: &Heap, segment: &Segment, number: u8, at: usize) -> Entry {
    let mut free_end = at;
    while free_end < segment.chunks_end {
        // SAFETY: chunks are committed up to there, under the heap's lock.
        if let Some(word) = unsafe { heap.seals.look_for_live(free_end + HEADER) } {
            if free_end > at {
                break;
            }
            return Entry {
                kind: EntryKind::Busy,
                address: at + HEADER,
                size: word.number(),
                overhead: word.units() * UNIT - word.number(),
                region: number,
            };
        }
        free_end += UNIT;
    }
    Entry {
        kind: EntryKind::Free,
        address: at,
        size: free_end - at,
        overhead: 0,
        region: number,
    }
}

fn large_entry(region: *const Large, heap: &Heap) -> Option<Entry> {
    // SAFETY: a region on the heap's list, under its lock.
    let region = unsafe { region.as_ref() }?;
    let size = heap.seals.read_live(region.block())?.number();
    Some(Entry {
        kind: EntryKind::Busy,
        address: region.block(),
        size,
        overhead: region.committed - size,
        region: Entry::OWN_REGION,
    })
}

fn next_large(memory: &Memory, heap: &Heap, after: Entry) -> Result<Option<Entry>, NtStatus> {
    let mut region = memory.large;
    // SAFETY: regions on the heap's list, under its lock.
    while let Some(this) = unsafe { region.as_ref() } {
        if this.block() == after.address {
            return Ok(large_entry(this.next, heap));
        }
        region = this.next;
    }
    Err(NtStatus::INVALID_PARAMETER)
}

/// Checks a block, or with `None` the whole heap; mirrors RtlValidateHeap. Answers whether it is whole.
///
/// A whole heap is one in which as many live blocks are found as have been handed out: a block whose
/// header was overwritten is not found.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn validate(
    heap: HeapHandle,
    flags: HeapOptions,
    block: Option<*const u8>,
) -> Result<bool, NtStatus> {
    if let Some(block) = block {
        let entered = registry::enter(heap.as_raw(), flags)?;
        let word = entered.slot.seals.read_live(block as usize);
        return Ok(word.is_some_and(|word| {
            // SAFETY: a live block by its seal.
            word.units() == 0
                || unsafe { super::block::tail_is_whole(block as usize, word.units()) }
        }));
    }
    locked(heap, |registry, heap| {
        let memory = heap.memory.lock();
        let mut live = 0;
        let mut are_ends_whole = true;
        for_each_chunk(&memory, heap, |entry, units| {
            if entry.kind == EntryKind::Busy {
                live += 1;
                // SAFETY: a live block by its seal.
                are_ends_whole &= unsafe { super::block::tail_is_whole(entry.address, units) };
            }
        });
        let mut region = memory.large;
        let mut are_large_whole = true;
        // SAFETY: regions on the heap's list, under its lock.
        while let Some(this) = unsafe { region.as_ref() } {
            are_large_whole &= heap.seals.read_live(this.block()).is_some();
            region = this.next;
        }
        are_ends_whole && are_large_whole && live + registry.cached(heap) == memory.chunks
    })
}

/// Adds a heap up; mirrors HeapSummary.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn summary(heap: HeapHandle) -> Result<Summary, NtStatus> {
    let registry = registry::registry();
    let heap = registry.find(heap.as_raw())?;
    let memory = heap.memory.lock();
    let mut sum = Summary::default();
    for_each_chunk(&memory, heap, |entry, _| {
        if entry.kind == EntryKind::Busy {
            sum.allocated += entry.size;
        }
    });
    for segment in memory.allocator.source.iter() {
        sum.committed += segment.committed_end - segment.base();
        sum.reserved += segment.end - segment.base();
    }
    let mut region = memory.large;
    // SAFETY: regions on the heap's list, under its lock.
    while let Some(this) = unsafe { region.as_ref() } {
        sum.allocated += large_entry(this, heap).map_or(0, |entry| entry.size);
        sum.committed += this.committed;
        sum.reserved += this.reserved;
        region = this.next;
    }
    sum.maximum = sum.reserved;
    Ok(sum)
}

/// Gives back what is free, from all threads' caches, too; answers the size of the largest free piece
/// of committed memory. Mirrors RtlCompactHeap.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn compact(heap: HeapHandle) -> Result<usize, NtStatus> {
    locked(heap, |registry, heap| {
        registry.drain(heap);
        let mut memory = heap.memory.lock();
        segments::trim(&mut memory.allocator);
        let mut largest = 0;
        for_each_chunk(&memory, heap, |entry, _| {
            if entry.kind == EntryKind::Free {
                largest = largest.max(entry.size);
            }
        });
        largest
    })
}

/// Calls `each` with the segments' live blocks and free pieces, and the units of their chunks.
fn for_each_chunk(memory: &Memory, heap: &Heap, mut each: impl FnMut(&Entry, usize)) {
    for (number, segment) in oldest_first(memory) {
        let mut at = segment.first_chunk;
        while at < segment.chunks_end {
            let entry = chunk(heap, segment, number, at);
            let end = entry.end(memory, heap).max(at + UNIT);
            each(&entry, (end - at) / UNIT);
            at = end;
        }
    }
}

/// Works on a heap while no thread is in it.
fn locked<R>(
    handle: HeapHandle,
    work: impl FnOnce(&registry::Registry, &Heap) -> R,
) -> Result<R, NtStatus> {
    registry::lock(handle.as_raw())?;
    let result = {
        let registry = registry::registry();
        let heap = registry.find(handle.as_raw());
        heap.map(|heap| work(&registry, heap))
    };
    registry::unlock(handle.as_raw())?;
    result
}
