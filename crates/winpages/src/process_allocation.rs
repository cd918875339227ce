//! The memory of other processes: allocating and protecting it, and views there.

use std::ops::Range;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::memory_flag::MEM_COMMIT;
use crate::platform::{self, Allocation};
use crate::process::{Process, fail};
use crate::protection::Protection;
use crate::reservation::Reservation;
use crate::section::Section;
use crate::wait::sealed::Handle as _;

impl Process {
    /// Allocates memory in it, and answers the addresses there: whole pages, committed. They stay
    /// allocated until they are [released](Process::release) or the process ends. Mirrors VirtualAllocEx.
    ///
    /// Reserving without committing, an address, the highest addresses and whatever else can be chosen are
    /// the affair of [`ReservationOptions::reserve_in_process`](crate::ReservationOptions::reserve_in_process).
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no size, or a protection that private memory cannot have.
    /// * ERROR_COMMITMENT_LIMIT, ERROR_NOT_ENOUGH_MEMORY: not so much memory, or no room.
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::OPERATE`](crate::ProcessAccess::OPERATE),
    ///   or has ended; on Linux also one that refuses, that somebody traces or that has limited its system
    ///   calls.
    /// * ERROR_SEM_TIMEOUT: it stands still, on Linux; ERROR_NOT_SUPPORTED: a 32-bit process there.
    pub fn allocate(&self, size: usize, protection: Protection) -> Result<Range<usize>, Error> {
        Reservation::options()
            .size(size)
            .commit(true)
            .protection(protection)
            .reserve_in_process(self)
    }

    /// Commits all pages that a range of its addresses touches, of one reservation: fresh
    /// pages hold zeroes. Pages that are committed already keep their contents, and all get the protection.
    /// Mirrors VirtualAllocEx with MEM_COMMIT. An empty range changes nothing.
    ///
    /// # Safety
    ///
    /// The process does not rely on what the new protection forbids.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: not all of the range is of one reservation.
    /// * otherwise as [`Process::allocate`].
    pub unsafe fn commit(
        &self,
        addresses: Range<usize>,
        protection: Protection,
    ) -> Result<(), Error> {
        if addresses.is_empty() {
            return Ok(());
        }
        let request = Allocation {
            base: addresses.start,
            size: addresses.len(),
            kind: MEM_COMMIT,
            protection: protection.bits(),
            ..Allocation::default()
        };
        platform::allocate_in_process(self.handle(), &request)
            .map(drop)
            .map_err(fail(Operation::Commit, request.base, request.size))
    }

    /// Gives the memory of all pages that a range of its addresses touches back, contents and all, and keeps the
    /// addresses. Mirrors VirtualFreeEx with MEM_DECOMMIT. An empty range changes nothing.
    ///
    /// # Safety
    ///
    /// The process does not use the pages any more.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER: not all of the range is of one allocation, or it is a
    ///   view's.
    /// * ERROR_ACCESS_DENIED and others: as [`Process::allocate`].
    pub unsafe fn decommit(&self, addresses: Range<usize>) -> Result<(), Error> {
        if addresses.is_empty() {
            return Ok(());
        }
        let (base, size) = (addresses.start, addresses.len());
        // SAFETY: the caller's.
        unsafe { platform::decommit_in_process(self.handle(), base, size) }.map_err(fail(
            Operation::Decommit,
            base,
            size,
        ))
    }

    /// Gives an allocation of it back, by its first address. Mirrors VirtualFreeEx with MEM_RELEASE.
    ///
    /// # Safety
    ///
    /// The process does not use it any more.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: no allocation begins there.
    /// * ERROR_ACCESS_DENIED: as [`Process::allocate`].
    pub unsafe fn release(&self, base: usize) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { platform::release_in_process(self.handle(), base) }.map_err(fail(
            Operation::Decommit,
            base,
            1,
        ))
    }

    /// Changes what it may do with all pages that a range of its addresses touches, and answers the
    /// protection that the first of them had. Mirrors VirtualProtectEx.
    ///
    /// # Safety
    ///
    /// The process does not rely on what the new protection forbids.
    ///
    /// # Errors
    ///
    /// As [`protect`](crate::protect), and ERROR_ACCESS_DENIED as [`Process::allocate`].
    pub unsafe fn protect(
        &self,
        addresses: Range<usize>,
        protection: Protection,
    ) -> Result<Protection, Error> {
        let (base, size) = (addresses.start, addresses.len());
        let changed = if addresses.is_empty() {
            Err(ERROR_INVALID_PARAMETER)
        } else {
            // SAFETY: the caller's.
            unsafe { platform::protect_in_process(self.handle(), base, size, protection.bits()) }
        };
        changed
            .map(Protection::from_bits_retain)
            .map_err(fail(Operation::Protect, base, size))
    }

    /// Maps all of a section into it, and answers the addresses there. The view stays until it is
    /// [unmapped](Process::unmap) or the process ends. Mirrors MapViewOfFile3.
    ///
    /// A part of the section, an address and what else can be chosen are the affair of
    /// [`ViewOptions::map_in_process`](crate::ViewOptions::map_in_process).
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: the section, or the process, was not opened for that; and as
    ///   [`Process::allocate`].
    /// * ERROR_NOT_ENOUGH_MEMORY: no room.
    /// * ERROR_NOT_SUPPORTED: as [`ViewOptions::map_in_process`](crate::ViewOptions::map_in_process).
    pub fn map(&self, section: &Section, protection: Protection) -> Result<Range<usize>, Error> {
        section.view().map_in_process_as(self, protection)
    }

    /// Unmaps a view of it. Mirrors UnmapViewOfFile2.
    ///
    /// # Safety
    ///
    /// The process does not use it any more.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS: no view is there; ERROR_ACCESS_DENIED as [`Process::allocate`].
    pub unsafe fn unmap(&self, base: usize) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { platform::unmap_in_process(self.handle(), base) }.map_err(fail(
            Operation::MapView,
            base,
            1,
        ))
    }
}
