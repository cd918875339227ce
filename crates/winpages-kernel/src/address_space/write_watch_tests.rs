use core::cell::Cell;

use super::super::{allocate_virtual_memory, free_virtual_memory, protect_virtual_memory};
use super::super::{get_write_watch, query_virtual_memory, reset_write_watch};
use super::*;

thread_local! {
    /// Whether watches that this thread begins do without the kernel.
    pub(super) static FAULTS_ONLY: Cell<bool> = const { Cell::new(false) };
}

const RESERVE: u32 = 0x2000;
const COMMIT: u32 = 0x1000;
const RESET: u32 = 0x8_0000;
const WATCH: u32 = 0x20_0000;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;
const READONLY: u32 = 2;
const READWRITE: u32 = 4;
const GUARD: u32 = 0x100;

/// Runs a test with both mechanisms.
fn both(test: impl Fn()) {
    test();
    FAULTS_ONLY.set(true);
    test();
    FAULTS_ONLY.set(false);
}

struct Watched {
    base: usize,
    pages: usize,
}

impl Watched {
    fn allocate(kind: u32, pages: usize) -> Self {
        let size = pages * PAGE_SIZE;
        let range = allocate_virtual_memory(0, size, kind | WATCH, READWRITE).unwrap();
        let watch = at(REGIONS
            .write()
            .run_at(range.base)
            .unwrap()
            .allocation
            .view())
        .unwrap();
        // Where the kernel has no watch of its own, both runs of a test are by faults.
        assert!(watch.marks_by_faults() || !FAULTS_ONLY.get());
        Self {
            base: range.base,
            pages,
        }
    }

    fn at(&self, page: usize) -> usize {
        self.base + page * PAGE_SIZE
    }

    fn write(&self, page: usize) {
        // SAFETY: a committed page of this test's own.
        unsafe { (self.at(page) as *mut u8).write_volatile(7) };
    }

    fn read(&self, page: usize) -> u8 {
        // SAFETY: as above.
        unsafe { (self.at(page) as *const u8).read_volatile() }
    }

    fn written_in(&self, first: usize, count: usize, reset: bool, limit: usize) -> Vec<usize> {
        let mut pages = Vec::new();
        let size = count * PAGE_SIZE;
        let total = get_write_watch(self.at(first), size, reset, limit, |found| {
            pages.extend(found.iter().map(|page| (page - self.base) / PAGE_SIZE));
            Ok(())
        });
        assert_eq!(total, Ok(pages.len()));
        pages
    }

    fn written(&self) -> Vec<usize> {
        self.written_in(0, self.pages, false, usize::MAX)
    }

    fn take(&self) -> Vec<usize> {
        self.written_in(0, self.pages, true, usize::MAX)
    }

    fn change(&self, first: usize, count: usize, kind: u32, protection: u32) {
        let size = count * PAGE_SIZE;
        allocate_virtual_memory(self.at(first), size, kind, protection).unwrap();
    }

    fn protect(&self, first: usize, count: usize, protection: u32) {
        protect_virtual_memory(self.at(first), count * PAGE_SIZE, protection).unwrap();
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        free_virtual_memory(self.base, 0, RELEASE).unwrap();
    }
}

#[test]
fn writes_are_found_and_reads_are_not() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 1000);
        assert_eq!(memory.written(), []);
        assert_eq!(memory.read(3), 0);
        assert_eq!(memory.written(), []);
        memory.write(3);
        memory.write(999);
        memory.write(0);
        assert_eq!(memory.written(), [0, 3, 999]);
        assert_eq!(memory.take(), [0, 3, 999]);
        assert_eq!(memory.written(), []);
        assert_eq!(memory.read(3), 7);
        assert_eq!(memory.written(), []);
        memory.write(3);
        assert_eq!(memory.written(), [3]);
        assert_eq!(memory.written_in(4, 100, false, usize::MAX), []);
        let region = query_virtual_memory(memory.base).unwrap();
        assert_eq!(region.region_size, 1000 * PAGE_SIZE);
    });
}

#[test]
fn only_what_is_answered_is_reset() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 64);
        for page in 10..40 {
            memory.write(page);
        }
        memory.write(50);
        assert_eq!(memory.written_in(0, 64, true, 5), [10, 11, 12, 13, 14]);
        assert_eq!(memory.written_in(0, 64, false, 3), [15, 16, 17]);
        reset_write_watch(memory.at(16), 20 * PAGE_SIZE).unwrap();
        assert_eq!(memory.take(), [15, 36, 37, 38, 39, 50]);
        memory.write(37);
        assert_eq!(memory.written(), [37]);
    });
}

#[test]
fn more_than_one_portion_and_more_runs_than_one_scan() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 5000);
        let every: Vec<usize> = (0..5000).step_by(3).collect();
        every.iter().for_each(|page| memory.write(*page));
        assert_eq!(memory.written(), every);
        assert_eq!(memory.written_in(0, 5000, true, 700), every[..700]);
        assert_eq!(memory.take(), every[700..]);
        assert_eq!(memory.take(), []);
    });
}

