//! Write watch: keeping account of which pages are written.
//!
//! Two mechanisms stand behind it. The kernel's own keeps its marks in the page tables, and loses
//! them with the pages; so before pages are thrown away their marks are copied into the allocation's
//! table. Where the kernel has none (before Linux 6.7, or where userfaultfd is forbidden), pages not
//! yet written are kept from being writable, and the fault of the first write marks them in the table.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::io::Errno;

use super::PageRange;
use super::layout::PAGE_SIZE;
use super::protection::Protection;
use super::region_map::{REGIONS, Writer};
use super::run::{Allocation, AllocationKind};
use super::written_pages::WrittenPages;
use crate::NtStatus;
use crate::sys::memory::{self, Access};
use crate::sys::write_watch::{self as kernel, FoundPages, MOST_RUNS, Search};
use crate::sys::{environment, fault};

/// What is kept of a watched allocation, at the address that the allocation knows. It belongs to
/// whoever holds the lock of the map of regions.
pub struct WriteWatch {
    range: PageRange,
    pub(super) written: WrittenPages,
    /// Whether faults mark the pages, not the kernel.
    by_faults: AtomicBool,
    /// The addresses of the neighbours in the list of all, or 0.
    next: AtomicUsize,
    previous: AtomicUsize,
}

/// The first in the list of all watches, or 0.
static FIRST: AtomicUsize = AtomicUsize::new(0);

/// Where a program asks for the mechanism without the kernel's help: set to "faults".
const MECHANISM_VARIABLE: &core::ffi::CStr = c"WINPAGES_WRITE_WATCH";

fn kernel_is_wanted() -> bool {
    #[cfg(test)]
    if tests::FAULTS_ONLY.with(|only| only.get()) {
        return false;
    }
    environment::variable(MECHANISM_VARIABLE).is_none_or(|value| value != c"faults")
}

/// Begins to watch freshly mapped pages. Answers what the allocation is to know the watch by.
/// `access` is what the pages are mapped with.
pub(super) fn begin(range: PageRange, access: Access) -> Result<usize, NtStatus> {
    let written = WrittenPages::create(range)?;
    let Ok(place) = memory::map_anywhere(PAGE_SIZE) else {
        // SAFETY: nobody knows of the table yet.
        unsafe { written.destroy() };
        return Err(NtStatus::NO_MEMORY);
    };
    let watch: *mut WriteWatch = place.cast();
    let by_faults = !kernel_is_wanted() || kernel::watch(range.base, range.size).is_err();
    let first = FIRST.load(Ordering::Relaxed);
    let value = WriteWatch {
        range,
        written,
        by_faults: AtomicBool::new(by_faults),
        next: AtomicUsize::new(first),
        previous: AtomicUsize::new(0),
    };
    // SAFETY: the page is fresh, aligned and large enough.
    unsafe { watch.write(value) };
    if let Some(first) = at(first) {
        first.previous.store(watch as usize, Ordering::Relaxed);
    }
    FIRST.store(watch as usize, Ordering::Relaxed);
    if by_faults {
        fault::ensure_handler();
        // SAFETY: the pages are the caller's, and fresh.
        if let Err(errno) = unsafe { protect_watched(at(watch as usize), range, access) } {
            end(watch as usize);
            return Err(super::allocate::mapping_status(errno, true));
        }
    }
    Ok(watch as usize)
}

/// Ends a watch, whose allocation is gone.
pub(super) fn end(word: usize) {
    let Some(watch) = at(word) else { return };
    let next = watch.next.load(Ordering::Relaxed);
    let previous = watch.previous.load(Ordering::Relaxed);
    match at(previous) {
        Some(previous) => previous.next.store(next, Ordering::Relaxed),
        None => FIRST.store(next, Ordering::Relaxed),
    }
    if let Some(next) = at(next) {
        next.previous.store(previous, Ordering::Relaxed);
    }
    // SAFETY: the watch is in no list and in no allocation, and whoever looks at one holds the lock of
    // the map of regions, as the caller does.
    unsafe {
        watch.written.destroy();
        let _ = memory::unmap(word, PAGE_SIZE);
    }
}

fn at(word: usize) -> Option<&'static WriteWatch> {
    // SAFETY: 0, or what `begin` made and `end` has not yet unmapped; both need the lock that the
    // callers in this module hold while they use the answer.
    unsafe { (word as *const WriteWatch).as_ref() }
}

/// The watch over an allocation.
pub(super) fn of(allocation: &Allocation) -> Option<&'static WriteWatch> {
    match allocation.kind() {
        AllocationKind::Private => at(allocation.view()),
        _ => None,
    }
}

/// Sets what may be done with committed pages of a private allocation, as far as a watch over them
/// lets it.
///
/// # Safety
///
/// As [`memory::protect`].
pub(super) unsafe fn protect(
    allocation: &Allocation,
    range: PageRange,
    access: Access,
) -> Result<(), Errno> {
    // SAFETY: the caller vouches for it.
    unsafe { protect_watched(of(allocation), range, access) }
}

