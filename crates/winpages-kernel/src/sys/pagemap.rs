//! What the kernel knows of single pages.

use rustix::fs::{Mode, OFlags};

const PAGE_SIZE: usize = 0x1000;
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// A page of a file or of shared memory, not one of the process's own.
const FILE_OR_SHARED: u64 = 1 << 61;

/// Whether the page at `start` of a private mapping of a file has been copied by a write, and up to
/// where, at most `end`, its neighbours above are like it. Where `/proc` cannot be read, nothing has
/// been copied.
pub fn copied_run(start: usize, end: usize) -> (bool, usize) {
    let pagemap = rustix::fs::open(
        c"/proc/self/pagemap",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let Ok(pagemap) = pagemap else {
        return (false, end);
    };
    let mut window = [0u8; 4096];
    let mut kind = None;
    let mut at = start;
    while at < end {
        let wanted = ((end - at) / PAGE_SIZE * 8).min(window.len());
        let offset = (at / PAGE_SIZE * 8) as u64;
        let got = rustix::io::pread(&pagemap, &mut window[..wanted], offset).unwrap_or(0);
        if got < 8 {
            break;
        }
        for entry in window[..got].chunks_exact(8) {
            let flags = u64::from_ne_bytes(entry.try_into().unwrap_or_default());
            let copied = flags & (PRESENT | SWAPPED) != 0 && flags & FILE_OR_SHARED == 0;
            if *kind.get_or_insert(copied) != copied {
                return (!copied, at);
            }
            at += PAGE_SIZE;
        }
    }
    (kind.unwrap_or(false), end)
}
