//! The regions of a process that does not tell them itself, in Windows' terms, from what the kernel knows of
//! its mappings.

use rustix::io::Errno;

use super::Process;
use super::foreign_image::{covering, image_around};
use super::injection::{Record, Run};
use crate::NtStatus;
use crate::address_space::layout::{
    MINIMUM_APPLICATION_ADDRESS, maximum_application_address, page_down,
};
use crate::address_space::{
    MemoryBasicInformation, MemoryState, PageRange, foreign_protection, reported,
};
use crate::sys::pagemap::Pagemap;
use crate::sys::procmap::{Mapping, Maps};

impl Process {
    /// Describes the pages from `address` on that are alike.
    pub(super) fn describe(&self, address: usize) -> Result<MemoryBasicInformation, NtStatus> {
        if address > maximum_application_address() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let page = page_down(address);
        let record = match Record::of(self.number) {
            // What is wrong with it the process has done itself, and who may not trace it may not see it. The
            // kernel knows the rest.
            Err(NtStatus::UNSUCCESSFUL | NtStatus::ACCESS_DENIED) => Record::default(),
            record => record?,
        };
        self.with_mapping(page, |maps, found| match record.run_at(page) {
            Some(run) => self.describe_recorded(maps, page, found, run),
            None => self.describe_mapped(maps, page, found, record.gap_around(page)),
        })
    }

    /// The same of an address between two regions that the process has told of.
    pub(super) fn describe_between(
        &self,
        address: usize,
        gap: (usize, usize),
    ) -> Result<MemoryBasicInformation, NtStatus> {
        let page = page_down(address);
        self.with_mapping(page, |maps, found| {
            self.describe_mapped(maps, page, found, gap)
        })
    }

    /// Has `work` done with the mapping that covers a page, or the next above.
    fn with_mapping(
        &self,
        page: usize,
        work: impl FnOnce(&Maps, Option<Mapping>) -> Result<MemoryBasicInformation, Errno>,
    ) -> Result<MemoryBasicInformation, NtStatus> {
        let kept = self.maps.take().map(Maps::from_descriptor);
        // A process that has become another program has other mappings, and the descriptor none.
        let known = kept.and_then(|maps| match maps.covering_or_next(page) {
            Ok(Some(found)) => Some((maps, Some(found))),
            Ok(None) if matches!(maps.covering_or_next(0), Ok(Some(_))) => Some((maps, None)),
            _ => None,
        });
        let (maps, found) = match known {
            Some(known) => known,
            None => {
                let maps = self.open_maps()?;
                let found = maps.covering_or_next(page);
                (maps, found.map_err(|_| NtStatus::ACCESS_DENIED)?)
            }
        };
        let described = work(&maps, found).map_err(|_| NtStatus::ACCESS_DENIED);
        self.maps.keep(maps.into_descriptor());
        if self.may_have_lost_number() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        described
    }

    pub(super) fn open_maps(&self) -> Result<Maps, NtStatus> {
        Maps::of(self.number).map_err(|errno| match errno {
            Errno::NOENT | Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
            Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
            _ => NtStatus::ACCESS_DENIED,
        })
    }

    /// Describes a page of an allocation that was made from outside.
    fn describe_recorded(
        &self,
        maps: &Maps,
        page: usize,
        found: Option<Mapping>,
        run: &Run,
    ) -> Result<MemoryBasicInformation, Errno> {
        let Some(mapping) = found.filter(|mapping| mapping.start <= page) else {
            // The process has unmapped it itself.
            return self.describe_mapped(maps, page, found, (0, run.end));
        };
        let mut end = mapping.end;
        while end < run.end
            && let Some(next) = covering(maps, end)?
            && (next.access, next.shared) == (mapping.access, mapping.shared)
        {
            end = next.end;
        }
        let mut end = end.min(run.end);
        // It may have changed the protection itself, too.
        let protection = if mapping.access == run.access() {
            run.protection
        } else {
            Some(foreign_protection(&mapping))
        };
        let protection = protection.map(|given| {
            let range = PageRange {
                base: page,
                size: end - page,
            };
            let (given, until) = reported(given, range, || Pagemap::of(self.number));
            end = until;
            given
        });
        Ok(MemoryBasicInformation {
            base_address: page,
            allocation_base: run.allocation.base,
            allocation_protection: Some(run.allocation.protection),
            region_size: end - page,
            state: match protection {
                Some(_) => MemoryState::Commit,
                None => MemoryState::Reserve,
            },
            protection,
            kind: run.allocation.kind(),
        })
    }

    /// Describes a page, with the mapping that covers it or is the next above. What is known from elsewhere ends
    /// and begins at the two addresses around it: the kernel may have merged it with what is there.
    fn describe_mapped(
        &self,
        maps: &Maps,
        page: usize,
        found: Option<Mapping>,
        (previous_end, next_start): (usize, usize),
    ) -> Result<MemoryBasicInformation, Errno> {
        let end = next_start.min(maximum_application_address() + 1);
        if page < MINIMUM_APPLICATION_ADDRESS {
            let end = end.min(MINIMUM_APPLICATION_ADDRESS);
            return Ok(MemoryBasicInformation::free(page, end));
        }
        let found = found.filter(|mapping| mapping.start < end);
        let Some(mapping) = found.filter(|mapping| mapping.start <= page) else {
            let end = found.map_or(end, |next| next.start);
            return Ok(MemoryBasicInformation::free(page, end));
        };
        let image = image_around(self.number, maps, &mapping)?;
        Ok(MemoryBasicInformation::foreign(
            page,
            &mapping,
            image,
            (previous_end, end),
        ))
    }
}
