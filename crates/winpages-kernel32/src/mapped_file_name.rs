//! What file is mapped at an address: GetMappedFileName.

use core::ffi::{c_char, c_void};

use winpages_kernel::object::AccessMask;
use winpages_kernel::{NtStatus, process as processes};

use crate::nt::file_name;
use crate::virtual_memory::target;
use crate::{last_error, text};

fn name_at(process: usize, address: *const c_void) -> Result<Vec<u16>, NtStatus> {
    let target = target(process, AccessMask::PROCESS_QUERY_INFORMATION)?;
    file_name::device_path(&processes::mapped_file(&target, address as usize)?)
}

/// Answers the length of what was handed out, 0 if it is too long for the buffer.
///
/// # Safety
///
/// As [`text::hand_out`].
unsafe fn answer<T: Copy + Default>(
    name: Result<Vec<T>, NtStatus>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    let name = match name {
        Ok(name) if buffer.is_null() || name.len() >= size as usize => {
            Err(NtStatus::BUFFER_TOO_SMALL)
        }
        name => name,
    };
    match name {
        // SAFETY: passed on.
        Ok(name) => unsafe { text::hand_out(&name, buffer, size) },
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// K32GetMappedFileNameW: the file of a view or of a program's image, in device form, as
/// `\Device\HarddiskVolume3\…`; QueryDosDevice says which drive that is.
///
/// # Safety
///
/// `lpFilename` must be NULL or writable for `nSize` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetMappedFileNameW(
    hProcess: usize,
    lpv: *const c_void,
    lpFilename: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(name_at(hProcess, lpv), lpFilename, nSize) }
}

/// K32GetMappedFileNameA: the same in the ANSI code page.
///
/// # Safety
///
/// As [`K32GetMappedFileNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetMappedFileNameA(
    hProcess: usize,
    lpv: *const c_void,
    lpFilename: *mut c_char,
    nSize: u32,
) -> u32 {
    let name = name_at(hProcess, lpv).map(|name| text::to_utf8(&name));
    // SAFETY: passed on.
    unsafe { answer(name, lpFilename.cast::<u8>(), nSize) }
}

/// GetMappedFileNameW: K32GetMappedFileNameW by the name psapi has for it.
///
/// # Safety
///
/// As [`K32GetMappedFileNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetMappedFileNameW(
    hProcess: usize,
    lpv: *const c_void,
    lpFilename: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { K32GetMappedFileNameW(hProcess, lpv, lpFilename, nSize) }
}

/// GetMappedFileNameA: K32GetMappedFileNameA by the name psapi has for it.
///
/// # Safety
///
/// As [`K32GetMappedFileNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetMappedFileNameA(
    hProcess: usize,
    lpv: *const c_void,
    lpFilename: *mut c_char,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { K32GetMappedFileNameA(hProcess, lpv, lpFilename, nSize) }
}
