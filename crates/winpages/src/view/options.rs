//! What part of a section a view shall show, and how.

use std::ops::{Range, RangeBounds};

use winpages_error::error_code::ERROR_INVALID_ADDRESS;

use super::{Access, MirroredView, View};
use crate::error::{Error, Operation};
use crate::memory::Memory;
use crate::memory_flag::MEM_REPLACE_PLACEHOLDER;
use crate::placeholder::Placeholder;
use crate::platform::{self, Mapping, Requirements};
use crate::process::Process;
use crate::protection::Protection;
use crate::section::Section;
use crate::system::page_size;
use crate::wait::sealed::Handle as _;

/// What part of a section a view shall show, and how; made by [`Section::view`].
#[derive(Clone, Debug)]
#[must_use = "nothing is mapped before `map` is called"]
pub struct ViewOptions<'a> {
    section: &'a Section,
    offset: u64,
    size: usize,
    access: Option<Access>,
    execute: bool,
    address: usize,
    requirements: Requirements,
    node: Option<u32>,
}

impl<'a> ViewOptions<'a> {
    pub(crate) fn new(section: &'a Section) -> Self {
        Self {
            section,
            offset: 0,
            size: 0,
            access: None,
            execute: false,
            address: 0,
            requirements: Requirements::default(),
            node: None,
        }
    }

    /// Where in the section it starts, in bytes: a multiple of
    /// [`allocation_granularity`](crate::allocation_granularity). 0 if not given.
    pub fn offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// How many bytes it shows. To the end of the section if not given, or 0.
    pub fn size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// What may be done. As much as the section was created or opened for if not given.
    pub fn access(self, access: Access) -> Self {
        Self {
            access: Some(access),
            ..self
        }
    }

    /// Whether code in it may be run as well: FILE_MAP_EXECUTE.
    pub fn execute(self, execute: bool) -> Self {
        Self { execute, ..self }
    }

    /// Where, instead of wherever there is room: a multiple of
    /// [`allocation_granularity`](crate::allocation_granularity).
    pub fn address(self, address: usize) -> Self {
        Self { address, ..self }
    }

    /// The addresses among which the system chooses, as a range of all bytes:
    /// MEM_ADDRESS_REQUIREMENTS of MapViewOfFile3, as in
    /// [`ReservationOptions::within`](crate::ReservationOptions::within).
    pub fn within(self, addresses: impl RangeBounds<usize>) -> Self {
        Self {
            requirements: self.requirements.within(addresses),
            ..self
        }
    }

    /// What the address is a multiple of: MEM_ADDRESS_REQUIREMENTS of MapViewOfFile3, as in
    /// [`ReservationOptions::alignment`](crate::ReservationOptions::alignment).
    pub fn alignment(self, alignment: usize) -> Self {
        Self {
            requirements: self.requirements.aligned_to(alignment),
            ..self
        }
    }

    /// The NUMA node whose memory is preferred for pages that are touched through the view first:
    /// MapViewOfFileExNuma. Linux takes pages from the node of the thread that touches them first.
    pub fn node(self, node: u32) -> Self {
        Self {
            node: Some(node),
            ..self
        }
    }

