//! Terminals.

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// How many columns and rows a terminal has; either is 0 if nobody has said.
///
/// # Errors
///
/// `ENOTTY` if it is none.
pub fn size(descriptor: BorrowedFd<'_>) -> Result<(u16, u16), Errno> {
    let size = rustix::termios::tcgetwinsize(descriptor)?;
    Ok((size.ws_col, size.ws_row))
}
