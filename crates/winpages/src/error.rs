//! What fails, on what, and why.

use core::fmt;
use std::io;
use std::ops::Range;

use winpages_error::error_code::{self, *};

use crate::hint;
use crate::platform::Code;

/// What was being done when an [`Error`] occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Reserving addresses.
    Reserve,
    /// Committing pages.
    Commit,
    /// Decommitting pages.
    Decommit,
    /// Changing the protection of pages.
    Protect,
    /// Asking what lies at an address.
    Query,
    /// Copying bytes out.
    Read,
    /// Copying bytes in.
    Write,
    /// Making a slice of memory.
    Borrow,
    /// Making an atomic of memory.
    Atomic,
    /// Creating a section.
    CreateSection,
    /// Opening a section.
    OpenSection,
    /// Asking a section for its size.
    QuerySection,
    /// Opening a process.
    OpenProcess,
    /// Asking about a process: how it ended, what it has loaded, what it has of memory.
    QueryProcess,
    /// Asking which processes there are.
    ListProcesses,
    /// Starting a process.
    StartProcess,
    /// Giving another process a handle.
    Duplicate,
    /// Duplicating a handle of another process.
    DuplicateFrom,
    /// Closing a handle of another process.
    CloseHandle,
    /// Starting a thread in a process, or letting it go on.
    StartThread,
    /// Ending a process.
    Terminate,
    /// Creating a heap.
    CreateHeap,
    /// Looking through a heap.
    InspectHeap,
    /// Creating a mutex, an event, a semaphore or a timer.
    CreateObject,
    /// Opening one.
    OpenObject,
    /// Creating, opening or destroying a private namespace.
    PrivateNamespace,
    /// Reading or writing a security descriptor's text.
    SecurityText,
    /// Waiting.
    Wait,
    /// Setting or resetting an event or a timer, or adding to a semaphore.
    Signal,
    /// Mapping a view.
    MapView,
    /// Writing a view back to its file.
    Flush,
    /// Keeping pages in memory.
    Lock,
    /// Letting pages be paged out.
    Unlock,
    /// Bringing pages into memory.
    Prefetch,
    /// Offering pages to the system.
    Offer,
    /// Taking offered pages back.
    Reclaim,
    /// Throwing the contents of pages away.
    Discard,
    /// Resetting pages, or undoing it.
    Reset,
    /// Asking which pages were written.
    WatchWrites,
    /// Asking for the working set, or changing its limits.
    WorkingSet,
    /// Asking what the machine or the process has of memory.
    MemoryStatus,
    /// Creating or asking a notification of how scarce memory is.
    MemoryNotification,
    /// Allocating or mapping pages by number.
    PhysicalPages,
    /// Splitting or joining placeholders.
    ChangePlaceholder,
    /// Registering a handler of exceptions.
    HandleExceptions,
    /// Choosing the layout of the address space.
    ChooseLayout,
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reserve => "reserve memory",
            Self::Commit => "commit memory",
            Self::Decommit => "decommit memory",
            Self::Protect => "change the protection of memory",
            Self::Query => "query memory",
            Self::Read => "read memory",
            Self::Write => "write memory",
            Self::Borrow => "make a slice of memory",
            Self::Atomic => "make an atomic of memory",
            Self::CreateSection => "create the section",
            Self::OpenSection => "open the section",
            Self::QuerySection => "query the section",
            Self::OpenProcess => "open the process",
            Self::QueryProcess => "ask about the process",
            Self::ListProcesses => "list the processes",
            Self::StartProcess => "start the process",
            Self::Duplicate => "duplicate a handle into the process",
            Self::DuplicateFrom => "duplicate a handle of the process",
            Self::CloseHandle => "close a handle of the process",
            Self::StartThread => "start a thread in the process",
            Self::Terminate => "end the process",
            Self::CreateHeap => "create a heap",
            Self::InspectHeap => "look through the heap",
            Self::CreateObject => "create the object",
            Self::OpenObject => "open the object",
            Self::PrivateNamespace => "use the private namespace",
            Self::SecurityText => "read or write the text of a security descriptor",
            Self::Wait => "wait",
            Self::Signal => "signal the object",
            Self::MapView => "map a view",
            Self::Flush => "write the view back",
            Self::Lock => "keep memory from being paged out",
            Self::Unlock => "let memory be paged out",
            Self::Prefetch => "bring memory in",
            Self::Offer => "offer memory to the system",
            Self::Reclaim => "reclaim memory",
            Self::Discard => "discard memory",
            Self::Reset => "reset memory",
            Self::WatchWrites => "ask which memory was written",
            Self::WorkingSet => "ask for or change the working set",
            Self::MemoryStatus => "ask for the state of memory",
            Self::MemoryNotification => "use a memory notification",
            Self::PhysicalPages => "allocate or map physical pages",
            Self::ChangePlaceholder => "split or join placeholders",
            Self::HandleExceptions => "register an exception handler",
            Self::ChooseLayout => "choose the layout of the address space",
        })
    }
}

/// What an operation was done on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Nothing that has a name or an address yet.
    Nothing,
    /// A named object.
    Name(String),
    /// Addresses.
    Addresses(Range<usize>),
}