/// # Safety
///
/// As [`memory::protect`].
unsafe fn protect_watched(
    watch: Option<&WriteWatch>,
    range: PageRange,
    access: Access,
) -> Result<(), Errno> {
    let barring = watch.filter(|watch| watch.marks_by_faults() && access.contains(Access::WRITE));
    let Some(watch) = barring else {
        // SAFETY: the caller vouches for it.
        return unsafe { memory::protect(range.base, range.size, access) };
    };
    let mut start = range.base;
    while start < range.end() {
        let (written, end) = watch.written.run(start, range.end());
        let access = if written {
            access
        } else {
            access.difference(Access::WRITE)
        };
        // SAFETY: as above.
        unsafe { memory::protect(start, end - start, access)? };
        start = end;
    }
    Ok(())
}

/// Whether pages of an allocation may be kept from being writable though their state says they are.
pub(super) fn bars(allocation: &Allocation) -> bool {
    of(allocation).is_some_and(WriteWatch::marks_by_faults)
}

/// Notes which pages have been written before their contents are thrown away.
pub(super) fn keep_marks(writer: &Writer<'_>, allocation: &Allocation, range: PageRange) {
    if let Some(watch) = of(allocation) {
        watch.collect(writer, range, false, usize::MAX);
    }
}

/// The same for pages of any allocation.
pub(crate) fn keep_marks_of(range: PageRange) {
    if FIRST.load(Ordering::Relaxed) == 0 {
        return;
    }
    let writer = REGIONS.write();
    if let Some(run) = writer.run_at(range.base)
        && range.end() <= run.allocation.end()
    {
        keep_marks(&writer, run.allocation, range);
    }
}

/// Watches pages on that have been mapped anew.
pub(super) fn watch_anew(allocation: &Allocation, range: PageRange) {
    if let Some(watch) = of(allocation)
        && !watch.marks_by_faults()
    {
        // Where it fails, the next look finds pages that are not watched, and sees to them.
        let _ = kernel::watch(range.base, range.size);
    }
}

/// Marks a page that was not writable because nobody had written it yet, and makes it writable. Answers
/// whether that was so: then the write only has to be tried again.
///
/// Called in the signal handler.
pub(super) fn mark_faulting(page: usize) -> bool {
    let writer = REGIONS.write();
    let Some(run) = writer.run_at(page) else {
        return false;
    };
    let watch = of(run.allocation).filter(|watch| watch.marks_by_faults());
    let access = run.state.protection().map(Protection::access);
    let (Some(watch), Some(access)) = (watch, access) else {
        return false;
    };
    if !access.contains(Access::WRITE) {
        return false;
    }
    let one = PageRange {
        base: page,
        size: PAGE_SIZE,
    };
    // All that are in the same state: when the kernel has no room for one more mapping.
    let all = PageRange {
        base: run.start,
        size: run.end - run.start,
    };
    [one, all].into_iter().any(|range| {
        // SAFETY: the pages are part of an allocation of ours, and may be written by their state.
        let lifted = unsafe { memory::protect(range.base, range.size, access) };
        if lifted.is_ok() {
            watch.written.set(range, true);
        }
        lifted.is_ok()
    })
}

/// Marks what a system call is about to write: all that it was asked for, as Windows does, whether it
/// then has that much or not.
pub fn mark_for_system_call(buffer: usize, size: usize) {
    if FIRST.load(Ordering::Relaxed) == 0 {
        return;
    }
    let Some(range) = PageRange::touching(buffer, size) else {
        return;
    };
    let writer = REGIONS.write();
    let mut start = range.base;
    while let Some(run) = writer.run_ending_above(start)
        && run.start < range.end()
    {
        let access = run.state.protection().map(Protection::access);
        if let (Some(watch), Some(access)) = (of(run.allocation), access)
            && access.contains(Access::WRITE)
        {
            let base = run.start.max(start);
            let size = run.end.min(range.end()) - base;
            watch.written.set(PageRange { base, size }, true);
            if watch.marks_by_faults() {
                // What fails here, the fault mends.
                // SAFETY: the pages are part of an allocation of ours, writable by their state.
                let _ = unsafe { memory::protect(base, size, access) };
            }
        }
        start = run.end;
    }
}

/// Notes the kernel's marks ahead of a fork: the child gets the pages, but not the marks.
pub(crate) fn before_fork() {
    each_by_kernel(|writer, watch| {
        watch.collect(writer, watch.range, false, usize::MAX);
    });
}

