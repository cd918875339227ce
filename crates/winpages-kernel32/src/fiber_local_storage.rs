//! Fiber-local storage. Threads are never more than one fiber.

use winpages_kernel::NtStatus;
use winpages_kernel::thread::fiber_local_storage::{self, Callback};

use crate::error_code::ERROR_SUCCESS;
use crate::last_error;

/// FLS_OUT_OF_INDEXES
const FLS_OUT_OF_INDEXES: u32 = u32::MAX;

/// FlsAlloc: an index, and a function that is called with each value when its thread ends, when the
/// index is freed, and for the thread that ends the process.
///
/// # Safety
///
/// `lpCallback` must be such a function, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FlsAlloc(lpCallback: Option<Callback>) -> u32 {
    match fiber_local_storage::allocate(lpCallback) {
        Some(index) => index as u32,
        None => {
            last_error::fail(NtStatus::NO_MEMORY);
            FLS_OUT_OF_INDEXES
        }
    }
}

/// FlsFree.
#[unsafe(no_mangle)]
pub extern "C" fn FlsFree(dwFlsIndex: u32) -> i32 {
    last_error::boolean(fiber_local_storage::free(dwFlsIndex as usize))
}

/// FlsGetValue: sets the last error to 0 when it succeeds, since NULL is a value too.
#[unsafe(no_mangle)]
pub extern "C" fn FlsGetValue(dwFlsIndex: u32) -> usize {
    match fiber_local_storage::get(dwFlsIndex as usize) {
        Ok(value) => {
            last_error::set(ERROR_SUCCESS);
            value
        }
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// FlsSetValue.
#[unsafe(no_mangle)]
pub extern "C" fn FlsSetValue(dwFlsIndex: u32, lpFlsData: usize) -> i32 {
    last_error::boolean(fiber_local_storage::set(dwFlsIndex as usize, lpFlsData))
}

/// IsThreadAFiber: no thread is converted to fibers.
#[unsafe(no_mangle)]
pub extern "C" fn IsThreadAFiber() -> i32 {
    0
}
