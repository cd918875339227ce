//! What stays in memory: NtLockVirtualMemory and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::PageRange;
use winpages_kernel::{NtStatus, residency};

use super::argument::{read, read_writable, status, write};
use crate::prefetch::{self, WIN32_MEMORY_RANGE_ENTRY};
use crate::virtual_memory::own_process;

/// Locks the pages into the working set.
const MAP_PROCESS: u32 = 1;
/// Locks the pages into physical memory.
const MAP_SYSTEM: u32 = 2;

/// # Safety
///
/// The pointers must be what a C program passes.
unsafe fn change(
    process: usize,
    base: *mut *mut c_void,
    size: *mut usize,
    map_type: u32,
    work: fn(usize, usize) -> Result<PageRange, NtStatus>,
) -> Result<(), NtStatus> {
    if map_type == 0 || map_type & !(MAP_PROCESS | MAP_SYSTEM) != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: the caller's pointers.
    let (address, length) = unsafe { (read_writable(base)?, read_writable(size)?) };
    own_process(process)?;
    if map_type & MAP_SYSTEM != 0 {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    let range = work(address as usize, length)?;
    // SAFETY: as above.
    unsafe {
        write(base, range.base as *mut c_void)?;
        write(size, range.size)
    }
}

/// NtLockVirtualMemory: keeps pages in memory. MAP_SYSTEM takes a privilege no process holds here.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtLockVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    MapType: u32,
) -> i32 {
    let lock = residency::lock_virtual_memory;
    // SAFETY: passed on.
    status(unsafe { change(ProcessHandle, BaseAddress, RegionSize, MapType, lock) })
}

/// NtUnlockVirtualMemory: lets pages be paged out again.
///
/// # Safety
///
/// As [`NtLockVirtualMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtUnlockVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    MapType: u32,
) -> i32 {
    let unlock = residency::unlock_virtual_memory;
    // SAFETY: passed on.
    status(unsafe { change(ProcessHandle, BaseAddress, RegionSize, MapType, unlock) })
}

const VM_PREFETCH_INFORMATION_CLASS: u32 = 0;

/// NtSetInformationVirtualMemory: PrefetchVirtualMemory, by the class VmPrefetchInformation.
///
/// # Safety
///
/// As [`NtLockVirtualMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetInformationVirtualMemory(
    ProcessHandle: usize,
    VmInformationClass: u32,
    NumberOfEntries: usize,
    VirtualAddresses: *const WIN32_MEMORY_RANGE_ENTRY,
    VmInformation: *const u32,
    VmInformationLength: u32,
) -> i32 {
    let set = || {
        if VmInformationClass != VM_PREFETCH_INFORMATION_CLASS {
            return Err(NtStatus::INVALID_PARAMETER_2);
        }
        if NumberOfEntries == 0 {
            return Err(NtStatus::INVALID_PARAMETER_3);
        }
        if VmInformation.is_null() {
            return Err(NtStatus::INVALID_PARAMETER_5);
        }
        if VmInformationLength as usize != size_of::<u32>() {
            return Err(NtStatus::INVALID_PARAMETER_6);
        }
        // SAFETY: the caller's pointers.
        unsafe {
            let flags = read(VmInformation)?;
            prefetch::prefetch(ProcessHandle, NumberOfEntries, VirtualAddresses, flags)
        }
    };
    status(set())
}
