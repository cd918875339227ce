//! The nodes of the region tree: what leaves and inner nodes have in common, and what leads to them.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::inner::{Inner, Summary};
use super::layout::granularity_up;
use super::leaf::Leaf;
use super::pool::{Pool, Pooled};

/// A node.
#[derive(Clone, Copy)]
pub enum Node {
    Leaf(&'static Leaf),
    Inner(&'static Inner),
}

/// What a link says beside an address.
const IS_INNER: usize = 1;

const _: () = assert!(align_of::<Inner>() > IS_INNER && align_of::<Leaf>() > IS_INNER);

impl Node {
    /// What a link of this process's tree leads to. A link says itself what it leads to, and what was ever a
    /// leaf or an inner node is nothing else later: so links may be followed without asking whether they
    /// still lead to where they led.
    #[inline(always)]
    pub fn at(link: usize) -> Option<Self> {
        if is_inner(link) {
            Pool::<Inner>::at(address_of(link)).map(Self::Inner)
        } else {
            Pool::<Leaf>::at(link).map(Self::Leaf)
        }
    }

    /// The link that leads to it.
    pub fn link(self) -> usize {
        match self {
            Self::Leaf(leaf) => core::ptr::from_ref(leaf) as usize,
            Self::Inner(inner) => core::ptr::from_ref(inner) as usize | IS_INNER,
        }
    }

    /// How many rows it has.
    pub fn length(self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.length(),
            Self::Inner(inner) => inner.length(),
        }
    }

    /// Whether there is no room for another row.
    pub fn is_full(self) -> bool {
        match self {
            Self::Leaf(leaf) => leaf.length() == Leaf::CAPACITY,
            Self::Inner(inner) => inner.length() == Inner::CAPACITY,
        }
    }

    /// The first byte of a row, and the byte after its last.
    pub fn bounds(self, index: usize) -> (usize, usize) {
        match self {
            Self::Leaf(leaf) => (leaf.first(index), leaf.last(index)),
            Self::Inner(inner) => (inner.first(index), inner.last(index)),
        }
    }

    /// How many rows begin at or below an address.
    pub fn rows_up_to(self, address: usize) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.rows_up_to(address),
            Self::Inner(inner) => inner.children_up_to(address),
        }
    }

    /// The child of a row, if there is a gap that large between runs below it.
    pub fn child_with_gap(self, index: usize, size: usize) -> Option<Self> {
        match self {
            Self::Inner(inner) if inner.gap(index) >= size => Self::at(inner.link(index)),
            _ => None,
        }
    }

    /// The row that stands for it, which must not be empty, in its parent.
    pub fn summary(self) -> Summary {
        let length = self.length();
        let (first, mut last) = self.bounds(0);
        let mut gap = 0;
        for index in 1..length {
            let (start, end) = self.bounds(index);
            gap = gap.max(usable_gap(last, start));
            last = end;
        }
        if let Self::Inner(inner) = self {
            gap = (0..length).fold(gap, |gap, index| gap.max(inner.gap(index)));
        }
        Summary {
            first,
            last,
            gap,
            link: self.link(),
        }
    }
}

/// Whether a link leads to an inner node, not to a leaf.
#[inline]
pub fn is_inner(link: usize) -> bool {
    link & IS_INNER != 0
}

/// The address that a link leads to.
#[inline]
pub fn address_of(link: usize) -> usize {
    link & !IS_INNER
}

/// Rows in order of address.
pub trait Rows: Pooled {
    /// What a row says.
    type Row: Copy;

    /// How many rows there can be.
    const CAPACITY: usize;

    fn length_word(&self) -> &AtomicUsize;
    fn row(&self, index: usize) -> Self::Row;

    /// Replaces a row.
    fn set(&self, index: usize, row: Self::Row);

    /// Has searches find no row there.
    fn blank(&self, index: usize);

    /// How many rows there are.
    #[inline]
    fn length(&self) -> usize {
        let length = self.length_word().load(Ordering::Relaxed);
        // A reader may see that of another process, which is not trusted.
        length.min(Self::CAPACITY)
    }

    fn set_length(&self, length: usize) {
        self.length_word().store(length, Ordering::Relaxed);
    }

    /// Makes a node without rows of a record fresh from the pool.
    fn clear(&self) {
        self.set_length(0);
        (0..Self::CAPACITY).for_each(|index| self.blank(index));
    }

    /// Puts a row in; there must be room.
    fn insert(&self, index: usize, row: Self::Row) {
        let length = self.length();
        for moved in (index..length).rev() {
            self.set(moved + 1, self.row(moved));
        }
        self.set(index, row);
        self.set_length(length + 1);
    }

    /// Takes a row out.
    fn remove(&self, index: usize) {
        let last = self.length() - 1;
        for moved in index..last {
            self.set(moved, self.row(moved + 1));
        }
        self.blank(last);
        self.set_length(last);
    }

    /// Moves the rows from `index` on to another node, which has none.
    fn split_off(&self, index: usize, right: &Self) {
        let length = self.length();
        for moved in index..length {
            right.set(moved - index, self.row(moved));
            self.blank(moved);
        }
        right.set_length(length - index);
        self.set_length(index);
    }
}

/// Changes a word that readers look at. What stays as it is stays in their caches.
#[inline]
pub fn store_if_other(word: &AtomicUsize, value: usize) {
    if word.load(Ordering::Relaxed) != value {
        word.store(value, Ordering::Relaxed);
    }
}

/// How much of the gap between one run and the next an allocation can use, in bytes: it begins at a
/// 64 KiB boundary, and the rest of the last run's 64 KiB is nobody's.
fn usable_gap(end: usize, start: usize) -> usize {
    start.saturating_sub(granularity_up(end))
}
