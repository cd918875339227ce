//! What is in memory, what stays there, and what may go.

use std::ops::Range;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;
use winpages_kernel::address_space::layout::{
    MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, application_end,
};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::residency::{
    self, MemoryNotificationKind, OfferPriority, Reclaimed, WorkingSetFlags,
};

use super::super::Code;
use super::code;
use super::handle::ObjectHandle;
use super::process::target;
use crate::memory_status::{MemoryStatus, PerformanceInformation, ProcessMemory};
use crate::working_set::WorkingSetLimits;

pub(crate) fn lock(base: usize, size: usize) -> Result<(), Code> {
    residency::lock_virtual_memory(base, size)
        .map(drop)
        .map_err(code)
}

pub(crate) fn unlock(base: usize, size: usize) -> Result<(), Code> {
    residency::unlock_virtual_memory(base, size)
        .map(drop)
        .map_err(code)
}

pub(crate) fn prefetch(ranges: &[Range<usize>]) -> Result<(), Code> {
    if ranges.is_empty() {
        return Err(ERROR_INVALID_PARAMETER);
    }
    ranges.iter().try_for_each(|range| {
        residency::prefetch_virtual_memory(range.start, range.len()).map_err(code)
    })
}

/// # Safety
///
/// Nobody may rely on the contents of the pages until they are reclaimed.
pub(crate) unsafe fn offer(base: usize, size: usize, priority: u32) -> Result<(), Code> {
    OfferPriority::from_number(priority)
        .and_then(|priority| residency::offer_virtual_memory(base, size, priority))
        .map_err(code)
}

/// Answers whether the pages hold what they held.
pub(crate) fn reclaim(base: usize, size: usize) -> Result<bool, Code> {
    residency::reclaim_virtual_memory(base, size)
        .map(|outcome| outcome == Reclaimed::Intact)
        .map_err(code)
}

/// # Safety
///
/// Nobody may rely on the contents of the pages.
pub(crate) unsafe fn discard(base: usize, size: usize) -> Result<(), Code> {
    residency::discard_virtual_memory(base, size).map_err(code)
}

pub(crate) fn working_set_limits() -> Result<WorkingSetLimits, Code> {
    let limits = residency::working_set_limits();
    Ok(WorkingSetLimits {
        minimum: limits.minimum,
        maximum: limits.maximum,
        hard_minimum: limits.flags.contains(WorkingSetFlags::HARD_MINIMUM_ENABLE),
        hard_maximum: limits.flags.contains(WorkingSetFlags::HARD_MAXIMUM_ENABLE),
    })
}

pub(crate) fn set_working_set_limits(
    minimum: usize,
    maximum: usize,
    flags: u32,
) -> Result<(), Code> {
    residency::set_working_set_limits(minimum, maximum, flags).map_err(code)
}

pub(crate) fn empty_working_set() -> Result<(), Code> {
    residency::empty_working_set();
    Ok(())
}

/// The pages of the working set, each as a PSAPI_WORKING_SET_BLOCK.
pub(crate) fn working_set() -> Result<Vec<u64>, Code> {
    working_set_of(&Target::Own)
}

/// The same of another process.
pub(crate) fn working_set_of_process(process: &ObjectHandle) -> Result<Vec<u64>, Code> {
    let rights = AccessMask::PROCESS_QUERY_INFORMATION | AccessMask::PROCESS_VM_READ;
    working_set_of(&target(process, rights)?)
}

fn working_set_of(target: &Target) -> Result<Vec<u64>, Code> {
    let mut blocks = Vec::new();
    process::with_page_reader(target, |reader| {
        reader.walk(|address, page| blocks.push(page.block(address)));
        Ok(())
    })
    .map_err(code)?;
    Ok(blocks)
}

/// What is known of pages, each as a PSAPI_WORKING_SET_EX_BLOCK.
pub(crate) fn page_blocks(addresses: &[usize]) -> Result<Vec<u64>, Code> {
    page_blocks_of(&Target::Own, addresses)
}

/// The same of another process.
pub(crate) fn page_blocks_of_process(
    process: &ObjectHandle,
    addresses: &[usize],
) -> Result<Vec<u64>, Code> {
    page_blocks_of(
        &target(process, AccessMask::PROCESS_QUERY_INFORMATION)?,
        addresses,
    )
}

fn page_blocks_of(target: &Target, addresses: &[usize]) -> Result<Vec<u64>, Code> {
    process::with_page_reader(target, |reader| {
        let addresses = addresses.iter();
        Ok(addresses
            .map(|address| reader.page(*address).extended_block())
            .collect())
    })
    .map_err(code)
}

pub(crate) fn memory_status() -> Result<MemoryStatus, Code> {
    let memory = residency::system_memory();
    let address_total = (application_end() - MINIMUM_APPLICATION_ADDRESS) as u64;
    let used = memory
        .physical_total
        .saturating_sub(memory.physical_available);
    Ok(MemoryStatus {
        load: (used * 100).checked_div(memory.physical_total).unwrap_or(0) as u32,
        physical_total: memory.physical_total,
        physical_available: memory.physical_available,
        commit_limit: memory.commit_limit,
        commit_available: memory.commit_available,
        address_total,
        address_available: address_total.saturating_sub(residency::process_memory().virtual_size),
    })
}

pub(crate) fn performance_information() -> Result<PerformanceInformation, Code> {
    let memory = residency::system_memory();
    let objects = residency::system_objects();
    let commit_total = memory.commit_limit.saturating_sub(memory.commit_available);
    Ok(PerformanceInformation {
        commit_total,
        commit_limit: memory.commit_limit,
        commit_peak: commit_total,
        physical_total: memory.physical_total,
        physical_available: memory.physical_available,
        system_cache: memory.system_cache,
        kernel_paged: memory.kernel_paged,
        kernel_nonpaged: memory.kernel_nonpaged,
        handles: objects.handles,
        processes: objects.processes,
        threads: objects.threads,
    })
}

pub(crate) fn process_memory() -> Result<ProcessMemory, Code> {
    Ok(memory_of(&Target::Own))
}

/// The same of another process.
pub(crate) fn memory_of_process(process: &ObjectHandle) -> Result<ProcessMemory, Code> {
    target(process, AccessMask::PROCESS_QUERY_LIMITED_INFORMATION).map(|target| memory_of(&target))
}

fn memory_of(target: &Target) -> ProcessMemory {
    let memory = process::process_memory(target);
    ProcessMemory {
        page_faults: memory.page_faults as u32,
        working_set: memory.working_set,
        peak_working_set: memory.peak_working_set,
        commit: memory.commit,
        peak_commit: memory.peak_commit,
    }
}

/// In bytes.
pub(crate) fn installed_memory() -> Result<u64, Code> {
    Ok(residency::system_memory().physical_total)
}

pub(crate) fn large_page_minimum() -> usize {
    const LARGE_PAGE: usize = 2 << 20;
    const _: () = assert!(LARGE_PAGE.is_multiple_of(PAGE_SIZE));
    LARGE_PAGE
}

/// A handle to a memory resource notification.
pub(crate) fn create_notification(kind: u32) -> Result<ObjectHandle, Code> {
    MemoryNotificationKind::from_number(kind)
        .and_then(residency::create_memory_notification)
        .map(ObjectHandle::new)
        .map_err(code)
}

pub(crate) fn is_notified(notification: &ObjectHandle) -> Result<bool, Code> {
    residency::query_memory_notification(notification.get()).map_err(code)
}
