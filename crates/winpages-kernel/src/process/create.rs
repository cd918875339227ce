//! Starting processes: NtCreateUserProcess.

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::Arc;

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::io::Errno;

use super::startup::{Block, Inherited, Parameters, VARIABLE};
use super::{ForeignThread, Process, affinity};
use crate::NtStatus;
use crate::file::status_from_errno;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, Object};
use crate::sys::file;
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
    /// Standard input, output and error, if the child shall have others than this process.
    pub standard: Option<[Handle; 3]>,
    /// Which handles it gets.
    pub inheritance: Inheritance,
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
/// * [`NtStatus::OBJECT_NAME_NOT_FOUND`], [`NtStatus::ACCESS_DENIED`] and what else opening a file
///   answers: the program cannot be executed.
/// * [`NtStatus::INVALID_IMAGE_FORMAT`]: it is no program.
/// * [`NtStatus::INVALID_HANDLE`]: a standard handle, or one that is listed, is none.
/// * [`NtStatus::INVALID_PARAMETER`]: a listed handle is not inheritable.
/// * [`NtStatus::INSUFFICIENT_RESOURCES`], [`NtStatus::TOO_MANY_OPENED_FILES`].
pub fn create_process(request: &CreateProcess<'_>) -> Result<CreatedProcess, NtStatus> {
    let inherited = inherited(&request.inheritance)?;
    let standard = standard_descriptors(request)?;
    let block = Block::new(&Parameters {
        command_line: request.command_line,
        standard: request.standard,
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
        new_group: request.new_group,
    };
    let started = affinity::as_process(|| spawn::spawn(&program)).map_err(status_of_start)?;
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

fn status_of_start(errno: Errno) -> NtStatus {
    match errno {
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
fn standard_descriptors(request: &CreateProcess<'_>) -> Result<[Option<OwnedFd>; 3], NtStatus> {
    let mut descriptors = [None, None, None];
    for (place, handle) in descriptors
        .iter_mut()
        .zip(request.standard.iter().flatten())
    {
        // A stream that is not there, or no file, is one that the child's C library does not have.
        let Ok(entry) = handle_table::lookup(*handle) else {
            continue;
        };
        if let Object::File(file) = entry.object {
            let copy = file::duplicate(file.as_fd());
            *place = Some(copy.map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?);
        }
    }
    Ok(descriptors)
}
