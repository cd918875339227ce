//! Starting processes.

use core::ffi::c_void;
use core::ptr;
use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;

use windows_sys::Win32::Foundation::{
    GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION, ResumeThread, STARTUPINFOEXW,
    UpdateProcThreadAttribute,
};

use super::super::{Code, StartRequest, quoted};
use super::handle::ObjectHandle;
use super::{last_error, succeeded};

fn terminated(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
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

/// Answers handles of the process and of its first thread, and its number.
pub(crate) fn start_process(
    request: &StartRequest<'_>,
) -> Result<(ObjectHandle, ObjectHandle, u32), Code> {
    let program = terminated(request.program.as_os_str());
    let names = core::iter::once(request.program.as_os_str());
    let all = names.chain(
        request
            .arguments
            .iter()
            .map(|argument| argument.as_os_str()),
    );
    let line = all
        .map(|argument| quoted(&argument.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ");
    let mut line: Vec<u16> = line.encode_utf16().chain([0]).collect();
    let mut environment: Vec<u16> = Vec::new();
    for (name, value) in request.environment {
        environment.extend(name.encode_wide());
        environment.extend("=".encode_utf16());
        environment.extend(value.encode_wide().chain([0]));
    }
    environment.push(0);
    let directory = request.directory.map(|path| terminated(path.as_os_str()));
    let handles: Vec<HANDLE> = request
        .inherited
        .iter()
        .map(|handle| handle.get())
        .collect();
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

pub(crate) fn resume_thread(thread: &ObjectHandle) -> Result<(), Code> {
    // SAFETY: the handle is good while it is borrowed.
    match unsafe { ResumeThread(thread.get()) } {
        u32::MAX => Err(last_error()),
        _ => Ok(()),
    }
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
