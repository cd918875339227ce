//! Where a run stands in the region tree, and what can be done to it right there.
//!
//! A run that is cut in two, or made one with its neighbour, still begins and ends where it did, and no
//! gap becomes another. So nothing above the leaf need know of it.

use super::leaf::{Leaf, OpenLeaves, RUNS, Row};
use super::node::Rows;
use super::run::Run;

/// Where a run stands: a row of a leaf. True until the tree is changed in another way than through it.
#[derive(Clone, Copy)]
pub struct Place {
    leaf: &'static Leaf,
    index: usize,
}

impl Place {
    pub fn new(leaf: &'static Leaf, index: usize) -> Self {
        Self { leaf, index }
    }

    /// The first byte of the run.
    pub fn start(self) -> usize {
        self.leaf.first(self.index)
    }

    /// The byte after its last.
    pub fn end(self) -> usize {
        self.leaf.last(self.index)
    }

    /// The run; `None` only if a writer was at work.
    pub fn run(self) -> Option<Run> {
        self.leaf.row(self.index).run()
    }

    /// Replaces the run by one that begins and ends there too.
    pub fn set(self, open: &mut OpenLeaves, run: &Run) {
        open.open(self.leaf);
        self.leaf.set(self.index, Row::of_run(run));
    }

    /// The next run, if it stands in the same leaf and begins where this one ends.
    pub fn next_in_leaf(self) -> Option<Self> {
        let next = Self::new(self.leaf, self.index + 1);
        (next.index < self.leaf.length() && next.start() == self.end()).then_some(next)
    }

    /// The run before, if it stands in the same leaf and ends where this one begins.
    pub fn previous_in_leaf(self) -> Option<Self> {
        let previous = Self::new(self.leaf, self.index.checked_sub(1)?);
        (previous.end() == self.start()).then_some(previous)
    }

    /// Cuts the run in two at an address inside it, if the leaf has room, and answers where both are.
    pub fn cut_in_leaf(self, open: &mut OpenLeaves, address: usize) -> Option<(Self, Self)> {
        if self.leaf.length() == RUNS {
            return None;
        }
        let run = self.run()?;
        let (start, end) = (run.start, address);
        let right = Run { start: end, ..run };
        open.open(self.leaf);
        self.leaf.insert(self.index + 1, Row::of_run(&right));
        self.set(open, &Run { start, end, ..run });
        Some((self, Self::new(self.leaf, self.index + 1)))
    }

    /// Makes the run and one that begins where it ends one, if both stand in the same leaf.
    pub fn join_in_leaf(self, open: &mut OpenLeaves, right: Self) -> Option<Self> {
        if !core::ptr::eq(self.leaf, right.leaf) {
            return None;
        }
        let (run, end) = (self.run()?, right.end());
        open.open(self.leaf);
        self.leaf.remove(right.index);
        self.set(open, &Run { end, ..run });
        Some(self)
    }
}
