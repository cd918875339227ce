//! Threads in other processes.

use core::time::Duration;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::platform::{self, Code, ObjectHandle, Waited};
use crate::process::Process;
use crate::wait::sealed::Handle;

/// A thread that was started in another process, by [`Process::start_thread`].
///
/// It can be waited for, alone and with other objects: a thread is signalled when it has ended. Dropping this
/// leaves the thread running.
#[derive(Debug)]
pub struct RemoteThread {
    handle: ObjectHandle,
    id: u32,
}

impl Handle for RemoteThread {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.handle
    }
}

impl Process {
    /// Starts a thread in it, which calls the function at an address of it, an
    /// `extern "system" fn(usize) -> u32`, with that parameter. Mirrors CreateRemoteThread.
    ///
    /// On Linux the process starts it itself: it has to [serve requests](crate::serve_requests). Threads other
    /// than a process's first can be waited for from Linux 6.9 on; before, this is ERROR_NOT_SUPPORTED.
    ///
    /// # Safety
    ///
    /// At the address is such a function, which may be called with that parameter, in a thread of its own.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: the address is 0.
    /// * ERROR_ACCESS_DENIED: it was not opened for
    ///   [`ProcessAccess::CREATE_THREAD`](crate::ProcessAccess::CREATE_THREAD) (on Windows also for OPERATE, READ,
    ///   WRITE and QUERY), or has ended; on Linux also one that does not serve requests.
    /// * ERROR_NOT_ENOUGH_MEMORY: no room for its stack, or it may have no more threads.
    /// * ERROR_SEM_TIMEOUT: the process stands still, on Linux.
    ///
    /// ```
    /// use winpages::{Process, ProcessAccess};
    ///
    /// extern "system" fn double(parameter: usize) -> u32 {
    ///     2 * parameter as u32
    /// }
    ///
    /// // This could be another process, and it would have told the address.
    /// let address = double as extern "system" fn(usize) -> u32 as usize;
    ///
    /// let process = Process::open(std::process::id(), ProcessAccess::ALL)?;
    /// // SAFETY: the function is one that a thread can have, and takes any number.
    /// let thread = unsafe { process.start_thread(address, 21)? };
    /// thread.wait()?;
    /// assert_eq!(thread.exit_code()?, Some(42));
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub unsafe fn start_thread(
        &self,
        address: usize,
        parameter: usize,
    ) -> Result<RemoteThread, Error> {
        // SAFETY: the caller's.
        unsafe { self.start_thread_as(address, parameter, false) }
    }

    /// The same, and the thread stands still before it does anything, until it is
    /// [resumed](RemoteThread::resume). Mirrors CreateRemoteThread with CREATE_SUSPENDED.
    ///
    /// # Safety
    ///
    /// As [`Process::start_thread`].
    ///
    /// # Errors
    ///
    /// As [`Process::start_thread`].
    pub unsafe fn start_thread_suspended(
        &self,
        address: usize,
        parameter: usize,
    ) -> Result<RemoteThread, Error> {
        // SAFETY: the caller's.
        unsafe { self.start_thread_as(address, parameter, true) }
    }

    /// # Safety
    ///
    /// As [`Process::start_thread`].
    unsafe fn start_thread_as(
        &self,
        address: usize,
        parameter: usize,
        suspended: bool,
    ) -> Result<RemoteThread, Error> {
        let started = if address == 0 {
            Err(ERROR_INVALID_PARAMETER)
        } else {
            // SAFETY: the caller's, and the address is not 0.
            unsafe { platform::start_thread(self.handle(), address, parameter, suspended) }
        };
        started
            .map(|(handle, id)| RemoteThread { handle, id })
            .map_err(self.error(Operation::StartThread))
    }
}

impl RemoteThread {
    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Lets it go on, if it was suspended once; answers how often it was. Mirrors ResumeThread.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its process has ended.
    pub fn resume(&self) -> Result<u32, Error> {
        platform::resume_thread(&self.handle).map_err(self.error(Operation::StartThread))
    }

    /// What its function answered, or what else it ended with; `None` while it runs, and of one that ended with
    /// 259, which Windows cannot tell from that. Mirrors GetExitCodeThread.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn exit_code(&self) -> Result<Option<u32>, Error> {
        platform::thread_exit_code(&self.handle).map_err(self.error(Operation::QueryProcess))
    }

    /// Waits until it has ended. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None).map(drop)
    }

    /// Waits until it has ended, and answers whether it did before the limit.
    ///
    /// # Errors
    ///
    /// As [`RemoteThread::wait`].
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool, Error> {
        self.wait_for(Some(limit))
    }

    fn wait_for(&self, limit: Option<Duration>) -> Result<bool, Error> {
        platform::wait_for_one(&self.handle, limit)
            .map(|waited| waited != Waited::TimedOut)
            .map_err(self.error(Operation::Wait))
    }

    fn error(&self, operation: Operation) -> impl FnOnce(Code) -> Error + '_ {
        move |code| Error::new(operation, code).of(Some(&self.id.to_string()))
    }
}
