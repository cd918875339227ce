//! Which pages of a reservation have been written.

use std::ops::{Range, RangeBounds};

use super::Reservation;
use crate::error::{Error, Operation};
use crate::platform;
use crate::system::page_size;

/// Write watch, for reservations made with
/// [`watch_writes`](crate::ReservationOptions::watch_writes).
impl Reservation {
    /// The pages of a range that have been written since the reservation was made, or since they were
    /// last taken or forgotten: as offsets, lowest first, neighbours together. Mirrors GetWriteWatch.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the range passes the end of the reservation.
    /// * ERROR_INVALID_PARAMETER: an empty range, or a reservation that is not watched.
    ///
    /// ```
    /// use winpages::Reservation;
    ///
    /// let mut memory =
    ///     Reservation::options().size(1 << 20).commit(true).watch_writes(true).reserve()?;
    /// memory.write_at(4096 * 7, &[1])?;
    /// memory.write_at(4096 * 9 - 1, &[1, 1])?;
    /// let page = |range: std::ops::Range<usize>| range.start / 4096..range.end / 4096;
    /// let written: Vec<_> = memory.take_written(..)?.into_iter().map(page).collect();
    /// assert_eq!(written, [7..10]);
    /// assert_eq!(memory.written(..)?, []);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn written(&self, range: impl RangeBounds<usize>) -> Result<Vec<Range<usize>>, Error> {
        self.collect(range, false)
    }

    /// As [`Reservation::written`], and the pages that are answered count as not written from then on:
    /// of a page that another thread writes meanwhile, this answer or the next has it. Mirrors
    /// GetWriteWatch with WRITE_WATCH_FLAG_RESET.
    ///
    /// # Errors
    ///
    /// As [`Reservation::written`].
    pub fn take_written(&self, range: impl RangeBounds<usize>) -> Result<Vec<Range<usize>>, Error> {
        self.collect(range, true)
    }

    /// Has the pages of a range count as not written. Mirrors ResetWriteWatch.
    ///
    /// # Errors
    ///
    /// As [`Reservation::written`].
    pub fn forget_written(&self, range: impl RangeBounds<usize>) -> Result<(), Error> {
        let offsets = self.memory.offsets(Operation::WatchWrites, range)?;
        let addresses = self.memory.addresses_of(&offsets);
        platform::reset_written(addresses.start, offsets.len())
            .map_err(|code| Error::new(Operation::WatchWrites, code).at(addresses))
    }

    fn collect(
        &self,
        range: impl RangeBounds<usize>,
        take: bool,
    ) -> Result<Vec<Range<usize>>, Error> {
        let offsets = self.memory.offsets(Operation::WatchWrites, range)?;
        let addresses = self.memory.addresses_of(&offsets);
        let (base, page) = (self.memory.base(), page_size());
        let mut runs: Vec<Range<usize>> = Vec::new();
        platform::written(addresses.start, offsets.len(), take, |pages| {
            for address in pages {
                let offset = address - base;
                match runs.last_mut() {
                    Some(run) if run.end == offset => run.end += page,
                    _ => runs.push(offset..offset + page),
                }
            }
        })
        .map_err(|code| Error::new(Operation::WatchWrites, code).at(addresses))?;
        Ok(runs)
    }
}
