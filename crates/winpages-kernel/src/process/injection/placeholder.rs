//! Placeholders in another process: reserved pages, of which the record alone knows what may become of them.

use super::record::{Allocation, MadeOf, Run};
use super::{NO_FILE, Session, map_pages, restore, set_access, status};
use crate::NtStatus;
use crate::address_space::{PageRange, Protection, charged};
use crate::sys::memory::Access;
use crate::sys::tracee::Tracee;
use crate::sys::watched_thread::InjectionError;

impl Session<'_> {
    /// Sees that a placeholder takes up exactly a range.
    ///
    /// # Errors
    ///
    /// [`NtStatus::CONFLICTING_ADDRESSES`] if none does.
    pub(super) fn expect_placeholder(&self, range: PageRange) -> Result<(), NtStatus> {
        let run = self.record.run_at(range.base);
        run.filter(|run| run.allocation.made_of == MadeOf::Placeholder && run.range() == range)
            .map(drop)
            .ok_or(NtStatus::CONFLICTING_ADDRESSES)
    }

    /// The runs with a placeholder in the place of whatever lay in a range.
    pub(super) fn with_placeholder(&self, range: PageRange) -> Vec<Run> {
        let placeholder = Allocation {
            base: range.base,
            protection: Protection::NOACCESS,
            made_of: MadeOf::Placeholder,
            is_in_placeholder: true,
        };
        self.record.with_allocation(range, None, placeholder)
    }

    /// Puts private pages in the place of a placeholder; they are committed if they have a protection.
    pub(super) fn replace(
        &self,
        range: PageRange,
        committed: Option<Protection>,
        protection: Protection,
    ) -> Result<(), InjectionError> {
        let allocation = Allocation {
            base: range.base,
            protection,
            made_of: MadeOf::PrivatePages,
            is_in_placeholder: true,
        };
        let access = committed.map(|protection| protection.access());
        let before = [Run {
            start: range.base,
            end: range.end(),
            protection: None,
            allocation,
        }];
        let runs = self.record.with_allocation(range, committed, allocation);
        self.change(&runs, |tracee| {
            let Some(access) = access else {
                return Ok(());
            };
            set_access(tracee, range, charged(access))
                .and_then(|()| match access == charged(access) {
                    true => Ok(()),
                    false => set_access(tracee, range, access),
                })
                .inspect_err(|_| restore(tracee, &before))
        })
    }

    /// Splits a placeholder, or makes one again of what took the place of one, or of part of that.
    ///
    /// # Errors
    ///
    /// As the same in this process: [`free_virtual_memory`](crate::address_space::free_virtual_memory).
    pub(super) fn preserve(
        &self,
        range: PageRange,
        allocation: Allocation,
    ) -> Result<(), NtStatus> {
        let is_placeholder = allocation.made_of == MadeOf::Placeholder;
        let can_be = if is_placeholder {
            range != self.record.range_of(allocation)
        } else {
            allocation.is_in_placeholder
        };
        if !can_be {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        let runs = self.with_placeholder(range);
        self.change(&runs, |tracee| match is_placeholder {
            true => Ok(()),
            false => empty(tracee, range),
        })
        .map_err(|error| status(error, |_| NtStatus::NO_MEMORY))
    }

    /// Makes one placeholder of two or more side by side.
    ///
    /// # Errors
    ///
    /// [`NtStatus::CONFLICTING_ADDRESSES`] if the range is not exactly theirs.
    pub(super) fn coalesce(&self, range: PageRange) -> Result<(), NtStatus> {
        let mut end = range.base;
        let mut count = 0;
        while end < range.end()
            && let Some(run) = self.record.run_at(end)
            && run.allocation.made_of == MadeOf::Placeholder
            && run.start == end
        {
            end = run.end;
            count += 1;
        }
        if end != range.end() || count < 2 {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        self.change(&self.with_placeholder(range), |_| Ok(()))
            .map_err(|error| status(error, |_| NtStatus::NO_MEMORY))
    }
}

/// Has a process give up the contents of pages, and keep their place reserved.
pub(super) fn empty(tracee: &mut Tracee<'_>, range: PageRange) -> Result<(), InjectionError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    map_pages(tracee, range, Access::empty(), flags, NO_FILE)
}
