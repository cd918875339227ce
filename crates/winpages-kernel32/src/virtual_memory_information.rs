//! What a whole allocation is: QueryVirtualMemoryInformation.

use core::ffi::c_void;

use winpages_kernel::NtStatus;

use crate::last_error;
use crate::nt::argument::write_if_wanted;
use crate::nt::virtual_memory_query::{WIN32_MEMORY_REGION_INFORMATION_SIZE, region};

/// MemoryRegionInfo, the one class there is.
const MEMORY_REGION_INFO: u32 = 0;

/// QueryVirtualMemoryInformation: describes the allocation that an address of this process lies in, as
/// WIN32_MEMORY_REGION_INFORMATION.
///
/// # Safety
///
/// The buffer is overwritten; a wild one is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryVirtualMemoryInformation(
    Process: usize,
    VirtualAddress: *const c_void,
    MemoryInformationClass: u32,
    MemoryInformation: *mut c_void,
    MemoryInformationSize: usize,
    ReturnSize: *mut usize,
) -> i32 {
    const SIZE: usize = WIN32_MEMORY_REGION_INFORMATION_SIZE;
    let query = || {
        if MemoryInformationClass != MEMORY_REGION_INFO {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if MemoryInformationSize < SIZE {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        // SAFETY: the caller's buffer and pointer, for the caller's answers.
        unsafe {
            let told = region(Process, VirtualAddress as usize, MemoryInformation, SIZE)?;
            write_if_wanted(ReturnSize, told)
        }
    };
    last_error::boolean(query())
}
