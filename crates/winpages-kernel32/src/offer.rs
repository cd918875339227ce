//! Memory offered to the system: OfferVirtualMemory and its family. They answer the error code itself.

use core::ffi::c_void;

use winpages_error::error_code::{ERROR_BUSY, ERROR_SUCCESS};
use winpages_kernel::NtStatus;
use winpages_kernel::residency::{self, OfferPriority, Reclaimed};

use crate::dos_error;

fn code(result: Result<u32, NtStatus>) -> u32 {
    result.unwrap_or_else(dos_error::from_status)
}

/// OfferVirtualMemory: the system may take the contents of the pages until they are reclaimed. Linux
/// takes what was offered first, whatever its priority.
///
/// # Safety
///
/// Nobody may use the memory until it is reclaimed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OfferVirtualMemory(
    VirtualAddress: *mut c_void,
    Size: usize,
    Priority: u32,
) -> u32 {
    code(OfferPriority::from_number(Priority).and_then(|priority| {
        residency::offer_virtual_memory(VirtualAddress as usize, Size, priority)
            .map(|()| ERROR_SUCCESS)
    }))
}

/// ReclaimVirtualMemory: takes offered pages back. ERROR_BUSY if the contents of some are lost.
#[unsafe(no_mangle)]
pub extern "C" fn ReclaimVirtualMemory(VirtualAddress: *const c_void, Size: usize) -> u32 {
    let reclaimed = residency::reclaim_virtual_memory(VirtualAddress as usize, Size);
    code(reclaimed.map(|outcome| match outcome {
        Reclaimed::Intact => ERROR_SUCCESS,
        Reclaimed::Lost => ERROR_BUSY,
    }))
}

/// DiscardVirtualMemory: throws the contents of pages away, and keeps the pages committed.
///
/// # Safety
///
/// Nobody may rely on the contents.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DiscardVirtualMemory(VirtualAddress: *mut c_void, Size: usize) -> u32 {
    let discarded = residency::discard_virtual_memory(VirtualAddress as usize, Size);
    code(discarded.map(|()| ERROR_SUCCESS))
}
