//! What programs do to heaps that they must not.

use super::tests::{destroy, free, heap, reallocate};
use super::*;
use crate::heap::block::HEADER;

const PLAIN: HeapOptions = HeapOptions::empty();

#[test]
fn what_is_no_live_block_is_refused() {
    let (one, other) = (heap(), heap());
    let block = allocate(one, PLAIN, 40).unwrap().as_ptr();
    let bad = Err(NtStatus::INVALID_PARAMETER);
    let mut local = [0u8; 64];
    let wild = [
        core::ptr::null_mut(),
        8 as *mut u8,
        0x10_0000 as *mut u8,
        0xFFFF_8000_0000_0000 as *mut u8,
        block.wrapping_add(1),
        block.wrapping_add(16),
        local.as_mut_ptr(),
        one.as_raw() as *mut u8,
    ];
    for pointer in wild {
        assert_eq!(free(one, PLAIN, pointer), bad);
        assert_eq!(size(one, PLAIN, pointer), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(validate(one, PLAIN, Some(pointer)), Ok(false));
        let moved = reallocate(one, PLAIN, pointer, 10);
        assert_eq!(moved, Err(NtStatus::INVALID_PARAMETER));
    }
    assert_eq!(free(other, PLAIN, block), bad);
    assert_eq!(free(one, PLAIN, block), Ok(()));
    assert_eq!(free(one, PLAIN, block), bad);
    let large = allocate(one, PLAIN, 1 << 20).unwrap().as_ptr();
    assert!((large as usize).is_multiple_of(64));
    assert_eq!(free(other, PLAIN, large), bad);
    assert_eq!(free(one, PLAIN, large), Ok(()));
    assert_eq!(free(one, PLAIN, large), bad);
    for strange in [0, 1, 0x1234, usize::MAX, local.as_ptr() as usize] {
        let strange = HeapHandle::from_raw(strange);
        assert_eq!(free(strange, PLAIN, block), Err(NtStatus::INVALID_HANDLE));
        assert_eq!(allocate(strange, PLAIN, 10), Err(NtStatus::INVALID_HANDLE));
    }
    destroy(one).unwrap();
    assert_eq!(destroy(one), Err(NtStatus::INVALID_HANDLE));
    destroy(other).unwrap();
    assert_eq!(
        destroy(process_heap().unwrap()),
        Err(NtStatus::INVALID_HANDLE)
    );
}

#[test]
fn writing_past_the_end_is_noticed() {
    let heap = heap();
    let block = allocate(heap, PLAIN, 40).unwrap().as_ptr();
    assert_eq!(validate(heap, PLAIN, None), Ok(true));
    // SAFETY: the chunk's last word, which is what this test is about.
    let kept = unsafe { block.add(40).cast::<u64>().replace(0x4141_4141) };
    assert_eq!(free(heap, PLAIN, block), Err(NtStatus::HEAP_CORRUPTION));
    assert_eq!(validate(heap, PLAIN, Some(block)), Ok(false));
    assert_eq!(validate(heap, PLAIN, None), Ok(false));
    // SAFETY: as above.
    unsafe { block.add(40).cast::<u64>().write(kept) };
    assert_eq!(free(heap, PLAIN, block), Ok(()));
    let block = allocate(heap, PLAIN, 40).unwrap().as_ptr();
    // SAFETY: the block's own header.
    unsafe { block.sub(16).write(0x41) };
    assert_eq!(free(heap, PLAIN, block), Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(validate(heap, PLAIN, None), Ok(false));
    destroy(heap).unwrap();
}

#[test]
fn a_cached_block_that_was_written_over_is_not_handed_out() {
    let heap = heap();
    let block = allocate(heap, PLAIN, 40).unwrap().as_ptr();
    free(heap, PLAIN, block).unwrap();
    // SAFETY: the header of a free block of this test's heap.
    unsafe { block.sub(16).cast::<u64>().write(block as u64) };
    assert_ne!(allocate(heap, PLAIN, 40).unwrap().as_ptr(), block);
    destroy(heap).unwrap();
}

#[test]
fn a_block_that_two_threads_free_at_once_is_handed_out_once() {
    use std::sync::mpsc::channel;

    const SIZE: usize = 64;
    let heap = heap();
    let block = allocate(heap, PLAIN, SIZE).unwrap().as_ptr();
    let header = block.wrapping_sub(HEADER).cast::<[u64; 2]>();
    let address = block.addr();
    let (to_first, first) = channel::<()>();
    let (to_second, second) = channel::<()>();
    // Each frees the block, and says then whether it gets it back.
    let freer = |turn: std::sync::mpsc::Receiver<()>, done: std::sync::mpsc::Sender<bool>| {
        std::thread::spawn(move || {
            let block = core::ptr::with_exposed_provenance_mut::<u8>(address);
            turn.recv().unwrap();
            done.send(free(heap, PLAIN, block).is_ok()).unwrap();
            turn.recv().unwrap();
            let again = allocate(heap, PLAIN, SIZE).unwrap().as_ptr();
            done.send(again == block).unwrap();
            turn.recv().unwrap();
        })
    };
    block.expose_provenance();
    let (done, answers) = channel();
    let threads = [freer(first, done.clone()), freer(second, done)];
    // Both have seen a live block before either has freed it.
    // SAFETY: the block's header, which nobody changes while the threads wait for their turn.
    let live = unsafe { header.read() };
    to_first.send(()).unwrap();
    assert!(answers.recv().unwrap());
    // SAFETY: as above.
    unsafe { header.write(live) };
    to_second.send(()).unwrap();
    assert!(answers.recv().unwrap());
    to_first.send(()).unwrap();
    assert!(!answers.recv().unwrap());
    to_second.send(()).unwrap();
    assert!(answers.recv().unwrap());
    for turn in [to_first, to_second] {
        turn.send(()).unwrap();
    }
    for thread in threads {
        thread.join().unwrap();
    }
    destroy(heap).unwrap();
}
