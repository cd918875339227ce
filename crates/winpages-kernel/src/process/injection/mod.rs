//! The memory of a process that knows nothing of this library: NtAllocateVirtualMemory and its kin there, by system
//! calls that it is made to make.

mod adopt;
mod allocate;
mod free;
mod place;
mod placeholder;
mod protect;
mod record;
mod view;

use core::time::Duration;
use std::sync::Arc;

use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::Process;
use crate::NtStatus;
use crate::address_space::PageRange;
use crate::sys::file::{self, FlockOperation};
use crate::sys::memory::Access;
use crate::sys::procmap::Maps;
use crate::sys::tracee::Tracee;
use crate::sys::watched_thread::InjectionError;
use crate::sys::{apart, clock, injection, process, process_memory};
pub(super) use adopt::adopt_own;
pub(super) use allocate::allocate;
pub(super) use free::free;
pub(super) use protect::protect;
pub(super) use record::{Record, Run};
pub(super) use view::{map_view, unmap_view};

/// The right to change a process's memory, and what is known of it meanwhile.
struct Session<'a> {
    process: &'a Process,
    /// Its memory's descriptor, which is locked: one at a time changes it, and its record.
    lock: OwnedFd,
    record: Record,
    /// Up to when, by the monotonic clock, somebody waits for the change.
    until: Duration,
}

/// How long a change may take, others' that come before it included.
const PATIENCE: Duration = Duration::from_secs(5);

impl<'a> Session<'a> {
    /// Has `work` done with a process's memory, in another thread: it may take as long as the process likes, for what
    /// was begun is carried through, and nobody else changes anything before. The calling thread waits for
    /// [`PATIENCE`], and then answers [`NtStatus::IO_TIMEOUT`]: nothing has happened, or all of it will when the
    /// process moves again.
    fn with<R: Send + 'static>(
        process: &Arc<Process>,
        work: impl FnOnce(Session<'_>) -> Result<R, NtStatus> + Send + 'static,
    ) -> Result<R, NtStatus> {
        let until = clock::monotonic() + PATIENCE;
        let process = Arc::clone(process);
        let answered = apart::within(until, move || {
            Session::open(&process, until)
                .and_then(work)
                .map_err(|status| match status {
                    // The kernel denies what is asked of a process that is about to end, or finds no memory for it.
                    NtStatus::ACCESS_DENIED | NtStatus::NO_MEMORY
                        if process.has_ended()
                            || process::may_trace(process.number) == Err(Errno::SRCH) =>
                    {
                        NtStatus::PROCESS_IS_TERMINATING
                    }
                    status => status,
                })
        });
        answered
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?
            .unwrap_or(Err(NtStatus::IO_TIMEOUT))
    }

    fn open(process: &'a Process, until: Duration) -> Result<Self, NtStatus> {
        let lock = lock_memory(process.number, until, || process.has_ended())?;
        let record = Record::of(process.number)?;
        if process.has_ended() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        Ok(Self {
            process,
            lock,
            record,
            until,
        })
    }

    fn maps(&self) -> Result<Maps, NtStatus> {
        self.process.open_maps()
    }

    /// Has the process make system calls. They must leave everything as it was if one fails.
    fn call<R: Send>(
        &self,
        calls: impl Fn(&mut Tracee<'_>) -> Result<R, InjectionError> + Sync,
    ) -> Result<R, InjectionError> {
        let (version_at, version) = self.record.version();
        let task = |tracee: &mut Tracee<'_>| {
            let is_as_known = self.record.place == 0 || tracee.read(version_at) == Some(version);
            // It was not the process that is meant, or it has become another program.
            if self.process.has_ended() || !is_as_known {
                return Err(InjectionError::Gone);
            }
            calls(tracee)
        };
        // SAFETY: what the calls change is what the caller of Windows' function wants changed; tasks make system
        // calls and look at what was prepared for them.
        unsafe { injection::inject(self.process.number, self.until, task) }
    }

