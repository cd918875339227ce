//! Asking a process for the file behind a named section that it holds.

use rustix::fd::{BorrowedFd, OwnedFd};

use super::service::{LEND_BACKING, Parcel, ask_openly};
use crate::object::Package;

/// Asks for what a named section's pages are in, showing the section's own opened file: that the kernel let
/// this process open it is what the other goes by.
pub(crate) fn borrow_backing(
    process: u32,
    section: BorrowedFd<'_>,
    write: bool,
) -> Option<OwnedFd> {
    let mut package = Package::default();
    package.put(section).ok()?;
    let request = Parcel {
        number: LEND_BACKING,
        words: vec![write.into()],
        object: Some((0, package)),
    };
    let mut answer = ask_openly(process, &request).ok()?;
    answer.object.take()?.1.take().ok()
}
