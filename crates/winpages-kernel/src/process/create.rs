//! Starting processes: NtCreateUserProcess.

use core::ffi::CStr;
use std::ffi::{CString, OsStr};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::startup::{Block, Inherited, Parameters, VARIABLE};
use super::{ForeignThread, PriorityClass, Process, affinity};
use crate::NtStatus;
use crate::file::status_from_errno;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, Object};
use crate::sys::file;
use crate::sys::processors::Processors;
use crate::sys::spawn::{self, Program};

/// Which handles a child gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// None.
    Nothing,
    /// All that are inheritable.
    All,
    /// Those of the inheritable ones that are named.
    Listed(Vec<Handle>),
}

/// What a child has for standard input, output and error.
#[derive(Clone, Copy, Debug)]
pub enum StandardStreams<'a> {
    /// What this process has.
    Same,
    /// The files that these handles lead to, and an empty one where a handle leads to none. The child is told
    /// their values, and 0 for what is no handle.
    Handles([Handle; 3]),
    /// What these descriptors are open on; where there is none, what this process has.
    Descriptors([Option<BorrowedFd<'a>>; 3]),
}

/// What is to be started, and with what.
#[derive(Clone, Debug)]
pub struct CreateProcess<'a> {
    /// The program's file.
    pub program: &'a CStr,
    /// The command line, as the child is to see it.
    pub command_line: &'a [u16],
    /// The same, taken apart.
    pub arguments: &'a [CString],
    /// The environment, `NAME=VALUE` each.
    pub environment: &'a [CString],
    /// The current directory; `None` for this process's.
    pub directory: Option<&'a CStr>,
    /// Standard input, output and error.
    pub standard: StandardStreams<'a>,
    /// Which handles it gets.
    pub inheritance: Inheritance,
    /// The processors that its first thread, and what that starts, runs on; `None` for this process's.
    pub processors: Option<Processors>,
    /// How important it is, if it may be that; `None` for what the calling thread passes on.
    pub priority_class: Option<PriorityClass>,
    /// Whether it shall stand still until [`ForeignThread::resume`].
    pub suspended: bool,
    /// Whether it shall be out of reach of the terminal's keys: CREATE_NEW_PROCESS_GROUP.
    pub new_group: bool,
    /// What is remembered of the handle of the process.
    pub process_attributes: HandleAttributes,
    /// What is remembered of the handle of its first thread.
    pub thread_attributes: HandleAttributes,
}

/// A process that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedProcess {
    /// A handle of the process.
    pub process: Handle,
    /// A handle of its first thread.
    pub thread: Handle,
    /// The number of both.
    pub number: u32,
}

