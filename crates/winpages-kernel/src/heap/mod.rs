//! Heaps: pieces of memory, handed out without entering the kernel.
//!
//! Three layers. A thread's cache (`cache`) has free blocks of the small sizes and serves most calls
//! without a lock. Behind it stands the allocator, the `talc` crate, one for each heap, behind the
//! heap's lock. It takes its memory from segments (`segments`): reservations that are committed as
//! they fill, so a heap shows in VirtualQuery as it does on Windows. A block that is too large for that
//! has a region of its own (`large`).
//!
//! What a pointer is, is never guessed: every block has a sealed header (`block`), and whoever hands
//! in anything but a live block of that heap is told so.
//!
//! Nothing here takes memory from malloc: a heap may be what malloc stands on.

mod block;
mod body;
mod cache;
mod large;
#[cfg(test)]
mod misuse_tests;
pub mod movable;
mod operations;
mod registry;
mod segments;
#[cfg(test)]
mod tests;
mod walk;

pub use operations::{allocate, allocate_cached, free, free_cached, reallocate, size};
pub(crate) use registry::{after_fork_in_child, lock_for_fork, unlock_after_fork};
pub use walk::{Entry, EntryKind, Summary, compact, summary, validate, walk};

use core::sync::atomic::Ordering;

use crate::NtStatus;

bitflags::bitflags! {
    /// What a heap, or one call, is to do: Windows' HEAP_ constants. What is unknown is ignored, as
    /// there.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct HeapOptions: u32 {
        /// HEAP_NO_SERIALIZE: the caller sees to it that no other thread has the heap locked. The
        /// heap stays whole without that, too; what is skipped is waiting for HeapLock.
        const NO_SERIALIZE = 0x1;
        /// HEAP_GROWABLE
        const GROWABLE = 0x2;
        /// HEAP_GENERATE_EXCEPTIONS: the face raises an exception where it would answer NULL.
        const GENERATE_EXCEPTIONS = 0x4;
        /// HEAP_ZERO_MEMORY
        const ZERO_MEMORY = 0x8;
        /// HEAP_REALLOC_IN_PLACE_ONLY
        const REALLOC_IN_PLACE_ONLY = 0x10;
        /// HEAP_CREATE_ENABLE_EXECUTE
        const CREATE_ENABLE_EXECUTE = 0x4_0000;
    }
}

/// What HeapCreate answers: the address of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeapHandle(usize);

impl HeapHandle {
    /// A handle as a program hands it in, whatever it is.
    #[inline]
    pub const fn from_raw(raw: usize) -> Self {
        Self(raw)
    }

    /// The number a program sees.
    #[inline]
    pub const fn as_raw(self) -> usize {
        self.0
    }
}

/// Makes a heap; mirrors RtlCreateHeap. A `maximum` of 0 makes one that grows; else no more than that
/// is ever reserved, and no block may be larger than about a megabyte.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`] or [`NtStatus::COMMITMENT_LIMIT`].
pub fn create(
    options: HeapOptions,
    initial: usize,
    maximum: usize,
) -> Result<HeapHandle, NtStatus> {
    let mut options = options;
    options.set(HeapOptions::GROWABLE, maximum == 0);
    registry::create(options, initial, maximum).map(HeapHandle)
}

/// Gives a heap's memory back, with all blocks that live in it; mirrors RtlDestroyHeap. Threads that
/// are in a call on the heap are waited for; later calls find no heap.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if it is no heap, or the process's.
///
/// # Safety
///
/// Nobody may use the blocks any more.
pub unsafe fn destroy(heap: HeapHandle) -> Result<(), NtStatus> {
    registry::destroy(heap.0)
}

/// The process's own heap; mirrors GetProcessHeap.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`].
#[inline]
pub fn process_heap() -> Result<HeapHandle, NtStatus> {
    match registry::process_heap() {
        0 => Err(NtStatus::NO_MEMORY),
        heap => Ok(HeapHandle(heap)),
    }
}

/// Calls `each` with every heap of the process, its own first; mirrors RtlGetProcessHeaps. `each` must
/// not call back into this module.
pub fn for_each(mut each: impl FnMut(HeapHandle)) {
    registry::process_heap();
    for heap in registry::registry().heaps() {
        each(HeapHandle(heap.key()));
    }
}

/// Keeps other threads out of a heap, but for calls with [`HeapOptions::NO_SERIALIZE`], until
/// [`unlock`]; mirrors RtlLockHeap. May be nested. A heap that is not serialized is not locked.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn lock(heap: HeapHandle) -> Result<(), NtStatus> {
    if options(heap)?.contains(HeapOptions::NO_SERIALIZE) {
        return Ok(());
    }
    registry::lock(heap.0)
}

/// Undoes one [`lock`]; mirrors RtlUnlockHeap.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], or [`NtStatus::RESOURCE_NOT_OWNED`] if the calling thread has not
/// locked the heap.
pub fn unlock(heap: HeapHandle) -> Result<(), NtStatus> {
    if options(heap)?.contains(HeapOptions::NO_SERIALIZE) {
        return Ok(());
    }
    registry::unlock(heap.0)
}

/// What a heap was made with.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn options(heap: HeapHandle) -> Result<HeapOptions, NtStatus> {
    let registry = registry::registry();
    registry.find(heap.0).map(|heap| heap.options)
}

/// HeapCompatibilityInformation: 0, or 2 once somebody asked for the low-fragmentation heap. The
/// threads' caches are what that is, and there from the start.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`].
pub fn compatibility(heap: HeapHandle) -> Result<u32, NtStatus> {
    let registry = registry::registry();
    let heap = registry.find(heap.0)?;
    Ok(heap.compatibility.load(Ordering::Relaxed))
}

/// Sets HeapCompatibilityInformation.
///
/// # Errors
///
/// * [`NtStatus::INVALID_HANDLE`].
/// * [`NtStatus::UNSUCCESSFUL`]: it is neither 0 nor 2, the heap has the low-fragmentation heap already
///   and cannot lose it, or cannot have it (HEAP_NO_SERIALIZE).
pub fn set_compatibility(heap: HeapHandle, value: u32) -> Result<(), NtStatus> {
    /// HEAP_LFH
    const LOW_FRAGMENTATION: u32 = 2;
    let registry = registry::registry();
    let heap = registry.find(heap.0)?;
    let now = heap.compatibility.load(Ordering::Relaxed);
    let can_have_it = !heap.options.contains(HeapOptions::NO_SERIALIZE);
    match value {
        LOW_FRAGMENTATION if can_have_it => {
            heap.compatibility.store(value, Ordering::Relaxed);
            Ok(())
        }
        0 if now == 0 => Ok(()),
        _ => Err(NtStatus::UNSUCCESSFUL),
    }
}
