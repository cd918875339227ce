//! Reserving and committing.

use std::sync::Arc;

use super::protect::protect_in;
use super::record::{Allocation, MadeOf, Run};
use super::{Session, map_private, restore, set_access, status, unmap};
use crate::NtStatus;
use crate::address_space::{
    Allocate, AllocationRequest, AllocationType, PageRange, Protection, Wanted, charged,
    mapping_status,
};
use crate::process::Process;
use crate::sys::memory::Access;
use crate::sys::watched_thread::InjectionError;

/// Allocates in a process that does not answer; see
/// [`allocate_virtual_memory_within`](crate::address_space::allocate_virtual_memory_within).
///
/// Nobody there takes a guard away when it is touched, and nobody could ask which pages were written: write watch
/// is accepted and not kept. Contents that were reset are never lost.
///
/// # Errors
///
/// What that answers; [`NtStatus::NOT_SUPPORTED`] for large pages and pages by number.
pub(in crate::process) fn allocate(
    process: &Arc<Process>,
    asked: &Allocate,
) -> Result<PageRange, NtStatus> {
    let request = AllocationRequest::check(asked)?;
    let unknown = AllocationType::PHYSICAL | AllocationType::LARGE_PAGES;
    if request.kind.intersects(unknown) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let requirements = asked.requirements;
    Session::with(process, move |mut session| match request.wanted {
        Wanted::Anywhere(size) => session.place(
            size,
            &requirements,
            request.kind.contains(AllocationType::TOP_DOWN),
            |session, range| reserve_at(session, &request, range),
        ),
        Wanted::At(range) => reserve_at(&session, &request, range).map(|()| range),
        Wanted::Pages(pages) => commit(&session, pages, request.protection),
        Wanted::Reset(pages) => match session.record.within_one(pages) {
            Some(parts) if parts[0].allocation.made_of != MadeOf::Placeholder => Ok(pages),
            _ => Err(NtStatus::CONFLICTING_ADDRESSES),
        },
        Wanted::Placeholder(range) => {
            session.expect_placeholder(range)?;
            let commits = request.kind.contains(AllocationType::COMMIT);
            let committed = commits.then_some(request.protection);
            session
                .replace(range, committed, request.protection)
                .map(|()| range)
                .map_err(|error| status_of_reserving(error, request.kind))
        }
        Wanted::LargePages => Err(NtStatus::NOT_SUPPORTED),
    })
}

fn status_of_reserving(error: InjectionError, kind: AllocationType) -> NtStatus {
    let commits = kind.contains(AllocationType::COMMIT);
    status(error, |errno| mapping_status(errno, commits))
}

fn reserve_at(
    session: &Session<'_>,
    request: &AllocationRequest,
    range: PageRange,
) -> Result<(), NtStatus> {
    let protection = request.protection;
    let commits = request.kind.contains(AllocationType::COMMIT);
    let (first, last) = if commits {
        (charged(protection.access()), protection.access())
    } else {
        (Access::empty(), Access::empty())
    };
    let allocation = Allocation {
        base: range.base,
        protection,
        made_of: match request.kind.contains(AllocationType::RESERVE_PLACEHOLDER) {
            true => MadeOf::Placeholder,
            false => MadeOf::PrivatePages,
        },
        is_in_placeholder: false,
    };
    let committed = commits.then_some(protection);
    let runs = session.record.with_allocation(range, committed, allocation);
    let reserved = session.change(&runs, |tracee| {
        map_private(tracee, range, first, 0)?;
        if first != last {
            set_access(tracee, range, last).inspect_err(|_| {
                let _ = unmap(tracee, range);
            })?;
        }
        Ok(())
    });
    reserved.map_err(|error| status_of_reserving(error, request.kind))
}

fn commit(
    session: &Session<'_>,
    range: PageRange,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let parts = session.record.within_one(range);
    let parts = parts.ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
    let allocation = parts[0].allocation;
    match allocation.made_of {
        MadeOf::PrivatePages => {}
        // All of it is committed, and may be given another protection by committing it again.
        MadeOf::ViewOfMemory => return protect_in(session, range, protection).map(|_| range),
        MadeOf::ViewOfFile | MadeOf::Image | MadeOf::ImageAsData => {
            return Err(NtStatus::ALREADY_COMMITTED);
        }
        MadeOf::Placeholder => return Err(NtStatus::CONFLICTING_ADDRESSES),
    }
    if protection.is_copy_on_write() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let protection = protection.with_caching_of(allocation.protection);
    let access = protection.access();
    let runs = session.record.with(range, Some(protection));
    let is_reserved = |part: &&Run| part.protection.is_none();
    let done = session.change(&runs, |tracee| {
        let charge = |tracee: &mut _| {
            if access == charged(access) {
                return Ok(());
            }
            let mut reserved = parts.iter().filter(is_reserved);
            reserved.try_for_each(|part| set_access(tracee, part.range(), charged(access)))
        };
        charge(tracee)
            .and_then(|()| set_access(tracee, range, access))
            .inspect_err(|_| restore(tracee, &parts))
    });
    done.map(|()| range)
        .map_err(|error| status(error, |errno| mapping_status(errno, true)))
}
