//! Views: where a process sees a section.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
use std::ops::RangeBounds;

use bytemuck::Pod;
use winpages_error::error_code::{ERROR_INVALID_ADDRESS, ERROR_NOACCESS};

use crate::error::{Error, Operation};
use crate::memory::{Memory, Use};
use crate::memory_flag::MEM_COMMIT;
use crate::platform::{self, Allocation, Mapping};
use crate::protection::Protection;
use crate::region::{self, Region};
use crate::section::Section;

/// What may be done through a view: the FILE_MAP_ constants of MapViewOfFile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// FILE_MAP_READ: reading.
    Read,
    /// FILE_MAP_WRITE: reading and writing.
    Write,
    /// FILE_MAP_COPY: reading and writing, but a page that is written becomes the view's own, and the
    /// section's keeps what it had. A page that has not been written shows what others write.
    Copy,
}

/// A section's bytes, or part of them, in this process's memory. Windows calls it a view of a file.
///
/// Dropping it unmaps it. It needs no [`Section`] to stay alive: it holds what it shows.
///
/// Everything here can change at any moment under the hands of other views and processes. So there is
/// no safe reference to its bytes, but:
///
/// * copies in and out: [`View::read_at`], [`View::write_at`], [`View::read`], [`View::write`]. A copy
///   that races with a writer is a mixture of old and new bytes, nothing worse. Pages that cannot be
///   used so, because of their protection, or because the file behind them was cut short, are
///   ERROR_NOACCESS and not a fault.
/// * atomics, to agree on when a copy may be made: [`View::atomic_u32`] and its kin.
/// * unsafe slices, for those who have agreed: [`View::slice`], [`View::slice_mut`].
///
/// ```
/// use std::sync::atomic::Ordering;
/// use winpages::Section;
///
/// let section = Section::options().size(64 << 10).create()?;
/// let view = section.view().map()?;
/// view.write(8, &[1u32, 2, 3])?;
/// view.atomic_u32(0)?.store(1, Ordering::Release); // published
/// assert_eq!(view.read::<[u32; 3]>(8)?, [1, 2, 3]);
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// What is borrowed of a view cannot outlive it:
///
/// ```compile_fail
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// let view = section.view().map().unwrap();
/// let flag = view.atomic_u32(0).unwrap();
/// drop(view);
/// flag.store(1, std::sync::atomic::Ordering::Relaxed);
/// ```
///
/// Nor can it be taken from under what is borrowed:
///
/// ```compile_fail
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// let mut view = section.view().map().unwrap();
/// let flag = view.atomic_u32(0).unwrap();
/// view.protect(.., winpages::Protection::NOACCESS).unwrap();
/// flag.store(1, std::sync::atomic::Ordering::Relaxed);
/// ```
///
/// And a slice takes a promise:
///
/// ```compile_fail
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// # let view = section.view().map().unwrap();
/// let bytes: &[u8] = view.slice(..).unwrap();
/// ```
#[derive(Debug)]
pub struct View {
    memory: Memory,
    protection: Protection,
}

macro_rules! atomics {
    ($($method:ident: $atomic:ident, $size:literal;)*) => {
        $(
            #[doc = concat!("The ", $size, " at an offset, as an atomic that every process that maps \
                the section can use at once.")]
            ///
            /// Costs a [`query`](crate::query): keep the reference.
            ///
            /// # Errors
            ///
            /// * ERROR_INVALID_ADDRESS: it would pass the end of the view.
            /// * ERROR_NOACCESS: the offset is not a multiple of its size, or the page is not committed
            ///   and writable: an atomic of memory that can only be read would be a trap. Use
            ///   [`View::read`] there.
            ///
            /// A file that another program cuts short while it is mapped takes the page away, and
            /// touching the atomic is then a fault (SIGBUS) on Linux. Windows lets nobody do that.
            pub fn $method(&self, offset: usize) -> Result<&$atomic, Error> {
                const SIZE: usize = size_of::<$atomic>();
                let offsets = self.memory.span(Operation::Atomic, offset, SIZE)?;
                if !offset.is_multiple_of(SIZE) {
                    let addresses = self.memory.addresses_of(&offsets);
                    return Err(Error::new(Operation::Atomic, ERROR_NOACCESS).at(addresses));
                }
                self.memory.check(Operation::Atomic, &offsets, Use::Writing)?;
                // SAFETY: the bytes are of the view, aligned as the view is and the offset, committed
                // and writable, and stay so while the view is borrowed. Whoever else changes them does
                // so by atomics, by copies that no reference is made for, or under the promise of an
                // unsafe slice.
                Ok(unsafe { $atomic::from_ptr(self.memory.pointer_to(offset).cast()) })
            }
        )*
    };
}

