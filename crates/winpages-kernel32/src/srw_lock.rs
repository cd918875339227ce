//! Slim reader-writer locks. Like Windows' own, these calls use the program's memory as it is.

use winpages_kernel::exception::raise_exception;
use winpages_kernel::synchronization::srw_lock::{NotHeld, SrwLock};

/// Releasing a lock that nobody holds raises an exception, as on Windows.
pub(crate) fn expect_held(released: Result<(), NotHeld>) {
    const STATUS_RESOURCE_NOT_OWNED: u32 = 0xC000_0264;
    const EXCEPTION_NONCONTINUABLE: u32 = 1;
    if released.is_err() {
        raise_exception(STATUS_RESOURCE_NOT_OWNED, EXCEPTION_NONCONTINUABLE, &[]);
    }
}

/// InitializeSRWLock.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSRWLock(SRWLock: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { SRWLock.write_unaligned(0) };
}

/// RtlInitializeSRWLock: [`InitializeSRWLock`], by ntdll's name.
///
/// # Safety
///
/// As [`InitializeSRWLock`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeSRWLock(SRWLock: *mut usize) {
    // SAFETY: passed on.
    unsafe { InitializeSRWLock(SRWLock) };
}

/// AcquireSRWLockExclusive.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockExclusive(SRWLock: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { SrwLock::at(SRWLock) }.acquire_exclusive();
}

/// RtlAcquireSRWLockExclusive: [`AcquireSRWLockExclusive`], by ntdll's name.
///
/// # Safety
///
/// As [`AcquireSRWLockExclusive`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlAcquireSRWLockExclusive(SRWLock: *mut usize) {
    // SAFETY: passed on.
    unsafe { AcquireSRWLockExclusive(SRWLock) };
}

/// AcquireSRWLockShared.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockShared(SRWLock: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { SrwLock::at(SRWLock) }.acquire_shared();
}

/// RtlAcquireSRWLockShared: [`AcquireSRWLockShared`], by ntdll's name.
///
/// # Safety
///
/// As [`AcquireSRWLockShared`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlAcquireSRWLockShared(SRWLock: *mut usize) {
    // SAFETY: passed on.
    unsafe { AcquireSRWLockShared(SRWLock) };
}

/// ReleaseSRWLockExclusive.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockExclusive(SRWLock: *mut usize) {
    // SAFETY: as the caller vouches.
    expect_held(unsafe { SrwLock::at(SRWLock) }.release_exclusive());
}

/// RtlReleaseSRWLockExclusive: [`ReleaseSRWLockExclusive`], by ntdll's name.
///
/// # Safety
///
/// As [`ReleaseSRWLockExclusive`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlReleaseSRWLockExclusive(SRWLock: *mut usize) {
    // SAFETY: passed on.
    unsafe { ReleaseSRWLockExclusive(SRWLock) };
}

/// ReleaseSRWLockShared.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockShared(SRWLock: *mut usize) {
    // SAFETY: as the caller vouches.
    expect_held(unsafe { SrwLock::at(SRWLock) }.release_shared());
}

/// RtlReleaseSRWLockShared: [`ReleaseSRWLockShared`], by ntdll's name.
///
/// # Safety
///
/// As [`ReleaseSRWLockShared`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlReleaseSRWLockShared(SRWLock: *mut usize) {
    // SAFETY: passed on.
    unsafe { ReleaseSRWLockShared(SRWLock) };
}

/// TryAcquireSRWLockExclusive.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockExclusive(SRWLock: *mut usize) -> u8 {
    // SAFETY: as the caller vouches.
    unsafe { SrwLock::at(SRWLock) }
        .try_acquire_exclusive()
        .into()
}

/// RtlTryAcquireSRWLockExclusive: [`TryAcquireSRWLockExclusive`], by ntdll's name.
///
/// # Safety
///
/// As [`TryAcquireSRWLockExclusive`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlTryAcquireSRWLockExclusive(SRWLock: *mut usize) -> u8 {
    // SAFETY: passed on.
    unsafe { TryAcquireSRWLockExclusive(SRWLock) }
}

/// TryAcquireSRWLockShared.
///
/// # Safety
///
/// `SRWLock` leads to an SRWLOCK, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockShared(SRWLock: *mut usize) -> u8 {
    // SAFETY: as the caller vouches.
    unsafe { SrwLock::at(SRWLock) }.try_acquire_shared().into()
}

/// RtlTryAcquireSRWLockShared: [`TryAcquireSRWLockShared`], by ntdll's name.
///
/// # Safety
///
/// As [`TryAcquireSRWLockShared`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlTryAcquireSRWLockShared(SRWLock: *mut usize) -> u8 {
    // SAFETY: passed on.
    unsafe { TryAcquireSRWLockShared(SRWLock) }
}
