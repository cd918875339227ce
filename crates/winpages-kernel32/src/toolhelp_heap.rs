//! The blocks of a heap, as Toolhelp walks them.

use winpages_kernel::heap::{self, Entry, EntryKind, HeapHandle};
use winpages_kernel::process::Target;
use winpages_kernel::{NtStatus, sys::fault};

use crate::dos_error;
use crate::error_code::{ERROR_NO_MORE_FILES, ERROR_NOACCESS};
use crate::toolhelp::answer;

/// HEAPENTRY32.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HeapBlockEntry {
    size: usize,
    handle: usize,
    address: usize,
    block_size: usize,
    flags: u32,
    lock_count: u32,
    /// Where the walk stands: the region's number, and above it the overhead.
    reserved: u32,
    process: u32,
    heap: usize,
}

const LF32_FIXED: u32 = 1;
const LF32_FREE: u32 = 2;

/// The next block, live or free, of a heap of this process behind `after`.
fn next_block(heap: HeapHandle, mut after: Option<Entry>) -> Result<Entry, u32> {
    loop {
        let next = heap::walk(heap, after).map_err(dos_error::from_status)?;
        let next = next.ok_or(ERROR_NO_MORE_FILES)?;
        match next.kind {
            EntryKind::Busy | EntryKind::Free => return Ok(next),
            EntryKind::Region { .. } | EntryKind::Uncommitted => after = Some(next),
        }
    }
}

fn block_entry(found: &Entry, process: u32, heap: usize) -> HeapBlockEntry {
    let is_free = found.kind == EntryKind::Free;
    HeapBlockEntry {
        size: size_of::<HeapBlockEntry>(),
        handle: found.address,
        address: found.address,
        block_size: found.size,
        flags: if is_free { LF32_FREE } else { LF32_FIXED },
        lock_count: 0,
        reserved: u32::from(found.region) | (found.overhead as u32) << 8,
        process,
        heap,
    }
}

/// The heap of a process, which must be this one: where the blocks of another's are is that process's to know.
fn own_heap(process: u32, heap: usize) -> Result<HeapHandle, u32> {
    if process == 0 || process == Target::Own.number() {
        Ok(HeapHandle::from_raw(heap))
    } else {
        Err(dos_error::from_status(NtStatus::NOT_SUPPORTED))
    }
}

/// Heap32First: the first block of a heap of this process, whose number 0 stands for, too.
///
/// # Safety
///
/// `lphe` must be a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Heap32First(
    lphe: *mut HeapBlockEntry,
    th32ProcessID: u32,
    th32HeapID: usize,
) -> i32 {
    let found = own_heap(th32ProcessID, th32HeapID).and_then(|heap| {
        let first = next_block(heap, None)?;
        Ok(block_entry(&first, Target::Own.number(), th32HeapID))
    });
    // SAFETY: passed on.
    unsafe { answer::<_, u64>(lphe, found) }
}

/// Heap32Next: the block behind the one that `lphe` holds.
///
/// # Safety
///
/// As [`Heap32First`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Heap32Next(lphe: *mut HeapBlockEntry) -> i32 {
    let step = || {
        // SAFETY: any bytes are integers, and nothing is assumed of the pointer.
        let shown = unsafe { fault::read(lphe) }.map_err(|_| ERROR_NOACCESS)?;
        let heap = own_heap(shown.process, shown.heap)?;
        let after = Entry {
            kind: match shown.flags {
                LF32_FREE => EntryKind::Free,
                _ => EntryKind::Busy,
            },
            address: shown.address,
            size: shown.block_size,
            overhead: (shown.reserved >> 8) as usize,
            region: shown.reserved as u8,
        };
        let next = next_block(heap, Some(after))?;
        Ok(block_entry(&next, shown.process, shown.heap))
    };
    // SAFETY: passed on.
    unsafe { answer::<_, u64>(lphe, step()) }
}
