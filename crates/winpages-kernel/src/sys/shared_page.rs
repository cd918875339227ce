//! One page of a file that several processes have mapped, for words that they tell each other by.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

const SIZE: usize = 0x1000;

/// The first page of a file, mapped to be written.
#[derive(Debug)]
pub struct SharedPage(*mut u8);

// SAFETY: the page stays mapped as long as this lives, and is reached through atomics alone.
unsafe impl Send for SharedPage {}
// SAFETY: as above.
unsafe impl Sync for SharedPage {}

impl SharedPage {
    /// How many bytes of the file it shows.
    pub const SIZE: usize = SIZE;

    /// Maps it. The file must stay at least a page long: nobody here makes one shorter.
    ///
    /// # Errors
    ///
    /// What mapping answers.
    pub fn map(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: without FIXED the kernel picks an unused range.
        let page = unsafe {
            rustix::mm::mmap(
                core::ptr::null_mut(),
                SIZE,
                access,
                MapFlags::SHARED,
                file,
                0,
            )?
        };
        Ok(Self(page.cast()))
    }

    /// The word at an offset in bytes, a multiple of four.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset < SIZE);
        // SAFETY: aligned, inside the page, and integers of any value.
        unsafe { AtomicU32::from_ptr(self.0.add(offset).cast()) }
    }

    /// The double word at an offset in bytes, a multiple of eight.
    pub fn double_word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset < SIZE);
        // SAFETY: as above.
        unsafe { AtomicU64::from_ptr(self.0.add(offset).cast()) }
    }
}

/// The first page of a file that another process writes, mapped to be read.
#[derive(Debug)]
pub struct WatchedPage(*const u8);

// SAFETY: the page stays mapped as long as this lives, and is read through atomics alone.
unsafe impl Send for WatchedPage {}
// SAFETY: as above.
unsafe impl Sync for WatchedPage {}

impl WatchedPage {
    /// Maps it, if the file is memory that nobody can make shorter than a page.
    ///
    /// # Errors
    ///
    /// `EPERM` for any other file, and what mapping answers.
    pub fn map(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        let is_long = super::shared_file::stat(file)?.st_size as u64 >= SIZE as u64;
        if !is_long || !super::shared_file::has_fixed_size(file) {
            return Err(Errno::PERM);
        }
        let (access, flags) = (ProtFlags::READ, MapFlags::SHARED);
        // SAFETY: without FIXED the kernel picks an unused range.
        let page =
            unsafe { rustix::mm::mmap(core::ptr::null_mut(), SIZE, access, flags, file, 0)? };
        Ok(Self(page.cast()))
    }

    /// Reads the double word at an offset in bytes, a multiple of eight; nothing that comes after is read
    /// before.
    #[inline]
    pub fn load(&self, offset: usize) -> u64 {
        assert!(offset.is_multiple_of(8) && offset < SIZE);
        // SAFETY: aligned, inside the page, and only read.
        let word = unsafe { AtomicU64::from_ptr(self.0.add(offset).cast_mut().cast()) };
        word.load(Ordering::Acquire)
    }
}

impl Drop for WatchedPage {
    fn drop(&mut self) {
        // SAFETY: the page is this value's own.
        let _ = unsafe { rustix::mm::munmap(self.0.cast_mut().cast(), SIZE) };
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        // SAFETY: the page is this value's own, and what borrowed from it is gone.
        let _ = unsafe { rustix::mm::munmap(self.0.cast(), SIZE) };
    }
}
