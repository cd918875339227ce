//! Starting processes.

use core::ffi::c_void;
use core::ptr;
use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
pub use std::os::windows::io::AsHandle as AsStream;
pub(crate) use std::os::windows::io::BorrowedHandle as Stream;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW,
    UpdateProcThreadAttribute,
};

use super::super::{Code, StartRequest, command_line};
use super::handle::ObjectHandle;
use super::succeeded;

/// Units of a text that ends at the first 0, without that.
fn units(text: &OsStr) -> Result<Vec<u16>, Code> {
    let units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(ERROR_INVALID_PARAMETER);
    }
    Ok(units)
}

fn terminated(text: &OsStr) -> Result<Vec<u16>, Code> {
    let mut units = units(text)?;
    units.push(0);
    Ok(units)
}

/// Handles that can be inherited as long as this lives.
struct Inheritable(Vec<(HANDLE, u32)>);

impl Inheritable {
    fn make(handles: &[HANDLE]) -> Result<Self, Code> {
        let mut made = Self(Vec::new());
        for handle in handles {
            let mut before = 0;
            // SAFETY: the answer goes to a local, and a handle is a number.
            unsafe {
                succeeded(GetHandleInformation(*handle, &raw mut before))?;
                succeeded(SetHandleInformation(
                    *handle,
                    HANDLE_FLAG_INHERIT,
                    HANDLE_FLAG_INHERIT,
                ))?;
            }
            made.0.push((*handle, before));
        }
        Ok(made)
    }
}

impl Drop for Inheritable {
    fn drop(&mut self) {
        for (handle, before) in self.0.drain(..).rev() {
            // SAFETY: as above.
            unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, before) };
        }
    }
}

/// A list of attributes that names handles, which it refers to.
struct HandleList<'a> {
    memory: Vec<usize>,
    handles: &'a [HANDLE],
}

impl<'a> HandleList<'a> {
    fn new(handles: &'a [HANDLE]) -> Result<Self, Code> {
        let mut size = 0;
        // SAFETY: asks how much memory it takes.
        unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), 1, 0, &raw mut size) };
        let mut list = Self {
            memory: vec![0; size.div_ceil(size_of::<usize>())],
            handles,
        };
        let place = list.memory.as_mut_ptr().cast::<c_void>();
        // SAFETY: as much memory as was asked for; the handles outlive the list.
        unsafe {
            succeeded(InitializeProcThreadAttributeList(
                place,
                1,
                0,
                &raw mut size,
            ))?;
            succeeded(UpdateProcThreadAttribute(
                place,
                0,
                PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize,
                list.handles.as_ptr().cast(),
                size_of_val(list.handles),
                ptr::null_mut(),
                ptr::null(),
            ))?;
        }
        Ok(list)
    }
}

impl Drop for HandleList<'_> {
    fn drop(&mut self) {
        // SAFETY: the memory was made a list, or is zeroes.
        unsafe { DeleteProcThreadAttributeList(self.memory.as_mut_ptr().cast()) };
    }
}

pub(crate) fn stream(of: &impl AsStream) -> Stream<'_> {
    of.as_handle()
}

/// The name of a variable, as such names are compared and put in order.
fn folded(name: &OsStr) -> String {
    name.to_string_lossy().to_uppercase()
}

/// Whether two names are one variable's.
pub(crate) fn is_same_variable(one: &OsStr, other: &OsStr) -> bool {
    folded(one) == folded(other)
}

/// Copies of standard streams that can be inherited; this process's own where no other is given. What does
/// not exist is not there in the child, either.
fn standard_streams(given: [Option<Stream<'_>>; 3]) -> Result<[Option<OwnedHandle>; 3], Code> {
    let copy = |given: Option<Stream<'_>>, own: HANDLE| match given {
        Some(given) => given.try_clone_to_owned().map(Some).map_err(|error| {
            error
                .raw_os_error()
                .map_or(ERROR_INVALID_PARAMETER, |code| code as Code)
        }),
        None if own.is_null() => Ok(None),
        // SAFETY: the handle is looked at during one call, which refuses what is none.
        None => Ok(unsafe { Stream::borrow_raw(own) }.try_clone_to_owned().ok()),
    };
    let [input, output, error] = given;
    Ok([
        copy(input, io::stdin().as_raw_handle())?,
        copy(output, io::stdout().as_raw_handle())?,
        copy(error, io::stderr().as_raw_handle())?,
    ])
}

