//! Decommitting and releasing: NtFreeVirtualMemory.

use super::layout::{maximum_application_address, page_down};
use super::region_map::{REGIONS, Writer};
use super::run::{Allocation, AllocationKind, PageState, Run};
use super::{PageRange, placeholder, user_physical_pages, write_watch};
use crate::NtStatus;
use crate::residency::forget_samples;
use crate::sys::memory::{self, Access};

bitflags::bitflags! {
    /// What a free call is to do: Windows' MEM_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FreeType: u32 {
        /// MEM_COALESCE_PLACEHOLDERS: with a release, make placeholders side by side one.
        const COALESCE_PLACEHOLDERS = 0x1;
        /// MEM_PRESERVE_PLACEHOLDER: with a release, leave a placeholder behind.
        const PRESERVE_PLACEHOLDER = 0x2;
        /// MEM_DECOMMIT: give the memory back, keep the addresses.
        const DECOMMIT = 0x4000;
        /// MEM_RELEASE: give the addresses back, too.
        const RELEASE = 0x8000;
    }
}

/// What is to become of the pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Decommit,
    Release,
    Preserve,
    Coalesce,
}

impl Task {
    /// Checks the arguments of a free call; see [`free_virtual_memory`].
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER_4`], [`NtStatus::INVALID_PARAMETER_3`], [`NtStatus::INVALID_PARAMETER`].
    pub fn check(base: usize, size: usize, free_type: u32) -> Result<Self, NtStatus> {
        let task = Self::of(free_type).ok_or(NtStatus::INVALID_PARAMETER_4)?;
        if base > maximum_application_address() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if matches!(task, Self::Preserve | Self::Coalesce) && size == 0 {
            return Err(NtStatus::INVALID_PARAMETER_3);
        }
        Ok(task)
    }

    fn of(free_type: u32) -> Option<Self> {
        let kind = FreeType::from_bits(free_type)?;
        let preserve = FreeType::RELEASE | FreeType::PRESERVE_PLACEHOLDER;
        let coalesce = FreeType::RELEASE | FreeType::COALESCE_PLACEHOLDERS;
        match kind {
            FreeType::DECOMMIT => Some(Self::Decommit),
            FreeType::RELEASE => Some(Self::Release),
            kind if kind == preserve => Some(Self::Preserve),
            kind if kind == coalesce => Some(Self::Coalesce),
            _ => None,
        }
    }
}

/// Decommits pages, releases an allocation or part of it, or splits and joins placeholders; mirrors
/// NtFreeVirtualMemory for the calling process. `size` 0 means the whole allocation, where there may
/// be one. Answers the range that was freed.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER_4`]: `free_type` is none of the four.
/// * [`NtStatus::INVALID_PARAMETER_3`]: `size` is 0 where a placeholder is to be left or made.
/// * [`NtStatus::INVALID_PARAMETER`]: `base` is no application's address, or lies in a view, which
///   cannot be freed so.
/// * [`NtStatus::MEMORY_NOT_ALLOCATED`]: there is no allocation at `base`, or one of physical
///   or large pages, where nothing can be decommitted.
/// * [`NtStatus::FREE_VM_NOT_AT_BASE`]: `size` is 0 and `base` is not in the allocation's first page,
///   or only part of an allocation of physical or large pages or with write watch is to be released.
/// * [`NtStatus::UNABLE_TO_FREE_VM`]: the range passes the end of its allocation.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: a placeholder is to be left of what never was one, or of all
///   of one; or the range to coalesce is not exactly that of two or more placeholders.
/// * [`NtStatus::NO_MEMORY`]: the kernel cannot cut one mapping more; nothing is changed.
pub fn free_virtual_memory(
    base: usize,
    size: usize,
    free_type: u32,
) -> Result<PageRange, NtStatus> {
    let task = Task::check(base, size, free_type)?;
    let mut writer = REGIONS.write();
    let run = writer.run_at(base).ok_or(NtStatus::MEMORY_NOT_ALLOCATED)?;
    let allocation = run.allocation;
    if allocation.kind() == AllocationKind::View && task != Task::Coalesce {
        // Windows answers ERROR_INVALID_PARAMETER here, whose status this is.
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let whole = allocation.range();
    if task == Task::Coalesce {
        let range = PageRange::touching(base, size).ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
        return placeholder::coalesce(&mut writer, range, allocation);
    }
    let range = range_within(whole, base, size)?;
    let is_fixed = [AllocationKind::Physical, AllocationKind::Large].contains(&allocation.kind());
    match task {
        Task::Decommit if is_fixed => Err(NtStatus::MEMORY_NOT_ALLOCATED),
        Task::Decommit => decommit(&mut writer, range, run),
        Task::Preserve => placeholder::preserve(&mut writer, range, allocation),
        Task::Release | Task::Coalesce => release(&mut writer, range, allocation),
    }
}

/// The pages of an allocation that a free call is about.
///
/// # Errors
///
/// [`NtStatus::FREE_VM_NOT_AT_BASE`], [`NtStatus::UNABLE_TO_FREE_VM`].
pub(crate) fn range_within(
    whole: PageRange,
    base: usize,
    size: usize,
) -> Result<PageRange, NtStatus> {
    if size != 0 {
        return PageRange::touching(base, size)
            .filter(|range| range.end() <= whole.end())
            .ok_or(NtStatus::UNABLE_TO_FREE_VM);
    }
    if page_down(base) == whole.base {
        Ok(whole)
    } else {
        Err(NtStatus::FREE_VM_NOT_AT_BASE)
    }
}

/// Whether part of an allocation cannot be released without the rest: where a table goes with it, or
/// its pages are large, as on Windows.
pub(super) fn is_indivisible(allocation: &Allocation) -> bool {
    allocation.view() != 0 || allocation.kind() == AllocationKind::Large
}

fn release(
    writer: &mut Writer<'_>,
    range: PageRange,
    allocation: &'static Allocation,
) -> Result<PageRange, NtStatus> {
    let is_part = range != allocation.range();
    if is_part && is_indivisible(allocation) {
        return Err(NtStatus::FREE_VM_NOT_AT_BASE);
    }
    if is_part {
        writer.ensure_records()?;
    }
    // SAFETY: the range is part of an allocation of ours, and the caller gives it up.
    unsafe { memory::unmap(range.base, range.size) }.map_err(|_| NtStatus::NO_MEMORY)?;
    if allocation.kind() == AllocationKind::Physical {
        user_physical_pages::end(allocation);
    } else {
        write_watch::end(allocation.view());
    }
    let released = if is_part {
        writer.separate(allocation, range)
    } else {
        allocation
    };
    writer.remove_allocation(released);
    forget_samples(range);
    Ok(range)
}

fn decommit(writer: &mut Writer<'_>, range: PageRange, run: Run) -> Result<PageRange, NtStatus> {
    if run.state == PageState::RESERVED && run.end >= range.end() {
        return Ok(range);
    }
    writer.ensure_records()?;
    write_watch::keep_marks(writer, run.allocation, range);
    empty(range)?;
    write_watch::watch_anew(run.allocation, range);
    writer.set_states(range.base, range.end(), |_| PageState::RESERVED);
    forget_samples(range);
    Ok(range)
}

/// Makes pages of a private allocation of ours reserved again, whose contents the caller gives up.
pub(super) fn empty(range: PageRange) -> Result<(), NtStatus> {
    // SAFETY: the range lies in one allocation of ours, and the caller gives its contents up.
    unsafe { memory::map_reserved_over(range.base, range.size) }.or_else(|_| empty_in_place(range))
}

/// The same where the kernel has no room for one mapping more. The pages stay charged then, but they
/// are decommitted to everybody.
#[cold]
fn empty_in_place(range: PageRange) -> Result<(), NtStatus> {
    // SAFETY: the range is ours and its contents are given up.
    let emptied = unsafe { memory::discard(range.base, range.size) }
        // SAFETY: as above.
        .and_then(|()| unsafe { memory::protect(range.base, range.size, Access::empty()) });
    emptied.map_err(|_| NtStatus::NO_MEMORY)
}
