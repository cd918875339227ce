//! What an allocation call asks for, once its arguments are found to go together.

use super::layout::{MINIMUM_APPLICATION_ADDRESS, application_end, granularity_down, page_up};
use super::{AddressRequirements, PageRange, Protection};
use crate::NtStatus;

bitflags::bitflags! {
    /// What an allocation call is to do: Windows' MEM_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AllocationType: u32 {
        /// MEM_COMMIT
        const COMMIT = 0x1000;
        /// MEM_RESERVE
        const RESERVE = 0x2000;
        /// MEM_REPLACE_PLACEHOLDER: in the place of exactly one placeholder.
        const REPLACE_PLACEHOLDER = 0x4000;
        /// MEM_RESERVE_PLACEHOLDER: reserve a placeholder.
        const RESERVE_PLACEHOLDER = 0x4_0000;
        /// MEM_RESET: the contents of the pages are no longer needed.
        const RESET = 0x8_0000;
        /// MEM_TOP_DOWN: at the highest address possible.
        const TOP_DOWN = 0x10_0000;
        /// MEM_WRITE_WATCH: remember which pages are written.
        const WRITE_WATCH = 0x20_0000;
        /// MEM_PHYSICAL: a window for pages that the program allocates and maps by number.
        const PHYSICAL = 0x40_0000;
        /// MEM_RESET_UNDO: the contents of pages that were reset are needed after all.
        const RESET_UNDO = 0x100_0000;
        /// MEM_LARGE_PAGES: of the processor's larger pages, which stay in memory.
        const LARGE_PAGES = 0x2000_0000;
    }
}

/// What an allocation call is asked for, as the program gives it.
///
/// ```
/// use winpages_kernel::address_space::{
///     Allocate, AddressRequirements, allocate_virtual_memory_within, free_virtual_memory,
/// };
///
/// let reserve_and_commit = 0x3000;
/// let readwrite = 4;
/// let low = AddressRequirements { highest: 0x7FFF_FFFF, ..AddressRequirements::default() };
/// let request = Allocate {
///     requirements: low,
///     ..Allocate::new(0, 0x1000, reserve_and_commit, readwrite)
/// };
/// let pages = allocate_virtual_memory_within(&request).unwrap();
/// assert!(pages.base < 0x8000_0000);
/// let release = 0x8000;
/// free_virtual_memory(pages.base, 0, release).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Allocate {
    /// Where the engine may put it, if `base` is 0.
    pub requirements: AddressRequirements,
    /// Its address; 0 where the engine likes.
    pub base: usize,
    /// How long it is, in bytes.
    pub size: usize,
    /// MEM_ constants.
    pub allocation_type: u32,
    /// A PAGE_ constant.
    pub protection: u32,
}

impl Allocate {
    /// Asks for nothing of the address.
    pub fn new(base: usize, size: usize, allocation_type: u32, protection: u32) -> Self {
        Self {
            requirements: AddressRequirements::default(),
            base,
            size,
            allocation_type,
            protection,
        }
    }

    /// Asks, where the engine may choose the address, for one below the highest that so many zero bits leave;
    /// mirrors NtAllocateVirtualMemory, which knows no placeholders: they are newer.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER_3`] for zero bits that there are not, [`NtStatus::INVALID_PARAMETER`] for
    /// placeholders.
    pub fn below(
        zero_bits: usize,
        base: usize,
        size: usize,
        allocation_type: u32,
        protection: u32,
    ) -> Result<Self, NtStatus> {
        let requirements =
            AddressRequirements::from_zero_bits(zero_bits).ok_or(NtStatus::INVALID_PARAMETER_3)?;
        let placeholders =
            AllocationType::REPLACE_PLACEHOLDER | AllocationType::RESERVE_PLACEHOLDER;
        if allocation_type & placeholders.bits() != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let mut asked = Self::new(base, size, allocation_type, protection);
        // Where the caller chooses the address, zero bits mean nothing.
        if base == 0 {
            asked.requirements = requirements;
        }
        Ok(asked)
    }
}