impl View {
    /// How many bytes it shows. Those of a file end where the section does, though its last page goes
    /// on.
    #[allow(
        clippy::len_without_is_empty,
        reason = "there is no view without a byte"
    )]
    pub fn len(&self) -> usize {
        self.memory.size()
    }

    /// The address of the first byte, a multiple of
    /// [`allocation_granularity`](crate::allocation_granularity).
    ///
    /// Good until the view is dropped. Whoever reads or writes through it must make neither data race
    /// nor fault: use atomics or volatile accesses, and heed the protection.
    pub fn as_ptr(&self) -> *mut u8 {
        self.memory.pointer()
    }

    /// Copies bytes out.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the bytes would pass the end of the view.
    /// * ERROR_NOACCESS: a page is not committed, cannot be read, or has lost its file. The buffer may
    ///   be partly filled.
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        self.memory.read(offset, buffer)
    }

    /// Copies bytes in.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the bytes would pass the end of the view.
    /// * ERROR_NOACCESS: a page is not committed, cannot be written, or has lost its file. Part of the
    ///   bytes may have been written.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: what safe references there are to a view's bytes are atomics.
        unsafe { self.memory.write(offset, bytes) }
    }

    /// Copies a value of plain data out. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`View::read_at`].
    pub fn read<T: Pod>(&self, offset: usize) -> Result<T, Error> {
        let mut value = T::zeroed();
        self.read_at(offset, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Copies a value of plain data in. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`View::write_at`].
    pub fn write<T: Pod>(&self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, bytemuck::bytes_of(value))
    }

    atomics! {
        atomic_u8: AtomicU8, "byte";
        atomic_u16: AtomicU16, "16-bit word";
        atomic_u32: AtomicU32, "32-bit word";
        atomic_u64: AtomicU64, "64-bit word";
    }

    /// The bytes of a range, as a slice.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody writes to its bytes: not through this view, nor another, nor from
    /// another process, nor to the file behind it; and nobody cuts that file short.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view.
    /// * ERROR_NOACCESS: a page of it is not committed, or cannot be read.
    ///
    /// ```
    /// # let section = winpages::Section::options().size(4096).create()?;
    /// let view = section.view().map()?;
    /// view.write_at(0, b"hello")?;
    /// // SAFETY: the section has no name, and nobody else has been given a handle.
    /// assert_eq!(unsafe { view.slice(..5)? }, b"hello");
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub unsafe fn slice(&self, range: impl RangeBounds<usize>) -> Result<&[u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        self.memory
            .check(Operation::Borrow, &offsets, Use::Reading)?;
        // SAFETY: the pages are readable and stay so while `self` is borrowed; the caller vouches for
        // who writes.
        Ok(unsafe { self.memory.slice(&offsets) })
    }

    /// The bytes of a range, as a slice to write to.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody else reads or writes its bytes: not through another view, nor from
    /// another process, nor by way of the file behind it; and nobody cuts that file short.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view.
    /// * ERROR_NOACCESS: a page of it is not committed, or cannot be written.
    pub unsafe fn slice_mut(&mut self, range: impl RangeBounds<usize>) -> Result<&mut [u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        self.memory
            .check(Operation::Borrow, &offsets, Use::Writing)?;
        // SAFETY: the pages are writable and stay so while `self` is borrowed; the caller vouches for
        // everybody else.
        Ok(unsafe { self.memory.slice_mut(&offsets) })
    }

    /// Commits the pages of a range, for a section that was created with
    /// [`reserve`](crate::SectionOptions::reserve): every view of the section, in every process, has
    /// them from now on. They cannot be decommitted. Mirrors VirtualAlloc with MEM_COMMIT.
    ///
    /// Pages get the protection that the view was mapped with; pages that are committed already keep
    /// their contents. An empty range commits nothing.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view.
    /// * ERROR_ACCESS_DENIED: the pages are a file's.
    /// * ERROR_COMMITMENT_LIMIT: not so much memory.
    ///
    /// ```
    /// let section = winpages::Section::options().size(1 << 30).reserve(true).create()?;
    /// let (one, other) = (section.view().map()?, section.view().map()?);
    /// assert_eq!(one.query(0)?.state, winpages::RegionState::Reserved);
    /// one.commit(..4096)?;
    /// one.write_at(0, b"hello")?;
    /// assert_eq!(&other.read::<[u8; 5]>(0)?, b"hello");
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn commit(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::Commit, range)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let addresses = self.memory.addresses_of(&offsets);
        // The protection is the most that the view can have: no reference loses what it needs.
        platform::allocate(&Allocation {
            base: addresses.start,
            size: offsets.len(),
            kind: MEM_COMMIT,
            protection: self.protection.bits(),
            ..Allocation::default()
        })
        .map(drop)
        .map_err(|code| Error::new(Operation::Commit, code).at(addresses))
    }

    /// Changes what may be done with the pages that a range touches, in this view only; answers the
    /// protection that the first of them had. Mirrors VirtualProtect.
    ///
    /// A page of a writable view that is made [`Protection::WRITECOPY`] becomes the view's own when it
    /// is written.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view, or not all of it is committed.
    /// * ERROR_INVALID_PARAMETER: the protection is more than the view was mapped for, or the range is
    ///   empty.
    pub fn protect(
        &mut self,
        range: impl RangeBounds<usize>,
        protection: Protection,
    ) -> Result<Protection, Error> {
        let offsets = self.memory.offsets(Operation::Protect, range)?;
        // SAFETY: the pages are this view's, and `&mut` says that nobody has an atomic or a slice.
        unsafe { self.memory.protect(&offsets, protection) }
    }

    /// Tells what the page of an offset is, and how far it goes on like that. Mirrors VirtualQuery.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS if the offset is not within the view.
    pub fn query(&self, offset: usize) -> Result<Region, Error> {
        let offsets = self.memory.span(Operation::Query, offset, 1)?;
        region::query(self.memory.addresses_of(&offsets).start)
    }

    /// Writes the changed pages of a range to the file they are of. Mirrors FlushViewOfFile.
    ///
    /// Views and reads of the file agree without it; it is for what shall survive the machine, and for
    /// that [`std::fs::File::sync_all`] is needed as well. Memory and copied pages have nothing to be
    /// written to; an empty range writes nothing.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view.
    /// * ERROR_GEN_FAILURE, or another of the device: it could not be written.
    pub fn flush(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::Flush, range)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let addresses = self.memory.addresses_of(&offsets);
        platform::flush(addresses.start, offsets.len())
            .map_err(|code| Error::new(Operation::Flush, code).at(addresses))
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference to what is dropped.
        let unmapped = unsafe { platform::unmap(self.memory.base()) };
        debug_assert_eq!(unmapped, Ok(()), "the view was unmapped by others");
    }
}

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

    /// Maps the view. Mirrors MapViewOfFileEx.
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
        let protection = self.protection();
        let fail = |code| {
            let error = self.section.error(Operation::MapView, code);
            if self.address == 0 {
                error
            } else {
                error.at(self.address..self.address.saturating_add(self.size))
            }
        };
        let base = platform::map(
            self.section.handle(),
            &Mapping {
                base: self.address,
                offset: self.offset,
                size: self.size,
                protection: protection.bits(),
            },
        )
        .map_err(fail)?;
        // From here on the view is unmapped again if anything fails.
        let memory = Memory::new(base, self.size).ok_or_else(|| fail(ERROR_INVALID_ADDRESS))?;
        let mut view = View { memory, protection };
        if self.size == 0 {
            let rest = self.section.size()?.saturating_sub(self.offset);
            let size = usize::try_from(rest).map_err(|_| fail(ERROR_INVALID_ADDRESS))?;
            view.memory.set_size(size);
        }
        Ok(view)
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
