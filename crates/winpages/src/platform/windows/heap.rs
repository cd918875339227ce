//! Heaps.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Memory::{
    GetProcessHeap, HeapAlloc, HeapCompact, HeapCreate, HeapDestroy, HeapFree, HeapLock,
    HeapReAlloc, HeapUnlock, HeapValidate, HeapWalk, PROCESS_HEAP_ENTRY,
};
use winpages_error::error_code::ERROR_NO_MORE_ITEMS;

use super::super::{Code, HeapNumbers};
use super::{last_error, succeeded};

/// A heap; destroyed when dropped, unless it is the process's.
#[derive(Debug)]
pub(crate) struct HeapHandle {
    heap: HANDLE,
    is_own: bool,
}

// SAFETY: a heap may be used by every thread, unless its maker has promised that none does at once.
unsafe impl Send for HeapHandle {}
// SAFETY: as above.
unsafe impl Sync for HeapHandle {}

impl HeapHandle {
    pub(crate) fn create(flags: u32, initial: usize, maximum: usize) -> Result<Self, Code> {
        // SAFETY: it takes numbers.
        let heap = unsafe { HeapCreate(flags, initial, maximum) };
        if heap.is_null() {
            return Err(last_error());
        }
        Ok(Self { heap, is_own: true })
    }

    pub(crate) fn of_process() -> Result<Self, Code> {
        // SAFETY: it takes nothing.
        let heap = unsafe { GetProcessHeap() };
        if heap.is_null() {
            return Err(last_error());
        }
        Ok(Self {
            heap,
            is_own: false,
        })
    }

    #[inline]
    pub(crate) fn allocate(&self, flags: u32, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the heap lives as long as this value.
        NonNull::new(unsafe { HeapAlloc(self.heap, flags, size) }.cast())
    }

    /// # Safety
    ///
    /// The block must be one of this heap's, and nobody may use it any more if there is an answer.
    #[inline]
    pub(crate) unsafe fn reallocate(&self, block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        let block: *const c_void = block.as_ptr().cast();
        // SAFETY: the caller's.
        NonNull::new(unsafe { HeapReAlloc(self.heap, 0, block, size) }.cast())
    }

    /// # Safety
    ///
    /// The block must be one of this heap's, and nobody may use it any more.
    #[inline]
    pub(crate) unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller's.
        let freed = unsafe { HeapFree(self.heap, 0, block.as_ptr().cast()) };
        debug_assert_ne!(freed, 0, "no live block of this heap");
    }

    pub(crate) fn is_whole(&self) -> bool {
        // SAFETY: the heap lives as long as this value.
        unsafe { HeapValidate(self.heap, 0, ptr::null()) != 0 }
    }

    pub(crate) fn compact(&self) -> Result<usize, Code> {
        // SAFETY: as above.
        Ok(unsafe { HeapCompact(self.heap, 0) })
    }

    pub(crate) fn summary(&self) -> Result<HeapNumbers, Code> {
        const PROCESS_HEAP_REGION: u16 = 1;
        const PROCESS_HEAP_ENTRY_BUSY: u16 = 4;
        /// A block too large for a region of the heap has one for itself, which is none of the entries.
        const FIRST_OWN_REGION: u8 = 64;
        let mut numbers = HeapNumbers::default();
        let mut entry = PROCESS_HEAP_ENTRY::default();
        // SAFETY: the heap lives as long as this value, and the answers go to a local; which part of
        // the union an entry has its flags say. Locked, the heap stays as it is meanwhile.
        unsafe {
            succeeded(HeapLock(self.heap))?;
            while HeapWalk(self.heap, &raw mut entry) != 0 {
                if entry.wFlags & PROCESS_HEAP_REGION != 0 {
                    let region = entry.Anonymous.Region;
                    numbers.committed += region.dwCommittedSize as usize;
                    numbers.reserved +=
                        region.dwCommittedSize as usize + region.dwUnCommittedSize as usize;
                } else if entry.wFlags & PROCESS_HEAP_ENTRY_BUSY != 0 {
                    numbers.allocated += entry.cbData as usize;
                    if entry.iRegionIndex >= FIRST_OWN_REGION {
                        numbers.committed += entry.cbData as usize;
                        numbers.reserved += entry.cbData as usize;
                    }
                }
            }
            let ended = last_error();
            succeeded(HeapUnlock(self.heap))?;
            match ended {
                ERROR_NO_MORE_ITEMS => Ok(numbers),
                code => Err(code),
            }
        }
    }
}

impl Drop for HeapHandle {
    fn drop(&mut self) {
        if self.is_own {
            // SAFETY: nobody has a block of it any more: blocks are given to whoever borrows or owns it.
            unsafe { HeapDestroy(self.heap) };
        }
    }
}