/// An allocation call whose arguments go together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllocationRequest {
    pub kind: AllocationType,
    pub protection: Protection,
    pub wanted: Wanted,
}

/// Which pages an allocation call is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    /// So many bytes are to be reserved, wherever there is room.
    Anywhere(usize),
    /// These are to be reserved.
    At(PageRange),
    /// These are to take the place of a placeholder.
    Placeholder(PageRange),
    /// These are to be committed.
    Pages(PageRange),
    /// These are to be reset, or not to be after all.
    Reset(PageRange),
    /// Of larger pages, whose rules are others.
    LargePages,
}

impl AllocationRequest {
    /// Checks the arguments of an allocation call; see [`super::allocate_virtual_memory_within`].
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`], [`NtStatus::INVALID_PAGE_PROTECTION`].
    pub fn check(asked: &Allocate) -> Result<Self, NtStatus> {
        let Allocate {
            requirements,
            base,
            size,
            allocation_type,
            protection,
        } = *asked;
        requirements.check()?;
        if base != 0 && !requirements.is_none() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let kind = AllocationType::from_bits(allocation_type).ok_or(NtStatus::INVALID_PARAMETER)?;
        let resets = AllocationType::RESET | AllocationType::RESET_UNDO;
        if kind.intersects(resets) && kind.bits().count_ones() != 1 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let window = AllocationType::RESERVE | AllocationType::PHYSICAL;
        if kind.contains(AllocationType::PHYSICAL)
            && (kind.difference(AllocationType::TOP_DOWN) != window
                || protection != Protection::READWRITE.bits())
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let what = AllocationType::COMMIT | AllocationType::RESERVE;
        if !kind.intersects(what | resets) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if kind.contains(AllocationType::WRITE_WATCH) && !kind.contains(AllocationType::RESERVE) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        check_placeholder(kind, base, protection)?;
        let protection = Protection::parse(protection)?;
        if protection.is_copy_on_write() && (base == 0 || kind.contains(AllocationType::RESERVE)) {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        if size == 0 || (base != 0 && base < MINIMUM_APPLICATION_ADDRESS) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let pages = || PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER);
        let wanted = if kind.contains(AllocationType::LARGE_PAGES) {
            Wanted::LargePages
        } else if kind.intersects(resets) {
            Wanted::Reset(pages()?)
        } else if base == 0 {
            let size = page_up(size)
                .filter(|size| *size <= application_end() - MINIMUM_APPLICATION_ADDRESS)
                .ok_or(NtStatus::INVALID_PARAMETER)?;
            Wanted::Anywhere(size)
        } else if kind.contains(AllocationType::REPLACE_PLACEHOLDER) {
            Wanted::Placeholder(pages()?)
        } else if kind.contains(AllocationType::RESERVE) {
            let end = pages()?.end();
            let base = granularity_down(base);
            Wanted::At(PageRange {
                base,
                size: end - base,
            })
        } else {
            Wanted::Pages(pages()?)
        };
        Ok(Self {
            kind,
            protection,
            wanted,
        })
    }
}

/// Checks what is asked for a placeholder, or in place of one.
fn check_placeholder(kind: AllocationType, base: usize, protection: u32) -> Result<(), NtStatus> {
    let made = AllocationType::RESERVE | AllocationType::RESERVE_PLACEHOLDER;
    let is_made = kind.contains(AllocationType::RESERVE_PLACEHOLDER);
    let is_replaced = kind.contains(AllocationType::REPLACE_PLACEHOLDER);
    let can_be_made = kind.difference(AllocationType::TOP_DOWN) == made
        && protection == Protection::NOACCESS.bits();
    let can_be_replaced = kind.contains(AllocationType::RESERVE)
        && !kind.contains(AllocationType::PHYSICAL)
        && base != 0;
    if (is_made && !can_be_made) || (is_replaced && !can_be_replaced) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(())
}
