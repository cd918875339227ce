//! Threads of other processes.

use core::ffi::c_void;
use core::ptr;

use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CreateRemoteThread, GetExitCodeThread, ResumeThread,
};

use super::super::Code;
use super::handle::ObjectHandle;
use super::process::STILL_ACTIVE;
use super::{last_error, succeeded};

/// Answers a handle of the thread, and its number.
///
/// # Safety
///
/// At the address, which is not 0, that process has a function that a thread may call with the parameter.
pub(crate) unsafe fn start_thread(
    process: &ObjectHandle,
    address: usize,
    parameter: usize,
    suspended: bool,
) -> Result<(ObjectHandle, u32), Code> {
    type StartRoutine = unsafe extern "system" fn(*mut c_void) -> u32;
    let address = ptr::with_exposed_provenance::<()>(address);
    // SAFETY: not NULL, and a function of that process as the caller says; nobody else calls it.
    let routine = unsafe { core::mem::transmute::<*const (), StartRoutine>(address) };
    let mut number = 0;
    // SAFETY: the caller's, and the number goes to a local.
    let handle = unsafe {
        CreateRemoteThread(
            process.get(),
            ptr::null(),
            0,
            Some(routine),
            parameter as *const c_void,
            if suspended { CREATE_SUSPENDED } else { 0 },
            &raw mut number,
        )
    };
    if handle.is_null() {
        return Err(last_error());
    }
    Ok((ObjectHandle::new(handle), number))
}

/// Answers how often it was suspended before.
pub(crate) fn resume_thread(thread: &ObjectHandle) -> Result<u32, Code> {
    // SAFETY: the handle is good while it is borrowed.
    match unsafe { ResumeThread(thread.get()) } {
        u32::MAX => Err(last_error()),
        before => Ok(before),
    }
}

/// `None` while it runs.
pub(crate) fn thread_exit_code(thread: &ObjectHandle) -> Result<Option<u32>, Code> {
    let mut code = 0;
    // SAFETY: as above, and the answer goes to a local.
    succeeded(unsafe { GetExitCodeThread(thread.get(), &raw mut code) })?;
    Ok(Some(code).filter(|code| *code != STILL_ACTIVE))
}
