//! Write watch in a program that closes descriptors it did not open.

#[path = "common/watchdog.rs"]
mod watchdog;

use winpages_kernel::address_space::{allocate_virtual_memory, get_write_watch};

const PAGE_SIZE: usize = 0x1000;

fn written(base: usize, reset: bool) -> Vec<usize> {
    let mut pages = Vec::new();
    get_write_watch(base, 16 * PAGE_SIZE, reset, usize::MAX, |found| {
        pages.extend(found.iter().map(|page| (page - base) / PAGE_SIZE));
        Ok(())
    })
    .unwrap();
    pages
}

fn close_behind_its_back() {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd").unwrap() {
        let entry = entry.unwrap();
        let link = std::fs::read_link(entry.path()).unwrap_or_default();
        let link = link.to_string_lossy();
        if link.contains("userfaultfd") || link.contains("pagemap") {
            numbers.push(entry.file_name().to_string_lossy().parse::<i32>().unwrap());
        }
    }
    for number in numbers {
        // SAFETY: this is what such a program does; the engine has to live with it.
        drop(unsafe { <std::os::fd::OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(number) });
    }
}

#[test]
fn a_closed_descriptor_costs_precision_once() {
    const RESERVE_COMMIT_WATCH: u32 = 0x20_3000;
    const READWRITE: u32 = 4;
    let range = allocate_virtual_memory(0, 16 * PAGE_SIZE, RESERVE_COMMIT_WATCH, READWRITE);
    let base = range.unwrap().base;
    // SAFETY: committed pages of this test's own.
    let write = |page: usize| unsafe { ((base + page * PAGE_SIZE) as *mut u8).write_volatile(7) };
    write(1);
    write(2);
    assert_eq!(written(base, true), [1, 2]);
    close_behind_its_back();
    write(2);
    write(3);
    // Nobody knows about page 1: rather one too many than one too few.
    assert_eq!(written(base, true), [1, 2, 3]);
    write(2);
    assert_eq!(written(base, true), [2]);
    assert_eq!(written(base, true), []);
}
