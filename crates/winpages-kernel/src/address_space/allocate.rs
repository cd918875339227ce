//! Reserving and committing: NtAllocateVirtualMemory.

use std::sync::OnceLock;

use rustix::io::Errno;

use super::allocation_request::{Allocate, AllocationRequest, AllocationType, Wanted};
use super::layout::{
    ALLOCATION_GRANULARITY, AddressLayout, MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, application_end,
};
use super::region_map::{REGIONS, Writer};
use super::restore::restore;
use super::run::{AllocationKind, PageState, Run};
use super::view;
use super::{
    AddressRequirements, PageRange, Protection, large_pages, placeholder, user_physical_pages,
    write_watch,
};
use super::{foreign, layout};
use crate::NtStatus;
use crate::residency;
use crate::sys::memory::{self, Access};
use crate::sys::random;

/// Reserves addresses, commits pages, or both; mirrors NtAllocateVirtualMemory for the calling
/// process. `base` 0 lets the engine choose the address. Answers the range as rounded: reservations
/// start at a multiple of 64 KiB, commitments at a page.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: size 0, a range outside the application's addresses, or bits in
///   `allocation_type` that do not go together.
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: `protection` is not one private pages can have.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: the range to reserve is in use, or the range to commit does
///   not lie in one reservation.
/// * [`NtStatus::ALREADY_COMMITTED`]: the range lies in a view of a file.
/// * [`NtStatus::NO_MEMORY`]: no room in the address space.
/// * [`NtStatus::COMMITMENT_LIMIT`]: the kernel will not promise the memory.
/// * [`NtStatus::DEVICE_BUSY`]: the contents of pages whose reset is to be undone are lost.
/// * [`NtStatus::PRIVILEGE_NOT_HELD`], [`NtStatus::INSUFFICIENT_RESOURCES`]: large pages may not be
///   had, or there are none left.
pub fn allocate_virtual_memory(
    base: usize,
    size: usize,
    allocation_type: u32,
    protection: u32,
) -> Result<PageRange, NtStatus> {
    allocate_virtual_memory_within(&Allocate::below(
        0,
        base,
        size,
        allocation_type,
        protection,
    )?)
}

/// As [`allocate_virtual_memory`], where the engine may not put the allocation anywhere; mirrors
/// NtAllocateVirtualMemoryEx with MEM_ADDRESS_REQUIREMENTS for the calling process.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: the requirements are not well formed, or there are any and
///   `base` is not 0; a placeholder is to be made of more than reserved pages without access, or
///   replaced by nothing, by a window for physical pages or at no address.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: the range is not exactly that of a placeholder that is to be
///   replaced.
/// * otherwise as [`allocate_virtual_memory`].
pub fn allocate_virtual_memory_within(asked: &Allocate) -> Result<PageRange, NtStatus> {
    let request = AllocationRequest::check(asked)?;
    let requirements = &asked.requirements;
    let AllocationRequest {
        kind, protection, ..
    } = request;
    protection.prepare();
    match request.wanted {
        Wanted::LargePages => {
            large_pages::allocate(requirements, asked.base, asked.size, kind, protection)
        }
        Wanted::Reset(pages) => {
            is_resettable(pages)?;
            if kind == AllocationType::RESET {
                residency::reset(pages);
            } else {
                residency::undo_reset(pages)?;
            }
            Ok(pages)
        }
        Wanted::Anywhere(size) => reserve_anywhere(size, kind, protection, requirements),
        Wanted::Placeholder(pages) => {
            let commit = kind.contains(AllocationType::COMMIT);
            let watch = kind.contains(AllocationType::WRITE_WATCH);
            let mut writer = REGIONS.write();
            placeholder::replace_with_private(&mut writer, pages, commit, watch, protection)
        }
        Wanted::At(range) => reserve_at(range, kind, protection),
        Wanted::Pages(pages) => commit_pages(pages, protection),
    }
}

fn reserve_anywhere(
    size: usize,
    kind: AllocationType,
    protection: Protection,
    requirements: &AddressRequirements,
) -> Result<PageRange, NtStatus> {
    let commit = kind.contains(AllocationType::COMMIT);
    let top_down = kind.contains(AllocationType::TOP_DOWN);
    let mut writer = REGIONS.write();
    let base = place(&mut writer, size, requirements, top_down, commit, |base| {
        // SAFETY: the place is free by the map, and the kernel refuses it if it is not.
        unsafe { map_private(base, size, commit, protection) }
    })?;
    add_private(&mut writer, PageRange { base, size }, kind, protection)
}

