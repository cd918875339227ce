//! Decommitting and releasing.

use std::sync::Arc;

use super::{Session, map_pages, status, unmap};
use crate::NtStatus;
use crate::address_space::{FreeTask, PageRange, range_within};
use crate::process::Process;
use crate::sys::memory::Access;

/// Frees in a process that does not answer what was allocated there; see
/// [`free_virtual_memory`](crate::address_space::free_virtual_memory).
///
/// # Errors
///
/// What that answers. The process's own memory counts as not allocated.
pub(in crate::process) fn free(
    process: &Arc<Process>,
    base: usize,
    size: usize,
    free_type: u32,
) -> Result<PageRange, NtStatus> {
    let task = FreeTask::check(base, size, free_type)?;
    Session::with(process, move |session| free_in(&session, task, base, size))
}

fn free_in(
    session: &Session<'_>,
    task: FreeTask,
    base: usize,
    size: usize,
) -> Result<PageRange, NtStatus> {
    let record = &session.record;
    let run = record.run_at(base).ok_or(NtStatus::MEMORY_NOT_ALLOCATED)?;
    let allocation = run.allocation;
    // Placeholders are not made here, so none is there to be joined, or to be left in the place of one.
    if task == FreeTask::Coalesce {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    if allocation.is_view() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let range = range_within(record.range_of(allocation), base, size)?;
    let freed = match task {
        FreeTask::Preserve | FreeTask::Coalesce => return Err(NtStatus::CONFLICTING_ADDRESSES),
        FreeTask::Release => session.change(&record.without(range), |tracee| unmap(tracee, range)),
        FreeTask::Decommit => {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            session.change(&record.with(range, None), |tracee| {
                map_pages(tracee, range, Access::empty(), flags)
            })
        }
    };
    freed
        .map(|()| range)
        .map_err(|error| status(error, |_| NtStatus::NO_MEMORY))
}
