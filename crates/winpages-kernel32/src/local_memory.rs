//! LocalAlloc and its kin.
//!
//! The same blocks as GlobalAlloc's: each family takes the other's.

use core::ffi::c_void;

use crate::movable_memory::{self, Family};

const FAMILY: Family = Family::Local;

/// LocalAlloc: a fixed block of the process's heap, or with LMEM_MOVEABLE a handle. There can be 65536
/// of those in a process.
#[unsafe(no_mangle)]
pub extern "C" fn LocalAlloc(uFlags: u32, uBytes: usize) -> *mut c_void {
    movable_memory::allocate(FAMILY, uFlags, uBytes)
}

/// LocalFree: NULL; or `hMem`, and ERROR_INVALID_HANDLE, if it is no block and no handle.
#[unsafe(no_mangle)]
pub extern "C" fn LocalFree(hMem: *mut c_void) -> *mut c_void {
    movable_memory::free(hMem)
}

/// LocalReAlloc: with LMEM_MODIFY other attributes, else another size.
///
/// # Safety
///
/// If it is a live block, or the handle of one, nobody else may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LocalReAlloc(
    hMem: *mut c_void,
    uBytes: usize,
    uFlags: u32,
) -> *mut c_void {
    movable_memory::reallocate(FAMILY, hMem, uBytes, uFlags)
}

/// LocalLock: where a movable block is, and stays until it is unlocked; a fixed block itself. This pins
/// nothing in RAM, whatever its name says: that is what VirtualLock is for.
#[unsafe(no_mangle)]
pub extern "C" fn LocalLock(hMem: *mut c_void) -> *mut c_void {
    movable_memory::lock(FAMILY, hMem)
}

/// LocalUnlock: whether the block is still locked. The last error is 0 when it has just been unlocked.
#[unsafe(no_mangle)]
pub extern "C" fn LocalUnlock(hMem: *mut c_void) -> i32 {
    movable_memory::unlock(FAMILY, hMem)
}

/// LocalSize: the size that was asked for; 0, and ERROR_INVALID_HANDLE, for what is no block.
#[unsafe(no_mangle)]
pub extern "C" fn LocalSize(hMem: *mut c_void) -> usize {
    movable_memory::size(hMem)
}

/// LocalFlags: lock count and attributes; LMEM_INVALID_HANDLE for what is no block.
#[unsafe(no_mangle)]
pub extern "C" fn LocalFlags(hMem: *mut c_void) -> u32 {
    movable_memory::flags(FAMILY, hMem)
}

/// LocalHandle: the handle of a movable block; a fixed block itself.
#[unsafe(no_mangle)]
pub extern "C" fn LocalHandle(pMem: *const c_void) -> *mut c_void {
    movable_memory::handle_of(FAMILY, pMem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::global_memory::{GlobalFlags, GlobalFree, GlobalLock, GlobalSize, GlobalUnlock};
    use crate::last_error;

    const WILD: *mut c_void = 0xDEAD_BEE0 as *mut c_void;

    fn with_error<T>(call: impl FnOnce() -> T) -> (T, u32) {
        const UNCHANGED: u32 = 0xDEAD;
        last_error::set(UNCHANGED);
        let answer = call();
        (answer, last_error::get())
    }

    #[test]
    fn what_is_no_memory_is_refused() {
        const NULL: *mut c_void = core::ptr::null_mut();
        const SAME: u32 = 0xDEAD;
        // SAFETY: nothing lives there.
        unsafe {
            assert_eq!(with_error(|| GlobalFree(WILD)), (WILD, 998));
            assert_eq!(with_error(|| GlobalFlags(WILD)), (0x8000, 6));
            assert_eq!(with_error(|| GlobalSize(WILD)), (0, 6));
            assert_eq!(with_error(|| GlobalLock(WILD)), (NULL, 6));
            assert_eq!(with_error(|| GlobalUnlock(WILD)), (1, SAME));
            let reallocated = || crate::global_memory::GlobalReAlloc(WILD, 5, 2);
            assert_eq!(with_error(reallocated), (NULL, 998));
            assert_eq!(
                with_error(|| crate::global_memory::GlobalHandle(WILD)),
                (NULL, 6)
            );
            assert_eq!(with_error(|| LocalFlags(WILD)), (0x8000, 998));
            assert_eq!(with_error(|| LocalLock(WILD)), (NULL, SAME));
            assert_eq!(with_error(|| LocalUnlock(WILD)), (0, 158));
            assert_eq!(with_error(|| LocalHandle(WILD)), (NULL, 998));
        }
    }

    #[test]
    fn only_blocks_are_freed() {
        let block = LocalAlloc(0x40, 10);
        assert_eq!(LocalSize(block), 10);
        assert!(LocalFree(block).is_null());
        assert_eq!(with_error(|| LocalFree(block)), (block, 6));
    }
}