/// Windows runs these by `cmd.exe`, which has rules of its own for what stands behind their names.
fn is_batch_file(program: &OsStr) -> bool {
    let name = program.to_string_lossy().to_lowercase();
    let name = name.trim_end_matches([' ', '.']);
    name.ends_with(".bat") || name.ends_with(".cmd")
}

/// Answers handles of the process and of its first thread, and its number.
pub(crate) fn start_process(
    request: &StartRequest<'_>,
) -> Result<(ObjectHandle, ObjectHandle, u32), Code> {
    let program = terminated(request.program.as_os_str())?;
    if is_batch_file(request.program.as_os_str()) && !request.arguments.is_empty() {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let names = core::iter::once(request.program.as_os_str());
    let all = names.chain(request.arguments.iter().map(|one| one.as_os_str()));
    let all = all.map(units).collect::<Result<Vec<_>, _>>()?;
    let mut line = command_line(all.into_iter());
    line.push(0);
    let mut entries = Vec::new();
    let mut environment: Vec<_> = request.environment.iter().collect();
    environment.sort_by_cached_key(|(name, _)| folded(name).encode_utf16().collect::<Vec<_>>());
    for (name, value) in environment {
        let mut entry = units(name)?;
        entry.push(u16::from(b'='));
        entry.extend(terminated(value)?);
        entries.push(entry);
    }
    // Without any, the block is an empty string and the end, which is one more.
    let mut environment = match entries.as_slice() {
        [] => vec![0],
        entries => entries.concat(),
    };
    environment.push(0);
    let directory = request.directory.map(|path| terminated(path.as_os_str()));
    let directory = directory.transpose()?;
    // All or none: who names one stream names the others by leaving them out.
    let copies = if request.standard.iter().any(Option::is_some) {
        Some(standard_streams(request.standard)?)
    } else {
        None
    };
    let streams = copies.as_ref().map(|all| {
        all.each_ref().map(|one| {
            one.as_ref()
                .map_or(ptr::null_mut(), AsRawHandle::as_raw_handle)
        })
    });
    let objects = request.inherited.iter().map(|handle| handle.get());
    let mut handles: Vec<HANDLE> = Vec::new();
    for handle in objects.chain(streams.into_iter().flatten()) {
        // A list that names a handle twice is refused.
        if !handle.is_null() && !handles.contains(&handle) {
            handles.push(handle);
        }
    }
    let inheritable = Inheritable::make(&handles)?;
    let mut list = match handles.as_slice() {
        [] => None,
        handles => Some(HandleList::new(handles)?),
    };
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
    startup.lpAttributeList = list
        .as_mut()
        .map_or(ptr::null_mut(), |list| list.memory.as_mut_ptr().cast());
    if let Some([input, output, error]) = streams {
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        startup.StartupInfo.hStdInput = input;
        startup.StartupInfo.hStdOutput = output;
        startup.StartupInfo.hStdError = error;
    }
    let mut flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    if request.suspended {
        flags |= CREATE_SUSPENDED;
    }
    let mut started = PROCESS_INFORMATION::default();
    // SAFETY: all texts are terminated and outlive the call, as do list and handles.
    succeeded(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            i32::from(!handles.is_empty()),
            flags,
            environment.as_ptr().cast(),
            directory.as_ref().map_or(ptr::null(), |path| path.as_ptr()),
            (&raw const startup).cast(),
            &raw mut started,
        )
    })?;
    drop(inheritable);
    Ok((
        ObjectHandle::new(started.hProcess),
        ObjectHandle::new(started.hThread),
        started.dwProcessId,
    ))
}

pub(crate) fn handle_value(handle: &ObjectHandle) -> usize {
    handle.get() as usize
}

/// # Safety
///
/// Nobody else relies on the handle.
pub(crate) unsafe fn adopt(value: usize) -> Result<ObjectHandle, Code> {
    let handle = value as HANDLE;
    let mut flags = 0;
    // SAFETY: the answer goes to a local.
    succeeded(unsafe { GetHandleInformation(handle, &raw mut flags) })?;
    Ok(ObjectHandle::new(handle))
}
