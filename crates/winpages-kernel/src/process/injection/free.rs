//! Decommitting and releasing.

use std::sync::Arc;

use super::placeholder::empty;
use super::{Session, status, unmap};
use crate::NtStatus;
use crate::address_space::{FreeTask, PageRange, range_within};
use crate::process::Process;

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
    if allocation.is_view() && task != FreeTask::Coalesce {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let range = match task {
        FreeTask::Coalesce => {
            PageRange::touching(base, size).ok_or(NtStatus::CONFLICTING_ADDRESSES)?
        }
        _ => range_within(record.range_of(allocation), base, size)?,
    };
    let failed = |error| status(error, |_| NtStatus::NO_MEMORY);
    let freed = match task {
        FreeTask::Preserve => session.preserve(range, allocation),
        FreeTask::Coalesce => session.coalesce(range),
        FreeTask::Release => session
            .change(&record.without(range), |tracee| unmap(tracee, range))
            .map_err(failed),
        FreeTask::Decommit => session
            .change(&record.with(range, None), |tracee| empty(tracee, range))
            .map_err(failed),
    };
    freed.map(|()| range)
}
