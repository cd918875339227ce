//! The files that sections and names live in: on tmpfs, in memory, locked by those who hold them.

use core::ffi::CStr;
use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicU64, Ordering};

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
pub use rustix::fs::Stat;
use rustix::fs::{
    AtFlags, FallocateFlags, FileType, FlockOperation, MemfdFlags, Mode, OFlags, SealFlags,
    SeekFrom,
};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

/// A new file in memory that has no name and is not charged to any file system.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`, `ENOMEM`.
pub fn create_in_memory(label: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::memfd_create(label, MemfdFlags::CLOEXEC)
}

/// The same for memory whose size can be fixed, by [`seal_size`].
///
/// # Errors
///
/// As [`create_in_memory`].
pub fn create_sealable(label: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::memfd_create(label, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
}

/// The same of huge pages, of `size` bytes, a multiple of [`super::memory::HUGE_PAGE_SIZE`]: all of them
/// are there.
///
/// # Errors
///
/// `ENOSPC` and `ENOMEM` if there are not so many, `ENODEV` or `EINVAL` where the kernel has none, `EMFILE`.
pub fn create_of_huge_pages(label: &CStr, size: u64) -> Result<OwnedFd, Errno> {
    let huge = MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | huge;
    let file = rustix::fs::memfd_create(label, flags)?;
    allocate(file.as_fd(), 0, size)?;
    Ok(file)
}

/// Fixes the size of memory from [`create_sealable`] for all who have it, for ever.
pub fn seal_size(file: BorrowedFd<'_>) {
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    let _ = rustix::fs::fcntl_add_seals(file, seals);
}

/// Fixes the size of memory from [`create_sealable`] and keeps everybody from writing to it who has not
/// mapped it by now.
///
/// # Errors
///
/// `EPERM` if it is no such memory; `EINVAL` before Linux 5.1.
pub fn seal_for_readers(file: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::fs::fcntl_add_seals(file, FOR_READERS | SealFlags::SEAL)
}

/// Whether a file is memory that nobody can make shorter: what is mapped of it stays there.
pub fn has_fixed_size(file: BorrowedFd<'_>) -> bool {
    rustix::fs::fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK))
}

const FOR_READERS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::FUTURE_WRITE);

/// Exchanges a word of a file for another if it is what is expected, in one step that others who do
/// the same cannot come between. Answers the word that was there: `Ok` if it was exchanged.
///
/// # Errors
///
/// `ENOMEM`, and `EINVAL` if the word is not aligned or does not lie in the file.
pub fn compare_exchange(
    file: BorrowedFd<'_>,
    offset: u64,
    expected: u64,
    new: u64,
) -> Result<Result<u64, u64>, Errno> {
    const PAGE: u64 = 0x1000;
    let within = (offset % PAGE) as usize;
    if !offset.is_multiple_of(8) || (stat(file)?.st_size as u64) < offset + 8 {
        return Err(Errno::INVAL);
    }
    let access = ProtFlags::READ | ProtFlags::WRITE;
    let (size, flags) = (PAGE as usize, MapFlags::SHARED);
    // SAFETY: without FIXED the kernel picks an unused range.
    let page = unsafe {
        rustix::mm::mmap(
            core::ptr::null_mut(),
            size,
            access,
            flags,
            file,
            offset - within as u64,
        )?
    };
    // SAFETY: the word lies in the page that has just been mapped, is aligned as the offset is, and is
    // used by all processes as an atomic one.
    let answer = unsafe {
        AtomicU64::from_ptr(page.cast::<u8>().add(within).cast()).compare_exchange(
            expected,
            new,
            Ordering::AcqRel,
            Ordering::Acquire,
        )
    };
    // SAFETY: mapped above, and nobody else knows of it.
    let _ = unsafe { rustix::mm::munmap(page, size) };
    Ok(answer)
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

/// Gives a descriptor a file description of its own, in place of one that may be shared with another
/// process: it keeps its number and its file, and loses its locks. The other process keeps the old
/// one.
///
/// # Errors
///
/// `ENOENT` where `/proc` is not mounted, `EMFILE`, `EACCES`.
pub fn replace_description(file: BorrowedFd<'_>) -> Result<(), Errno> {
    let anew = open_again(file)?;
    // SAFETY: the number stays open throughout; only what it leads to is exchanged, for another
    // description of the same file. ManuallyDrop leaves closing it to its owner.
    let mut number = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(file.as_raw_fd()) });
    rustix::io::dup3(&anew, &mut number, rustix::io::DupFlags::CLOEXEC)
}

