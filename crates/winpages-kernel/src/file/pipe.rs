//! Pipes without a name.

use std::sync::Arc;

use super::{File, status_from_errno};
use crate::NtStatus;
use crate::object::Object;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::sys::file as sys;

/// Makes a pipe; answers the end to read from and the end to write to. What is written there comes out here, and
/// reading waits for it until no handle to the other end is left.
///
/// # Errors
///
/// [`NtStatus::TOO_MANY_OPENED_FILES`], [`NtStatus::INSUFFICIENT_RESOURCES`] when the handle table is full.
pub fn create_pipe(size: u32, attributes: HandleAttributes) -> Result<(Handle, Handle), NtStatus> {
    let (reader, writer) = sys::pipe(size).map_err(status_from_errno)?;
    let enter = |descriptor| {
        let (file, access) = File::with_access_of_its_mode(descriptor)?;
        handle_table::insert(Entry {
            object: Object::File(Arc::new(file)),
            access,
            attributes,
        })
    };
    let reader = enter(reader)?;
    match enter(writer) {
        Ok(writer) => Ok((reader, writer)),
        Err(status) => {
            let _ = handle_table::close(reader);
            Err(status)
        }
    }
}
