use std::collections::BTreeMap;

use super::*;
use crate::random::Random;

// What these tests free, they have allocated, and do not use again.
pub(super) fn free(heap: HeapHandle, flags: HeapOptions, block: *mut u8) -> Result<(), NtStatus> {
    // SAFETY: as above.
    unsafe { super::free(heap, flags, block) }
}

pub(super) fn reallocate(
    heap: HeapHandle,
    flags: HeapOptions,
    block: *mut u8,
    size: usize,
) -> Result<core::ptr::NonNull<u8>, NtStatus> {
    // SAFETY: as above.
    unsafe { super::reallocate(heap, flags, block, size) }
}

pub(super) fn destroy(heap: HeapHandle) -> Result<(), NtStatus> {
    // SAFETY: as above.
    unsafe { super::destroy(heap) }
}
use crate::address_space::{MemoryKind, MemoryState, query_virtual_memory};

const PLAIN: HeapOptions = HeapOptions::empty();

impl Random {
    /// Mostly small, sometimes as large as a segment's or a region's own.
    fn size(&mut self) -> usize {
        match self.below(100) {
            0 => self.below(900 << 10),
            1..10 => self.below(30_000),
            _ => self.below(600),
        }
    }
}

pub(super) fn heap() -> HeapHandle {
    create(PLAIN, 0, 0).unwrap()
}

fn busy(heap: HeapHandle) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let mut at = None;
    while let Some(entry) = walk(heap, at).unwrap() {
        if entry.kind == EntryKind::Busy {
            found.insert(entry.address, entry.size);
        }
        at = Some(entry);
    }
    found
}

/// Each block has bytes of its own; every byte is looked at whenever its block is touched.
struct Model {
    heap: HeapHandle,
    random: Random,
    blocks: Vec<(*mut u8, usize, u8)>,
    /// Whether nobody else uses the heap, who might have been given a block just freed.
    is_alone: bool,
}

impl Model {
    fn new(heap: HeapHandle, seed: u64) -> Self {
        let random = Random(seed | 1);
        let blocks = Vec::new();
        Self {
            heap,
            random,
            blocks,
            is_alone: true,
        }
    }

    fn fill(block: *mut u8, size: usize, mark: u8) {
        // SAFETY: a live block of that size.
        unsafe { block.write_bytes(mark, size) };
    }

    fn check(&(block, size, mark): &(*mut u8, usize, u8)) {
        // SAFETY: a live block of that size, filled before.
        let bytes = unsafe { core::slice::from_raw_parts(block, size) };
        assert!(bytes.iter().all(|byte| *byte == mark));
    }

    fn step(&mut self) {
        let choice = self.random.below(10);
        let heap = self.heap;
        if self.blocks.is_empty() || (choice < 4 && self.blocks.len() < 2000) {
            let size = self.random.size();
            let flags = if self.random.below(4) == 0 {
                HeapOptions::ZERO_MEMORY
            } else {
                PLAIN
            };
            let block = allocate(heap, flags, size).unwrap().as_ptr();
            assert!((block as usize).is_multiple_of(16));
            if flags == HeapOptions::ZERO_MEMORY {
                Self::check(&(block, size, 0));
            }
            let mark = self.random.below(255) as u8 + 1;
            Self::fill(block, size, mark);
            self.blocks.push((block, size, mark));
            return;
        }
        let index = self.random.below(self.blocks.len());
        Self::check(&self.blocks[index]);
        let (block, old_size, mark) = self.blocks[index];
        assert_eq!(size(heap, PLAIN, block), Ok(old_size));
        if choice < 8 {
            self.blocks.swap_remove(index);
            free(heap, PLAIN, block).unwrap();
            if self.is_alone {
                assert_eq!(free(heap, PLAIN, block), Err(NtStatus::INVALID_PARAMETER));
            }
            return;
        }
        let new_size = self.random.size();
        let in_place = self.random.below(2) == 0;
        let mut flags = HeapOptions::ZERO_MEMORY;
        flags.set(HeapOptions::REALLOC_IN_PLACE_ONLY, in_place);
        match reallocate(heap, flags, block, new_size) {
            Ok(moved) => {
                let moved = moved.as_ptr();
                assert!(!in_place || moved == block);
                Self::check(&(moved, old_size.min(new_size), mark));
                if new_size > old_size {
                    Self::check(&(moved.wrapping_add(old_size), new_size - old_size, 0));
                }
                Self::fill(moved, new_size, mark);
                self.blocks[index] = (moved, new_size, mark);
            }
            Err(status) => {
                assert!(in_place);
                assert_eq!(status, NtStatus::NO_MEMORY);
                Self::check(&self.blocks[index]);
            }
        }
    }

