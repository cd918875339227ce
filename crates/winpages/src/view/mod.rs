//! Views: where a process sees a section.

mod mirrored;
mod options;

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
use std::ops::RangeBounds;

use bytemuck::Pod;
use winpages_error::error_code::{ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER};

use crate::error::{Error, Operation};
use crate::memory::{Memory, Use};
use crate::memory_flag::MEM_COMMIT;
use crate::placeholder::Placeholder;
use crate::platform::{self, Allocation};
use crate::protection::Protection;
use crate::region::{self, Region};
use crate::shared::Shared;

pub use mirrored::MirroredView;
pub use options::ViewOptions;

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
/// Dropping it unmaps it. It needs no [`Section`](crate::Section) to stay alive: it holds what it shows.
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
/// ```compile_fail,E0505
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// let view = section.view().map().unwrap();
/// let flag = view.atomic_u32(0).unwrap();
/// drop(view);
/// flag.store(1, std::sync::atomic::Ordering::Relaxed);
/// ```
///
/// Nor can it be taken from under what is borrowed:
///
/// ```compile_fail,E0502
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// let mut view = section.view().map().unwrap();
/// let flag = view.atomic_u32(0).unwrap();
/// view.protect(.., winpages::Protection::NOACCESS).unwrap();
/// flag.store(1, std::sync::atomic::Ordering::Relaxed);
/// ```
///
/// And a slice takes a promise:
///
/// ```compile_fail,E0133
/// # let section = winpages::Section::options().size(4096).create().unwrap();
/// # let view = section.view().map().unwrap();
/// let bytes: &[u8] = view.slice(..).unwrap();
/// ```
#[derive(Debug)]
pub struct View {
    memory: Memory,
    protection: Protection,
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
    #[inline]
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
    #[inline]
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: what safe references there are to a view's bytes are atomics.
        unsafe { self.memory.write(offset, bytes) }
    }

    /// Copies a value of plain data out. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`View::read_at`].
    #[inline]
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
    #[inline]
    pub fn write<T: Pod>(&self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, bytemuck::bytes_of(value))
    }

    /// What lies at an offset, as a reference that every process that maps the section can have at once:
    /// an atomic, or a struct of atomics that says so by [`Shared`].
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: it would pass the end of the view.
    /// * ERROR_NOACCESS: the offset is not aligned as the type must be, or a page is not committed and
    ///   writable: an atomic of memory that can only be read would be a trap. Use [`View::read`] there.
    ///
    /// A file that another program cuts short while it is mapped takes the page away, and touching the
    /// reference is then a fault (SIGBUS) on Linux. Windows lets nobody do that.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
    /// use winpages::{Section, Shared};
    ///
    /// #[repr(C)]
    /// struct Counters {
    ///     requests: AtomicU64,
    ///     errors: AtomicU32,
    /// }
    ///
    /// // SAFETY: it consists of atomics, and all bytes make one.
    /// unsafe impl Shared for Counters {}
    ///
    /// let section = Section::options().size(4096).create()?;
    /// let view = section.view().map()?;
    /// let counters: &Counters = view.shared(64)?;
    /// counters.requests.fetch_add(1, Ordering::Relaxed);
    /// assert_eq!(view.atomic_u64(64)?.load(Ordering::Relaxed), 1);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    #[inline]
    pub fn shared<T: Shared>(&self, offset: usize) -> Result<&T, Error> {
        // SAFETY: `&mut self` is needed to take what the reference needs away, and the pages are the
        // view's until it is dropped.
        unsafe { self.memory.shared(offset) }
    }

    /// The byte at an offset, as an atomic; [`View::shared`] says when not.
    ///
    /// # Errors
    ///
    /// As [`View::shared`].
    pub fn atomic_u8(&self, offset: usize) -> Result<&AtomicU8, Error> {
        self.shared(offset)
    }

    /// The 16-bit word at an offset, as an atomic.
    ///
    /// # Errors
    ///
    /// As [`View::shared`].
    pub fn atomic_u16(&self, offset: usize) -> Result<&AtomicU16, Error> {
        self.shared(offset)
    }

    /// The 32-bit word at an offset, as an atomic.
    ///
    /// # Errors
    ///
    /// As [`View::shared`].
    pub fn atomic_u32(&self, offset: usize) -> Result<&AtomicU32, Error> {
        self.shared(offset)
    }

    /// The 64-bit word at an offset, as an atomic.
    ///
    /// # Errors
    ///
    /// As [`View::shared`].
    pub fn atomic_u64(&self, offset: usize) -> Result<&AtomicU64, Error> {
        self.shared(offset)
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
    #[inline]
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

impl View {
    /// Unmaps it and leaves a placeholder, whose place the view took with
    /// [`map_in`](ViewOptions::map_in). Mirrors UnmapViewOfFile2 with MEM_PRESERVE_PLACEHOLDER. If it
    /// fails, the view is dropped.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS: it did not take the place of a placeholder.
    pub fn into_placeholder(self) -> Result<Placeholder, Error> {
        let addresses = self.memory.addresses_of(&(0..self.len()));
        let fail = |code| Error::new(Operation::ChangePlaceholder, code).at(addresses.clone());
        // SAFETY: the view is this value's, and nobody has a reference to it.
        unsafe { platform::unmap_to_placeholder(addresses.start) }.map_err(fail)?;
        core::mem::forget(self);
        let placeholder = Placeholder::at(addresses.start, addresses.len());
        placeholder.ok_or_else(|| fail(ERROR_INVALID_ADDRESS))
    }
}

/// Locking, as of a [`Reservation`](crate::Reservation)'s pages.
impl View {
    /// Keeps the pages of a range in memory until they are unlocked or unmapped. Mirrors VirtualLock.
    ///
    /// # Errors
    ///
    /// As [`Reservation::lock`](crate::Reservation::lock).
    pub fn lock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Lock, range, platform::lock)
    }

    /// Lets the pages of a range be paged out again. Mirrors VirtualUnlock.
    ///
    /// # Errors
    ///
    /// As [`Reservation::unlock`](crate::Reservation::unlock).
    pub fn unlock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Unlock, range, platform::unlock)
    }

    /// Starts bringing the pages of a range into memory, from their file or from where they have been
    /// paged out to. Mirrors PrefetchVirtualMemory.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the view.
    /// * ERROR_INVALID_PARAMETER: an empty range.
    pub fn prefetch(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Prefetch, range, |base, size| {
            platform::prefetch(core::slice::from_ref(&(base..base + size)))
        })
    }

    fn on_pages(
        &self,
        operation: Operation,
        range: impl RangeBounds<usize>,
        call: impl FnOnce(usize, usize) -> Result<(), platform::Code>,
    ) -> Result<(), Error> {
        let offsets = self.memory.offsets(operation, range)?;
        let addresses = self.memory.addresses_of(&offsets);
        let done = if offsets.is_empty() {
            Err(ERROR_INVALID_PARAMETER)
        } else {
            call(addresses.start, offsets.len())
        };
        done.map_err(|code| Error::new(operation, code).at(addresses))
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference to what is dropped.
        let unmapped = unsafe { platform::unmap(self.memory.base()) };
        debug_assert_eq!(unmapped, Ok(()), "the view was unmapped by others");
    }
}
