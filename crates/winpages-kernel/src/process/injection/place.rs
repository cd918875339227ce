//! Finding room in another process.

use rustix::io::Errno;

use crate::address_space::AddressRequirements;
use crate::sys::procmap::Maps;

/// The lowest, or the highest, place between two addresses where nothing of a process is mapped and a range of
/// `size` bytes may lie.
///
/// # Errors
///
/// What asking for its mappings answers.
pub(super) fn find(
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
