//! MEM_RESET and MEM_RESET_UNDO: pages that were left to the kernel come back whole, or are said to be
//! lost, however the kernel came by them.

#[path = "common/watchdog.rs"]
mod watchdog;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{
    AllocationType, PageRange, allocate_virtual_memory, free_virtual_memory, get_write_watch,
    protect_virtual_memory,
};
use winpages_kernel::residency::{PageReader, empty_working_set};
use winpages_kernel::sys::memory;

const PAGE: usize = 0x1000;
const COMMIT: u32 = AllocationType::COMMIT.bits();
const RESERVE: u32 = AllocationType::RESERVE.bits();
const RESET: u32 = AllocationType::RESET.bits();
const RESET_UNDO: u32 = AllocationType::RESET_UNDO.bits();
const NOACCESS: u32 = 1;
const READONLY: u32 = 2;
const READWRITE: u32 = 4;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;

/// One of the tests takes pages from the whole process.
static TURN: Mutex<()> = Mutex::new(());

fn commit(pages: usize) -> usize {
    allocate_virtual_memory(0, pages * PAGE, RESERVE | COMMIT, READWRITE)
        .unwrap()
        .base
}

fn byte(base: usize, page: usize) -> *mut u8 {
    (base + page * PAGE + (7 * page + 1) % PAGE) as *mut u8
}

/// What a page is filled with, never 0.
fn mark(page: usize) -> u8 {
    (page % 251) as u8 + 1
}

fn fill(base: usize, pages: impl Iterator<Item = usize>) {
    for page in pages {
        // SAFETY: the page is committed.
        unsafe { byte(base, page).write_volatile(mark(page)) };
    }
}

fn holds(base: usize, page: usize) -> u8 {
    // SAFETY: the page is committed.
    unsafe { byte(base, page).read_volatile() }
}

fn reset(base: usize, pages: usize) -> Result<PageRange, NtStatus> {
    allocate_virtual_memory(base, pages * PAGE, RESET, NOACCESS)
}

fn undo(base: usize, pages: usize) -> Result<PageRange, NtStatus> {
    allocate_virtual_memory(base, pages * PAGE, RESET_UNDO, NOACCESS)
}

/// What the kernel does to a page that was left to it when memory is scarce.
fn take(base: usize, page: usize) {
    // SAFETY: the test gives the contents up.
    unsafe { memory::discard(base + page * PAGE, PAGE).unwrap() };
}

