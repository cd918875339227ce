//! Memory offered to the system: it may take the contents when memory is scarce, and then says so.

use super::lock::{for_each_region, locked_pages};
use super::samples::{self, Reclaimed, forget_samples};
use crate::NtStatus;
use crate::address_space::{MemoryKind, MemoryState, PageRange, write_watch};
use crate::sys::memory::{self, Access};

/// How readily offered memory is to be taken: Windows' OFFER_PRIORITY. Linux takes the pages that
/// were offered first first, whatever their priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
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

impl OfferPriority {
    /// The priority of a number.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`].
    pub fn from_number(number: u32) -> Result<Self, NtStatus> {
        match number {
            1 => Ok(Self::VeryLow),
            2 => Ok(Self::Low),
            3 => Ok(Self::BelowNormal),
            4 => Ok(Self::Normal),
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }
}

/// Offers private pages to the system: it may take their contents until they are reclaimed.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: address or size is no multiple of the page size, or the size is
///   0, or pages are locked.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: the range is not private memory of one allocation.
/// * [`NtStatus::NOT_COMMITTED`]: a page is not committed.
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: a page cannot be read and written.
/// * [`NtStatus::NO_MEMORY`]: no room for what must be remembered of it.
pub fn offer_virtual_memory(
    base: usize,
    size: usize,
    _priority: OfferPriority,
) -> Result<(), NtStatus> {
    let range = offerable(base, size)?;
    samples::leave_to_kernel(range)
}

/// Takes offered pages back.
///
/// # Errors
///
/// As [`offer_virtual_memory`], but for pages that are locked.
pub fn reclaim_virtual_memory(base: usize, size: usize) -> Result<Reclaimed, NtStatus> {
    let range = private_pages(base, size)?;
    Ok(samples::keep(range))
}

/// Throws the contents of private pages away; they stay committed, and hold zeroes.
///
/// # Errors
///
/// As [`offer_virtual_memory`].
pub fn discard_virtual_memory(base: usize, size: usize) -> Result<(), NtStatus> {
    let range = offerable(base, size)?;
    forget_samples(range);
    write_watch::keep_marks_of(range);
    // SAFETY: the caller gives the contents up.
    unsafe { memory::discard(range.base, range.size) }.map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Checks that a range is made of whole pages that can be offered.
fn private_pages(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = PageRange::touching(base, size)
        .filter(|range| size != 0 && range.base == base && range.size == size)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let mut allocation = None;
    for_each_region(range, |region, _, _| {
        let same = *allocation.get_or_insert(region.allocation_base) == region.allocation_base;
        if region.kind != MemoryKind::Private || !same {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        if region.state != MemoryState::Commit {
            return Err(NtStatus::NOT_COMMITTED);
        }
        let usable = region
            .protection
            .is_some_and(|given| given.access().contains(Access::READ | Access::WRITE));
        if usable {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PAGE_PROTECTION)
        }
    })?;
    Ok(range)
}

/// As [`private_pages`], and none of them locked.
fn offerable(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = private_pages(base, size)?;
    if locked_pages(range) > 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(range)
}
