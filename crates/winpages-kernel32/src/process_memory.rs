//! A process's memory: GetProcessMemoryInfo.

use winpages_kernel::process::{Target, process_memory};
use winpages_kernel::{NtStatus, sys::fault};

use crate::last_error;
use crate::process_open::reference_limited;

/// PROCESS_MEMORY_COUNTERS as C programs lay it out, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_MEMORY_COUNTERS {
    /// The size of the structure in bytes.
    pub cb: u32,
    /// How many page faults the process had.
    pub PageFaultCount: u32,
    /// The most that was ever in memory of it.
    pub PeakWorkingSetSize: usize,
    /// What is.
    pub WorkingSetSize: usize,
    /// Its page tables: Linux keeps no record of the most.
    pub QuotaPeakPagedPoolUsage: usize,
    /// Its page tables.
    pub QuotaPagedPoolUsage: usize,
    /// Always 0.
    pub QuotaPeakNonPagedPoolUsage: usize,
    /// Always 0.
    pub QuotaNonPagedPoolUsage: usize,
    /// What is committed to it alone.
    pub PagefileUsage: usize,
    /// The most that was answered so far.
    pub PeakPagefileUsage: usize,
}

/// PROCESS_MEMORY_COUNTERS_EX.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_MEMORY_COUNTERS_EX {
    /// The beginning.
    pub Counters: PROCESS_MEMORY_COUNTERS,
    /// What is committed to the process alone.
    pub PrivateUsage: usize,
}

/// PROCESS_MEMORY_COUNTERS_EX2.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_MEMORY_COUNTERS_EX2 {
    /// The beginning.
    pub Extended: PROCESS_MEMORY_COUNTERS_EX,
    /// What is in memory of its private pages.
    pub PrivateWorkingSetSize: usize,
    /// Always 0: sections are committed to nobody in particular.
    pub SharedCommitUsage: u64,
}

fn counters(target: &Target, size: usize) -> PROCESS_MEMORY_COUNTERS_EX2 {
    let memory = process_memory(target);
    let counters = PROCESS_MEMORY_COUNTERS {
        cb: size as u32,
        PageFaultCount: memory.page_faults as u32,
        PeakWorkingSetSize: memory.peak_working_set as usize,
        WorkingSetSize: memory.working_set as usize,
        QuotaPeakPagedPoolUsage: memory.page_tables as usize,
        QuotaPagedPoolUsage: memory.page_tables as usize,
        QuotaPeakNonPagedPoolUsage: 0,
        QuotaNonPagedPoolUsage: 0,
        PagefileUsage: memory.commit as usize,
        PeakPagefileUsage: memory.peak_commit as usize,
    };
    PROCESS_MEMORY_COUNTERS_EX2 {
        Extended: PROCESS_MEMORY_COUNTERS_EX {
            Counters: counters,
            PrivateUsage: memory.commit as usize,
        },
        PrivateWorkingSetSize: memory.private_working_set as usize,
        SharedCommitUsage: 0,
    }
}

/// # Safety
///
/// `buffer` must be a C program's to write.
unsafe fn query(
    process: usize,
    buffer: *mut PROCESS_MEMORY_COUNTERS,
    length: u32,
) -> Result<(), NtStatus> {
    const PLAIN: usize = size_of::<PROCESS_MEMORY_COUNTERS>();
    const EXTENDED: usize = size_of::<PROCESS_MEMORY_COUNTERS_EX>();
    const EXTENDED_2: usize = size_of::<PROCESS_MEMORY_COUNTERS_EX2>();
    if (length as usize) < PLAIN {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let target = &reference_limited(process)?;
    // The largest of the three that the buffer takes.
    // SAFETY: the caller's buffer, for the caller's answer.
    let written = unsafe {
        match length as usize {
            EXTENDED_2.. => fault::write(buffer.cast(), &counters(target, EXTENDED_2)),
            EXTENDED.. => fault::write(buffer.cast(), &counters(target, EXTENDED).Extended),
            _ => fault::write(buffer, &counters(target, PLAIN).Extended.Counters),
        }
    };
    written.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// K32GetProcessMemoryInfo: what a process has of memory. Of another process Linux keeps no record of the
/// greatest commit, and what it is now is answered.
///
/// # Safety
///
/// `ppsmemCounters` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetProcessMemoryInfo(
    Process: usize,
    ppsmemCounters: *mut PROCESS_MEMORY_COUNTERS,
    cb: u32,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { query(Process, ppsmemCounters, cb) })
}

/// GetProcessMemoryInfo: K32GetProcessMemoryInfo by the name psapi has for it.
///
/// # Safety
///
/// As [`K32GetProcessMemoryInfo`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessMemoryInfo(
    Process: usize,
    ppsmemCounters: *mut PROCESS_MEMORY_COUNTERS,
    cb: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { K32GetProcessMemoryInfo(Process, ppsmemCounters, cb) }
}
