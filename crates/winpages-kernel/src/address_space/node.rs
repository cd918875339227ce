//! The nodes of the region tree.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::layout::{granularity_down, granularity_up};
use super::pool::{Pool, Pooled};
use super::run::{Allocation, PageState, Run};

/// How many runs a leaf, or children an inner node, holds: a node is a KiB.
pub const FANOUT: usize = 30;

/// A node: four columns of words.
///
/// | column | in a leaf: of a run | in an inner node: of a child's subtree |
/// | --- | --- | --- |
/// | `first` | first byte | first byte of its first run |
/// | `last` | byte after the last | byte after its last run |
/// | `third` | page state | largest gap between two neighbouring runs in it, in bytes |
/// | `link` | address of the allocation | address of the child |
///
/// All words are atomic, because readers look at them while a writer changes them; what they make of
/// a half-changed node they throw away. See [`super::region_map`].
#[repr(C, align(64))]
pub struct Node {
    /// 0 for a leaf, else one more than its children's.
    level: AtomicUsize,
    length: AtomicUsize,
    free_link: AtomicUsize,
    first: [AtomicUsize; FANOUT],
    last: [AtomicUsize; FANOUT],
    third: [AtomicUsize; FANOUT],
    link: [AtomicUsize; FANOUT],
}

// SAFETY: atomic words only, and `free_link` is read by nobody but the pool.
unsafe impl Pooled for Node {
    fn free_link(&self) -> &AtomicUsize {
        &self.free_link
    }
}

/// One row of a node's columns.
#[derive(Clone, Copy)]
pub struct Row {
    pub first: usize,
    pub last: usize,
    pub third: usize,
    pub link: usize,
}

impl Row {
    pub fn of_run(run: &Run) -> Self {
        Self {
            first: run.start,
            last: run.end,
            third: run.state.to_word(),
            link: core::ptr::from_ref(run.allocation) as usize,
        }
    }

    /// The run this row of a leaf holds; `None` only if a reader caught the row half-written.
    #[inline]
    pub fn run(self) -> Option<Run> {
        Some(Run {
            start: self.first,
            end: self.last,
            state: PageState::from_word(self.third),
            allocation: Pool::<Allocation>::at(self.link)?,
        })
    }

    /// The child this row of an inner node leads to.
    #[inline]
    pub fn child(self) -> Option<&'static Node> {
        Pool::<Node>::at(self.link)
    }
}

impl Node {
    /// Makes an empty node of a record fresh from the pool.
    pub fn start(&self, level: usize) {
        self.level.store(level, Ordering::Relaxed);
        self.length.store(0, Ordering::Relaxed);
    }

    #[inline]
    pub fn level(&self) -> usize {
        self.level.load(Ordering::Relaxed)
    }

    pub fn is_leaf(&self) -> bool {
        self.level() == 0
    }

    #[inline]
    pub fn length(&self) -> usize {
        self.length.load(Ordering::Relaxed).min(FANOUT)
    }

    #[inline]
    pub fn first(&self, index: usize) -> usize {
        self.first[index].load(Ordering::Relaxed)
    }

    #[inline]
    pub fn last(&self, index: usize) -> usize {
        self.last[index].load(Ordering::Relaxed)
    }

    #[inline]
    pub fn row(&self, index: usize) -> Row {
        Row {
            first: self.first(index),
            last: self.last(index),
            third: self.third[index].load(Ordering::Relaxed),
            link: self.link[index].load(Ordering::Relaxed),
        }
    }

    #[inline]
    pub fn set(&self, index: usize, row: Row) {
        self.first[index].store(row.first, Ordering::Relaxed);
        self.last[index].store(row.last, Ordering::Relaxed);
        self.third[index].store(row.third, Ordering::Relaxed);
        self.link[index].store(row.link, Ordering::Relaxed);
    }

    /// How many rows begin at or below an address.
    #[inline]
    pub fn rows_up_to(&self, address: usize) -> usize {
        let (mut low, mut high) = (0, self.length());
        while low < high {
            let middle = (low + high) / 2;
            if self.first(middle) <= address {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Puts a row in; the node must have room.
    pub fn insert(&self, index: usize, row: Row) {
        let length = self.length();
        for moved in (index..length).rev() {
            self.set(moved + 1, self.row(moved));
        }
        self.set(index, row);
        self.length.store(length + 1, Ordering::Relaxed);
    }

    /// Takes a row out.
    pub fn remove(&self, index: usize) {
        let length = self.length();
        for moved in index + 1..length {
            self.set(moved - 1, self.row(moved));
        }
        self.length.store(length - 1, Ordering::Relaxed);
    }

    /// Moves the rows from `index` on to the empty node `right`.
    pub fn split_off(&self, index: usize, right: &Self) {
        let length = self.length();
        for moved in index..length {
            right.set(moved - index, self.row(moved));
        }
        right.length.store(length - index, Ordering::Relaxed);
        self.length.store(index, Ordering::Relaxed);
    }

    /// The row that stands for this node, which must not be empty, in its parent.
    pub fn summary(&'static self) -> Row {
        let length = self.length();
        let is_leaf = self.is_leaf();
        let mut largest = 0;
        for index in 0..length {
            if !is_leaf {
                largest = largest.max(self.third[index].load(Ordering::Relaxed));
            }
            if index > 0 {
                largest = largest.max(usable_gap(self.last(index - 1), self.first(index)));
            }
        }
        Row {
            first: self.first(0),
            last: self.last(length - 1),
            third: largest,
            link: core::ptr::from_ref(self) as usize,
        }
    }
}

/// How much of the gap between one run and the next an allocation can use, in bytes: it begins at a
/// 64 KiB boundary, and the rest of the last run's 64 KiB is nobody's.
pub fn usable_gap(end: usize, start: usize) -> usize {
    granularity_down(start).saturating_sub(granularity_up(end))
}
