//! The files that sections and names live in: on tmpfs, in memory, locked by those who hold them.

use core::ffi::CStr;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, FallocateFlags, FlockOperation, MemfdFlags, Mode, OFlags, SeekFrom, Stat,
};
use rustix::io::Errno;

/// A new file in memory that has no name and is not charged to any file system.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`, `ENOMEM`.
pub fn create_in_memory(label: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::memfd_create(label, MemfdFlags::CLOEXEC)
}

/// Opens a file that exists in a directory: no link is followed, no terminal is acquired, no FIFO
/// waits for its other end.
///
/// # Errors
///
/// What `openat` answers: `ENOENT`, `ELOOP` for a link, `EACCES`, `EMFILE`.
pub fn open_existing(
    directory: BorrowedFd<'_>,
    name: &CStr,
    write: bool,
) -> Result<OwnedFd, Errno> {
    let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
    let flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::openat(directory, name, flags, Mode::empty())
}

/// Creates a file that does not exist.
///
/// # Errors
///
/// `EEXIST`, `ENOSPC`, `EACCES`, `EMFILE`.
pub fn create_new(directory: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(mode))
}

/// Opens the file behind a descriptor once more, with a file description of its own.
///
/// # Errors
///
/// `ENOENT` where `/proc` is not mounted, `EMFILE`, `EACCES`.
pub fn open_anew(file: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    use rustix::fd::AsRawFd;
    use std::io::Write;
    let mut path = [0u8; 40];
    let mut rest = &mut path[..];
    // Cannot fail: the longest descriptor number fits, and the last byte stays 0.
    let _ = write!(rest, "/proc/self/fd/{}", file.as_raw_fd());
    let path = CStr::from_bytes_until_nul(&path).map_err(|_| Errno::NAMETOOLONG)?;
    rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Takes a name out of a directory.
///
/// # Errors
///
/// `ENOENT`, `EPERM` for another user's file in a sticky directory.
pub fn unlink(directory: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    rustix::fs::unlinkat(directory, name, AtFlags::empty())
}

/// Locks the file against everybody else, if nobody holds it. Answers whether it did.
pub fn try_lock_exclusive(file: BorrowedFd<'_>) -> bool {
    rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Locks the file together with others who do, if nobody has it to himself.
pub fn try_lock_shared(file: BorrowedFd<'_>) -> bool {
    rustix::fs::flock(file, FlockOperation::NonBlockingLockShared).is_ok()
}

/// Gives a lock up.
pub fn unlock(file: BorrowedFd<'_>) {
    let _ = rustix::fs::flock(file, FlockOperation::Unlock);
}

/// What the file system knows of a file.
///
/// # Errors
///
/// `EIO` and such.
pub fn stat(file: impl AsFd) -> Result<Stat, Errno> {
    rustix::fs::fstat(file)
}

/// Makes a file this long, with holes where it had nothing.
///
/// # Errors
///
/// `EFBIG`, `EINVAL`, `ENOSPC`.
pub fn set_size(file: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    rustix::fs::ftruncate(file, size)
}

/// Sets room aside in a file, so that touching those pages later cannot fail.
///
/// # Errors
///
/// `ENOSPC`: there is not so much; `EOPNOTSUPP` where the file system cannot.
pub fn allocate(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<(), Errno> {
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), offset, size) {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}

/// Reads at an offset; fewer bytes at the end of the file.
///
/// # Errors
///
/// `EIO` and such.
pub fn read_at(file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
    rustix::io::retry_on_intr(|| rustix::io::pread(file, &mut *buffer, offset))
}

/// Writes at an offset.
///
/// # Errors
///
/// `ENOSPC`.
pub fn write_at(file: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
    rustix::io::retry_on_intr(|| rustix::io::pwrite(file, bytes, offset))
}

/// Where the first data at or above an offset are; `None` if there are none.
pub fn next_data(file: BorrowedFd<'_>, offset: u64) -> Option<u64> {
    rustix::fs::seek(file, SeekFrom::Data(offset)).ok()
}
