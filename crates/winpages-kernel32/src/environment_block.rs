//! Environments as blocks: strings `NAME=VALUE` that end in NUL, one behind the other, and an empty one at the
//! end. What begins with `=` is Windows' own, drives' current directories.

use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use std::ffi::CString;

use winpages_kernel::NtStatus;

use crate::heap::{GetProcessHeap, HeapAlloc, HeapFree};
use crate::{environment, text};

/// What stands in a block; `None` for NULL.
///
/// # Safety
///
/// `block` must be what a C program passes.
pub(crate) unsafe fn read(
    block: *const c_void,
    is_wide: bool,
) -> Result<Option<Vec<CString>>, NtStatus> {
    if block.is_null() {
        return Ok(None);
    }
    let mut entries = Vec::new();
    let mut at = block.cast::<u8>();
    loop {
        // SAFETY: the caller's pointer; what cannot be read is an error.
        let (entry, size) = unsafe {
            if is_wide {
                let units = text::wide(at.cast())?.unwrap_or_default();
                let size = (units.len() + 1) * size_of::<u16>();
                (String::from_utf16_lossy(&units), size)
            } else {
                let bytes = text::ansi_bytes(at.cast())?.unwrap_or_default();
                let size = bytes.len() + 1;
                (String::from_utf8_lossy(&bytes).into_owned(), size)
            }
        };
        if entry.is_empty() {
            return Ok(Some(entries));
        }
        at = at.wrapping_add(size);
        if let Ok(entry) = CString::new(entry) {
            entries.push(entry);
        }
    }
}

/// This process's own, entry by entry.
pub(crate) fn own() -> Vec<CString> {
    let entries = environment::variables();
    entries
        .filter_map(|entry| CString::new(entry).ok())
        .collect()
}

/// A copy of the process's environment in memory that [`free`] gives back.
fn hand_out<T: Copy + Default>(units: impl Fn(&CStr) -> Vec<T>) -> *mut T {
    let mut block: Vec<T> = Vec::new();
    let entries = own();
    for entry in &entries {
        block.extend(units(entry));
        block.push(T::default());
    }
    if entries.is_empty() {
        block.push(T::default());
    }
    block.push(T::default());
    let memory = HeapAlloc(GetProcessHeap(), 0, size_of_val(block.as_slice())).cast::<T>();
    if !memory.is_null() {
        // SAFETY: as much was allocated, and nobody else has it.
        unsafe { ptr::copy_nonoverlapping(block.as_ptr(), memory, block.len()) };
    }
    memory
}

/// # Safety
///
/// Nobody uses the block any more.
unsafe fn free(block: *mut c_void) -> i32 {
    // SAFETY: as the caller vouches; what is no block of the heap is refused.
    unsafe { HeapFree(GetProcessHeap(), 0, block) }
}

/// GetEnvironmentStrings: a copy of the environment, as a block.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentStringsA() -> *mut c_char {
    hand_out(|entry| {
        entry
            .to_bytes()
            .iter()
            .map(|byte| *byte as c_char)
            .collect()
    })
}

/// GetEnvironmentStrings under the name that programs find by GetProcAddress: Windows has it in both.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentStrings() -> *mut c_char {
    GetEnvironmentStringsA()
}

/// GetEnvironmentStringsW: as [`GetEnvironmentStringsA`].
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentStringsW() -> *mut u16 {
    hand_out(|entry| text::from_utf8(entry.to_bytes()))
}

/// FreeEnvironmentStringsA: gives back what [`GetEnvironmentStringsA`] has answered.
///
/// # Safety
///
/// Nobody uses the block any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeEnvironmentStringsA(penv: *mut c_char) -> i32 {
    // SAFETY: passed on.
    unsafe { free(penv.cast()) }
}

/// FreeEnvironmentStringsW: gives back what [`GetEnvironmentStringsW`] has answered.
///
/// # Safety
///
/// As [`FreeEnvironmentStringsA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeEnvironmentStringsW(penv: *mut u16) -> i32 {
    // SAFETY: passed on.
    unsafe { free(penv.cast()) }
}
