//! Whether a reservation's pages are in memory, and what the system may do about them.

use std::ops::{Range, RangeBounds};

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use super::Reservation;
use crate::error::{Error, Operation};
use crate::memory_flag::{MEM_RESET, MEM_RESET_UNDO};
use crate::platform::{self, Allocation, Code};
use crate::protection::Protection;

/// How readily the system is to take offered memory: OFFER_PRIORITY. Linux takes what was offered
/// first first, whatever its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferPriority {
    /// VmOfferPriorityVeryLow: first of all.
    VeryLow = 1,
    /// VmOfferPriorityLow
    Low = 2,
    /// VmOfferPriorityBelowNormal
    BelowNormal = 3,
    /// VmOfferPriorityNormal: last of all.
    Normal = 4,
}

/// What pages hold that the system was allowed to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "lost contents have to be made anew"]
pub enum Contents {
    /// What they held before.
    Intact,
    /// Of some page at least, nothing that can be relied upon.
    Lost,
}

/// Locking, offering and the like.
///
/// A page that was offered or reset has contents that may vanish at any moment, so there are no slices
/// of it until it has been taken back by [`Reservation::reclaim`] or [`Reservation::undo_reset`],
/// discarded, or decommitted. Copies in and out are allowed; what they find or leave is not sure to be
/// there afterwards.
impl Reservation {
    /// Keeps the pages of a range in memory until they are unlocked, decommitted or dropped. Mirrors
    /// VirtualLock.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range.
    /// * ERROR_NOACCESS: a page is not committed, or cannot be used at all.
    /// * ERROR_WORKING_SET_QUOTA: more pages than the
    ///   [minimum of the working set](crate::set_working_set_limits) leaves room for; on Linux, than
    ///   RLIMIT_MEMLOCK allows.
    ///
    /// ```
    /// let mut key = winpages::Reservation::options().size(4096).commit(true).reserve()?;
    /// key.lock(..)?; // it will not be found in a page file
    /// key.write_at(0, b"secret")?;
    /// # key.write_at(0, &[0; 6])?;
    /// key.unlock(..)?;
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn lock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Lock, range, platform::lock)
    }

    /// Lets the pages of a range be paged out again. Mirrors VirtualUnlock.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range.
    /// * ERROR_NOT_LOCKED: not all pages were locked; those that were stay so.
    pub fn unlock(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Unlock, range, platform::unlock)
    }

    /// Starts bringing the pages of a range into memory from where they have been paged out to. Mirrors
    /// PrefetchVirtualMemory.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range.
    pub fn prefetch(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        self.on_pages(Operation::Prefetch, range, |base, size| {
            platform::prefetch(core::slice::from_ref(&(base..base + size)))
        })
    }

    /// Lets the system take the contents of a range's pages when memory is scarce, until they are
    /// [reclaimed](Reservation::reclaim). The pages stay committed. Mirrors OfferVirtualMemory.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range, or a page that is locked, not committed, or cannot be
    ///   read and written.
    /// * ERROR_CALL_NOT_IMPLEMENTED: a Windows before 8.1.
    ///
    /// ```
    /// use winpages::{Contents, OfferPriority, Reservation};
    ///
    /// let mut cache = Reservation::options().size(1 << 20).commit(true).reserve()?;
    /// cache.write_at(0, b"decoded")?;
    /// # if cache.offer(.., OfferPriority::Low).is_err_and(|error| error.code_name() == Some("ERROR_CALL_NOT_IMPLEMENTED")) { return Ok(()); }
    /// cache.offer(.., OfferPriority::Low)?;
    /// // Later, when it is wanted again:
    /// match cache.reclaim(..)? {
    ///     Contents::Intact => assert_eq!(cache.slice(..7)?, b"decoded"),
    ///     Contents::Lost => cache.write_at(0, b"decoded")?,
    /// }
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn offer(
        &mut self,
        range: impl RangeBounds<usize>,
        priority: OfferPriority,
    ) -> Result<(), Error> {
        let pages = self.whole_pages(Operation::Offer, range)?;
        // SAFETY: `&mut` says that nobody has a slice of the pages, and from now on nobody gets one.
        self.call(Operation::Offer, &pages, |base, size| unsafe {
            platform::offer(base, size, priority as u32)
        })?;
        self.give_up(pages);
        Ok(())
    }

    /// Takes the pages of a range back that were [offered](Reservation::offer), and says whether they
    /// hold what they held. Mirrors ReclaimVirtualMemory.
    ///
    /// # Errors
    ///
    /// As [`Reservation::offer`], but for pages that are locked.
    pub fn reclaim(&mut self, range: impl RangeBounds<usize>) -> Result<Contents, Error> {
        let pages = self.whole_pages(Operation::Reclaim, range)?;
        let intact = self.call(Operation::Reclaim, &pages, platform::reclaim)?;
        self.given_up.remove(pages);
        Ok(if intact {
            Contents::Intact
        } else {
            Contents::Lost
        })
    }

    /// Throws the contents of a range's pages away; they stay committed, and hold zeroes on Linux and
    /// on Windows what nobody promises. Mirrors DiscardVirtualMemory.
    ///
    /// # Errors
    ///
    /// As [`Reservation::offer`].
    pub fn discard(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let pages = self.whole_pages(Operation::Discard, range)?;
        // SAFETY: `&mut` says that nobody has a slice of the pages.
        self.call(Operation::Discard, &pages, |base, size| unsafe {
            platform::discard(base, size)
        })?;
        self.given_up.remove(pages);
        Ok(())
    }

    /// Says that the contents of a range's pages are of no interest: the system need not write them to
    /// a page file, and may put zeroes in their place at any moment. The pages stay committed. Mirrors
    /// VirtualAlloc with MEM_RESET.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    pub fn reset(&mut self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::Reset, range)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let pages = self.memory.pages_of(&offsets);
        self.call(Operation::Reset, &pages, |base, size| {
            allocate(base, size, MEM_RESET)
        })?;
        self.give_up(pages);
        Ok(())
    }

    /// Says that the contents of pages that were [reset](Reservation::reset) are of interest again, and
    /// answers whether they are there. Mirrors VirtualAlloc with MEM_RESET_UNDO.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range; a Windows before 8.
    pub fn undo_reset(&mut self, range: impl RangeBounds<usize>) -> Result<Contents, Error> {
        let pages = self.whole_pages(Operation::Reset, range)?;
        let undone = self.call(Operation::Reset, &pages, |base, size| {
            match allocate(base, size, MEM_RESET_UNDO) {
                Ok(()) => Ok(Contents::Intact),
                Err(ERROR_INVALID_PARAMETER) => Err(ERROR_INVALID_PARAMETER),
                // Windows fails with another code, and has put zeroes where something is missing.
                Err(_) => Ok(Contents::Lost),
            }
        })?;
        self.given_up.remove(pages);
        Ok(undone)
    }

    fn give_up(&mut self, pages: Range<usize>) {
        self.given_up.insert(pages);
    }

    /// The offsets of all pages that a range touches, which must not be empty.
    fn whole_pages(
        &self,
        operation: Operation,
        range: impl RangeBounds<usize>,
    ) -> Result<Range<usize>, Error> {
        let offsets = self.memory.offsets(operation, range)?;
        if offsets.is_empty() {
            let addresses = self.memory.addresses_of(&offsets);
            return Err(Error::new(operation, ERROR_INVALID_PARAMETER).at(addresses));
        }
        Ok(self.memory.pages_of(&offsets))
    }

    fn on_pages(
        &self,
        operation: Operation,
        range: impl RangeBounds<usize>,
        call: impl FnOnce(usize, usize) -> Result<(), Code>,
    ) -> Result<(), Error> {
        let pages = self.whole_pages(operation, range)?;
        self.call(operation, &pages, call)
    }

    fn call<T>(
        &self,
        operation: Operation,
        pages: &Range<usize>,
        call: impl FnOnce(usize, usize) -> Result<T, Code>,
    ) -> Result<T, Error> {
        let addresses = self.memory.addresses_of(pages);
        call(addresses.start, pages.len()).map_err(|code| Error::new(operation, code).at(addresses))
    }
}

fn allocate(base: usize, size: usize, kind: u32) -> Result<(), Code> {
    platform::allocate(&Allocation {
        base,
        size,
        kind,
        // It counts for nothing, but must be one.
        protection: Protection::READWRITE.bits(),
        ..Allocation::default()
    })
    .map(drop)
}
