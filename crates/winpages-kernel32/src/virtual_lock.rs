//! Keeping pages in memory: VirtualLock and VirtualUnlock.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::residency;

use crate::last_error;
use crate::virtual_memory::target;

/// VirtualLock: keeps pages in memory until they are unlocked, once, or freed.
///
/// As many pages can be locked as the minimum working set has, but for 8; SetProcessWorkingSetSize
/// raises it. Linux has a limit of its own, RLIMIT_MEMLOCK, which is ERROR_WORKING_SET_QUOTA too.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualLock(lpAddress: *mut c_void, dwSize: usize) -> i32 {
    last_error::boolean(residency::lock_virtual_memory(lpAddress as usize, dwSize).map(|_| ()))
}

/// VirtualUnlock: lets pages be paged out again.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualUnlock(lpAddress: *mut c_void, dwSize: usize) -> i32 {
    last_error::boolean(residency::unlock_virtual_memory(lpAddress as usize, dwSize).map(|_| ()))
}

/// VirtualUnlockEx: VirtualUnlock in another process, or in this one, which NULL stands for too.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualUnlockEx(Process: usize, Address: *mut c_void, Size: usize) -> i32 {
    let process = match Process {
        0 => Ok(Target::Own),
        handle => target(handle, AccessMask::PROCESS_VM_OPERATION),
    };
    let unlocked = process
        .and_then(|process| process::lock_virtual_memory(&process, Address as usize, Size, false));
    last_error::boolean(unlocked.map(drop))
}
