//! The region tree: all runs of the address space, in order of address.
//!
//! A B+ tree, because with a million regions a lookup must not touch twenty cold cache lines, and
//! because each node can carry the largest gap below it, so that the lowest free place of a size is
//! found in logarithmic time too. Nodes that become empty go; nodes that become thin are left alone.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::digest::Digest;
use super::inner::Inner;
use super::layout::granularity_up;
use super::leaf::{Leaf, OpenLeaves, Row};
use super::node::{Node, Rows};
use super::place::Place;
use super::pool::Pool;
use super::run::Run;
use crate::NtStatus;

/// What leads to the root; 0 for a map without runs.
pub struct Tree {
    root: AtomicUsize,
}

/// What only writers use of a tree.
pub struct Growth {
    leaves: Pool<Leaf>,
    inner_nodes: Pool<Inner>,
    /// How many levels of inner nodes there are.
    inner_levels: usize,
    /// The leaves that the change under way has touched.
    pub open: OpenLeaves,
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

impl Growth {
    pub const fn new() -> Self {
        Self {
            leaves: Pool::new(),
            inner_nodes: Pool::new(),
            inner_levels: 0,
            open: OpenLeaves::new(),
        }
    }

    /// Makes sure that `count` insertions find the nodes they need.
    pub fn ensure(&mut self, count: usize) -> Result<(), NtStatus> {
        self.leaves.ensure(count)?;
        // Each may split a node on every level, and put a root above; and the next is a level higher then.
        self.inner_nodes.ensure(count * (self.inner_levels + 2))
    }

    fn take_leaf(&mut self) -> &'static Leaf {
        let leaf = self.leaves.take();
        self.open.open(leaf);
        leaf.clear();
        leaf
    }

    fn take_inner(&mut self) -> &'static Inner {
        let inner = self.inner_nodes.take();
        inner.clear();
        inner
    }

    fn give(&mut self, node: Node) {
        match node {
            Node::Leaf(leaf) => self.leaves.give(leaf),
            Node::Inner(inner) => self.inner_nodes.give(inner),
        }
    }
}

impl Tree {
    pub const fn new() -> Self {
        Self {
            root: AtomicUsize::new(0),
        }
    }

    /// Where the link to the root stands, for those who read this process's memory.
    pub fn root_place(&self) -> usize {
        (&raw const self.root) as usize
    }

    #[inline(always)]
    fn root(&self) -> Option<Node> {
        Node::at(self.root.load(Ordering::Acquire))
    }

    fn set_root(&self, root: Node) {
        self.root.store(root.link(), Ordering::Release);
    }

    /// Where a run begins and what is told of it there: of the last that begins at or below an address, or of
    /// another if there is none or writers are in the way. Whatever they do, it is true at some moment while
    /// this is asked.
    #[inline(always)] // A query's answer is to stay in registers: see `query_virtual_memory`.
    pub fn digest(&self, address: usize) -> Option<(usize, Digest)> {
        let leaf = self.leaf_for(address)?;
        leaf.read_for(address, |index| leaf.digest(index))
    }

    /// The run that covers an address; as [`Tree::digest`].
    pub fn glimpse(&self, address: usize) -> Option<Row> {
        let leaf = self.leaf_for(address)?;
        let row = leaf.read_for(address, |index| leaf.row(index))?;
        (row.first..row.last).contains(&address).then_some(row)
    }

