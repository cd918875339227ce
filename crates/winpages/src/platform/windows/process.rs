//! Processes, and their memory.

use core::ffi::c_void;
use core::ptr;

use windows_sys::Win32::System::Diagnostics::Debug::{ReadProcessMemory, WriteProcessMemory};
use windows_sys::Win32::System::Memory::{
    MEM_DECOMMIT, MEM_RELEASE, MEMORY_BASIC_INFORMATION, VirtualFreeEx, VirtualProtectEx,
    VirtualQueryEx,
};
use windows_sys::Win32::System::Threading::{GetExitCodeProcess, OpenProcess, TerminateProcess};

use super::super::{Allocation, BasicInformation, Code, Mapping};
use super::handle::ObjectHandle;
use super::memory::{allocate_in, basic_information};
use super::section::{SectionHandle, map_into, unmap_from};
use super::{last_error, succeeded};

pub(crate) fn open_process(id: u32, rights: u32) -> Result<ObjectHandle, Code> {
    // SAFETY: it takes numbers.
    let handle = unsafe { OpenProcess(rights, 0, id) };
    if handle.is_null() {
        Err(last_error())
    } else {
        Ok(ObjectHandle::new(handle))
    }
}

pub(crate) fn read_process(
    process: &ObjectHandle,
    from: usize,
    buffer: &mut [u8],
) -> Result<(), Code> {
    // SAFETY: the buffer has the length given.
    succeeded(unsafe {
        ReadProcessMemory(
            process.get(),
            from as *const c_void,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            ptr::null_mut(),
        )
    })
}

/// # Safety
///
/// Nobody there may rely on what is overwritten.
pub(crate) unsafe fn write_process(
    process: &ObjectHandle,
    to: usize,
    bytes: &[u8],
) -> Result<(), Code> {
    // SAFETY: the bytes have the length given; the rest is the caller's.
    succeeded(unsafe {
        WriteProcessMemory(
            process.get(),
            to as *const c_void,
            bytes.as_ptr().cast(),
            bytes.len(),
            ptr::null_mut(),
        )
    })
}

pub(crate) fn query_process(
    process: &ObjectHandle,
    address: usize,
) -> Result<BasicInformation, Code> {
    let mut region = MEMORY_BASIC_INFORMATION::default();
    // SAFETY: the answer goes to a local of the size given.
    let length = unsafe {
        VirtualQueryEx(
            process.get(),
            address as *const c_void,
            &raw mut region,
            size_of::<MEMORY_BASIC_INFORMATION>(),
        )
    };
    if length == 0 {
        return Err(last_error());
    }
    Ok(basic_information(&region))
}

pub(crate) fn allocate_in_process(
    process: &ObjectHandle,
    request: &Allocation,
) -> Result<usize, Code> {
    allocate_in(process.get(), request)
}

/// # Safety
///
/// Nobody there may use the pages any more.
pub(crate) unsafe fn decommit_in_process(
    process: &ObjectHandle,
    base: usize,
    size: usize,
) -> Result<(), Code> {
    // SAFETY: the caller's.
    succeeded(unsafe { VirtualFreeEx(process.get(), base as *mut c_void, size, MEM_DECOMMIT) })
}

/// # Safety
///
/// Nobody there may use the allocation any more.
pub(crate) unsafe fn release_in_process(process: &ObjectHandle, base: usize) -> Result<(), Code> {
    // SAFETY: the caller's.
    succeeded(unsafe { VirtualFreeEx(process.get(), base as *mut c_void, 0, MEM_RELEASE) })
}

/// # Safety
///
/// Nobody there may rely on the old protection.
pub(crate) unsafe fn protect_in_process(
    process: &ObjectHandle,
    base: usize,
    size: usize,
    protection: u32,
) -> Result<u32, Code> {
    let mut old = 0;
    // SAFETY: the caller's, and the old value goes to a local.
    succeeded(unsafe {
        VirtualProtectEx(
            process.get(),
            base as *const c_void,
            size,
            protection,
            &raw mut old,
        )
    })?;
    Ok(old)
}

pub(crate) fn map_in_process(
    process: &ObjectHandle,
    section: &SectionHandle,
    request: &Mapping,
) -> Result<usize, Code> {
    map_into(process.get(), section, request)
}

/// # Safety
///
/// Nobody there may use the view any more.
pub(crate) unsafe fn unmap_in_process(process: &ObjectHandle, base: usize) -> Result<(), Code> {
    // SAFETY: the caller's.
    unsafe { unmap_from(process.get(), base, 0) }
}

/// What a process or thread that runs has for an exit code.
pub(super) const STILL_ACTIVE: u32 = 259;

/// `None` while it runs.
pub(crate) fn exit_code(process: &ObjectHandle) -> Result<Option<u32>, Code> {
    let mut code = 0;
    // SAFETY: the answer goes to a local.
    succeeded(unsafe { GetExitCodeProcess(process.get(), &raw mut code) })?;
    Ok(Some(code).filter(|code| *code != STILL_ACTIVE))
}

pub(crate) fn terminate(process: &ObjectHandle, exit_code: u32) -> Result<(), Code> {
    // SAFETY: the handle is good while it is borrowed.
    succeeded(unsafe { TerminateProcess(process.get(), exit_code) })
}

/// The kernel does here what is asked for.
pub(crate) fn serve_requests(_serve: bool) {}
