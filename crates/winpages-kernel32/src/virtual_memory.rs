//! Private memory: VirtualAlloc and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::{
    self, FreeType, MemoryBasicInformation, PageRange, Protection,
};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::ERROR_BAD_LENGTH;
use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};
use crate::last_error::{self, fail};

const PAGE_NOACCESS: u32 = 1;

/// MEMORY_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MEMORY_BASIC_INFORMATION {
    /// The page that was asked for.
    pub BaseAddress: usize,
    /// The first byte of the allocation; 0 if free.
    pub AllocationBase: usize,
    /// The protection given at allocation; 0 if free.
    pub AllocationProtect: u32,
    /// Always 0: there is one memory partition.
    pub PartitionId: u16,
    /// How many bytes are alike.
    pub RegionSize: usize,
    /// MEM_COMMIT, MEM_RESERVE or MEM_FREE.
    pub State: u32,
    /// The protection of committed pages; PAGE_NOACCESS if free, 0 if reserved.
    pub Protect: u32,
    /// MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE; 0 if free.
    pub Type: u32,
}

impl From<MemoryBasicInformation> for MEMORY_BASIC_INFORMATION {
    fn from(region: MemoryBasicInformation) -> Self {
        let bits = |protection: Option<Protection>| protection.map_or(0, |given| given.bits());
        Self {
            BaseAddress: region.base_address,
            AllocationBase: region.allocation_base,
            AllocationProtect: bits(region.allocation_protection),
            PartitionId: 0,
            RegionSize: region.region_size,
            State: region.state as u32,
            Protect: bits(region.protection),
            Type: region.kind as u32,
        }
    }
}

/// The process a handle names, which must be this one.
pub(crate) fn own_process(process: usize) -> Result<(), NtStatus> {
    match Handle::from_value(process) {
        Handle::CURRENT_PROCESS => Ok(()),
        _ => Err(NtStatus::INVALID_HANDLE),
    }
}

fn address(result: Result<PageRange, NtStatus>) -> *mut c_void {
    match result {
        Ok(range) => range.base as *mut c_void,
        Err(status) => {
            fail(status);
            core::ptr::null_mut()
        }
    }
}

/// VirtualAlloc: reserves addresses, commits pages, or both.
///
/// # Safety
///
/// Committing over pages in use changes their protection under whoever uses them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAlloc(
    lpAddress: *mut c_void,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
) -> *mut c_void {
    address(address_space::allocate_virtual_memory(
        lpAddress as usize,
        dwSize,
        flAllocationType,
        flProtect,
    ))
}

/// VirtualAllocEx, on the calling process.
///
/// # Safety
///
/// As [`VirtualAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAllocEx(
    hProcess: usize,
    lpAddress: *mut c_void,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
) -> *mut c_void {
    address(own_process(hProcess).and_then(|()| {
        address_space::allocate_virtual_memory(
            lpAddress as usize,
            dwSize,
            flAllocationType,
            flProtect,
        )
    }))
}

/// VirtualAllocExNuma: as [`VirtualAllocEx`]. The preferred node is a hint, which is not followed.
///
/// # Safety
///
/// As [`VirtualAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAllocExNuma(
    hProcess: usize,
    lpAddress: *mut c_void,
    dwSize: usize,
    flAllocationType: u32,
    flProtect: u32,
    nndPreferred: u32,
) -> *mut c_void {
    if let Err(status) = extended_parameter::check_node(nndPreferred) {
        fail(status);
        return core::ptr::null_mut();
    }
    // SAFETY: passed on.
    unsafe { VirtualAllocEx(hProcess, lpAddress, dwSize, flAllocationType, flProtect) }
}

/// VirtualAlloc2: allocates where the requirements among the parameters are met, makes placeholders and
/// takes their place. A process of NULL is the calling one.
///
/// # Safety
///
/// As [`VirtualAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualAlloc2(
    Process: usize,
    BaseAddress: *mut c_void,
    Size: usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ParameterCount: u32,
) -> *mut c_void {
    let allocate = || {
        // SAFETY: the caller's pointer.
        let requirements =
            unsafe { extended_parameter::of_allocation(ExtendedParameters, ParameterCount)? };
        if Process != 0 {
            own_process(Process)?;
        }
        address_space::allocate_virtual_memory_within(
            &requirements,
            BaseAddress as usize,
            Size,
            AllocationType,
            PageProtection,
        )
    };
    address(allocate())
}