/// Watches on in the child of a fork.
pub(crate) fn after_fork() {
    kernel::forget_after_fork();
    each_by_kernel(|writer, watch| {
        // All pages that have contents look written to the child's kernel; those that are have been
        // noted before.
        let PageRange { base, size } = watch.range;
        let watched = kernel::watch(base, size)
            .and_then(|()| find(watch.range, Search::WrittenProtecting, usize::MAX, |_| {}));
        if watched.is_err() {
            watch.go_by_faults(writer);
        }
    });
}

fn each_by_kernel(work: impl Fn(&Writer<'_>, &WriteWatch)) {
    let mut word = FIRST.load(Ordering::Relaxed);
    if word == 0 {
        return;
    }
    let writer = REGIONS.write();
    while let Some(watch) = at(word) {
        if !watch.marks_by_faults() {
            work(&writer, watch);
        }
        word = watch.next.load(Ordering::Relaxed);
    }
}

/// Has `each` see the runs of pages that the kernel finds in a range, up to where `most` pages have
/// been found. Answers how far it came.
fn find(
    range: PageRange,
    search: Search,
    most: usize,
    mut each: impl FnMut(PageRange),
) -> Result<usize, Errno> {
    let mut found = [FoundPages::default(); MOST_RUNS];
    let mut start = range.base;
    let mut left = most;
    while start < range.end() && left > 0 {
        let (count, end) = kernel::scan(start, range.end(), search, left, &mut found)?;
        for run in &found[..count] {
            let base = run.start as usize;
            let size = (run.end - run.start) as usize;
            each(PageRange { base, size });
            left = left.saturating_sub(size / PAGE_SIZE);
        }
        start = end.max(start + PAGE_SIZE);
    }
    Ok(start.min(range.end()))
}

impl WriteWatch {
    fn marks_by_faults(&self) -> bool {
        self.by_faults.load(Ordering::Relaxed)
    }

    /// Copies the kernel's marks in a range to the table, up to where `most` pages have been found,
    /// and takes them from the kernel if told to. Answers how far it came.
    pub(super) fn collect(
        &self,
        writer: &Writer<'_>,
        range: PageRange,
        take: bool,
        most: usize,
    ) -> usize {
        if self.marks_by_faults() {
            return range.end();
        }
        let search = if take {
            Search::WrittenProtecting
        } else {
            Search::Written
        };
        let mark = |pages| self.written.set(pages, true);
        find(range, search, most, mark).unwrap_or_else(|_| {
            self.recover(writer);
            range.end()
        })
    }

    /// The kernel watches no longer, for the program has closed the descriptor. Nobody knows what was
    /// written since, so all pages that have contents count: rather one too many than one too few.
    #[cold]
    fn recover(&self, writer: &Writer<'_>) {
        let PageRange { base, size } = self.range;
        let watched = kernel::watch(base, size);
        let mark = |pages| self.written.set(pages, true);
        if find(self.range, Search::Populated, usize::MAX, mark).is_err() {
            self.written.set(self.range, true);
        }
        // What was written in between is found here.
        let collected =
            watched.and_then(|()| find(self.range, Search::WrittenProtecting, usize::MAX, mark));
        if collected.is_err() {
            self.go_by_faults(writer);
        }
    }

    /// Has faults mark the pages from now on: those that are not marked become unwritable.
    #[cold]
    fn go_by_faults(&self, writer: &Writer<'_>) {
        fault::ensure_handler();
        self.by_faults.store(true, Ordering::Relaxed);
        let mut start = self.range.base;
        while start < self.range.end()
            && let Some(run) = writer.run_at(start)
        {
            let pages = PageRange {
                base: start,
                size: run.end - start,
            };
            let access = run
                .state
                .protection()
                .map_or(Access::empty(), Protection::access);
            if access.contains(Access::WRITE) {
                // SAFETY: the run is part of an allocation of ours.
                let barred = unsafe { protect_watched(Some(self), pages, access) };
                if barred.is_err() {
                    self.written.set(pages, true);
                }
            }
            start = run.end;
        }
    }

    /// Takes the marks of a range back, after [`WriteWatch::collect`] has taken the kernel's. What
    /// cannot be made unwritable again stays marked.
    pub(super) fn unmark(&self, writer: &Writer<'_>, range: PageRange) {
        if !self.marks_by_faults() {
            self.written.set(range, false);
            return;
        }
        let mut start = range.base;
        while start < range.end()
            && let Some(run) = writer.run_at(start)
        {
            let base = start;
            let size = run.end.min(range.end()) - base;
            let access = run
                .state
                .protection()
                .map_or(Access::empty(), Protection::access);
            let barred = if access.contains(Access::WRITE) {
                // SAFETY: the run is part of an allocation of ours; whoever writes it is let through
                // by the fault handler.
                unsafe { memory::protect(base, size, access.difference(Access::WRITE)) }
            } else {
                Ok(())
            };
            if barred.is_ok() {
                self.written.set(PageRange { base, size }, false);
            }
            start = run.end;
        }
    }
}

#[cfg(test)]
#[path = "write_watch_tests.rs"]
mod tests;
