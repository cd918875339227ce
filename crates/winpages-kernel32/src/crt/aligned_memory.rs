//! Blocks of memory of a chosen alignment, and what else the Windows CRT's <malloc.h> has.
//!
//! A block comes from malloc; before its start stands where malloc's block begins and how long the block is, so that
//! it can be freed and grown. Only the `_aligned_` functions may take it.

use core::ffi::{c_int, c_void};
use core::ptr;

/// What stands before an aligned block.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    base: *mut c_void,
    size: usize,
}

fn fail(error: c_int) -> *mut c_void {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = error };
    ptr::null_mut()
}

/// # Safety
///
/// `block` is one of ours.
unsafe fn header(block: *mut c_void) -> *mut Header {
    block.cast::<Header>().wrapping_sub(1)
}

/// _aligned_offset_malloc: the byte at `offset` is aligned.
#[unsafe(no_mangle)]
pub extern "C" fn _aligned_offset_malloc(
    size: usize,
    alignment: usize,
    offset: usize,
) -> *mut c_void {
    if !alignment.is_power_of_two() || (offset >= size && offset > 0) {
        return fail(libc::EINVAL);
    }
    let alignment = alignment.max(align_of::<Header>());
    let Some(total) = size
        .checked_add(alignment)
        .and_then(|total| total.checked_add(size_of::<Header>() + 8))
    else {
        return fail(libc::ENOMEM);
    };
    // SAFETY: malloc takes any size.
    let base = unsafe { libc::malloc(total) };
    if base.is_null() {
        return base;
    }
    let lowest = base.addr() + size_of::<Header>();
    let start = (lowest + offset).next_multiple_of(alignment) - offset;
    let block = base.with_addr(start);
    // SAFETY: the header lies between the base and the block; an offset may leave it misaligned.
    unsafe { header(block).write_unaligned(Header { base, size }) };
    block
}

/// _aligned_malloc.
#[unsafe(no_mangle)]
pub extern "C" fn _aligned_malloc(size: usize, alignment: usize) -> *mut c_void {
    _aligned_offset_malloc(size, alignment, 0)
}

/// _aligned_free.
///
/// # Safety
///
/// `block` is NULL or came from an `_aligned_` function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _aligned_free(block: *mut c_void) {
    if !block.is_null() {
        // SAFETY: the header says where malloc's block begins.
        unsafe { libc::free(header(block).read_unaligned().base) };
    }
}

/// _aligned_offset_realloc.
///
/// # Safety
///
/// As [`_aligned_free`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _aligned_offset_realloc(
    block: *mut c_void,
    size: usize,
    alignment: usize,
    offset: usize,
) -> *mut c_void {
    if block.is_null() {
        return _aligned_offset_malloc(size, alignment, offset);
    }
    if size == 0 {
        // SAFETY: as the caller vouches.
        unsafe { _aligned_free(block) };
        return ptr::null_mut();
    }
    let moved = _aligned_offset_malloc(size, alignment, offset);
    if !moved.is_null() {
        // SAFETY: both blocks have the shorter of their sizes.
        unsafe {
            let old = header(block).read_unaligned().size;
            ptr::copy_nonoverlapping(block.cast::<u8>(), moved.cast(), old.min(size));
            _aligned_free(block);
        }
    }
    moved
}

/// _aligned_realloc.
///
/// # Safety
///
/// As [`_aligned_free`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _aligned_realloc(
    block: *mut c_void,
    size: usize,
    alignment: usize,
) -> *mut c_void {
    // SAFETY: passed on.
    unsafe { _aligned_offset_realloc(block, size, alignment, 0) }
}

/// _aligned_msize.
///
/// # Safety
///
/// `block` came from an `_aligned_` function, or is NULL, which has no size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _aligned_msize(
    block: *mut c_void,
    _alignment: usize,
    _offset: usize,
) -> usize {
    if block.is_null() {
        fail(libc::EINVAL);
        return usize::MAX;
    }
    // SAFETY: as the caller vouches.
    unsafe { header(block).read_unaligned().size }
}

/// _aligned_recalloc: what the block grows by is zero.
///
/// # Safety
///
/// As [`_aligned_free`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _aligned_recalloc(
    block: *mut c_void,
    count: usize,
    size: usize,
    alignment: usize,
) -> *mut c_void {
    let Some(total) = count.checked_mul(size) else {
        return fail(libc::ENOMEM);
    };
    let old = if block.is_null() {
        0
    } else {
        // SAFETY: as the caller vouches.
        unsafe { header(block).read_unaligned().size }
    };
    // SAFETY: passed on.
    let moved = unsafe { _aligned_realloc(block, total, alignment) };
    if !moved.is_null() && total > old {
        // SAFETY: the block has `total` bytes.
        unsafe { ptr::write_bytes(moved.cast::<u8>().add(old), 0, total - old) };
    }
    moved
}

/// _msize: how many bytes of a malloc'ed block may be used.
///
/// # Safety
///
/// `block` is NULL or came from malloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _msize(block: *mut c_void) -> usize {
    if block.is_null() {
        fail(libc::EINVAL);
        return usize::MAX;
    }
    // SAFETY: as the caller vouches.
    unsafe { libc::malloc_usable_size(block) }
}

/// _recalloc: realloc whose growth is zero.
///
/// # Safety
///
/// `block` is NULL or came from malloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _recalloc(block: *mut c_void, count: usize, size: usize) -> *mut c_void {
    let Some(total) = count.checked_mul(size) else {
        return fail(libc::ENOMEM);
    };
    let old = if block.is_null() {
        0
    } else {
        // SAFETY: as the caller vouches.
        unsafe { libc::malloc_usable_size(block) }
    };
    // SAFETY: as the caller vouches.
    let moved = unsafe { libc::realloc(block, total) };
    if !moved.is_null() && total > old {
        // SAFETY: the block has `total` bytes.
        unsafe { ptr::write_bytes(moved.cast::<u8>().add(old), 0, total - old) };
    }
    moved
}

/// _expand: the block if it already has the size, and NULL otherwise: glibc never grows one in place.
///
/// # Safety
///
/// `block` is NULL or came from malloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _expand(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: as the caller vouches.
    if !block.is_null() && unsafe { libc::malloc_usable_size(block) } >= size {
        block
    } else {
        fail(libc::ENOMEM)
    }
}

/// _heapmin: gives what malloc does not use back to the system.
#[unsafe(no_mangle)]
pub extern "C" fn _heapmin() -> c_int {
    // SAFETY: it takes a number and touches no block in use.
    unsafe { libc::malloc_trim(0) };
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_at_their_offset_and_keep_their_bytes() {
        for alignment in [1, 8, 64, 4096] {
            for offset in [0, 5, 100] {
                let block = _aligned_offset_malloc(200, alignment, offset);
                assert_eq!((block.addr() + offset) % alignment, 0);
                // SAFETY: the block has 200 bytes, and is not used after it moved.
                unsafe {
                    ptr::write_bytes(block.cast::<u8>(), 7, 200);
                    let moved = _aligned_offset_realloc(block, 400, alignment, offset);
                    assert_eq!(moved.cast::<u8>().add(199).read(), 7);
                    assert_eq!(_aligned_msize(moved, alignment, offset), 400);
                    _aligned_free(moved);
                }
            }
        }
        assert!(_aligned_malloc(8, 3).is_null());
        assert!(_aligned_malloc(usize::MAX - 8, 16).is_null());
    }
}
