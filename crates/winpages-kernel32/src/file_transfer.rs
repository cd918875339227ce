//! ReadFile, WriteFile, FlushFileBuffers.

use core::ffi::c_void;
use std::sync::Arc;

use winpages_kernel::file::{File, Offset};
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::wait::set_event;
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;

/// OVERLAPPED as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OVERLAPPED {
    /// The status of the transfer.
    pub Internal: usize,
    /// How many bytes were transferred.
    pub InternalHigh: usize,
    /// The lower half of the offset in the file.
    pub Offset: u32,
    /// The upper half.
    pub OffsetHigh: u32,
    /// What is signalled when the transfer is over.
    pub hEvent: usize,
}

/// Finds the file of a handle that must grant one of `rights`.
fn reference_any(handle: usize, rights: AccessMask) -> Result<Arc<File>, NtStatus> {
    let (file, granted) = reference_file(Handle::from_value(handle), AccessMask::empty())?;
    if granted.intersects(rights) {
        Ok(file)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

fn offset_of(overlapped: *const OVERLAPPED) -> Result<Offset, NtStatus> {
    if overlapped.is_null() {
        return Ok(Offset::Position);
    }
    // SAFETY: nothing is assumed of the pointer, and any bytes are a value of the structure.
    let overlapped = unsafe { fault::read(overlapped) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    let at = u64::from(overlapped.Offset) | u64::from(overlapped.OffsetHigh) << 32;
    Ok(if at == u64::MAX {
        Offset::End
    } else {
        Offset::At(at)
    })
}

/// Sets the event of a transfer that is over. Its lowest bit is a wish of completion ports.
fn signal(overlapped: *const OVERLAPPED) {
    // SAFETY: any bytes are a value of the structure, and nothing is assumed of the pointer.
    if let Ok(OVERLAPPED { hEvent, .. }) = unsafe { fault::read(overlapped) }
        && hEvent & !1 != 0
    {
        // What is no event is not signalled; the transfer is over all the same.
        let _ = set_event(Handle::from_value(hEvent & !1));
    }
}

/// Writes into the structure how the transfer went.
///
/// # Safety
///
/// It must be a C program's to write; it may be wild.
pub(crate) unsafe fn record(result: Result<usize, NtStatus>, overlapped: *mut OVERLAPPED) {
    let status = result.err().map_or(0, NtStatus::code);
    let count = result.unwrap_or(0);
    // SAFETY: as the caller vouches; a fault was noticed before, when the offset was read.
    let _ = unsafe {
        fault::write(&raw mut (*overlapped).Internal, &(status as usize))
            .and_then(|()| fault::write(&raw mut (*overlapped).InternalHigh, &count))
    };
}

/// Tells the caller how the transfer went, in all the places where it may look.
///
/// # Safety
///
/// The pointers must be a C program's to write; they may be NULL or wild.
pub(crate) unsafe fn report(
    result: Result<usize, NtStatus>,
    transferred: *mut u32,
    overlapped: *mut OVERLAPPED,
) -> i32 {
    let count = result.unwrap_or(0);
    if !overlapped.is_null() {
        // SAFETY: passed on.
        unsafe { record(result, overlapped) };
        signal(overlapped);
    }
    let mut result = result.map(|_| ());
    if !transferred.is_null() {
        // SAFETY: as the caller vouches.
        let written = unsafe { fault::write(transferred, &(count as u32)) };
        result = result.and(written.map_err(|_| NtStatus::ACCESS_VIOLATION));
    }
    // Without an OVERLAPPED, the end of the file is no error but no bytes.
    if result == Err(NtStatus::END_OF_FILE) && overlapped.is_null() {
        result = Ok(());
    }
    last_error::boolean(result)
}

/// Reads from the position, or from the offset in the structure.
///
/// # Safety
///
/// As [`ReadFile`].
pub(crate) unsafe fn read_at(
    handle: usize,
    buffer: *mut c_void,
    size: u32,
    overlapped: *const OVERLAPPED,
) -> Result<usize, NtStatus> {
    let file = reference_any(handle, AccessMask::FILE_READ_DATA)?;
    let offset = offset_of(overlapped)?;
    // SAFETY: as the caller vouches.
    unsafe { file.read(buffer.cast(), size as usize, offset) }
}

/// Writes at the position, or at the offset in the structure.
pub(crate) fn write_at(
    handle: usize,
    buffer: *const c_void,
    size: u32,
    overlapped: *const OVERLAPPED,
) -> Result<usize, NtStatus> {
    let rights = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA;
    let file = reference_any(handle, rights)?;
    file.write(buffer.cast(), size as usize, offset_of(overlapped)?)
}

/// ReadFile: from the position, or from the offset in `lpOverlapped`; it returns when it is done.
///
/// # Safety
///
/// What is writable at the pointers must be the C program's to change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadFile(
    hFile: usize,
    lpBuffer: *mut c_void,
    nNumberOfBytesToRead: u32,
    lpNumberOfBytesRead: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    // SAFETY: as the caller vouches.
    unsafe {
        let result = read_at(hFile, lpBuffer, nNumberOfBytesToRead, lpOverlapped);
        report(result, lpNumberOfBytesRead, lpOverlapped)
    }
}

/// WriteFile: at the position, or at the offset in `lpOverlapped`; it returns when it is done.
///
/// # Safety
///
/// As [`ReadFile`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteFile(
    hFile: usize,
    lpBuffer: *const c_void,
    nNumberOfBytesToWrite: u32,
    lpNumberOfBytesWritten: *mut u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    let result = write_at(hFile, lpBuffer, nNumberOfBytesToWrite, lpOverlapped);
    // SAFETY: as the caller vouches.
    unsafe { report(result, lpNumberOfBytesWritten, lpOverlapped) }
}

/// FlushFileBuffers: returns when what was written is on the disk.
#[unsafe(no_mangle)]
pub extern "C" fn FlushFileBuffers(hFile: usize) -> i32 {
    let rights = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA;
    last_error::boolean(reference_any(hFile, rights).and_then(|file| file.flush()))
}
