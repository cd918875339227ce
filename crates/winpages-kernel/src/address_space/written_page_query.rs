//! Asking which pages have been written: NtGetWriteWatch and NtResetWriteWatch.

use super::PageRange;
use super::layout::PAGE_SIZE;
use super::region_map::{REGIONS, Writer};
use super::write_watch::{WriteWatch, of};
use crate::NtStatus;

/// The watched allocation that a range lies in.
fn watched(writer: &Writer<'_>, range: PageRange) -> Result<&'static WriteWatch, NtStatus> {
    writer
        .run_at(range.base)
        .filter(|run| range.end() <= run.allocation.end())
        .and_then(|run| of(run.allocation))
        .ok_or(NtStatus::INVALID_PARAMETER)
}

fn watchable(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    PageRange::touching(base, size)
        .filter(|_| size != 0)
        .ok_or(NtStatus::INVALID_PARAMETER)
}

/// How many addresses are handed out at a time.
const PORTION: usize = 512;

/// Finds the pages written since a range was watched or reset, at most `limit` of them, lowest first;
/// mirrors NtGetWriteWatch for the calling process. `take` gets their addresses, in portions; with
/// `reset` the pages it has got, and no others, count as not written afterwards. Answers how many there
/// were.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if the range is empty, passes the end of its allocation or is not in
/// one that was allocated with MEM_WRITE_WATCH; what `take` answers: the pages of that portion count as
/// written still.
pub fn get_write_watch(
    base: usize,
    size: usize,
    reset: bool,
    limit: usize,
    mut take: impl FnMut(&[usize]) -> Result<(), NtStatus>,
) -> Result<usize, NtStatus> {
    let range = watchable(base, size)?;
    let mut addresses = [0; PORTION];
    let mut start = range.base;
    let mut total = 0;
    loop {
        let rest = PageRange {
            base: start,
            size: range.end() - start,
        };
        let portion = &mut addresses[..PORTION.min(limit - total)];
        // The lock is free while `take` runs: it writes to the program's memory.
        let (count, end) = next_portion(rest, reset, portion)?;
        let portion = &portion[..count];
        if let Err(status) = take(portion) {
            if reset {
                mark_again(range, portion);
            }
            return Err(status);
        }
        total += count;
        start = end;
        if start == range.end() || total == limit {
            return Ok(total);
        }
    }
}

/// Fills `portion`, and answers how much of it and how far it came.
fn next_portion(
    range: PageRange,
    reset: bool,
    portion: &mut [usize],
) -> Result<(usize, usize), NtStatus> {
    let writer = REGIONS.write();
    let watch = watched(&writer, range)?;
    let mut count = 0;
    let mut start = range.base;
    while start < range.end() && count < portion.len() {
        let rest = PageRange {
            base: start,
            size: range.end() - start,
        };
        let reached = watch.collect(&writer, rest, reset, portion.len() - count);
        while count < portion.len()
            && let Some(base) = watch.written.next_written(start, reached)
        {
            let (_, end) = watch.written.run(base, reached);
            let pages = ((end - base) / PAGE_SIZE).min(portion.len() - count);
            for (index, address) in portion[count..count + pages].iter_mut().enumerate() {
                *address = base + index * PAGE_SIZE;
            }
            count += pages;
            let size = pages * PAGE_SIZE;
            if reset {
                watch.unmark(&writer, PageRange { base, size });
            }
            start = base + size;
        }
        if count < portion.len() {
            start = reached;
        }
    }
    Ok((count, start))
}

fn mark_again(range: PageRange, pages: &[usize]) {
    let writer = REGIONS.write();
    if let Ok(watch) = watched(&writer, range) {
        for &base in pages {
            let size = PAGE_SIZE;
            watch.written.set(PageRange { base, size }, true);
        }
    }
}

/// Has the pages of a range count as not written; mirrors NtResetWriteWatch for the calling process.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] as for [`get_write_watch`].
pub fn reset_write_watch(base: usize, size: usize) -> Result<(), NtStatus> {
    let range = watchable(base, size)?;
    let writer = REGIONS.write();
    let watch = watched(&writer, range)?;
    watch.collect(&writer, range, true, usize::MAX);
    watch.unmark(&writer, range);
    Ok(())
}