    fn end(self) {
        for block in &self.blocks {
            Self::check(block);
            free(self.heap, PLAIN, block.0).unwrap();
        }
    }
}

#[test]
fn random_calls_keep_every_byte() {
    let heap = heap();
    let mut model = Model::new(heap, 0x5EED_0001);
    for step in 0..60_000 {
        model.step();
        if step % 6_000 == 0 {
            let expected: BTreeMap<usize, usize> = model
                .blocks
                .iter()
                .map(|(block, size, _)| (*block as usize, *size))
                .collect();
            assert_eq!(busy(heap), expected);
            assert_eq!(validate(heap, PLAIN, None), Ok(true));
            let sum: usize = expected.values().sum();
            assert_eq!(summary(heap).unwrap().allocated, sum);
        }
    }
    model.end();
    assert!(busy(heap).is_empty());
    destroy(heap).unwrap();
    assert_eq!(allocate(heap, PLAIN, 1), Err(NtStatus::INVALID_HANDLE));
}

#[test]
fn a_heap_of_fixed_size_stays_within() {
    let heap = create(PLAIN, 0, 0x20_0000).unwrap();
    assert_eq!(allocate(heap, PLAIN, 0x10_0000), Err(NtStatus::NO_MEMORY));
    let mut model = Model::new(heap, 7);
    let mut blocks = Vec::new();
    while let Ok(block) = allocate(heap, PLAIN, 1000) {
        blocks.push(block.as_ptr());
    }
    assert!((1800..2100).contains(&blocks.len()), "{}", blocks.len());
    assert!(summary(heap).unwrap().reserved == 0x20_0000);
    for block in blocks {
        free(heap, PLAIN, block).unwrap();
    }
    for _ in 0..100 {
        if model.random.below(2) == 0 {
            model.step();
        }
    }
    destroy(heap).unwrap();
}

#[test]
fn threads_free_each_others_blocks() {
    let heap = heap();
    std::thread::scope(|scope| {
        let mut next = None;
        for seed in 0..8u64 {
            let (send, receive) = std::sync::mpsc::sync_channel::<(usize, usize, u8)>(64);
            let to = next.replace(send);
            scope.spawn(move || {
                let mut model = Model::new(heap, 0x1234_5678 + seed * 977);
                model.is_alone = false;
                for step in 0..6_000 {
                    model.step();
                    while let Ok((block, size, mark)) = receive.try_recv() {
                        let block = (block as *mut u8, size, mark);
                        Model::check(&block);
                        free(heap, PLAIN, block.0).unwrap();
                    }
                    if step % 3 == 0
                        && let Some(to) = &to
                        && let Some((block, size, mark)) = model.blocks.pop()
                        && let Err(error) = to.try_send((block as usize, size, mark))
                    {
                        let (block, size, mark) = match error {
                            std::sync::mpsc::TrySendError::Full(block)
                            | std::sync::mpsc::TrySendError::Disconnected(block) => block,
                        };
                        model.blocks.push((block as *mut u8, size, mark));
                    }
                }
                drop(to);
                for (block, size, mark) in receive {
                    Model::check(&(block as *mut u8, size, mark));
                    free(heap, PLAIN, block as *mut u8).unwrap();
                }
                model.end();
            });
        }
    });
    assert!(busy(heap).is_empty());
    assert_eq!(validate(heap, PLAIN, None), Ok(true));
    destroy(heap).unwrap();
}

#[test]
fn a_large_block_gives_its_end_back() {
    let heap = heap();
    let block = allocate(heap, PLAIN, 4 << 20).unwrap();
    let in_place = HeapOptions::REALLOC_IN_PLACE_ONLY;
    let committed = summary(heap).unwrap().committed;
    assert_eq!(
        reallocate(heap, in_place, block.as_ptr(), 1 << 20),
        Ok(block)
    );
    assert!(summary(heap).unwrap().committed < committed - (2 << 20));
    let grown = reallocate(heap, in_place, block.as_ptr(), 2 << 20);
    assert_eq!(grown, Err(NtStatus::NO_MEMORY));
    let moved = reallocate(heap, PLAIN, block.as_ptr(), 2 << 20).unwrap();
    assert_eq!(size(heap, PLAIN, moved.as_ptr()), Ok(2 << 20));
    free(heap, PLAIN, moved.as_ptr()).unwrap();
    destroy(heap).unwrap();
}

