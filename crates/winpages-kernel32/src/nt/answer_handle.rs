//! Answering a new handle, as every call does that creates or opens an object.

use winpages_kernel::object::handle_table;
use winpages_kernel::section::Disposition;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{status, write};

/// Has `make` make a handle, and puts it where the caller wants it; NULL, if there is none.
///
/// # Safety
///
/// `place` must be what a C program passes for the answer.
pub unsafe fn answer_handle(
    place: *mut usize,
    make: impl FnOnce() -> Result<(Handle, Result<(), NtStatus>), NtStatus>,
) -> i32 {
    // SAFETY: the caller's pointer, for the caller's answer.
    if let Err(error) = unsafe { write(place, 0) } {
        return status(Err(error));
    }
    match make() {
        Ok((handle, outcome)) => {
            // SAFETY: as above.
            let written = unsafe { write(place, handle.value()) };
            if written.is_err() {
                let _ = handle_table::close(handle);
            }
            status(written.and(outcome))
        }
        Err(error) => status(Err(error)),
    }
}

/// What a call answers that was to create an object: one that was there will do only if the caller says
/// so.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_COLLISION`] if it will not.
pub fn created(
    (handle, disposition): (Handle, Disposition),
    open_if: bool,
) -> Result<(Handle, Result<(), NtStatus>), NtStatus> {
    match disposition {
        Disposition::Created => Ok((handle, Ok(()))),
        Disposition::Existing if open_if => Ok((handle, Err(NtStatus::OBJECT_NAME_EXISTS))),
        Disposition::Existing => {
            let _ = handle_table::close(handle);
            Err(NtStatus::OBJECT_NAME_COLLISION)
        }
    }
}
