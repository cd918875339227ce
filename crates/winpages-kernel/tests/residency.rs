//! Locked pages, offered pages, and what is said of single pages.

#[path = "common/watchdog.rs"]
mod watchdog;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Mutex;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{
    AllocationType, allocate_virtual_memory, free_virtual_memory, protect_virtual_memory,
};
use winpages_kernel::residency::{
    OfferPriority, PageInformation, PageReader, Reclaimed, discard_virtual_memory,
    empty_working_set, lock_virtual_memory, offer_virtual_memory, prefetch_virtual_memory,
    process_memory, reclaim_virtual_memory, set_working_set_limits, system_memory,
    unlock_virtual_memory, walk_working_set, working_set_limits,
};
use winpages_kernel::sys::memory;

const PAGE: usize = 0x1000;
const COMMIT: u32 = AllocationType::COMMIT.bits();
const RESERVE: u32 = AllocationType::RESERVE.bits();
const RELEASE: u32 = 0x8000;
const READWRITE: u32 = 4;

/// What a process may lock is one number, and one of the tests empties the working set: the tests
/// take turns.
static TURN: Mutex<()> = Mutex::new(());

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each thread takes from the heap.
struct Counting;

// SAFETY: all is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

fn commit(pages: usize) -> usize {
    allocate_virtual_memory(0, pages * PAGE, RESERVE | COMMIT, READWRITE)
        .unwrap()
        .base
}

fn fill(base: usize, pages: usize) {
    for page in 0..pages {
        // SAFETY: the caller committed the pages, writable.
        unsafe { ((base + page * PAGE + 0x123) as *mut u8).write_volatile(page as u8 + 1) };
    }
}

fn page(address: usize) -> PageInformation {
    PageReader::open().unwrap().page(address)
}

