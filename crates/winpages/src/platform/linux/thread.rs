//! Threads of other processes.

use winpages_error::error_code::ERROR_INVALID_HANDLE;
use winpages_kernel::NtStatus;
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{AccessMask, Object};
use winpages_kernel::process::{self, STILL_ACTIVE, Target};
use winpages_kernel::thread::{CreateThread, StartRoutine};

use super::super::Code;
use super::code;
use super::handle::ObjectHandle;
use super::process::target;

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
    let target = target(process, AccessMask::PROCESS_CREATE_THREAD)?;
    let address = core::ptr::with_exposed_provenance::<()>(address);
    let request = CreateThread {
        // SAFETY: not NULL, and a function of that process as the caller says; nobody else calls it.
        routine: unsafe { core::mem::transmute::<*const (), StartRoutine>(address) },
        parameter,
        stack_size: 0,
        stack_size_is_reservation: false,
        suspended,
    };
    start(&target, &request).map_err(code)
}

fn start(target: &Target, request: &CreateThread) -> Result<(ObjectHandle, u32), NtStatus> {
    let (object, number) = process::start_thread(target, request)?;
    let handle = handle_table::insert(Entry {
        object,
        access: AccessMask::THREAD_ALL_ACCESS,
        attributes: HandleAttributes::empty(),
    })?;
    Ok((ObjectHandle::new(handle), number))
}

/// Answers how often it was suspended before.
pub(crate) fn resume_thread(thread: &ObjectHandle) -> Result<u32, Code> {
    match handle_table::lookup(thread.get()).map_err(code)?.object {
        Object::Thread(thread) => Ok(thread.resume()),
        Object::ForeignThread(thread) => thread.resume().map_err(code),
        _ => Err(ERROR_INVALID_HANDLE),
    }
}

/// `None` while it runs.
pub(crate) fn thread_exit_code(thread: &ObjectHandle) -> Result<Option<u32>, Code> {
    let exit_code = match handle_table::lookup(thread.get()).map_err(code)?.object {
        Object::Thread(thread) => thread.exit_status(),
        Object::ForeignThread(thread) => thread.exit_code(),
        _ => return Err(ERROR_INVALID_HANDLE),
    };
    Ok(Some(exit_code).filter(|code| *code != STILL_ACTIVE))
}
