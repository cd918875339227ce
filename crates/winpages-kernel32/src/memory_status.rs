//! The machine's memory: GlobalMemoryStatusEx, GetPerformanceInfo and what else asks for it.

use winpages_error::error_code::ERROR_INVALID_PARAMETER;
use winpages_kernel::address_space::LARGE_PAGE_SIZE;
use winpages_kernel::address_space::layout::{
    MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, application_end,
};
use winpages_kernel::residency::{process_memory, system_memory, system_objects};
use winpages_kernel::{NtStatus, sys::fault};

use crate::last_error;

/// MEMORYSTATUSEX as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct MEMORYSTATUSEX {
    /// The size of the structure in bytes.
    pub dwLength: u32,
    /// How much of the physical memory is in use, in percent.
    pub dwMemoryLoad: u32,
    /// The physical memory, in bytes.
    pub ullTotalPhys: u64,
    /// What can be had of it.
    pub ullAvailPhys: u64,
    /// How much can be committed.
    pub ullTotalPageFile: u64,
    /// How much of that can still be.
    pub ullAvailPageFile: u64,
    /// The addresses of a process.
    pub ullTotalVirtual: u64,
    /// Those that are free.
    pub ullAvailVirtual: u64,
    /// Always 0.
    pub ullAvailExtendedVirtual: u64,
}

/// MEMORYSTATUS as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MEMORYSTATUS {
    /// The size of the structure in bytes; set by GlobalMemoryStatus.
    pub dwLength: u32,
    /// As in [`MEMORYSTATUSEX`], and so is the rest.
    pub dwMemoryLoad: u32,
    /// The physical memory, in bytes.
    pub dwTotalPhys: usize,
    /// What can be had of it.
    pub dwAvailPhys: usize,
    /// How much can be committed.
    pub dwTotalPageFile: usize,
    /// How much of that can still be.
    pub dwAvailPageFile: usize,
    /// The addresses of a process.
    pub dwTotalVirtual: usize,
    /// Those that are free.
    pub dwAvailVirtual: usize,
}

fn status() -> MEMORYSTATUSEX {
    let memory = system_memory();
    let total_virtual = (application_end() - MINIMUM_APPLICATION_ADDRESS) as u64;
    let used = memory
        .physical_total
        .saturating_sub(memory.physical_available);
    MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        dwMemoryLoad: (used * 100).checked_div(memory.physical_total).unwrap_or(0) as u32,
        ullTotalPhys: memory.physical_total,
        ullAvailPhys: memory.physical_available,
        ullTotalPageFile: memory.commit_limit,
        ullAvailPageFile: memory.commit_available,
        ullTotalVirtual: total_virtual,
        ullAvailVirtual: total_virtual.saturating_sub(process_memory().virtual_size),
        ullAvailExtendedVirtual: 0,
    }
}

/// GlobalMemoryStatusEx: the machine's memory, and the process's addresses.
///
/// How much can be committed is the kernel's limit where it keeps to one, and all memory and swap
/// together where it does not.
///
/// # Safety
///
/// `lpBuffer` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalMemoryStatusEx(lpBuffer: *mut MEMORYSTATUSEX) -> i32 {
    // SAFETY: any bytes are a length.
    let length = unsafe { fault::read(lpBuffer.cast::<u32>()) };
    let answered = match length {
        Ok(length) if length as usize == size_of::<MEMORYSTATUSEX>() => {
            // SAFETY: the caller's buffer, for the caller's answer.
            unsafe { fault::write(lpBuffer, &status()) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
        }
        Ok(_) => Err(NtStatus::INVALID_PARAMETER),
        Err(_) => Err(NtStatus::ACCESS_VIOLATION),
    };
    last_error::boolean(answered)
}

/// GlobalMemoryStatus: the same, and it cannot fail.
///
/// # Safety
///
/// `lpBuffer` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalMemoryStatus(lpBuffer: *mut MEMORYSTATUS) {
    let status = status();
    let answer = MEMORYSTATUS {
        dwLength: size_of::<MEMORYSTATUS>() as u32,
        dwMemoryLoad: status.dwMemoryLoad,
        dwTotalPhys: status.ullTotalPhys as usize,
        dwAvailPhys: status.ullAvailPhys as usize,
        dwTotalPageFile: status.ullTotalPageFile as usize,
        dwAvailPageFile: status.ullAvailPageFile as usize,
        dwTotalVirtual: status.ullTotalVirtual as usize,
        dwAvailVirtual: status.ullAvailVirtual as usize,
    };
    // SAFETY: the caller's buffer, for the caller's answer. There is nobody to tell of a wild one.
    let _ = unsafe { fault::write(lpBuffer, &answer) };
}

