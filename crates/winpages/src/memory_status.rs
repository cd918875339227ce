//! What the machine and the process have of memory.

use crate::error::{Error, Operation};
use crate::platform;
use crate::process::Process;
use crate::wait::sealed::Handle as _;

/// What the machine has of memory, and the process of addresses. Windows' MEMORYSTATUSEX. Sizes are in
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemoryStatus {
    /// How much of the physical memory is in use, in percent.
    pub load: u32,
    /// The physical memory.
    pub physical_total: u64,
    /// What can be had of it without paging.
    pub physical_available: u64,
    /// How much can be committed: physical memory and page files, or what the kernel limits it to.
    pub commit_limit: u64,
    /// How much of that can still be.
    pub commit_available: u64,
    /// The addresses that a process has.
    pub address_total: u64,
    /// Those that are free.
    pub address_available: u64,
}

/// Asks what the machine has of memory. Mirrors GlobalMemoryStatusEx.
///
/// # Errors
///
/// None that a program has to expect.
///
/// ```
/// let status = winpages::memory_status()?;
/// assert!(status.physical_available <= status.physical_total);
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn memory_status() -> Result<MemoryStatus, Error> {
    platform::memory_status().map_err(|code| Error::new(Operation::MemoryStatus, code))
}

/// The machine's memory in more detail, and how much there is of other things. Windows'
/// PERFORMANCE_INFORMATION, with sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PerformanceInformation {
    /// What is committed.
    pub commit_total: u64,
    /// What can be.
    pub commit_limit: u64,
    /// The most that was; on Linux, which keeps no record, what is.
    pub commit_peak: u64,
    /// The physical memory.
    pub physical_total: u64,
    /// What can be had of it.
    pub physical_available: u64,
    /// Caches of files.
    pub system_cache: u64,
    /// The kernel's own memory that it can page out or give back.
    pub kernel_paged: u64,
    /// The kernel's own memory that it cannot.
    pub kernel_nonpaged: u64,
    /// Handles of all processes; on Linux their open files.
    pub handles: u32,
    /// Processes.
    pub processes: u32,
    /// Threads of all processes.
    pub threads: u32,
}

/// Asks what the machine has of memory and other things. Mirrors GetPerformanceInfo.
///
/// # Errors
///
/// None that a program has to expect.
pub fn performance_information() -> Result<PerformanceInformation, Error> {
    platform::performance_information().map_err(|code| Error::new(Operation::MemoryStatus, code))
}

/// What a process has of memory. Windows' PROCESS_MEMORY_COUNTERS, with sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProcessMemory {
    /// How many page faults it had, modulo 2³².
    pub page_faults: u32,
    /// What is in memory of it: WorkingSetSize.
    pub working_set: u64,
    /// The most that ever was: PeakWorkingSetSize.
    pub peak_working_set: u64,
    /// What is committed to it alone: PagefileUsage.
    pub commit: u64,
    /// The most that ever was: PeakPagefileUsage. On Linux the most that was answered so far, and of another
    /// process what is.
    pub peak_commit: u64,
}

/// Asks what this process has of memory. Mirrors GetProcessMemoryInfo.
///
/// # Errors
///
/// None that a program has to expect.
pub fn process_memory() -> Result<ProcessMemory, Error> {
    platform::process_memory().map_err(|code| Error::new(Operation::MemoryStatus, code))
}

impl Process {
    /// Asks what it has of memory. Mirrors GetProcessMemoryInfo.
    ///
    /// On Linux, one that has ended has nothing of anything.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY).
    ///
    /// ```
    /// use winpages::{Process, ProcessAccess};
    ///
    /// let this = Process::open(std::process::id(), ProcessAccess::QUERY)?;
    /// println!("{} KiB of it are in memory", this.memory()?.working_set / 1024);
    /// # assert!(this.memory()?.working_set > 0);
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn memory(&self) -> Result<ProcessMemory, Error> {
        platform::memory_of_process(self.handle()).map_err(self.error(Operation::QueryProcess))
    }
}

/// How much memory the machine has built in, in bytes. Mirrors GetPhysicallyInstalledSystemMemory. On
/// Linux, which does not tell, without what firmware keeps for itself.
///
/// # Errors
///
/// ERROR_INVALID_DATA where the firmware does not say, on Windows.
pub fn installed_memory() -> Result<u64, Error> {
    platform::installed_memory().map_err(|code| Error::new(Operation::MemoryStatus, code))
}

/// The size of the smallest of the processor's larger pages, in bytes. Mirrors GetLargePageMinimum.
pub fn large_page_minimum() -> usize {
    platform::large_page_minimum()
}
