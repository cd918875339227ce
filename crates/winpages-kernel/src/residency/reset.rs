//! Memory whose contents are no longer needed, unless somebody says in time that they are after all:
//! MEM_RESET and MEM_RESET_UNDO.

use super::lock::for_each_region;
use super::samples::{self, Reclaimed};
use crate::NtStatus;
use crate::address_space::{MemoryKind, MemoryState, PageRange};
use crate::sys::memory::Access;

/// Leaves the contents of pages of one allocation to the kernel: those of private pages that can be
/// read and written. The others keep theirs, and so does whatever there is no memory to keep account
/// of: a reset that frees nothing is one.
pub(crate) fn reset(range: PageRange) {
    for_each_private_part(range, |part| {
        let _ = samples::leave_to_kernel(part);
    });
}

/// Takes a reset back.
///
/// # Errors
///
/// [`NtStatus::DEVICE_BUSY`] if the contents of a page are lost: what ReclaimVirtualMemory answers, too.
pub(crate) fn undo_reset(range: PageRange) -> Result<(), NtStatus> {
    let mut outcome = Ok(());
    for_each_private_part(range, |part| {
        if samples::keep(part) == Reclaimed::Lost {
            outcome = Err(NtStatus::DEVICE_BUSY);
        }
    });
    outcome
}

fn for_each_private_part(range: PageRange, mut work: impl FnMut(PageRange)) {
    // Whoever changes the range at the same time gets what that leads to, but no error for the reset.
    let _ = for_each_region(range, |region, start, end| {
        let usable = region
            .protection
            .is_some_and(|given| given.access().contains(Access::READ | Access::WRITE));
        if region.kind == MemoryKind::Private && region.state == MemoryState::Commit && usable {
            work(PageRange {
                base: start,
                size: end - start,
            });
        }
        Ok(())
    });
}