fn reserve_at(
    range: PageRange,
    kind: AllocationType,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let commit = kind.contains(AllocationType::COMMIT);
    let mut writer = REGIONS.write();
    writer.ensure_records()?;
    clear_way(&mut writer, range)?;
    // SAFETY: the range is free by the map, and the kernel refuses it if it is not.
    unsafe { map_private(range.base, range.size, commit, protection) }
        .map_err(|errno| mapping_status(errno, commit))?;
    add_private(&mut writer, range, kind, protection)
}

/// Enters private pages that have just been mapped.
fn add_private(
    writer: &mut Writer<'_>,
    range: PageRange,
    kind: AllocationType,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let (state, access) = if kind.contains(AllocationType::COMMIT) {
        (PageState::committed(protection), protection.access())
    } else {
        (PageState::RESERVED, Access::empty())
    };
    let (kind, more) = if kind.contains(AllocationType::PHYSICAL) {
        (AllocationKind::Physical, user_physical_pages::begin(range))
    } else if kind.contains(AllocationType::WRITE_WATCH) {
        (AllocationKind::Private, write_watch::begin(range, access))
    } else if kind.contains(AllocationType::RESERVE_PLACEHOLDER) {
        (AllocationKind::Placeholder, Ok(0))
    } else {
        (AllocationKind::Private, Ok(0))
    };
    let more = more.inspect_err(|_| {
        // SAFETY: the caller mapped the pages, and nobody knows of them yet.
        let _ = unsafe { memory::unmap(range.base, range.size) };
    })?;
    writer.add_allocation(kind, range.base, range.end(), state, protection, more);
    Ok(range)
}

/// Finds a free place and has `map` map it. [`Writer::ensure_records`] has been called when this
/// succeeds.
pub(super) fn place(
    writer: &mut Writer<'_>,
    size: usize,
    requirements: &AddressRequirements,
    top_down: bool,
    commit: bool,
    mut map: impl FnMut(usize) -> Result<(), Errno>,
) -> Result<usize, NtStatus> {
    let start = zone_start();
    // First where the engine likes to be, then wherever there is room.
    for (low, high) in [
        (start, layout::current().zone().1),
        (MINIMUM_APPLICATION_ADDRESS, application_end()),
    ] {
        let (low, high) = requirements.narrow(low, high);
        let alignment = requirements.alignment();
        loop {
            writer.ensure_records()?;
            let found = if top_down {
                writer.highest_gap(size, alignment, low, high)
            } else {
                writer.lowest_gap(size, alignment, low, high)
            };
            let Some(base) = found else { break };
            match map(base) {
                Ok(()) => return Ok(base),
                Err(Errno::EXIST | Errno::PERM) => {
                    // Somebody else is there. Remember, so that the next search goes past.
                    let theirs = foreign::extent_within(base, base + size);
                    writer.add_allocation(
                        AllocationKind::Foreign,
                        theirs.base,
                        theirs.end(),
                        PageState::RESERVED,
                        Protection::NOACCESS,
                        0,
                    );
                }
                Err(errno) => return Err(mapping_status(errno, commit)),
            }
        }
    }
    Err(NtStatus::NO_MEMORY)
}

