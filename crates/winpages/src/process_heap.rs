//! The heaps of other processes.

use core::iter::FusedIterator;

use crate::error::{Error, Operation};
use crate::platform::{self, HeapCursor};
use crate::process::Process;
use crate::wait::sealed::Handle as _;

/// A heap of a process. Windows' HEAPLIST32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProcessHeap {
    /// What tells it from the process's others: th32HeapID.
    pub id: usize,
    /// Whether it is the one that [`Heap::of_process`](crate::Heap::of_process) answers there: HF32_DEFAULT.
    pub is_default: bool,
}

/// A block of a heap. Windows' HEAPENTRY32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HeapBlock {
    /// The address of its first byte in its process.
    pub address: usize,
    /// How many bytes: at least as many as were asked for.
    pub size: usize,
    /// Whether nobody has it: LF32_FREE.
    pub is_free: bool,
}

impl Process {
    /// Its heaps, in no order. Mirrors CreateToolhelp32Snapshot with Heap32ListFirst and Heap32ListNext.
    ///
    /// On Linux these are the heaps of [`Heap`](crate::Heap) and of HeapCreate, which the process tells itself:
    /// it has to [serve requests](crate::serve_requests). What `malloc` has is none of them.
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY) and
    ///   [`ProcessAccess::READ`](crate::ProcessAccess::READ), or has ended; on Linux also one that does not serve
    ///   requests. Windows asks for the process by its number, and may answer ERROR_INVALID_PARAMETER for one that
    ///   has ended.
    /// * ERROR_SEM_TIMEOUT: it stands still, on Linux.
    ///
    /// ```
    /// # if std::env::consts::OS == "windows" { return Ok(()); }
    /// use core::alloc::Layout;
    /// use winpages::{Heap, Process, ProcessAccess};
    ///
    /// let heap = Heap::new()?;
    /// let block = heap.allocate(Layout::new::<[u8; 1000]>()).unwrap();
    /// let this = Process::open(std::process::id(), ProcessAccess::QUERY | ProcessAccess::READ)?;
    /// let mut found = false;
    /// for heap in this.heaps()? {
    ///     for one in this.heap_blocks(&heap)? {
    ///         let one = one?;
    ///         found |= one.address == block.as_ptr() as usize && one.size >= 1000 && !one.is_free;
    ///     }
    /// }
    /// assert!(found);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn heaps(&self) -> Result<Vec<ProcessHeap>, Error> {
        platform::heaps_of_process(self.handle(), self.id())
            .map_err(self.error(Operation::QueryProcess))
    }

    /// The blocks of a heap of it, live and free. Mirrors a walk with Heap32First and Heap32Next, which on Windows
    /// looks at all of the heap anew for each block.
    ///
    /// Each block was so when it was asked for. While the process allocates and frees, the walk may miss blocks,
    /// and may end with an error because the block that it came to is gone.
    ///
    /// # Errors
    ///
    /// As [`Process::heaps`].
    pub fn heap_blocks(&self, heap: &ProcessHeap) -> Result<HeapBlocks<'_>, Error> {
        HeapCursor::new(self.handle(), self.id(), heap.id)
            .map(|cursor| HeapBlocks {
                process: self,
                cursor: Some(cursor),
            })
            .map_err(self.error(Operation::QueryProcess))
    }
}

/// The iterator that [`Process::heap_blocks`] answers.
#[derive(Debug)]
pub struct HeapBlocks<'a> {
    process: &'a Process,
    /// Until the last block, or an error.
    cursor: Option<HeapCursor>,
}

impl Iterator for HeapBlocks<'_> {
    type Item = Result<HeapBlock, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.cursor.as_mut()?.next();
        if !matches!(block, Ok(Some(_))) {
            self.cursor = None;
        }
        block
            .map_err(self.process.error(Operation::InspectHeap))
            .transpose()
    }
}

impl FusedIterator for HeapBlocks<'_> {}
