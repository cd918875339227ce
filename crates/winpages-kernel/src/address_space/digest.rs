//! What VirtualQuery answers about a run of private memory, in the bits that a page's number leaves free
//! in a word.
//!
//! With a million regions what a query reads is in no cache. So each run's first address carries the
//! answer with it, as far as it fits; what does not is looked up where all is kept.

use super::layout::PAGE_SIZE;
use super::protection::Protection;
use super::run::{AllocationKind, PageState, Run};

/// The answer, or [`Digest::NONE`].
///
/// | bits | what |
/// | --- | --- |
/// | 0–10 | length of the run, as [`LENGTH`] has it: never 0 |
/// | 11–17 | how far behind the allocation's base it begins, as [`DISTANCE`] has it |
/// | 18–22 | protection of the allocation, as [`protection_code`] has it |
/// | 23–27 | protection of the pages, likewise |
/// | 28 | whether they are committed |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u32);

/// What a digest says of a run that begins at a known address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The byte after the last.
    pub end: usize,
    /// The first byte of the allocation.
    pub base: usize,
    /// The state of the pages.
    pub state: PageState,
    /// The protection the allocation was made with.
    pub protection: Protection,
}

/// A count of pages in few bits: exactly that many, or that many times 16, 256 or 4096.
struct Scale {
    /// How many bits count; those above them say how often to multiply by 16.
    count_bits: u32,
    scale_bits: u32,
}

/// Up to 2 MiB in pages, 32 MiB in units of 64 KiB, 512 MiB in MiB, 8 GiB in units of 16 MiB.
const LENGTH: Scale = Scale {
    count_bits: 9,
    scale_bits: 2,
};

/// Up to 256 KiB in pages, 4 MiB in units of 64 KiB.
const DISTANCE: Scale = Scale {
    count_bits: 6,
    scale_bits: 1,
};

const DISTANCE_AT: u32 = LENGTH.bits();
const ALLOCATION_AT: u32 = DISTANCE_AT + DISTANCE.bits();
const PAGES_AT: u32 = ALLOCATION_AT + PROTECTION_BITS;
const COMMITTED: u32 = 1 << (PAGES_AT + PROTECTION_BITS);

impl Scale {
    const fn bits(&self) -> u32 {
        self.count_bits + self.scale_bits
    }

    fn code(&self, pages: usize) -> Option<u32> {
        (0..1 << self.scale_bits).find_map(|scale| {
            let count = pages >> (4 * scale);
            let fits = count << (4 * scale) == pages && count < 1 << self.count_bits;
            fits.then_some(count as u32 | scale << self.count_bits)
        })
    }

    /// The bytes that the lowest bits of a word stand for.
    #[inline]
    fn bytes(&self, word: u32) -> usize {
        let count = word & ((1 << self.count_bits) - 1);
        let scale = word >> self.count_bits & ((1 << self.scale_bits) - 1);
        (count as usize * PAGE_SIZE) << (4 * scale)
    }
}

const PROTECTION_BITS: u32 = 5;

/// A protection with at most one modifier: which base value and which modifier.
fn protection_code(protection: Protection) -> Option<u32> {
    let base = protection.base().bits();
    let modifier = match protection.difference(protection.base()) {
        none if none.is_empty() => 0,
        Protection::GUARD => 1,
        Protection::NOCACHE => 2,
        Protection::WRITECOMBINE => 3,
        _ => return None,
    };
    Some(base.trailing_zeros() | modifier << 3)
}

/// The protection that the lowest bits of a word stand for.
#[inline]
fn protection_of(word: u32) -> Protection {
    let modifier = Protection::GUARD.bits() << (word >> 3 & 3) >> 1;
    let modifier = modifier & !(Protection::GUARD.bits() - 1);
    Protection::from_bits_retain(1 << (word & 7) | modifier)
}

impl Digest {
    /// How many bits there are.
    pub const BITS: u32 = PAGES_AT + PROTECTION_BITS + 1;

    /// What does not fit, and what is not private memory.
    pub const NONE: Self = Self(0);

    /// The digest of a run.
    pub fn of(run: &Run) -> Self {
        Self::of_private(run).unwrap_or(Self::NONE)
    }

