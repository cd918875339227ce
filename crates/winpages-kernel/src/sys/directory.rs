//! Directories: making them, opening them without being led astray, listing them.

use core::ffi::CStr;
use std::ffi::CString;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Dir, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// The effective user id of the process.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes a directory with this mode whatever the umask, unless something of that name is there.
///
/// Nobody ever sees it with another mode: it is made under a name of its own and renamed.
///
/// # Errors
///
/// `ENOENT` if its parent does not exist, `EACCES`, `EROFS`, `ENOSPC`.
pub fn create(path: &CStr, mode: u32) -> Result<(), Errno> {
    let mut unfinished = path.to_bytes().to_vec();
    unfinished.extend_from_slice(format!(".{:016x}", super::random::number()).as_bytes());
    let unfinished = CString::new(unfinished).map_err(|_| Errno::INVAL)?;
    rustix::fs::mkdir(&unfinished, Mode::RWXU)?;
    let finished = rustix::fs::chmod(&unfinished, Mode::from_raw_mode(mode)).and_then(|()| {
        rustix::fs::renameat_with(CWD, &unfinished, CWD, path, RenameFlags::NOREPLACE)
    });
    if finished.is_err() {
        let _ = rustix::fs::rmdir(&unfinished);
    }
    match finished {
        Err(Errno::EXIST) => Ok(()),
        answer => answer,
    }
}

/// Opens a directory, and nothing but a directory; a link is not followed.
///
/// # Errors
///
/// `ENOENT`, `ENOTDIR` (a link is that, too), `EACCES`, `EMFILE`.
pub fn open(path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

/// Who owns an open directory, and its mode.
///
/// # Errors
///
/// `EIO` and such.
pub fn owner_and_mode(directory: BorrowedFd<'_>) -> Result<(u32, u32), Errno> {
    let found = rustix::fs::fstat(directory)?;
    Ok((found.st_uid, found.st_mode & 0o7777))
}

/// Whether a directory is on a tmpfs.
pub fn is_on_tmpfs(directory: BorrowedFd<'_>) -> bool {
    rustix::fs::fstatfs(directory).is_ok_and(|found| found.f_type == libc::TMPFS_MAGIC)
}

/// The names in an open directory, without `.` and `..`, in no order.
///
/// # Errors
///
/// `EMFILE`, `EIO`.
pub fn names(directory: BorrowedFd<'_>) -> Result<impl Iterator<Item = CString>, Errno> {
    let entries = Dir::read_from(directory)?;
    Ok(entries
        .map_while(Result::ok)
        .map(|entry| entry.file_name().to_owned())
        .filter(|name| name.as_c_str() != c"." && name.as_c_str() != c".."))
}
