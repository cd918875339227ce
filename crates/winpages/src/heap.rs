//! Heaps of a program's own.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::error::{Error, Operation};
use crate::memory_flag::with;
use crate::platform::HeapHandle;

/// A heap: memory in pieces of any size. Dropping it gives everything back at once, which is faster than
/// piece by piece. Mirrors HeapCreate, and GetProcessHeap.
///
/// With the feature `allocator-api2` (on by default) it is an allocator for the collections of that
/// crate, of hashbrown, bumpalo and others. A collection borrows it, or owns it:
///
/// ```
/// # #[cfg(feature = "allocator-api2")] {
/// use winpages::{Heap, allocator_api2::vec::Vec};
///
/// let heap = Heap::new()?;
/// let mut numbers = Vec::new_in(&heap);
/// numbers.extend(0..1000);
/// assert!(heap.summary()?.allocated >= 4000);
/// # }
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// What is in a heap does not outlive it:
///
/// ```compile_fail,E0505
/// # use winpages::{Heap, allocator_api2::vec::Vec};
/// let heap = Heap::new().unwrap();
/// let numbers: Vec<u8, _> = Vec::new_in(&heap);
/// drop(heap);
/// drop(numbers);
/// ```
#[derive(Debug)]
pub struct Heap {
    handle: HeapHandle,
}

const HEAP_NO_SERIALIZE: u32 = 0x1;
const HEAP_ZERO_MEMORY: u32 = 0x8;
const HEAP_CREATE_ENABLE_EXECUTE: u32 = 0x4_0000;

/// What the system aligns blocks to anyway.
const ALIGNMENT: usize = 16;

impl Heap {
    /// Creates a heap that grows as it needs to.
    ///
    /// # Errors
    ///
    /// As [`HeapOptions::create`].
    pub fn new() -> Result<Self, Error> {
        Self::options().create()
    }

    /// Starts to say what heap shall be created.
    pub fn options() -> HeapOptions {
        HeapOptions {
            flags: 0,
            initial: 0,
            maximum: 0,
        }
    }

    /// The process's own heap, which dropping this does not destroy. Mirrors GetProcessHeap.
    ///
    /// # Errors
    ///
    /// ERROR_NOT_ENOUGH_MEMORY.
    pub fn of_process() -> Result<Self, Error> {
        HeapHandle::of_process()
            .map(|handle| Self { handle })
            .map_err(|code| Error::new(Operation::CreateHeap, code))
    }

    /// Allocates memory for a layout; `None` if there is none. Mirrors HeapAlloc. Freed by
    /// [`Heap::deallocate`], or with the heap.
    #[inline]
    pub fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.allocate_as(0, layout)
    }

    /// As [`Heap::allocate`], and all bytes are zero: HEAP_ZERO_MEMORY.
    pub fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.allocate_as(HEAP_ZERO_MEMORY, layout)
    }

    #[inline]
    fn allocate_as(&self, flags: u32, layout: Layout) -> Option<NonNull<u8>> {
        if layout.align() <= ALIGNMENT {
            return self.handle.allocate(flags, layout.size());
        }
        // Room for a place that is aligned, and before it for the block's address.
        let size = layout.size().checked_add(layout.align())?;
        let block = self.handle.allocate(flags, size)?;
        let offset = layout.align() - block.addr().get() % layout.align();
        // SAFETY: the offset is at least 16, for the block is a multiple of that and the alignment a
        // multiple of it, and at most the alignment.
        unsafe {
            let place = block.add(offset);
            place.cast::<NonNull<u8>>().sub(1).write(block);
            Some(place)
        }
    }

    /// The block that a place is in.
    ///
    /// # Safety
    ///
    /// It must have been allocated with this layout.
    #[inline]
    unsafe fn block_of(place: NonNull<u8>, layout: Layout) -> NonNull<u8> {
        if layout.align() <= ALIGNMENT {
            place
        } else {
            // SAFETY: `allocate_as` has noted it there.
            unsafe { place.cast::<NonNull<u8>>().sub(1).read() }
        }
    }

    /// Gives memory back. Mirrors HeapFree.
    ///
    /// # Safety
    ///
    /// It was allocated from this heap with this layout, and nobody uses it any more.
    #[inline]
    pub unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { self.handle.free(Self::block_of(memory, layout)) };
    }

    /// Gives memory another size, in another place if need be; `None` if there is no room, and then all
    /// is as it was. Mirrors HeapReAlloc.
    ///
    /// # Safety
    ///
    /// It was allocated from this heap with the old layout, and nobody uses it any more if there is an
    /// answer.
    pub unsafe fn reallocate(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Option<NonNull<u8>> {
        if old.align() <= ALIGNMENT && new.align() <= ALIGNMENT {
            // SAFETY: the caller's.
            return unsafe { self.handle.reallocate(memory, new.size()) };
        }
        let place = self.allocate(new)?;
        // SAFETY: both are as long as their layouts say, and the old one is the caller's to give up.
        unsafe {
            place.copy_from_nonoverlapping(memory, old.size().min(new.size()));
            self.deallocate(memory, old);
        }
        Some(place)
    }

    /// Whether the heap is as it should be: whether nobody has written where he should not. Mirrors
    /// HeapValidate.
    pub fn is_whole(&self) -> bool {
        self.handle.is_whole()
    }

    /// Joins what is free, and answers how large the largest free piece is. Mirrors HeapCompact.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn compact(&self) -> Result<usize, Error> {
        self.handle
            .compact()
            .map_err(|code| Error::new(Operation::InspectHeap, code))
    }

    /// Adds the heap up. Mirrors HeapSummary.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn summary(&self) -> Result<HeapSummary, Error> {
        let numbers = self
            .handle
            .summary()
            .map_err(|code| Error::new(Operation::InspectHeap, code))?;
        Ok(HeapSummary {
            allocated: numbers.allocated,
            committed: numbers.committed,
            reserved: numbers.reserved,
        })
    }
}

