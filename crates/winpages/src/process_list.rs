//! Which processes there are, their threads, and the programs and libraries that they have loaded.

use std::ops::Range;
use std::path::PathBuf;

use crate::error::{Error, Operation};
use crate::platform;
use crate::process::Process;
use crate::wait::sealed::Handle as _;

/// A process, as far as anybody may know it. Windows' PROCESSENTRY32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ListedProcess {
    /// Its number, by which [`Process::open`] opens it.
    pub id: u32,
    /// The number of the process that started it; on Linux, of one that has adopted it since. It may be
    /// another's by now.
    pub parent: u32,
    /// How many threads it has.
    pub threads: u32,
    /// Its program's name, without a directory. On Linux, of a process that this one may not look into, the
    /// first 15 bytes of it.
    pub name: String,
}

/// All processes that there are at this moment. Mirrors EnumProcesses, and CreateToolhelp32Snapshot with
/// Process32First and Process32Next.
///
/// # Errors
///
/// None that a program has to expect.
///
/// ```
/// let processes = winpages::processes()?;
/// let this = processes.iter().find(|process| process.id == std::process::id()).unwrap();
/// println!("{} has {} threads", this.name, this.threads);
/// assert!(this.threads >= 1);
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn processes() -> Result<Vec<ListedProcess>, Error> {
    platform::processes().map_err(|code| Error::new(Operation::ListProcesses, code))
}

/// A program or library that a process has loaded. Windows' MODULEENTRY32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LoadedModule {
    /// The address of its first byte there.
    pub base: usize,
    /// How many bytes it takes.
    pub size: usize,
    /// Its file.
    pub path: PathBuf,
}

impl LoadedModule {
    /// The addresses of its bytes.
    pub fn addresses(&self) -> Range<usize> {
        self.base..self.base + self.size
    }
}

impl Process {
    /// The numbers of its threads; of one that has ended, none. Mirrors CreateToolhelp32Snapshot with
    /// Thread32First and Thread32Next.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn threads(&self) -> Result<Vec<u32>, Error> {
        platform::threads_of_process(self.handle(), self.id())
            .map_err(self.error(Operation::QueryProcess))
    }

    /// What it has loaded, its program first. Mirrors EnumProcessModules, Module32First and Module32Next.
    ///
    /// What is loaded and unloaded meanwhile may be told or not.
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY) and
    ///   [`ProcessAccess::READ`](crate::ProcessAccess::READ), or has ended.
    /// * ERROR_PARTIAL_COPY: it was started suspended and has loaded nothing yet, on Windows.
    ///
    /// ```
    /// use winpages::{Process, ProcessAccess};
    ///
    /// let this = Process::open(std::process::id(), ProcessAccess::QUERY | ProcessAccess::READ)?;
    /// let modules = this.modules()?;
    /// let here = winpages::processes as fn() -> _ as usize;
    /// assert!(modules[0].addresses().contains(&here));
    /// assert_eq!(modules[0].path.file_name(), this.program()?.file_name());
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn modules(&self) -> Result<Vec<LoadedModule>, Error> {
        platform::modules_of_process(self.handle()).map_err(self.error(Operation::QueryProcess))
    }

    /// The file of its program. Mirrors QueryFullProcessImageName.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY); or, on
    /// Linux, has ended.
    pub fn program(&self) -> Result<PathBuf, Error> {
        platform::program_of_process(self.handle()).map_err(self.error(Operation::QueryProcess))
    }
}
