//! Changing what may be done with pages of views, and mapping them anew where that takes it.
//!
//! A page of a shared view that is made copy-on-write is mapped privately instead; made plainly
//! writable again, it is the section's again, unless it has been written meanwhile: a copy stays the
//! process's own, as on Windows. Which pages are copies the kernel is asked when it matters; the map of
//! regions only knows where there may be any.

use rustix::io::Errno;

use super::PageRange;
use super::Protection;
use super::allocate::mapping_status;
use super::region_map::Writer;
use super::restore::restore;
use super::run::{PageState, Run};
use super::view::{Source, view_of};
use crate::NtStatus;
use crate::sys::fault;
use crate::sys::memory::{self, Access};
use crate::sys::pagemap::Pagemap;

/// How the pages of part of a view are mapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mapping {
    /// With all who map the section.
    Shared,
    /// For this process, whose writes copy them.
    Private,
}

/// Makes pages of a view committed with a protection that the view allows.
pub(super) fn change(
    writer: &mut Writer<'_>,
    range: PageRange,
    protection: Protection,
) -> Result<(), NtStatus> {
    writer.ensure_records()?;
    // How a view is cached is the section's affair, and nothing that a page of it could have.
    let caching = Protection::NOCACHE | Protection::WRITECOMBINE;
    let of_section = writer
        .run_at(range.base)
        .map_or(Protection::empty(), |run| run.allocation.protection());
    let protection = protection.difference(caching) | of_section.intersection(caching);
    let mut at = range.base;
    while at < range.end()
        && let Some(run) = writer.run_at(at)
    {
        let part = PageRange {
            base: at,
            size: run.end.min(range.end()) - at,
        };
        if let Err(errno) = change_part(writer, &run, part, protection) {
            restore(writer, range);
            return Err(mapping_status(errno, true));
        }
        at = part.end();
    }
    let copies = protection.is_copy_on_write();
    writer.set_states(range.base, range.end(), |state| {
        PageState::committed(protection).with_own_pages(copies || state.has_own_pages())
    });
    Ok(())
}

fn change_part(
    writer: &Writer<'_>,
    run: &Run,
    part: PageRange,
    protection: Protection,
) -> Result<(), Errno> {
    let view = view_of(writer, run);
    let access = protection.access();
    let (was_copying, was_written_through) = run.state.protection().map_or((false, false), |old| {
        (old.is_copy_on_write(), old.is_written_through())
    });
    let leaves = protection.is_copy_on_write() && !was_copying;
    let returns =
        protection.is_written_through() && run.state.has_own_pages() && !was_written_through;
    if !leaves && !returns {
        // SAFETY: the part lies in a view of ours.
        return unsafe { memory::protect(part.base, part.size, access) };
    }
    let mut at = part.base;
    while at < part.end() {
        let source = view.source(run.allocation.base(), at);
        let same = PageRange {
            base: at,
            size: source.end.min(part.end()) - at,
        };
        if !source.is_shared {
            // SAFETY: as above.
            unsafe { memory::protect(same.base, same.size, access)? };
        } else if leaves {
            map_as(run, same, &source, access, Mapping::Private)?;
        } else {
            if was_copying {
                // Nobody may write a page between the look at it and its being mapped anew. Whoever
                // tries waits for the lock of the map, in the handler of his fault.
                fault::ensure_handler();
                // SAFETY: as above.
                unsafe { memory::protect(same.base, same.size, access.difference(Access::WRITE))? };
            }
            map_as(run, same, &source, access, Mapping::Shared)?;
        }
        at = same.end();
    }
    Ok(())
}

/// Maps part of a run one way or the other, but for its copied pages, which stay.
fn map_as(
    run: &Run,
    part: PageRange,
    source: &Source<'_>,
    access: Access,
    mapping: Mapping,
) -> Result<(), Errno> {
    let mut at = part.base;
    while at < part.end() {
        let (copied, end) = if run.state.has_own_pages() {
            // Where nobody can tell what has been copied, all stays.
            Pagemap::open()
                .ok()
                .and_then(|map| map.copied_run(at, part.end()))
                .unwrap_or((true, part.end()))
        } else {
            (false, part.end())
        };
        let size = end - at;
        if copied {
            // SAFETY: the part lies in a view of ours.
            unsafe { memory::protect(at, size, access)? };
        } else {
            let shared = mapping == Mapping::Shared;
            let offset = source.offset + (at - part.base) as u64;
            // SAFETY: as above, and the pages show the same bytes after.
            unsafe { memory::map_file_over(at, size, access, shared, source.file, offset)? };
        }
        at = end;
    }
    Ok(())
}

/// Makes part of a run what the map says it is, after a change that failed half-way: it may have been
/// mapped the other way already, or be inaccessible.
pub(super) fn restore_part(writer: &Writer<'_>, run: &Run, part: PageRange) {
    let Some(protection) = run.state.protection() else {
        // SAFETY: the run is part of a view of ours.
        let _ = unsafe { memory::protect(part.base, part.size, Access::empty()) };
        return;
    };
    let view = view_of(writer, run);
    let mut at = part.base;
    while at < part.end() {
        let source = view.source(run.allocation.base(), at);
        let same = PageRange {
            base: at,
            size: source.end.min(part.end()) - at,
        };
        let mapping = if source.is_shared && !protection.is_copy_on_write() {
            Mapping::Shared
        } else {
            Mapping::Private
        };
        // What fails here leaves the pages as they were.
        let _ = map_as(run, same, &source, protection.access(), mapping);
        at = same.end();
    }
}
