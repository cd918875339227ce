//! Views of SEC_RESERVE sections: their pages are committed through any view, by any process, and this
//! process learns of it when somebody asks or touches them.

use super::PageRange;
use super::allocate::mapping_status;
use super::layout::PAGE_SIZE;
use super::protection::Protection;
use super::region_map::{REGIONS, Writer};
use super::run::{PageState, Run};
use super::view::{Pages, view_of, view_run};
use crate::NtStatus;
use crate::sys::memory;

/// Learns which pages of a range of a SEC_RESERVE view have been committed meanwhile, through this or
/// another view, and makes them usable. Answers the run at the start of the range as it is now.
pub(super) fn absorb(writer: &mut Writer<'_>, range: PageRange, run: Run) -> Result<Run, NtStatus> {
    let view = view_of(writer, &run);
    let Pages::Reserving(commit_map) = view.pages else {
        return Ok(run);
    };
    let (base, mapped) = (run.allocation.base(), view.mapped);
    let mut at = range.base;
    while at < range.end() {
        let here = writer.run_at(at).ok_or(NtStatus::NOT_MAPPED_VIEW)?;
        let end = here.end.min(range.end());
        if here.state != PageState::RESERVED {
            at = end;
            continue;
        }
        let view = view_of(writer, &here);
        let first = view.page_in_section(base, at);
        let limit = ((end - at) / PAGE_SIZE) as u64;
        let (committed, count) = commit_map.run(view.backing.file(), first, limit);
        let size = count.max(1) as usize * PAGE_SIZE;
        if committed {
            writer.ensure_records()?;
            // SAFETY: the pages are part of a view of ours.
            unsafe { memory::protect(at, size, mapped.access()) }
                .map_err(|errno| mapping_status(errno, true))?;
            writer.set_states(at, at + size, |_| PageState::committed(mapped));
        }
        at += size;
    }
    writer.run_at(range.base).ok_or(NtStatus::NOT_MAPPED_VIEW)
}

/// The run at a page of a SEC_RESERVE view as it is now: any view may have committed pages meanwhile,
/// and those behind a committed page may belong to its run.
pub(super) fn up_to_date(writer: &mut Writer<'_>, page: usize, mut run: Run) -> Run {
    loop {
        let reserved = run.state == PageState::RESERVED;
        let base = if reserved { page } else { run.end };
        if base == run.allocation.end() {
            return run;
        }
        let Some(next) = writer.run_at(base) else {
            return run;
        };
        let range = PageRange {
            base,
            size: next.end - base,
        };
        // Failing for want of memory, it still tells what it knew.
        if next.state != PageState::RESERVED || absorb(writer, range, next).is_err() {
            return run;
        }
        let Some(now) = writer.run_at(page) else {
            return run;
        };
        if now.state == run.state && now.end <= run.end {
            return now;
        }
        run = now;
    }
}

/// Learns whether the page of a SEC_RESERVE view has been committed meanwhile; answers its protection
/// if so.
pub(super) fn absorb_page(page: usize) -> Option<Protection> {
    let mut writer = REGIONS.write();
    let run = view_run(&writer, page).ok()?;
    let range = PageRange {
        base: page,
        size: PAGE_SIZE,
    };
    absorb(&mut writer, range, run).ok()?.state.protection()
}
