//! What a fault in the address space means, asked from inside the signal handler.

use super::layout::{PAGE_SIZE, page_down};
use super::protection::Protection;
use super::region_map::{REGIONS, Snapshot};
use super::run::{AllocationKind, PageState};
use super::{PageRange, reserving_view, write_watch};
use crate::sys::fault::Attempt;
use crate::sys::memory::Access;
use crate::sys::procmap;

/// What the engine knows of an address that has been touched in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// The page can be used so now: the instruction only has to be tried again.
    Mended,
    /// A guard page.
    Guard,
    /// Nothing that would make it allowed.
    Nothing,
}

/// Finds out why a page could not be used, and mends it where nobody needs to notice: a page of a
/// SEC_RESERVE section that has been committed through another view meanwhile.
///
/// Safe to call in a signal handler: the thread that faulted holds no lock of the engine's, which
/// touches no memory but its own while it holds one.
pub fn touched(address: usize, attempt: Attempt) -> Touched {
    let page = page_down(address);
    match REGIONS.look(page) {
        Snapshot::Allocated {
            state,
            kind: AllocationKind::View,
            ..
        } if state == PageState::RESERVED => match reserving_view::absorb_page(page) {
            Some(protection) if allows(protection, attempt) => Touched::Mended,
            _ => Touched::Nothing,
        },
        Snapshot::Allocated { state, .. } => match state.protection() {
            Some(protection) if protection.contains(Protection::GUARD) => Touched::Guard,
            // The first write to a watched page, where the kernel does not watch.
            Some(protection)
                if attempt == Attempt::Write
                    && allows(protection, attempt)
                    && write_watch::mark_faulting(page) =>
            {
                Touched::Mended
            }
            // Another thread has made it usable between the fault and now.
            Some(protection) if allows(protection, attempt) && !is_barred(page, attempt) => {
                Touched::Mended
            }
            _ => Touched::Nothing,
        },
        Snapshot::Elsewhere { .. } => Touched::Nothing,
    }
}

fn allows(protection: Protection, attempt: Attempt) -> bool {
    protection.access().contains(access_for(attempt))
}

fn access_for(attempt: Attempt) -> Access {
    match attempt {
        Attempt::Read => Access::READ,
        Attempt::Write => Access::WRITE,
        Attempt::Execute => Access::EXEC,
    }
}

/// Whether trying again would fault for ever: the map says that the page may be used, but somebody has
/// taken that away behind the engine's back.
fn is_barred(page: usize, attempt: Attempt) -> bool {
    let bars = || match procmap::covering_or_next(page) {
        Ok(Some(mapping)) => mapping.start > page || !mapping.access.contains(access_for(attempt)),
        _ => true,
    };
    if !bars() {
        return false;
    }
    // Another thread may be changing how the page is mapped: the lock is free when it has done so.
    drop(REGIONS.write());
    bars()
}

/// Makes the guard page at an address a plain one; answers whether it was a guard page. Only that
/// page: its neighbours keep watch.
pub fn take_guard(address: usize) -> bool {
    let page = page_down(address);
    let mut writer = REGIONS.write();
    let Some(run) = writer.run_at(page) else {
        return false;
    };
    let Some(protection) = run.state.protection() else {
        return false;
    };
    if !protection.contains(Protection::GUARD) {
        return false;
    }
    let plain = protection.difference(Protection::GUARD);
    let one = PageRange {
        base: page,
        size: PAGE_SIZE,
    };
    // SAFETY: the page is part of an allocation of ours.
    let changed = unsafe { write_watch::protect(run.allocation, one, plain.access()) };
    if changed.is_ok() && writer.ensure_records().is_ok() {
        writer.set_states(page, page + PAGE_SIZE, |state| {
            PageState::committed(plain).with_own_pages(state.has_own_pages())
        });
    }
    true
}

/// What a system call that answered EFAULT for a buffer would have met, had the program touched it
/// itself: a guard page is plain afterwards, and pages that were committed elsewhere can be used.
/// Answers whether the call is worth trying again.
pub fn touched_by_system_call(buffer: usize, size: usize, attempt: Attempt) -> bool {
    let mut mended = false;
    for page in (page_down(buffer)..buffer.saturating_add(size)).step_by(PAGE_SIZE) {
        match touched(page, attempt) {
            Touched::Mended => mended = true,
            Touched::Guard => {
                take_guard(page);
                return false;
            }
            Touched::Nothing => {}
        }
    }
    mended
}
