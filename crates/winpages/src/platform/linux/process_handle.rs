//! The handles of other processes.

use winpages_error::error_code::ERROR_INVALID_HANDLE;
use winpages_kernel::Handle;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{AccessMask, DuplicateObject};
use winpages_kernel::process::{self, Target};

use super::super::Code;
use super::code;
use super::handle::ObjectHandle;
use super::process::target;

fn duplicate(source: &Target, handle: Handle, to: &Target) -> Result<Handle, Code> {
    let request = DuplicateObject {
        source: handle,
        access: None,
        attributes: Some(HandleAttributes::empty()),
        close_source: false,
    };
    process::duplicate_handle(source, to, &request).map_err(code)
}

/// Answers the value of the new handle, which is that process's.
pub(crate) fn duplicate_into(process: &ObjectHandle, object: &ObjectHandle) -> Result<usize, Code> {
    let target = target(process, AccessMask::PROCESS_DUP_HANDLE)?;
    duplicate(&Target::Own, object.get(), &target).map(Handle::value)
}

/// Answers a handle of this process's own to an object of that type.
pub(crate) fn duplicate_from(
    process: &ObjectHandle,
    value: usize,
    type_name: &str,
) -> Result<ObjectHandle, Code> {
    let source = target(process, AccessMask::PROCESS_DUP_HANDLE)?;
    let handle = duplicate(&source, Handle::from_value(value), &Target::Own)?;
    let handle = ObjectHandle::new(handle);
    let object = handle_table::lookup(handle.get()).map_err(code)?.object;
    if object.object_type().name == type_name {
        Ok(handle)
    } else {
        Err(ERROR_INVALID_HANDLE)
    }
}

/// # Safety
///
/// Nobody there may use the handle any more.
pub(crate) unsafe fn close_in_process(process: &ObjectHandle, value: usize) -> Result<(), Code> {
    let target = target(process, AccessMask::PROCESS_DUP_HANDLE)?;
    process::close_handle(&target, Handle::from_value(value)).map_err(code)
}
