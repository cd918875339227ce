//! Private memory, and what lies where.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Memory::{
    GetWriteWatch, MEM_DECOMMIT, MEM_EXTENDED_PARAMETER, MEM_RELEASE, MEM_REPLACE_PLACEHOLDER,
    MEM_RESERVE_PLACEHOLDER, MEMORY_BASIC_INFORMATION, ResetWriteWatch, VirtualAllocEx,
    VirtualAllocExNuma, VirtualFree, VirtualProtect, VirtualQuery,
};
use windows_sys::Win32::System::ProcessStatus::K32GetMappedFileNameW;
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use super::super::{Allocation, BasicInformation, Code, Requirements};
use super::extended_parameter::ExtendedParameters;
use super::procedure::Procedure;
use super::{last_error, succeeded};

fn system_information() -> &'static SYSTEM_INFO {
    /// The structure holds two addresses, which nobody follows.
    struct Information(SYSTEM_INFO);
    // SAFETY: numbers and addresses of nothing that is used.
    unsafe impl Send for Information {}
    // SAFETY: as above.
    unsafe impl Sync for Information {}

    static INFORMATION: OnceLock<Information> = OnceLock::new();
    let information = INFORMATION.get_or_init(|| {
        let mut information = MaybeUninit::zeroed();
        // SAFETY: the structure is the function's to fill, and zeroes were valid before.
        unsafe {
            GetSystemInfo(information.as_mut_ptr());
            Information(information.assume_init())
        }
    });
    &information.0
}

pub(crate) fn page_size() -> usize {
    system_information().dwPageSize as usize
}

pub(crate) fn allocation_granularity() -> usize {
    system_information().dwAllocationGranularity as usize
}

pub(crate) fn application_addresses() -> RangeInclusive<usize> {
    let information = system_information();
    information.lpMinimumApplicationAddress as usize
        ..=information.lpMaximumApplicationAddress as usize
}

pub(crate) fn allocate(request: &Allocation) -> Result<usize, Code> {
    // SAFETY: it takes nothing, and the answer is no handle that must be closed.
    allocate_in(unsafe { GetCurrentProcess() }, request)
}

pub(super) fn allocate_in(process: HANDLE, request: &Allocation) -> Result<usize, Code> {
    let base = request.base as *mut c_void;
    let (size, kind, protection) = (request.size, request.kind, request.protection);
    const NEWER: u32 = MEM_REPLACE_PLACEHOLDER | MEM_RESERVE_PLACEHOLDER;
    let address = if request.requirements != Requirements::default() || kind & NEWER != 0 {
        allocate_within(process, request)?
    } else if let Some(node) = request.node {
        // SAFETY: reserving takes addresses that are free; committing keeps the contents of pages.
        unsafe { VirtualAllocExNuma(process, base, size, kind, protection, node) }
    } else {
        // SAFETY: as above.
        unsafe { VirtualAllocEx(process, base, size, kind, protection) }
    };
    if address.is_null() {
        Err(last_error())
    } else {
        Ok(address as usize)
    }
}

type VirtualAlloc2 = unsafe extern "system" fn(
    process: HANDLE,
    base: *mut c_void,
    size: usize,
    kind: u32,
    protection: u32,
    parameters: *mut MEM_EXTENDED_PARAMETER,
    count: u32,
) -> *mut c_void;

/// VirtualAlloc2, where Windows has it (since 10, version 1803).
fn virtual_alloc_2() -> Result<VirtualAlloc2, Code> {
    static ADDRESS: Procedure = Procedure::new(c"kernelbase.dll", c"VirtualAlloc2");
    // SAFETY: the function of that name has this type.
    ADDRESS
        .address()
        .map(|address| unsafe { core::mem::transmute::<*const (), VirtualAlloc2>(address) })
}

fn allocate_within(process: HANDLE, request: &Allocation) -> Result<*mut c_void, Code> {
    let mut parameters = ExtendedParameters::new(request.requirements, request.node);
    let function = virtual_alloc_2()?;
    // SAFETY: reserving takes addresses that are free; the parameters outlive the call.
    Ok(unsafe {
        function(
            process,
            request.base as *mut c_void,
            request.size,
            request.kind,
            request.protection,
            parameters.as_mut_ptr(),
            parameters.count(),
        )
    })
}

