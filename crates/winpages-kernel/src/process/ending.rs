//! How processes end, and with what code.

use core::sync::atomic::{AtomicU64, Ordering};

use rustix::fd::AsFd;
use rustix::io::Errno;

use super::Process;
use super::startup::{exit_code_in, leave_exit_code};
use crate::NtStatus;
use crate::sys::process::{self, Ending};

/// What stands for the exit code of a process that has none yet: Windows' STILL_ACTIVE.
pub const STILL_ACTIVE: u32 = 259;

/// The exit code that this process ended another with, of which Linux has no memory.
#[derive(Debug, Default)]
pub(super) struct RecordedEnding(AtomicU64);

impl RecordedEnding {
    const IS_RECORDED: u64 = 1 << 32;

    fn set(&self, code: u32) {
        let code = Self::IS_RECORDED | u64::from(code);
        // Who ends it first has the say.
        let _ = self
            .0
            .compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn get(&self) -> Option<u32> {
        let value = self.0.load(Ordering::Relaxed);
        (value & Self::IS_RECORDED != 0).then_some(value as u32)
    }
}

/// The exit code that Windows would give a process that a signal ended: the status of the exception,
/// where there is one.
fn code_of_signal(signal: u32) -> u32 {
    const CONTROL_C_EXIT: u32 = 0xC000_013A;
    /// What abort() ends a process with.
    const ABORTED: u32 = 3;
    /// What those who end others say most.
    const ENDED_BY_OTHERS: u32 = 1;
    match signal as i32 {
        libc::SIGSEGV => NtStatus::ACCESS_VIOLATION.code(),
        libc::SIGBUS => NtStatus::IN_PAGE_ERROR.code(),
        libc::SIGILL => 0xC000_001D,
        libc::SIGFPE => 0xC000_0094,
        libc::SIGTRAP => 0x8000_0003,
        libc::SIGINT => CONTROL_C_EXIT,
        libc::SIGABRT => ABORTED,
        _ => ENDED_BY_OTHERS,
    }
}

/// Ends the calling process at once: nothing runs any more of what is to run at exit. The names of its
/// objects go with it, for the kernel drops what it held.
pub fn terminate_own(code: u32) -> ! {
    super::record_exit_code(code);
    crate::object::run_down();
    process::exit_at_once(code)
}

impl Process {
    /// The exit code; [`STILL_ACTIVE`] as long as it runs.
    ///
    /// Of the code that a process gives, Linux keeps the lowest eight bits. A process that a signal
    /// ended has the status of the exception that Windows would have ended it with, and one that was
    /// killed has the code that [`Process::terminate`] was given, or 1. Before Linux 6.15 only the
    /// parent is told; others get 0 for a process that has ended.
    pub fn exit_code(&self) -> u32 {
        if !self.has_ended() {
            return STILL_ACTIVE;
        }
        let ending = process::ending(self.descriptor.as_fd());
        // What the process, or who ended it, has left in full; unless a signal came in between.
        let left = self.page.as_ref().and_then(exit_code_in);
        match ending {
            Some(Ending::Exited(code)) => left
                .filter(|left| *left as u8 == code)
                .unwrap_or(u32::from(code)),
            Some(Ending::Killed(signal)) if signal != libc::SIGKILL as u32 => {
                code_of_signal(signal)
            }
            Some(Ending::Killed(signal)) => left
                .or_else(|| self.recorded.get())
                .unwrap_or_else(|| code_of_signal(signal)),
            None => left.or_else(|| self.recorded.get()).unwrap_or(0),
        }
    }

    /// Ends the process at once, with that exit code; mirrors NtTerminateProcess.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended, [`NtStatus::ACCESS_DENIED`] if the kernel
    /// does not allow it.
    pub fn terminate(&self, code: u32) -> Result<(), NtStatus> {
        if self.has_ended() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        self.recorded.set(code);
        if let Some(page) = &self.page {
            leave_exit_code(page, code);
        }
        process::kill(self.descriptor.as_fd()).map_err(|errno| match errno {
            Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
            _ => NtStatus::ACCESS_DENIED,
        })
    }
}
