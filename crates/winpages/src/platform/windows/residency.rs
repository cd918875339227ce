//! What is in memory, what stays there, and what may go.

use core::ffi::c_void;
use std::ops::Range;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Memory::{
    CreateMemoryResourceNotification, GetLargePageMinimum, GetProcessWorkingSetSizeEx,
    PrefetchVirtualMemory, QueryMemoryResourceNotification, SetProcessWorkingSetSizeEx,
    VirtualLock, VirtualUnlock, WIN32_MEMORY_RANGE_ENTRY,
};
use windows_sys::Win32::System::ProcessStatus::{
    K32EmptyWorkingSet, K32GetPerformanceInfo, K32GetProcessMemoryInfo, K32QueryWorkingSet,
    K32QueryWorkingSetEx, PERFORMANCE_INFORMATION, PROCESS_MEMORY_COUNTERS,
    PSAPI_WORKING_SET_EX_INFORMATION,
};
use windows_sys::Win32::System::SystemInformation::{
    GetPhysicallyInstalledSystemMemory, GlobalMemoryStatusEx, MEMORYSTATUSEX,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use winpages_error::error_code::{ERROR_BAD_LENGTH, ERROR_BUSY, ERROR_SUCCESS};

use super::super::Code;
use super::handle::ObjectHandle;
use super::procedure::Procedure;
use super::{last_error, succeeded};
use crate::memory_status::{MemoryStatus, PerformanceInformation, ProcessMemory};
use crate::working_set::WorkingSetLimits;

pub(crate) fn lock(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: no more than where pages are is changed.
    succeeded(unsafe { VirtualLock(base as *const c_void, size) })
}

pub(crate) fn unlock(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: as above.
    succeeded(unsafe { VirtualUnlock(base as *const c_void, size) })
}

pub(crate) fn prefetch(ranges: &[Range<usize>]) -> Result<(), Code> {
    let entries: Vec<_> = ranges
        .iter()
        .map(|range| WIN32_MEMORY_RANGE_ENTRY {
            VirtualAddress: range.start as *mut c_void,
            NumberOfBytes: range.len(),
        })
        .collect();
    // SAFETY: the entries have the length given; no more than where pages are is changed.
    succeeded(unsafe {
        PrefetchVirtualMemory(GetCurrentProcess(), entries.len(), entries.as_ptr(), 0)
    })
}

/// What OfferVirtualMemory and its family answer is the code itself.
fn answered(code: u32) -> Result<(), Code> {
    match code {
        ERROR_SUCCESS => Ok(()),
        code => Err(code),
    }
}

/// # Safety
///
/// Nobody may rely on the contents of the pages until they are reclaimed.
pub(crate) unsafe fn offer(base: usize, size: usize, priority: u32) -> Result<(), Code> {
    type OfferVirtualMemory = unsafe extern "system" fn(*mut c_void, usize, u32) -> u32;
    static ADDRESS: Procedure = Procedure::new(c"kernel32.dll", c"OfferVirtualMemory");
    let address = ADDRESS.address()?;
    // SAFETY: the function of that name has this type.
    let function = unsafe { core::mem::transmute::<*const (), OfferVirtualMemory>(address) };
    // SAFETY: the caller gives the contents up.
    answered(unsafe { function(base as *mut c_void, size, priority) })
}

/// Answers whether the pages hold what they held.
pub(crate) fn reclaim(base: usize, size: usize) -> Result<bool, Code> {
    type ReclaimVirtualMemory = unsafe extern "system" fn(*const c_void, usize) -> u32;
    static ADDRESS: Procedure = Procedure::new(c"kernel32.dll", c"ReclaimVirtualMemory");
    let address = ADDRESS.address()?;
    // SAFETY: the function of that name has this type.
    let function = unsafe { core::mem::transmute::<*const (), ReclaimVirtualMemory>(address) };
    // SAFETY: nobody relies on what was offered.
    match answered(unsafe { function(base as *const c_void, size) }) {
        Ok(()) => Ok(true),
        Err(ERROR_BUSY) => Ok(false),
        Err(code) => Err(code),
    }
}

/// # Safety
///
/// Nobody may rely on the contents of the pages.
pub(crate) unsafe fn discard(base: usize, size: usize) -> Result<(), Code> {
    type DiscardVirtualMemory = unsafe extern "system" fn(*mut c_void, usize) -> u32;
    static ADDRESS: Procedure = Procedure::new(c"kernel32.dll", c"DiscardVirtualMemory");
    let address = ADDRESS.address()?;
    // SAFETY: the function of that name has this type.
    let function = unsafe { core::mem::transmute::<*const (), DiscardVirtualMemory>(address) };
    // SAFETY: the caller gives the contents up.
    answered(unsafe { function(base as *mut c_void, size) })
}

pub(crate) fn working_set_limits() -> Result<WorkingSetLimits, Code> {
    const HARD_MINIMUM_ENABLE: u32 = 1;
    const HARD_MAXIMUM_ENABLE: u32 = 4;
    let (mut minimum, mut maximum, mut flags) = (0, 0, 0);
    // SAFETY: the answers go to locals.
    succeeded(unsafe {
        GetProcessWorkingSetSizeEx(
            GetCurrentProcess(),
            &raw mut minimum,
            &raw mut maximum,
            &raw mut flags,
        )
    })?;
    Ok(WorkingSetLimits {
        minimum,
        maximum,
        hard_minimum: flags & HARD_MINIMUM_ENABLE != 0,
        hard_maximum: flags & HARD_MAXIMUM_ENABLE != 0,
    })
}

pub(crate) fn set_working_set_limits(
    minimum: usize,
    maximum: usize,
    flags: u32,
) -> Result<(), Code> {
    // SAFETY: the process is the caller's own.
    succeeded(unsafe { SetProcessWorkingSetSizeEx(GetCurrentProcess(), minimum, maximum, flags) })
}

pub(crate) fn empty_working_set() -> Result<(), Code> {
    // SAFETY: no more than where pages are is changed.
    succeeded(unsafe { K32EmptyWorkingSet(GetCurrentProcess()) })
}

/// The pages of the working set, each as a PSAPI_WORKING_SET_BLOCK.
pub(crate) fn working_set() -> Result<Vec<u64>, Code> {
    // SAFETY: it takes nothing, and the answer is no handle that must be closed.
    working_set_of(unsafe { GetCurrentProcess() })
}

/// The same of another process.
pub(crate) fn working_set_of_process(process: &ObjectHandle) -> Result<Vec<u64>, Code> {
    working_set_of(process.get())
}

fn working_set_of(process: HANDLE) -> Result<Vec<u64>, Code> {
    let mut words = vec![0u64; 0x1_0000];
    loop {
        // SAFETY: the buffer has the length given.
        let answer = unsafe {
            K32QueryWorkingSet(
                process,
                words.as_mut_ptr().cast(),
                (words.len() * size_of::<u64>()) as u32,
            )
        };
        let count = words[0] as usize;
        match succeeded(answer) {
            Ok(()) => {
                words.truncate(1 + count);
                words.remove(0);
                return Ok(words);
            }
            // More pages came meanwhile, perhaps the buffer's own.
            Err(ERROR_BAD_LENGTH) => words.resize(count.max(words.len()) * 2, 0),
            Err(code) => return Err(code),
        }
    }
}

/// What is known of pages, each as a PSAPI_WORKING_SET_EX_BLOCK.
pub(crate) fn page_blocks(addresses: &[usize]) -> Result<Vec<u64>, Code> {
    // SAFETY: as above.
    page_blocks_of(unsafe { GetCurrentProcess() }, addresses)
}

/// The same of another process.
pub(crate) fn page_blocks_of_process(
    process: &ObjectHandle,
    addresses: &[usize],
) -> Result<Vec<u64>, Code> {
    page_blocks_of(process.get(), addresses)
}

fn page_blocks_of(process: HANDLE, addresses: &[usize]) -> Result<Vec<u64>, Code> {
    let mut entries: Vec<_> = addresses
        .iter()
        .map(|address| PSAPI_WORKING_SET_EX_INFORMATION {
            VirtualAddress: *address as *mut c_void,
            ..PSAPI_WORKING_SET_EX_INFORMATION::default()
        })
        .collect();
    // SAFETY: the entries have the length given.
    succeeded(unsafe {
        K32QueryWorkingSetEx(
            process,
            entries.as_mut_ptr().cast(),
            size_of_val(&entries[..]) as u32,
        )
    })?;
    // SAFETY: any bits are flags.
    let blocks = entries
        .iter()
        .map(|entry| unsafe { entry.VirtualAttributes.Flags } as u64);
    Ok(blocks.collect())
}

pub(crate) fn memory_status() -> Result<MemoryStatus, Code> {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the answer goes to a local of the length it says.
    succeeded(unsafe { GlobalMemoryStatusEx(&raw mut status) })?;
    Ok(MemoryStatus {
        load: status.dwMemoryLoad,
        physical_total: status.ullTotalPhys,
        physical_available: status.ullAvailPhys,
        commit_limit: status.ullTotalPageFile,
        commit_available: status.ullAvailPageFile,
        address_total: status.ullTotalVirtual,
        address_available: status.ullAvailVirtual,
    })
}

pub(crate) fn performance_information() -> Result<PerformanceInformation, Code> {
    let mut information = PERFORMANCE_INFORMATION::default();
    let size = size_of::<PERFORMANCE_INFORMATION>() as u32;
    // SAFETY: the answer goes to a local of the length given.
    succeeded(unsafe { K32GetPerformanceInfo(&raw mut information, size) })?;
    let bytes = |pages: usize| (pages * information.PageSize) as u64;
    Ok(PerformanceInformation {
        commit_total: bytes(information.CommitTotal),
        commit_limit: bytes(information.CommitLimit),
        commit_peak: bytes(information.CommitPeak),
        physical_total: bytes(information.PhysicalTotal),
        physical_available: bytes(information.PhysicalAvailable),
        system_cache: bytes(information.SystemCache),
        kernel_paged: bytes(information.KernelPaged),
        kernel_nonpaged: bytes(information.KernelNonpaged),
        handles: information.HandleCount,
        processes: information.ProcessCount,
        threads: information.ThreadCount,
    })
}

pub(crate) fn process_memory() -> Result<ProcessMemory, Code> {
    // SAFETY: as above.
    memory_of(unsafe { GetCurrentProcess() })
}

/// The same of another process.
pub(crate) fn memory_of_process(process: &ObjectHandle) -> Result<ProcessMemory, Code> {
    memory_of(process.get())
}

fn memory_of(process: HANDLE) -> Result<ProcessMemory, Code> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    // SAFETY: the answer goes to a local of the length given.
    succeeded(unsafe { K32GetProcessMemoryInfo(process, &raw mut counters, size) })?;
    Ok(ProcessMemory {
        page_faults: counters.PageFaultCount,
        working_set: counters.WorkingSetSize as u64,
        peak_working_set: counters.PeakWorkingSetSize as u64,
        commit: counters.PagefileUsage as u64,
        peak_commit: counters.PeakPagefileUsage as u64,
    })
}

/// In bytes.
pub(crate) fn installed_memory() -> Result<u64, Code> {
    let mut kibibytes = 0;
    // SAFETY: the answer goes to a local.
    succeeded(unsafe { GetPhysicallyInstalledSystemMemory(&raw mut kibibytes) })?;
    Ok(kibibytes * 1024)
}

pub(crate) fn large_page_minimum() -> usize {
    // SAFETY: it takes nothing and answers a constant.
    unsafe { GetLargePageMinimum() }
}

/// A handle to a memory resource notification.
pub(crate) fn create_notification(kind: u32) -> Result<ObjectHandle, Code> {
    // SAFETY: it takes a number.
    let handle = unsafe { CreateMemoryResourceNotification(kind as i32) };
    if handle.is_null() {
        Err(last_error())
    } else {
        Ok(ObjectHandle::new(handle))
    }
}

pub(crate) fn is_notified(notification: &ObjectHandle) -> Result<bool, Code> {
    let mut answer = 0;
    // SAFETY: the handle is good while it is borrowed, and the answer goes to a local.
    succeeded(unsafe { QueryMemoryResourceNotification(notification.get(), &raw mut answer) })?;
    Ok(answer != 0)
}
