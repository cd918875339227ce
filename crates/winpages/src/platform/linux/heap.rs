//! Heaps.

use core::ptr::NonNull;

use winpages_kernel::heap::{self, HeapHandle as EngineHeap, HeapOptions};

use super::super::{Code, HeapNumbers};
use super::code;

/// A heap; destroyed when dropped, unless it is the process's.
#[derive(Debug)]
pub(crate) struct HeapHandle {
    heap: EngineHeap,
    is_own: bool,
}

impl HeapHandle {
    pub(crate) fn create(flags: u32, initial: usize, maximum: usize) -> Result<Self, Code> {
        heap::create(HeapOptions::from_bits_retain(flags), initial, maximum)
            .map(|heap| Self { heap, is_own: true })
            .map_err(code)
    }

    pub(crate) fn of_process() -> Result<Self, Code> {
        heap::process_heap()
            .map(|heap| Self {
                heap,
                is_own: false,
            })
            .map_err(code)
    }

    #[inline]
    pub(crate) fn allocate(&self, flags: u32, size: usize) -> Option<NonNull<u8>> {
        heap::allocate(self.heap, HeapOptions::from_bits_retain(flags), size).ok()
    }

    /// # Safety
    ///
    /// The block must be one of this heap's, and nobody may use it any more if there is an answer.
    #[inline]
    pub(crate) unsafe fn reallocate(&self, block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: passed on.
        unsafe { heap::reallocate(self.heap, HeapOptions::empty(), block.as_ptr(), size) }.ok()
    }

    /// # Safety
    ///
    /// The block must be one of this heap's, and nobody may use it any more.
    #[inline]
    pub(crate) unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: passed on.
        let freed = unsafe { heap::free(self.heap, HeapOptions::empty(), block.as_ptr()) };
        debug_assert_eq!(freed, Ok(()), "no live block of this heap");
    }

    pub(crate) fn is_whole(&self) -> bool {
        heap::validate(self.heap, HeapOptions::empty(), None).unwrap_or(false)
    }

    pub(crate) fn compact(&self) -> Result<usize, Code> {
        heap::compact(self.heap).map_err(code)
    }

    pub(crate) fn summary(&self) -> Result<HeapNumbers, Code> {
        heap::summary(self.heap)
            .map(|summary| HeapNumbers {
                allocated: summary.allocated,
                committed: summary.committed,
                reserved: summary.reserved,
            })
            .map_err(code)
    }
}

impl Drop for HeapHandle {
    fn drop(&mut self) {
        if self.is_own {
            // SAFETY: blocks borrow the heap, or are gone with their owner.
            let destroyed = unsafe { heap::destroy(self.heap) };
            debug_assert_eq!(destroyed, Ok(()), "the heap was destroyed by others");
        }
    }
}
