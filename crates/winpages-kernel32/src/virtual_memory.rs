//! Private memory: VirtualAlloc and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::{
    self, Allocate, FreeType, MemoryBasicInformation, PageRange, Protection,
};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
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

impl MEMORY_BASIC_INFORMATION {
    /// The words that it consists of.
    #[inline]
    fn words(self) -> [u64; size_of::<Self>() / 8] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        [
            self.BaseAddress as u64,
            self.AllocationBase as u64,
            pair(self.AllocationProtect, self.PartitionId.into()),
            self.RegionSize as u64,
            pair(self.State, self.Protect),
            pair(self.Type, 0),
        ]
    }
}

/// Whether a handle is of this process, for what is done to this one only.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`]; [`NtStatus::NOT_SUPPORTED`] for another
/// process.
pub(crate) fn own_process(process: usize) -> Result<(), NtStatus> {
    match process::reference_process(Handle::from_value(process), AccessMask::empty())? {
        Target::Own => Ok(()),
        Target::Other(_) => Err(NtStatus::NOT_SUPPORTED),
    }
}

/// The process of a handle that grants `right`.
pub(crate) fn target(process: usize, right: AccessMask) -> Result<Target, NtStatus> {
    process::reference_process(Handle::from_value(process), right)
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

/// VirtualAllocEx: VirtualAlloc in another process, or in this one.
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
    let process = target(hProcess, AccessMask::PROCESS_VM_OPERATION);
    address(process.and_then(|process| {
        let request = Allocate::below(0, lpAddress as usize, dwSize, flAllocationType, flProtect)?;
        process::allocate_virtual_memory(&process, &request)
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
        let process = match Process {
            0 => Target::Own,
            handle => target(handle, AccessMask::PROCESS_VM_OPERATION)?,
        };
        let request = Allocate {
            requirements,
            ..Allocate::new(BaseAddress as usize, Size, AllocationType, PageProtection)
        };
        process::allocate_virtual_memory(&process, &request)
    };
    address(allocate())
}

/// What VirtualFree and VirtualFreeEx do.
fn free(
    process: &Target,
    lpAddress: *mut c_void,
    dwSize: usize,
    dwFreeType: u32,
) -> Result<(), NtStatus> {
    // NtFreeVirtualMemory releases parts, this function does not.
    if dwFreeType == FreeType::RELEASE.bits() && dwSize != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    process::free_virtual_memory(process, lpAddress as usize, dwSize, dwFreeType).map(drop)
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
    last_error::boolean(free(&Target::Own, lpAddress, dwSize, dwFreeType))
}

/// VirtualFreeEx: VirtualFree in another process, or in this one.
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
    let process = target(hProcess, AccessMask::PROCESS_VM_OPERATION);
    let freed = process.and_then(|process| free(&process, lpAddress, dwSize, dwFreeType));
    last_error::boolean(freed)
}

/// # Safety
///
/// `old` must not lead to anything but what the caller wants overwritten.
unsafe fn protect(
    process: &Target,
    lpAddress: *mut c_void,
    dwSize: usize,
    flNewProtect: u32,
    old: *mut u32,
) -> Result<(), NtStatus> {
    // Windows looks at the pointer before it changes anything, so this must find out first, too.
    // SAFETY: the caller's answer goes there anyway.
    unsafe { fault::write(old, &PAGE_NOACCESS) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    let (_, previous) =
        process::protect_virtual_memory(process, lpAddress as usize, dwSize, flNewProtect)?;
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
    last_error::boolean(unsafe {
        protect(
            &Target::Own,
            lpAddress,
            dwSize,
            flNewProtect,
            lpflOldProtect,
        )
    })
}

/// VirtualProtectEx: VirtualProtect in another process, or in this one.
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
    let process = target(hProcess, AccessMask::PROCESS_VM_OPERATION);
    last_error::boolean(process.and_then(|process| {
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { protect(&process, lpAddress, dwSize, flNewProtect, lpflOldProtect) }
    }))
}

/// # Safety
///
/// `buffer` must not lead to anything but what the caller wants overwritten.
#[inline]
unsafe fn query(
    find: impl FnOnce() -> Result<MemoryBasicInformation, NtStatus>,
    buffer: *mut MEMORY_BASIC_INFORMATION,
    length: usize,
) -> usize {
    const SIZE: usize = size_of::<MEMORY_BASIC_INFORMATION>();
    if length < SIZE {
        last_error::set(ERROR_BAD_LENGTH);
        return 0;
    }
    let answered = find().and_then(|region| {
        let words = MEMORY_BASIC_INFORMATION::from(region).words();
        // SAFETY: the caller's buffer, for the caller's answer.
        unsafe { fault::write_words(buffer.cast(), words) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
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
    unsafe {
        query(
            || address_space::query_virtual_memory(lpAddress as usize),
            lpBuffer,
            dwLength,
        )
    }
}

/// VirtualQueryEx: VirtualQuery of another process, or of this one.
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
    let find = || {
        let process = Handle::from_value(hProcess);
        process::with_process(process, AccessMask::PROCESS_QUERY_INFORMATION, |process| {
            process::query_virtual_memory(process, lpAddress as usize)
        })
    };
    // SAFETY: passed on.
    unsafe { query(find, lpBuffer, dwLength) }
}
