//! What shall be reserved.

use std::ops::{Range, RangeBounds};

use rangemap::RangeSet;
use winpages_error::error_code::ERROR_INVALID_ADDRESS;

use super::Reservation;
use crate::error::{Error, Operation};
use crate::memory::Memory;
use crate::memory_flag::{
    MEM_COMMIT, MEM_LARGE_PAGES, MEM_REPLACE_PLACEHOLDER, MEM_RESERVE, MEM_TOP_DOWN,
    MEM_WRITE_WATCH, with,
};
use crate::placeholder::Placeholder;
use crate::platform::{self, Allocation, Code, Requirements};
use crate::process::Process;
use crate::protection::Protection;
use crate::system::{allocation_granularity, page_size};
use crate::wait::sealed::Handle as _;

/// What shall be reserved; made by [`Reservation::options`].
#[derive(Clone, Debug)]
#[must_use = "nothing is reserved before `reserve` is called"]
pub struct ReservationOptions {
    size: usize,
    address: usize,
    kind: u32,
    protection: Protection,
    requirements: Requirements,
    node: Option<u32>,
}

impl ReservationOptions {
    pub(super) fn new() -> Self {
        Self {
            size: 0,
            address: 0,
            kind: MEM_RESERVE,
            protection: Protection::READWRITE,
            requirements: Requirements::default(),
            node: None,
        }
    }

    /// How many bytes. Rounded up to whole pages; must be given.
    pub fn size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// Where, instead of wherever there is room. Rounded down to a multiple of
    /// [`allocation_granularity`], and the reservation is longer by as much.
    pub fn address(self, address: usize) -> Self {
        Self { address, ..self }
    }

    /// Whether to take the highest addresses that are free, instead of the lowest: MEM_TOP_DOWN.
    /// Without effect if there is an address.
    pub fn top_down(self, top_down: bool) -> Self {
        self.flag(MEM_TOP_DOWN, top_down)
    }

    /// The addresses among which the system chooses, as a range of all bytes: it begins at a multiple
    /// of [`allocation_granularity`] and ends at one of [`page_size`]. MEM_ADDRESS_REQUIREMENTS of
    /// VirtualAlloc2; not together with an address.
    ///
    /// ```
    /// // Where a 32-bit pointer reaches.
    /// let low = winpages::Reservation::options().size(4096).within(..1 << 32).reserve()?;
    /// assert!(u32::try_from(low.as_ptr() as usize).is_ok());
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn within(self, addresses: impl RangeBounds<usize>) -> Self {
        Self {
            requirements: self.requirements.within(addresses),
            ..self
        }
    }

    /// What the address is a multiple of: a power of two of at least [`allocation_granularity`].
    /// MEM_ADDRESS_REQUIREMENTS of VirtualAlloc2; not together with an address.
    ///
    /// ```
    /// let aligned = winpages::Reservation::options().size(4096).alignment(1 << 30).reserve()?;
    /// assert!((aligned.as_ptr() as usize).is_multiple_of(1 << 30));
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn alignment(self, alignment: usize) -> Self {
        Self {
            requirements: self.requirements.aligned_to(alignment),
            ..self
        }
    }

    /// The NUMA node whose memory is preferred for its pages: VirtualAllocExNuma. Linux takes pages
    /// from the node of the thread that touches them first.
    pub fn node(self, node: u32) -> Self {
        Self {
            node: Some(node),
            ..self
        }
    }

    /// Whether the system remembers which pages are written, for [`Reservation::written`]:
    /// MEM_WRITE_WATCH.
    pub fn watch_writes(self, watch_writes: bool) -> Self {
        self.flag(MEM_WRITE_WATCH, watch_writes)
    }

    /// Whether it has the processor's larger pages, which are never paged out: MEM_LARGE_PAGES. The
    /// size is a multiple of [`large_page_minimum`](crate::large_page_minimum), and all is committed at
    /// once. Takes a privilege, and memory that is not in pieces.
    pub fn large_pages(self, large_pages: bool) -> Self {
        self.flag(MEM_LARGE_PAGES, large_pages)
    }

    fn flag(self, flag: u32, on: bool) -> Self {
        Self {
            kind: with(self.kind, flag, on),
            ..self
        }
    }

    /// Whether all pages are committed at once.
    pub fn commit(self, commit: bool) -> Self {
        self.flag(MEM_COMMIT, commit)
    }

    /// What may be done with pages when they are committed; [`Protection::READWRITE`] if not given.
    pub fn protection(self, protection: Protection) -> Self {
        Self { protection, ..self }
    }

