//! Which processors threads run on: affinity.
//!
//! The kernel keeps it for each thread, and a new thread begins with its creator's. On Windows it begins
//! with its process's, which is kept besides: so that of this process is remembered here once somebody
//! has changed it, or a thread's.

use core::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;

use super::{ForeignThread, Target, list};
use crate::NtStatus;
use crate::sys::processors::{self, GROUPS, Processors};
use crate::thread::Thread;

/// The processors of this process; none while threads may run wherever the process was started.
static OWN: [AtomicUsize; GROUPS] = [const { AtomicUsize::new(0) }; GROUPS];

fn own() -> Option<Processors> {
    let own = Processors(core::array::from_fn(|group| {
        OWN[group].load(Ordering::Acquire)
    }));
    (own != Processors::NONE).then_some(own)
}

fn remember(processors: Processors) {
    for (place, mask) in OWN.iter().zip(processors.0) {
        place.store(mask, Ordering::Release);
    }
}

fn status(error: Errno) -> NtStatus {
    match error {
        Errno::PERM => NtStatus::ACCESS_DENIED,
        Errno::SRCH => NtStatus::THREAD_IS_TERMINATING,
        _ => NtStatus::INVALID_PARAMETER,
    }
}

impl Target {
    /// The processors that the process may use; mirrors NtQueryInformationProcess(ProcessAffinityMask).
    /// Of another process, those that its first thread may.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended.
    pub fn processors(&self) -> Result<Processors, NtStatus> {
        match self {
            Self::Own => Ok(own().unwrap_or_else(processors::given)),
            Self::Other(other) => {
                processors::of_thread(other.number()).map_err(|_| NtStatus::PROCESS_IS_TERMINATING)
            }
        }
    }

    /// Has all threads of the process run on these processors alone; mirrors
    /// NtSetInformationProcess(ProcessAffinityMask).
    ///
    /// # Errors
    ///
    /// * [`NtStatus::INVALID_PARAMETER`]: none, or some that this process was not given.
    /// * [`NtStatus::ACCESS_DENIED`]: the process is another user's.
    /// * [`NtStatus::PROCESS_IS_TERMINATING`]: it has ended.
    pub fn set_processors(&self, processors: Processors) -> Result<(), NtStatus> {
        if processors == Processors::NONE || !processors.are_among(&processors::given()) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if let Self::Own = self {
            remember(processors);
        }
        let threads = list::threads(self.number());
        if threads.is_empty() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        for thread in threads {
            match processors::set_of_thread(thread, processors) {
                // It has ended meanwhile.
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(status(error)),
            }
        }
        Ok(())
    }
}

/// Changes a thread's processors; answers those before.
fn set_of_thread(
    id: u32,
    process: &Target,
    processors: Processors,
) -> Result<Processors, NtStatus> {
    if processors == Processors::NONE || !processors.are_among(&process.processors()?) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let before = processors::of_thread(id).map_err(status)?;
    processors::set_of_thread(id, processors).map_err(status)?;
    Ok(before)
}

impl Thread {
    /// The processors that the thread may run on.
    ///
    /// # Errors
    ///
    /// [`NtStatus::THREAD_IS_TERMINATING`] if it has ended.
    pub fn processors(&self) -> Result<Processors, NtStatus> {
        if self.has_ended() {
            return Err(NtStatus::THREAD_IS_TERMINATING);
        }
        processors::of_thread(self.id()).map_err(status)
    }

    /// Has the thread run on these processors alone; answers those before. Mirrors
    /// NtSetInformationThread(ThreadAffinityMask).
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] if these are none, or not all its process's;
    /// [`NtStatus::THREAD_IS_TERMINATING`] if it has ended.
    pub fn set_processors(&self, processors: Processors) -> Result<Processors, NtStatus> {
        if self.has_ended() {
            return Err(NtStatus::THREAD_IS_TERMINATING);
        }
        // From now on new threads do not begin with what the kernel gives them.
        remember(own().unwrap_or_else(processors::given));
        set_of_thread(self.id(), &Target::Own, processors)
    }
}

impl ForeignThread {
    /// As [`Thread::processors`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn processors(&self) -> Result<Processors, NtStatus> {
        processors::of_thread(self.number()).map_err(status)
    }

    /// As [`Thread::set_processors`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn set_processors(&self, processors: Processors) -> Result<Processors, NtStatus> {
        let process = Target::Other(std::sync::Arc::clone(self.process()));
        set_of_thread(self.number(), &process, processors)
    }
}

/// Has `work` start a process, which begins with these processors, or this process's, and not with this
/// thread's.
pub(super) fn as_process<T>(wanted: Option<Processors>, work: impl FnOnce() -> T) -> T {
    let this = crate::sys::thread::id();
    let before = match (wanted.or_else(own), processors::of_thread(this)) {
        (Some(wanted), Ok(before)) if wanted != before => {
            let set = processors::set_of_thread(this, wanted);
            set.is_ok().then_some(before)
        }
        _ => None,
    };
    let answer = work();
    if let Some(before) = before {
        let _ = processors::set_of_thread(this, before);
    }
    answer
}

/// For a thread that begins: it runs where its process may, wherever its creator does.
pub(crate) fn begin_thread() {
    if let Some(own) = own() {
        let _ = processors::set_of_thread(crate::sys::thread::id(), own);
    }
}
