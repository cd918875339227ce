//! Descriptors of this process, and other processes' open files, through /proc.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};

/// The path of a file that this process has open.
///
/// # Errors
///
/// What reading a link in `/proc/self/fd` answers.
pub fn path_of(file: BorrowedFd<'_>) -> std::io::Result<PathBuf> {
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Keeps a descriptor from the programs that this process becomes or starts.
pub fn close_at_exec(file: &OwnedFd) {
    let _ = rustix::io::fcntl_setfd(file, rustix::io::FdFlags::CLOEXEC);
}

/// Opens the file that another process has open under a number, if it is the one meant: device and
/// inode number. `write` falls back to reading where writing is not allowed.
///
/// The kernel follows the link to the file itself, whatever its name is by now, if this process may
/// look into the other and the file's own mode allows it.
pub fn open_through(
    (process, number): (u32, u32),
    (device, inode): (u64, u64),
    write: bool,
) -> Option<OwnedFd> {
    let path = format!("/proc/{process}/fd/{number}");
    let is_meant = |found: rustix::fs::Stat| found.st_dev == device && found.st_ino == inode;
    // Looked at first: opening may have effects on what it is not meant for, a FIFO or a device.
    rustix::fs::stat(path.as_str())
        .ok()
        .filter(|found| is_meant(*found))?;
    let open = |access| {
        let flags = access | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        rustix::fs::open(path.as_str(), flags, Mode::empty()).ok()
    };
    let opened = if write { open(OFlags::RDWR) } else { None };
    let opened = opened.or_else(|| open(OFlags::RDONLY))?;
    rustix::fs::fstat(&opened)
        .ok()
        .filter(|found| is_meant(*found))?;
    Some(opened)
}

/// The numbers of all processes.
pub fn processes() -> impl Iterator<Item = u32> {
    numbers_in(Path::new("/proc"))
}

/// The descriptor numbers of a process, as far as this one may see them.
pub fn numbers(process: u32) -> impl Iterator<Item = u32> {
    numbers_in(Path::new(&format!("/proc/{process}/fd")))
}

/// The entries of a directory that are numbers.
pub fn numbers_in(directory: &Path) -> impl Iterator<Item = u32> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Opens what one of this process's own descriptors is open on once more, whatever has become of its name.
///
/// # Errors
///
/// What open(2) answers.
pub fn open_own(file: BorrowedFd<'_>, write: bool) -> Result<OwnedFd, rustix::io::Errno> {
    let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::open(path, access | OFlags::CLOEXEC, Mode::empty())
}

/// The processes that hold a `flock` on a file, as far as the kernel tells.
pub fn lock_holders(device: u64, inode: u64) -> impl Iterator<Item = u32> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let file = format!("{major:02x}:{minor:02x}:{inode}");
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let holders: Vec<u32> = locks
        .lines()
        .filter_map(|line| {
            // "1: FLOCK  ADVISORY  READ 4321 00:1c:77 0 EOF"; one that waits has "->" behind its number.
            let mut words = line.split_whitespace().skip(1);
            let is_lock = words.next()? == "FLOCK";
            let process = words.nth(2)?.parse().ok()?;
            (is_lock && words.next()? == file).then_some(process)
        })
        .collect();
    holders.into_iter()
}

/// Closes all descriptors of the calling thread but one, in a table of its own from now on: whoever shared the one before
/// keeps them. Kernels before 5.9 cannot, and leave them as they are.
///
/// # Safety
///
/// Nothing that the thread does later relies on any of them.
pub(super) unsafe fn keep_only(file: BorrowedFd<'_>) {
    const UNSHARE: usize = 2;
    let kept = file.as_raw_fd() as usize;
    let close = |first: usize, last: usize| {
        // SAFETY: takes numbers; the caller vouches for what they mean.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, UNSHARE) };
    };
    if let Some(last) = kept.checked_sub(1) {
        close(0, last);
    }
    close(kept + 1, u32::MAX as usize);
}