    /// Reserves. Mirrors VirtualAlloc with MEM_RESERVE, and VirtualAlloc2 where there are requirements.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no size, or more than there are addresses; an address that no
    ///   program can have; a protection that private memory cannot have; requirements that are not
    ///   well formed.
    /// * ERROR_INVALID_ADDRESS: something is at the address.
    /// * ERROR_NOT_ENOUGH_MEMORY: no room in the address space.
    /// * ERROR_COMMITMENT_LIMIT: not so much memory, for pages that are committed at once.
    /// * ERROR_PRIVILEGE_NOT_HELD: large pages, and not the privilege to lock pages in memory.
    /// * ERROR_CALL_NOT_IMPLEMENTED: requirements, and a Windows before 10, version 1803.
    ///
    /// ```
    /// use winpages::{Protection, Reservation};
    ///
    /// let code = Reservation::options()
    ///     .size(4096)
    ///     .top_down(true)
    ///     .commit(true)
    ///     .protection(Protection::EXECUTE_READWRITE)
    ///     .reserve()?;
    /// assert_eq!(code.query(0)?.protection, Some(Protection::EXECUTE_READWRITE));
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn reserve(&self) -> Result<Reservation, Error> {
        self.reserve_as(self.address, self.size, self.kind)
    }

    /// Reserves in the place of a placeholder, and as much. Mirrors VirtualAlloc2 with
    /// MEM_REPLACE_PLACEHOLDER. Size and address count for nothing. If it fails, the placeholder is given
    /// up.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: a protection that private memory cannot have, or requirements.
    /// * ERROR_COMMITMENT_LIMIT: not so much memory, for pages that are committed at once.
    ///
    /// ```
    /// # if !winpages::Placeholder::are_available() { return Ok(()); }
    /// use winpages::{Placeholder, Reservation};
    ///
    /// let mut first = Placeholder::reserve(128 << 10)?;
    /// let second = first.split_off(64 << 10)?;
    /// let mut memory = Reservation::options().commit(true).reserve_in(second)?;
    /// memory.write(0, &1u8)?;
    /// assert_eq!(memory.as_ptr() as usize, first.addresses().end);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn reserve_in(&self, placeholder: Placeholder) -> Result<Reservation, Error> {
        let kind = self.kind | MEM_REPLACE_PLACEHOLDER;
        let reservation = self.reserve_as(placeholder.base(), placeholder.len(), kind)?;
        // It is the reservation's now.
        core::mem::forget(placeholder);
        Ok(reservation)
    }

    /// Reserves in another process, and answers the addresses there. They stay allocated until they are
    /// [released](Process::release) or the process ends. Mirrors VirtualAllocEx and VirtualAllocExNuma, and
    /// VirtualAlloc2 where there are requirements.
    ///
    /// # Errors
    ///
    /// As [`ReservationOptions::reserve`], and:
    ///
    /// * ERROR_ACCESS_DENIED: the process was not opened for
    ///   [`ProcessAccess::OPERATE`](crate::ProcessAccess::OPERATE), or has ended; on Linux also one that refuses,
    ///   that somebody traces or that has limited its system calls.
    /// * ERROR_NOT_SUPPORTED: large pages in a process that does not [serve requests](crate::serve_requests), on
    ///   Linux; and a 32-bit process there.
    /// * ERROR_SEM_TIMEOUT: the process stands still, on Linux.
    ///
    /// ```
    /// use winpages::{Process, ProcessAccess, Protection, RegionState, Reservation};
    ///
    /// # let id = std::process::id();
    /// let process = Process::open(id, ProcessAccess::OPERATE | ProcessAccess::QUERY)?;
    /// let there = Reservation::options().size(1 << 20).top_down(true).reserve_in_process(&process)?;
    /// // SAFETY: the process does not know of the addresses.
    /// unsafe {
    ///     process.commit(there.start..there.start + 4096, Protection::READWRITE)?;
    ///     assert_eq!(process.query(there.start)?.state, RegionState::Committed);
    ///     process.release(there.start)?;
    /// }
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn reserve_in_process(&self, process: &Process) -> Result<Range<usize>, Error> {
        self.allocate(self.address, self.size, self.kind, |request| {
            platform::allocate_in_process(process.handle(), request)
        })
    }

    fn reserve_as(&self, address: usize, size: usize, kind: u32) -> Result<Reservation, Error> {
        let addresses = self.allocate(address, size, kind, platform::allocate)?;
        debug_assert!(addresses.start.is_multiple_of(allocation_granularity()));
        let memory = Memory::new(addresses.start, addresses.len());
        Ok(Reservation {
            memory: memory.ok_or_else(|| fail(address, size, ERROR_INVALID_ADDRESS))?,
            protection: self.protection,
            given_up: RangeSet::new(),
        })
    }

    /// Has a process allocate, and answers the addresses as the system has rounded them.
    fn allocate(
        &self,
        address: usize,
        size: usize,
        kind: u32,
        allocate: impl FnOnce(&Allocation) -> Result<usize, Code>,
    ) -> Result<Range<usize>, Error> {
        let base = allocate(&Allocation {
            base: address,
            size,
            kind,
            protection: self.protection.bits(),
            requirements: self.requirements,
            node: self.node,
        })
        .map_err(|code| fail(address, size, code))?;
        let start = if address == 0 { base } else { address };
        Ok(base..base + (start - base + size).next_multiple_of(page_size()))
    }
}

fn fail(address: usize, size: usize, code: Code) -> Error {
    let error = Error::new(Operation::Reserve, code);
    if address == 0 {
        error
    } else {
        error.at(address..address.saturating_add(size))
    }
}
