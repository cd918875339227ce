//! Private memory, and what lies where.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use winpages_error::error_code::ERROR_NOACCESS;
use winpages_kernel::address_space::layout::{
    self, ALLOCATION_GRANULARITY, AddressLayout, MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE,
    maximum_application_address,
};
use winpages_kernel::address_space::{
    self, Allocate, FreeType, MemoryBasicInformation, Protection,
};
use winpages_kernel::sys::fault;

use super::super::{Allocation, BasicInformation, Code};
use super::{code, requirements};

#[inline]
pub(crate) fn page_size() -> usize {
    PAGE_SIZE
}

pub(crate) fn allocation_granularity() -> usize {
    ALLOCATION_GRANULARITY
}

pub(crate) fn application_addresses() -> RangeInclusive<usize> {
    MINIMUM_APPLICATION_ADDRESS..=maximum_application_address()
}

#[inline]
pub(crate) fn allocate(request: &Allocation) -> Result<usize, Code> {
    address_space::allocate_virtual_memory_within(&asked(request))
        .map(|range| range.base)
        .map_err(code)
}

#[inline]
pub(super) fn asked(request: &Allocation) -> Allocate {
    Allocate {
        requirements: requirements(request.requirements),
        base: request.base,
        size: request.size,
        allocation_type: request.kind,
        protection: request.protection,
    }
}

/// # Safety
///
/// The pages must be given up by whoever uses them.
pub(crate) unsafe fn decommit(base: usize, size: usize) -> Result<(), Code> {
    address_space::free_virtual_memory(base, size, FreeType::DECOMMIT.bits())
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// As [`decommit`], of the whole allocation.
pub(crate) unsafe fn release(base: usize) -> Result<(), Code> {
    address_space::free_virtual_memory(base, 0, FreeType::RELEASE.bits())
        .map(drop)
        .map_err(code)
}

/// Cuts a placeholder out of a larger one, or joins placeholders that lie side by side.
///
/// # Safety
///
/// The range must be placeholders' of the caller's.
pub(crate) unsafe fn change_placeholder(base: usize, size: usize, kind: u32) -> Result<(), Code> {
    address_space::free_virtual_memory(base, size, FreeType::RELEASE.bits() | kind)
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// Nobody may rely on the old protection.
pub(crate) unsafe fn protect(base: usize, size: usize, protection: u32) -> Result<u32, Code> {
    address_space::protect_virtual_memory(base, size, protection)
        .map(|(_, old)| old.bits())
        .map_err(code)
}

#[inline]
pub(crate) fn query(address: usize) -> Result<BasicInformation, Code> {
    address_space::query_virtual_memory(address)
        .map(basic_information)
        .map_err(code)
}

#[inline]
pub(super) fn basic_information(region: MemoryBasicInformation) -> BasicInformation {
    let bits = |protection: Option<Protection>| protection.map_or(0, |given| given.bits());
    BasicInformation {
        base: region.base_address,
        size: region.region_size,
        allocation_base: region.allocation_base,
        allocation_protection: bits(region.allocation_protection),
        state: region.state as u32,
        protection: bits(region.protection),
        kind: region.kind as u32,
    }
}

/// # Safety
///
/// What is written from `to` on must be the caller's to write.
#[inline]
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, size: usize) -> Result<(), Code> {
    // SAFETY: the caller's.
    unsafe { fault::copy(to, from, size) }.map_err(|_| ERROR_NOACCESS)
}

/// Calls `found` with addresses of pages that have been written, lowest first.
pub(crate) fn written(
    base: usize,
    size: usize,
    reset: bool,
    mut found: impl FnMut(&[usize]),
) -> Result<(), Code> {
    address_space::get_write_watch(base, size, reset, usize::MAX, |pages| {
        found(pages);
        Ok(())
    })
    .map(drop)
    .map_err(code)
}

pub(crate) fn reset_written(base: usize, size: usize) -> Result<(), Code> {
    address_space::reset_write_watch(base, size).map_err(code)
}

pub(crate) fn mapped_file(address: usize) -> Result<PathBuf, Code> {
    address_space::mapped_file(address).map_err(code)
}

pub(crate) fn has_small_layout() -> bool {
    layout::current() == AddressLayout::Bits32
}

/// Whether the layout could be chosen still, or is that one already.
pub(crate) fn choose_small_layout() -> bool {
    layout::choose(AddressLayout::Bits32).is_ok()
}
