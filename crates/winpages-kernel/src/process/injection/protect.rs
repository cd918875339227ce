//! Changing protections.

use std::sync::Arc;

use rustix::io::Errno;

use super::record::{Allocation, MadeOf};
use super::{Session, restore, set_access, status};
use crate::NtStatus;
use crate::address_space::layout::{MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE};
use crate::address_space::{
    MemoryKind, MemoryState, PageRange, Protection, copying, mapping_status, reported,
};
use crate::process::Process;
use crate::sys::pagemap::Pagemap;
use crate::sys::procmap::Maps;

/// Changes protections in a process that does not answer, of its own memory, too; see
/// [`protect_virtual_memory`](crate::address_space::protect_virtual_memory).
///
/// # Errors
///
/// What that answers.
pub(in crate::process) fn protect(
    process: &Arc<Process>,
    base: usize,
    size: usize,
    protection: u32,
) -> Result<(PageRange, Protection), NtStatus> {
    let protection = Protection::parse(protection)?;
    if size == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
    Session::with(process, move |session| {
        protect_in(&session, range, protection)
    })
    .map(|old| (range, old))
}

pub(super) fn protect_in(
    session: &Session<'_>,
    range: PageRange,
    protection: Protection,
) -> Result<Protection, NtStatus> {
    if session.record.run_at(range.base).is_none() {
        return protect_own(session, range, protection);
    }
    let parts = session.record.within_one(range);
    let parts = parts.ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
    let allocation = parts[0].allocation;
    let new = if allocation.kind() == MemoryKind::Image {
        protection_of_image(session, range, allocation, protection)?
    } else if allocation.is_view() {
        if !allocation.protection.allows_in_view(protection) {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        if protection.is_copy_on_write() && !allocation.protection.is_copy_on_write() {
            // It would have to be mapped anew, and the section is not at hand.
            return Err(NtStatus::NOT_SUPPORTED);
        }
        // How a view is cached is the section's affair.
        let caching = Protection::NOCACHE | Protection::WRITECOMBINE;
        protection.difference(caching) | allocation.protection.intersection(caching)
    } else {
        if protection.is_copy_on_write() {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        protection.with_caching_of(allocation.protection)
    };
    if parts.iter().any(|part| part.protection.is_none()) {
        return Err(NtStatus::NOT_COMMITTED);
    }
    let old = parts[0].protection.ok_or(NtStatus::NOT_COMMITTED)?;
    let (old, _) = reported(old, parts[0].range(), || {
        Pagemap::of(session.process.number)
    });
    let runs = session.record.with(range, Some(new));
    let done = session.change(&runs, |tracee| {
        set_access(tracee, range, new.access()).inspect_err(|_| restore(tracee, &parts))
    });
    done.map(|()| old)
        .map_err(|error| status(error, |errno| mapping_status(errno, true)))
}

/// The protection that pages of an image get when another is asked for.
fn protection_of_image(
    session: &Session<'_>,
    range: PageRange,
    allocation: Allocation,
    protection: Protection,
) -> Result<Protection, NtStatus> {
    if allocation.made_of == MadeOf::ImageAsData && protection.is_executable() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let first = PageRange {
        size: PAGE_SIZE,
        ..range
    };
    let maps = session.maps()?;
    let is_shared = |range| has_shared(&maps, range).map_err(|_| NtStatus::ACCESS_DENIED);
    let protection = match is_shared(first)? {
        true => protection,
        false => copying(protection),
    };
    if protection.is_copy_on_write() && is_shared(range)? {
        // It would have to be mapped anew, and the section is not at hand.
        return Err(NtStatus::NOT_SUPPORTED);
    }
    Ok(protection.difference(Protection::NOCACHE | Protection::WRITECOMBINE))
}

/// Whether a process shares pages of a range with others.
fn has_shared(maps: &Maps, range: PageRange) -> Result<bool, Errno> {
    let mut at = range.base;
    while let Some(found) = maps.covering_or_next(at)?
        && found.start < range.end()
    {
        if found.shared {
            return Ok(true);
        }
        at = found.end;
    }
    Ok(false)
}

/// The same for memory that was not allocated from outside.
fn protect_own(
    session: &Session<'_>,
    range: PageRange,
    protection: Protection,
) -> Result<Protection, NtStatus> {
    if range.base < MINIMUM_APPLICATION_ADDRESS {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    let first = session.process.describe(range.base)?;
    let mut at = range.base;
    while at < range.end() {
        let here = session.process.describe(at)?;
        if here.state == MemoryState::Free || here.allocation_base != first.allocation_base {
            return Err(NtStatus::NOT_COMMITTED);
        }
        at += here.region_size;
    }
    if protection.is_copy_on_write() && first.kind == MemoryKind::Private {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    session
        .call(|tracee| set_access(tracee, range, protection.access()))
        .map_err(|error| {
            status(error, |errno| match errno {
                Errno::ACCESS => NtStatus::INVALID_PAGE_PROTECTION,
                _ => NtStatus::COMMITMENT_LIMIT,
            })
        })?;
    Ok(first.protection.unwrap_or(Protection::NOACCESS))
}
