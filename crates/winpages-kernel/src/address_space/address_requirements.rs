//! Where an allocation or a view may lie: MEM_ADDRESS_REQUIREMENTS, and the zero bits of older calls.

use super::layout::{
    ALLOCATION_GRANULARITY, MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, application_end,
    maximum_application_address,
};
use crate::NtStatus;

/// Where the engine may put what it is free to place; mirrors MEM_ADDRESS_REQUIREMENTS.
///
/// ```
/// use winpages_kernel::address_space::AddressRequirements;
///
/// let below_four_gib = AddressRequirements {
///     highest: 0xFFFF_FFFF,
///     ..AddressRequirements::default()
/// };
/// assert!(below_four_gib.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRequirements {
    /// The lowest first byte, a multiple of 64 KiB; 0 for no limit.
    pub lowest: usize,
    /// The highest last byte, one less than a multiple of the page size; 0 for no limit.
    pub highest: usize,
    /// What the address is a multiple of, a power of two of at least 64 KiB; 0 for 64 KiB.
    pub alignment: usize,
}

impl AddressRequirements {
    /// Checks what a program asks for.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`].
    pub fn check(&self) -> Result<(), NtStatus> {
        let lowest = self.lowest.is_multiple_of(ALLOCATION_GRANULARITY);
        let highest = self.highest == 0
            || (self.highest <= maximum_application_address()
                && (self.highest + 1).is_multiple_of(PAGE_SIZE)
                && self.lowest < self.highest);
        let alignment = self.alignment == 0
            || (self.alignment.is_power_of_two() && self.alignment >= ALLOCATION_GRANULARITY);
        if lowest && highest && alignment && self.lowest <= maximum_application_address() {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PARAMETER)
        }
    }

    /// What the zero bits of NtAllocateVirtualMemory and NtMapViewOfSection ask for: up to 20, how
    /// many of the upper bits of a 32-bit address are zero; from 32 on, a mask of the bits that need
    /// not be.
    ///
    /// ```
    /// use winpages_kernel::address_space::AddressRequirements;
    ///
    /// let highest = |bits| AddressRequirements::from_zero_bits(bits).map(|given| given.highest);
    /// assert_eq!(highest(0), Some(0));
    /// assert_eq!(highest(1), Some(0x7FFF_FFFF));
    /// assert_eq!(highest(0x1FFF_FFFF), Some(0x1FFF_FFFF));
    /// assert_eq!(highest(22), None);
    /// ```
    pub fn from_zero_bits(zero_bits: usize) -> Option<Self> {
        let highest = match zero_bits {
            0 => 0,
            1..=21 => (1 << (32 - zero_bits)) - 1,
            22..=31 => return None,
            mask => (usize::MAX >> mask.leading_zeros()).min(maximum_application_address()),
        };
        Some(Self {
            highest,
            ..Self::default()
        })
    }

    /// Whether the engine may put anything anywhere.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a range of a caller's own choice lies where it must.
    pub fn allow(&self, base: usize, size: usize) -> bool {
        let within = self.highest == 0
            || base
                .checked_add(size)
                .is_some_and(|end| end - 1 <= self.highest);
        within && base >= self.lowest && base.is_multiple_of(self.alignment())
    }

    pub(crate) fn alignment(&self) -> usize {
        self.alignment.max(ALLOCATION_GRANULARITY)
    }

    /// The part of a range that lies where it must, from the first byte to the one behind the last.
    pub(crate) fn narrow(&self, low: usize, high: usize) -> (usize, usize) {
        let end = match self.highest {
            0 => application_end(),
            highest => highest + 1,
        };
        let start = self.lowest.max(MINIMUM_APPLICATION_ADDRESS);
        (low.max(start), high.min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lowest: usize, highest: usize, alignment: usize) -> bool {
        let requirements = AddressRequirements {
            lowest,
            highest,
            alignment,
        };
        requirements.check().is_ok()
    }

    #[test]
    fn bounds_are_those_of_pages() {
        assert!(of(0, 0, 0));
        assert!(of(0, 0x2000_0FFF, 0));
        assert!(of(0, maximum_application_address(), 0));
        assert!(!of(0, maximum_application_address() + PAGE_SIZE, 0));
        assert!(!of(0, 0x2000_1001, 0));
        assert!(!of(0, 0x2000_0FFE, 0));
        assert!(!of(0, 0x2000_07FF, 0));
        assert!(!of(0x1000, 0, 0));
        assert!(!of(0x2001_0000, 0x2000_FFFF, 0));
        assert!(!of(0, usize::MAX, 0));
    }

    #[test]
    fn alignments_are_powers_of_two() {
        assert!(of(0, 0, 0x1_0000));
        assert!(of(0, 0, 0x20_0000));
        assert!(!of(0, 0, 0x8000));
        assert!(!of(0, 0, 0x3_0000));
    }
}
