//! LocalAlloc and GlobalAlloc, for fixed memory.

use core::ffi::c_void;
use std::collections::BTreeMap;

use winpages_kernel::NtStatus;
use winpages_kernel::sys::lock::Lock;

use crate::last_error;

/// LMEM_ZEROINIT and GMEM_ZEROINIT.
const ZEROINIT: u32 = 0x40;
/// LMEM_MOVEABLE and GMEM_MOVEABLE.
const MOVEABLE: u32 = 0x02;

/// The blocks there are, with their sizes: what is none of them is refused and not freed.
static BLOCKS: Lock<BTreeMap<usize, usize>> = Lock::new(BTreeMap::new());

/// Allocates a fixed block; NULL, and the last error set, if there is no memory.
pub fn allocate(flags: u32, size: usize) -> *mut c_void {
    if flags & MOVEABLE != 0 {
        last_error::fail(NtStatus::NOT_SUPPORTED);
        return core::ptr::null_mut();
    }
    // Each block has an address of its own, one of size 0 too.
    let bytes = size.max(1);
    // SAFETY: allocation has no precondition.
    let block = unsafe {
        if flags & ZEROINIT != 0 {
            libc::calloc(1, bytes)
        } else {
            libc::malloc(bytes)
        }
    };
    if block.is_null() {
        last_error::fail(NtStatus::NO_MEMORY);
    } else {
        BLOCKS.lock().insert(block as usize, size);
    }
    block
}

/// Frees a block; answers NULL, or the block if it is none.
fn free(block: *mut c_void) -> *mut c_void {
    if block.is_null() {
        return block;
    }
    if BLOCKS.lock().remove(&(block as usize)).is_none() {
        last_error::fail(NtStatus::INVALID_HANDLE);
        return block;
    }
    // SAFETY: it came from malloc, and only one caller can have removed it from the map.
    unsafe { libc::free(block) };
    core::ptr::null_mut()
}

fn size_of_block(block: *mut c_void) -> usize {
    match BLOCKS.lock().get(&(block as usize)) {
        Some(size) => *size,
        None => {
            last_error::fail(NtStatus::INVALID_HANDLE);
            0
        }
    }
}

/// LocalAlloc, for LMEM_FIXED: ERROR_NOT_SUPPORTED for LMEM_MOVEABLE.
#[unsafe(no_mangle)]
pub extern "C" fn LocalAlloc(uFlags: u32, uBytes: usize) -> *mut c_void {
    allocate(uFlags, uBytes)
}

/// LocalFree: NULL if the block was freed or is NULL, and the block itself if there is no such block.
#[unsafe(no_mangle)]
pub extern "C" fn LocalFree(hMem: *mut c_void) -> *mut c_void {
    free(hMem)
}

/// LocalSize: the size that was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn LocalSize(hMem: *mut c_void) -> usize {
    size_of_block(hMem)
}

/// GlobalAlloc, for GMEM_FIXED: ERROR_NOT_SUPPORTED for GMEM_MOVEABLE.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalAlloc(uFlags: u32, dwBytes: usize) -> *mut c_void {
    allocate(uFlags, dwBytes)
}

/// GlobalFree: as [`LocalFree`].
#[unsafe(no_mangle)]
pub extern "C" fn GlobalFree(hMem: *mut c_void) -> *mut c_void {
    free(hMem)
}

/// GlobalSize: the size that was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalSize(hMem: *mut c_void) -> usize {
    size_of_block(hMem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_are_freed() {
        let block = LocalAlloc(ZEROINIT, 10);
        assert_eq!(LocalSize(block), 10);
        assert!(LocalFree(block).is_null());
        last_error::set(0);
        assert_eq!(LocalFree(block), block);
        assert_eq!(last_error::get(), 6);
        assert!(LocalFree(core::ptr::null_mut()).is_null());
    }
}
