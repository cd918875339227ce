//! System calls on files and directories.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

pub use rustix::fs::UTIME_OMIT;
pub use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, SeekFrom, Stat, Statx,
    StatxFlags, Timespec, Timestamps, chmod, copy_file_range, fchmod, fcntl_getfl, fcntl_setfl,
    fdatasync, flock, fstat, fsync, ftruncate, futimens, link, mkdir, open, readlink,
    renameat_with, rmdir, seek, stat, statvfs, statx, unlink,
};
pub use rustix::io::{Errno, fcntl_dupfd_cloexec};
pub use rustix::process::{chdir, getcwd};

/// What [`read`] and [`write`] hand to the kernel at once; it takes no more.
const MAXIMUM_TRANSFER: usize = 0x7FFF_F000;

fn answer(result: libc::c_long) -> Result<usize, Errno> {
    if result < 0 {
        // SAFETY: errno is the calling thread's own, and libc::syscall has just set it.
        Err(Errno::from_raw_os_error(unsafe {
            *libc::__errno_location()
        }))
    } else {
        Ok(result as usize)
    }
}

/// Makes a system call, and once more if a signal handler ran instead.
fn until_done(call: impl Fn() -> libc::c_long) -> Result<usize, Errno> {
    loop {
        match answer(call()) {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// read(2), or pread(2) if an offset is given. The buffer is a client's: the kernel answers EFAULT if
/// it cannot be written, and no reference to it is made here.
///
/// # Safety
///
/// Whatever may be written at `buffer` must be memory that the caller may change.
pub unsafe fn read(
    file: BorrowedFd<'_>,
    buffer: *mut u8,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, Errno> {
    let length = length.min(MAXIMUM_TRANSFER);
    // SAFETY: the kernel checks the buffer; the caller vouches for what is writable in it.
    until_done(|| unsafe {
        match offset {
            None => libc::syscall(libc::SYS_read, file.as_raw_fd(), buffer, length),
            Some(at) => libc::syscall(libc::SYS_pread64, file.as_raw_fd(), buffer, length, at),
        }
    })
}

/// write(2), or pwrite(2) if an offset is given. The kernel answers EFAULT if the buffer cannot be
/// read, so any pointer may be given.
#[allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "only the kernel reads it, and it answers EFAULT where it cannot"
)]
pub fn write(
    file: BorrowedFd<'_>,
    buffer: *const u8,
    length: usize,
    offset: Option<u64>,
) -> Result<usize, Errno> {
    let length = length.min(MAXIMUM_TRANSFER);
    // SAFETY: the kernel checks the buffer, and only reads it.
    until_done(|| unsafe {
        match offset {
            None => libc::syscall(libc::SYS_write, file.as_raw_fd(), buffer, length),
            Some(at) => libc::syscall(libc::SYS_pwrite64, file.as_raw_fd(), buffer, length, at),
        }
    })
}

/// The kinds of byte-range lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeLock {
    /// Any number of holders; the descriptor must be open for reading.
    Shared,
    /// One holder; the descriptor must be open for writing.
    Exclusive,
}

fn range(kind: c_int, start: u64, length: u64) -> libc::flock64 {
    // SAFETY: the structure holds integers only, for which zero is a value.
    let mut range: libc::flock64 = unsafe { MaybeUninit::zeroed().assume_init() };
    range.l_type = kind as i16;
    range.l_whence = libc::SEEK_SET as i16;
    range.l_start = start as i64;
    range.l_len = length as i64;
    range
}

fn lock_command(
    file: BorrowedFd<'_>,
    command: c_int,
    range: &mut libc::flock64,
) -> Result<(), Errno> {
    loop {
        // SAFETY: the structure outlives the call, and the commands are those that take it.
        let result = unsafe {
            libc::syscall(
                libc::SYS_fcntl,
                file.as_raw_fd(),
                command,
                core::ptr::from_mut(range),
            )
        };
        match answer(result) {
            Err(Errno::INTR) => {}
            result => return result.map(|_| ()),
        }
    }
}

/// Locks `length` bytes at `start` for the open file description (F_OFD_SETLK), which loses its
/// locks when its last descriptor is closed, however that comes about. With `wait`, until it can be.
///
/// # Errors
///
/// EAGAIN if somebody else's lock is in the way and `wait` is not set.
pub fn lock_range(
    file: BorrowedFd<'_>,
    kind: RangeLock,
    start: u64,
    length: u64,
    wait: bool,
) -> Result<(), Errno> {
    let kind = match kind {
        RangeLock::Shared => libc::F_RDLCK,
        RangeLock::Exclusive => libc::F_WRLCK,
    };
    let command = if wait {
        libc::F_OFD_SETLKW
    } else {
        libc::F_OFD_SETLK
    };
    lock_command(file, command, &mut range(kind, start, length))
}

/// Gives up the locks of this open file description on `length` bytes at `start`.
pub fn unlock_range(file: BorrowedFd<'_>, start: u64, length: u64) -> Result<(), Errno> {
    lock_command(
        file,
        libc::F_OFD_SETLK,
        &mut range(libc::F_UNLCK, start, length),
    )
}

/// Whether another open file description holds any lock on `length` bytes at `start`. `false` where
/// the file system has no locks.
pub fn is_range_locked(file: BorrowedFd<'_>, start: u64, length: u64) -> bool {
    let mut probe = range(libc::F_WRLCK, start, length);
    lock_command(file, libc::F_OFD_GETLK, &mut probe).is_ok()
        && c_int::from(probe.l_type) != libc::F_UNLCK
}

/// A second descriptor of what the process's own descriptor `number` is open on.
///
/// # Errors
///
/// EBADF if the process has no such descriptor.
pub fn duplicate_number(number: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: the borrowed descriptor is used for one call, which answers EBADF if it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    duplicate(borrowed)
}

/// A second descriptor of the same open file description.
///
/// # Errors
///
/// EMFILE if the process has as many as it may.
pub fn duplicate(descriptor: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // Not among the first three, which a program may have closed and means to fill itself.
    fcntl_dupfd_cloexec(descriptor, 3)
}

/// What is always empty, and takes everything. As [`duplicate`], not among the first three numbers.
///
/// # Errors
///
/// EMFILE if the process has as many descriptors as it may.
pub fn open_null() -> Result<OwnedFd, Errno> {
    let null = open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    duplicate(null.as_fd())
}

/// Opens the regular file that a descriptor is open on once more, in the same mode, whatever has
/// become of its name.
///
/// # Errors
///
/// EINVAL if it is no regular file, whose opening could have effects; what open(2) answers.
pub fn reopen(descriptor: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let attributes = fstat(descriptor)?;
    if FileType::from_raw_mode(attributes.st_mode) != FileType::RegularFile {
        return Err(Errno::INVAL);
    }
    let mode = fcntl_getfl(descriptor)? & OFlags::RWMODE;
    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    open(path, mode | OFlags::CLOEXEC, Mode::empty())
}

/// Makes a pipe that has room for so many bytes, if the kernel gives it that much; 0 is the kernel's choice. Answers
/// the end to read from and the end to write to.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`.
pub fn pipe(size: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    if size != 0 {
        // How much it holds is a wish, on Windows too.
        let _ = rustix::pipe::fcntl_setpipe_size(&writer, size as usize);
    }
    Ok((reader, writer))
}

/// The number by which the kernel knows the kind of file system that a path is on.
///
/// # Errors
///
/// As for opening the path.
pub fn file_system(path: &std::path::Path) -> Result<u32, Errno> {
    Ok(rustix::fs::statfs(path)?.f_type as u32)
}
