//! The region tree: all runs of the address space, in order of address.
//!
//! A B+ tree, because with a million regions a lookup must not touch twenty cold cache lines, and
//! because each node can carry the largest gap below it, so that the lowest free place of a size is
//! found in logarithmic time too. Nodes that become empty go; nodes that become thin are left alone.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::layout::granularity_up;
use super::node::{FANOUT, Node, Row};
use super::pool::Pool;
use super::run::{Run, RunFacts};
use crate::NtStatus;

/// The root's address; 0 for a map that never had a run.
pub struct Tree {
    root: AtomicUsize,
}

/// Where a run stands in the tree. Reads no more of the row than it is asked for, since each word may
/// be a wait for memory.
#[derive(Clone, Copy)]
pub struct Place {
    leaf: &'static Node,
    index: usize,
}

impl Place {
    /// The first byte of the run.
    #[inline]
    pub fn start(self) -> usize {
        self.leaf.first(self.index)
    }

    /// The byte after its last.
    #[inline]
    pub fn end(self) -> usize {
        self.leaf.last(self.index)
    }

    /// State, and kind and protection of the allocation.
    #[inline]
    pub fn facts(self) -> RunFacts {
        self.leaf.facts(self.index)
    }

    /// The first byte of the allocation.
    #[inline]
    pub fn allocation_base(self) -> usize {
        self.leaf.allocation_base(self.index)
    }

    /// The run; `None` only if a writer was at work.
    #[inline]
    pub fn run(self) -> Option<Run> {
        self.leaf.row(self.index).run()
    }
}

/// What lies at an address.
#[derive(Clone, Copy)]
pub enum Located {
    /// The run that stands there covers it.
    Run(Place),
    /// No run covers it.
    Gap {
        /// Where the run before ends, or 0.
        previous_end: usize,
        /// Where the next run starts, or `usize::MAX`.
        next_start: usize,
    },
}

impl Located {
    /// What lies anywhere in a map without runs.
    const NOTHING: Self = Self::Gap {
        previous_end: 0,
        next_start: usize::MAX,
    };
}

impl Tree {
    pub const fn new() -> Self {
        Self {
            root: AtomicUsize::new(0),
        }
    }

    /// Where the address of the root stands, for those who read this process's memory.
    pub fn root_place(&self) -> usize {
        (&raw const self.root) as usize
    }

