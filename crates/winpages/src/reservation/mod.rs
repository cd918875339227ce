//! Private memory: reserved, and committed as it is needed.

mod options;
mod residency;
mod write_watch;

use std::ops::{Range, RangeBounds};

use bytemuck::Pod;
use rangemap::RangeSet;
use winpages_error::error_code::{ERROR_INVALID_ADDRESS, ERROR_NOACCESS};

use crate::error::{Error, Operation};
use crate::memory::{Memory, Use};
use crate::memory_flag::{MEM_COMMIT, MEM_PRESERVE_PLACEHOLDER};
use crate::placeholder::Placeholder;
use crate::platform::{self, Allocation};
use crate::protection::Protection;
use crate::region::{self, Region};

pub use options::ReservationOptions;
pub use residency::{Contents, OfferPriority};

/// Addresses of this process's own, with memory behind those pages that are committed.
///
/// Reserving takes addresses and no memory, so it may be generous; committing makes pages usable, and
/// is where memory can run out, with an error and not with a crash later. Fresh pages hold zeroes.
/// Dropping the reservation gives everything back. Mirrors VirtualAlloc and VirtualFree.
///
/// Methods take ranges of byte offsets, as slices do. Where pages are changed, a range means all pages
/// that it touches, and an empty range changes nothing.
///
/// The memory is private: nobody else writes to it, so [`Reservation::slice`] is safe once it has seen
/// that the pages can be read. That is why everything that changes what can be done with pages takes
/// `&mut self`. Pointers from [`Reservation::as_ptr`] are not bound by that; who uses them answers for
/// the pages being committed.
///
/// ```
/// use winpages::Reservation;
///
/// // A gigabyte of addresses, and memory for the first page.
/// let mut reservation = Reservation::new(1 << 30)?;
/// reservation.commit(..4096)?;
/// reservation.slice_mut(..5)?.copy_from_slice(b"hello");
/// assert_eq!(reservation.slice(..6)?, b"hello\0");
/// // Nothing can be read where nothing is committed.
/// assert!(reservation.slice(4096..4097).is_err());
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// A slice cannot outlive what it needs:
///
/// ```compile_fail,E0502
/// # let mut reservation = winpages::Reservation::options().size(4096).commit(true).reserve().unwrap();
/// let slice = reservation.slice(..).unwrap();
/// reservation.decommit(..).unwrap();
/// println!("{}", slice[0]);
/// ```
#[derive(Debug)]
pub struct Reservation {
    memory: Memory,
    protection: Protection,
    /// The pages, as offsets, whose contents the system may take at any moment: no slice may show them.
    given_up: RangeSet<usize>,
}

impl Reservation {
    /// Reserves addresses for `size` bytes where there is room, to be committed as
    /// [`Protection::READWRITE`].
    ///
    /// # Errors
    ///
    /// As [`ReservationOptions::reserve`].
    pub fn new(size: usize) -> Result<Self, Error> {
        Self::options().size(size).reserve()
    }

    /// Starts to say what shall be reserved.
    pub fn options() -> ReservationOptions {
        ReservationOptions::new()
    }

