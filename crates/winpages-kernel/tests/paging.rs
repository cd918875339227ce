//! Paging is real: pages that are committed leave memory for a swap device, and come back.
//!
//! A swap device is what a test can bring along where it may: compressed memory (zram) needs root and
//! a kernel that has it. Where it may not, the test says that it was skipped.

#[path = "common/watchdog.rs"]
mod watchdog;

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use winpages_kernel::address_space::{AllocationType, allocate_virtual_memory};
use winpages_kernel::residency::{
    OfferPriority, PageReader, Reclaimed, empty_working_set, lock_virtual_memory,
    offer_virtual_memory, prefetch_virtual_memory, reclaim_virtual_memory, unlock_virtual_memory,
};

const PAGE: usize = 0x1000;

/// A swap device in compressed memory, until it is dropped.
struct Swap {
    number: u32,
    path: CString,
}

impl Swap {
    fn new(size: u64) -> io::Result<Self> {
        let number = fs::read_to_string("/sys/class/zram-control/hot_add")?;
        let number: u32 = number.trim().parse().map_err(io::Error::other)?;
        let name = format!("/dev/zram{number}");
        let swap = Self {
            number,
            path: CString::new(name.clone())?,
        };
        fs::write(
            format!("/sys/block/zram{number}/disksize"),
            size.to_string(),
        )?;
        let device = fs::OpenOptions::new().read(true).write(true).open(&name)?;
        // The header of a swap area, as the kernel documents it: a version and the number of the last
        // page at 1024, the magic at the end of the page.
        let mut header = [0u8; PAGE];
        header[1024..1028].copy_from_slice(&1u32.to_ne_bytes());
        let last_page = (size / PAGE as u64 - 1) as u32;
        header[1028..1032].copy_from_slice(&last_page.to_ne_bytes());
        header[PAGE - 10..].copy_from_slice(b"SWAPSPACE2");
        device.write_all_at(&header, 0)?;
        device.sync_all()?;
        drop(device);
        // SAFETY: swapon takes a path and flags.
        match unsafe { libc::syscall(libc::SYS_swapon, swap.path.as_ptr(), 0) } {
            0 => Ok(swap),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        // SAFETY: swapoff takes a path.
        unsafe { libc::syscall(libc::SYS_swapoff, self.path.as_ptr()) };
        let _ = fs::write(format!("/sys/block/zram{}/reset", self.number), "1");
        let _ = fs::write(
            "/sys/class/zram-control/hot_remove",
            self.number.to_string(),
        );
    }
}

fn valid(address: usize) -> bool {
    PageReader::open().unwrap().page(address).valid
}

/// Pages out until a page has left; writing it may take the kernel a moment.
fn empty_until_gone(address: usize) -> bool {
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience {
        empty_working_set();
        if !valid(address) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn committed_pages_leave_and_come_back() {
    let swap = match Swap::new(64 << 20) {
        Ok(swap) => swap,
        Err(error) => {
            eprintln!("skipped: no swap device can be had here: {error}");
            return;
        }
    };
    const PAGES: usize = 64;
    let commit = (AllocationType::RESERVE | AllocationType::COMMIT).bits();
    let base = allocate_virtual_memory(0, PAGES * PAGE, commit, 4)
        .unwrap()
        .base;
    let word = |page: usize| (base + page * PAGE + 8 * page) as *mut u64;
    for page in 0..PAGES {
        // SAFETY: the pages were committed above, writable.
        unsafe { word(page).write_volatile(0x1111_1111 * page as u64 + 1) };
    }
    lock_virtual_memory(base, PAGE).unwrap();
    assert!(valid(base + PAGE));

    assert!(empty_until_gone(base + PAGE), "nothing leaves");
    let gone = (1..PAGES).filter(|page| !valid(base + page * PAGE)).count();
    assert!(gone > PAGES / 2, "only {gone} pages have left");
    assert!(valid(base), "a locked page has left");

    // What is in the paging file cannot be offered to anybody: it comes back whole.
    offer_virtual_memory(base + PAGE, PAGE, OfferPriority::VeryLow).unwrap();
    assert_eq!(
        reclaim_virtual_memory(base + PAGE, PAGE),
        Ok(Reclaimed::Intact)
    );
    prefetch_virtual_memory(base, PAGES * PAGE).unwrap();
    for page in 0..PAGES {
        // SAFETY: as above.
        let held = unsafe { word(page).read_volatile() };
        assert_eq!(held, 0x1111_1111 * page as u64 + 1, "page {page}");
        assert!(valid(base + page * PAGE));
    }

    // What is unlocked leaves; unlocking what is not locked takes it out of the working set, too.
    unlock_virtual_memory(base, PAGE).unwrap();
    assert!(empty_until_gone(base));
    // SAFETY: as above.
    assert_eq!(unsafe { word(0).read_volatile() }, 1);
    unlock_virtual_memory(base, PAGES * PAGE).unwrap_err();
    assert!(!valid(base));
    drop(swap);
    // SAFETY: as above.
    assert_eq!(unsafe { word(0).read_volatile() }, 1);
}