/// GetPhysicallyInstalledSystemMemory: in kibibytes. What firmware keeps for itself is not in it, for
/// the kernel does not tell.
///
/// # Safety
///
/// `TotalMemoryInKilobytes` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPhysicallyInstalledSystemMemory(
    TotalMemoryInKilobytes: *mut u64,
) -> i32 {
    if TotalMemoryInKilobytes.is_null() {
        last_error::set(ERROR_INVALID_PARAMETER);
        return 0;
    }
    let kibibytes = system_memory().physical_total / 1024;
    // SAFETY: the caller's pointer, for the caller's answer.
    let written = unsafe { fault::write(TotalMemoryInKilobytes, &kibibytes) };
    last_error::boolean(written.map_err(|_| NtStatus::ACCESS_VIOLATION))
}

/// GetLargePageMinimum: the size of the processor's larger pages. VirtualAlloc gives them to who has
/// enabled SeLockMemoryPrivilege, which is held where the administrator has set huge pages aside.
#[unsafe(no_mangle)]
pub extern "C" fn GetLargePageMinimum() -> usize {
    LARGE_PAGE_SIZE
}

/// PERFORMANCE_INFORMATION as C programs lay it out. Memory is counted in pages.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PERFORMANCE_INFORMATION {
    /// The size of the structure in bytes.
    pub cb: u32,
    /// What is committed.
    pub CommitTotal: usize,
    /// What can be.
    pub CommitLimit: usize,
    /// The most that was committed; Linux keeps no record, and what is committed now is answered.
    pub CommitPeak: usize,
    /// The physical memory.
    pub PhysicalTotal: usize,
    /// What can be had of it.
    pub PhysicalAvailable: usize,
    /// Caches of files.
    pub SystemCache: usize,
    /// The kernel's own memory.
    pub KernelTotal: usize,
    /// What it can give back of that.
    pub KernelPaged: usize,
    /// What it cannot.
    pub KernelNonpaged: usize,
    /// The size of a page in bytes.
    pub PageSize: usize,
    /// Open files of all processes.
    pub HandleCount: u32,
    /// Processes.
    pub ProcessCount: u32,
    /// Threads of all processes.
    pub ThreadCount: u32,
}

fn performance_information() -> PERFORMANCE_INFORMATION {
    let memory = system_memory();
    let objects = system_objects();
    let pages = |bytes: u64| bytes as usize / PAGE_SIZE;
    let committed = memory.commit_limit.saturating_sub(memory.commit_available);
    PERFORMANCE_INFORMATION {
        cb: size_of::<PERFORMANCE_INFORMATION>() as u32,
        CommitTotal: pages(committed),
        CommitLimit: pages(memory.commit_limit),
        CommitPeak: pages(committed),
        PhysicalTotal: pages(memory.physical_total),
        PhysicalAvailable: pages(memory.physical_available),
        SystemCache: pages(memory.system_cache),
        KernelTotal: pages(memory.kernel_paged + memory.kernel_nonpaged),
        KernelPaged: pages(memory.kernel_paged),
        KernelNonpaged: pages(memory.kernel_nonpaged),
        PageSize: PAGE_SIZE,
        HandleCount: objects.handles,
        ProcessCount: objects.processes,
        ThreadCount: objects.threads,
    }
}

/// K32GetPerformanceInfo: the machine's memory, and how much there is of other things.
///
/// # Safety
///
/// `pPerformanceInformation` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetPerformanceInfo(
    pPerformanceInformation: *mut PERFORMANCE_INFORMATION,
    cb: u32,
) -> i32 {
    let answered = if (cb as usize) < size_of::<PERFORMANCE_INFORMATION>() {
        Err(NtStatus::INFO_LENGTH_MISMATCH)
    } else {
        // SAFETY: the caller's buffer, for the caller's answer.
        unsafe { fault::write(pPerformanceInformation, &performance_information()) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)
    };
    last_error::boolean(answered)
}

/// GetPerformanceInfo: K32GetPerformanceInfo by the name psapi has for it.
///
/// # Safety
///
/// As [`K32GetPerformanceInfo`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetPerformanceInfo(
    pPerformanceInformation: *mut PERFORMANCE_INFORMATION,
    cb: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { K32GetPerformanceInfo(pPerformanceInformation, cb) }
}
