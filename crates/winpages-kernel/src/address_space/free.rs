//! Decommitting and releasing: NtFreeVirtualMemory.

use super::layout::{maximum_application_address, page_down, page_up};
use super::region_map::{REGIONS, Writer};
use super::run::{AllocationKind, PageState, Run};
use super::{PageRange, user_physical_pages, write_watch};
use crate::NtStatus;
use crate::residency::forget_samples;
use crate::sys::memory::{self, Access};

bitflags::bitflags! {
    /// What a free call is to do: Windows' MEM_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FreeType: u32 {
        /// MEM_DECOMMIT: give the memory back, keep the addresses.
        const DECOMMIT = 0x4000;
        /// MEM_RELEASE: give the whole allocation back.
        const RELEASE = 0x8000;
    }
}

/// Decommits pages or releases an allocation; mirrors NtFreeVirtualMemory for the calling process.
/// Answers the range that was freed.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: `free_type` is not one of the two, a release has a size, or
///   `base` is no application's address.
/// * [`NtStatus::MEMORY_NOT_ALLOCATED`]: there is no allocation at `base`, or one of physical
///   or large pages, where nothing can be decommitted.
/// * [`NtStatus::FREE_VM_NOT_AT_BASE`]: `size` is 0 and `base` is not in the allocation's first page.
/// * [`NtStatus::UNABLE_TO_FREE_VM`]: the range passes the end of its allocation.
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: the range lies in a view, which cannot be freed so.
/// * [`NtStatus::NO_MEMORY`]: the kernel cannot cut one mapping more; nothing is changed.
pub fn free_virtual_memory(
    base: usize,
    size: usize,
    free_type: u32,
) -> Result<PageRange, NtStatus> {
    let kind = FreeType::from_bits(free_type).ok_or(NtStatus::INVALID_PARAMETER)?;
    let release = match kind {
        FreeType::RELEASE if size == 0 => true,
        FreeType::DECOMMIT => false,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    if base > maximum_application_address() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut writer = REGIONS.write();
    let run = writer.run_at(base).ok_or(NtStatus::MEMORY_NOT_ALLOCATED)?;
    if run.allocation.kind() == AllocationKind::View {
        // Windows answers ERROR_INVALID_PARAMETER here, whose status this is.
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let allocation = run.allocation;
    let whole = PageRange {
        base: allocation.base(),
        size: allocation.end() - allocation.base(),
    };
    if size == 0 && page_down(base) != whole.base {
        return Err(NtStatus::FREE_VM_NOT_AT_BASE);
    }
    let is_window = allocation.kind() == AllocationKind::Physical;
    let is_large = allocation.kind() == AllocationKind::Large;
    if release {
        // SAFETY: the allocation is ours, and the caller gives it up.
        unsafe { memory::unmap(whole.base, whole.size) }.map_err(|_| NtStatus::NO_MEMORY)?;
        if is_window {
            user_physical_pages::end(allocation);
        } else {
            write_watch::end(allocation.view());
        }
        writer.remove_allocation(allocation);
        forget_samples(whole);
        return Ok(whole);
    }
    if is_window || is_large {
        return Err(NtStatus::MEMORY_NOT_ALLOCATED);
    }
    let range = if size == 0 {
        whole
    } else {
        let end = base.checked_add(size).and_then(page_up);
        let end = end
            .filter(|end| *end <= whole.end())
            .ok_or(NtStatus::UNABLE_TO_FREE_VM)?;
        let base = page_down(base);
        PageRange {
            base,
            size: end - base,
        }
    };
    decommit(&mut writer, range, run)
}

fn decommit(writer: &mut Writer<'_>, range: PageRange, run: Run) -> Result<PageRange, NtStatus> {
    if run.state == PageState::RESERVED && run.end >= range.end() {
        return Ok(range);
    }
    writer.ensure_records()?;
    write_watch::keep_marks(writer, run.allocation, range);
    // SAFETY: the range lies in one allocation of ours, and the caller gives its contents up.
    if unsafe { memory::map_reserved_over(range.base, range.size) }.is_err() {
        // The kernel may have unmapped the range before it found that it could not map it anew. A
        // hole would be somebody else's to take: fill what is missing, and where nothing is, empty
        // the pages in place. They stay charged then, but they are decommitted to everybody.
        empty_in_place(range)?;
    }
    write_watch::watch_anew(run.allocation, range);
    writer.set_states(range.base, range.end(), |_| PageState::RESERVED);
    forget_samples(range);
    Ok(range)
}

#[cold]
fn empty_in_place(range: PageRange) -> Result<(), NtStatus> {
    // SAFETY: the range is ours; NOREPLACE leaves pages that are still there alone.
    let _ = unsafe { memory::map_anonymous(range.base, range.size, Access::empty()) };
    // SAFETY: the range is ours and its contents are given up.
    let emptied = unsafe { memory::discard(range.base, range.size) }
        // SAFETY: as above.
        .and_then(|()| unsafe { memory::protect(range.base, range.size, Access::empty()) });
    emptied.map_err(|_| NtStatus::NO_MEMORY)
}
