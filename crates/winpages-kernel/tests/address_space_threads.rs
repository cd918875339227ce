//! The address space under eight threads, around fork, and when the kernel runs out of something.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

mod common;

use common::random::Random;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::layout::{PAGE_SIZE, application_end};
use winpages_kernel::address_space::{
    AllocationType, FreeType, MemoryState, PageRange, Protection, allocate_virtual_memory,
    free_virtual_memory, protect_virtual_memory, query_virtual_memory,
};

const READWRITE: u32 = Protection::READWRITE.bits();
const READONLY: u32 = Protection::READONLY.bits();

fn reserve(size: usize) -> Result<PageRange, NtStatus> {
    allocate_virtual_memory(0, size, AllocationType::RESERVE.bits(), READWRITE)
}

fn reserve_committed(size: usize) -> Result<PageRange, NtStatus> {
    let kind = AllocationType::RESERVE | AllocationType::COMMIT;
    allocate_virtual_memory(0, size, kind.bits(), READWRITE)
}

fn commit(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    allocate_virtual_memory(base, size, AllocationType::COMMIT.bits(), READWRITE)
}

fn release(base: usize) -> Result<PageRange, NtStatus> {
    free_virtual_memory(base, 0, FreeType::RELEASE.bits())
}

/// Walks the whole address space: it must have no hole and no overlap.
fn walk(mut visit: impl FnMut(usize, usize, MemoryState)) {
    let mut at = 0;
    while at < application_end() {
        let region = query_virtual_memory(at).unwrap();
        assert_eq!(region.base_address, at);
        assert!(region.region_size > 0 && region.region_size.is_multiple_of(PAGE_SIZE));
        visit(at, region.region_size, region.state);
        at += region.region_size;
    }
    assert_eq!(at, application_end());
}

/// One thread's work: what it allocated is its own, and stays as it left it.
fn churn(seed: u64, rounds: usize) {
    const PAGES: usize = 24;
    let mut random = Random(seed);
    let mut held: Vec<PageRange> = Vec::new();
    for round in 0..rounds {
        if held.len() < 16 && random.below(3) > 0 {
            let range = reserve(PAGES * PAGE_SIZE).unwrap();
            commit(range.base + PAGE_SIZE, 4 * PAGE_SIZE).unwrap();
            // SAFETY: the page was committed one line above, by this thread alone.
            unsafe { ((range.base + PAGE_SIZE) as *mut u64).write(range.base as u64) };
            held.push(range);
        }
        if held.is_empty() {
            continue;
        }
        let picked = random.below(held.len());
        let range = held[picked];
        let at = range.base + PAGE_SIZE;
        match random.below(4) {
            0 => {
                protect_virtual_memory(at, 2 * PAGE_SIZE, READONLY).unwrap();
                let region = query_virtual_memory(at).unwrap();
                assert_eq!(region.protection, Some(Protection::READONLY));
                assert_eq!(region.region_size, 2 * PAGE_SIZE);
                protect_virtual_memory(at, 2 * PAGE_SIZE, READWRITE).unwrap();
            }
            1 => {
                commit(range.base + 8 * PAGE_SIZE, PAGE_SIZE).unwrap();
                let size = 8 * PAGE_SIZE;
                free_virtual_memory(range.base + size, size, FreeType::DECOMMIT.bits()).unwrap();
            }
            2 => {
                // SAFETY: committed when it was allocated, and never decommitted.
                assert_eq!(unsafe { (at as *const u64).read() }, range.base as u64);
                release(range.base).unwrap();
                held.swap_remove(picked);
                continue;
            }
            _ => {}
        }
        let region = query_virtual_memory(at).unwrap();
        assert_eq!(region.allocation_base, range.base, "round {round}");
        assert_eq!(region.region_size, 4 * PAGE_SIZE, "round {round}");
    }
    for range in held {
        release(range.base).unwrap();
    }
}

#[test]
fn eight_threads_lose_no_region() {
    if !common::alone("eight_threads_lose_no_region") {
        return;
    }
    let kept: Vec<PageRange> = (0..50)
        .map(|index| reserve((index + 1) * PAGE_SIZE).unwrap())
        .collect();
    let over = AtomicBool::new(false);
    let walks = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (1..=8)
            .map(|seed| scope.spawn(move || churn(seed * 0x9E37_79B9, 3_000)))
            .collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for range in &kept {
                    let region = query_virtual_memory(range.base).unwrap();
                    assert_eq!(region.allocation_base, range.base);
                    assert_eq!(region.region_size, range.size);
                }
                walks.fetch_add(1, Ordering::Relaxed);
            }
        });
        for worker in workers {
            worker.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(walks.load(Ordering::Relaxed) > 0);
    let mut reserved = 0;
    walk(|base, size, state| {
        if kept.contains(&PageRange { base, size }) {
            assert_eq!(state, MemoryState::Reserve);
            reserved += 1;
        }
    });
    assert_eq!(reserved, kept.len());
    for range in kept {
        release(range.base).unwrap();
    }
}

/// Runs `work` in a forked child; answers whether it came to its end within a minute.
fn in_child(work: impl FnOnce()) -> bool {
    // SAFETY: the child runs `work` and ends without returning.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: alarm only asks for a signal, which ends a child that hangs.
            unsafe { libc::alarm(60) };
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
            // SAFETY: the child ends here, without running what belongs to its parent.
            unsafe { libc::_exit(i32::from(!done)) }
        }
        child => {
            assert!(child > 0);
            let mut status = 0;
            // SAFETY: waits for the child made above.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            status == 0
        }
    }
}

