//! Runs of pages, and the allocations they belong to.

use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::PageRange;
use super::pool::Pooled;
use super::protection::Protection;

/// A run of pages of one allocation that are all in the same state with the same protection.
///
/// The map holds maximal runs: two neighbours of one allocation never agree in [`PageState`].
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What the pages are in.
    pub state: PageState,
    /// The allocation they belong to.
    pub allocation: &'static Allocation,
}

impl Run {
    /// What a query asks of a run beside its ends and its allocation's base.
    pub(super) fn facts(&self) -> RunFacts {
        RunFacts(
            self.state.0
                | self.allocation.protection().bits() << RunFacts::PROTECTION
                | (self.allocation.kind() as u32) << RunFacts::KIND,
        )
    }
}

/// State of the pages, and kind and protection of the allocation, in few bits: they stand beside the
/// allocation's address in the tree, so that a reader need not look at the [`Allocation`].
///
/// | bits | what |
/// | --- | --- |
/// | 0–13 | [`PageState`] |
/// | 14–25 | the protection of the allocation |
/// | 26–28 | [`AllocationKind`] |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFacts(u32);

impl RunFacts {
    /// How many bits there are.
    pub const BITS: u32 = 29;
    const PROTECTION: u32 = 14;
    const KIND: u32 = 26;

    pub(super) fn bits(self) -> u32 {
        self.0
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The state of the pages.
    #[inline]
    pub fn state(self) -> PageState {
        PageState(self.0 & ((1 << Self::PROTECTION) - 1))
    }

    /// The protection the allocation was made with.
    #[inline]
    pub fn protection(self) -> Protection {
        let width = Self::KIND - Self::PROTECTION;
        Protection::from_bits_retain(self.0 >> Self::PROTECTION & ((1 << width) - 1))
    }

    /// What the allocation is made of.
    #[inline]
    pub fn kind(self) -> AllocationKind {
        AllocationKind::from_number(self.0 >> Self::KIND)
    }
}

/// State and protection of a page, in one word: 0 is reserved, anything else is committed with that
/// protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct PageState(u32);

impl PageState {
    /// Reserved: the address is taken, there is no memory.
    pub const RESERVED: Self = Self(0);

    /// Committed, with a protection.
    pub fn committed(protection: Protection) -> Self {
        Self(protection.bits())
    }

    /// The page of a shared view is mapped privately since it was made copy-on-write. It may have
    /// been written, and mapping it anew would lose that.
    const OWN_PAGES: u32 = 0x2000;

    /// The protection, if the page is committed.
    #[inline]
    pub fn protection(self) -> Option<Protection> {
        (self.0 != 0).then(|| Protection::from_bits_retain(self.0 & !Self::OWN_PAGES))
    }

    /// Whether the page of a shared view has become the process's own.
    pub fn has_own_pages(self) -> bool {
        self.0 & Self::OWN_PAGES != 0
    }

    /// The same state, with that noted or not.
    pub fn with_own_pages(self, own: bool) -> Self {
        Self(if own {
            self.0 | Self::OWN_PAGES
        } else {
            self.0 & !Self::OWN_PAGES
        })
    }

    #[cfg(test)]
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// What an allocation is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AllocationKind {
    /// Private memory: VirtualAlloc.
    Private = 1,
    /// A view of a section.
    View = 2,
    /// Not an allocation: the engine once tried this place and found somebody else's mapping there.
    Foreign = 3,
    /// A window for physical pages: VirtualAlloc with MEM_PHYSICAL.
    Physical = 4,
    /// A placeholder: reserved until an allocation or a view takes its place.
    Placeholder = 5,
    /// Private memory of large pages: VirtualAlloc with MEM_LARGE_PAGES.
    Large = 6,
}

impl AllocationKind {
    fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Private,
            2 => Self::View,
            4 => Self::Physical,
            5 => Self::Placeholder,
            6 => Self::Large,
            // A reader may see a record that is being reused; what it makes of it is thrown away.
            _ => Self::Foreign,
        }
    }
}

/// What is remembered of one allocation, in words that readers may look at without a lock.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Allocation {
    base: AtomicUsize,
    end: AtomicUsize,
    kind: AtomicU32,
    protection: AtomicU32,
    view: AtomicUsize,
    in_placeholder: AtomicBool,
    free_link: AtomicUsize,
}

// SAFETY: atomic words only, and `free_link` is read by nobody but the pool.
unsafe impl Pooled for Allocation {
    fn free_link(&self) -> &AtomicUsize {
        &self.free_link
    }
}

impl Allocation {
    /// Describes a new allocation, before the map has runs of it: [`RunFacts`] and digests are copies.
    /// `view` is what the view of a section, the write watch over private memory, or the table of physical
    /// pages is known by, 0 for none.
    pub(super) fn describe(
        &self,
        kind: AllocationKind,
        base: usize,
        end: usize,
        protection: Protection,
        view: usize,
    ) {
        self.base.store(base, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.kind.store(kind as u32, Ordering::Relaxed);
        self.protection.store(protection.bits(), Ordering::Relaxed);
        self.view.store(view, Ordering::Relaxed);
        self.in_placeholder.store(false, Ordering::Relaxed);
    }

    /// Describes what now lies where a placeholder lay, or the placeholder that lies there again.
    pub(super) fn describe_in_place(
        &self,
        kind: AllocationKind,
        protection: Protection,
        view: usize,
    ) {
        self.describe(kind, self.base(), self.end(), protection, view);
        self.in_placeholder
            .store(kind != AllocationKind::Placeholder, Ordering::Relaxed);
    }

    /// Describes the part from `base` on of another allocation, which has no table of its own.
    pub(super) fn describe_rest_of(&self, other: &Self, base: usize) {
        self.describe(other.kind(), base, other.end(), other.protection(), 0);
        self.in_placeholder
            .store(other.is_in_placeholder(), Ordering::Relaxed);
    }

    /// Moves the end of an allocation that its neighbour took part of, or gave part of itself.
    pub(super) fn set_end(&self, end: usize) {
        self.end.store(end, Ordering::Relaxed);
    }

    /// The first byte of the allocation.
    pub fn base(&self) -> usize {
        self.base.load(Ordering::Relaxed)
    }

    /// The byte after the last.
    pub fn end(&self) -> usize {
        self.end.load(Ordering::Relaxed)
    }

    /// All its pages.
    pub fn range(&self) -> PageRange {
        PageRange {
            base: self.base(),
            size: self.end() - self.base(),
        }
    }

    /// What it is made of.
    pub fn kind(&self) -> AllocationKind {
        AllocationKind::from_number(self.kind.load(Ordering::Relaxed))
    }

    /// The protection it was allocated with.
    pub fn protection(&self) -> Protection {
        Protection::from_bits_retain(self.protection.load(Ordering::Relaxed))
    }

    /// What its view, its write watch or its table of physical pages is known by.
    pub fn view(&self) -> usize {
        self.view.load(Ordering::Relaxed)
    }

    /// Whether it took the place of a placeholder, and can be turned back into one.
    pub fn is_in_placeholder(&self) -> bool {
        self.in_placeholder.load(Ordering::Relaxed)
    }
}