#[test]
fn what_is_not_lost_comes_back() {
    let _turn = TURN.lock();
    // More pages than are dealt with in one go, and none in between that was ever touched.
    const PAGES: usize = 1500;
    let base = commit(PAGES);
    let touched = || (0..PAGES).filter(|page| page % 3 != 0);
    fill(base, touched());
    let range = PageRange {
        base,
        size: PAGES * PAGE,
    };
    assert_eq!(reset(base, PAGES), Ok(range));
    assert_eq!(undo(base, PAGES), Ok(range));
    for page in touched() {
        assert_eq!(holds(base, page), mark(page));
    }
    // Taken: pages that hold something, in the first batch and in the last, and one that does not.
    for (page, lost) in [(1, true), (PAGES - 2, true), (3, false)] {
        reset(base, PAGES).unwrap();
        take(base, page);
        let expected = if lost {
            Err(NtStatus::DEVICE_BUSY)
        } else {
            Ok(range)
        };
        assert_eq!(undo(base, PAGES), expected, "page {page}");
        // It has been said; from here on the page holds zeroes, which cannot be lost.
        assert_eq!(undo(base, PAGES), Ok(range));
        fill(base, touched());
    }
    // Parts by themselves.
    reset(base, PAGES).unwrap();
    take(base, 4);
    assert!(undo(base, 4).is_ok());
    assert!(undo(base + 5 * PAGE, PAGES - 5).is_ok());
    assert_eq!(undo(base + 4 * PAGE, 1), Err(NtStatus::DEVICE_BUSY));
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn what_is_reset_twice_and_taken_in_between_is_lost() {
    let _turn = TURN.lock();
    let base = commit(4);
    fill(base, 0..4);
    reset(base, 4).unwrap();
    take(base, 2);
    reset(base, 4).unwrap();
    assert_eq!(undo(base, 4), Err(NtStatus::DEVICE_BUSY));
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn what_was_freed_meanwhile_is_not_remembered() {
    let _turn = TURN.lock();
    let base = commit(4);
    fill(base, 0..4);
    reset(base, 4).unwrap();
    free_virtual_memory(base, 4 * PAGE, DECOMMIT).unwrap();
    allocate_virtual_memory(base, 4 * PAGE, COMMIT, READWRITE).unwrap();
    assert!(undo(base, 4).is_ok());
    assert_eq!(holds(base, 1), 0);
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn pages_that_cannot_be_written_keep_their_contents() {
    let _turn = TURN.lock();
    let base = commit(4);
    fill(base, 0..4);
    protect_virtual_memory(base + PAGE, PAGE, READONLY).unwrap();
    protect_virtual_memory(base + 2 * PAGE, PAGE, NOACCESS).unwrap();
    reset(base, 4).unwrap();
    assert!(undo(base, 4).is_ok());
    protect_virtual_memory(base, 4 * PAGE, READWRITE).unwrap();
    assert!((0..4).all(|page| holds(base, page) == mark(page)));
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn marks_of_written_pages_outlive_a_reset() {
    let _turn = TURN.lock();
    let kind = RESERVE | COMMIT | AllocationType::WRITE_WATCH.bits();
    let base = allocate_virtual_memory(0, 8 * PAGE, kind, READWRITE)
        .unwrap()
        .base;
    fill(base, [1, 5].into_iter());
    reset(base, 8).unwrap();
    take(base, 5);
    let mut marked = Vec::new();
    let collect = |pages: &[usize]| {
        marked.extend_from_slice(pages);
        Ok(())
    };
    get_write_watch(base, 8 * PAGE, false, usize::MAX, collect).unwrap();
    assert_eq!(marked, [base + PAGE, base + 5 * PAGE]);
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn each_misuse_has_its_error() {
    let base = commit(2);
    for kind in [
        RESET_UNDO | RESET,
        RESET_UNDO | COMMIT,
        RESET_UNDO | RESERVE,
    ] {
        let refused = allocate_virtual_memory(base, PAGE, kind, READWRITE);
        assert_eq!(refused, Err(NtStatus::INVALID_PARAMETER), "{kind:x}");
    }
    let refused = allocate_virtual_memory(base, PAGE, RESET_UNDO, 0);
    assert_eq!(refused, Err(NtStatus::INVALID_PAGE_PROTECTION));
    let refused = allocate_virtual_memory(base, 0, RESET_UNDO, READWRITE);
    assert_eq!(refused, Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(undo(base, 3), Err(NtStatus::CONFLICTING_ADDRESSES));
    assert_eq!(undo(0, 1), Err(NtStatus::CONFLICTING_ADDRESSES));
    free_virtual_memory(base, 0, RELEASE).unwrap();
    assert_eq!(undo(base, 2), Err(NtStatus::CONFLICTING_ADDRESSES));
}

/// The kernel itself takes what was reset, as it does when memory is scarce, without a page file.
#[test]
fn the_kernel_takes_what_was_reset() {
    let _turn = TURN.lock();
    const PAGES: usize = 64;
    let base = commit(PAGES);
    fill(base, 0..PAGES);
    reset(base, PAGES).unwrap();
    let mut reader = PageReader::open().unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    while reader.page(base).valid {
        assert!(Instant::now() < patience, "the kernel takes nothing");
        empty_working_set();
    }
    assert_eq!(undo(base, PAGES), Err(NtStatus::DEVICE_BUSY));
    assert_eq!(holds(base, 0), 0);
    // What was not reset it does not take.
    fill(base, 0..PAGES);
    empty_working_set();
    assert!((0..PAGES).all(|page| holds(base, page) == mark(page)));
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

/// Many small resets, none of which is ever taken back, need neither many mappings nor much time.
#[test]
fn resets_that_nobody_undoes_cost_little() {
    let _turn = TURN.lock();
    let mappings = || {
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    let memory: Vec<usize> = (0..2000).map(|_| commit(1)).collect();
    let before = mappings();
    for &base in &memory {
        fill(base, 0..1);
        reset(base, 1).unwrap();
    }
    assert!(mappings() < before + 50, "{before}, then {}", mappings());
    for base in memory {
        free_virtual_memory(base, 0, RELEASE).unwrap();
    }
}