/// Whether a file is a plain one: no directory, FIFO, socket or device.
pub fn is_regular(file: BorrowedFd<'_>) -> bool {
    stat(file).is_ok_and(|found| is_regular_file(&found))
}

/// The same of what [`stat`] has answered.
pub fn is_regular_file(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
}

/// Whether any directory still has a name for the file.
pub fn has_name(file: BorrowedFd<'_>) -> bool {
    stat(file).is_ok_and(|found| found.st_nlink > 0)
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

/// The same for the file of a name in a directory; a link is not followed.
///
/// # Errors
///
/// `ENOENT`.
pub fn stat_at(directory: BorrowedFd<'_>, name: &CStr) -> Result<Stat, Errno> {
    rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// Changes a file's mode.
///
/// # Errors
///
/// `EPERM` for another user's file.
pub fn set_mode(file: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode & 0o7777))
}

/// Makes a file this long, with holes where it had nothing.
///
/// # Errors
///
/// `EFBIG`, `EINVAL`, `ENOSPC`.
pub fn set_size(file: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    rustix::fs::ftruncate(file, size)
}

/// Gives back the memory behind part of a file, which reads as zeroes afterwards.
///
/// # Errors
///
/// `EOPNOTSUPP` where the file system cannot.
pub fn punch(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<(), Errno> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(file, flags, offset, size)
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

/// Sets room aside behind a file's end, without making it longer.
///
/// # Errors
///
/// `ENOSPC`: there is not so much.
pub fn allocate_keeping_size(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<(), Errno> {
    rustix::io::retry_on_intr(|| {
        rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, offset, size)
    })
}

/// Opens a file that is open already once more, for reading and writing, whatever its name is by now.
///
/// # Errors
///
/// `EACCES` if this process may not write to it, `ENOENT` where `/proc` is not mounted, `EMFILE`.
pub fn open_writable(file: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
}

/// Whether a file is open for writing.
pub fn is_writable(file: BorrowedFd<'_>) -> bool {
    rustix::fs::fcntl_getfl(file).is_ok_and(|mode| mode & OFlags::RWMODE == OFlags::RDWR)
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

/// Writes all bytes at an offset.
///
/// # Errors
///
/// `ENOSPC`; some may have been written then.
pub fn write_all_at(file: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<(), Errno> {
    let mut done = 0;
    while done < bytes.len() {
        match write_at(file, &bytes[done..], offset + done as u64)? {
            0 => return Err(Errno::NOSPC),
            written => done += written,
        }
    }
    Ok(())
}

/// Opens the file of a descriptor again: the same file, and a description with locks of its own.
///
/// # Errors
///
/// `ENOENT` where `/proc` is not mounted, `EMFILE`, `EACCES`.
pub fn open_again(file: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let open = |access| rustix::fs::open(path.as_str(), access | OFlags::CLOEXEC, Mode::empty());
    open(OFlags::RDWR).or_else(|_| open(OFlags::RDONLY))
}

/// Where the first data at or above an offset are; `None` if there are none.
pub fn next_data(file: BorrowedFd<'_>, offset: u64) -> Option<u64> {
    rustix::fs::seek(file, SeekFrom::Data(offset)).ok()
}

/// Writes a file's changed pages to its device, and waits until the device has them; neither for the
/// device's own cache nor for the file's size and times. For a range, or to the end with size 0.
///
/// # Errors
///
/// `EIO`, `ENOSPC`.
pub fn write_back(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<(), Errno> {
    let flags = libc::SYNC_FILE_RANGE_WAIT_BEFORE
        | libc::SYNC_FILE_RANGE_WRITE
        | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: sync_file_range takes numbers only.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_sync_file_range,
            file.as_raw_fd(),
            offset,
            size,
            flags,
        )
    };
    match answer {
        0 => Ok(()),
        _ => match Errno::from_io_error(&std::io::Error::last_os_error()) {
            // A file system that cannot do it by ranges.
            Some(Errno::INVAL | Errno::SPIPE) => rustix::fs::fdatasync(file),
            Some(errno) => Err(errno),
            None => Err(Errno::IO),
        },
    }
}
