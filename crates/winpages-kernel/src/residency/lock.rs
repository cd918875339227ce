//! Keeping pages in memory: NtLockVirtualMemory.

use super::working_set::working_set_limits;
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::address_space::{
    MemoryBasicInformation, MemoryState, PageRange, Protection, protect_virtual_memory,
    query_virtual_memory,
};
use crate::sys::{proc_text, procmap, residency};

/// How many pages of the minimum working set cannot be locked, so that the process can go on: what
/// Microsoft calls a small overhead.
const FLUID_PAGES: usize = 8;

/// Keeps committed pages in memory until they are unlocked, once, or freed; mirrors
/// NtLockVirtualMemory for the calling process. Answers the range as rounded to pages.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: size 0, or a range outside the application's addresses.
/// * [`NtStatus::ACCESS_VIOLATION`]: a page is free, reserved, or may not be accessed.
/// * [`NtStatus::GUARD_PAGE_VIOLATION`]: a page was a guard page, and is none any more.
/// * [`NtStatus::WORKING_SET_QUOTA`]: the process would have more pages locked than its minimum
///   working set leaves room for, or than RLIMIT_MEMLOCK allows.
pub fn lock_virtual_memory(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = page_range(base, size)?;
    for_each_region(range, check_accessible)?;
    let pages = range.size / PAGE_SIZE;
    let locked_here = locked_pages(range);
    if locked_here == pages {
        return Ok(range);
    }
    let room = (working_set_limits().minimum / PAGE_SIZE).saturating_sub(FLUID_PAGES);
    if locked_by_process() + pages - locked_here > room {
        return Err(NtStatus::WORKING_SET_QUOTA);
    }
    let locked = for_each_region(range, |region, start, end| {
        // Windows reads a page to lock it. Linux writes where it may, which would copy the pages of
        // a view that is copied on write.
        let copies = region.protection.is_some_and(Protection::is_copy_on_write);
        let locked = if copies {
            residency::lock_as_they_are(start, end - start)
        } else {
            residency::lock(start, end - start)
        };
        locked.map_err(|_| NtStatus::WORKING_SET_QUOTA)
    });
    if locked.is_err() && locked_here == 0 {
        let _ = residency::unlock(range.base, range.size);
    }
    locked.map(|()| range)
}

/// Lets pages be paged out again; mirrors NtUnlockVirtualMemory for the calling process. Answers the
/// range as rounded to pages.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: size 0, or a range outside the application's addresses.
/// * [`NtStatus::NOT_LOCKED`]: not all pages were locked. Those that are stay so; the others have been
///   taken out of the working set.
pub fn unlock_virtual_memory(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = page_range(base, size)?;
    let mut locked = 0;
    for_each_mapping(range, |start, end| {
        if residency::is_locked(start) {
            locked += end - start;
        } else {
            residency::page_out(start, end - start);
        }
    });
    if locked != range.size {
        return Err(NtStatus::NOT_LOCKED);
    }
    residency::unlock(range.base, range.size)
        .map(|()| range)
        .map_err(|_| NtStatus::NO_MEMORY)
}

/// The pages that a range touches.
pub(super) fn page_range(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    PageRange::touching(base, size)
        .filter(|_| size != 0)
        .ok_or(NtStatus::INVALID_PARAMETER)
}

/// Calls `work` for each run of pages alike in a range, with the part of it that lies in the range.
pub(super) fn for_each_region(
    range: PageRange,
    mut work: impl FnMut(&MemoryBasicInformation, usize, usize) -> Result<(), NtStatus>,
) -> Result<(), NtStatus> {
    let mut at = range.base;
    while at < range.end() {
        let region = query_virtual_memory(at)?;
        let end = (at + region.region_size).min(range.end());
        work(&region, at, end)?;
        at = end;
    }
    Ok(())
}

/// Calls `work` for the part that each of the kernel's mappings has in a range.
fn for_each_mapping(range: PageRange, mut work: impl FnMut(usize, usize)) {
    let mut at = range.base;
    while let Ok(Some(mapping)) = procmap::covering_or_next(at)
        && mapping.start < range.end()
    {
        let end = mapping.end.min(range.end());
        work(mapping.start.max(at), end);
        at = end;
        if at == range.end() {
            break;
        }
    }
}

fn check_accessible(
    region: &MemoryBasicInformation,
    start: usize,
    _end: usize,
) -> Result<(), NtStatus> {
    let protection = region
        .protection
        .filter(|protection| {
            region.state == MemoryState::Commit && *protection != Protection::NOACCESS
        })
        .ok_or(NtStatus::ACCESS_VIOLATION)?;
    if protection.contains(Protection::GUARD) {
        // Windows touches each page: the first that is a guard page is found so, and is none then.
        let plain = protection.difference(Protection::GUARD);
        protect_virtual_memory(start, PAGE_SIZE, plain.bits())?;
        return Err(NtStatus::GUARD_PAGE_VIOLATION);
    }
    Ok(())
}

/// How many pages of a range are locked.
pub(super) fn locked_pages(range: PageRange) -> usize {
    let mut bytes = 0;
    for_each_mapping(range, |start, end| {
        if residency::is_locked(start) {
            bytes += end - start;
        }
    });
    bytes / PAGE_SIZE
}

/// How many pages of the process are locked, by whomever.
fn locked_by_process() -> usize {
    let mut buffer = [0; 4096];
    let text = proc_text::read(c"/proc/self/status", &mut buffer).unwrap_or_default();
    proc_text::bytes(text, "VmLck:").unwrap_or(0) as usize / PAGE_SIZE
}
