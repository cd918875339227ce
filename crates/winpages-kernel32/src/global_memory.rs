//! GlobalAlloc and its kin.
//!
//! A handle of a movable block is the address of a word that holds the block's address, as on Windows.

use core::ffi::c_void;

use crate::movable_memory::{self, Family};

const FAMILY: Family = Family::Global;

/// GlobalAlloc: a fixed block of the process's heap, or with GMEM_MOVEABLE a handle. There can be 65536
/// of those in a process.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalAlloc(uFlags: u32, dwBytes: usize) -> *mut c_void {
    movable_memory::allocate(FAMILY, uFlags, dwBytes)
}

/// GlobalFree: NULL; or `hMem`, and ERROR_INVALID_HANDLE, if it is no block and no handle.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalFree(hMem: *mut c_void) -> *mut c_void {
    movable_memory::free(hMem)
}

/// GlobalReAlloc: with GMEM_MODIFY other attributes, else another size.
///
/// # Safety
///
/// If it is a live block, or the handle of one, nobody else may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GlobalReAlloc(
    hMem: *mut c_void,
    dwBytes: usize,
    uFlags: u32,
) -> *mut c_void {
    movable_memory::reallocate(FAMILY, hMem, dwBytes, uFlags)
}

/// GlobalLock: where a movable block is, and stays until it is unlocked; a fixed block itself. This pins
/// nothing in RAM, whatever its name says: that is what VirtualLock is for.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalLock(hMem: *mut c_void) -> *mut c_void {
    movable_memory::lock(FAMILY, hMem)
}

/// GlobalUnlock: whether the block is still locked. The last error is 0 when it has just been unlocked.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalUnlock(hMem: *mut c_void) -> i32 {
    movable_memory::unlock(FAMILY, hMem)
}

/// GlobalSize: the size that was asked for; 0, and ERROR_INVALID_HANDLE, for what is no block.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalSize(hMem: *mut c_void) -> usize {
    movable_memory::size(hMem)
}

/// GlobalFlags: lock count and attributes; GMEM_INVALID_HANDLE for what is no block.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalFlags(hMem: *mut c_void) -> u32 {
    movable_memory::flags(FAMILY, hMem)
}

/// GlobalHandle: the handle of a movable block; a fixed block itself.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalHandle(pMem: *const c_void) -> *mut c_void {
    movable_memory::handle_of(FAMILY, pMem)
}

/// GlobalCompact: the size of the largest free block; there is nothing to compact for anybody's sake.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalCompact(dwMinFree: u32) -> usize {
    let _ = dwMinFree;
    crate::heap::HeapCompact(crate::heap::GetProcessHeap(), 0)
}

/// GlobalFix: locks a movable block.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalFix(hMem: *mut c_void) {
    GlobalLock(hMem);
}

/// GlobalUnfix: undoes GlobalFix.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalUnfix(hMem: *mut c_void) {
    GlobalUnlock(hMem);
}
