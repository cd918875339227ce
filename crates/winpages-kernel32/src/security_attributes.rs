//! SECURITY_ATTRIBUTES, which every function that makes an object takes.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::security::SecurityDescriptor;
use winpages_kernel::sys::fault;

use crate::security::structures::read_descriptor;

/// SECURITY_ATTRIBUTES as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SECURITY_ATTRIBUTES {
    /// The size of this structure in bytes.
    pub nLength: u32,
    /// Who may open the object.
    pub lpSecurityDescriptor: *mut c_void,
    /// Whether child processes get the handle.
    pub bInheritHandle: i32,
}

/// What SECURITY_ATTRIBUTES, or OBJECT_ATTRIBUTES, say about a new object.
#[derive(Clone, Debug)]
pub struct Given {
    /// What is remembered of the handle.
    pub attributes: HandleAttributes,
    /// Who may open the object; `None` for the user alone.
    pub security: Option<SecurityDescriptor>,
}

/// What a Create function is told: whether the handle is inheritable, and who may open the object. NULL
/// says neither.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`] if the structure, or what it leads to, cannot be read; for a descriptor
/// that is none [`NtStatus::UNKNOWN_REVISION`], [`NtStatus::INVALID_SID`], [`NtStatus::INVALID_ACL`].
///
/// # Safety
///
/// `attributes` must be NULL or what a C program passes.
pub unsafe fn given(attributes: *const SECURITY_ATTRIBUTES) -> Result<Given, NtStatus> {
    if attributes.is_null() {
        return Ok(Given {
            attributes: HandleAttributes::empty(),
            security: None,
        });
    }
    // SAFETY: any bytes are integers and pointers.
    let read = unsafe { fault::read(attributes) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    Ok(Given {
        attributes: if read.bInheritHandle != 0 {
            HandleAttributes::INHERIT
        } else {
            HandleAttributes::empty()
        },
        // SAFETY: passed on.
        security: unsafe { security(read.lpSecurityDescriptor)? },
    })
}

/// Reads a descriptor; NULL is none.
///
/// # Errors
///
/// As [`given`].
///
/// # Safety
///
/// As [`given`].
pub unsafe fn security(descriptor: *const c_void) -> Result<Option<SecurityDescriptor>, NtStatus> {
    if descriptor.is_null() {
        return Ok(None);
    }
    // SAFETY: passed on.
    unsafe { read_descriptor(descriptor) }.map(Some)
}
