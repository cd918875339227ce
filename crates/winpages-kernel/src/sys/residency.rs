//! Keeping pages in memory, letting go of them, and asking for them ahead of time.
//!
//! Nothing here changes what memory holds or who may use it, so any range may be named; one that is
//! not mapped is an error of the kernel's.

use core::ffi::c_void;

use rustix::io::Errno;
use rustix::mm::{Advice, MlockFlags};

const PAGE_SIZE: usize = 0x1000;

/// Brings pages in and keeps them in memory. Pages that may be written are made ready for writing,
/// so those of a private mapping of a file are copied: see [`lock_as_they_are`].
///
/// # Errors
///
/// `ENOMEM` if it is more than RLIMIT_MEMLOCK allows, if a page of the range is not mapped, or for
/// want of one mapping more; `EPERM` if that limit is 0; `EAGAIN` if the pages could not be brought in.
pub fn lock(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: where pages are kept changes nothing of what they hold.
    unsafe { rustix::mm::mlock(address as *mut c_void, size) }
}

/// Brings pages in as a read does, and keeps them in memory: a page to be copied when it is written
/// is not copied yet.
///
/// # Errors
///
/// As [`lock`].
pub fn lock_as_they_are(address: usize, size: usize) -> Result<(), Errno> {
    let pages = address as *mut c_void;
    // SAFETY: as above.
    unsafe { rustix::mm::mlock_with(pages, size, MlockFlags::ONFAULT)? };
    // SAFETY: reading pages in changes nothing of what they hold.
    unsafe { rustix::mm::madvise(pages, size, Advice::LinuxPopulateRead) }
}

/// Lets the kernel page the range out again.
///
/// # Errors
///
/// `ENOMEM` if part of the range is not mapped, or for want of one mapping more.
pub fn unlock(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: where pages are kept changes nothing of what they hold.
    unsafe { rustix::mm::munlock(address as *mut c_void, size) }
}

/// Whether a page is locked in memory, by whomever.
///
/// The kernel has no question for this. But it refuses to take a locked page for one that is seldom
/// used, and says so; for another page that advice makes no difference but to when it is paged out.
/// Pages of the processor's larger sizes, which are never paged out, count as locked.
pub fn is_locked(page: usize) -> bool {
    // SAFETY: the advice changes nothing of what the page holds.
    let advised = unsafe { rustix::mm::madvise(page as *mut c_void, PAGE_SIZE, Advice::LinuxCold) };
    advised == Err(Errno::INVAL)
}

/// Pages a range out, as far as the kernel has somewhere to put it. The range should be of one
/// mapping: the kernel stops at one that it cannot page out.
pub fn page_out(address: usize, size: usize) {
    // It is a wish: a page that stays is one that is in use, locked, or without a place on disk.
    // SAFETY: the pages come back with what they hold when they are touched.
    let _ = unsafe { rustix::mm::madvise(address as *mut c_void, size, Advice::LinuxPageOut) };
}

/// Starts bringing a range in from disk; what is not mapped in it is passed over.
pub fn will_need(address: usize, size: usize) {
    // It is a wish, too.
    // SAFETY: reading pages in changes nothing of what they hold.
    let _ = unsafe { rustix::mm::madvise(address as *mut c_void, size, Advice::WillNeed) };
}
