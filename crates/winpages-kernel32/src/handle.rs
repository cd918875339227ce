//! Handles in general: closing, duplicating and comparing them, and what is remembered of them.

use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, DuplicateObject};
use winpages_kernel::process;
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::standard_handle;
use crate::{last_error, nt};

const DUPLICATE_CLOSE_SOURCE: u32 = 1;
const DUPLICATE_SAME_ACCESS: u32 = 2;
const DUPLICATE_SAME_ATTRIBUTES: u32 = 4;

/// CloseHandle.
#[unsafe(no_mangle)]
pub extern "C" fn CloseHandle(hObject: usize) -> i32 {
    // The constant that GetStdHandle takes closes what it would answer.
    let handle = standard_handle::take(hObject).unwrap_or(hObject);
    last_error::boolean(handle_table::close(Handle::from_value(handle)))
}

/// What DuplicateHandle and NtDuplicateObject do.
///
/// # Errors
///
/// Those of [`process::duplicate_handle`]; [`NtStatus::INVALID_HANDLE`] for what is no process,
/// [`NtStatus::ACCESS_DENIED`] for a handle without PROCESS_DUP_HANDLE.
pub(crate) fn duplicate(
    source_process: usize,
    source: usize,
    target_process: usize,
    access: u32,
    attributes: HandleAttributes,
    options: u32,
) -> Result<Handle, NtStatus> {
    let find = |process| {
        let right = AccessMask::PROCESS_DUP_HANDLE;
        process::reference_process(Handle::from_value(process), right)
    };
    let source_process = find(source_process)?;
    let source = Handle::from_value(source);
    let close_source = options & DUPLICATE_CLOSE_SOURCE != 0;
    if target_process == 0 && close_source {
        // So a handle of another process is closed.
        process::close_handle(&source_process, source)?;
        return Ok(Handle::from_value(0));
    }
    let target_process = match find(target_process) {
        Ok(found) => found,
        Err(status) => {
            // The source is closed all the same.
            if close_source {
                let _ = process::close_handle(&source_process, source);
            }
            return Err(status);
        }
    };
    let same_access = options & DUPLICATE_SAME_ACCESS != 0;
    let same_attributes = options & DUPLICATE_SAME_ATTRIBUTES != 0;
    let request = DuplicateObject {
        source,
        access: (!same_access).then(|| AccessMask::from_bits_retain(access)),
        attributes: (!same_attributes).then_some(attributes),
        close_source,
    };
    process::duplicate_handle(&source_process, &target_process, &request)
}

/// DuplicateHandle: a second handle to an object, with other rights if wanted.
///
/// # Safety
///
/// `lpTargetHandle` must be NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DuplicateHandle(
    hSourceProcessHandle: usize,
    hSourceHandle: usize,
    hTargetProcessHandle: usize,
    lpTargetHandle: *mut usize,
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    dwOptions: u32,
) -> i32 {
    let attributes = if bInheritHandle != 0 {
        nt::object_attributes::OBJ_INHERIT
    } else {
        0
    };
    // SAFETY: passed on.
    let answer = unsafe {
        nt::object::NtDuplicateObject(
            hSourceProcessHandle,
            hSourceHandle,
            hTargetProcessHandle,
            lpTargetHandle,
            dwDesiredAccess,
            attributes,
            dwOptions & (DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS),
        )
    };
    last_error::boolean(nt::argument::result(answer))
}

/// CompareObjectHandles: whether two handles lead to one object.
#[unsafe(no_mangle)]
pub extern "C" fn CompareObjectHandles(
    hFirstObjectHandle: usize,
    hSecondObjectHandle: usize,
) -> i32 {
    let (first, second) = (hFirstObjectHandle, hSecondObjectHandle);
    last_error::boolean(object::compare_objects(
        Handle::from_value(first),
        Handle::from_value(second),
    ))
}

/// GetHandleInformation: whether it is inherited, and whether it is protected from being closed.
///
/// # Safety
///
/// `lpdwFlags` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetHandleInformation(hObject: usize, lpdwFlags: *mut u32) -> i32 {
    let handle = Handle::from_value(hObject);
    let flags = if handle.is_pseudo() {
        Ok(0)
    } else {
        handle_table::lookup(handle).map(|entry| entry.attributes.bits())
    };
    let result = flags.and_then(|flags| {
        // SAFETY: as the caller vouches.
        unsafe { fault::write(lpdwFlags, &flags) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(result)
}

/// SetHandleInformation: HANDLE_FLAG_INHERIT and HANDLE_FLAG_PROTECT_FROM_CLOSE.
#[unsafe(no_mangle)]
pub extern "C" fn SetHandleInformation(hObject: usize, dwMask: u32, dwFlags: u32) -> i32 {
    let handle = Handle::from_value(hObject);
    let result = if handle.is_pseudo() {
        Err(NtStatus::ACCESS_DENIED)
    } else {
        handle_table::set_attributes(
            handle,
            HandleAttributes::from_bits_truncate(dwMask),
            HandleAttributes::from_bits_truncate(dwFlags),
        )
    };
    last_error::boolean(result)
}