    /// The same, and then records other runs.
    fn change<R: Send>(
        &self,
        runs: &[Run],
        calls: impl Fn(&mut Tracee<'_>) -> Result<R, InjectionError> + Sync,
    ) -> Result<R, InjectionError> {
        let had_record = self.record.place != 0;
        let mut record = self.record.clone();
        if !had_record {
            record.place = self.free_place_of_record()?;
        }
        let writes = record.changed_to(runs).map_err(|_| no_room())?;
        let memory = PageRange {
            base: record.place,
            size: record::SIZE,
        };
        self.call(|tracee| {
            if !had_record {
                map_private(
                    tracee,
                    memory,
                    Access::READ | Access::WRITE,
                    libc::MAP_NORESERVE,
                )?;
            }
            let outcome = calls(tracee).and_then(|done| {
                for (at, bytes) in &writes {
                    // SAFETY: the memory is the record's.
                    unsafe { tracee.write(*at, bytes)? };
                }
                Ok(done)
            });
            if runs.is_empty() || (outcome.is_err() && !had_record) {
                // Nothing is left to be remembered.
                let _ = unmap(tracee, memory);
            }
            outcome
        })
    }

    fn free_place_of_record(&self) -> Result<usize, InjectionError> {
        // Who has no mappings to be asked about is ending, or becoming another program.
        let maps = self.maps().map_err(|_| InjectionError::Gone)?;
        for place in record::PLACES {
            let next = maps.covering_or_next(place);
            let next = next.map_err(|_| InjectionError::Gone)?;
            if next.is_none_or(|next| next.start >= place + record::SIZE) {
                return Ok(place);
            }
        }
        Err(no_room())
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // A process that was forked meanwhile has the descriptor, too, and might keep it.
        let _ = file::flock(&self.lock, FlockOperation::Unlock);
    }
}

/// Opens a process's memory and locks it, for one at a time changes it.
fn lock_memory(
    number: u32,
    until: Duration,
    has_ended: impl Fn() -> bool,
) -> Result<OwnedFd, NtStatus> {
    let lock = process_memory::open_memory(number).map_err(|errno| match errno {
        Errno::NOENT | Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        _ => NtStatus::ACCESS_DENIED,
    })?;
    while let Err(errno) = file::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        if errno != Errno::WOULDBLOCK && errno != Errno::INTR {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        if has_ended() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        if clock::monotonic() > until {
            return Err(NtStatus::IO_TIMEOUT);
        }
        clock::sleep(Duration::from_micros(100));
    }
    Ok(lock)
}

fn no_room() -> InjectionError {
    InjectionError::Failed(Errno::NOMEM)
}

/// What is answered when system calls could not be made.
fn status(error: InjectionError, of_call: impl Fn(Errno) -> NtStatus) -> NtStatus {
    match error {
        InjectionError::Gone => NtStatus::PROCESS_IS_TERMINATING,
        InjectionError::Denied => NtStatus::ACCESS_DENIED,
        InjectionError::StandsStill => NtStatus::IO_TIMEOUT,
        InjectionError::Unsupported => NtStatus::NOT_SUPPORTED,
        InjectionError::Failed(errno) => of_call(errno),
    }
}

/// Has a process map private pages where nothing may be.
fn map_private(
    tracee: &mut Tracee<'_>,
    range: PageRange,
    access: Access,
    more: i32,
) -> Result<(), InjectionError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE | more;
    map_pages(tracee, range, access, flags, NO_FILE)
}

/// What to map that is no file.
const NO_FILE: (usize, u64) = (usize::MAX, 0);

/// Has it map pages of a file of its own, from an offset on.
fn map_pages(
    tracee: &mut Tracee<'_>,
    range: PageRange,
    access: Access,
    flags: i32,
    (file, offset): (usize, u64),
) -> Result<(), InjectionError> {
    let access = access.bits() as usize;
    let arguments = [
        range.base,
        range.size,
        access,
        flags as usize,
        file,
        offset as usize,
    ];
    tracee.call(libc::SYS_mmap, arguments).map(drop)
}

/// Has it change what may be done with pages.
fn set_access(
    tracee: &mut Tracee<'_>,
    range: PageRange,
    access: Access,
) -> Result<(), InjectionError> {
    let access = access.bits() as usize;
    let arguments = [range.base, range.size, access, 0, 0, 0];
    tracee.call(libc::SYS_mprotect, arguments).map(drop)
}

/// Has it unmap pages.
fn unmap(tracee: &mut Tracee<'_>, range: PageRange) -> Result<(), InjectionError> {
    let arguments = [range.base, range.size, 0, 0, 0, 0];
    tracee.call(libc::SYS_munmap, arguments).map(drop)
}

/// Gives pages the access that they had, after a change that failed on its way.
fn restore(tracee: &mut Tracee<'_>, runs: &[Run]) {
    for run in runs {
        let _ = set_access(tracee, run.range(), run.access());
    }
}
