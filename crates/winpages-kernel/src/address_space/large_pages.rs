//! Large pages: VirtualAlloc with MEM_LARGE_PAGES.
//!
//! They are Linux's huge pages, of which the administrator sets some aside. That is what Windows'
//! "lock pages in memory" policy is: so where there are any, the process holds the privilege, and must
//! enable it as on Windows.

use super::allocate::{clear_way, place};
use super::allocation_request::AllocationType;
use super::layout::{MINIMUM_APPLICATION_ADDRESS, application_end};
use super::region_map::REGIONS;
use super::run::{AllocationKind, PageState};
use super::{AddressRequirements, PageRange, Protection};
use crate::NtStatus;
use crate::sys::memory;
use crate::token::{Privilege, Token};

/// The size of a large page in bytes, which sizes and addresses of such allocations are multiples of;
/// mirrors GetLargePageMinimum.
pub const LARGE_PAGE_SIZE: usize = memory::HUGE_PAGE_SIZE;

/// Whether this process may use large pages.
///
/// # Errors
///
/// [`NtStatus::PRIVILEGE_NOT_HELD`]: SeLockMemoryPrivilege is not enabled, or nobody has set huge pages aside
/// on this machine.
pub(crate) fn check_privilege() -> Result<(), NtStatus> {
    match Token::default().state(Privilege::LOCK_MEMORY) {
        Some(true) => Ok(()),
        _ => Err(NtStatus::PRIVILEGE_NOT_HELD),
    }
}

/// Reserves and commits large pages.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: anything but reserved and committed at once, or written through
///   with a watch; an address or a size that is no multiple of [`LARGE_PAGE_SIZE`].
/// * [`NtStatus::PRIVILEGE_NOT_HELD`]: see [`check_privilege`].
/// * [`NtStatus::INSUFFICIENT_RESOURCES`]: those that were set aside are all in use.
/// * [`NtStatus::CONFLICTING_ADDRESSES`], [`NtStatus::NO_MEMORY`]: no room at that address, or anywhere.
pub(super) fn allocate(
    requirements: &AddressRequirements,
    base: usize,
    size: usize,
    kind: AllocationType,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let both = AllocationType::RESERVE | AllocationType::COMMIT | AllocationType::LARGE_PAGES;
    if kind.difference(AllocationType::TOP_DOWN) != both {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    check_privilege()?;
    let end = base
        .checked_add(size)
        .filter(|end| *end <= application_end());
    if !size.is_multiple_of(LARGE_PAGE_SIZE)
        || !base.is_multiple_of(LARGE_PAGE_SIZE)
        || end.is_none()
        || size > application_end() - MINIMUM_APPLICATION_ADDRESS
    {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: the place is free by the map, and the kernel refuses it if it is not.
    let map = |base| unsafe { memory::map_huge_pages(base, size, protection.access()) };
    let status = |status| match status {
        // The kernel has no huge pages left: here, that is what its ENOMEM means.
        NtStatus::COMMITMENT_LIMIT => NtStatus::INSUFFICIENT_RESOURCES,
        other => other,
    };
    let mut writer = REGIONS.write();
    let base = if base == 0 {
        let requirements = AddressRequirements {
            alignment: requirements.alignment.max(LARGE_PAGE_SIZE),
            ..*requirements
        };
        let top_down = kind.contains(AllocationType::TOP_DOWN);
        place(&mut writer, size, &requirements, top_down, true, map).map_err(status)?
    } else {
        writer.ensure_records()?;
        clear_way(&mut writer, PageRange { base, size })?;
        map(base).map_err(|errno| status(super::allocate::mapping_status(errno, true)))?;
        base
    };
    let range = PageRange { base, size };
    let state = PageState::committed(protection);
    writer.add_allocation(
        AllocationKind::Large,
        base,
        range.end(),
        state,
        protection,
        0,
    );
    Ok(range)
}
