//! Asking for pages ahead of time: PrefetchVirtualMemory.

use winpages_kernel::{NtStatus, residency, sys::fault};

use crate::last_error;
use crate::virtual_memory::own_process;

/// WIN32_MEMORY_RANGE_ENTRY as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WIN32_MEMORY_RANGE_ENTRY {
    /// The first byte.
    pub VirtualAddress: usize,
    /// How many.
    pub NumberOfBytes: usize,
}

/// # Safety
///
/// `entries` must be a C program's to read.
pub(crate) unsafe fn prefetch(
    process: usize,
    count: usize,
    entries: *const WIN32_MEMORY_RANGE_ENTRY,
    flags: u32,
) -> Result<(), NtStatus> {
    own_process(process)?;
    if count == 0 {
        return Err(NtStatus::INVALID_PARAMETER_3);
    }
    if flags != 0 {
        return Err(NtStatus::INVALID_PARAMETER_5);
    }
    for index in 0..count {
        // SAFETY: any bytes are an entry.
        let entry = unsafe { fault::read(entries.wrapping_add(index)) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        residency::prefetch_virtual_memory(entry.VirtualAddress, entry.NumberOfBytes)?;
    }
    Ok(())
}

/// PrefetchVirtualMemory: starts bringing ranges in from disk. What is not committed in them is passed
/// over.
///
/// # Safety
///
/// `VirtualAddresses` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PrefetchVirtualMemory(
    hProcess: usize,
    NumberOfEntries: usize,
    VirtualAddresses: *const WIN32_MEMORY_RANGE_ENTRY,
    Flags: u32,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { prefetch(hProcess, NumberOfEntries, VirtualAddresses, Flags) })
}
