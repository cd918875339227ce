//! Write watch: NtGetWriteWatch, NtResetWriteWatch.

use core::ffi::c_void;

use winpages_kernel::address_space;

use super::argument::status;
use crate::virtual_memory::own_process;
use crate::write_watch;

/// NtGetWriteWatch: finds the pages of a range that have been written.
///
/// # Safety
///
/// As [`write_watch::GetWriteWatch`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtGetWriteWatch(
    ProcessHandle: usize,
    Flags: u32,
    BaseAddress: *mut c_void,
    RegionSize: usize,
    UserAddressArray: *mut *mut c_void,
    EntriesInUserAddressArray: *mut usize,
    Granularity: *mut u32,
) -> i32 {
    let (base, addresses) = (BaseAddress as usize, UserAddressArray.cast());
    status(own_process(ProcessHandle).and_then(|()| {
        // SAFETY: the caller's pointers, for the caller's answers.
        unsafe {
            write_watch::get(
                Flags,
                base,
                RegionSize,
                addresses,
                EntriesInUserAddressArray,
                Granularity,
            )
        }
    }))
}

/// NtResetWriteWatch: has the pages of a range count as not written.
#[unsafe(no_mangle)]
pub extern "C" fn NtResetWriteWatch(
    ProcessHandle: usize,
    BaseAddress: *mut c_void,
    RegionSize: usize,
) -> i32 {
    status(
        own_process(ProcessHandle)
            .and_then(|()| address_space::reset_write_watch(BaseAddress as usize, RegionSize)),
    )
}
