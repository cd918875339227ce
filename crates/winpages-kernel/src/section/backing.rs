//! The file behind a named section that another process created.
//!
//! A program needs no access to the file, and need not know its name, to open the section: the file
//! may have been renamed or deleted meanwhile. As long as the section has its name, somebody has the
//! file open. The kernel leads through that process's descriptor to the very file, if it is a process of
//! the same user and the file's own mode allows it; if not, the process itself is asked, and hands over
//! what it was asked for to whoever shows that he could open the section.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::Storage;
use super::payload::Payload;
use crate::NtStatus;
use crate::file::File;
use crate::object::handle_table;
use crate::object::{Descriptor, NamedFile, Object, ObjectName};
use crate::process::borrow_backing;
use crate::sys::{descriptors, process, shared_file};

/// Opens the file of the section of a name, and notes where it was found for the next who asks.
///
/// # Errors
///
/// [`NtStatus::ACCESS_DENIED`] if no process that holds it leads there, or lends it.
pub fn open(
    payload: &mut Payload,
    section: &NamedFile,
    name: &ObjectName,
    write: bool,
) -> Result<OwnedFd, NtStatus> {
    let known = (payload.holder, payload.descriptor);
    let opened = find(payload, section, write)?;
    if known != (payload.holder, payload.descriptor) {
        // Best effort: who may not write leaves the search to the next.
        let _ = Descriptor::update(section.as_fd(), name.leaf(), |descriptor| {
            descriptor.payload = payload.to_bytes();
            Ok(())
        });
    }
    Ok(opened)
}

fn find(payload: &mut Payload, section: &NamedFile, write: bool) -> Result<OwnedFd, NtStatus> {
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
    borrow(section, file, write).ok_or(NtStatus::ACCESS_DENIED)
}

/// Asks those who hold the section's name.
fn borrow(section: &NamedFile, file: (u64, u64), write: bool) -> Option<OwnedFd> {
    let may_write = write && shared_file::is_writable(section.as_fd());
    let (device, inode) = section.identity();
    let holders = descriptors::lock_holders(device, inode);
    let others = holders.filter(|holder| *holder != process::own_number());
    others.take(MOST_ASKED).find_map(|holder| {
        let lent = borrow_backing(holder, section.as_fd(), may_write)?;
        let identity = File::identity_of(lent.as_fd()).ok()?;
        ((identity.device, identity.inode) == file).then_some(lent)
    })
}

/// How many holders are asked at most: one that does not answer takes its time.
const MOST_ASKED: usize = 8;

/// What another process is given that shows the opened file of a section's name: what the section's pages
/// are in, opened for no more than what is shown is open for.
///
/// # Errors
///
/// [`NtStatus::ACCESS_DENIED`] if this process has no such section, or more is asked for than is shown.
pub(crate) fn lend_backing(shown: BorrowedFd<'_>, write: bool) -> Result<OwnedFd, NtStatus> {
    let identity = File::identity_of(shown)?;
    let section = handle_table::objects()
        .into_iter()
        .find_map(|object| match object {
            Object::Section(section) => section
                .named_file()
                .is_some_and(|file| file.identity() == (identity.device, identity.inode))
                .then_some(section),
            _ => None,
        });
    let section = section.ok_or(NtStatus::ACCESS_DENIED)?;
    let has_backing = matches!(
        section.storage,
        Storage::Memory { .. } | Storage::File { .. } | Storage::Image { .. }
    );
    if !has_backing || (write && !shared_file::is_writable(shown)) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    // An opening of its own: its locks are not this process's.
    descriptors::open_own(
        section.as_fd(),
        write && shared_file::is_writable(section.as_fd()),
    )
    .map_err(|_| NtStatus::ACCESS_DENIED)
}
