//! IsBadReadPtr and its kin: whether memory could be used a moment ago.
//!
//! The memory is touched under guard, so nothing here ends the process or shows as an exception, and
//! what other threads write meanwhile stays as they write it. A guard page answers TRUE and is a plain
//! page from then on, as on Windows. None of these sets the last error. The answer may be out of date
//! when it arrives: that is so everywhere, and why Microsoft's documentation warns of them.

use core::ffi::c_void;

use winpages_kernel::address_space::{MemoryState, layout, query_virtual_memory, take_guard};
use winpages_kernel::sys::fault::{self, Fault};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

/// Touches a byte.
fn touch(address: usize, how: Use) -> Result<(), Fault> {
    let touched = match how {
        // SAFETY: any byte is a byte, and nothing is assumed of the pointer.
        Use::Read => unsafe { fault::read(address as *const u8) }.map(drop),
        Use::Write => fault::touch_for_write(address),
    };
    if touched.is_err() {
        take_guard(address);
    }
    touched
}

/// Whether an address has memory. Asked first, because touching what lies below a stack makes the
/// kernel put memory there.
fn committed_end(address: usize) -> Option<usize> {
    let region = query_virtual_memory(address).ok()?;
    (region.state == MemoryState::Commit).then(|| region.base_address + region.region_size)
}

fn is_bad(address: usize, size: usize, how: Use) -> bool {
    if size == 0 {
        return false;
    }
    let Some(end) = address.checked_add(size) else {
        return true;
    };
    let mut at = address;
    let mut known = 0;
    while at < end {
        if at >= known {
            match committed_end(at) {
                Some(end) => known = end,
                None => return true,
            }
        }
        if touch(at, how).is_err() {
            return true;
        }
        at = (at | (layout::PAGE_SIZE - 1)) + 1;
    }
    false
}

/// Whether a string of at most `maximum` elements cannot be read up to its end.
fn is_bad_string<T: Copy + Default + PartialEq>(address: usize, maximum: usize) -> bool {
    // With a maximum of 0, too, the first element is looked at, as on Windows.
    let mut at = address;
    let mut known = 0;
    for _ in 0..maximum.max(1) {
        let Some(last) = at.checked_add(size_of::<T>() - 1) else {
            return true;
        };
        if last >= known {
            match committed_end(last) {
                Some(end) => known = end,
                None => return true,
            }
        }
        // SAFETY: any bytes are such an element, and nothing is assumed of the pointer.
        match unsafe { fault::read(at as *const T) } {
            Ok(element) if element == T::default() => return false,
            Ok(_) => at = last + 1,
            Err(Fault) => {
                take_guard(at);
                take_guard(last);
                return true;
            }
        }
    }
    false
}

/// IsBadReadPtr: whether some of the bytes cannot be read.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadReadPtr(lp: *const c_void, ucb: usize) -> i32 {
    i32::from(is_bad(lp as usize, ucb, Use::Read))
}

/// IsBadWritePtr: whether some of the bytes cannot be written. Bytes that can be keep their values.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadWritePtr(lp: *mut c_void, ucb: usize) -> i32 {
    i32::from(is_bad(lp as usize, ucb, Use::Write))
}

/// IsBadHugeReadPtr: as IsBadReadPtr.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadHugeReadPtr(lp: *const c_void, ucb: usize) -> i32 {
    IsBadReadPtr(lp, ucb)
}

/// IsBadHugeWritePtr: as IsBadWritePtr.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadHugeWritePtr(lp: *mut c_void, ucb: usize) -> i32 {
    IsBadWritePtr(lp, ucb)
}

/// IsBadCodePtr: whether the byte cannot be read. Whether it can be executed is not asked, as on Windows.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadCodePtr(lpfn: *const c_void) -> i32 {
    IsBadReadPtr(lpfn, 1)
}

/// IsBadStringPtrA: whether a string cannot be read up to its end, or as far as `ucchMax` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadStringPtrA(lpsz: *const u8, ucchMax: usize) -> i32 {
    i32::from(is_bad_string::<u8>(lpsz as usize, ucchMax))
}

/// IsBadStringPtrW: whether a string cannot be read up to its end, or as far as `ucchMax` units.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadStringPtrW(lpsz: *const u16, ucchMax: usize) -> i32 {
    i32::from(is_bad_string::<u16>(lpsz as usize, ucchMax))
}