    fn of_private(run: &Run) -> Option<Self> {
        let allocation = run.allocation;
        if matches!(
            allocation.kind(),
            AllocationKind::View | AllocationKind::Foreign
        ) {
            return None;
        }
        let length = LENGTH.code((run.end - run.start) / PAGE_SIZE)?;
        let distance = DISTANCE.code((run.start - allocation.base()) / PAGE_SIZE)?;
        let protection = protection_code(allocation.protection())?;
        let pages = match run.state.protection() {
            Some(protection) => COMMITTED | protection_code(protection)? << PAGES_AT,
            None => 0,
        };
        Some(Self(
            length | distance << DISTANCE_AT | protection << ALLOCATION_AT | pages,
        ))
    }

    /// What it says of a run that begins at an address.
    #[inline(always)] // As `query_virtual_memory`, which stands on it.
    pub fn open(self, start: usize) -> Option<Opened> {
        if self == Self::NONE {
            return None;
        }
        Some(Opened {
            end: start.wrapping_add(LENGTH.bytes(self.0)),
            base: start.wrapping_sub(DISTANCE.bytes(self.0 >> DISTANCE_AT)),
            state: if self.0 & COMMITTED != 0 {
                PageState::committed(protection_of(self.0 >> PAGES_AT))
            } else {
                PageState::RESERVED
            },
            protection: protection_of(self.0 >> ALLOCATION_AT),
        })
    }

    pub(super) fn bits(self) -> u32 {
        self.0
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::Allocation;
    use super::*;

    const BASE: usize = 0x1000_0000_0000;

    fn opened(
        protection: Protection,
        distance: usize,
        length: usize,
        state: PageState,
    ) -> Option<Opened> {
        let allocation: &'static Allocation = Box::leak(Box::default());
        let start = BASE + distance;
        let end = start + length;
        allocation.describe(AllocationKind::Private, BASE, end, protection, 0);
        let run = Run {
            start,
            end,
            state,
            allocation,
        };
        let expected = Opened {
            end,
            base: BASE,
            state,
            protection,
        };
        let opened = Digest::of(&run).open(start);
        assert!(opened.is_none_or(|opened| opened == expected), "{run:?}");
        opened
    }

    #[test]
    fn fills_what_a_page_number_leaves() {
        assert_eq!(Digest::BITS, 29);
    }

    #[test]
    fn every_protection_comes_back() {
        let modifiers = [0, 0x100, 0x200, 0x400];
        let all = (0..8).flat_map(|bit| modifiers.map(|modifier| 1 << bit | modifier));
        for protection in all.map(Protection::from_bits_retain) {
            for state in [PageState::RESERVED, PageState::committed(protection)] {
                for allocated in [protection, Protection::EXECUTE_READWRITE] {
                    assert!(opened(allocated, 0, PAGE_SIZE, state).is_some());
                }
            }
        }
        let both = Protection::READWRITE | Protection::GUARD | Protection::NOCACHE;
        assert!(opened(both, 0, PAGE_SIZE, PageState::RESERVED).is_none());
        let both = PageState::committed(both);
        assert!(opened(Protection::READWRITE, 0, PAGE_SIZE, both).is_none());
    }

    #[test]
    fn lengths_and_distances_come_back_or_do_not_fit() {
        for (pages, fits) in [
            (1, true),
            (511, true),
            (512, true),
            (513, false),
            (511 * 16, true),
            (511 * 16 + 1, false),
            (511 * 256, true),
            (511 * 4096, true),
            (512 * 4096, false),
            (1 << 34, false),
        ] {
            let found = opened(
                Protection::READONLY,
                0,
                pages * PAGE_SIZE,
                PageState::RESERVED,
            );
            assert_eq!(found.is_some(), fits, "{pages} pages long");
        }
        for (pages, fits) in [
            (1, true),
            (63, true),
            (64, true),
            (65, false),
            (1024, false),
        ] {
            let found = opened(
                Protection::READONLY,
                pages * PAGE_SIZE,
                PAGE_SIZE,
                PageState::RESERVED,
            );
            assert_eq!(found.is_some(), fits, "{pages} pages behind the base");
        }
    }
}