/// What failed, on what, and Windows' code for why.
///
/// The code is that of the Windows function behind the operation on both systems: what a program does
/// about ERROR_ALREADY_EXISTS on one, it does on the other. It turns into a [`std::io::Error`] whose
/// kind says the same in Rust's terms and which keeps this error inside.
///
/// ```
/// use winpages::{Operation, Section};
///
/// let error = Section::options().name("Local\\nobody holds this").open().unwrap_err();
/// assert_eq!((error.code(), error.code_name()), (2, Some("ERROR_FILE_NOT_FOUND")));
/// assert_eq!(error.operation(), Operation::OpenSection);
/// assert_eq!(error.name(), Some("Local\\nobody holds this"));
/// assert!(error.hint().is_some());
///
/// let error = std::io::Error::from(error);
/// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Error {
    code: Code,
    operation: Operation,
    subject: Subject,
}

impl Error {
    pub(crate) fn new(operation: Operation, code: Code) -> Self {
        Self {
            code,
            operation,
            subject: Subject::Nothing,
        }
    }

    /// With the name of what failed, if it has one.
    pub(crate) fn of(self, name: Option<&str>) -> Self {
        Self {
            subject: name.map_or(Subject::Nothing, |name| Subject::Name(name.to_owned())),
            ..self
        }
    }

    /// With the addresses it failed on.
    pub(crate) fn at(self, addresses: Range<usize>) -> Self {
        Self {
            subject: Subject::Addresses(addresses),
            ..self
        }
    }

    /// The Win32 error code, as GetLastError answers it after the Windows function behind the
    /// operation.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// The code's name in `winerror.h`; `None` for one this crate does not know.
    pub fn code_name(&self) -> Option<&'static str> {
        error_code::name(self.code)
    }

    /// The same as [`Error::code`], as [`std::io::Error::raw_os_error`] has it on Windows. On Linux it
    /// is *not* an errno.
    pub fn raw_os_error(&self) -> i32 {
        self.code as i32
    }

    /// What was being done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The name of the object it was done on, if it has one.
    pub fn name(&self) -> Option<&str> {
        match &self.subject {
            Subject::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The addresses it was done on, if there were any.
    pub fn addresses(&self) -> Option<Range<usize>> {
        match &self.subject {
            Subject::Addresses(addresses) => Some(addresses.clone()),
            _ => None,
        }
    }

    /// What is probably wrong, and what to do about it, where more can be said than the code does.
    pub fn hint(&self) -> Option<&'static str> {
        hint::of(self.operation, self.code)
    }

    /// The kind that a [`std::io::Error`] made of this has.
    pub fn kind(&self) -> io::ErrorKind {
        match self.code {
            ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => io::ErrorKind::NotFound,
            ERROR_ALREADY_EXISTS | ERROR_FILE_EXISTS => io::ErrorKind::AlreadyExists,
            ERROR_ACCESS_DENIED | ERROR_PRIVILEGE_NOT_HELD => io::ErrorKind::PermissionDenied,
            ERROR_NOT_ENOUGH_MEMORY
            | ERROR_OUTOFMEMORY
            | ERROR_COMMITMENT_LIMIT
            | ERROR_NO_SYSTEM_RESOURCES
            | ERROR_WORKING_SET_QUOTA => io::ErrorKind::OutOfMemory,
            ERROR_DISK_FULL => io::ErrorKind::StorageFull,
            ERROR_NOT_SUPPORTED | ERROR_INVALID_FUNCTION | ERROR_CALL_NOT_IMPLEMENTED => {
                io::ErrorKind::Unsupported
            }
            ERROR_BUSY
            | ERROR_SHARING_VIOLATION
            | ERROR_LOCK_VIOLATION
            | ERROR_USER_MAPPED_FILE => io::ErrorKind::ResourceBusy,
            ERROR_FILE_INVALID | ERROR_REVISION_MISMATCH => io::ErrorKind::InvalidData,
            ERROR_INVALID_PARAMETER
            | ERROR_INVALID_HANDLE
            | ERROR_INVALID_NAME
            | ERROR_FILENAME_EXCED_RANGE
            | ERROR_BAD_PATHNAME
            | ERROR_BAD_EXE_FORMAT
            | ERROR_INVALID_ADDRESS
            | ERROR_NOACCESS
            | ERROR_MAPPED_ALIGNMENT => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::Other,
        }
    }

    fn sentence(&self) -> String {
        let mut text = format!("cannot {}", self.operation);
        match &self.subject {
            Subject::Nothing => {}
            Subject::Name(name) => text += &format!(" \"{name}\""),
            Subject::Addresses(range) => {
                text += &format!(" at {:#x}..{:#x}", range.start, range.end)
            }
        }
        let meaning = error_code::text(self.code).unwrap_or("unknown error.");
        text += &format!(": {}", meaning.trim_end_matches('.'));
        match self.code_name() {
            Some(name) => text += &format!(" ({name}, {})", self.code),
            None => text += &format!(" ({:#x})", self.code),
        }
        if let Some(hint) = self.hint() {
            text += &format!("; {hint}");
        }
        text
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), error)
    }
}