    /// Maps the view. Mirrors MapViewOfFileEx, and MapViewOfFile3 where there are requirements.
    ///
    /// # Errors
    ///
    /// * ERROR_MAPPED_ALIGNMENT: the offset or the address is not a multiple of
    ///   [`allocation_granularity`](crate::allocation_granularity).
    /// * ERROR_ACCESS_DENIED: the view would pass the end of the section (ERROR_INVALID_PARAMETER for
    ///   an offset there on some versions of Windows), or do more than the section's protection, or
    ///   the one it was opened with, allows.
    /// * ERROR_INVALID_ADDRESS: something is at the address.
    /// * ERROR_NOT_ENOUGH_MEMORY: no room in the address space.
    /// * ERROR_INVALID_PARAMETER: requirements that are not well formed, or together with an address.
    /// * ERROR_CALL_NOT_IMPLEMENTED: requirements, and a Windows before 10, version 1803.
    ///
    /// ```
    /// use winpages::{Access, Section};
    ///
    /// let section = Section::options().size(1 << 20).create()?;
    /// let snapshot = section.view().offset(64 << 10).size(100).access(Access::Copy).map()?;
    /// assert_eq!(snapshot.len(), 100);
    /// snapshot.write_at(0, b"mine alone")?;
    /// let section = section.view().access(Access::Read).map()?;
    /// assert_eq!(section.read::<u8>(64 << 10)?, 0);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn map(&self) -> Result<View, Error> {
        self.map_as(self.address, 0)
    }

    /// Maps the view in the place of a placeholder that has exactly the view's size, in whole pages.
    /// Mirrors MapViewOfFile3 with MEM_REPLACE_PLACEHOLDER. If it fails, the placeholder is given up.
    ///
    /// # Errors
    ///
    /// As [`ViewOptions::map`], and ERROR_INVALID_ADDRESS if the sizes differ.
    ///
    /// ```
    /// # if !winpages::Placeholder::are_available() { return Ok(()); }
    /// use winpages::{Placeholder, Section};
    ///
    /// let section = Section::options().size(64 << 10).create()?;
    /// let view = section.view().map_in(Placeholder::reserve(64 << 10)?)?;
    /// view.write(0, &1u8)?;
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn map_in(&self, placeholder: Placeholder) -> Result<View, Error> {
        // The size of the placeholder says nothing about the view's.
        let size = self.view_size()?;
        let view = self
            .clone()
            .size(size)
            .map_as(placeholder.base(), MEM_REPLACE_PLACEHOLDER)?;
        // It is the view's now.
        core::mem::forget(placeholder);
        Ok(view)
    }

    /// Maps the same part of the section twice, side by side: what runs past the end of the first is
    /// seen at the beginning of it, without a break, which is what a ring buffer wants.
    ///
    /// It is done with placeholders where there are any, else by looking for room for both until nobody
    /// else takes it meanwhile.
    ///
    /// # Errors
    ///
    /// As [`ViewOptions::map`]; ERROR_MAPPED_ALIGNMENT if the size is not a multiple of
    /// [`allocation_granularity`](crate::allocation_granularity).
    pub fn map_mirrored(&self) -> Result<MirroredView, Error> {
        MirroredView::map(self)
    }

    /// Maps the view into another process, and answers the addresses there: whole pages. It stays until it is
    /// [unmapped](Process::unmap) or the process ends. Mirrors MapViewOfFile3.
    ///
    /// # Errors
    ///
    /// As [`ViewOptions::map`], and as
    /// [`ReservationOptions::reserve_in_process`](crate::ReservationOptions::reserve_in_process); on Linux,
    /// ERROR_NOT_SUPPORTED also for an image, and for a section whose pages are only reserved, in a process that
    /// does not [serve requests](crate::serve_requests). ERROR_CALL_NOT_IMPLEMENTED: a Windows before 10, version
    /// 1803.
    ///
    /// ```no_run
    /// use winpages::{Access, Process, Section};
    ///
    /// let section = Section::options().size(1 << 20).create()?;
    /// let child = Process::options("/usr/local/bin/worker").start()?;
    /// let part = section.view().offset(64 << 10).size(4096).access(Access::Read);
    /// println!("it is at {:#x}", part.map_in_process(&child)?.start);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn map_in_process(&self, process: &Process) -> Result<Range<usize>, Error> {
        self.map_in_process_as(process, self.protection())
    }

    pub(crate) fn map_in_process_as(
        &self,
        process: &Process,
        protection: Protection,
    ) -> Result<Range<usize>, Error> {
        let size = self.view_size()?.next_multiple_of(page_size());
        let mapping = self.mapping(self.address, 0, protection);
        platform::map_in_process(process.handle(), self.section.handle(), &mapping)
            .map(|base| base..base + size)
            .map_err(|code| self.fail(self.address, code))
    }

    /// Maps at an address, or wherever there is room if that is 0.
    pub(super) fn map_as(&self, address: usize, kind: u32) -> Result<View, Error> {
        let protection = self.protection();
        let fail = |code| self.fail(address, code);
        let mapping = self.mapping(address, kind, protection);
        let base = platform::map(self.section.handle(), &mapping).map_err(fail)?;
        // From here on the view is unmapped again if anything fails.
        let memory = Memory::new(base, self.size).ok_or_else(|| fail(ERROR_INVALID_ADDRESS))?;
        let mut view = View { memory, protection };
        view.memory.set_size(self.view_size()?);
        Ok(view)
    }

    fn mapping(&self, address: usize, kind: u32, protection: Protection) -> Mapping {
        Mapping {
            base: address,
            offset: self.offset,
            size: self.size,
            kind,
            protection: protection.bits(),
            requirements: self.requirements,
            node: self.node,
        }
    }

    /// How many bytes a view shows.
    pub(super) fn view_size(&self) -> Result<usize, Error> {
        if self.size != 0 {
            return Ok(self.size);
        }
        let rest = self.section.size()?.saturating_sub(self.offset);
        usize::try_from(rest).map_err(|_| self.fail(0, ERROR_INVALID_ADDRESS))
    }

    pub(super) fn fail(&self, address: usize, code: platform::Code) -> Error {
        let error = self.section.error(Operation::MapView, code);
        if address == 0 {
            error
        } else {
            error.at(address..address.saturating_add(self.size))
        }
    }

    fn protection(&self) -> Protection {
        let of_section = self.section.protection();
        let access = self.access.unwrap_or(
            if of_section.intersects(Protection::READWRITE | Protection::EXECUTE_READWRITE) {
                Access::Write
            } else if of_section.intersects(Protection::WRITECOPY | Protection::EXECUTE_WRITECOPY) {
                Access::Copy
            } else {
                Access::Read
            },
        );
        match (access, self.execute) {
            (Access::Read, false) => Protection::READONLY,
            (Access::Write, false) => Protection::READWRITE,
            (Access::Copy, false) => Protection::WRITECOPY,
            (Access::Read, true) => Protection::EXECUTE_READ,
            (Access::Write, true) => Protection::EXECUTE_READWRITE,
            (Access::Copy, true) => Protection::EXECUTE_WRITECOPY,
        }
    }
}
