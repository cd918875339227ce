//! Pages by number.

use core::ffi::c_void;
use core::ptr;

use windows_sys::Win32::System::Memory::{
    AllocateUserPhysicalPages, FreeUserPhysicalPages, MapUserPhysicalPages,
    MapUserPhysicalPagesScatter,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::super::Code;
use super::succeeded;

/// Answers the numbers of as many as there were.
pub(crate) fn allocate_physical(count: usize) -> Result<Vec<usize>, Code> {
    let mut pages = vec![0; count];
    let mut allocated = count;
    // SAFETY: the array has the length given.
    succeeded(unsafe {
        AllocateUserPhysicalPages(GetCurrentProcess(), &raw mut allocated, pages.as_mut_ptr())
    })?;
    pages.truncate(allocated);
    Ok(pages)
}

/// # Safety
///
/// Nobody may rely on what the pages hold, wherever they are mapped.
pub(crate) unsafe fn free_physical(pages: &[usize]) -> Result<(), Code> {
    let mut count = pages.len();
    // SAFETY: the array has the length given; the caller gives the pages up.
    succeeded(unsafe { FreeUserPhysicalPages(GetCurrentProcess(), &raw mut count, pages.as_ptr()) })
}

/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn map_physical(base: usize, pages: &[usize]) -> Result<(), Code> {
    // SAFETY: the array has the length given; the caller gives up what is there.
    succeeded(unsafe { MapUserPhysicalPages(base as *const c_void, pages.len(), pages.as_ptr()) })
}

/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn unmap_physical(base: usize, count: usize) -> Result<(), Code> {
    // SAFETY: the caller gives up what is there.
    succeeded(unsafe { MapUserPhysicalPages(base as *const c_void, count, ptr::null()) })
}

/// Maps each page at the address of its own.
///
/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn map_physical_scattered(
    addresses: &[usize],
    pages: &[usize],
) -> Result<(), Code> {
    let addresses: Vec<_> = addresses
        .iter()
        .map(|address| *address as *const c_void)
        .collect();
    // SAFETY: the arrays are as long as said; the caller gives up what is there.
    succeeded(unsafe {
        MapUserPhysicalPagesScatter(addresses.as_ptr(), pages.len(), pages.as_ptr())
    })
}
