//! Address windowing: pages allocated and mapped by number.
//!
//! On Windows this needs SeLockMemoryPrivilege, for the pages are never paged out. Here they may be, so
//! no privilege is asked for.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space;
use winpages_kernel::sys::fault;

use crate::last_error;
use crate::virtual_memory::own_process;

/// # Safety
///
/// Any bytes must make a valid `T`.
unsafe fn read<T: Copy>(from: *const T) -> Result<T, NtStatus> {
    // SAFETY: the caller vouches for it.
    unsafe { fault::read(from) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// # Safety
///
/// `to` leads to what the caller wants overwritten, or nowhere.
unsafe fn write(to: *mut usize, value: usize) -> Result<(), NtStatus> {
    // SAFETY: the caller vouches for it.
    unsafe { fault::write(to, &value) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// # Safety
///
/// As [`write`], of both pointers.
unsafe fn allocate(process: usize, count: *mut usize, pages: *mut usize) -> Result<(), NtStatus> {
    own_process(process)?;
    // SAFETY: any bytes make a number.
    let wanted = unsafe { read(count)? };
    // Before anything is allocated, as Windows does.
    // SAFETY: the same value, where the answer goes.
    unsafe { write(count, wanted)? };
    let got = address_space::allocate_user_physical_pages(wanted, |index, page| {
        // SAFETY: the caller's array, for the caller's answer.
        unsafe { write(pages.wrapping_add(index), page) }.inspect_err(|_| {
            for given in 0..index {
                // SAFETY: any bytes make a number; these were just written.
                if let Ok(page) = unsafe { read(pages.wrapping_add(given)) } {
                    let _ = address_space::free_user_physical_page(page);
                }
            }
        })
    })?;
    // SAFETY: the caller's counter, for the caller's answer.
    unsafe { write(count, got) }
}

/// AllocateUserPhysicalPages: allocates pages and answers their numbers. `NumberOfPages` is how many are
/// wanted, and then how many there were: they may be fewer.
///
/// # Safety
///
/// What the pointers lead to is overwritten; a wild one is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AllocateUserPhysicalPages(
    hProcess: usize,
    NumberOfPages: *mut usize,
    PageArray: *mut usize,
) -> i32 {
    // SAFETY: the caller's pointers, for the caller's answers.
    last_error::boolean(unsafe { allocate(hProcess, NumberOfPages, PageArray) })
}

/// AllocateUserPhysicalPagesNuma: the same; the kernel chooses the node at the first touch.
///
/// # Safety
///
/// As [`AllocateUserPhysicalPages`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AllocateUserPhysicalPagesNuma(
    hProcess: usize,
    NumberOfPages: *mut usize,
    PageArray: *mut usize,
    _nndPreferred: u32,
) -> i32 {
    // SAFETY: as above.
    last_error::boolean(unsafe { allocate(hProcess, NumberOfPages, PageArray) })
}

/// FreeUserPhysicalPages: frees pages, out of where they are mapped. `NumberOfPages` is how many there
/// are, and then how many were freed, all or those before the first that is not allocated.
///
/// # Safety
///
/// Nobody may use the memory afterwards, and `NumberOfPages` is overwritten; a wild pointer is
/// ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeUserPhysicalPages(
    hProcess: usize,
    NumberOfPages: *mut usize,
    PageArray: *const usize,
) -> i32 {
    let free = || {
        own_process(hProcess)?;
        // SAFETY: any bytes make a number.
        let count = unsafe { read(NumberOfPages)? };
        let mut freed = 0;
        let mut outcome = Ok(());
        while freed < count && outcome.is_ok() {
            // SAFETY: any bytes make a number.
            outcome = unsafe { read(PageArray.wrapping_add(freed)) }
                .and_then(address_space::free_user_physical_page);
            freed += usize::from(outcome.is_ok());
        }
        // SAFETY: the caller's counter, for the caller's answer.
        unsafe { write(NumberOfPages, freed)? };
        outcome
    };
    last_error::boolean(free())
}

/// MapUserPhysicalPages: maps pages side by side in a window, or, with no array, takes out what is there.
///
/// # Safety
///
/// Nobody may rely on what was mapped there; a wild array is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapUserPhysicalPages(
    VirtualAddress: *mut c_void,
    NumberOfPages: usize,
    PageArray: *const usize,
) -> i32 {
    let base = VirtualAddress as usize;
    last_error::boolean(address_space::map_user_physical_pages(
        base,
        NumberOfPages,
        // SAFETY: any bytes make a number.
        |index| unsafe { page_at(PageArray, index) },
    ))
}

/// MapUserPhysicalPagesScatter: maps each page at an address of its own, or, with no array of pages,
/// takes out what is at the addresses.
///
/// # Safety
///
/// As [`MapUserPhysicalPages`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapUserPhysicalPagesScatter(
    VirtualAddresses: *const *mut c_void,
    NumberOfPages: usize,
    PageArray: *const usize,
) -> i32 {
    last_error::boolean(address_space::map_user_physical_pages_scattered(
        NumberOfPages,
        |index| {
            // SAFETY: any bytes make an address.
            let address = unsafe { read(VirtualAddresses.wrapping_add(index))? };
            // SAFETY: any bytes make a number.
            unsafe { page_at(PageArray, index) }.map(|page| (address as usize, page))
        },
    ))
}

/// # Safety
///
/// As [`read`].
unsafe fn page_at(pages: *const usize, index: usize) -> Result<Option<usize>, NtStatus> {
    if pages.is_null() {
        return Ok(None);
    }
    // SAFETY: any bytes make a number.
    unsafe { read(pages.wrapping_add(index)) }.map(Some)
}
