//! The heaps of other processes.

use winpages_kernel::heap::{Entry, EntryKind, HeapHandle as EngineHeap};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};

use super::super::Code;
use super::code;
use super::handle::ObjectHandle;
use super::process::target;
use crate::process_heap::{HeapBlock, ProcessHeap};

fn target_to_inspect(process: &ObjectHandle) -> Result<Target, Code> {
    let rights = AccessMask::PROCESS_QUERY_INFORMATION | AccessMask::PROCESS_VM_READ;
    target(process, rights)
}

pub(crate) fn heaps_of_process(process: &ObjectHandle, _id: u32) -> Result<Vec<ProcessHeap>, Code> {
    let heaps = process::heaps(&target_to_inspect(process)?).map_err(code)?;
    // The process's own comes first.
    let heaps = heaps.into_iter().enumerate();
    Ok(heaps
        .map(|(index, heap)| ProcessHeap {
            id: heap.as_raw(),
            is_default: index == 0,
        })
        .collect())
}

/// How far a walk through a heap has come.
#[derive(Debug)]
pub(crate) struct HeapCursor {
    target: Target,
    heap: EngineHeap,
    last: Option<Entry>,
}

impl HeapCursor {
    pub(crate) fn new(process: &ObjectHandle, _id: u32, heap: usize) -> Result<Self, Code> {
        Ok(Self {
            target: target_to_inspect(process)?,
            heap: EngineHeap::from_raw(heap),
            last: None,
        })
    }

    /// The next block; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<HeapBlock>, Code> {
        self.last =
            process::next_block(&self.target, self.heap, self.last.as_ref()).map_err(code)?;
        Ok(self.last.map(|block| HeapBlock {
            address: block.address,
            size: block.size,
            is_free: block.kind == EntryKind::Free,
        }))
    }
}
