//! Which pages have been written: the kernel's own write watch.
//!
//! Since Linux 6.7 a userfaultfd can protect pages from writing and lift that by itself at the first
//! write (asynchronous mode, no handler involved), and PAGEMAP_SCAN on `/proc/self/pagemap` finds
//! the pages where that has happened and protects them again in the same step.
//!
//! A page that was never touched needs no mark: it is told from a written one by having no memory of
//! its own, or only the kernel's page of zeroes after a read. So watching costs nothing in advance.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;
use rustix::mm::{Advice, UserfaultfdFlags};

use super::kept_descriptor::KeptDescriptor;
pub use super::pagemap_scan::FoundPages;
use super::pagemap_scan::{PAGE_OF_ZEROES, PRESENT, SWAPPED, Scan, WRITTEN};

/// `struct uffdio_api` of `linux/userfaultfd.h`.
#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

/// `struct uffdio_register`.
#[repr(C)]
struct Register {
    start: u64,
    length: u64,
    mode: u64,
    ioctls: u64,
}

const UFFDIO_API: ioctl::Opcode = ioctl::opcode::read_write::<Api>(0xAA, 0x3F);
const UFFDIO_REGISTER: ioctl::Opcode = ioctl::opcode::read_write::<Register>(0xAA, 0x00);

const UFFD_API: u64 = 0xAA;
const FEATURE_WRITE_PROTECT: u64 = 1 << 0;
const FEATURE_UNPOPULATED: u64 = 1 << 13;
const FEATURE_ASYNCHRONOUS: u64 = 1 << 15;
const MODE_WRITE_PROTECT: u64 = 2;

/// Faults of user mode only: allowed to everybody, and no loss, for asynchronous mode needs no handler
/// for any fault, so that writes by system calls are seen too.
const USER_MODE_ONLY: u32 = 1;

const PROTECT_MATCHING: u64 = 1;
/// Refuse memory that is not watched.
const CHECK_WATCHED: u64 = 2;

/// How many runs one scan may answer. With more than 512 the kernel's answer where it stopped can be
/// that of an earlier moment (seen on Linux 6.18).
pub const MOST_RUNS: usize = 256;

/// The process's userfaultfd.
static USERFAULT: KeptDescriptor = KeptDescriptor::new();

/// A descriptor of this process's `/proc/self/pagemap`.
static PAGEMAP: KeptDescriptor = KeptDescriptor::new();

/// Has the kernel watch a range of anonymous private pages. It must be told again of pages that are
/// mapped anew. Pages that are there already count as written.
///
/// # Errors
///
/// `EINVAL` on kernels before 6.7, `ENOSYS` or `EPERM` where userfaultfd is not there or forbidden,
/// `ENOENT` where `/proc` is not mounted, `EBUSY` if the program watches the pages itself, `ENOMEM`,
/// `EMFILE`.
pub fn watch(address: usize, size: usize) -> Result<(), Errno> {
    // A huge page is written as a whole. Kernels without them refuse the advice.
    // SAFETY: the advice does not change what the pages hold.
    let _ = unsafe { rustix::mm::madvise(address as *mut _, size, Advice::LinuxNoHugepage) };
    if let Some(userfault) = USERFAULT.get() {
        match register(userfault, address, size) {
            Err(Errno::BADF | Errno::NOTTY | Errno::INVAL) => USERFAULT.lose(userfault),
            other => return other,
        }
    }
    if PAGEMAP.get().is_none() {
        PAGEMAP.keep(open_pagemap()?);
    }
    let userfault = open_userfault()?;
    register(userfault.as_fd(), address, size)?;
    USERFAULT.keep(userfault);
    Ok(())
}

