//! What CreateMutex, CreateEvent, CreateSemaphore and CreateWaitableTimer have in common.

use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::section::Disposition;
use winpages_kernel::wait::CreateDispatcher;
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_ALREADY_EXISTS, ERROR_SUCCESS};
use crate::last_error;
use crate::object_name::{self, GivenName, handle_value};
use crate::security_attributes::Given;

/// Everything that every kind has: what the rest is made of.
pub const EVENT_ALL_ACCESS: u32 = 0x001F_0003;

/// Creates an object by `make`, and answers its handle. The last error says whether it was there.
pub fn create(
    given: Result<Given, NtStatus>,
    name: GivenName,
    access: u32,
    make: impl FnOnce(&CreateDispatcher) -> Result<(Handle, Disposition), NtStatus>,
) -> usize {
    let request = || {
        let given = given?;
        Ok(CreateDispatcher {
            attributes: given.attributes,
            security: given.security,
            name: object_name::to_create(name)?,
            access: AccessMask::from_bits_retain(access),
        })
    };
    let created = request().and_then(|request| make(&request));
    handle_value(created.map(|(handle, disposition)| {
        last_error::set(match disposition {
            Disposition::Created => ERROR_SUCCESS,
            Disposition::Existing => ERROR_ALREADY_EXISTS,
        });
        handle
    }))
}

/// Opens an object by `find`, and answers its handle.
pub fn open(
    access: u32,
    inherit: i32,
    name: GivenName,
    find: impl FnOnce(&ObjectName, AccessMask, HandleAttributes) -> Result<Handle, NtStatus>,
) -> usize {
    let attributes = if inherit != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    };
    handle_value(
        object_name::to_open(name)
            .and_then(|name| find(&name, AccessMask::from_bits_retain(access), attributes)),
    )
}
