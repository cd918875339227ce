//! The heaps of other processes.

use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    HEAPENTRY32, HEAPLIST32, HF32_DEFAULT, Heap32First, Heap32ListFirst, Heap32ListNext,
    Heap32Next, LF32_FREE, TH32CS_SNAPHEAPLIST,
};
use winpages_error::error_code::ERROR_NO_MORE_FILES;

use super::super::Code;
use super::handle::ObjectHandle;
use super::process_list::{take_snapshot, walk};
use super::succeeded;
use crate::process_heap::{HeapBlock, ProcessHeap};

pub(crate) fn heaps_of_process(_process: &ObjectHandle, id: u32) -> Result<Vec<ProcessHeap>, Code> {
    let snapshot = take_snapshot(TH32CS_SNAPHEAPLIST, id)?;
    let entry = HEAPLIST32 {
        dwSize: size_of::<HEAPLIST32>(),
        ..HEAPLIST32::default()
    };
    let mut heaps = Vec::new();
    let found = |entry: &HEAPLIST32| {
        heaps.push(ProcessHeap {
            id: entry.th32HeapID,
            is_default: entry.dwFlags & HF32_DEFAULT != 0,
        });
    };
    // SAFETY: the entry is of the kind and the size that it says.
    unsafe { walk(&snapshot, entry, Heap32ListFirst, Heap32ListNext, found) }?;
    Ok(heaps)
}

/// How far a walk through a heap has come.
pub(crate) struct HeapCursor {
    process: u32,
    heap: usize,
    last: Option<HEAPENTRY32>,
}

// SAFETY: what looks like a handle in an entry is a number, which nobody follows.
unsafe impl Send for HeapCursor {}
// SAFETY: as above.
unsafe impl Sync for HeapCursor {}

impl core::fmt::Debug for HeapCursor {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = formatter.debug_struct("HeapCursor");
        shown.field("heap", &self.heap).finish_non_exhaustive()
    }
}

impl HeapCursor {
    pub(crate) fn new(_process: &ObjectHandle, id: u32, heap: usize) -> Result<Self, Code> {
        Ok(Self {
            process: id,
            heap,
            last: None,
        })
    }

    /// The next block; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<HeapBlock>, Code> {
        let fresh = HEAPENTRY32 {
            dwSize: size_of::<HEAPENTRY32>(),
            ..HEAPENTRY32::default()
        };
        let is_first = self.last.is_none();
        let entry = self.last.insert(self.last.unwrap_or(fresh));
        // SAFETY: an entry of the size that it says, and the second function goes on from what the first has
        // answered.
        let answer = unsafe {
            if is_first {
                Heap32First(entry, self.process, self.heap)
            } else {
                Heap32Next(entry)
            }
        };
        match succeeded(answer) {
            Ok(()) => Ok(Some(HeapBlock {
                address: entry.dwAddress,
                size: entry.dwBlockSize,
                is_free: entry.dwFlags == LF32_FREE,
            })),
            Err(ERROR_NO_MORE_FILES) => Ok(None),
            Err(code) => Err(code),
        }
    }
}