fn register(userfault: BorrowedFd<'_>, address: usize, size: usize) -> Result<(), Errno> {
    let mut argument = Register {
        start: address as u64,
        length: size as u64,
        mode: MODE_WRITE_PROTECT,
        ioctls: 0,
    };
    // SAFETY: UFFDIO_REGISTER reads and writes one `struct uffdio_register`; write protection changes
    // nothing that the memory's users can see.
    unsafe {
        ioctl::ioctl(
            userfault,
            ioctl::Updater::<UFFDIO_REGISTER, Register>::new(&mut argument),
        )
    }
}

fn open_userfault() -> Result<OwnedFd, Errno> {
    let flags = UserfaultfdFlags::CLOEXEC
        | UserfaultfdFlags::NONBLOCK
        | UserfaultfdFlags::from_bits_retain(USER_MODE_ONLY);
    // SAFETY: the descriptor does nothing before ranges are registered with it.
    let userfault = unsafe { rustix::mm::userfaultfd(flags)? };
    let mut argument = Api {
        api: UFFD_API,
        features: FEATURE_WRITE_PROTECT | FEATURE_UNPOPULATED | FEATURE_ASYNCHRONOUS,
        ioctls: 0,
    };
    // SAFETY: UFFDIO_API reads and writes one `struct uffdio_api`.
    unsafe {
        ioctl::ioctl(
            &userfault,
            ioctl::Updater::<UFFDIO_API, Api>::new(&mut argument),
        )?;
    }
    Ok(userfault)
}

fn open_pagemap() -> Result<OwnedFd, Errno> {
    rustix::fs::open(
        c"/proc/self/pagemap",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// What a scan looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Watched pages that have been written since they were protected last.
    Written,
    /// The same, and each is protected again in the step that finds it.
    WrittenProtecting,
    /// Pages that have memory of their own, watched or not: written at some time.
    Populated,
}

/// Finds pages from `start` to `end`, at most `most` of them. Answers the runs, lowest first, and how
/// far it came: it stops early when there are enough pages, or as many runs as `found` holds.
///
/// # Errors
///
/// `EPERM` if part of the range is not watched, as after a program has closed descriptors that are not
/// its own; `EMFILE` and the like if `/proc/self/pagemap` cannot be opened.
pub fn scan(
    start: usize,
    end: usize,
    search: Search,
    most: usize,
    found: &mut [FoundPages; MOST_RUNS],
) -> Result<(usize, usize), Errno> {
    if let Some(pagemap) = PAGEMAP.get() {
        match scan_with(pagemap, start, end, search, most, found) {
            Err(Errno::BADF | Errno::NOTTY | Errno::INVAL) => PAGEMAP.lose(pagemap),
            other => return other,
        }
    }
    let pagemap = open_pagemap()?;
    let answer = scan_with(pagemap.as_fd(), start, end, search, most, found);
    PAGEMAP.keep(pagemap);
    answer
}

fn scan_with(
    pagemap: BorrowedFd<'_>,
    start: usize,
    end: usize,
    search: Search,
    most: usize,
    found: &mut [FoundPages; MOST_RUNS],
) -> Result<(usize, usize), Errno> {
    let written = if search == Search::Populated {
        0
    } else {
        WRITTEN
    };
    let flags = match search {
        Search::Written => CHECK_WATCHED,
        Search::WrittenProtecting => CHECK_WATCHED | PROTECT_MATCHING,
        Search::Populated => 0,
    };
    let mut request = Scan {
        flags,
        start: start as u64,
        end: end as u64,
        most_pages: most as u64,
        category_inverted: PAGE_OF_ZEROES,
        category_mask: written | PAGE_OF_ZEROES,
        category_any_of: PRESENT | SWAPPED,
        return_mask: PRESENT | SWAPPED,
        ..Scan::default()
    };
    let count = request.run(pagemap, found)?;
    Ok((count, request.walk_end as usize))
}

/// Forgets both descriptors: in the child after a fork they are about the parent.
pub fn forget_after_fork() {
    USERFAULT.forget_after_fork();
    PAGEMAP.forget_after_fork();
}
