//! Semaphores: CreateSemaphore and its family.

use core::ffi::c_char;

use winpages_kernel::sys::fault;
use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use crate::dispatcher_object::{EVENT_ALL_ACCESS, create, open};
use crate::last_error;
use crate::object_name::{self, GivenName};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

const SEMAPHORE_ALL_ACCESS: u32 = EVENT_ALL_ACCESS;

/// A new semaphore's counts.
struct Counts {
    initial: i32,
    maximum: i32,
}

fn create_semaphore(
    given: Result<Given, NtStatus>,
    counts: &Counts,
    name: GivenName,
    flags: u32,
    access: u32,
) -> usize {
    create(given, name, access, |request| {
        if flags != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        wait::create_semaphore(request, counts.initial, counts.maximum)
    })
}

/// CreateSemaphoreW: makes a semaphore, or opens the one of that name, which then stays as it is.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreW(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpSemaphoreAttributes), text::wide(lpName)) };
    let counts = Counts {
        initial: lInitialCount,
        maximum: lMaximumCount,
    };
    create_semaphore(given, &counts, name, 0, SEMAPHORE_ALL_ACCESS)
}

/// CreateSemaphoreA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreA(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpSemaphoreAttributes), object_name::ansi(lpName)) };
    let counts = Counts {
        initial: lInitialCount,
        maximum: lMaximumCount,
    };
    create_semaphore(given, &counts, name, 0, SEMAPHORE_ALL_ACCESS)
}

/// CreateSemaphoreExW: the same with the rights of the handle.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExW(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const u16,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpSemaphoreAttributes), text::wide(lpName)) };
    let counts = Counts {
        initial: lInitialCount,
        maximum: lMaximumCount,
    };
    create_semaphore(given, &counts, name, dwFlags, dwDesiredAccess)
}

/// CreateSemaphoreExA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateSemaphoreExA(
    lpSemaphoreAttributes: *const SECURITY_ATTRIBUTES,
    lInitialCount: i32,
    lMaximumCount: i32,
    lpName: *const c_char,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpSemaphoreAttributes), object_name::ansi(lpName)) };
    let counts = Counts {
        initial: lInitialCount,
        maximum: lMaximumCount,
    };
    create_semaphore(given, &counts, name, dwFlags, dwDesiredAccess)
}

/// OpenSemaphoreW: opens the semaphore of a name.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreW(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { text::wide(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_semaphore)
}

/// OpenSemaphoreA: the same with a name in the ANSI code page.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenSemaphoreA(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { object_name::ansi(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_semaphore)
}

/// ReleaseSemaphore: adds to a semaphore's count, which stays as it is if it would pass the maximum.
///
/// # Safety
///
/// `lpPreviousCount` must be NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSemaphore(
    hSemaphore: usize,
    lReleaseCount: i32,
    lpPreviousCount: *mut i32,
) -> i32 {
    let release = || {
        if !lpPreviousCount.is_null() {
            // What could not be answered must not be done.
            // SAFETY: the caller's pointer, for the caller's answer.
            let writable = unsafe {
                fault::read(lpPreviousCount).and_then(|value| fault::write(lpPreviousCount, &value))
            };
            writable.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        }
        let previous = wait::release_semaphore(Handle::from_value(hSemaphore), lReleaseCount)?;
        if !lpPreviousCount.is_null() {
            // SAFETY: as above.
            unsafe { fault::write(lpPreviousCount, &previous) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        }
        Ok(())
    };
    last_error::boolean(release())
}