#[test]
fn a_child_forked_amid_changes_works() {
    if !common::alone("a_child_forked_amid_changes_works") {
        return;
    }
    let over = AtomicBool::new(false);
    let before = reserve_committed(4 * PAGE_SIZE).unwrap();
    thread::scope(|scope| {
        for seed in 1..=4 {
            let over = &over;
            scope.spawn(move || {
                let mut round = 0;
                while !over.load(Ordering::Relaxed) {
                    round += 1;
                    churn(seed * 0x51_7CC1 + round, 20);
                }
            });
        }
        for _ in 0..30 {
            assert!(in_child(|| {
                let region = query_virtual_memory(before.base).unwrap();
                assert_eq!(region.region_size, before.size);
                churn(0xC0_FFEE, 20);
                release(before.base).unwrap();
                let region = query_virtual_memory(before.base).unwrap();
                assert_eq!(region.state, MemoryState::Free);
            }));
        }
        over.store(true, Ordering::Relaxed);
    });
    release(before.base).unwrap();
}

/// What the kernel has mapped in a range, page by page: whether it may be read and written.
fn kernel_view(range: PageRange) -> Vec<Option<(bool, bool)>> {
    let mut pages = vec![None; range.size / PAGE_SIZE];
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for line in maps.lines() {
        let (bounds, rest) = line.split_once(' ').unwrap();
        let (start, end) = bounds.split_once('-').unwrap();
        let number = |text| usize::from_str_radix(text, 16).unwrap();
        let (start, end) = (number(start), number(end));
        let rights = (rest.starts_with('r'), rest.as_bytes()[1] == b'w');
        for page in (start.max(range.base)..end.min(range.base + range.size)).step_by(PAGE_SIZE) {
            pages[(page - range.base) / PAGE_SIZE] = Some(rights);
        }
    }
    pages
}

/// The map of regions says of an allocation what the kernel does.
fn assert_true(range: PageRange) {
    let pages = kernel_view(range);
    let mut at = range.base;
    while at < range.base + range.size {
        let region = query_virtual_memory(at).unwrap();
        assert_eq!(region.allocation_base, range.base);
        let expected = match region.protection {
            None => (false, false),
            Some(protection) => (true, protection == Protection::READWRITE),
        };
        for page in (at..at + region.region_size).step_by(PAGE_SIZE) {
            let page = (page - range.base) / PAGE_SIZE;
            assert_eq!(pages[page], Some(expected), "page {page}: {region:x?}");
        }
        at += region.region_size;
    }
    assert_eq!(at, range.base + range.size);
}

/// More mappings than the kernel allows a process: every call that would need one more fails, and
/// changes nothing.
#[test]
fn too_many_mappings_leave_the_map_true() {
    if !common::alone("too_many_mappings_leave_the_map_true") {
        return;
    }
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit > 300_000 {
        println!("skipped: vm.max_map_count is {limit}, which would take too long to use up");
        return;
    }
    let range = reserve_committed((2 * limit + 100) * PAGE_SIZE).unwrap();
    let mut failed = None;
    for page in (0..range.size / PAGE_SIZE).step_by(2) {
        let at = range.base + page * PAGE_SIZE;
        if let Err(status) = protect_virtual_memory(at, PAGE_SIZE, READONLY) {
            failed = Some((at, status));
            break;
        }
    }
    let (at, status) = failed.expect("the kernel sets a limit");
    assert!(
        matches!(status, NtStatus::COMMITMENT_LIMIT | NtStatus::NO_MEMORY),
        "{status}"
    );
    assert_true(range);
    // Calls that cut mappings in the middle, and calls over many of them, fail whole or work whole.
    for (base, size) in [
        (at + 4 * PAGE_SIZE, PAGE_SIZE),
        (at - 7 * PAGE_SIZE, 20 * PAGE_SIZE),
        (range.base + PAGE_SIZE, 9 * PAGE_SIZE),
    ] {
        let _ = free_virtual_memory(base, size, FreeType::DECOMMIT.bits());
        assert_true(range);
        let _ = protect_virtual_memory(base, size, READONLY);
        assert_true(range);
        let _ = commit(base, size);
        assert_true(range);
    }
    release(range.base).unwrap();
    let region = query_virtual_memory(range.base).unwrap();
    assert_eq!(region.state, MemoryState::Free);
    // With room again, everything works.
    churn(7, 200);
}

/// An address space that is used up (RLIMIT_AS): reserving and committing answer that there is no
/// memory, and what was there stays.
#[test]
fn a_full_address_space_leaves_the_map_true() {
    if !common::alone("a_full_address_space_leaves_the_map_true") {
        return;
    }
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let used: usize = statm.split(' ').next().unwrap().parse().unwrap();
    let mut held = vec![reserve(64 * PAGE_SIZE).unwrap()];
    let limit = (used * PAGE_SIZE + (256 << 20)) as libc::rlim_t;
    let limits = libc::rlimit {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: limits this process, which is this test's alone.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limits) }, 0);
    let status = loop {
        match reserve_committed(4 << 20) {
            Ok(range) => held.push(range),
            Err(status) => break status,
        }
    };
    assert!(
        matches!(status, NtStatus::COMMITMENT_LIMIT | NtStatus::NO_MEMORY),
        "{status}"
    );
    assert!(held.len() > 10);
    assert!(reserve(1 << 30).is_err());
    for range in &held {
        assert_true(*range);
    }
    let first = held[0];
    for page in (0..64).step_by(3) {
        let _ = commit(first.base + page * PAGE_SIZE, PAGE_SIZE);
        assert_true(first);
    }
    for range in held.drain(..) {
        release(range.base).unwrap();
    }
    churn(11, 200);
}
