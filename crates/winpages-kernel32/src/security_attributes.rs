//! SECURITY_ATTRIBUTES, which every function that makes an object takes.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::sys::fault;

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

/// Whether the handle shall be inheritable.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`] if the structure cannot be read.
///
/// # Safety
///
/// `attributes` must be NULL or what a C program passes.
pub unsafe fn inheritance(
    attributes: *const SECURITY_ATTRIBUTES,
) -> Result<HandleAttributes, NtStatus> {
    if attributes.is_null() {
        return Ok(HandleAttributes::empty());
    }
    // SAFETY: any bytes are integers and pointers.
    let given = unsafe { fault::read(attributes) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    Ok(if given.bInheritHandle != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    })
}