fn free(lpAddress: *mut c_void, dwSize: usize, dwFreeType: u32) -> Result<(), NtStatus> {
    // NtFreeVirtualMemory releases parts, this function does not.
    if dwFreeType == FreeType::RELEASE.bits() && dwSize != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    address_space::free_virtual_memory(lpAddress as usize, dwSize, dwFreeType).map(|_| ())
}

/// VirtualFree: decommits pages, releases a whole allocation, splits or coalesces placeholders.
///
/// # Safety
///
/// Nobody may use the memory afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualFree(
    lpAddress: *mut c_void,
    dwSize: usize,
    dwFreeType: u32,
) -> i32 {
    last_error::boolean(free(lpAddress, dwSize, dwFreeType))
}

/// VirtualFreeEx, on the calling process.
///
/// # Safety
///
/// As [`VirtualFree`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualFreeEx(
    hProcess: usize,
    lpAddress: *mut c_void,
    dwSize: usize,
    dwFreeType: u32,
) -> i32 {
    last_error::boolean(own_process(hProcess).and_then(|()| free(lpAddress, dwSize, dwFreeType)))
}

/// # Safety
///
/// `old` must not lead to anything but what the caller wants overwritten.
unsafe fn protect(
    lpAddress: *mut c_void,
    dwSize: usize,
    flNewProtect: u32,
    old: *mut u32,
) -> Result<(), NtStatus> {
    // Windows looks at the pointer before it changes anything, so this must find out first, too.
    // SAFETY: the caller's answer goes there anyway.
    unsafe { fault::write(old, &PAGE_NOACCESS) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    let (_, previous) =
        address_space::protect_virtual_memory(lpAddress as usize, dwSize, flNewProtect)?;
    // SAFETY: as above. It may lie in the very pages that were just protected, as on Windows: the
    // protection stays changed then.
    unsafe { fault::write(old, &previous.bits()) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// VirtualProtect: changes the protection of committed pages.
///
/// # Safety
///
/// Nobody may rely on the old protection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualProtect(
    lpAddress: *mut c_void,
    dwSize: usize,
    flNewProtect: u32,
    lpflOldProtect: *mut u32,
) -> i32 {
    // SAFETY: the caller's pointer, for the caller's answer.
    last_error::boolean(unsafe { protect(lpAddress, dwSize, flNewProtect, lpflOldProtect) })
}

/// VirtualProtectEx, on the calling process.
///
/// # Safety
///
/// As [`VirtualProtect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualProtectEx(
    hProcess: usize,
    lpAddress: *mut c_void,
    dwSize: usize,
    flNewProtect: u32,
    lpflOldProtect: *mut u32,
) -> i32 {
    last_error::boolean(own_process(hProcess).and_then(|()| {
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { protect(lpAddress, dwSize, flNewProtect, lpflOldProtect) }
    }))
}

/// # Safety
///
/// `buffer` must not lead to anything but what the caller wants overwritten.
unsafe fn query(
    lpAddress: *const c_void,
    buffer: *mut MEMORY_BASIC_INFORMATION,
    length: usize,
) -> usize {
    const SIZE: usize = size_of::<MEMORY_BASIC_INFORMATION>();
    if length < SIZE {
        last_error::set(ERROR_BAD_LENGTH);
        return 0;
    }
    let answered = address_space::query_virtual_memory(lpAddress as usize).and_then(|region| {
        // SAFETY: the caller's buffer, for the caller's answer.
        unsafe { fault::write(buffer, &region.into()) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    match answered {
        Ok(()) => SIZE,
        Err(status) => {
            fail(status);
            0
        }
    }
}

/// VirtualQuery: describes the pages from an address on that are alike.
///
/// # Safety
///
/// The buffer is overwritten; a wild one is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualQuery(
    lpAddress: *const c_void,
    lpBuffer: *mut MEMORY_BASIC_INFORMATION,
    dwLength: usize,
) -> usize {
    // SAFETY: passed on.
    unsafe { query(lpAddress, lpBuffer, dwLength) }
}

/// VirtualQueryEx, on the calling process.
///
/// # Safety
///
/// As [`VirtualQuery`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VirtualQueryEx(
    hProcess: usize,
    lpAddress: *const c_void,
    lpBuffer: *mut MEMORY_BASIC_INFORMATION,
    dwLength: usize,
) -> usize {
    match own_process(hProcess) {
        // SAFETY: passed on.
        Ok(()) => unsafe { query(lpAddress, lpBuffer, dwLength) },
        Err(status) => {
            fail(status);
            0
        }
    }
}