    fn root(&self) -> Option<&'static Node> {
        Pool::<Node>::at(self.root.load(Ordering::Acquire))
    }

    /// Looks an address up without a lock. `is_true` says whether nothing has been changed since the
    /// reader began: a link is followed only if it was one when it was read, for a node that has been
    /// given back may hold anything else by now. `None` if something was changed.
    #[inline(always)] // A query's answer is to stay in registers: see `query_virtual_memory`.
    pub fn look(&self, address: usize, is_true: impl Fn() -> bool) -> Option<Located> {
        let Some(mut node) = Pool::<Node>::at(self.root.load(Ordering::Acquire)) else {
            return is_true().then_some(Located::NOTHING);
        };
        // The root's address is only ever replaced by another node's, so that one may be looked at.
        let level = node.level();
        for level in (0..level).rev() {
            let index = node.rows_up_to(address).max(1) - 1;
            let link = node.link(index);
            if !is_true() {
                return None;
            }
            node = Pool::<Node>::at(link)?;
            if level == 0 {
                node.prefetch();
            }
        }
        let after = node.rows_up_to(address);
        if let Some(index) = after.checked_sub(1) {
            let place = Place { leaf: node, index };
            if address < place.end() {
                return Some(Located::Run(place));
            }
        }
        self.gap_around(address, is_true)
    }

    /// The gap that an address lies in.
    #[cold]
    fn gap_around(&self, address: usize, is_true: impl Fn() -> bool) -> Option<Located> {
        let mut next_start = usize::MAX;
        let mut node = self.root()?;
        loop {
            let after = node.rows_up_to(address);
            if after < FANOUT {
                next_start = next_start.min(node.first(after));
            }
            // Before the first row of an inner node lies nothing.
            let Some(index) = after.checked_sub(1) else {
                return is_true().then_some(Located::Gap {
                    previous_end: 0,
                    next_start,
                });
            };
            let (is_leaf, previous_end, link) =
                (node.is_leaf(), node.last(index), node.link(index));
            if !is_true() {
                return None;
            }
            if is_leaf {
                return Some(Located::Gap {
                    previous_end,
                    next_start,
                });
            }
            node = Pool::<Node>::at(link)?;
        }
    }

    /// Looks an address up, for who holds the writer's lock.
    pub fn locate(&self, address: usize) -> Option<Located> {
        self.look(address, || true)
    }

    /// The first run that ends above an address. For writers, before whom nothing moves.
    pub fn run_ending_above(&self, address: usize) -> Option<Run> {
        match self.locate(address)? {
            Located::Run(place) => place.run(),
            Located::Gap {
                next_start: usize::MAX,
                ..
            } => None,
            Located::Gap { next_start, .. } => match self.locate(next_start)? {
                Located::Run(place) => place.run(),
                Located::Gap { .. } => None,
            },
        }
    }

    /// Makes sure that `count` insertions find the nodes they need.
    pub fn ensure(&self, nodes: &mut Pool<Node>, count: usize) -> Result<(), NtStatus> {
        let levels = self.root().map_or(0, Node::level) as usize + 1;
        nodes.ensure(count * (levels + 2))
    }

    /// Adds a run where there is none.
    pub fn insert(&self, nodes: &mut Pool<Node>, run: &Run) {
        let Some(root) = self.root() else {
            let leaf = nodes.take();
            leaf.start(0);
            leaf.insert(0, Row::of_run(run));
            self.root
                .store(core::ptr::from_ref(leaf) as usize, Ordering::Release);
            return;
        };
        if let Some(right) = insert_below(root, nodes, Row::of_run(run)) {
            let top = nodes.take();
            top.start(root.level() + 1);
            top.insert(0, root.summary());
            top.insert(1, right.summary());
            self.root
                .store(core::ptr::from_ref(top) as usize, Ordering::Release);
        }
    }

    /// Takes out the run that starts at an address.
    pub fn remove(&self, nodes: &mut Pool<Node>, start: usize) {
        let Some(root) = self.root() else { return };
        if remove_below(root, nodes, start) {
            self.root.store(0, Ordering::Release);
            nodes.give(root);
            return;
        }
        let mut top = root;
        while !top.is_leaf() && top.length() == 1 {
            let Some(only) = top.row(0).child() else {
                break;
            };
            self.root
                .store(core::ptr::from_ref(only) as usize, Ordering::Release);
            nodes.give(top);
            top = only;
        }
    }

    /// Replaces the run that starts at `start` by one that lies within it or within the gap beside it.
    pub fn replace(&self, start: usize, run: &Run) {
        if let Some(root) = self.root() {
            replace_below(root, start, Row::of_run(run));
        }
    }

    /// The lowest place for `size` bytes at or above `low`, ending at or below `high`, that starts at
    /// a multiple of `alignment`, itself a multiple of 64 KiB.
    pub fn lowest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        let mut from = low;
        let wanted = Wanted {
            size,
            alignment,
            low,
            high,
        };
        if let Some(root) = self.root()
            && let Some(found) = lowest_below(root, &wanted, &mut from)
        {
            return Some(found);
        }
        wanted.lowest_between(from, usize::MAX)
    }

    /// The highest such place.
    pub fn highest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        let mut until = high;
        let wanted = Wanted {
            size,
            alignment,
            low,
            high,
        };
        if let Some(root) = self.root()
            && let Some(found) = highest_below(root, &wanted, &mut until)
        {
            return Some(found);
        }
        wanted.highest_between(0, until)
    }
}

/// What a search for a gap is after.
struct Wanted {
    size: usize,
    alignment: usize,
    low: usize,
    high: usize,
}

impl Wanted {
    /// The lowest place that fits between the end of one run and the start of the next.
    fn lowest_between(&self, end: usize, start: usize) -> Option<usize> {
        let candidate = end.max(self.low).checked_add(self.alignment - 1)? & !(self.alignment - 1);
        (candidate.checked_add(self.size)? <= start.min(self.high)).then_some(candidate)
    }

