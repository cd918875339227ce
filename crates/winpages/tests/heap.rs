//! Heaps, on both systems.

#[cfg(target_os = "linux")]
#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::alloc::Layout;

use static_assertions::assert_impl_all;
use winpages::Heap;
use winpages::allocator_api2::alloc::Allocator;
use winpages::allocator_api2::boxed::Box;
use winpages::allocator_api2::vec::Vec;

assert_impl_all!(Heap: Send, Sync, Allocator, std::panic::UnwindSafe, std::panic::RefUnwindSafe);

#[test]
fn collections_live_in_a_heap() {
    let heap = Heap::new().unwrap();
    let before = heap.summary().unwrap();
    let mut numbers = Vec::new_in(&heap);
    for number in 0..100_000u64 {
        numbers.push(number);
    }
    assert!(numbers.iter().copied().eq(0..100_000));
    let during = heap.summary().unwrap();
    assert!(during.allocated >= before.allocated + 800_000);
    assert!(during.committed >= during.allocated && during.reserved >= during.committed);
    numbers.truncate(10);
    numbers.shrink_to_fit();
    assert_eq!(numbers[9], 9);
    let boxed = Box::new_in([7u8; 100], &heap);
    assert!(heap.is_whole());
    assert_eq!(boxed[99], 7);
    drop((numbers, boxed));
    assert!(heap.summary().unwrap().allocated < 100_000);
    heap.compact().unwrap();
    assert!(heap.is_whole());
}

#[test]
fn a_collection_may_own_its_heap() {
    let mut strings = Vec::new_in(Heap::new().unwrap());
    strings.push("one".to_owned());
    let moved = strings;
    assert_eq!(moved[0], "one");
}

#[test]
fn large_alignments_are_kept() {
    let heap = Heap::new().unwrap();
    for align in [1, 8, 16, 32, 64, 4096, 1 << 16] {
        for size in [0, 1, 24, 5000] {
            let layout = Layout::from_size_align(size, align).unwrap();
            let places: std::vec::Vec<_> = (0..5)
                .map(|_| heap.allocate_zeroed(layout).unwrap())
                .collect();
            for (index, place) in places.iter().enumerate() {
                assert!(place.addr().get().is_multiple_of(align));
                // SAFETY: the bytes have just been allocated.
                unsafe {
                    let bytes = std::slice::from_raw_parts_mut(place.as_ptr(), size);
                    assert!(bytes.iter().all(|byte| *byte == 0));
                    bytes.fill(index as u8 + 1);
                }
            }
            for (index, place) in places.into_iter().enumerate() {
                let longer = Layout::from_size_align(size + 100, align).unwrap();
                // SAFETY: it was allocated so, and is used by nobody else.
                unsafe {
                    let place = heap.reallocate(place, layout, longer).unwrap();
                    assert!(place.addr().get().is_multiple_of(align));
                    let bytes = std::slice::from_raw_parts(place.as_ptr(), size);
                    assert!(bytes.iter().all(|byte| *byte == index as u8 + 1));
                    heap.deallocate(place, longer);
                }
            }
        }
    }
    assert!(heap.is_whole());
}

#[test]
fn a_limit_is_kept() {
    let heap = Heap::options().maximum(256 << 10).create().unwrap();
    let layout = Layout::new::<[u8; 1 << 14]>();
    let blocks = (0..1000)
        .take_while(|_| heap.allocate(layout).is_some())
        .count();
    assert!((1..16).contains(&blocks), "{blocks}");
    assert!(heap.allocate(Layout::new::<[u8; 1 << 20]>()).is_none());
}

#[test]
fn threads_share_a_heap() {
    let heap = Heap::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..200u32 {
                    let mut numbers = Vec::new_in(&heap);
                    numbers.extend(0..round);
                    assert_eq!(numbers.len(), round as usize);
                }
            });
        }
    });
    assert!(heap.is_whole());
}

#[test]
fn the_process_has_one() {
    let heap = Heap::of_process().unwrap();
    let block = heap.allocate(Layout::new::<u64>()).unwrap();
    drop(heap);
    // SAFETY: the block is live; dropping the handle destroys nothing.
    unsafe {
        block.cast::<u64>().write(5);
        Heap::of_process()
            .unwrap()
            .deallocate(block, Layout::new::<u64>());
    }
    // SAFETY: one thread uses it.
    let lone = unsafe { Heap::options().without_lock() }.create().unwrap();
    assert!(lone.allocate(Layout::new::<u64>()).is_some());
}

#[test]
fn heaps_hold_code_if_they_shall() {
    let heap = Heap::options().executable(true).create().unwrap();
    let block = heap.allocate(Layout::new::<[u8; 64]>()).unwrap();
    let region = winpages::query(block.addr().get()).unwrap();
    assert!(region.protection.unwrap().is_executable());
}
