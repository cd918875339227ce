//! The working set: its limits, its pages, and emptying it.

use core::sync::atomic::{AtomicU64, Ordering};

use super::page_information::{PageInformation, PageReader};
use super::system_memory::system_memory;
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::sys::{procmap, residency};

bitflags::bitflags! {
    /// How the limits bind: Windows' QUOTA_LIMITS_HARDWS_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct WorkingSetFlags: u32 {
        /// QUOTA_LIMITS_HARDWS_MIN_ENABLE: the working set does not fall below its minimum.
        const HARD_MINIMUM_ENABLE = 1;
        /// QUOTA_LIMITS_HARDWS_MIN_DISABLE: it may, when memory is scarce.
        const HARD_MINIMUM_DISABLE = 2;
        /// QUOTA_LIMITS_HARDWS_MAX_ENABLE: it does not grow past its maximum.
        const HARD_MAXIMUM_ENABLE = 4;
        /// QUOTA_LIMITS_HARDWS_MAX_DISABLE: it may, when memory is plenty.
        const HARD_MAXIMUM_DISABLE = 8;
    }
}

/// The limits of the process's working set.
///
/// Linux balances memory between processes by its own lights: the minimum decides how much can be
/// locked, and the rest is remembered and answered, as on a Windows that has memory to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkingSetLimits {
    /// In bytes, a multiple of the page size.
    pub minimum: usize,
    /// In bytes, a multiple of the page size.
    pub maximum: usize,
    /// Whether each of the two binds: exactly one flag for each.
    pub flags: WorkingSetFlags,
}

/// The minimum of a process that asked for none: 50 pages.
pub const DEFAULT_MINIMUM_PAGES: usize = 50;

/// The maximum of a process that asked for none: 345 pages.
pub const DEFAULT_MAXIMUM_PAGES: usize = 345;

/// A minimum below this many pages is raised to it.
const LEAST_MINIMUM_PAGES: usize = 20;

/// How many pages of the machine's memory no process can have for its minimum.
const SYSTEM_PAGES: usize = 512;

/// One of the two limits in the word below, in pages: 4 TiB.
const LIMIT_BITS: u32 = 30;
const LIMIT_MASK: u64 = (1 << LIMIT_BITS) - 1;

/// The limits in one word, so that nobody sees half of a change: the minimum in the lowest bits, then
/// the maximum, both in pages, then the flags.
static LIMITS: AtomicU64 = AtomicU64::new(pack(
    DEFAULT_MINIMUM_PAGES,
    DEFAULT_MAXIMUM_PAGES,
    WorkingSetFlags::HARD_MINIMUM_DISABLE.union(WorkingSetFlags::HARD_MAXIMUM_DISABLE),
));

const fn pack(minimum: usize, maximum: usize, flags: WorkingSetFlags) -> u64 {
    minimum as u64 | (maximum as u64) << LIMIT_BITS | (flags.bits() as u64) << (2 * LIMIT_BITS)
}

/// The limits of the process's working set; mirrors NtQueryInformationProcess with ProcessQuotaLimits.
pub fn working_set_limits() -> WorkingSetLimits {
    let word = LIMITS.load(Ordering::Relaxed);
    WorkingSetLimits {
        minimum: (word & LIMIT_MASK) as usize * PAGE_SIZE,
        maximum: (word >> LIMIT_BITS & LIMIT_MASK) as usize * PAGE_SIZE,
        flags: WorkingSetFlags::from_bits_truncate((word >> (2 * LIMIT_BITS)) as u32),
    }
}

/// Sets the limits of the process's working set, in bytes; mirrors NtSetInformationProcess with
/// ProcessQuotaLimits. Both `usize::MAX` empties the working set instead. Flags of which neither of a
/// pair is given stay as they are.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: a limit is 0, or both flags of a pair are given, or others.
/// * [`NtStatus::BAD_WORKING_SET_LIMIT`]: the minimum is above the maximum.
/// * [`NtStatus::INSUFFICIENT_RESOURCES`]: the machine has no memory for that minimum.
pub fn set_working_set_limits(minimum: usize, maximum: usize, flags: u32) -> Result<(), NtStatus> {
    let flags = WorkingSetFlags::from_bits(flags).ok_or(NtStatus::INVALID_PARAMETER)?;
    let minimum_pair = WorkingSetFlags::HARD_MINIMUM_ENABLE | WorkingSetFlags::HARD_MINIMUM_DISABLE;
    let maximum_pair = WorkingSetFlags::HARD_MAXIMUM_ENABLE | WorkingSetFlags::HARD_MAXIMUM_DISABLE;
    if flags.contains(minimum_pair) || flags.contains(maximum_pair) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if minimum == usize::MAX && maximum == usize::MAX {
        empty_working_set();
        return Ok(());
    }
    if minimum == 0 || maximum == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let minimum = (minimum / PAGE_SIZE).max(LEAST_MINIMUM_PAGES);
    let maximum = maximum / PAGE_SIZE;
    if minimum > maximum {
        return Err(NtStatus::BAD_WORKING_SET_LIMIT);
    }
    let memory = system_memory().physical_total as usize / PAGE_SIZE;
    if memory != 0 && minimum > memory.saturating_sub(SYSTEM_PAGES) {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let maximum = maximum.min(LIMIT_MASK as usize);
    let mut kept = working_set_limits().flags;
    for pair in [minimum_pair, maximum_pair] {
        if flags.intersects(pair) {
            kept = kept.difference(pair) | flags.intersection(pair);
        }
    }
    LIMITS.store(pack(minimum, maximum, kept), Ordering::Relaxed);
    Ok(())
}

/// Pages out all of the process that can be: pages that are locked stay, and so does what has no
/// place on disk, such as private memory on a machine without swap.
pub fn empty_working_set() {
    let mut at = 0;
    while let Ok(Some(mapping)) = procmap::covering_or_next(at) {
        residency::page_out(mapping.start, mapping.end - mapping.start);
        at = mapping.end;
    }
}

/// Calls `found` for each page of the working set with its address, from the lowest on.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`] if the kernel cannot be asked: no `/proc`, or no descriptor left.
pub fn walk_working_set(found: impl FnMut(usize, PageInformation)) -> Result<(), NtStatus> {
    PageReader::open()?.walk(found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_checked() {
        let page = PAGE_SIZE;
        let before = working_set_limits();
        for (minimum, maximum, flags, status) in [
            (0, page, 0, NtStatus::INVALID_PARAMETER),
            (page, 0, 0, NtStatus::INVALID_PARAMETER),
            (40 * page, 30 * page, 0, NtStatus::BAD_WORKING_SET_LIMIT),
            (page, 19 * page, 0, NtStatus::BAD_WORKING_SET_LIMIT),
            (page, 40 * page, 3, NtStatus::INVALID_PARAMETER),
            (page, 40 * page, 12, NtStatus::INVALID_PARAMETER),
            (page, 40 * page, 16, NtStatus::INVALID_PARAMETER),
            (
                usize::MAX - page,
                usize::MAX - page,
                0,
                NtStatus::INSUFFICIENT_RESOURCES,
            ),
        ] {
            assert_eq!(
                set_working_set_limits(minimum, maximum, flags),
                Err(status),
                "{minimum:#x} {maximum:#x} {flags}"
            );
        }
        assert_eq!(working_set_limits(), before);
    }
}
