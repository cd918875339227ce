//! Going back: pages become again what the map of regions says they are.

use super::PageRange;
use super::region_map::Writer;
use super::run::{AllocationKind, Run};
use super::view_protection;
use super::write_watch;
use crate::sys::memory;

/// Makes pages again what the map says they are, after a change of them that failed half-way.
///
/// What fails here has failed for want of one more mapping, and left the pages as they were.
pub(super) fn restore(writer: &Writer<'_>, range: PageRange) {
    let mut at = range.base;
    while at < range.end()
        && let Some(run) = writer.run_at(at)
    {
        let end = run.end.min(range.end());
        let part = PageRange {
            base: at,
            size: end - at,
        };
        if run.allocation.kind() == AllocationKind::View {
            view_protection::restore_part(writer, &run, part);
        } else {
            restore_private(&run, part);
        }
        at = end;
    }
}

fn restore_private(run: &Run, part: PageRange) {
    let _ = match run.state.protection() {
        // SAFETY: the run is ours.
        Some(protection) => unsafe {
            write_watch::protect(run.allocation, part, protection.access())
        },
        // SAFETY: the run is ours and reserved: it has no contents.
        None => unsafe { memory::map_reserved_over(part.base, part.size) },
    };
}