/// What a heap amounts to, in bytes. Windows' HEAP_SUMMARY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HeapSummary {
    /// In blocks that are in use.
    pub allocated: usize,
    /// Committed.
    pub committed: usize,
    /// Reserved, of which what is committed is part.
    pub reserved: usize,
}

/// What heap shall be created; made by [`Heap::options`].
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is created before `create` is called"]
pub struct HeapOptions {
    flags: u32,
    initial: usize,
    maximum: usize,
}

impl HeapOptions {
    /// How many bytes are committed from the start.
    pub fn initial(self, initial: usize) -> Self {
        Self { initial, ..self }
    }

    /// How many bytes there are at most. A heap that has such a limit has no room for single blocks of a
    /// megabyte or more, either. Without it, or with 0, it grows as it needs to.
    pub fn maximum(self, maximum: usize) -> Self {
        Self { maximum, ..self }
    }

    /// Whether code in it may be run: HEAP_CREATE_ENABLE_EXECUTE.
    pub fn executable(self, executable: bool) -> Self {
        Self {
            flags: with(self.flags, HEAP_CREATE_ENABLE_EXECUTE, executable),
            ..self
        }
    }

    /// Leaves the heap's lock out: HEAP_NO_SERIALIZE.
    ///
    /// # Safety
    ///
    /// No two threads use the heap at once.
    pub unsafe fn without_lock(self) -> Self {
        Self {
            flags: self.flags | HEAP_NO_SERIALIZE,
            ..self
        }
    }

    /// Creates the heap. Mirrors HeapCreate.
    ///
    /// # Errors
    ///
    /// ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT: not so much memory.
    ///
    /// ```
    /// use std::alloc::Layout;
    /// use winpages::Heap;
    ///
    /// let small = Heap::options().initial(4096).maximum(64 << 10).create()?;
    /// assert!(small.allocate(Layout::new::<[u8; 1000]>()).is_some());
    /// assert!(small.allocate(Layout::new::<[u8; 100_000]>()).is_none());
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn create(self) -> Result<Heap, Error> {
        HeapHandle::create(self.flags, self.initial, self.maximum)
            .map(|handle| Heap { handle })
            .map_err(|code| Error::new(Operation::CreateHeap, code))
    }
}

#[cfg(feature = "allocator-api2")]
mod allocator {
    use core::ptr::NonNull;

    use allocator_api2::alloc::{AllocError, Allocator, Layout};

    use super::Heap;

    fn bytes(memory: Option<NonNull<u8>>, size: usize) -> Result<NonNull<[u8]>, AllocError> {
        let memory = memory.ok_or(AllocError)?;
        Ok(NonNull::slice_from_raw_parts(memory, size))
    }

    // SAFETY: what is allocated stays where it is until it is deallocated or the heap is dropped, and
    // moving the value moves nothing of the heap. Blocks of no bytes are blocks, too.
    unsafe impl Allocator for Heap {
        #[inline]
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            bytes(Heap::allocate(self, layout), layout.size())
        }

        fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            bytes(Heap::allocate_zeroed(self, layout), layout.size())
        }

        #[inline]
        unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
            // SAFETY: the caller's.
            unsafe { Heap::deallocate(self, memory, layout) };
        }

        unsafe fn grow(
            &self,
            memory: NonNull<u8>,
            old: Layout,
            new: Layout,
        ) -> Result<NonNull<[u8]>, AllocError> {
            // SAFETY: the caller's.
            bytes(unsafe { self.reallocate(memory, old, new) }, new.size())
        }

        unsafe fn shrink(
            &self,
            memory: NonNull<u8>,
            old: Layout,
            new: Layout,
        ) -> Result<NonNull<[u8]>, AllocError> {
            // SAFETY: the caller's.
            bytes(unsafe { self.reallocate(memory, old, new) }, new.size())
        }
    }
}
