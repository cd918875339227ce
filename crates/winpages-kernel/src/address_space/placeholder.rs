//! Placeholders: reserved pages that are split and joined at will, until an allocation or a view takes
//! the place of one, and that what took it can be turned back into.
//!
//! The addresses are never free in between, neither in the map of regions nor for the kernel: what
//! takes a placeholder's place is mapped over it in one call, under the lock of the map.

use super::allocate::{commit_reserved, mapping_status};
use super::free::{empty, is_indivisible};
use super::region_map::Writer;
use super::restore::restore;
use super::run::{Allocation, AllocationKind, PageState};
use super::{PageRange, Protection, write_watch};
use crate::NtStatus;
use crate::residency::forget_samples;
use crate::sys::memory::Access;

/// The placeholder that takes up exactly a range.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if there is none: whether the range is free, in use, or only
/// part of a placeholder.
pub(super) fn exactly_at(
    writer: &Writer<'_>,
    range: PageRange,
) -> Result<&'static Allocation, NtStatus> {
    writer
        .run_at(range.base)
        .map(|run| run.allocation)
        .filter(|found| found.kind() == AllocationKind::Placeholder && found.range() == range)
        .ok_or(NtStatus::CONFLICTING_ADDRESSES)
}

/// MEM_REPLACE_PLACEHOLDER for a private allocation. Nothing is mapped anew: a placeholder's pages are
/// what a reservation's are.
pub(super) fn replace_with_private(
    writer: &mut Writer<'_>,
    range: PageRange,
    commit: bool,
    watch: bool,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let placeholder = exactly_at(writer, range)?;
    writer.ensure_records()?;
    let (state, access) = if commit {
        (PageState::committed(protection), protection.access())
    } else {
        (PageState::RESERVED, Access::empty())
    };
    if commit && let Err(errno) = commit_reserved(range, access) {
        restore(writer, range);
        return Err(mapping_status(errno, true));
    }
    let table = if watch {
        write_watch::begin(range, access).inspect_err(|_| restore(writer, range))?
    } else {
        0
    };
    let kind = AllocationKind::Private;
    writer.describe_in_place(placeholder, kind, state, protection, table);
    Ok(range)
}

/// MEM_RELEASE with MEM_PRESERVE_PLACEHOLDER: splits a placeholder, or turns an allocation that took
/// the place of one, or part of it, back into a placeholder.
pub(super) fn preserve(
    writer: &mut Writer<'_>,
    range: PageRange,
    allocation: &'static Allocation,
) -> Result<PageRange, NtStatus> {
    let is_part = range != allocation.range();
    let is_placeholder = allocation.kind() == AllocationKind::Placeholder;
    let can_be = if is_placeholder {
        is_part
    } else {
        allocation.is_in_placeholder()
    };
    if !can_be {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    if is_part && is_indivisible(allocation) {
        return Err(NtStatus::FREE_VM_NOT_AT_BASE);
    }
    writer.ensure_records()?;
    if is_placeholder {
        writer.separate(allocation, range);
        return Ok(range);
    }
    empty(range)?;
    write_watch::end(allocation.view());
    let separated = writer.separate(allocation, range);
    become_placeholder(writer, separated);
    forget_samples(range);
    Ok(range)
}

/// Enters that a placeholder lies where something has been that took the place of one.
pub(super) fn become_placeholder(writer: &mut Writer<'_>, allocation: &'static Allocation) {
    writer.describe_in_place(
        allocation,
        AllocationKind::Placeholder,
        PageState::RESERVED,
        Protection::NOACCESS,
        0,
    );
}

/// MEM_RELEASE with MEM_COALESCE_PLACEHOLDERS: makes two or more placeholders side by side one, from
/// the first byte of the first to the last of the last.
pub(super) fn coalesce(
    writer: &mut Writer<'_>,
    range: PageRange,
    first: &'static Allocation,
) -> Result<PageRange, NtStatus> {
    let mut end = range.base;
    let mut count = 0;
    while end < range.end()
        && let Some(run) = writer.run_at(end)
        && run.allocation.kind() == AllocationKind::Placeholder
        && run.start == end
    {
        end = run.end;
        count += 1;
    }
    if end != range.end() || count < 2 {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    writer.join_placeholders(first, end);
    Ok(range)
}
