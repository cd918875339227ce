//! Mutexes: CreateMutex and its family.

use core::ffi::c_char;

use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use crate::dispatcher_object::{create, open};
use crate::last_error;
use crate::object_name::{self, GivenName};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

const MUTEX_ALL_ACCESS: u32 = 0x001F_0001;
const CREATE_MUTEX_INITIAL_OWNER: u32 = 1;

fn create_mutex(given: Result<Given, NtStatus>, name: GivenName, flags: u32, access: u32) -> usize {
    create(given, name, access, |request| {
        if flags & !CREATE_MUTEX_INITIAL_OWNER != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        wait::create_mutant(request, flags & CREATE_MUTEX_INITIAL_OWNER != 0)
    })
}

/// CreateMutexW: makes a mutex, or opens the one of that name, which then stays as it is.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexW(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    bInitialOwner: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpMutexAttributes), text::wide(lpName)) };
    create_mutex(given, name, (bInitialOwner != 0).into(), MUTEX_ALL_ACCESS)
}

/// CreateMutexA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexA(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    bInitialOwner: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpMutexAttributes), object_name::ansi(lpName)) };
    create_mutex(given, name, (bInitialOwner != 0).into(), MUTEX_ALL_ACCESS)
}

/// CreateMutexExW: the same with the rights of the handle.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExW(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u16,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpMutexAttributes), text::wide(lpName)) };
    create_mutex(given, name, dwFlags, dwDesiredAccess)
}

/// CreateMutexExA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateMutexExA(
    lpMutexAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const c_char,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpMutexAttributes), object_name::ansi(lpName)) };
    create_mutex(given, name, dwFlags, dwDesiredAccess)
}

/// OpenMutexW: opens the mutex of a name.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexW(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { text::wide(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_mutant)
}

/// OpenMutexA: the same with a name in the ANSI code page.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenMutexA(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { object_name::ansi(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_mutant)
}

/// ReleaseMutex: lets go of a mutex once, which the calling thread must own.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseMutex(hMutex: usize) -> i32 {
    last_error::boolean(wait::release_mutant(Handle::from_value(hMutex)).map(drop))
}
