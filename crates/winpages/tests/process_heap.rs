//! The heaps of another process and their blocks, on both systems.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use core::alloc::Layout;

use common::is_wine;
use other_process::{Other, be_the_child};
use winpages::{
    Heap, HeapBlock, HeapBlocks, Operation, Process, ProcessAccess, ProcessHeap, Reservation,
};

static_assertions::assert_impl_all!(HeapBlocks<'_>: Send, Sync);

const BLOCKS: usize = 20;

fn size(index: usize) -> usize {
    300 + index
}

/// It has a heap with blocks, and tells where their addresses are written.
#[test]
fn child() {
    be_the_child(|| {
        let heap = Heap::new().unwrap();
        let blocks: [usize; BLOCKS] = core::array::from_fn(|index| {
            let layout = Layout::from_size_align(size(index), 8).unwrap();
            heap.allocate(layout).unwrap().as_ptr() as usize
        });
        let own = Heap::of_process().unwrap();
        let of_own = own.allocate(Layout::new::<[u8; 777]>()).unwrap();
        let memory = Reservation::options().size(4096).commit(true).reserve();
        let mut memory = memory.unwrap();
        memory.write(0, &blocks).unwrap();
        let told = vec![
            ("blocks", memory.as_ptr() as usize),
            ("own", of_own.as_ptr() as usize),
        ];
        (told, move |_: &str| {
            let _kept = (&heap, &memory);
        })
    });
}

fn blocks_of(process: &Process, heap: &ProcessHeap) -> Vec<HeapBlock> {
    let blocks = process.heap_blocks(heap).unwrap();
    blocks.map(|block| block.unwrap()).collect()
}

#[test]
fn its_heaps_are_walked() {
    // Wine 8.0 lists no heaps, and ends a program that walks one.
    if is_wine() {
        return;
    }
    let other = Other::start();
    let process = other.process();
    let theirs: [usize; BLOCKS] = process.read(other.told("blocks")).unwrap();
    let heaps = process.heaps().unwrap();
    assert!(heaps.len() >= 2);
    let own: Vec<_> = heaps.iter().filter(|heap| heap.is_default).collect();
    assert_eq!(own.len(), 1);
    let find = |blocks: &[HeapBlock], address: usize, size: usize| {
        let mut found = blocks.iter().filter(|block| block.address == address);
        found.any(|block| block.size >= size && !block.is_free)
    };
    assert!(find(&blocks_of(process, own[0]), other.told("own"), 777));
    let is_the_other = |heap: &&ProcessHeap| {
        let blocks = blocks_of(process, heap);
        let mut all = theirs.iter().enumerate();
        all.all(|(index, address)| find(&blocks, *address, size(index)))
    };
    assert_eq!(heaps.iter().filter(is_the_other).count(), 1);
    other.end();
}

#[test]
fn it_takes_the_access_and_an_answer_on_linux() {
    if std::env::consts::OS != "linux" {
        return;
    }
    let other = Other::start();
    let blind = Process::open(other.process().id(), ProcessAccess::QUERY).unwrap();
    let error = assert_code!(blind.heaps(), "ERROR_ACCESS_DENIED");
    assert_eq!(error.operation(), Operation::QueryProcess);
    let heap = other.process().heaps().unwrap()[0];
    assert_code!(blind.heap_blocks(&heap), "ERROR_ACCESS_DENIED");
    let mut none = heap;
    none.id = 1;
    let mut blocks = other.process().heap_blocks(&none).unwrap();
    let error = blocks.next().unwrap().unwrap_err();
    assert_eq!(error.operation(), Operation::InspectHeap);
    assert!(blocks.next().is_none());
    other.end();
    let deaf = Other::start_deaf();
    let error = assert_code!(deaf.process().heaps(), "ERROR_ACCESS_DENIED");
    assert!(error.hint().unwrap().contains("serve_requests"));
    deaf.end();
}
