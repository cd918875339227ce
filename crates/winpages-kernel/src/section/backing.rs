//! The file behind a named section that another process created.
//!
//! A program needs no access to the file, and need not know its name, to open the section: the file
//! may have been renamed or deleted meanwhile. As long as the section has its name, somebody has the
//! file open, and the kernel leads through that process's descriptor to the very file.

use rustix::fd::OwnedFd;

use super::payload::Payload;
use crate::NtStatus;
use crate::sys::descriptors;

/// Opens the file; answers it, and tells where it was found for the next who asks.
///
/// # Errors
///
/// [`NtStatus::ACCESS_DENIED`] if no process that holds it can be looked into by this one.
pub fn open(payload: &mut Payload, write: bool) -> Result<OwnedFd, NtStatus> {
    let file = (payload.device, payload.inode);
    let hint = (payload.holder, payload.descriptor);
    if let Some(opened) = descriptors::open_through(hint, file, write) {
        return Ok(opened);
    }
    for process in descriptors::processes() {
        for number in descriptors::numbers(process) {
            if let Some(opened) = descriptors::open_through((process, number), file, write) {
                (payload.holder, payload.descriptor) = (process, number);
                return Ok(opened);
            }
        }
    }
    Err(NtStatus::ACCESS_DENIED)
}