    /// How many bytes: whole pages.
    #[allow(
        clippy::len_without_is_empty,
        reason = "there is no reservation without a byte"
    )]
    pub fn len(&self) -> usize {
        self.memory.size()
    }

    /// The address of the first byte, a multiple of
    /// [`allocation_granularity`](crate::allocation_granularity).
    ///
    /// Reading through it takes committed pages with a protection that allows it, and no
    /// `&mut` slice of them.
    pub fn as_ptr(&self) -> *const u8 {
        self.memory.pointer()
    }

    /// The address of the first byte, to write through: as [`Reservation::as_ptr`], and no slice of
    /// the bytes at all.
    ///
    /// The pointer stays good until the reservation is dropped, whatever is called meanwhile, for
    /// those pages that stay committed.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.memory.pointer()
    }

    /// Commits the pages of a range: from now on there is memory. Mirrors VirtualAlloc with
    /// MEM_COMMIT.
    ///
    /// Pages that are committed already keep their contents; all of them get the protection that the
    /// reservation was made with.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_COMMITMENT_LIMIT, ERROR_NOT_ENOUGH_MEMORY: there is not so much memory. Nothing is
    ///   changed.
    pub fn commit(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.commit_as(range, self.protection)
    }

    /// Commits the pages of a range with a protection of their own.
    ///
    /// # Errors
    ///
    /// As [`Reservation::commit`], and ERROR_INVALID_PARAMETER for a protection that private memory
    /// cannot have.
    ///
    /// ```
    /// use winpages::{Protection, Reservation};
    ///
    /// // A stack that grows downwards stops at a guard page and then at nothing.
    /// let mut stack = Reservation::new(1 << 20)?;
    /// let end = stack.len();
    /// stack.commit(end - 8192..)?;
    /// stack.commit_as(end - 12288..end - 8192, Protection::READWRITE | Protection::GUARD)?;
    /// assert!(stack.slice(end - 8192..).is_ok());
    /// assert!(stack.slice(end - 12288..).is_err());
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn commit_as(
        &mut self,
        range: impl RangeBounds<usize>,
        protection: Protection,
    ) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::Commit, range)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let addresses = self.memory.addresses_of(&offsets);
        platform::allocate(&Allocation {
            base: addresses.start,
            size: offsets.len(),
            kind: MEM_COMMIT,
            protection: protection.bits(),
            ..Allocation::default()
        })
        .map(drop)
        .map_err(|code| Error::new(Operation::Commit, code).at(addresses))
    }

    /// Gives the memory of a range's pages back, contents and all, and keeps the addresses. Pages that
    /// are not committed stay so. Mirrors VirtualFree with MEM_DECOMMIT.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_NOT_ENOUGH_MEMORY: the kernel cannot keep account of one more change. Nothing is
    ///   changed.
    pub fn decommit(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::Decommit, range)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let addresses = self.memory.addresses_of(&offsets);
        // SAFETY: the pages are this value's own, and `&mut` says that nobody has a slice of them.
        unsafe { platform::decommit(addresses.start, offsets.len()) }
            .map_err(|code| Error::new(Operation::Decommit, code).at(addresses))?;
        // What is committed there next is fresh.
        self.given_up.remove(self.memory.pages_of(&offsets));
        Ok(())
    }

    /// Gives the memory back and leaves a placeholder, whose place the reservation took with
    /// [`reserve_in`](ReservationOptions::reserve_in). Mirrors VirtualFree with
    /// MEM_PRESERVE_PLACEHOLDER. If it fails, the reservation is dropped.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS: it did not take the place of a placeholder.
    pub fn into_placeholder(self) -> Result<Placeholder, Error> {
        let addresses = self.memory.addresses_of(&(0..self.len()));
        let fail = |code| Error::new(Operation::ChangePlaceholder, code).at(addresses.clone());
        let (base, size) = (addresses.start, addresses.len());
        // SAFETY: the reservation is this value's, and nobody has a slice of it.
        unsafe { platform::change_placeholder(base, size, MEM_PRESERVE_PLACEHOLDER) }
            .map_err(fail)?;
        let mut this = core::mem::ManuallyDrop::new(self);
        // What else it has is nobody's any more.
        drop(core::mem::take(&mut this.given_up));
        Placeholder::at(base, size).ok_or_else(|| fail(ERROR_INVALID_ADDRESS))
    }

    /// Changes what may be done with the pages of a range; answers the protection that the first of
    /// them had. Mirrors VirtualProtect.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation, or not all of it is
    ///   committed.
    /// * ERROR_INVALID_PARAMETER: the protection is not one that private memory can have.
    /// * ERROR_COMMITMENT_LIMIT: the kernel cannot keep account of one more change.
    ///
    /// Nothing is changed then. An empty range has no first page: it is ERROR_INVALID_PARAMETER.
    pub fn protect(
        &mut self,
        range: impl RangeBounds<usize>,
        protection: Protection,
    ) -> Result<Protection, Error> {
        let offsets = self.memory.offsets(Operation::Protect, range)?;
        // SAFETY: the pages are this value's own, and `&mut` says that nobody has a slice of them.
        unsafe { self.memory.protect(&offsets, protection) }
    }

    /// Tells what the page of an offset is, and how far it goes on like that. Mirrors VirtualQuery.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS if the offset is not within the reservation.
    #[inline]
    pub fn query(&self, offset: usize) -> Result<Region, Error> {
        let offsets = self.memory.span(Operation::Query, offset, 1)?;
        region::query(self.memory.addresses_of(&offsets).start)
    }

    /// Refuses a slice of what the system may take.
    fn check_kept(&self, offsets: &Range<usize>) -> Result<(), Error> {
        if self.given_up.overlaps(offsets) {
            let addresses = self.memory.addresses_of(offsets);
            return Err(Error::new(Operation::Borrow, ERROR_NOACCESS).at(addresses));
        }
        Ok(())
    }

    /// The bytes of a range, all of whose pages are committed and readable.
    ///
    /// Costs one [`query`](crate::query) for each run of pages that are alike.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_NOACCESS: a page of it is not committed, or cannot be read, or has been
    ///   [offered](Reservation::offer) or [reset](Reservation::reset).
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<&[u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        self.memory
            .check(Operation::Borrow, &offsets, Use::Reading)?;
        self.check_kept(&offsets)?;
        // SAFETY: the pages are committed and readable, stay so while `self` is borrowed, and hold
        // bytes that nobody but a `&mut self` can change.
        Ok(unsafe { self.memory.slice(&offsets) })
    }

    /// The bytes of a range, all of whose pages are committed and writable.
    ///
    /// # Errors
    ///
    /// As [`Reservation::slice`].
    pub fn slice_mut(&mut self, range: impl RangeBounds<usize>) -> Result<&mut [u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        self.memory
            .check(Operation::Borrow, &offsets, Use::Writing)?;
        self.check_kept(&offsets)?;
        // SAFETY: the pages are committed and writable, stay so while `self` is borrowed, and are
        // reached by nobody else meanwhile.
        Ok(unsafe { self.memory.slice_mut(&offsets) })
    }

    /// Copies bytes out.
    ///
    /// Pages that cannot be read are an error and not a fault; the buffer may be partly filled then.
    ///
    /// # Errors
    ///
    /// As [`Reservation::slice`].
    #[inline]
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        self.memory.read(offset, buffer)
    }

    /// Copies bytes in.
    ///
    /// Pages that cannot be written are an error and not a fault; part of the bytes may have been
    /// written then.
    ///
    /// # Errors
    ///
    /// As [`Reservation::slice`].
    #[inline]
    pub fn write_at(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: `&mut` says that nobody has a slice of the bytes.
        unsafe { self.memory.write(offset, bytes) }
    }

    /// Copies a value of plain data out. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`Reservation::slice`].
    ///
    /// ```
    /// # use winpages::Reservation;
    /// let mut reservation = Reservation::options().size(4096).commit(true).reserve()?;
    /// reservation.write(100, &[1.5f64, 2.5])?;
    /// assert_eq!(reservation.read::<f64>(108)?, 2.5);
    /// # Ok::<(), winpages::Error>(())
    /// ```
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
    /// As [`Reservation::slice`].
    #[inline]
    pub fn write<T: Pod>(&mut self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, bytemuck::bytes_of(value))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: nobody has a slice of what is dropped.
        let released = unsafe { platform::release(self.memory.base()) };
        debug_assert_eq!(released, Ok(()), "the reservation was released by others");
    }
}
