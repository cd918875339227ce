//! ReadFileScatter and WriteFileGather: transfers between a file and single pages.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::layout::PAGE_SIZE;

use crate::file_transfer::{OVERLAPPED, read_at, report, write_at};
use crate::nt::argument::read;

/// Moves page after page, from the offset in the structure on; answers how many bytes.
///
/// # Safety
///
/// The pointers must be a C program's to read.
unsafe fn transfer(
    pages: *const *mut c_void,
    size: u32,
    overlapped: *const OVERLAPPED,
    mut one: impl FnMut(*mut c_void, u32, &OVERLAPPED) -> Result<usize, NtStatus>,
) -> Result<usize, NtStatus> {
    // SAFETY: any bytes are a value of the structure.
    let mut at = unsafe { read(overlapped)? };
    let mut done = 0;
    let size = size as usize;
    for index in 0..size.div_ceil(PAGE_SIZE) {
        // SAFETY: as the caller vouches; only an address is computed.
        let page = unsafe { read(pages.wrapping_add(index))? };
        if !(page as usize).is_multiple_of(PAGE_SIZE) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let wanted = PAGE_SIZE.min(size - done);
        let moved = match one(page, wanted as u32, &at) {
            // The file ends at a page's end.
            Err(NtStatus::END_OF_FILE) if done > 0 => break,
            moved => moved?,
        };
        done += moved;
        let next = (u64::from(at.OffsetHigh) << 32 | u64::from(at.Offset)) + moved as u64;
        (at.Offset, at.OffsetHigh) = (next as u32, (next >> 32) as u32);
        if moved < wanted {
            break;
        }
    }
    Ok(done)
}

/// ReadFileScatter: reads from the offset in `lpOverlapped` into one page after the other; it is done when this
/// returns. A file that was not opened for it (FILE_FLAG_NO_BUFFERING) will do, too.
///
/// # Safety
///
/// `aSegmentArray` must have an element for each page, and what is writable there must be the C program's to change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFileScatter(
    hFile: usize,
    aSegmentArray: *const *mut c_void,
    nNumberOfBytesToRead: u32,
    _lpReserved: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        let result = transfer(
            aSegmentArray,
            nNumberOfBytesToRead,
            lpOverlapped,
            |page, size, at| read_at(hFile, page, size, at),
        );
        report(result, core::ptr::null_mut(), lpOverlapped)
    }
}

/// WriteFileGather: writes one page after the other at the offset in `lpOverlapped`; else as [`ReadFileScatter`].
///
/// # Safety
///
/// As [`ReadFileScatter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFileGather(
    hFile: usize,
    aSegmentArray: *const *mut c_void,
    nNumberOfBytesToWrite: u32,
    _lpReserved: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        let result = transfer(
            aSegmentArray,
            nNumberOfBytesToWrite,
            lpOverlapped,
            |page, size, at| write_at(hFile, page, size, at),
        );
        report(result, core::ptr::null_mut(), lpOverlapped)
    }
}
