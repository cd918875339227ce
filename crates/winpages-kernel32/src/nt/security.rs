//! NtQuerySecurityObject and NtSetSecurityObject.

use core::ffi::c_void;

use winpages_kernel::object;
use winpages_kernel::security::SecurityInformation;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{status, write};
use crate::security::structures::{read_descriptor, write_bytes};

/// NtQuerySecurityObject: parts of an object's descriptor, self-relative.
///
/// # Safety
///
/// The pointers must be what a C program passes for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySecurityObject(
    Handle: usize,
    SecurityInformation: u32,
    SecurityDescriptor: *mut c_void,
    Length: u32,
    LengthNeeded: *mut u32,
) -> i32 {
    let wanted = self::SecurityInformation::from_bits_retain(SecurityInformation);
    let query = || {
        let handle = self::Handle::from_value(Handle);
        let bytes = object::query_security(handle, wanted)?.to_self_relative();
        // SAFETY: the caller's pointers, for the caller's answer.
        unsafe {
            write(LengthNeeded, bytes.len() as u32)?;
            if (Length as usize) < bytes.len() {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            write_bytes(SecurityDescriptor, &bytes)
        }
    };
    status(query())
}

/// NtSetSecurityObject: changes parts of an object's descriptor.
///
/// # Safety
///
/// `SecurityDescriptor` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetSecurityObject(
    Handle: usize,
    SecurityInformation: u32,
    SecurityDescriptor: *const c_void,
) -> i32 {
    let changed = self::SecurityInformation::from_bits_retain(SecurityInformation);
    let set = || {
        // SAFETY: passed on.
        let given = unsafe { read_descriptor(SecurityDescriptor)? };
        object::set_security(self::Handle::from_value(Handle), changed, &given)
    };
    status(set())
}
