//! Views of sections.

use std::sync::Arc;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::placeholder::empty;
use super::record::{Allocation, MadeOf};
use super::{Session, map_pages, set_access, status, unmap};
use crate::NtStatus;
use crate::address_space::{ImagePart, PageRange, Pages, View, ViewPlace, mapping_status};
use crate::process::Process;
use crate::section::{ViewElsewhere, in_first_free};
use crate::sys::memory::Access;
use crate::sys::tracee::Tracee;
use crate::sys::watched_thread::InjectionError;

/// Maps a view in a process that does not answer; see [`map_view`](crate::section::map_view). The process receives
/// the section's file, maps it, and closes it.
///
/// # Errors
///
/// What that answers.
pub(in crate::process) fn map_view(
    process: &Arc<Process>,
    wanted: ViewElsewhere,
) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    Session::with(process, move |mut session| {
        let range = in_first_free(&wanted.places(), |place| {
            map_in(&mut session, place, &wanted)
        })?;
        Ok((range, wanted.placement(range.base)))
    })
}

fn map_in(
    session: &mut Session<'_>,
    place: ViewPlace,
    wanted: &ViewElsewhere,
) -> Result<PageRange, NtStatus> {
    let size = wanted.size;
    match place {
        ViewPlace::Anywhere {
            requirements,
            top_down,
        } => session.place(size, &requirements, top_down, |session, range| {
            map_at(session, range, false, &wanted.view_at(range.base)?)
        }),
        ViewPlace::At(base) => {
            let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
            session.expect_nothing(range)?;
            map_at(session, range, false, &wanted.view_at(base)?)?;
            Ok(range)
        }
        ViewPlace::Placeholder(base) => {
            let range = PageRange { base, size };
            session.expect_placeholder(range)?;
            map_at(session, range, true, &wanted.view_at(base)?)?;
            Ok(range)
        }
    }
}

fn status_of_mapping(error: InjectionError) -> NtStatus {
    status(error, |errno| match errno {
        Errno::MFILE | Errno::NFILE => NtStatus::INSUFFICIENT_RESOURCES,
        errno => mapping_status(errno, false),
    })
}

/// Has a view mapped where nothing is, or else in the place of a placeholder.
fn map_at(
    session: &Session<'_>,
    range: PageRange,
    is_in_placeholder: bool,
    view: &View,
) -> Result<(), NtStatus> {
    let allocation = Allocation {
        base: range.base,
        protection: view.mapped,
        made_of: match view.pages {
            Pages::File => MadeOf::ViewOfFile,
            Pages::Image { no_execute, .. } if no_execute => MadeOf::ImageAsData,
            Pages::Image { .. } => MadeOf::Image,
            _ => MadeOf::ViewOfMemory,
        },
        is_in_placeholder,
    };
    let (record, process) = (&session.record, session.process.descriptor());
    let mapped = if let Some(image) = view.image() {
        let parts: Vec<_> = image.within(range.base, range.size).collect();
        let protections = parts.iter().map(|(range, part)| (*range, part.protection));
        let runs = record.with_parts(range, protections, allocation);
        session.change(&runs, |tracee| {
            map_image(tracee, process, range, view, image.shared, &parts)
        })
    } else {
        let runs = record.with_allocation(range, Some(view.mapped), allocation);
        let access = view.mapped.access();
        let sharing = if view.mapped.is_copy_on_write() {
            libc::MAP_PRIVATE
        } else {
            libc::MAP_SHARED
        };
        let placing = if is_in_placeholder {
            libc::MAP_FIXED
        } else {
            libc::MAP_FIXED_NOREPLACE
        };
        session.change(&runs, |tracee| {
            let file = view.backing.file();
            let mapped = with_file(tracee, process, file, |tracee, given| {
                let file = (given, view.offset);
                map_pages(tracee, range, access, sharing | placing, file)
            });
            if mapped.is_err() && is_in_placeholder {
                // What was there may be unmapped by now.
                let _ = empty(tracee, range);
            }
            mapped
        })
    };
    mapped.map_err(status_of_mapping)
}

/// Has the parts of an image mapped where nothing is: what is not shared as copies.
fn map_image(
    tracee: &mut Tracee<'_>,
    process: BorrowedFd<'_>,
    range: PageRange,
    view: &View,
    shared: BorrowedFd<'_>,
    parts: &[(PageRange, ImagePart)],
) -> Result<(), InjectionError> {
    with_file(tracee, process, view.backing.file(), |tracee, given| {
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        map_pages(tracee, range, Access::READ, flags, (given, view.offset))
    })?;
    let access = |part: &ImagePart| {
        part.protection
            .map_or(Access::empty(), |given| given.access())
    };
    let of_copies = parts.iter().filter(|(_, part)| !part.is_shared);
    let copied = of_copies
        .filter(|(_, part)| access(part) != Access::READ)
        .try_for_each(|(range, part)| set_access(tracee, *range, access(part)));
    let mapped = copied.and_then(|()| {
        if !parts.iter().any(|(_, part)| part.is_shared) {
            return Ok(());
        }
        with_file(tracee, process, shared, |tracee, given| {
            let flags = libc::MAP_SHARED | libc::MAP_FIXED;
            let mut shared = parts.iter().filter(|(_, part)| part.is_shared);
            shared.try_for_each(|(range, part)| {
                map_pages(tracee, *range, access(part), flags, (given, part.start))
            })
        })
    });
    mapped.inspect_err(|_| {
        let _ = unmap(tracee, range);
    })
}

/// Lends a process a file, under a number that `work` is told.
fn with_file(
    tracee: &mut Tracee<'_>,
    process: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    work: impl FnOnce(&mut Tracee<'_>, usize) -> Result<(), InjectionError>,
) -> Result<(), InjectionError> {
    let given = tracee.give(process, file)?;
    let done = work(tracee, given);
    tracee.close(given).and(done)
}

/// Unmaps the view of a process that does not answer that an address lies in.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if it lies in none that was mapped from outside,
/// [`NtStatus::CONFLICTING_ADDRESSES`] if a placeholder is to be left and none was there;
/// [`NtStatus::NO_MEMORY`].
pub(in crate::process) fn unmap_view(
    process: &Arc<Process>,
    address: usize,
    preserve_placeholder: bool,
) -> Result<(), NtStatus> {
    Session::with(process, move |session| {
        let run = session.record.run_at(address);
        let run = run.filter(|run| run.allocation.is_view());
        let allocation = run.ok_or(NtStatus::NOT_MAPPED_VIEW)?.allocation;
        let range = session.record.range_of(allocation);
        if preserve_placeholder {
            return session.preserve(range, allocation);
        }
        session
            .change(&session.record.without(range), |tracee| {
                unmap(tracee, range)
            })
            .map_err(|error| status(error, |_| NtStatus::NO_MEMORY))
    })
}
