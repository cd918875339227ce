//! Threads of other processes, as far as this one can reach them.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::Process;
use crate::NtStatus;
use crate::object::{AccessMask, Package};
use crate::sys;

impl AccessMask {
    /// THREAD_ALL_ACCESS
    pub const THREAD_ALL_ACCESS: Self = Self::from_bits_retain(0x001F_FFFF);
}

/// A thread of another process. Its number is Linux's, the first thread's that of its process.
#[derive(Debug)]
pub struct ForeignThread {
    process: Arc<Process>,
    number: u32,
    /// What means this thread alone. The first thread has none: it has ended for others when all have.
    own: Option<OwnedFd>,
    /// How often it was suspended and not resumed, by what this process knows.
    suspensions: AtomicU32,
    handles: AtomicUsize,
}

impl ForeignThread {
    /// The first thread of a process, which stands still if it was `suspended` at its start.
    pub fn first_of(process: Arc<Process>, suspended: bool) -> Self {
        Self {
            number: process.number(),
            process,
            own: None,
            suspensions: AtomicU32::new(u32::from(suspended)),
            handles: AtomicUsize::new(0),
        }
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its process.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        sys::process::has_ended(self.descriptor())
    }

    /// The descriptor that becomes readable when it ends.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        match &self.own {
            Some(own) => own.as_fd(),
            None => self.process.descriptor(),
        }
    }

    /// Lets a thread that was suspended go on once it has been resumed as often; answers how often it was
    /// suspended before. Mirrors NtResumeThread. What stands still here is the whole process.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`], [`NtStatus::ACCESS_DENIED`].
    pub fn resume(&self) -> Result<u32, NtStatus> {
        let before = self
            .suspensions
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                count.checked_sub(1)
            });
        let before = before.unwrap_or(0);
        if before == 1 {
            sys::process::continue_stopped(self.process.descriptor()).map_err(signal_status)?;
        }
        Ok(before)
    }

    /// Makes the thread stand still; answers how often it was suspended before. Mirrors NtSuspendThread.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`], [`NtStatus::ACCESS_DENIED`].
    pub fn suspend(&self) -> Result<u32, NtStatus> {
        let before = self.suspensions.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            sys::process::stop(self.process.descriptor()).map_err(signal_status)?;
        }
        Ok(before)
    }

    /// What another process needs to know it by.
    pub(crate) fn pack(&self) -> Result<Package, NtStatus> {
        self.process.pack_thread(self.number)
    }

    /// The same thread, as another process has it.
    pub(crate) fn unpack(package: Package) -> Result<Self, NtStatus> {
        let number = package.word(1)? as u32;
        let process = Arc::new(Process::unpack(package)?);
        let own = if number == process.number() {
            None
        } else {
            let own = sys::process::open_thread(number);
            Some(own.map_err(|_| NtStatus::INVALID_CID)?)
        };
        Ok(Self {
            number,
            process,
            own,
            suspensions: AtomicU32::new(0),
            handles: AtomicUsize::new(0),
        })
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }
}

fn signal_status(errno: rustix::io::Errno) -> NtStatus {
    match errno {
        rustix::io::Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
        _ => NtStatus::ACCESS_DENIED,
    }
}