/// # Safety
///
/// The pages must be given up by whoever uses them.
pub(crate) unsafe fn decommit(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: the caller gives the pages up.
    succeeded(unsafe { VirtualFree(base as *mut c_void, size, MEM_DECOMMIT) })
}

/// # Safety
///
/// As [`decommit`], of the whole allocation.
pub(crate) unsafe fn release(base: usize) -> Result<(), Code> {
    // SAFETY: the caller gives the allocation up.
    succeeded(unsafe { VirtualFree(base as *mut c_void, 0, MEM_RELEASE) })
}

/// Cuts a placeholder out of a larger one, or joins placeholders that lie side by side.
///
/// # Safety
///
/// The range must be placeholders' of the caller's.
pub(crate) unsafe fn change_placeholder(base: usize, size: usize, kind: u32) -> Result<(), Code> {
    // SAFETY: the caller's; what was there, nobody can use.
    succeeded(unsafe { VirtualFree(base as *mut c_void, size, MEM_RELEASE | kind) })
}

/// # Safety
///
/// Nobody may rely on the old protection.
pub(crate) unsafe fn protect(base: usize, size: usize, protection: u32) -> Result<u32, Code> {
    let mut old = 0;
    // SAFETY: the caller vouches for the pages, and the old value goes to a local.
    succeeded(unsafe { VirtualProtect(base as *const c_void, size, protection, &raw mut old) })?;
    Ok(old)
}

#[inline]
pub(crate) fn query(address: usize) -> Result<BasicInformation, Code> {
    let mut region = MEMORY_BASIC_INFORMATION::default();
    // SAFETY: the answer goes to a local of the size given.
    let length = unsafe {
        VirtualQuery(
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

pub(super) fn basic_information(region: &MEMORY_BASIC_INFORMATION) -> BasicInformation {
    BasicInformation {
        base: region.BaseAddress as usize,
        size: region.RegionSize,
        allocation_base: region.AllocationBase as usize,
        allocation_protection: region.AllocationProtect,
        state: region.State,
        protection: region.Protect,
        kind: region.Type,
    }
}

/// Calls `found` with addresses of pages that have been written, lowest first.
pub(crate) fn written(
    base: usize,
    size: usize,
    reset: bool,
    mut found: impl FnMut(&[usize]),
) -> Result<(), Code> {
    const WRITE_WATCH_FLAG_RESET: u32 = 1;
    const PORTION: usize = 512;
    let mut pages = [core::ptr::null_mut(); PORTION];
    let (mut at, end) = (base, base + size);
    while at < end {
        let mut count = PORTION;
        let mut granularity = 0;
        // SAFETY: the array has the length given, and the counters are locals.
        let answer = unsafe {
            GetWriteWatch(
                u32::from(reset) * WRITE_WATCH_FLAG_RESET,
                at as *const c_void,
                end - at,
                pages.as_mut_ptr(),
                &raw mut count,
                &raw mut granularity,
            )
        };
        if answer != 0 {
            // It answers no code of its own, and sets none either.
            return Err(ERROR_INVALID_PARAMETER);
        }
        let addresses = pages.map(|page| page as usize);
        found(&addresses[..count]);
        if count < PORTION {
            break;
        }
        at = addresses[PORTION - 1] + page_size();
    }
    Ok(())
}

pub(crate) fn reset_written(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: a range that is not watched is answered with an error.
    match unsafe { ResetWriteWatch(base as *const c_void, size) } {
        0 => Ok(()),
        _ => Err(ERROR_INVALID_PARAMETER),
    }
}

pub(crate) fn mapped_file(address: usize) -> Result<PathBuf, Code> {
    const LONGEST: usize = 0x8000;
    let mut units = vec![0u16; LONGEST];
    // SAFETY: the buffer has the length given.
    let length = unsafe {
        K32GetMappedFileNameW(
            GetCurrentProcess(),
            address as *const c_void,
            units.as_mut_ptr(),
            LONGEST as u32,
        )
    };
    if length == 0 {
        return Err(last_error());
    }
    Ok(OsString::from_wide(&units[..length as usize]).into())
}

pub(crate) fn has_small_layout() -> bool {
    false
}

/// A 64-bit program is linked for the addresses it has.
pub(crate) fn choose_small_layout() -> bool {
    false
}
