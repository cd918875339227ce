//! Names of objects as the functions take them that create and open objects.

use core::ffi::c_char;

use winpages_kernel::object::ObjectName;
use winpages_kernel::{Handle, NtStatus};

use crate::last_error::fail;
use crate::text;

/// The longest name an A function takes, in characters.
const LONGEST_ANSI_NAME: usize = 259;

/// What a program passes for a name, in UTF-16.
pub type GivenName = Result<Option<Vec<u16>>, NtStatus>;

/// The name of an A function's object, in UTF-16.
///
/// # Safety
///
/// As [`text::ansi`].
pub unsafe fn ansi(name: *const c_char) -> GivenName {
    // SAFETY: passed on.
    let name = unsafe { text::ansi(name)? };
    if name
        .as_ref()
        .is_some_and(|units| units.len() > LONGEST_ANSI_NAME)
    {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    Ok(name)
}

/// The name a Create function gives an object: NULL and "" leave it without.
pub fn to_create(name: GivenName) -> Result<Option<ObjectName>, NtStatus> {
    name?
        .filter(|units| !units.is_empty())
        .map(ObjectName::parse_owned)
        .transpose()
}

/// The name an Open function looks for.
pub fn to_open(name: GivenName) -> Result<ObjectName, NtStatus> {
    ObjectName::parse_owned(name?.ok_or(NtStatus::INVALID_PARAMETER)?)
}

/// What a function answers that makes a handle: its value; or NULL, and the last error set.
pub fn handle_value(handle: Result<Handle, NtStatus>) -> usize {
    match handle {
        Ok(handle) => handle.value(),
        Err(status) => {
            fail(status);
            0
        }
    }
}
