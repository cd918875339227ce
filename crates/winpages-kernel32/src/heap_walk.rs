//! Looking into a heap: HeapWalk and HeapSummary.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::heap::{self, Entry, EntryKind};
use winpages_kernel::sys::fault;

use crate::heap::handle;
use crate::last_error;

/// PROCESS_HEAP_ENTRY
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_HEAP_ENTRY {
    /// The block, the free piece, the segment or the addresses without memory.
    pub lpData: *mut c_void,
    /// Its size.
    pub cbData: u32,
    /// How many bytes beside them serve the heap.
    pub cbOverhead: u8,
    /// The segment; 64 for a block in a region of its own.
    pub iRegionIndex: u8,
    /// PROCESS_HEAP_ flags.
    pub wFlags: u16,
    /// `Region`, for a segment.
    pub Region: HEAP_REGION,
}

/// The part of PROCESS_HEAP_ENTRY that only segments have.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HEAP_REGION {
    /// Committed bytes.
    pub dwCommittedSize: u32,
    /// Bytes that are reserved only.
    pub dwUnCommittedSize: u32,
    /// Where blocks begin.
    pub lpFirstBlock: *mut c_void,
    /// Where they end.
    pub lpLastBlock: *mut c_void,
}

const _: () = assert!(size_of::<PROCESS_HEAP_ENTRY>() == 40);

/// PROCESS_HEAP_REGION
const REGION: u16 = 1;
/// PROCESS_HEAP_UNCOMMITTED_RANGE
const UNCOMMITTED_RANGE: u16 = 2;
/// PROCESS_HEAP_ENTRY_BUSY
const ENTRY_BUSY: u16 = 4;

fn shorten(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

pub(crate) fn to_entry(shown: &PROCESS_HEAP_ENTRY) -> Option<Entry> {
    if shown.lpData.is_null() {
        return None;
    }
    let kind = match shown.wFlags {
        REGION => EntryKind::Region {
            committed: 0,
            uncommitted: 0,
            first: shown.Region.lpFirstBlock as usize,
            end: 0,
        },
        UNCOMMITTED_RANGE => EntryKind::Uncommitted,
        flags if flags & ENTRY_BUSY != 0 => EntryKind::Busy,
        _ => EntryKind::Free,
    };
    Some(Entry {
        kind,
        address: shown.lpData as usize,
        size: shown.cbData as usize,
        overhead: 0,
        region: shown.iRegionIndex,
    })
}

pub(crate) fn of_entry(entry: &Entry) -> PROCESS_HEAP_ENTRY {
    let mut region = HEAP_REGION {
        dwCommittedSize: 0,
        dwUnCommittedSize: 0,
        lpFirstBlock: core::ptr::null_mut(),
        lpLastBlock: core::ptr::null_mut(),
    };
    let wFlags = match entry.kind {
        EntryKind::Region {
            committed,
            uncommitted,
            first,
            end,
        } => {
            region.dwCommittedSize = shorten(committed);
            region.dwUnCommittedSize = shorten(uncommitted);
            region.lpFirstBlock = first as *mut c_void;
            region.lpLastBlock = end as *mut c_void;
            REGION
        }
        EntryKind::Busy => ENTRY_BUSY,
        EntryKind::Free => 0,
        EntryKind::Uncommitted => UNCOMMITTED_RANGE,
    };
    PROCESS_HEAP_ENTRY {
        lpData: entry.address as *mut c_void,
        cbData: shorten(entry.size),
        cbOverhead: u8::try_from(entry.overhead).unwrap_or(u8::MAX),
        iRegionIndex: entry.region,
        wFlags,
        Region: region,
    }
}

/// HeapWalk: the entry behind the one that `lpEntry` holds, or the first if its lpData is NULL. FALSE,
/// and ERROR_NO_MORE_ITEMS, at the end. A program that wants one picture locks the heap first.
///
/// # Safety
///
/// `lpEntry` must be a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapWalk(hHeap: *mut c_void, lpEntry: *mut PROCESS_HEAP_ENTRY) -> i32 {
    let step = || {
        // SAFETY: any bytes are integers and pointers, and nothing is assumed of the pointer.
        let shown = unsafe { fault::read(lpEntry) }.map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let next = heap::walk(handle(hHeap), to_entry(&shown).as_ref().copied())?;
        let next = next.ok_or(NtStatus::NO_MORE_ENTRIES)?;
        // SAFETY: the caller's to write.
        unsafe { fault::write(lpEntry, &of_entry(&next)) }.map_err(|_| NtStatus::INVALID_PARAMETER)
    };
    last_error::boolean(step())
}

/// HEAP_SUMMARY
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HEAP_SUMMARY {
    /// The structure's size.
    pub cb: u32,
    /// Bytes in live blocks.
    pub cbAllocated: usize,
    /// Bytes committed.
    pub cbCommitted: usize,
    /// Bytes reserved.
    pub cbReserved: usize,
    /// How many bytes may be reserved; of a heap that grows, how many are.
    pub cbMaxReserve: usize,
}

/// HeapSummary: what a heap amounts to. ERROR_INVALID_PARAMETER for flags, or another `cb`.
///
/// # Safety
///
/// `lpSummary` must be a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapSummary(
    hHeap: *mut c_void,
    dwFlags: u32,
    lpSummary: *mut HEAP_SUMMARY,
) -> i32 {
    let sum = || {
        // SAFETY: any bytes are an integer, and nothing is assumed of the pointer.
        let cb = unsafe { fault::read(lpSummary.cast::<u32>()) }
            .map_err(|_| NtStatus::INVALID_PARAMETER)?;
        if dwFlags != 0 || cb as usize != size_of::<HEAP_SUMMARY>() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let summary = heap::summary(handle(hHeap))?;
        let summary = HEAP_SUMMARY {
            cb,
            cbAllocated: summary.allocated,
            cbCommitted: summary.committed,
            cbReserved: summary.reserved,
            cbMaxReserve: summary.maximum,
        };
        // SAFETY: the caller's to write.
        unsafe { fault::write(lpSummary, &summary) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    };
    last_error::boolean(sum())
}