/// Starts a process; mirrors NtCreateUserProcess.
///
/// The child has the inherited handles under the same values, if it is a winpages program; any other has
/// their descriptors, so that what they hold stays held as long as it runs.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_NAME_NOT_FOUND`], [`NtStatus::OBJECT_PATH_NOT_FOUND`],
///   [`NtStatus::ACCESS_DENIED`] and what else opening a file answers: the program cannot be executed.
/// * [`NtStatus::INVALID_IMAGE_FORMAT`]: it is no program.
/// * [`NtStatus::NOT_A_DIRECTORY`]: what is to be the current directory.
/// * [`NtStatus::INVALID_HANDLE`]: a listed handle is none.
/// * [`NtStatus::INVALID_PARAMETER`]: a listed handle is not inheritable.
/// * [`NtStatus::INSUFFICIENT_RESOURCES`], [`NtStatus::TOO_MANY_OPENED_FILES`].
pub fn create_process(request: &CreateProcess<'_>) -> Result<CreatedProcess, NtStatus> {
    if request.directory.is_some_and(|path| !place(path).is_dir()) {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    let inherited = inherited(&request.inheritance)?;
    let standard = standard_descriptors(&request.standard)?;
    let block = Block::new(&Parameters {
        command_line: request.command_line,
        standard: match request.standard {
            StandardStreams::Handles(handles) => Some(handles.map(|handle| {
                let is_there = handle_table::lookup(handle).is_ok();
                Handle::from_value(if is_there { handle.value() } else { 0 })
            })),
            StandardStreams::Same | StandardStreams::Descriptors(_) => None,
        },
        inherited: &inherited,
    })?;
    let variable = format!("{}={}", VARIABLE.to_string_lossy(), block.file.as_raw_fd());
    let variable = CString::new(variable).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let environment: Vec<&CStr> = request
        .environment
        .iter()
        .map(CString::as_c_str)
        .filter(|entry| {
            let rest = entry.to_bytes().strip_prefix(VARIABLE.to_bytes());
            rest.is_none_or(|rest| rest.first() != Some(&b'='))
        })
        .chain([variable.as_c_str()])
        .collect();
    let arguments: Vec<&CStr> = request.arguments.iter().map(CString::as_c_str).collect();
    let descriptors: Vec<_> = block
        .descriptors
        .iter()
        .chain([&block.file])
        .map(AsRawFd::as_raw_fd)
        .collect();
    let program = Program {
        path: request.program,
        arguments: &arguments,
        environment: &environment,
        directory: request.directory,
        standard: standard
            .each_ref()
            .map(|given| given.as_ref().map(AsRawFd::as_raw_fd)),
        inherited: &descriptors,
        number: Some(block.number()),
        suspended: request.suspended,
        niceness: request.priority_class.map(PriorityClass::niceness),
        new_group: request.new_group,
    };
    let started = affinity::as_process(request.processors, || spawn::spawn(&program))
        .map_err(|errno| status_of_start(errno, place(request.program)))?;
    let number = started.number;
    let process = Arc::new(Process::started(number, started.descriptor, block.page));
    let thread = ForeignThread::first_of(Arc::clone(&process), request.suspended);
    let process = handle_table::insert(Entry {
        object: Object::Process(process),
        access: AccessMask::PROCESS_ALL_ACCESS,
        attributes: request.process_attributes,
    })?;
    let thread = handle_table::insert(Entry {
        object: Object::ForeignThread(Arc::new(thread)),
        access: AccessMask::THREAD_ALL_ACCESS,
        attributes: request.thread_attributes,
    })
    .inspect_err(|_| {
        let _ = handle_table::close(process);
    })?;
    Ok(CreatedProcess {
        process,
        thread,
        number,
    })
}

fn place(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

/// Whether a file begins as programs and scripts do; yes, if it cannot be read.
fn looks_like_program(path: &Path) -> bool {
    let mut start = Vec::new();
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_err() || start.starts_with(b"\x7FELF") || start.starts_with(b"#!")
}

/// Why a program could not be started: Linux says the same of a file that is not there and of one whose
/// interpreter is not, of a directory and of a text that nobody has marked as executable.
fn status_of_start(errno: Errno, program: &Path) -> NtStatus {
    match errno {
        Errno::NOENT if program.exists() => NtStatus::INVALID_IMAGE_FORMAT,
        Errno::NOENT if program.parent().is_some_and(|parent| !parent.is_dir()) => {
            NtStatus::OBJECT_PATH_NOT_FOUND
        }
        Errno::ACCESS if !looks_like_program(program) => NtStatus::INVALID_IMAGE_FORMAT,
        Errno::NOEXEC | Errno::LIBBAD => NtStatus::INVALID_IMAGE_FORMAT,
        Errno::AGAIN | Errno::NOMEM | Errno::TOOBIG => NtStatus::INSUFFICIENT_RESOURCES,
        other => status_from_errno(other),
    }
}

fn inherited(inheritance: &Inheritance) -> Result<Vec<Inherited>, NtStatus> {
    let entries = match inheritance {
        Inheritance::Nothing => Vec::new(),
        Inheritance::All => handle_table::inheritable(),
        Inheritance::Listed(handles) => {
            let mut entries: Vec<(Handle, Entry)> = Vec::with_capacity(handles.len());
            for handle in handles {
                let entry = handle_table::lookup(*handle)?;
                if !entry.attributes.contains(HandleAttributes::INHERIT) {
                    return Err(NtStatus::INVALID_PARAMETER);
                }
                let handle = Handle::from_value(handle.value() & !3);
                if entries.iter().all(|(known, _)| *known != handle) {
                    entries.push((handle, entry));
                }
            }
            entries
        }
    };
    let inherited = entries.into_iter().map(|(handle, entry)| Inherited {
        handle,
        access: entry.access,
        attributes: entry.attributes,
        object: entry.object,
    });
    Ok(inherited.collect())
}

/// Copies of the descriptors that the child gets for its standard streams.
fn standard_descriptors(streams: &StandardStreams<'_>) -> Result<[Option<OwnedFd>; 3], NtStatus> {
    let too_many = |_| NtStatus::TOO_MANY_OPENED_FILES;
    let mut descriptors = [None, None, None];
    match streams {
        StandardStreams::Same => {}
        StandardStreams::Handles(handles) => {
            for (place, handle) in descriptors.iter_mut().zip(handles) {
                let object = handle_table::lookup(*handle).map(|entry| entry.object);
                *place = Some(match object {
                    Ok(Object::File(file)) => file::duplicate(file.as_fd()).map_err(too_many)?,
                    // The child's C library has three streams whatever it is given; this process's own are
                    // not meant, and a number that is closed would be the next file's.
                    _ => file::open_null().map_err(too_many)?,
                });
            }
        }
        StandardStreams::Descriptors(given) => {
            for (place, given) in descriptors.iter_mut().zip(given) {
                *place = given.map(file::duplicate).transpose().map_err(too_many)?;
            }
        }
    }
    Ok(descriptors)
}
