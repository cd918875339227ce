//! Other processes, and their memory.

use core::iter::FusedIterator;
use core::time::Duration;

use bytemuck::Pod;

use crate::error::{Error, Operation};
use crate::platform::{self, Code, ObjectHandle, Waited};
use crate::region::Region;
use crate::wait::sealed::Handle;

bitflags::bitflags! {
    /// What a process is opened for: PROCESS_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ProcessAccess: u32 {
        /// PROCESS_TERMINATE: to end it.
        const TERMINATE = 0x0001;
        /// PROCESS_CREATE_THREAD: to start threads in it, on Windows with [`ProcessAccess::OPERATE`],
        /// [`ProcessAccess::READ`], [`ProcessAccess::WRITE`] and [`ProcessAccess::QUERY`].
        const CREATE_THREAD = 0x0002;
        /// PROCESS_VM_OPERATION: to allocate, free and protect memory of it, and with
        /// [`ProcessAccess::WRITE`] to write to it.
        const OPERATE = 0x0008;
        /// PROCESS_VM_READ: to read its memory, and with [`ProcessAccess::QUERY`] to ask what it has loaded and
        /// what is in its working set.
        const READ = 0x0010;
        /// PROCESS_VM_WRITE: to write to its memory.
        const WRITE = 0x0020;
        /// PROCESS_DUP_HANDLE: to give it handles, to take its own, and to close them.
        const DUPLICATE = 0x0040;
        /// PROCESS_QUERY_INFORMATION and PROCESS_QUERY_LIMITED_INFORMATION: to ask what lies where, what it
        /// has of memory, which program it runs, and how it ended.
        const QUERY = 0x1400;
        /// SYNCHRONIZE: to wait for its end.
        const WAIT = 0x0010_0000;
        /// PROCESS_ALL_ACCESS: everything that there is.
        const ALL = 0x001F_FFFF;
        const _ = !0;
    }
}

/// A handle to a process: another one, or this.
///
/// It can be waited for, alone and with other objects: a process is signalled when it has ended.
///
/// On Linux its memory is read and written by the kernel, and described from the kernel's list of it and its
/// own. What changes its memory (allocating, freeing, protecting, mapping) a process that serves requests does
/// itself, so that it knows of it: one that has said so by [`serve_requests`], and each program that was
/// compiled with `winpages cc`. Any other is made to do it by a few system calls in one of its threads, which
/// takes what a debugger takes: nobody else traces it, and it has not limited its system calls. Large pages
/// and sections whose pages are only reserved it cannot have (ERROR_NOT_SUPPORTED). Only a process that
/// serves requests can be given handles and asked for its own, has threads started in it and tells its heaps.
///
/// ```
/// use winpages::{Process, ProcessAccess};
///
/// let value = 42u64;
/// let this = Process::open(std::process::id(), ProcessAccess::READ | ProcessAccess::QUERY)?;
/// assert_eq!(this.read::<u64>(&raw const value as usize)?, 42);
/// assert!(this.regions().any(|region| region.is_writable()));
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Process {
    handle: ObjectHandle,
    id: u32,
}

impl Handle for Process {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.handle
    }
}

impl Process {
    pub(crate) fn of(handle: ObjectHandle, id: u32) -> Self {
        Self { handle, id }
    }

    /// Opens the process of a number, such as [`std::process::Child::id`] answers. Mirrors OpenProcess.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no process has the number.
    /// * ERROR_ACCESS_DENIED: the process is another user's, or one that the system protects.
    pub fn open(id: u32, access: ProcessAccess) -> Result<Self, Error> {
        platform::open_process(id, access.bits())
            .map(|handle| Self { handle, id })
            .map_err(|code| Error::new(Operation::OpenProcess, code).of(Some(&id.to_string())))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Copies bytes of its memory. Mirrors ReadProcessMemory.
    ///
    /// # Errors
    ///
    /// * ERROR_PARTIAL_COPY: not all of them can be read; part of the buffer may have been filled.
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::READ`], or has ended.
    pub fn read_at(&self, address: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let size = buffer.len();
        platform::read_process(&self.handle, address, buffer).map_err(fail(
            Operation::Read,
            address,
            size,
        ))
    }

    /// Copies a value of plain data out of its memory.
    ///
    /// # Errors
    ///
    /// As [`Process::read_at`].
    pub fn read<T: Pod>(&self, address: usize) -> Result<T, Error> {
        let mut value = T::zeroed();
        self.read_at(address, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Copies bytes into its memory. Mirrors WriteProcessMemory.
    ///
    /// # Safety
    ///
    /// The process does not rely on what is overwritten: of this one, no reference to it exists.
    ///
    /// # Errors
    ///
    /// * ERROR_NOACCESS, ERROR_PARTIAL_COPY: not all of them can be written; part of them may have been.
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::WRITE`] and
    ///   [`ProcessAccess::OPERATE`], or has ended.
    pub unsafe fn write_at(&self, address: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { platform::write_process(&self.handle, address, bytes) }.map_err(fail(
            Operation::Write,
            address,
            bytes.len(),
        ))
    }