#[test]
fn marks_outlive_what_happens_to_the_pages() {
    both(|| {
        let memory = Watched::allocate(RESERVE, 32);
        memory.change(0, 32, COMMIT, READWRITE);
        memory.write(1);
        memory.write(2);
        memory.protect(0, 32, READONLY);
        assert_eq!(memory.written(), [1, 2]);
        memory.protect(0, 32, READWRITE);
        memory.write(9);
        memory.change(0, 32, RESET, READWRITE);
        memory.change(0, 32, COMMIT, READWRITE);
        assert_eq!(memory.written(), [1, 2, 9]);
        free_virtual_memory(memory.at(0), 8 * PAGE_SIZE, DECOMMIT).unwrap();
        assert_eq!(memory.written(), [1, 2, 9]);
        memory.change(0, 4, COMMIT, READWRITE);
        assert_eq!(memory.read(1), 0);
        assert_eq!(memory.take(), [1, 2, 9]);
        memory.write(0);
        memory.write(9);
        assert_eq!(memory.take(), [0, 9]);
        memory.protect(0, 1, READWRITE | GUARD);
        assert!(super::super::take_guard(memory.base));
        assert_eq!(memory.written(), []);
        memory.write(0);
        assert_eq!(memory.written(), [0]);
    });
}

#[test]
fn many_threads_lose_no_write() {
    both(|| {
        const PAGES: usize = 256;
        let memory = Watched::allocate(RESERVE | COMMIT, PAGES);
        let done = AtomicBool::new(false);
        let mut seen = vec![0u32; PAGES];
        std::thread::scope(|scope| {
            let writers = [0, 1].map(|first| {
                let memory = &memory;
                scope.spawn(move || {
                    for round in 1..=200u32 {
                        for page in (first..PAGES).step_by(2) {
                            // SAFETY: a committed page, written by this thread alone.
                            unsafe { (memory.at(page) as *mut u32).write_volatile(round) };
                        }
                    }
                })
            });
            let (memory, done) = (&memory, &done);
            let reader = scope.spawn(move || {
                loop {
                    let last = done.load(Ordering::Acquire);
                    for page in memory.take() {
                        // SAFETY: a committed page; the value is only looked at.
                        seen[page] = unsafe { (memory.at(page) as *const u32).read_volatile() };
                    }
                    if last {
                        return seen;
                    }
                }
            });
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::Release);
            // Whoever looks at a page each time it is reported has seen its last value.
            assert_eq!(reader.join().unwrap(), vec![200; PAGES]);
        });
    });
}

#[test]
fn system_calls_are_seen() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 16);
        mark_for_system_call(memory.at(3) + 5, 2 * PAGE_SIZE);
        assert_eq!(memory.take(), [3, 4, 5]);
        if !FAULTS_ONLY.get() {
            let zeroes = rustix::fs::open(
                c"/dev/zero",
                rustix::fs::OFlags::RDONLY,
                rustix::fs::Mode::empty(),
            )
            .unwrap();
            // SAFETY: a committed page of this test's own.
            let page = unsafe { core::slice::from_raw_parts_mut(memory.at(8) as *mut u8, 9) };
            rustix::io::read(&zeroes, page).unwrap();
            assert_eq!(memory.take(), [8]);
        }
        // A guarded copy, as every answer to a C program is written.
        // SAFETY: as above.
        unsafe { fault::write(memory.at(11) as *mut u64, &7) }.unwrap();
        assert_eq!(memory.take(), [11]);
    });
}

#[test]
fn a_child_goes_on_where_its_parent_was() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 16);
        memory.write(1);
        memory.write(2);
        assert_eq!(memory.written_in(1, 1, true, 1), [1]);
        // SAFETY: the child makes calls that allocate nothing, but on its way out.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let before = memory.take();
            memory.write(1);
            memory.write(5);
            let right = before == [2] && memory.take() == [1, 5] && memory.take().is_empty();
            // SAFETY: it ends the child, and nothing else.
            unsafe { libc::_exit(i32::from(!right)) };
        }
        let mut status = 0;
        // SAFETY: the status is a local.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        assert_eq!(memory.written(), [2]);
        memory.write(3);
        assert_eq!(memory.written(), [2, 3]);
    });
}

#[test]
fn wrong_ranges_are_refused() {
    both(|| {
        let memory = Watched::allocate(RESERVE | COMMIT, 16);
        let plain = allocate_virtual_memory(0, PAGE_SIZE, RESERVE | COMMIT, READWRITE).unwrap();
        let size = 16 * PAGE_SIZE;
        for (base, size) in [
            (0, size),
            (memory.base, 0),
            (memory.base, size * 2),
            (memory.at(15), PAGE_SIZE + 1),
            (memory.base, usize::MAX),
            (plain.base, PAGE_SIZE),
        ] {
            let answer = get_write_watch(base, size, false, 1, |_| Ok(()));
            assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER));
            let answer = reset_write_watch(base, size);
            assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER));
        }
        free_virtual_memory(plain.base, 0, RELEASE).unwrap();
        let answer = allocate_virtual_memory(0, size, WATCH, READWRITE);
        assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER));
        let answer = allocate_virtual_memory(memory.base, size, WATCH | COMMIT, READWRITE);
        assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER));
        memory.write(4);
        let answer = get_write_watch(memory.base, size, true, 9, |_| {
            Err(NtStatus::ACCESS_VIOLATION)
        });
        assert_eq!(answer, Err(NtStatus::ACCESS_VIOLATION));
        assert_eq!(memory.take(), [4]);
    });
}
