//! Changing protections: NtProtectVirtualMemory.

use super::allocate::mapping_status;
use super::layout::MINIMUM_APPLICATION_ADDRESS;
use super::region_map::{REGIONS, Snapshot};
use super::restore::restore;
use super::run::{AllocationKind, PageState};
use super::{PageRange, Protection, foreign, view, write_watch};
use crate::NtStatus;

/// Changes the protection of committed pages; mirrors NtProtectVirtualMemory for the calling process.
/// Answers the range as rounded to pages, and the protection its first page had.
///
/// Works on memory that others mapped, too: code of the program, malloc's pages, stacks.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: `protection` is not one such pages can have.
/// * [`NtStatus::INVALID_PARAMETER`]: size 0, or a range outside the application's addresses.
/// * [`NtStatus::NOT_COMMITTED`]: a page of the range is reserved or free.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: the range passes the end of its allocation, or lies in a
///   window for physical pages.
/// * [`NtStatus::COMMITMENT_LIMIT`]: the kernel will not promise the memory, or has no room for one
///   mapping more. Nothing is changed.
pub fn protect_virtual_memory(
    base: usize,
    size: usize,
    protection: u32,
) -> Result<(PageRange, Protection), NtStatus> {
    let protection = Protection::parse(protection)?;
    protection.prepare();
    if size == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
    let mut writer = REGIONS.write();
    let Some(run) = writer.run_at(range.base) else {
        drop(writer);
        return protect_foreign(range, protection);
    };
    if range.end() > run.allocation.end() {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    if run.allocation.kind() == AllocationKind::View {
        return view::protect(&mut writer, range, run, protection);
    }
    if run.allocation.kind() == AllocationKind::Physical {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    if protection.is_copy_on_write() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let old = run.state.protection().ok_or(NtStatus::NOT_COMMITTED)?;
    let mut at = run.end;
    while at < range.end() {
        let next = writer.run_at(at).ok_or(NtStatus::NOT_COMMITTED)?;
        next.state.protection().ok_or(NtStatus::NOT_COMMITTED)?;
        at = next.end;
    }
    let new = protection.with_caching_of(run.allocation.protection());
    if run.allocation.kind() == AllocationKind::Large {
        // Nothing of them changes until they are freed.
        return if new == old {
            Ok((range, old))
        } else {
            Err(NtStatus::CONFLICTING_ADDRESSES)
        };
    }
    writer.ensure_records()?;
    // SAFETY: the range lies in one allocation of ours and is committed.
    if let Err(errno) = unsafe { write_watch::protect(run.allocation, range, new.access()) } {
        restore(&writer, range);
        return Err(mapping_status(errno, true));
    }
    writer.set_states(range.base, range.end(), |_| PageState::committed(new));
    Ok((range, old))
}

fn protect_foreign(
    range: PageRange,
    protection: Protection,
) -> Result<(PageRange, Protection), NtStatus> {
    if range.base < MINIMUM_APPLICATION_ADDRESS {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    let Snapshot::Elsewhere {
        previous_end,
        next_start,
    } = REGIONS.look(range.base)
    else {
        return Err(NtStatus::NOT_COMMITTED);
    };
    if range.end() > next_start {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    foreign::protect(range, protection, previous_end, next_start).map(|old| (range, old))
}
