//! Which processes there are, and what they have loaded.

use core::ptr;
use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{HANDLE, HMODULE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CREATE_TOOLHELP_SNAPSHOT_FLAGS, CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW,
    Process32NextW, TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First,
    Thread32Next,
};
use windows_sys::Win32::System::ProcessStatus::{
    K32EnumProcessModulesEx, K32GetModuleFileNameExW, K32GetModuleInformation, LIST_MODULES_ALL,
    MODULEINFO,
};
use windows_sys::Win32::System::Threading::{PROCESS_NAME_WIN32, QueryFullProcessImageNameW};
use windows_sys::core::BOOL;
use winpages_error::error_code::ERROR_NO_MORE_FILES;

use super::super::Code;
use super::handle::ObjectHandle;
use super::{last_error, succeeded};
use crate::process_list::{ListedProcess, LoadedModule};

pub(super) fn take_snapshot(
    of: CREATE_TOOLHELP_SNAPSHOT_FLAGS,
    process: u32,
) -> Result<ObjectHandle, Code> {
    // SAFETY: it takes numbers.
    let handle = unsafe { CreateToolhelp32Snapshot(of, process) };
    if handle == INVALID_HANDLE_VALUE {
        Err(last_error())
    } else {
        Ok(ObjectHandle::new(handle))
    }
}

/// Process32FirstW and its like.
type Step<T> = unsafe extern "system" fn(HANDLE, *mut T) -> BOOL;

/// Calls `found` with each entry of one of a snapshot's lists.
///
/// # Safety
///
/// The functions are those of entries of that kind, and the entry says its size.
pub(super) unsafe fn walk<T>(
    snapshot: &ObjectHandle,
    mut entry: T,
    first: Step<T>,
    next: Step<T>,
    mut found: impl FnMut(&T),
) -> Result<(), Code> {
    let mut step = first;
    // SAFETY: the snapshot is one, and the rest is the caller's.
    while unsafe { step(snapshot.get(), &raw mut entry) } != 0 {
        found(&entry);
        step = next;
    }
    match last_error() {
        ERROR_NO_MORE_FILES => Ok(()),
        code => Err(code),
    }
}

/// A text up to its end, as far as it is one.
fn text(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0);
    String::from_utf16_lossy(&units[..end.unwrap_or(units.len())])
}

pub(crate) fn processes() -> Result<Vec<ListedProcess>, Code> {
    let snapshot = take_snapshot(TH32CS_SNAPPROCESS, 0)?;
    let entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..PROCESSENTRY32W::default()
    };
    let mut listed = Vec::new();
    let found = |entry: &PROCESSENTRY32W| {
        listed.push(ListedProcess {
            id: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            threads: entry.cntThreads,
            name: text(&entry.szExeFile),
        });
    };
    // SAFETY: the entry is of the kind and the size that it says.
    unsafe { walk(&snapshot, entry, Process32FirstW, Process32NextW, found) }?;
    Ok(listed)
}

pub(crate) fn threads_of_process(_process: &ObjectHandle, id: u32) -> Result<Vec<u32>, Code> {
    let snapshot = take_snapshot(TH32CS_SNAPTHREAD, 0)?;
    let entry = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..THREADENTRY32::default()
    };
    let mut threads = Vec::new();
    let found = |entry: &THREADENTRY32| {
        // The number is the process's own as long as there is a handle.
        if entry.th32OwnerProcessID == id {
            threads.push(entry.th32ThreadID);
        }
    };
    // SAFETY: as above.
    unsafe { walk(&snapshot, entry, Thread32First, Thread32Next, found) }?;
    Ok(threads)
}

pub(crate) fn modules_of_process(process: &ObjectHandle) -> Result<Vec<LoadedModule>, Code> {
    let mut handles: Vec<HMODULE> = vec![ptr::null_mut(); 256];
    loop {
        let mut needed = 0;
        // SAFETY: the buffer has the length given, and the other answer goes to a local.
        succeeded(unsafe {
            K32EnumProcessModulesEx(
                process.get(),
                handles.as_mut_ptr(),
                size_of_val(&handles[..]) as u32,
                &raw mut needed,
                LIST_MODULES_ALL,
            )
        })?;
        let count = needed as usize / size_of::<HMODULE>();
        let had_room = count <= handles.len();
        handles.resize(count, ptr::null_mut());
        if had_room {
            break;
        }
    }
    // What has been unloaded meanwhile is left out.
    let modules = handles
        .into_iter()
        .filter_map(|module| describe(process, module).ok());
    Ok(modules.collect())
}

fn describe(process: &ObjectHandle, module: HMODULE) -> Result<LoadedModule, Code> {
    let mut information = MODULEINFO::default();
    let size = size_of::<MODULEINFO>() as u32;
    // SAFETY: the answer goes to a local of the size given.
    succeeded(unsafe {
        K32GetModuleInformation(process.get(), module, &raw mut information, size)
    })?;
    let mut units = vec![0; LONGEST_PATH];
    // SAFETY: the buffer has the length given.
    let length = unsafe {
        K32GetModuleFileNameExW(
            process.get(),
            module,
            units.as_mut_ptr(),
            units.len() as u32,
        )
    };
    if length == 0 {
        return Err(last_error());
    }
    Ok(LoadedModule {
        base: information.lpBaseOfDll as usize,
        size: information.SizeOfImage as usize,
        path: path(&units[..length as usize]),
    })
}

/// The longest path, in units.
const LONGEST_PATH: usize = 0x8000;

fn path(units: &[u16]) -> PathBuf {
    OsString::from_wide(units).into()
}

pub(crate) fn program_of_process(process: &ObjectHandle) -> Result<PathBuf, Code> {
    let mut units = vec![0; LONGEST_PATH];
    let mut length = units.len() as u32;
    // SAFETY: the buffer has the length given, which is a local.
    succeeded(unsafe {
        QueryFullProcessImageNameW(
            process.get(),
            PROCESS_NAME_WIN32,
            units.as_mut_ptr(),
            &raw mut length,
        )
    })?;
    Ok(path(&units[..length as usize]))
}
