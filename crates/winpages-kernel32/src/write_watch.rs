//! Write watch: GetWriteWatch and ResetWriteWatch.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{self, layout::PAGE_SIZE};
use winpages_kernel::sys::fault::{self, Fault};

use crate::last_error::fail;

/// What both functions answer where others answer FALSE.
const FAILED: u32 = u32::MAX;

const WRITE_WATCH_FLAG_RESET: u32 = 1;

fn answer(result: Result<(), NtStatus>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(status) => {
            fail(status);
            FAILED
        }
    }
}

fn noaccess(_: Fault) -> NtStatus {
    NtStatus::ACCESS_VIOLATION
}

/// # Safety
///
/// The pointers lead to what the caller wants overwritten, or nowhere.
pub(crate) unsafe fn get(
    flags: u32,
    base: usize,
    size: usize,
    addresses: *mut usize,
    count: *mut usize,
    granularity: *mut u32,
) -> Result<(), NtStatus> {
    if flags & !WRITE_WATCH_FLAG_RESET != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // Windows looks at all pointers before it looks at the range.
    // SAFETY: any bytes make a number.
    let limit = unsafe { fault::read(count) }.map_err(noaccess)?;
    // SAFETY: as above.
    let before = unsafe { fault::read(granularity) }.map_err(noaccess)?;
    // SAFETY: they keep what they hold, and belong to the caller's answer.
    unsafe { fault::write(count, &limit).and_then(|()| fault::write(granularity, &before)) }
        .map_err(noaccess)?;
    if limit == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: any bytes make an address.
    unsafe { fault::read(addresses) }.map_err(noaccess)?;
    let reset = flags & WRITE_WATCH_FLAG_RESET != 0;
    let mut done = 0;
    let total = address_space::get_write_watch(base, size, reset, limit, |pages| {
        for page in pages {
            // SAFETY: the caller's array, for the caller's answer.
            unsafe { fault::write(addresses.wrapping_add(done), page) }.map_err(noaccess)?;
            done += 1;
        }
        Ok(())
    })?;
    // SAFETY: as above.
    unsafe {
        fault::write(count, &total)
            .and_then(|()| fault::write(granularity, &(PAGE_SIZE as u32)))
            .map_err(noaccess)
    }
}

/// GetWriteWatch: finds the pages of a range that have been written since it was allocated with
/// MEM_WRITE_WATCH, or since they were reset. `lpdwCount` is how many addresses there is room for, and
/// then how many there are. Answers 0, or `u32::MAX` on failure.
///
/// # Safety
///
/// What the pointers lead to is overwritten; a wild one is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetWriteWatch(
    dwFlags: u32,
    lpBaseAddress: *mut c_void,
    dwRegionSize: usize,
    lpAddresses: *mut *mut c_void,
    lpdwCount: *mut usize,
    lpdwGranularity: *mut u32,
) -> u32 {
    let (base, addresses) = (lpBaseAddress as usize, lpAddresses.cast());
    // SAFETY: the caller's pointers, for the caller's answers.
    answer(unsafe {
        get(
            dwFlags,
            base,
            dwRegionSize,
            addresses,
            lpdwCount,
            lpdwGranularity,
        )
    })
}

/// ResetWriteWatch: has the pages of a range count as not written. Answers 0, or `u32::MAX` on failure.
#[unsafe(no_mangle)]
pub extern "C" fn ResetWriteWatch(lpBaseAddress: *mut c_void, dwRegionSize: usize) -> u32 {
    answer(address_space::reset_write_watch(
        lpBaseAddress as usize,
        dwRegionSize,
    ))
}
