//! The region tree: all runs of the address space, in order of address.
//!
//! A B+ tree, because with a million regions a lookup must not touch twenty cold cache lines, and
//! because each node can carry the largest gap below it, so that the lowest free place of a size is
//! found in logarithmic time too. Nodes that become empty go; nodes that become thin are left alone.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::digest::Digest;
use super::layout::granularity_up;
use super::node::{FANOUT, Node, Row};
use super::place::Place;
use super::pool::Pool;
use super::run::Run;
use crate::NtStatus;

/// The root's address; 0 for a map that never had a run.
pub struct Tree {
    root: AtomicUsize,
}

/// What lies at an address.
#[derive(Clone, Copy)]
pub enum Located {
    /// A run covers it.
    Run(Row),
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

    #[inline]
    fn root(&self) -> Option<&'static Node> {
        Pool::<Node>::at(self.root.load(Ordering::Acquire))
    }

    /// The first byte of the last run that begins at or below an address, and what is told of it there;
    /// [`Digest::NONE`] if there is no such run. `is_true` says whether nothing has been changed since the
    /// reader began. `None` if something was changed.
    #[inline(always)] // A query's answer is to stay in registers: see `query_virtual_memory`.
    pub fn digest(&self, address: usize, is_true: impl Fn() -> bool) -> Option<(usize, Digest)> {
        let Some(root) = self.root() else {
            return Some((0, Digest::NONE));
        };
        let (leaf, after) = descend(root, address, is_true)?;
        Some(match after.checked_sub(1) {
            Some(index) => leaf.digest(index),
            None => (0, Digest::NONE),
        })
    }

    /// Looks an address up without a lock, as [`Tree::digest`].
    pub fn look(&self, address: usize, is_true: impl Fn() -> bool) -> Option<Located> {
        let Some(root) = self.root() else {
            return Some(Located::NOTHING);
        };
        let (leaf, after) = descend(root, address, &is_true)?;
        if let Some(index) = after.checked_sub(1)
            && address < leaf.last(index)
        {
            return Some(Located::Run(leaf.row(index)));
        }
        self.gap_around(address, is_true)
    }

    /// The gap that an address lies in.
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

    /// Where the run stands that covers an address. For writers, before whom nothing moves.
    pub fn place_of(&self, address: usize) -> Option<Place> {
        let (leaf, after) = descend(self.root()?, address, || true)?;
        let place = Place::new(leaf, after.checked_sub(1)?);
        (address < place.end()).then_some(place)
    }

    /// The first run that ends above an address. For writers.
    pub fn run_ending_above(&self, address: usize) -> Option<Run> {
        let place =
            self.place_of(address)
                .or_else(|| match self.gap_around(address, || true)? {
                    Located::Gap { next_start, .. } if next_start != usize::MAX => {
                        self.place_of(next_start)
                    }
                    _ => None,
                })?;
        place.run()
    }

    /// The run that begins where one ends, if one does.
    pub fn touching(&self, place: Place) -> Option<Place> {
        place.next_in_leaf().or_else(|| self.place_of(place.end()))
    }

    /// The run that ends where one begins, if one does.
    pub fn touched_by(&self, place: Place) -> Option<Place> {
        place
            .previous_in_leaf()
            .or_else(|| self.place_of(place.start() - 1))
    }

    /// Cuts a run in two and answers where both are. `address` lies inside it.
    pub fn cut(
        &self,
        nodes: &mut Pool<Node>,
        place: Place,
        address: usize,
    ) -> Option<(Place, Place)> {
        if let Some(parts) = place.cut_in_leaf(address) {
            return Some(parts);
        }
        let run = place.run()?;
        let (start, end) = (run.start, address);
        self.replace(start, &Run { end, ..run });
        let start = address;
        self.insert(nodes, &Run { start, ..run });
        Some((self.place_of(run.start)?, self.place_of(address)?))
    }

    /// Makes one run of two that touch, alike in all but their ends, and answers where it is.
    pub fn join(&self, nodes: &mut Pool<Node>, left: Place, right: Place) -> Option<Place> {
        if let Some(joined) = left.join_in_leaf(right) {
            return Some(joined);
        }
        let (run, end) = (left.run()?, right.end());
        self.remove(nodes, right.start());
        self.replace(run.start, &Run { end, ..run });
        self.place_of(run.start)
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

    /// Takes out the run that starts at an address, and answers where it ended.
    pub fn remove(&self, nodes: &mut Pool<Node>, start: usize) -> Option<usize> {
        let root = self.root()?;
        let end = remove_below(root, nodes, start)?;
        if root.length() == 0 {
            self.root.store(0, Ordering::Release);
            nodes.give(root);
            return Some(end);
        }
        let mut top = root;
        while !top.is_leaf() && top.length() == 1 {
            let only = top.row(0).child()?;
            self.root
                .store(core::ptr::from_ref(only) as usize, Ordering::Release);
            nodes.give(top);
            top = only;
        }
        Some(end)
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

/// The leaf that an address leads to, and how many of its rows begin at or below it.
///
/// A link is followed only if it was one when it was read, by what `is_true` says, for a node that has
/// been given back may hold anything else by now. `None` if something was changed.
#[inline(always)]
fn descend(
    root: &'static Node,
    address: usize,
    is_true: impl Fn() -> bool,
) -> Option<(&'static Node, usize)> {
    // The root's address is only ever replaced by another node's, so that one may be looked at.
    let mut node = root;
    for level in (0..root.level()).rev() {
        let link = node.link(node.rows_up_to(address).max(1) - 1);
        if !is_true() {
            return None;
        }
        node = Pool::<Node>::at(link)?;
        if level == 0 {
            node.prefetch();
        }
    }
    Some((node, node.rows_up_to(address)))
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

/// Removes below a node, which may be empty then; answers where the run ended.
fn remove_below(node: &'static Node, nodes: &mut Pool<Node>, start: usize) -> Option<usize> {
    let index = node.rows_up_to(start).checked_sub(1)?;
    if node.is_leaf() {
        debug_assert_eq!(node.first(index), start);
        let end = node.last(index);
        node.remove(index);
        return Some(end);
    }
    let child = node.row(index).child()?;
    let end = remove_below(child, nodes, start)?;
    if child.length() == 0 {
        nodes.give(child);
        node.remove(index);
    } else {
        node.set(index, child.summary());
    }
    Some(end)
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
                return row.digest == Digest::of(&run)
                    && row.facts == run.facts()
                    && row.third == run.allocation.base();
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
