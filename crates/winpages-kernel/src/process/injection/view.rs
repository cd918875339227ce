//! Views of sections.

use std::sync::Arc;

use rustix::fd::AsFd;
use rustix::io::Errno;

use super::placeholder::empty;
use super::record::{Allocation, MadeOf};
use super::{Session, status, unmap};
use crate::NtStatus;
use crate::address_space::{PageRange, Pages, View, ViewPlace, mapping_status};
use crate::process::Process;
use crate::sys::watched_thread::InjectionError;

/// Maps a view in a process that does not answer; see [`map_view`](crate::address_space::map_view). The process
/// receives the section's file, maps it, and closes it.
///
/// # Errors
///
/// What that answers; [`NtStatus::NOT_SUPPORTED`] for what somebody would have to look after there: images, pages that
/// are not committed yet, files that are to grow, and large pages.
pub(in crate::process) fn map_view(
    process: &Arc<Process>,
    place: ViewPlace,
    size: usize,
    view: View,
) -> Result<PageRange, NtStatus> {
    if !view.is_all_there(size) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    Session::with(process, move |mut session| match place {
        ViewPlace::Anywhere {
            requirements,
            top_down,
        } => session.place(
            size,
            &requirements,
            top_down,
            |session, range| map_at(session, range, false, &view),
            status_of_mapping,
        ),
        ViewPlace::At(base) => {
            let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
            map_at(&session, range, false, &view).map_err(status_of_mapping)?;
            Ok(range)
        }
        ViewPlace::Placeholder(base) => {
            let range = PageRange { base, size };
            session.expect_placeholder(range)?;
            map_at(&session, range, true, &view).map_err(status_of_mapping)?;
            Ok(range)
        }
    })
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
) -> Result<(), InjectionError> {
    let allocation = Allocation {
        base: range.base,
        protection: view.mapped,
        made_of: match view.pages {
            Pages::File => MadeOf::ViewOfFile,
            _ => MadeOf::ViewOfMemory,
        },
        is_in_placeholder,
    };
    let runs = session
        .record
        .with_allocation(range, Some(view.mapped), allocation);
    let access = view.mapped.access().bits() as usize;
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
    let flags = (sharing | placing) as usize;
    let file = view.backing.file();
    let process = session.process.descriptor();
    session.change(&runs, |tracee| {
        let given = tracee.give(process, file.as_fd())?;
        let arguments = [
            range.base,
            range.size,
            access,
            flags,
            given,
            view.offset as usize,
        ];
        let mapped = tracee.call(libc::SYS_mmap, arguments);
        if mapped.is_err() && is_in_placeholder {
            // What was there may be unmapped by now.
            let _ = empty(tracee, range);
        }
        tracee.close(given).and(mapped).map(drop)
    })
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
