//! LockFile and its kin: ranges of a file that others may not lock.

use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::file_transfer::OVERLAPPED;
use crate::last_error;

const LOCKFILE_FAIL_IMMEDIATELY: u32 = 1;
const LOCKFILE_EXCLUSIVE_LOCK: u32 = 2;

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn lock(handle: usize, flags: u32, start: u64, length: u64) -> Result<(), NtStatus> {
    let (file, granted) = reference_file(Handle::from_value(handle), AccessMask::empty())?;
    if !granted.intersects(AccessMask::FILE_READ_DATA | AccessMask::FILE_WRITE_DATA) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    file.lock_range(
        start,
        length,
        flags & LOCKFILE_EXCLUSIVE_LOCK != 0,
        flags & LOCKFILE_FAIL_IMMEDIATELY != 0,
    )
}

fn unlock(handle: usize, start: u64, length: u64) -> Result<(), NtStatus> {
    let (file, _) = reference_file(Handle::from_value(handle), AccessMask::empty())?;
    file.unlock_range(start, length)
}

/// # Safety
///
/// `overlapped` must be a C program's to read.
unsafe fn start_of(overlapped: *const OVERLAPPED) -> Result<u64, NtStatus> {
    // SAFETY: nothing is assumed of the pointer; any bytes are a value of the structure.
    let overlapped = unsafe { fault::read(overlapped) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    Ok(join(overlapped.Offset, overlapped.OffsetHigh))
}

/// LockFile: for this handle alone, at once or not at all.
#[unsafe(no_mangle)]
pub extern "C" fn LockFile(
    hFile: usize,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
) -> i32 {
    last_error::boolean(lock(
        hFile,
        LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY,
        join(dwFileOffsetLow, dwFileOffsetHigh),
        join(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh),
    ))
}

/// LockFileEx: shared or exclusive, at once or when it can be had.
///
/// # Safety
///
/// `lpOverlapped` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LockFileEx(
    hFile: usize,
    dwFlags: u32,
    dwReserved: u32,
    nNumberOfBytesToLockLow: u32,
    nNumberOfBytesToLockHigh: u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    if dwReserved != 0 {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    // SAFETY: passed on.
    let result = unsafe { start_of(lpOverlapped) }.and_then(|start| {
        let length = join(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
        lock(hFile, dwFlags, start, length)
    });
    last_error::boolean(result)
}

/// UnlockFile: a range that was locked exactly so.
#[unsafe(no_mangle)]
pub extern "C" fn UnlockFile(
    hFile: usize,
    dwFileOffsetLow: u32,
    dwFileOffsetHigh: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
) -> i32 {
    last_error::boolean(unlock(
        hFile,
        join(dwFileOffsetLow, dwFileOffsetHigh),
        join(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh),
    ))
}

/// UnlockFileEx: a range that was locked exactly so.
///
/// # Safety
///
/// `lpOverlapped` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnlockFileEx(
    hFile: usize,
    dwReserved: u32,
    nNumberOfBytesToUnlockLow: u32,
    nNumberOfBytesToUnlockHigh: u32,
    lpOverlapped: *mut OVERLAPPED,
) -> i32 {
    if dwReserved != 0 {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    // SAFETY: passed on.
    let result = unsafe { start_of(lpOverlapped) }.and_then(|start| {
        let length = join(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh);
        unlock(hFile, start, length)
    });
    last_error::boolean(result)
}
