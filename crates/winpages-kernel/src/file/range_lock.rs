//! Locking ranges of a file against other processes and handles; LockFile and its kin.
//!
//! The locks are advisory, as all of Linux's are: they exclude other locks, not reads and writes of
//! who does not ask.

use super::share_access::FIRST_BYTE;
use super::{File, status_from_errno};
use crate::NtStatus;
use crate::sys::file::{self as sys, Errno, RangeLock};

/// A range that is locked through this open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LockedRange {
    start: u64,
    length: u64,
    is_exclusive: bool,
}

impl LockedRange {
    fn overlaps(&self, other: &Self) -> bool {
        let end = |range: &Self| u128::from(range.start) + u128::from(range.length);
        u128::from(self.start) < end(other) && u128::from(other.start) < end(self)
    }

    fn covers(&self, other: &Self) -> bool {
        let end = |range: &Self| u128::from(range.start) + u128::from(range.length);
        self.start <= other.start && end(other) <= end(self)
    }

    fn kind(&self) -> RangeLock {
        if self.is_exclusive {
            RangeLock::Exclusive
        } else {
            RangeLock::Shared
        }
    }

    /// The range as the kernel takes it: its offsets have 63 bits, and the last bytes are not ours.
    /// Windows' have 64, and programs lock up there to lock no data; that half lands in the upper
    /// half of the kernel's.
    fn for_kernel(&self) -> (u64, u64) {
        const UPPER: u64 = 1 << 62;
        let fold = |offset: u64| {
            if offset > i64::MAX as u64 {
                (offset & (UPPER - 1)) | UPPER
            } else {
                offset
            }
        };
        let start = fold(self.start).min(FIRST_BYTE - 1);
        (start, self.length.clamp(1, FIRST_BYTE - start))
    }
}

impl File {
    /// Locks a range; mirrors NtLockFile.
    ///
    /// # Errors
    ///
    /// [`NtStatus::LOCK_NOT_GRANTED`] if part of it is locked and `fail_immediately` is set, or it is
    /// to be exclusive and is locked through this same open file, for which waiting would never end.
    /// [`NtStatus::ACCESS_DENIED`] for an exclusive lock on a file that is open only for reading,
    /// which the kernel does not give.
    pub fn lock_range(
        &self,
        start: u64,
        length: u64,
        is_exclusive: bool,
        fail_immediately: bool,
    ) -> Result<(), NtStatus> {
        let wanted = LockedRange {
            start,
            length,
            is_exclusive,
        };
        if self.has_conflict(&wanted) {
            return Err(NtStatus::LOCK_NOT_GRANTED);
        }
        if length > 0 && !self.has_exclusively(&wanted) {
            let (start, length) = wanted.for_kernel();
            // Not under the lock of the list: it may wait for another thread to unlock.
            sys::lock_range(
                self.as_fd(),
                wanted.kind(),
                start,
                length,
                !fail_immediately,
            )
            .map_err(|errno| match errno {
                Errno::AGAIN | Errno::ACCESS => NtStatus::LOCK_NOT_GRANTED,
                other => status_from_errno(other),
            })?;
            // A shared lock has just replaced what was exclusively locked of the range.
            self.lock_again(&self.locked_ranges.lock(), &wanted);
        }
        self.locked_ranges.lock().push(wanted);
        Ok(())
    }

    /// Whether a lock held through this open file excludes another: an exclusive one is alone, but who
    /// has it may lock the range for sharing besides, to give up the one and keep the other.
    fn has_conflict(&self, wanted: &LockedRange) -> bool {
        let held = self.locked_ranges.lock();
        wanted.is_exclusive && held.iter().any(|held| held.overlaps(wanted))
    }

    /// Whether one exclusive lock of this open file covers a range.
    fn has_exclusively(&self, wanted: &LockedRange) -> bool {
        let held = self.locked_ranges.lock();
        held.iter()
            .any(|held| held.is_exclusive && held.covers(wanted))
    }

    /// Puts back under lock what others of the ranges cover of one: the kernel holds one lock for each
    /// byte, Windows one for each call. Shared locks first, which exclusive ones are to replace.
    fn lock_again(&self, ranges: &[LockedRange], changed: &LockedRange) {
        for exclusive in [false, true] {
            let others = ranges
                .iter()
                .filter(|held| held.is_exclusive == exclusive && held.overlaps(changed));
            for held in others {
                let (start, length) = held.for_kernel();
                let _ = sys::lock_range(self.as_fd(), held.kind(), start, length, false);
            }
        }
    }

    /// Unlocks a range that was locked exactly so; mirrors NtUnlockFile. If it was locked twice, the
    /// exclusive lock goes first.
    ///
    /// # Errors
    ///
    /// [`NtStatus::RANGE_NOT_LOCKED`] if it was not.
    pub fn unlock_range(&self, start: u64, length: u64) -> Result<(), NtStatus> {
        let mut ranges = self.locked_ranges.lock();
        let is_meant = |held: &LockedRange| held.start == start && held.length == length;
        let index = ranges
            .iter()
            .position(|held| is_meant(held) && held.is_exclusive)
            .or_else(|| ranges.iter().position(is_meant))
            .ok_or(NtStatus::RANGE_NOT_LOCKED)?;
        let released = ranges.swap_remove(index);
        if length > 0 {
            let (start, length) = released.for_kernel();
            sys::unlock_range(self.as_fd(), start, length).map_err(status_from_errno)?;
            self.lock_again(&ranges, &released);
        }
        Ok(())
    }

    /// Gives up every range, as closing the last handle does.
    pub(super) fn unlock_all(&self) {
        let mut ranges = self.locked_ranges.lock();
        if !ranges.is_empty() {
            ranges.clear();
            let _ = sys::unlock_range(self.as_fd(), 0, FIRST_BYTE);
        }
    }
}