    /// Copies a value of plain data into its memory.
    ///
    /// # Safety
    ///
    /// As [`Process::write_at`].
    ///
    /// # Errors
    ///
    /// As [`Process::write_at`].
    pub unsafe fn write<T: Pod>(&self, address: usize, value: &T) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { self.write_at(address, bytemuck::bytes_of(value)) }
    }

    /// Tells what lies at an address of it. Mirrors VirtualQueryEx.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no program has that address.
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`], or has ended.
    pub fn query(&self, address: usize) -> Result<Region, Error> {
        platform::query_process(&self.handle, address)
            .map(Region::new)
            .map_err(fail(Operation::Query, address, 1))
    }

    /// All regions of its address space. Mirrors a walk with VirtualQueryEx; it ends early if the process
    /// does.
    pub fn regions(&self) -> ProcessRegions<'_> {
        ProcessRegions {
            process: self,
            next: Some(0),
        }
    }

    /// How it ended; `None` while it runs, and of one that ended with 259, which Windows cannot tell from
    /// that. Mirrors GetExitCodeProcess.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`].
    pub fn exit_code(&self) -> Result<Option<u32>, Error> {
        platform::exit_code(&self.handle).map_err(self.error(Operation::QueryProcess))
    }

    /// Ends it, without giving it time for anything. Mirrors TerminateProcess.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::TERMINATE`], or has ended already.
    pub fn terminate(&self, exit_code: u32) -> Result<(), Error> {
        platform::terminate(&self.handle, exit_code).map_err(self.error(Operation::Terminate))
    }

    /// Waits until it has ended. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::WAIT`].
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None).map(drop)
    }

    /// Waits until it has ended, and answers whether it did before the limit.
    ///
    /// # Errors
    ///
    /// As [`Process::wait`].
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool, Error> {
        self.wait_for(Some(limit))
    }

    fn wait_for(&self, limit: Option<Duration>) -> Result<bool, Error> {
        platform::wait_for_one(&self.handle, limit)
            .map(|waited| waited != Waited::TimedOut)
            .map_err(self.error(Operation::Wait))
    }

    pub(crate) fn error(&self, operation: Operation) -> impl FnOnce(Code) -> Error + '_ {
        move |code| Error::new(operation, code).of(Some(&self.id.to_string()))
    }
}

pub(crate) fn fail(
    operation: Operation,
    address: usize,
    size: usize,
) -> impl FnOnce(Code) -> Error {
    move |code| Error::new(operation, code).at(address..address.saturating_add(size))
}

/// The iterator that [`Process::regions`] answers.
#[derive(Clone, Debug)]
pub struct ProcessRegions<'a> {
    process: &'a Process,
    next: Option<usize>,
}

impl Iterator for ProcessRegions<'_> {
    type Item = Region;

    fn next(&mut self) -> Option<Region> {
        let region = self.process.query(self.next.take()?).ok()?;
        self.next = region.base.checked_add(region.size);
        Some(region)
    }
}

impl FusedIterator for ProcessRegions<'_> {}

/// Whether this process does what other processes of this user ask it to: allocates, frees and protects memory
/// of its own for [`Process::allocate`] and the like, takes and gives handles for [`Process::duplicate`], starts
/// threads for [`Process::start_thread`] and tells its heaps for [`Process::heaps`]. On Linux it does not unless told, and has a thread for that from then on; told not to, it refuses. On
/// Windows the kernel does it, and this changes nothing.
pub fn serve_requests(serve: bool) {
    platform::serve_requests(serve);
}