    /// The leaf where an address belongs, unless writers are in the way.
    #[inline(always)]
    fn leaf_for(&self, address: usize) -> Option<&'static Leaf> {
        let mut node = self.root()?;
        loop {
            match node {
                Node::Leaf(leaf) => return Some(leaf),
                Node::Inner(inner) => node = Node::at(inner.link(inner.child_for(address)))?,
            }
        }
    }

    /// Looks an address up. Only if nothing was changed meanwhile is the answer true, or `None` impossible.
    pub fn look(&self, address: usize) -> Option<Located> {
        let mut next_start = usize::MAX;
        let Some(mut node) = self.root() else {
            return Some(Located::Gap {
                previous_end: 0,
                next_start,
            });
        };
        loop {
            let after = node.rows_up_to(address);
            if after < node.length() {
                next_start = next_start.min(node.bounds(after).0);
            }
            // Before the first row of an inner node lies nothing.
            let Some(index) = after.checked_sub(1) else {
                return Some(Located::Gap {
                    previous_end: 0,
                    next_start,
                });
            };
            match node {
                Node::Inner(inner) => node = Node::at(inner.link(index))?,
                Node::Leaf(leaf) if address < leaf.last(index) => {
                    return Some(Located::Run(leaf.row(index)));
                }
                Node::Leaf(leaf) => {
                    return Some(Located::Gap {
                        previous_end: leaf.last(index),
                        next_start,
                    });
                }
            }
        }
    }

    /// Where the run stands that covers an address. For writers, before whom nothing moves.
    pub fn place_of(&self, address: usize) -> Option<Place> {
        let leaf = self.leaf_for(address)?;
        let place = Place::new(leaf, leaf.rows_up_to(address).checked_sub(1)?);
        (address < place.end()).then_some(place)
    }

    /// The first run that ends above an address. For writers.
    pub fn run_ending_above(&self, address: usize) -> Option<Run> {
        match self.look(address)? {
            Located::Run(row) => row.run(),
            Located::Gap { next_start, .. } => self.place_of(next_start)?.run(),
        }
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
    pub fn cut(&self, growth: &mut Growth, place: Place, address: usize) -> Option<(Place, Place)> {
        if let Some(parts) = place.cut_in_leaf(&mut growth.open, address) {
            return Some(parts);
        }
        let run = place.run()?;
        let (start, end) = (run.start, address);
        self.replace(growth, start, &Run { end, ..run });
        let start = address;
        self.insert(growth, &Run { start, ..run });
        Some((self.place_of(run.start)?, self.place_of(address)?))
    }

    /// Makes one run of two that touch, alike in all but their ends, and answers where it is.
    pub fn join(&self, growth: &mut Growth, left: Place, right: Place) -> Option<Place> {
        if let Some(joined) = left.join_in_leaf(&mut growth.open, right) {
            return Some(joined);
        }
        let (run, end) = (left.run()?, right.end());
        self.remove(growth, right.start());
        self.replace(growth, run.start, &Run { end, ..run });
        self.place_of(run.start)
    }

    /// Adds a run where there is none. [`Growth::ensure`] comes first.
    pub fn insert(&self, growth: &mut Growth, run: &Run) {
        let Some(root) = self.root() else {
            let leaf = growth.take_leaf();
            leaf.insert(0, Row::of_run(run));
            self.set_root(Node::Leaf(leaf));
            return;
        };
        if let Some(right) = insert_below(root, growth, Row::of_run(run)) {
            let top = growth.take_inner();
            top.insert(0, root.summary());
            top.insert(1, right.summary());
            growth.inner_levels += 1;
            self.set_root(Node::Inner(top));
        }
    }

    /// Takes out the run that starts at an address, and answers where it ended.
    pub fn remove(&self, growth: &mut Growth, start: usize) -> Option<usize> {
        let mut root = self.root()?;
        let end = remove_below(root, growth, start)?;
        if root.length() == 0 {
            self.root.store(0, Ordering::Release);
            growth.give(root);
            growth.inner_levels = 0;
            return Some(end);
        }
        while let Node::Inner(top) = root
            && top.length() == 1
        {
            let only = top.row(0).child()?;
            self.set_root(only);
            growth.give(root);
            growth.inner_levels -= 1;
            root = only;
        }
        Some(end)
    }

    /// Replaces the run that starts at `start` by one that lies within it or within the gap beside it.
    pub fn replace(&self, growth: &mut Growth, start: usize, run: &Run) {
        if let Some(root) = self.root() {
            replace_below(root, growth, start, Row::of_run(run));
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

fn lowest_below(node: Node, wanted: &Wanted, from: &mut usize) -> Option<usize> {
    for index in 0..node.length() {
        let (first, last) = node.bounds(index);
        if last <= *from {
            continue;
        }
        if let Some(found) = wanted.lowest_between(*from, first) {
            return Some(found);
        }
        if let Some(child) = node.child_with_gap(index, wanted.size)
            && let Some(found) = lowest_below(child, wanted, from)
        {
            return Some(found);
        }
        *from = last;
    }
    None
}

fn highest_below(node: Node, wanted: &Wanted, until: &mut usize) -> Option<usize> {
    for index in (0..node.length()).rev() {
        let (first, last) = node.bounds(index);
        if first >= *until {
            continue;
        }
        if let Some(found) = wanted.highest_between(last, *until) {
            return Some(found);
        }
        if let Some(child) = node.child_with_gap(index, wanted.size)
            && let Some(found) = highest_below(child, wanted, until)
        {
            return Some(found);
        }
        *until = first;
    }
    None
}

/// Inserts below a node; answers the right half if the node had to be split.
fn insert_below(node: Node, growth: &mut Growth, row: Row) -> Option<Node> {
    let after = node.rows_up_to(row.first);
    match node {
        Node::Leaf(leaf) => {
            growth.open.open(leaf);
            insert_row(leaf, after, row, || growth.take_leaf()).map(Node::Leaf)
        }
        Node::Inner(inner) => {
            let index = child_with_room(inner, after.saturating_sub(1), row.first);
            let child = inner.row(index).child()?;
            let split = insert_below(child, growth, row);
            inner.set(index, child.summary());
            let summary = split?.summary();
            insert_row(inner, index + 1, summary, || growth.take_inner()).map(Node::Inner)
        }
    }
}

/// The child to insert a row into: the one where it belongs or, if that is full and the row goes behind all it
/// has, the next if that has room. Else allocations that grow downwards to a full node would have a node each.
fn child_with_room(inner: &'static Inner, index: usize, first: usize) -> usize {
    let is_full = |index: usize| Node::at(inner.link(index)).is_none_or(Node::is_full);
    let next = index + 1;
    let is_behind = first >= inner.last(index);
    if is_behind && next < inner.length() && is_full(index) && !is_full(next) {
        next
    } else {
        index
    }
}

/// Puts a row into a node, splitting it if it is full; `take` gives an empty node.
fn insert_row<N: Rows>(
    node: &'static N,
    index: usize,
    row: N::Row,
    take: impl FnOnce() -> &'static N,
) -> Option<&'static N> {
    let length = node.length();
    if length < N::CAPACITY {
        node.insert(index, row);
        return None;
    }
    let right = take();
    // Allocations mostly grow upwards, and those from the top downwards: a row that goes behind all others,
    // or before them, leaves a full node there, not a half-empty one. Of a child that was split so, the
    // right half goes behind the first row.
    let middle = if index == length || index <= 1 {
        index
    } else {
        length / 2
    };
    node.split_off(middle, right);
    if index > middle || index == length {
        right.insert(index - middle, row);
    } else {
        node.insert(index, row);
    }
    Some(right)
}

/// Removes below a node, which may be empty then; answers where the run ended.
fn remove_below(node: Node, growth: &mut Growth, start: usize) -> Option<usize> {
    let index = node.rows_up_to(start).checked_sub(1)?;
    match node {
        Node::Leaf(leaf) => {
            debug_assert_eq!(leaf.first(index), start);
            let end = leaf.last(index);
            growth.open.open(leaf);
            leaf.remove(index);
            Some(end)
        }
        Node::Inner(inner) => {
            let child = inner.row(index).child()?;
            let end = remove_below(child, growth, start)?;
            if child.length() == 0 {
                growth.give(child);
                inner.remove(index);
            } else {
                inner.set(index, child.summary());
            }
            Some(end)
        }
    }
}

fn replace_below(node: Node, growth: &mut Growth, start: usize, row: Row) {
    let Some(index) = node.rows_up_to(start).checked_sub(1) else {
        return;
    };
    match node {
        Node::Leaf(leaf) => {
            debug_assert_eq!(leaf.first(index), start);
            growth.open.open(leaf);
            leaf.set(index, row);
        }
        Node::Inner(inner) => {
            if let Some(child) = inner.row(index).child() {
                replace_below(child, growth, start, row);
                inner.set(index, child.summary());
            }
        }
    }
}

/// Whether what the nodes carry of their children is what these hold, and what the leaves carry of
/// allocations is what they are.
#[cfg(test)]
pub(super) fn copies_are_true(tree: &Tree, growth: &Growth) -> bool {
    fn check(node: Node, inner_levels: usize) -> bool {
        (0..node.length()).all(|index| match node {
            Node::Leaf(leaf) => {
                let row = leaf.row(index);
                let run = row.run().unwrap();
                inner_levels == 0
                    && row.digest == Digest::of(&run)
                    && row.facts == run.facts()
                    && row.base == run.allocation.base()
            }
            Node::Inner(inner) => {
                let row = inner.row(index);
                let child = row.child().unwrap();
                row == child.summary()
                    && inner.children_up_to(row.first) == index + 1
                    && check(child, inner_levels - 1)
            }
        })
    }
    tree.root()
        .is_none_or(|root| check(root, growth.inner_levels))
}

/// How many leaves there are.
#[cfg(test)]
pub(super) fn leaves(tree: &Tree) -> usize {
    fn count(node: Node) -> usize {
        match node {
            Node::Leaf(_) => 1,
            Node::Inner(inner) => (0..inner.length())
                .map(|index| count(inner.row(index).child().unwrap()))
                .sum(),
        }
    }
    tree.root().map_or(0, count)
}
