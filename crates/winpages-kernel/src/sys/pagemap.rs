//! What the kernel knows of single pages: `/proc/PID/pagemap`.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::pagemap_scan::{FoundPages, PRESENT, Scan};

const PAGE_SIZE: usize = 0x1000;

/// How many pages are asked about in one go.
const WINDOW: usize = 512;

/// What the kernel says of one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct PageEntry(u64);

impl PageEntry {
    /// Whether it is in memory and mapped.
    pub fn is_present(self) -> bool {
        self.0 & 1 << 63 != 0
    }

    /// Whether it has been paged out, to a swap device.
    pub fn is_swapped(self) -> bool {
        self.0 & 1 << 62 != 0
    }

    /// Whether it is a page of a file or of shared memory, not one of the process's own.
    pub fn is_file_or_shared(self) -> bool {
        self.0 & 1 << 61 != 0
    }

    /// Whether nobody else maps it.
    pub fn is_exclusive(self) -> bool {
        self.0 & 1 << 56 != 0
    }

    /// The number of its page frame; `None` if it is not present, or for processes that may not know.
    pub fn frame(self) -> Option<u64> {
        let frame = self.0 & ((1 << 55) - 1);
        (self.is_present() && frame != 0).then_some(frame)
    }
}

/// The pages of a process.
pub struct Pagemap(OwnedFd);

impl Pagemap {
    /// Opens `/proc/self/pagemap`.
    ///
    /// # Errors
    ///
    /// `ENOENT` where `/proc` is not mounted, `EMFILE`.
    pub fn open() -> Result<Self, Errno> {
        Self::open_path("/proc/self/pagemap")
    }

    /// Opens `/proc/PID/pagemap` of another process.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is none of that number, `EACCES` if this process may not look into it, `EMFILE`.
    pub fn of(process: u32) -> Result<Self, Errno> {
        let thread = super::process::living_thread(process).unwrap_or(process);
        Self::open_path(&format!("/proc/{thread}/pagemap"))
    }

    fn open_path(path: &str) -> Result<Self, Errno> {
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map(Self)
    }

    /// Asks about the pages from `start` to `end`, as many as the window takes; answers what it says,
    /// which is nothing past the end of the address space.
    pub fn read<'a>(
        &self,
        start: usize,
        end: usize,
        window: &'a mut PageWindow,
    ) -> impl Iterator<Item = PageEntry> + use<'a> {
        let wanted = ((end - start) / PAGE_SIZE).min(WINDOW) * 8;
        let offset = (start / PAGE_SIZE * 8) as u64;
        let got = rustix::io::pread(&self.0, &mut window.0[..wanted], offset).unwrap_or(0);
        window.0[..got]
            .chunks_exact(8)
            .map(|entry| PageEntry(u64::from_ne_bytes(entry.try_into().unwrap_or_default())))
    }

    /// The first run of present pages between `start` and `end`: where it starts and where it ends.
    pub fn next_present(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let mut found = [FoundPages::default()];
        let mut scan = Scan {
            start: start as u64,
            end: end as u64,
            category_mask: PRESENT,
            return_mask: PRESENT,
            ..Scan::default()
        };
        match scan.run(self.0.as_fd(), &mut found) {
            Ok(0) => None,
            Ok(_) => Some((found[0].start as usize, found[0].end as usize)),
            Err(_) => self.next_present_by_reading(start, end),
        }
    }

    /// The same on kernels older than 6.7.
    fn next_present_by_reading(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let mut window = PageWindow::new();
        let mut first = None;
        let mut at = start;
        while at < end {
            let before = at;
            for entry in self.read(at, end, &mut window) {
                match (entry.is_present(), first) {
                    (true, None) => first = Some(at),
                    (false, Some(first)) => return Some((first, at)),
                    _ => {}
                }
                at += PAGE_SIZE;
            }
            if at == before {
                break;
            }
        }
        first.map(|first| (first, at))
    }

    /// Whether the page at `start` of a private mapping of a file has been copied by a write, and up to
    /// where, at most `end`, its neighbours above are like it. `None` where the kernel does not say.
    pub fn copied_run(&self, start: usize, end: usize) -> Option<(bool, usize)> {
        let mut window = PageWindow::new();
        let mut kind = None;
        let mut at = start;
        while at < end {
            let before = at;
            for entry in self.read(at, end, &mut window) {
                let copied =
                    (entry.is_present() || entry.is_swapped()) && !entry.is_file_or_shared();
                if *kind.get_or_insert(copied) != copied {
                    return Some((!copied, at));
                }
                at += PAGE_SIZE;
            }
            if at == before {
                return None;
            }
        }
        Some((kind?, end))
    }
}

/// Room for what the kernel says of some pages.
pub struct PageWindow([u8; WINDOW * 8]);

impl PageWindow {
    /// An empty one.
    pub fn new() -> Self {
        Self([0; WINDOW * 8])
    }
}

impl Default for PageWindow {
    fn default() -> Self {
        Self::new()
    }
}

/// How many page tables, of whichever processes, map a page frame. Only the privileged may know.
pub struct PageCounts(OwnedFd);

impl PageCounts {
    /// Opens `/proc/kpagecount`; `None` for processes that may not.
    pub fn open() -> Option<Self> {
        rustix::fs::open(
            c"/proc/kpagecount",
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .ok()
        .map(Self)
    }

    /// The count of one page frame.
    pub fn of(&self, frame: u64) -> Option<u64> {
        let mut count = [0; 8];
        match rustix::io::pread(self.0.as_fd(), &mut count, frame * 8) {
            Ok(8) => Some(u64::from_ne_bytes(count)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::memory;

    #[test]
    fn both_ways_find_what_is_present() {
        let base = memory::map_anywhere(40 * PAGE_SIZE).unwrap() as usize;
        for page in [3, 4, 9] {
            // SAFETY: the pages were mapped above.
            unsafe { ((base + page * PAGE_SIZE) as *mut u8).write_volatile(1) };
        }
        let pagemap = Pagemap::open().unwrap();
        let end = base + 40 * PAGE_SIZE;
        let page = |number: usize| base + number * PAGE_SIZE;
        for (start, found) in [
            (base, Some((page(3), page(5)))),
            (page(4), Some((page(4), page(5)))),
            (page(5), Some((page(9), page(10)))),
            (page(10), None),
        ] {
            assert_eq!(pagemap.next_present(start, end), found);
            assert_eq!(pagemap.next_present_by_reading(start, end), found);
        }
        // SAFETY: nobody else knows of the pages.
        unsafe { memory::unmap(base, 40 * PAGE_SIZE).unwrap() };
    }
}
