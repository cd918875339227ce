//! Semaphores: NtCreateSemaphore and its family.

use core::ffi::c_void;

use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{status, write_if_wanted};
use super::dispatcher_object::{Answer, create, open};
use super::object_attributes::OBJECT_ATTRIBUTES;

/// SEMAPHORE_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SEMAPHORE_BASIC_INFORMATION {
    /// How many waits it would end now.
    pub CurrentCount: i32,
    /// The count that it cannot pass.
    pub MaximumCount: i32,
}

/// NtCreateSemaphore: makes a semaphore.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateSemaphore(
    SemaphoreHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    InitialCount: i32,
    MaximumCount: i32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        create(
            SemaphoreHandle,
            DesiredAccess,
            ObjectAttributes,
            |request| wait::create_semaphore(request, InitialCount, MaximumCount),
        )
    }
}

/// NtOpenSemaphore: opens the semaphore of a name.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenSemaphore(
    SemaphoreHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        open(
            SemaphoreHandle,
            DesiredAccess,
            ObjectAttributes,
            wait::open_semaphore,
        )
    }
}

/// NtReleaseSemaphore: adds to a semaphore's count, which stays as it is if it would pass the maximum.
///
/// # Safety
///
/// As [`NtCreateSemaphore`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtReleaseSemaphore(
    SemaphoreHandle: usize,
    ReleaseCount: i32,
    PreviousCount: *mut i32,
) -> i32 {
    let release = || {
        let previous = wait::release_semaphore(Handle::from_value(SemaphoreHandle), ReleaseCount)?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousCount, previous) }
    };
    status(release())
}

/// NtQuerySemaphore: asks for the counts of a semaphore.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySemaphore(
    SemaphoreHandle: usize,
    SemaphoreInformationClass: u32,
    SemaphoreInformation: *mut c_void,
    SemaphoreInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let answer = Answer {
        buffer: SemaphoreInformation,
        length: SemaphoreInformationLength,
        returned: ReturnLength,
    };
    let handle = Handle::from_value(SemaphoreHandle);
    match SemaphoreInformationClass {
        // SAFETY: the caller's pointers.
        0 => unsafe {
            answer.give(|| {
                let state = wait::query_semaphore(handle)?;
                Ok(SEMAPHORE_BASIC_INFORMATION {
                    CurrentCount: state.count,
                    MaximumCount: state.maximum,
                })
            })
        },
        _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
    }
}
