//! PAGEMAP_SCAN: which pages of a range are in some state, since Linux 6.7.

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::ioctl;

/// `struct pm_scan_arg` of `linux/fs.h`, but for what [`Scan::run`] fills in.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Filled in, as are `regions` and `region_count`.
    pub size: u64,
    /// What is to be done with the pages, and what to be checked.
    pub flags: u64,
    pub start: u64,
    pub end: u64,
    /// Where the kernel has stopped.
    pub walk_end: u64,
    pub regions: u64,
    pub region_count: u64,
    /// After how many pages it is to stop; 0 for never.
    pub most_pages: u64,
    pub category_inverted: u64,
    pub category_mask: u64,
    pub category_any_of: u64,
    pub return_mask: u64,
}

/// `struct page_region`: a run of pages that a scan has found.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct FoundPages {
    /// The first byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
    categories: u64,
}

/// The categories of pages.
pub(super) const WRITTEN: u64 = 1 << 1;
pub(super) const PRESENT: u64 = 1 << 3;
pub(super) const SWAPPED: u64 = 1 << 4;
pub(super) const PAGE_OF_ZEROES: u64 = 1 << 5;

impl Scan {
    /// Asks the kernel, and answers how many runs of pages it has found.
    ///
    /// # Errors
    ///
    /// `EINVAL` or `ENOTTY` on kernels before 6.7; what the flags ask to be an error.
    pub fn run(
        &mut self,
        pagemap: BorrowedFd<'_>,
        found: &mut [FoundPages],
    ) -> Result<usize, Errno> {
        self.size = size_of::<Self>() as u64;
        self.regions = found.as_mut_ptr() as u64;
        self.region_count = found.len() as u64;
        // SAFETY: PAGEMAP_SCAN reads and writes one `struct pm_scan_arg`, whose size it is told, and
        // writes at most as many regions as it is told there is room for, to a slice that is borrowed
        // exclusively.
        unsafe { ioctl::ioctl(pagemap, Request(self)) }
    }
}

/// It answers a count besides changing its argument.
struct Request<'a>(&'a mut Scan);

// SAFETY: the opcode is that of the structure that `as_ptr` leads to, which the kernel changes.
unsafe impl ioctl::Ioctl for Request<'_> {
    type Output = usize;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> ioctl::Opcode {
        ioctl::opcode::read_write::<Scan>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut core::ffi::c_void {
        core::ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(
        count: ioctl::IoctlOutput,
        _argument: *mut core::ffi::c_void,
    ) -> rustix::io::Result<usize> {
        Ok(count as usize)
    }
}
