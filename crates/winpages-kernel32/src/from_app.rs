//! The memory functions of Windows Store apps: those of everybody else, but that memory to be executed
//! cannot be had from them.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::Protection;

use crate::extended_parameter::MEM_EXTENDED_PARAMETER;
use crate::file_mapping::{CreateFileMappingW, OpenFileMappingW};
use crate::file_view::{MapViewOfFile, MapViewOfFile3};
use crate::last_error::fail;
use crate::security_attributes::SECURITY_ATTRIBUTES;
use crate::virtual_memory::{VirtualAlloc, VirtualAlloc2, VirtualProtect};

const FILE_MAP_EXECUTE: u32 = 0x20;

/// Whether a protection is one that apps get; sets the last error if it is not.
fn is_for_apps(protection: u32) -> bool {
    let refused = Protection::from_bits_retain(protection).is_executable();
    if refused {
        fail(NtStatus::INVALID_PARAMETER);
    }
    !refused
}

/// VirtualAllocFromApp: as [`VirtualAlloc`], without executable protections.
///
/// # Safety
///
/// As [`VirtualAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAllocFromApp(
    BaseAddress: *mut c_void,
    Size: usize,
    AllocationType: u32,
    Protection: u32,
) -> *mut c_void {
    if !is_for_apps(Protection) {
        return core::ptr::null_mut();
    }
    // SAFETY: passed on.
    unsafe { VirtualAlloc(BaseAddress, Size, AllocationType, Protection) }
}

/// VirtualAlloc2FromApp: as [`VirtualAlloc2`], without executable protections.
///
/// # Safety
///
/// As [`VirtualAlloc2`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAlloc2FromApp(
    Process: usize,
    BaseAddress: *mut c_void,
    Size: usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ParameterCount: u32,
) -> *mut c_void {
    if !is_for_apps(PageProtection) {
        return core::ptr::null_mut();
    }
    // SAFETY: passed on.
    unsafe {
        VirtualAlloc2(
            Process,
            BaseAddress,
            Size,
            AllocationType,
            PageProtection,
            ExtendedParameters,
            ParameterCount,
        )
    }
}

/// VirtualProtectFromApp: as [`VirtualProtect`], without pages that can be executed and written.
///
/// # Safety
///
/// As [`VirtualProtect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualProtectFromApp(
    Address: *mut c_void,
    Size: usize,
    NewProtection: u32,
    OldProtection: *mut u32,
) -> i32 {
    let new = Protection::from_bits_retain(NewProtection);
    if new.intersects(Protection::EXECUTE_READWRITE | Protection::EXECUTE_WRITECOPY) {
        fail(NtStatus::INVALID_PARAMETER);
        return 0;
    }
    // SAFETY: passed on.
    unsafe { VirtualProtect(Address, Size, NewProtection, OldProtection) }
}

/// CreateFileMappingFromApp: as [`CreateFileMappingW`], without executable protections.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingFromApp(
    hFile: usize,
    SecurityAttributes: *const SECURITY_ATTRIBUTES,
    PageProtection: u32,
    MaximumSize: u64,
    Name: *const u16,
) -> usize {
    if !is_for_apps(PageProtection) {
        return 0;
    }
    let (high, low) = ((MaximumSize >> 32) as u32, MaximumSize as u32);
    // SAFETY: passed on.
    unsafe { CreateFileMappingW(hFile, SecurityAttributes, PageProtection, high, low, Name) }
}

/// OpenFileMappingFromApp: as [`OpenFileMappingW`].
///
/// # Safety
///
/// As [`OpenFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenFileMappingFromApp(
    DesiredAccess: u32,
    InheritHandle: i32,
    Name: *const u16,
) -> usize {
    // SAFETY: passed on.
    unsafe { OpenFileMappingW(DesiredAccess, InheritHandle, Name) }
}

/// MapViewOfFileFromApp: as [`MapViewOfFile`], without FILE_MAP_EXECUTE.
///
/// # Safety
///
/// As [`MapViewOfFile`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFileFromApp(
    hFileMappingObject: usize,
    DesiredAccess: u32,
    FileOffset: u64,
    NumberOfBytesToMap: usize,
) -> *mut c_void {
    if DesiredAccess & FILE_MAP_EXECUTE != 0 {
        fail(NtStatus::INVALID_PARAMETER);
        return core::ptr::null_mut();
    }
    let (high, low) = ((FileOffset >> 32) as u32, FileOffset as u32);
    // SAFETY: passed on.
    unsafe {
        MapViewOfFile(
            hFileMappingObject,
            DesiredAccess,
            high,
            low,
            NumberOfBytesToMap,
        )
    }
}

/// MapViewOfFile3FromApp: as [`MapViewOfFile3`], without executable protections.
///
/// # Safety
///
/// As [`MapViewOfFile3`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFile3FromApp(
    FileMapping: usize,
    Process: usize,
    BaseAddress: *mut c_void,
    Offset: u64,
    ViewSize: usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ParameterCount: u32,
) -> *mut c_void {
    if !is_for_apps(PageProtection) {
        return core::ptr::null_mut();
    }
    // SAFETY: passed on.
    unsafe {
        MapViewOfFile3(
            FileMapping,
            Process,
            BaseAddress,
            Offset,
            ViewSize,
            AllocationType,
            PageProtection,
            ExtendedParameters,
            ParameterCount,
        )
    }
}
