//! The blocks of a heap, as Toolhelp walks them.

use winpages_kernel::heap::{Entry, EntryKind, HeapHandle};
use winpages_kernel::process::{self, Target};
use winpages_kernel::sys::fault;

use crate::dos_error;
use crate::error_code::{ERROR_NO_MORE_FILES, ERROR_NOACCESS};
use crate::toolhelp::{answer, process_of};

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

/// The next block of a heap behind another, of the process of a number.
fn next_block(process: &Target, heap: usize, after: Option<&Entry>) -> Result<Entry, u32> {
    let next = process::next_block(process, HeapHandle::from_raw(heap), after);
    next.map_err(dos_error::from_status)?
        .ok_or(ERROR_NO_MORE_FILES)
}

/// Heap32First: the first block of a heap of a process, this one, for whose number 0 stands, too, or another that
/// uses this library and walks its heaps itself.
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
    let found = process_of(th32ProcessID).and_then(|process| {
        let first = next_block(&process, th32HeapID, None)?;
        Ok(block_entry(&first, process.number(), th32HeapID))
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
        let process = process_of(shown.process)?;
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
        let next = next_block(&process, shown.heap, Some(&after))?;
        Ok(block_entry(&next, shown.process, shown.heap))
    };
    // SAFETY: passed on.
    unsafe { answer::<_, u64>(lphe, step()) }
}