/// Makes sure that nothing of ours lies in a range, and forgets what was once found there of others:
/// the kernel knows best whether they are still there.
pub(super) fn clear_way(writer: &mut Writer<'_>, range: PageRange) -> Result<(), NtStatus> {
    while let Some(run) = writer.run_ending_above(range.base)
        && run.start < range.end()
    {
        if run.allocation.kind() != AllocationKind::Foreign {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        writer.remove_allocation(run.allocation);
        writer.ensure_records()?;
    }
    Ok(())
}

/// Where this process's allocations begin: chosen once, at random.
fn zone_start() -> usize {
    static START: OnceLock<usize> = OnceLock::new();
    *START.get_or_init(|| {
        let layout = layout::current();
        let (zone, _, random_bits) = layout.zone();
        let random = random::number() as usize & ((1 << random_bits) - 1);
        let start = zone + random * ALLOCATION_GRANULARITY;
        if layout == AddressLayout::Bits32 {
            return start;
        }
        // Measured: mapping and unmapping a file costs a quarter less while anything at all is
        // mapped higher up under the same entry of the topmost page table (512 GiB), for the kernel
        // does not look for tables to free then. One inaccessible page serves a whole process.
        const TOPMOST_ENTRY: usize = 512 << 30;
        let anchor = start.next_multiple_of(TOPMOST_ENTRY) + TOPMOST_ENTRY - PAGE_SIZE;
        // SAFETY: it takes a page that is free, or none.
        let _ = unsafe { memory::map_anonymous(anchor, PAGE_SIZE, Access::empty()) };
        start.next_multiple_of(TOPMOST_ENTRY) + (start % (TOPMOST_ENTRY / 2))
    })
}

/// Maps fresh private pages.
///
/// # Safety
///
/// As [`memory::map_anonymous`].
unsafe fn map_private(
    base: usize,
    size: usize,
    commit: bool,
    protection: Protection,
) -> Result<(), Errno> {
    if !commit {
        // SAFETY: the caller vouches for the range.
        return unsafe { memory::map_anonymous(base, size, Access::empty()) };
    }
    let access = protection.access();
    // SAFETY: as above.
    unsafe { memory::map_anonymous(base, size, charged(access))? };
    if access != charged(access) {
        // SAFETY: the pages were mapped one line above.
        if let Err(errno) = unsafe { memory::protect(base, size, access) } {
            // SAFETY: as above; nobody knows of them yet.
            let _ = unsafe { memory::unmap(base, size) };
            return Err(errno);
        }
    }
    Ok(())
}

/// What pages must be mapped as first, for the kernel to charge them to the commit limit: it charges
/// what is writable, and keeps the charge when that is taken back.
pub(crate) fn charged(access: Access) -> Access {
    access | Access::READ | Access::WRITE
}

pub(crate) fn mapping_status(errno: Errno, commit: bool) -> NtStatus {
    match errno {
        Errno::EXIST | Errno::PERM => NtStatus::CONFLICTING_ADDRESSES,
        Errno::NOMEM if commit => NtStatus::COMMITMENT_LIMIT,
        Errno::ACCESS => NtStatus::ACCESS_DENIED,
        _ => NtStatus::NO_MEMORY,
    }
}

fn commit_pages(range: PageRange, protection: Protection) -> Result<PageRange, NtStatus> {
    let mut writer = REGIONS.write();
    let run = one_allocation(&writer, range)?;
    if run.allocation.kind() == AllocationKind::View {
        return view::commit(&mut writer, range, run, protection);
    }
    let without_pages = [AllocationKind::Physical, AllocationKind::Placeholder];
    if without_pages.contains(&run.allocation.kind()) {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    if run.allocation.kind() == AllocationKind::Large {
        // They are committed, as they always will be.
        return if run.state == PageState::committed(protection) {
            Ok(range)
        } else {
            Err(NtStatus::CONFLICTING_ADDRESSES)
        };
    }
    if protection.is_copy_on_write() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let protection = protection.with_caching_of(run.allocation.protection());
    writer.ensure_records()?;
    let access = protection.access();
    let mut committed = Ok(());
    if access != charged(access) || write_watch::bars(run.allocation) {
        committed = charge(&writer, range, access);
    }
    if committed.is_ok() {
        // SAFETY: the range lies in one allocation of ours.
        committed = unsafe { write_watch::protect(run.allocation, range, access) };
    }
    if let Err(errno) = committed {
        restore(&writer, range);
        return Err(mapping_status(errno, true));
    }
    writer.set_states(range.base, range.end(), |_| {
        PageState::committed(protection)
    });
    Ok(range)
}

/// Commits pages of a private allocation of which none is committed yet, and that nobody watches.
pub(super) fn commit_reserved(range: PageRange, access: Access) -> Result<(), Errno> {
    // SAFETY: the range lies in an allocation of ours, and nobody uses it yet.
    unsafe {
        memory::protect(range.base, range.size, charged(access))?;
        if access != charged(access) {
            memory::protect(range.base, range.size, access)?;
        }
    }
    Ok(())
}

/// Has the kernel charge the pages of a range that are not committed yet.
fn charge(writer: &Writer<'_>, range: PageRange, access: Access) -> Result<(), Errno> {
    let mut at = range.base;
    while at < range.end()
        && let Some(run) = writer.run_at(at)
    {
        let end = run.end.min(range.end());
        if run.state == PageState::RESERVED {
            // SAFETY: the run is part of an allocation of ours.
            unsafe { memory::protect(at, end - at, charged(access))? };
        }
        at = end;
    }
    Ok(())
}

/// The run at the start of a range that lies in one allocation.
pub(super) fn one_allocation(writer: &Writer<'_>, range: PageRange) -> Result<Run, NtStatus> {
    match writer.run_at(range.base) {
        Some(run) if range.end() <= run.allocation.end() => Ok(run),
        _ => Err(NtStatus::CONFLICTING_ADDRESSES),
    }
}

/// Whether pages can be reset, or not be after all: those of one allocation, and of no placeholder.
fn is_resettable(range: PageRange) -> Result<(), NtStatus> {
    let run = one_allocation(&REGIONS.write(), range)?;
    if run.allocation.kind() == AllocationKind::Placeholder {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    Ok(())
}