#[test]
fn a_heap_is_memory_of_virtual_allocs_kind() {
    let heap = create(HeapOptions::CREATE_ENABLE_EXECUTE, 0, 0).unwrap();
    let block = allocate(heap, PLAIN, 100).unwrap();
    let info = query_virtual_memory(block.as_ptr() as usize).unwrap();
    assert_eq!(info.allocation_base, heap.as_raw());
    assert_eq!(info.kind, MemoryKind::Private);
    assert_eq!(info.state, MemoryState::Commit);
    assert_eq!(info.protection.unwrap().bits(), 0x40);
    destroy(heap).unwrap();
    let info = query_virtual_memory(heap.as_raw()).unwrap();
    assert_ne!(info.allocation_base, heap.as_raw());
}

#[test]
fn a_million_calls_leave_nothing() {
    let heap = heap();
    let before = {
        allocate(heap, PLAIN, 10)
            .map(|block| free(heap, PLAIN, block.as_ptr()))
            .unwrap()
            .unwrap();
        compact(heap).unwrap();
        summary(heap).unwrap()
    };
    let mut model = Model::new(heap, 99);
    let mut blocks: Vec<*mut u8> = Vec::new();
    for _ in 0..1_000_000 {
        if blocks.len() < 1000 && model.random.below(2) == 0 {
            let size = model.random.below(700);
            blocks.push(allocate(heap, PLAIN, size).unwrap().as_ptr());
        } else if !blocks.is_empty() {
            let index = model.random.below(blocks.len());
            free(heap, PLAIN, blocks.swap_remove(index)).unwrap();
        }
    }
    for block in blocks {
        free(heap, PLAIN, block).unwrap();
    }
    compact(heap).unwrap();
    let after = summary(heap).unwrap();
    assert_eq!(after, before);
    destroy(heap).unwrap();
}

#[test]
fn a_locked_heap_keeps_others_out() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let heap = heap();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let turns = 200;
        let worker = scope.spawn(|| {
            let mut model = Model::new(heap, 5);
            while done.load(Ordering::Relaxed) == 0 {
                model.step();
            }
            model.end();
        });
        for _ in 0..turns {
            lock(heap).unwrap();
            lock(heap).unwrap();
            let one = busy(heap);
            let block = allocate(heap, PLAIN, 10).unwrap();
            std::thread::yield_now();
            let mut two = busy(heap);
            assert_eq!(two.remove(&(block.as_ptr() as usize)), Some(10));
            assert_eq!(one, two);
            free(heap, PLAIN, block.as_ptr()).unwrap();
            unlock(heap).unwrap();
            unlock(heap).unwrap();
            assert_eq!(unlock(heap), Err(NtStatus::RESOURCE_NOT_OWNED));
        }
        lock(heap).unwrap();
        // Not held up by the lock.
        scope
            .spawn(|| {
                let block = allocate(heap, HeapOptions::NO_SERIALIZE, 10).unwrap();
                free(heap, HeapOptions::NO_SERIALIZE, block.as_ptr()).unwrap();
            })
            .join()
            .unwrap();
        unlock(heap).unwrap();
        done.store(1, Ordering::Relaxed);
        worker.join().unwrap();
    });
    destroy(heap).unwrap();
}

#[test]
fn more_heaps_than_a_thread_has_slots_for() {
    let heaps: Vec<HeapHandle> = (0..50).map(|_| heap()).collect();
    let mut listed = Vec::new();
    for_each(|heap| listed.push(heap));
    assert_eq!(Some(listed[0]), process_heap().ok());
    assert!(heaps.iter().all(|heap| listed.contains(heap)));
    let mut blocks = Vec::new();
    for round in 0..2_000 {
        let heap = heaps[round * 7 % heaps.len()];
        blocks.push((heap, allocate(heap, PLAIN, round % 300).unwrap()));
    }
    for (heap, block) in blocks {
        free(heap, PLAIN, block.as_ptr()).unwrap();
    }
    for heap in heaps {
        assert_eq!(validate(heap, PLAIN, None), Ok(true));
        assert!(busy(heap).is_empty());
        destroy(heap).unwrap();
    }
}

#[test]
fn a_thread_that_ends_leaves_its_blocks_to_the_heap() {
    let heap = heap();
    let mut committed = 0;
    for round in 0..200 {
        std::thread::spawn(move || {
            let blocks: Vec<_> = (0..500)
                .map(|_| allocate(heap, PLAIN, 64).unwrap())
                .collect();
            let blocks: Vec<usize> = blocks.iter().map(|block| block.as_ptr() as usize).collect();
            for block in blocks {
                free(heap, PLAIN, block as *mut u8).unwrap();
            }
        })
        .join()
        .unwrap();
        if round == 20 {
            committed = summary(heap).unwrap().committed;
        }
    }
    assert_eq!(summary(heap).unwrap().committed, committed);
    destroy(heap).unwrap();
}
