//! Starting processes.

use std::ffi::{CString, OsStr};
pub use std::os::fd::AsFd as AsStream;
pub(crate) use std::os::fd::BorrowedFd as Stream;
use std::os::unix::ffi::OsStrExt;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;
use winpages_kernel::Handle;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::process::{self, CreateProcess, Inheritance, StandardStreams};

use super::super::{Code, StartRequest, command_line};
use super::code;
use super::handle::ObjectHandle;

fn terminated(text: &OsStr) -> Result<CString, Code> {
    CString::new(text.as_bytes()).map_err(|_| ERROR_INVALID_PARAMETER)
}

/// Handles that can be inherited as long as this lives.
struct Inheritable<'a>(Vec<(&'a ObjectHandle, HandleAttributes)>);

impl<'a> Inheritable<'a> {
    fn make(handles: &[&'a ObjectHandle]) -> Result<Self, Code> {
        let mut made = Self(Vec::new());
        for handle in handles {
            let before = handle_table::lookup(handle.get()).map_err(code)?;
            let inherit = HandleAttributes::INHERIT;
            handle_table::set_attributes(handle.get(), inherit, inherit).map_err(code)?;
            made.0.push((handle, before.attributes));
        }
        Ok(made)
    }
}

impl Drop for Inheritable<'_> {
    fn drop(&mut self) {
        for (handle, before) in self.0.drain(..).rev() {
            let _ = handle_table::set_attributes(handle.get(), HandleAttributes::INHERIT, before);
        }
    }
}

pub(crate) fn stream(of: &impl AsStream) -> Stream<'_> {
    of.as_fd()
}

/// Whether two names are one variable's.
pub(crate) fn is_same_variable(one: &OsStr, other: &OsStr) -> bool {
    one == other
}

/// Answers handles of the process and of its first thread, and its number.
pub(crate) fn start_process(
    request: &StartRequest<'_>,
) -> Result<(ObjectHandle, ObjectHandle, u32), Code> {
    // Its own directory is not where its name leads from.
    let program = std::path::absolute(request.program).map_err(|_| ERROR_INVALID_PARAMETER)?;
    let program = terminated(program.as_os_str())?;
    let names = core::iter::once(request.program.as_os_str());
    let all = names.chain(request.arguments.iter().map(|one| one.as_os_str()));
    let arguments = all.clone().map(terminated).collect::<Result<Vec<_>, _>>()?;
    let mut environment = Vec::new();
    for (name, value) in request.environment {
        let mut entry = name.clone();
        entry.push("=");
        entry.push(value);
        environment.push(terminated(&entry)?);
    }
    let directory = request.directory.map(|path| terminated(path.as_os_str()));
    let directory = directory.transpose()?;
    // A program for Windows takes its arguments apart itself.
    let command_line =
        command_line(all.map(|argument| argument.to_string_lossy().encode_utf16().collect()));
    let inheritable = Inheritable::make(request.inherited)?;
    let started = process::create_process(&CreateProcess {
        program: &program,
        command_line: &command_line,
        arguments: &arguments,
        environment: &environment,
        directory: directory.as_deref(),
        standard: StandardStreams::Descriptors(request.standard),
        inheritance: Inheritance::Listed(request.inherited.iter().map(|one| one.get()).collect()),
        processors: None,
        priority_class: None,
        suspended: request.suspended,
        new_group: false,
        process_attributes: HandleAttributes::empty(),
        thread_attributes: HandleAttributes::empty(),
    })
    .map_err(code)?;
    drop(inheritable);
    Ok((
        ObjectHandle::new(started.process),
        ObjectHandle::new(started.thread),
        started.number,
    ))
}

pub(crate) fn handle_value(handle: &ObjectHandle) -> usize {
    handle.get().value()
}

/// # Safety
///
/// Nobody else relies on the handle.
pub(crate) unsafe fn adopt(value: usize) -> Result<ObjectHandle, Code> {
    let handle = Handle::from_value(value);
    handle_table::lookup(handle)
        .map(|_| ObjectHandle::new(handle))
        .map_err(code)
}