    /// The highest place that fits between the end of one run and the start of the next.
    fn highest_between(&self, end: usize, start: usize) -> Option<usize> {
        let candidate = start.min(self.high).checked_sub(self.size)? & !(self.alignment - 1);
        // The last run's 64 KiB are its own to their end.
        (candidate >= granularity_up(end).max(self.low)).then_some(candidate)
    }
}

fn lowest_below(node: &'static Node, wanted: &Wanted, from: &mut usize) -> Option<usize> {
    for index in 0..node.length() {
        let row = node.row(index);
        if row.last <= *from {
            continue;
        }
        if let Some(found) = wanted.lowest_between(*from, row.first) {
            return Some(found);
        }
        if !node.is_leaf()
            && row.third >= wanted.size
            && let Some(found) = lowest_below(row.child()?, wanted, from)
        {
            return Some(found);
        }
        *from = row.last;
    }
    None
}

fn highest_below(node: &'static Node, wanted: &Wanted, until: &mut usize) -> Option<usize> {
    for index in (0..node.length()).rev() {
        let row = node.row(index);
        if row.first >= *until {
            continue;
        }
        if let Some(found) = wanted.highest_between(row.last, *until) {
            return Some(found);
        }
        if !node.is_leaf()
            && row.third >= wanted.size
            && let Some(found) = highest_below(row.child()?, wanted, until)
        {
            return Some(found);
        }
        *until = row.first;
    }
    None
}

/// Inserts below a node; answers the right half if the node had to be split.
fn insert_below(node: &'static Node, nodes: &mut Pool<Node>, row: Row) -> Option<&'static Node> {
    let after = node.rows_up_to(row.first);
    if node.is_leaf() {
        return insert_row(node, nodes, after, row);
    }
    let index = after.saturating_sub(1);
    let child = node.row(index).child()?;
    let split = insert_below(child, nodes, row);
    node.set(index, child.summary());
    insert_row(node, nodes, index + 1, split?.summary())
}

/// Puts a row into a node, splitting it if it is full.
fn insert_row(
    node: &'static Node,
    nodes: &mut Pool<Node>,
    index: usize,
    row: Row,
) -> Option<&'static Node> {
    let length = node.length();
    if length < FANOUT {
        node.insert(index, row);
        return None;
    }
    let right = nodes.take();
    right.start(node.level());
    // Allocations mostly grow upwards: a row that goes behind all others leaves a full node behind,
    // not a half-empty one.
    let middle = if index == length { length } else { length / 2 };
    node.split_off(middle, right);
    if index > middle || index == length {
        right.insert(index - middle, row);
    } else {
        node.insert(index, row);
    }
    Some(right)
}

/// Removes below a node; answers whether the node is empty now.
fn remove_below(node: &'static Node, nodes: &mut Pool<Node>, start: usize) -> bool {
    let Some(index) = node.rows_up_to(start).checked_sub(1) else {
        return false;
    };
    if node.is_leaf() {
        debug_assert_eq!(node.first(index), start);
        node.remove(index);
    } else if let Some(child) = node.row(index).child() {
        if remove_below(child, nodes, start) {
            nodes.give(child);
            node.remove(index);
        } else {
            node.set(index, child.summary());
        }
    }
    node.length() == 0
}

fn replace_below(node: &'static Node, start: usize, row: Row) {
    let Some(index) = node.rows_up_to(start).checked_sub(1) else {
        return;
    };
    if node.is_leaf() {
        debug_assert_eq!(node.first(index), start);
        node.set(index, row);
    } else if let Some(child) = node.row(index).child() {
        replace_below(child, start, row);
        node.set(index, child.summary());
    }
}

/// Whether what the nodes carry of their children is what these hold, and what the leaves carry of
/// allocations is what they are.
#[cfg(test)]
pub(super) fn copies_are_true(tree: &Tree) -> bool {
    fn check(node: &'static Node) -> bool {
        (0..node.length()).all(|index| {
            let row = node.row(index);
            if node.is_leaf() {
                let run = row.run().unwrap();
                let base = run.allocation.base();
                return row.facts == run.facts() && node.allocation_base(index) == base;
            }
            let child = row.child().unwrap();
            let summary = child.summary();
            (row.first, row.last, row.third) == (summary.first, summary.last, summary.third)
                && child.level() + 1 == node.level()
                && check(child)
        })
    }
    tree.root().is_none_or(check)
}
