//! Private memory: NtAllocateVirtualMemory and its family.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{self, Allocate, PageRange};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process;

use super::argument::{read_writable, status, write};
use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};
use crate::virtual_memory::target;

/// # Safety
///
/// The pointers must be what a C program passes for the answer.
unsafe fn answer(
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    range: PageRange,
) -> Result<(), NtStatus> {
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        write(BaseAddress, range.base as *mut c_void)?;
        write(RegionSize, range.size)
    }
}

/// NtAllocateVirtualMemory: reserves addresses, commits pages, or both.
///
/// # Safety
///
/// As [`crate::virtual_memory::VirtualAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtAllocateVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    ZeroBits: usize,
    RegionSize: *mut usize,
    AllocationType: u32,
    Protect: u32,
) -> i32 {
    let allocate = || {
        // SAFETY: the caller's pointers.
        let (base, size) = unsafe { (read_writable(BaseAddress)?, read_writable(RegionSize)?) };
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let request = Allocate::below(ZeroBits, base as usize, size, AllocationType, Protect)?;
        let range = process::allocate_virtual_memory(&process, &request)?;
        // SAFETY: as above.
        unsafe { answer(BaseAddress, RegionSize, range) }
    };
    status(allocate())
}

/// NtAllocateVirtualMemoryEx: the same, with requirements on the address, and placeholders.
///
/// # Safety
///
/// As [`NtAllocateVirtualMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtAllocateVirtualMemoryEx(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ExtendedParameterCount: u32,
) -> i32 {
    let allocate = || {
        // SAFETY: the caller's pointers.
        let requirements = unsafe {
            extended_parameter::of_allocation(ExtendedParameters, ExtendedParameterCount)?
        };
        // SAFETY: as above.
        let (base, size) = unsafe { (read_writable(BaseAddress)?, read_writable(RegionSize)?) };
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let request = Allocate {
            requirements,
            ..Allocate::new(base as usize, size, AllocationType, PageProtection)
        };
        let range = process::allocate_virtual_memory(&process, &request)?;
        // SAFETY: as above.
        unsafe { answer(BaseAddress, RegionSize, range) }
    };
    status(allocate())
}

/// NtFreeVirtualMemory: decommits pages, releases an allocation or part of it, splits or coalesces
/// placeholders.
///
/// # Safety
///
/// Nobody may use the memory afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtFreeVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    FreeType: u32,
) -> i32 {
    let free = || {
        // SAFETY: the caller's pointers.
        let (base, size) = unsafe { (read_writable(BaseAddress)?, read_writable(RegionSize)?) };
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let mut range = process::free_virtual_memory(&process, base as usize, size, FreeType)?;
        if size == 0 && FreeType == address_space::FreeType::DECOMMIT.bits() {
            // Windows tells how much it released, but not how much it decommitted.
            range.size = 0;
        }
        // SAFETY: as above.
        unsafe { answer(BaseAddress, RegionSize, range) }
    };
    status(free())
}

/// NtProtectVirtualMemory: changes the protection of committed pages.
///
/// # Safety
///
/// Nobody may rely on the old protection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtProtectVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    NewProtect: u32,
    OldProtect: *mut u32,
) -> i32 {
    let protect = || {
        // SAFETY: the caller's pointers.
        let (base, size) = unsafe {
            read_writable(OldProtect)?;
            (read_writable(BaseAddress)?, read_writable(RegionSize)?)
        };
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let (range, old) =
            process::protect_virtual_memory(&process, base as usize, size, NewProtect)?;
        // SAFETY: as above. They may lie in the very pages that were just protected, as on Windows:
        // the protection stays changed then.
        unsafe {
            write(OldProtect, old.bits())?;
            answer(BaseAddress, RegionSize, range)
        }
    };
    status(protect())
}
