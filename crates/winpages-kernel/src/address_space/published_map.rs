//! The page in which a process shows others how its map of regions changes.
//!
//! They read the tree itself out of its memory, and take from the sequence number here whether what they
//! have read is still true. So a question about a region costs neither process a system call.

use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use rustix::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};

use super::inner::Inner;
use super::layout;
use super::leaf::Leaf;
use super::region_map::REGIONS;
use crate::NtStatus;
use crate::sys::life_mark::LifeMark;
use crate::sys::{memory, shared_file};

/// What the page holds.
#[repr(C)]
pub struct PublishedMap {
    magic: AtomicUsize,
    /// That of the map: odd while it is being changed.
    pub(super) sequence: AtomicUsize,
    /// The address of the word that holds the link to the tree's root.
    root: AtomicUsize,
    leaf_size: AtomicUsize,
    inner_size: AtomicUsize,
    /// The first address above the application's.
    application_end: AtomicUsize,
    reserved: [AtomicUsize; 2],
    /// The thread that answers others.
    life: LifeMark,
}

/// Where things are in the page, in bytes.
pub(super) mod place {
    use super::PublishedMap;

    pub const MAGIC: usize = core::mem::offset_of!(PublishedMap, magic);
    pub const SEQUENCE: usize = core::mem::offset_of!(PublishedMap, sequence);
    pub const ROOT: usize = core::mem::offset_of!(PublishedMap, root);
    pub const LEAF_SIZE: usize = core::mem::offset_of!(PublishedMap, leaf_size);
    pub const INNER_SIZE: usize = core::mem::offset_of!(PublishedMap, inner_size);
    pub const APPLICATION_END: usize = core::mem::offset_of!(PublishedMap, application_end);
    pub const LIFE: usize = core::mem::offset_of!(PublishedMap, life);
}

/// Part of what two processes must agree on; a change of [`Leaf`] or [`Inner`] changes it, too.
pub(super) const MAGIC: usize = usize::from_ne_bytes(*b"wpmap--3");

const SIZE: usize = layout::PAGE_SIZE;

const NOT_PUBLISHED: i32 = -1;

/// The number of the page's descriptor.
static FILE: AtomicI32 = AtomicI32::new(NOT_PUBLISHED);

impl PublishedMap {
    /// Describes a map whose changes are shown from now on.
    pub(super) fn describe(&self, root: usize, sequence: usize) {
        self.sequence.store(sequence, Ordering::Relaxed);
        self.root.store(root, Ordering::Relaxed);
        self.leaf_size.store(size_of::<Leaf>(), Ordering::Relaxed);
        self.inner_size.store(size_of::<Inner>(), Ordering::Relaxed);
        self.application_end
            .store(layout::application_end(), Ordering::Relaxed);
        self.magic.store(MAGIC, Ordering::Release);
    }
}

/// The file of the page, for others to map and read. Only for the thread that answers them, which ends with
/// the process.
///
/// # Errors
///
/// [`NtStatus::NOT_SUPPORTED`] where the kernel does not tell of a thread's end,
/// [`NtStatus::INSUFFICIENT_RESOURCES`].
pub fn publish() -> Result<BorrowedFd<'static>, NtStatus> {
    let known = FILE.load(Ordering::Relaxed);
    if known != NOT_PUBLISHED {
        // SAFETY: kept open for the rest of the process's life.
        return Ok(unsafe { BorrowedFd::borrow_raw(known) });
    }
    let no_room = |_| NtStatus::INSUFFICIENT_RESOURCES;
    let file = shared_file::create_sealable(c"winpages map").map_err(no_room)?;
    shared_file::set_size(file.as_fd(), SIZE as u64).map_err(no_room)?;
    let page = memory::map_shared_anywhere(file.as_fd(), SIZE).map_err(no_room)?;
    let sealed = shared_file::seal_for_readers(file.as_fd());
    // SAFETY: a fresh page of zeroes, which are such a structure, and which is never unmapped.
    let page: &'static PublishedMap = unsafe { &*page.cast::<PublishedMap>() };
    if sealed.is_err() || !page.life.set() {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    REGIONS.publish(page);
    Ok(keep(file))
}

fn keep(file: OwnedFd) -> BorrowedFd<'static> {
    let number = file.into_raw_fd();
    FILE.store(number, Ordering::Relaxed);
    // SAFETY: nobody closes it but the child of a fork, its own.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// The child of a fork has not the thread, and a map of its own.
pub fn forget_after_fork() {
    REGIONS.unpublish_after_fork();
    let number = FILE.swap(NOT_PUBLISHED, Ordering::Relaxed);
    if number != NOT_PUBLISHED {
        // SAFETY: what the number was kept for is the parent's.
        unsafe { rustix::io::close(number) };
    }
}
