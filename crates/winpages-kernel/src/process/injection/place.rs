//! Finding room in another process.

use rustix::io::Errno;

use super::Session;
use crate::NtStatus;
use crate::address_space::layout::{self, MINIMUM_APPLICATION_ADDRESS, application_end};
use crate::address_space::{AddressRequirements, PageRange};
use crate::sys::procmap::Maps;
use crate::sys::random;

impl Session<'_> {
    /// Finds room and has `map` map something there. It answers [`NtStatus::CONFLICTING_ADDRESSES`] of a place that
    /// has been taken meanwhile.
    ///
    /// # Errors
    ///
    /// What else `map` answers, [`NtStatus::NO_MEMORY`] if there is no room.
    pub(super) fn place(
        &mut self,
        size: usize,
        requirements: &AddressRequirements,
        top_down: bool,
        map: impl Fn(&Self, PageRange) -> Result<(), NtStatus>,
    ) -> Result<PageRange, NtStatus> {
        /// The process may map something at the place that was found, but not always.
        const MOST_ATTEMPTS: usize = 16;
        let (zone, zone_end, random_bits) = layout::current().zone();
        if self.record.zone_start == 0 {
            let random = random::number() as usize & ((1 << random_bits) - 1);
            self.record.zone_start = zone + random * layout::ALLOCATION_GRANULARITY;
        }
        let bounds = [
            (self.record.zone_start, zone_end),
            (MINIMUM_APPLICATION_ADDRESS, application_end()),
        ];
        let maps = self.maps()?;
        for _ in 0..MOST_ATTEMPTS {
            let mut places = bounds
                .into_iter()
                .map(|bounds| find(&maps, size, requirements, bounds, top_down));
            let place = places.find_map(Result::transpose).transpose();
            let place = place.map_err(|_| NtStatus::ACCESS_DENIED)?;
            let base = place.ok_or(NtStatus::NO_MEMORY)?;
            let range = PageRange { base, size };
            match map(self, range) {
                Ok(()) => return Ok(range),
                Err(NtStatus::CONFLICTING_ADDRESSES) => {}
                Err(status) => return Err(status),
            }
        }
        Err(NtStatus::NO_MEMORY)
    }

    /// Sees that nothing is mapped in a range.
    ///
    /// # Errors
    ///
    /// [`NtStatus::CONFLICTING_ADDRESSES`] if something is.
    pub(super) fn expect_nothing(&self, range: PageRange) -> Result<(), NtStatus> {
        let next = self.maps()?.covering_or_next(range.base);
        let next = next.map_err(|_| NtStatus::ACCESS_DENIED)?;
        match next.is_none_or(|next| next.start >= range.end()) {
            true => Ok(()),
            false => Err(NtStatus::CONFLICTING_ADDRESSES),
        }
    }
}

/// The lowest, or the highest, place between two addresses where nothing of a process is mapped and a range of
/// `size` bytes may lie.
///
/// # Errors
///
/// What asking for its mappings answers.
fn find(
    maps: &Maps,
    size: usize,
    requirements: &AddressRequirements,
    (low, high): (usize, usize),
    top_down: bool,
) -> Result<Option<usize>, Errno> {
    let (low, high) = requirements.narrow(low, high);
    let alignment = requirements.alignment();
    let mut highest = None;
    let mut at = low;
    while at < high {
        let next = maps.covering_or_next(at)?;
        let gap_end = next.map_or(high, |next| next.start).min(high);
        let fits = |base: &usize| base.checked_add(size).is_some_and(|end| end <= gap_end);
        let lowest = at.checked_next_multiple_of(alignment).filter(fits);
        if let Some(lowest) = lowest {
            if !top_down {
                return Ok(Some(lowest));
            }
            highest = Some((gap_end - size) & !(alignment - 1));
        }
        at = next.map_or(high, |next| next.end);
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_zone_are_found() {
        let maps = Maps::of(std::process::id()).unwrap();
        let zone = (0x2000_0000_0000, 0x2000_0010_0000);
        let any = AddressRequirements::default();
        let find = |size, requirements: &AddressRequirements, top_down| {
            find(&maps, size, requirements, zone, top_down).unwrap()
        };
        assert_eq!(find(0x1000, &any, false), Some(zone.0));
        assert_eq!(find(0x1000, &any, true), Some(zone.1 - 0x1_0000));
        assert_eq!(find(0x10_0000, &any, true), Some(zone.0));
        assert_eq!(find(0x10_1000, &any, false), None);
        let above = AddressRequirements {
            lowest: zone.0 + 0x1_0000,
            alignment: 0x8_0000,
            ..any
        };
        assert_eq!(find(0x1000, &above, false), Some(zone.0 + 0x8_0000));
        assert_eq!(find(0x9_0000, &above, false), None);
    }
}
