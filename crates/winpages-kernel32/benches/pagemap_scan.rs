//! PAGEMAP_SCAN as a program that uses it directly would: to compare GetWriteWatch with.

use core::ffi::c_void;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::ioctl;

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

/// `struct pm_scan_arg` of `linux/fs.h`.
#[repr(C)]
#[derive(Default)]
struct Argument {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    regions: u64,
    region_count: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_any_of: u64,
    return_mask: u64,
}

const WRITTEN: u64 = 1 << 1;
const PRESENT_OR_SWAPPED: u64 = 1 << 3 | 1 << 4;
const PAGE_OF_ZEROES: u64 = 1 << 5;
const REGIONS: usize = 512;

/// This process's page map.
pub struct PagemapScan(OwnedFd);

struct Request<'a>(&'a mut Argument);

// SAFETY: the opcode is that of the structure that `as_ptr` leads to, which the kernel changes.
unsafe impl ioctl::Ioctl for Request<'_> {
    type Output = usize;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> ioctl::Opcode {
        ioctl::opcode::read_write::<Argument>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        core::ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(
        count: ioctl::IoctlOutput,
        _argument: *mut c_void,
    ) -> rustix::io::Result<usize> {
        Ok(count as usize)
    }
}

impl PagemapScan {
    /// Opens it.
    pub fn open() -> Self {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        Self(rustix::fs::open("/proc/self/pagemap", flags, Mode::empty()).unwrap())
    }

    /// How many runs of written pages there are.
    ///
    /// Asked for written pages and nothing else the kernel is more than twice as fast, for it does not
    /// look at the pages; but then those never touched, or only read, are written ones to it.
    pub fn written_runs(&self, start: *mut c_void, size: usize) -> Option<usize> {
        let mut regions = [Region::default(); REGIONS];
        let mut argument = Argument {
            size: size_of::<Argument>() as u64,
            start: start as u64,
            end: (start as usize + size) as u64,
            regions: regions.as_mut_ptr() as u64,
            region_count: REGIONS as u64,
            category_inverted: PAGE_OF_ZEROES,
            category_mask: WRITTEN | PAGE_OF_ZEROES,
            category_any_of: PRESENT_OR_SWAPPED,
            return_mask: WRITTEN,
            ..Argument::default()
        };
        // SAFETY: the kernel changes the argument, and writes no more regions than there are.
        unsafe { ioctl::ioctl(self.0.as_fd(), Request(&mut argument)) }.ok()
    }
}
