//! What NtCreateMutant, NtCreateEvent, NtCreateSemaphore and NtCreateTimer have in common, and their Open
//! and Query calls.

use core::ffi::c_void;

use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::section::Disposition;
use winpages_kernel::wait::CreateDispatcher;
use winpages_kernel::{Handle, NtStatus};

use super::answer_handle::{answer_handle, created};
use super::argument::{status, write, write_if_wanted};
use super::object_attributes::{Attributes, OBJECT_ATTRIBUTES};

/// Creates an object by `make`. With OBJ_OPENIF, one of that name will do, and
/// STATUS_OBJECT_NAME_EXISTS says so.
///
/// # Safety
///
/// The pointers must be what a C program passes.
pub unsafe fn create(
    place: *mut usize,
    access: u32,
    attributes: *const OBJECT_ATTRIBUTES,
    make: impl FnOnce(&CreateDispatcher) -> Result<(Handle, Disposition), NtStatus>,
) -> i32 {
    let create = || {
        // SAFETY: the caller's pointer.
        let given = unsafe { Attributes::for_creation(attributes)? };
        let made = make(&CreateDispatcher {
            name: given.name,
            access: AccessMask::from_bits_retain(access),
            attributes: given.handle,
            security: given.security,
        });
        let made = made.map_err(|error| match error {
            // The name is taken, by whatever.
            NtStatus::OBJECT_TYPE_MISMATCH if !given.open_if => NtStatus::OBJECT_NAME_COLLISION,
            error => error,
        })?;
        created(made, given.open_if)
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(place, create) }
}

/// Opens an object by `find`.
///
/// # Safety
///
/// The pointers must be what a C program passes.
pub unsafe fn open(
    place: *mut usize,
    access: u32,
    attributes: *const OBJECT_ATTRIBUTES,
    find: impl FnOnce(&ObjectName, AccessMask, HandleAttributes) -> Result<Handle, NtStatus>,
) -> i32 {
    let open = || {
        // SAFETY: the caller's pointer.
        let (name, handle) = unsafe { Attributes::for_opening(attributes)? };
        let access = AccessMask::from_bits_retain(access);
        Ok((find(&name, access, handle)?, Ok(())))
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(place, open) }
}

/// A buffer for what a Query call answers.
pub struct Answer {
    /// Where it goes.
    pub buffer: *mut c_void,
    /// How long the buffer is, in bytes.
    pub length: u32,
    /// Where its length goes, if wanted.
    pub returned: *mut u32,
}

impl Answer {
    /// Answers what `query` finds, which must be exactly as long as the buffer.
    ///
    /// # Safety
    ///
    /// The pointers must be what a C program passes.
    pub unsafe fn give<T: Copy>(&self, query: impl FnOnce() -> Result<T, NtStatus>) -> i32 {
        let give = || {
            if self.length as usize != size_of::<T>() {
                return Err(NtStatus::INFO_LENGTH_MISMATCH);
            }
            let answer = query()?;
            // SAFETY: the caller's pointers, for the caller's answer.
            unsafe {
                write(self.buffer.cast(), answer)?;
                write_if_wanted(self.returned, self.length)
            }
        };
        status(give())
    }
}