#[test]
fn locks_are_not_nested() {
    let _turn = TURN.lock();
    let base = commit(4);
    lock_virtual_memory(base + 5, 1).unwrap();
    lock_virtual_memory(base, 2 * PAGE).unwrap();
    assert!(page(base).locked && page(base).valid);
    assert!(page(base + PAGE).locked);
    assert!(!page(base + 2 * PAGE).locked);
    // Not all of the range is locked: what is stays so.
    assert_eq!(
        unlock_virtual_memory(base, 3 * PAGE),
        Err(NtStatus::NOT_LOCKED)
    );
    assert!(page(base).locked);
    unlock_virtual_memory(base, 2 * PAGE).unwrap();
    assert!(!page(base).locked);
    assert_eq!(unlock_virtual_memory(base, PAGE), Err(NtStatus::NOT_LOCKED));
    assert_eq!(
        lock_virtual_memory(base, 0),
        Err(NtStatus::INVALID_PARAMETER)
    );
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn only_pages_that_can_be_used_are_locked() {
    let _turn = TURN.lock();
    let reserved = allocate_virtual_memory(0, 4 * PAGE, RESERVE, READWRITE)
        .unwrap()
        .base;
    allocate_virtual_memory(reserved, PAGE, COMMIT, READWRITE).unwrap();
    for (base, size) in [
        (reserved, 2 * PAGE),
        (reserved + PAGE, PAGE),
        (0, PAGE),
        (0x7FFF_FFFE_0000, PAGE),
    ] {
        let locked = lock_virtual_memory(base, size);
        assert_eq!(locked, Err(NtStatus::ACCESS_VIOLATION), "{base:#x}");
    }
    assert!(!page(reserved).locked);
    protect_virtual_memory(reserved, PAGE, 1).unwrap();
    assert_eq!(
        lock_virtual_memory(reserved, PAGE),
        Err(NtStatus::ACCESS_VIOLATION)
    );
    protect_virtual_memory(reserved, PAGE, 0x104).unwrap();
    assert_eq!(
        lock_virtual_memory(reserved, PAGE),
        Err(NtStatus::GUARD_PAGE_VIOLATION)
    );
    lock_virtual_memory(reserved, PAGE).unwrap();
    free_virtual_memory(reserved, 0, RELEASE).unwrap();
    for (base, size) in [(usize::MAX - PAGE, PAGE), (PAGE, usize::MAX)] {
        let locked = lock_virtual_memory(base, size);
        assert_eq!(locked, Err(NtStatus::INVALID_PARAMETER), "{base:#x}");
    }
}

#[test]
fn the_minimum_working_set_decides_how_much() {
    let _turn = TURN.lock();
    let before = working_set_limits();
    assert_eq!((before.minimum, before.maximum), (50 * PAGE, 345 * PAGE));
    let base = commit(200);
    assert_eq!(
        lock_virtual_memory(base, 50 * PAGE),
        Err(NtStatus::WORKING_SET_QUOTA)
    );
    assert!(!page(base).locked);
    lock_virtual_memory(base, 42 * PAGE).unwrap();
    // What is locked already does not count again.
    lock_virtual_memory(base, 42 * PAGE).unwrap();
    assert_eq!(
        lock_virtual_memory(base, 43 * PAGE),
        Err(NtStatus::WORKING_SET_QUOTA)
    );
    set_working_set_limits(208 * PAGE, 400 * PAGE, 0).unwrap();
    lock_virtual_memory(base, 200 * PAGE).unwrap();
    // What is freed is locked no more.
    free_virtual_memory(base, 0, RELEASE).unwrap();
    let again = commit(200);
    assert!(!page(again).locked);
    lock_virtual_memory(again, 200 * PAGE).unwrap();
    free_virtual_memory(again, 0, RELEASE).unwrap();
    set_working_set_limits(before.minimum, before.maximum, 0).unwrap();
}

#[test]
fn says_what_is_there() {
    let _turn = TURN.lock();
    let base = commit(4);
    assert_eq!(page(base), PageInformation::default());
    fill(base, 2);
    let there = page(base + PAGE);
    assert!(there.valid && !there.shared && !there.locked && !there.large);
    assert_eq!(there.share_count, 0);
    assert_eq!(there.extended_block(), 0x41);
    assert_eq!(page(base + 2 * PAGE), PageInformation::default());
    protect_virtual_memory(base, PAGE, 2).unwrap();
    assert_eq!(page(base).extended_block(), 0x21);
    protect_virtual_memory(base, PAGE, 1).unwrap();
    assert!(!page(base).valid);
    // The program's own code is shared with whoever runs it.
    let code = page(says_what_is_there as fn() as usize);
    assert!(code.valid && code.shared && code.share_count >= 1);
    for address in [0, 0x7FFF_FFFF_0000, usize::MAX] {
        assert_eq!(page(address), PageInformation::default());
    }
    let mut met = 0;
    walk_working_set(|address, information| {
        assert!(information.valid);
        if (base..base + 4 * PAGE).contains(&address) {
            assert_eq!(information.block(address), (base + PAGE) as u64 | 4);
            met += 1;
        }
    })
    .unwrap();
    assert_eq!(met, 1);
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn offered_pages_come_back_or_are_said_to_be_lost() {
    let _turn = TURN.lock();
    let base = commit(8);
    let offer = |from: usize, pages: usize| {
        offer_virtual_memory(base + from * PAGE, pages * PAGE, OfferPriority::Low)
    };
    let reclaim =
        |from: usize, pages: usize| reclaim_virtual_memory(base + from * PAGE, pages * PAGE);
    fill(base, 6);
    offer(0, 8).unwrap();
    assert_eq!(reclaim(0, 8), Ok(Reclaimed::Intact));
    for page in 0..6 {
        // SAFETY: the pages are committed.
        let held = unsafe { ((base + page * PAGE + 0x123) as *const u8).read_volatile() };
        assert_eq!(held, page as u8 + 1);
    }
    // What the kernel does when memory is scarce, to two pages: one that held something, one that
    // held nothing.
    let take = |page: usize| {
        // SAFETY: the test gives the contents up.
        unsafe { memory::discard(base + page * PAGE, PAGE).unwrap() };
    };
    offer(0, 8).unwrap();
    take(3);
    take(7);
    assert_eq!(reclaim(0, 3), Ok(Reclaimed::Intact));
    assert_eq!(reclaim(4, 4), Ok(Reclaimed::Intact));
    assert_eq!(reclaim(3, 1), Ok(Reclaimed::Lost));
    assert_eq!(reclaim(3, 1), Ok(Reclaimed::Intact));
    // Offered twice, taken in between.
    fill(base, 8);
    offer(0, 4).unwrap();
    take(1);
    offer(1, 7).unwrap();
    assert_eq!(reclaim(0, 1), Ok(Reclaimed::Intact));
    assert_eq!(reclaim(0, 8), Ok(Reclaimed::Lost));
    // What is freed is offered no more.
    fill(base, 8);
    offer(0, 8).unwrap();
    free_virtual_memory(base, 8 * PAGE, 0x4000).unwrap();
    allocate_virtual_memory(base, 8 * PAGE, COMMIT, READWRITE).unwrap();
    assert_eq!(reclaim(0, 8), Ok(Reclaimed::Intact));
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn only_private_pages_can_be_offered() {
    let _turn = TURN.lock();
    let base = allocate_virtual_memory(0, 4 * PAGE, RESERVE, READWRITE)
        .unwrap()
        .base;
    allocate_virtual_memory(base, 2 * PAGE, COMMIT, READWRITE).unwrap();
    let code = (only_private_pages_can_be_offered as fn() as usize) & !(PAGE - 1);
    for (from, size, status) in [
        (base + 1, PAGE, NtStatus::INVALID_PARAMETER),
        (base, 1, NtStatus::INVALID_PARAMETER),
        (base, 0, NtStatus::INVALID_PARAMETER),
        (usize::MAX - PAGE + 1, PAGE, NtStatus::INVALID_PARAMETER),
        (base, 3 * PAGE, NtStatus::NOT_COMMITTED),
        (0, PAGE, NtStatus::CONFLICTING_ADDRESSES),
        (code, PAGE, NtStatus::CONFLICTING_ADDRESSES),
    ] {
        let priority = OfferPriority::Normal;
        assert_eq!(offer_virtual_memory(from, size, priority), Err(status));
        assert_eq!(discard_virtual_memory(from, size), Err(status));
        assert_eq!(reclaim_virtual_memory(from, size), Err(status));
    }
    lock_virtual_memory(base, PAGE).unwrap();
    assert_eq!(
        offer_virtual_memory(base, 2 * PAGE, OfferPriority::Normal),
        Err(NtStatus::INVALID_PARAMETER)
    );
    unlock_virtual_memory(base, PAGE).unwrap();
    fill(base, 2);
    discard_virtual_memory(base, 2 * PAGE).unwrap();
    assert!(!page(base).valid);
    protect_virtual_memory(base, PAGE, 2).unwrap();
    assert_eq!(
        offer_virtual_memory(base, PAGE, OfferPriority::Normal),
        Err(NtStatus::INVALID_PAGE_PROTECTION)
    );
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn nothing_is_taken_from_the_heap() {
    let _turn = TURN.lock();
    let base = commit(16);
    fill(base, 16);
    let before = ALLOCATIONS.get();
    lock_virtual_memory(base, 4 * PAGE).unwrap();
    unlock_virtual_memory(base, 4 * PAGE).unwrap();
    offer_virtual_memory(base, 16 * PAGE, OfferPriority::Low).unwrap();
    reclaim_virtual_memory(base, 16 * PAGE).unwrap();
    discard_virtual_memory(base, PAGE).unwrap();
    prefetch_virtual_memory(base, PAGE).unwrap();
    page(base);
    let mut pages = 0;
    walk_working_set(|_, _| pages += 1).unwrap();
    empty_working_set();
    let (process, system) = (process_memory(), system_memory());
    assert_eq!(ALLOCATIONS.get(), before);
    assert!(pages > 16);
    assert!(process.working_set > 0 && system.physical_total > 0);
    free_virtual_memory(base, 0, RELEASE).unwrap();
}
