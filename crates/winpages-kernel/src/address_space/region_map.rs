//! The map of regions: what the engine knows of the process's address space.
//!
//! Writers take a lock, and hold it over the system call that makes their change true. Readers take
//! none: the map carries a sequence number that is odd while words are being changed, and a reader
//! that saw it change looks again. Only changes of words count, not system calls, so a reader waits
//! for some hundred nanoseconds at most, unless the writer loses its processor right there; then the
//! reader queues for the lock.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

use super::PageRange;
use super::node::Node;
use super::pool::Pool;
use super::protection::Protection;
use super::published_map::PublishedMap;
use super::run::{Allocation, AllocationKind, PageState, Run};
use super::tree::{Located, Tree};
use crate::NtStatus;
use crate::sys::lock::{Guard, Lock};

/// How often a reader looks again before it queues for the lock.
const READER_ATTEMPTS: usize = 1000;

/// The one map of this process: with the handle table, all that Windows makes global.
pub static REGIONS: RegionMap = RegionMap::new();

/// The map of regions of one address space.
pub struct RegionMap {
    sequence: AtomicUsize,
    /// Where others can see the sequence number; NULL if nobody has asked for it.
    published: AtomicPtr<PublishedMap>,
    tree: Tree,
    writer: Lock<Supplies>,
}

struct Supplies {
    nodes: Pool<Node>,
    allocations: Pool<Allocation>,
}

/// What lies at an address, copied out of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// Part of an allocation of ours.
    Allocated {
        /// The first byte of the run of pages alike.
        start: usize,
        /// The byte after its last.
        end: usize,
        /// The state of its pages.
        state: PageState,
        /// What the allocation is made of.
        kind: AllocationKind,
        /// The first byte of the allocation.
        base: usize,
        /// The protection it was allocated with.
        protection: Protection,
    },
    /// Nothing of ours.
    Elsewhere {
        /// Where the run of ours before ends, or 0.
        previous_end: usize,
        /// Where the next run of ours starts, or `usize::MAX`.
        next_start: usize,
    },
}

impl RegionMap {
    /// An empty map.
    pub const fn new() -> Self {
        Self {
            sequence: AtomicUsize::new(0),
            published: AtomicPtr::new(core::ptr::null_mut()),
            tree: Tree::new(),
            writer: Lock::new(Supplies {
                nodes: Pool::new(),
                allocations: Pool::new(),
            }),
        }
    }

    /// Takes the lock, for changing the map or for looking at more than one place of it.
    pub fn write(&self) -> Writer<'_> {
        Writer {
            map: self,
            supplies: self.writer.lock(),
        }
    }

    /// Looks an address up without a lock.
    #[inline(always)] // As `query_virtual_memory`, which stands on it.
    pub fn look(&self, address: usize) -> Snapshot {
        for _ in 0..READER_ATTEMPTS {
            let before = self.sequence.load(Ordering::Acquire);
            let is_true = || {
                fence(Ordering::Acquire);
                self.sequence.load(Ordering::Relaxed) == before
            };
            if before & 1 == 0
                && let Some(found) = self.tree.look(address, is_true).map(snapshot)
                && is_true()
            {
                return found;
            }
            core::hint::spin_loop();
        }
        self.look_in_turn(address)
    }

    #[cold]
    fn look_in_turn(&self, address: usize) -> Snapshot {
        let _turn = self.writer.lock();
        self.tree.locate(address).map_or(
            Snapshot::Elsewhere {
                previous_end: 0,
                next_start: usize::MAX,
            },
            snapshot,
        )
    }

    /// Shows the sequence number to others from now on, and where they find the tree.
    pub(super) fn publish(&self, page: &'static PublishedMap) {
        let _turn = self.writer.lock();
        page.describe(
            self.tree.root_place(),
            self.sequence.load(Ordering::Relaxed),
        );
        self.published
            .store(core::ptr::from_ref(page).cast_mut(), Ordering::Release);
    }

    /// The child of a fork has a map of its own, and its parent's page shows the parent's.
    pub(crate) fn unpublish_after_fork(&self) {
        self.published
            .store(core::ptr::null_mut(), Ordering::Relaxed);
    }

    pub(crate) fn lock_for_fork(&self) {
        self.writer.lock_for_fork();
    }

    /// # Safety
    ///
    /// This thread, or the one it was forked from, must have called [`RegionMap::lock_for_fork`].
    pub(crate) unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller vouches for it.
        unsafe { self.writer.unlock_after_fork() };
    }
}

#[inline]
fn snapshot(located: Located) -> Snapshot {
    match located {
        Located::Gap {
            previous_end,
            next_start,
        } => Snapshot::Elsewhere {
            previous_end,
            next_start,
        },
        Located::Run(place) => match place.facts().kind() {
            AllocationKind::Foreign => Snapshot::Elsewhere {
                previous_end: place.start(),
                next_start: place.end(),
            },
            kind => Snapshot::Allocated {
                start: place.start(),
                end: place.end(),
                state: place.facts().state(),
                kind,
                base: place.allocation_base(),
                protection: place.facts().protection(),
            },
        },
    }
}

/// The right to change a map.
pub struct Writer<'a> {
    map: &'a RegionMap,
    supplies: Guard<'a, Supplies>,
}

impl Writer<'_> {
    /// Makes sure that the next change finds all the records it needs, so that it cannot stop
    /// half-way. A change adds at most two runs and two allocations.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_MEMORY`].
    pub fn ensure_records(&mut self) -> Result<(), NtStatus> {
        self.map.tree.ensure(&mut self.supplies.nodes, 2)?;
        self.supplies.allocations.ensure(2)
    }

    /// The first run that ends above an address.
    pub fn run_ending_above(&self, address: usize) -> Option<Run> {
        self.map.tree.run_ending_above(address)
    }

    /// The run that covers an address, unless it only marks somebody else's mapping.
    pub fn run_at(&self, address: usize) -> Option<Run> {
        match self.map.tree.locate(address)? {
            Located::Run(place) if place.facts().kind() != AllocationKind::Foreign => place.run(),
            _ => None,
        }
    }

    /// The lowest free place; see [`Tree::lowest_gap`].
    pub fn lowest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        self.map.tree.lowest_gap(size, alignment, low, high)
    }

    /// The highest free place.
    pub fn highest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        self.map.tree.highest_gap(size, alignment, low, high)
    }

    /// Enters a new allocation of one run into a gap. [`Writer::ensure_records`] comes first.
    pub fn add_allocation(
        &mut self,
        kind: AllocationKind,
        base: usize,
        end: usize,
        state: PageState,
        protection: Protection,
        view: usize,
    ) {
        let allocation = self.supplies.allocations.take();
        let run = Run {
            start: base,
            end,
            state,
            allocation,
        };
        let Self { map, supplies } = self;
        map.change(|tree| {
            allocation.describe(kind, base, end, protection, view);
            tree.insert(&mut supplies.nodes, &run);
        });
    }

    /// Takes an allocation with all its runs out.
    pub fn remove_allocation(&mut self, allocation: &'static Allocation) {
        let Self { map, supplies } = self;
        let (base, end) = (allocation.base(), allocation.end());
        map.change(|tree| {
            while let Some(run) = tree.run_ending_above(base)
                && run.start < end
            {
                tree.remove(&mut supplies.nodes, run.start);
            }
        });
        self.supplies.allocations.give(allocation);
    }

    /// Makes a range of pages, all of one allocation without a table of its own, an allocation by itself.
    /// [`Writer::ensure_records`] comes first.
    pub fn separate(
        &mut self,
        allocation: &'static Allocation,
        range: PageRange,
    ) -> &'static Allocation {
        let mut separated = allocation;
        if allocation.base() < range.base {
            separated = self.split_allocation(allocation, range.base);
        }
        if range.end() < separated.end() {
            self.split_allocation(separated, range.end());
        }
        separated
    }

    /// Makes the part of an allocation from an address on an allocation of its own.
    fn split_allocation(
        &mut self,
        allocation: &'static Allocation,
        at: usize,
    ) -> &'static Allocation {
        let rest = self.supplies.allocations.take();
        let Self { map, supplies } = self;
        map.change(|tree| {
            split(tree, &mut supplies.nodes, at);
            rest.describe_rest_of(allocation, at);
            allocation.set_end(at);
            let mut start = at;
            while start < rest.end()
                && let Some(run) = tree.run_ending_above(start)
            {
                tree.replace(
                    run.start,
                    &Run {
                        allocation: rest,
                        ..run
                    },
                );
                start = run.end;
            }
        });
        rest
    }

    /// Makes one placeholder of those that lie side by side from `first` to `end`.
    pub fn join_placeholders(&mut self, first: &'static Allocation, end: usize) {
        let Self { map, supplies } = self;
        map.change(|tree| {
            while let Some(next) = tree.run_ending_above(first.end())
                && next.start < end
            {
                tree.remove(&mut supplies.nodes, next.start);
                first.set_end(next.end);
                supplies.allocations.give(next.allocation);
            }
            tree.replace(
                first.base(),
                &Run {
                    start: first.base(),
                    end,
                    state: PageState::RESERVED,
                    allocation: first,
                },
            );
        });
    }

    /// Enters what took the place of a placeholder, or the placeholder that lies there again.
    pub fn describe_in_place(
        &mut self,
        allocation: &'static Allocation,
        kind: AllocationKind,
        state: PageState,
        protection: Protection,
        view: usize,
    ) {
        let Self { map, supplies } = self;
        map.change(|tree| {
            allocation.describe_in_place(kind, protection, view);
            set_states(tree, &mut supplies.nodes, allocation.range(), |_| state);
        });
    }

    /// Gives the pages from `start` to `end`, all of one allocation, new states, and keeps runs
    /// maximal. [`Writer::ensure_records`] comes first.
    pub fn set_states(&mut self, start: usize, end: usize, new: impl Fn(PageState) -> PageState) {
        let Self { map, supplies } = self;
        let range = PageRange {
            base: start,
            size: end - start,
        };
        map.change(|tree| set_states(tree, &mut supplies.nodes, range, new));
    }
}

impl RegionMap {
    /// Changes words that readers may be looking at.
    fn change(&self, work: impl FnOnce(&Tree)) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        // SAFETY: NULL or a page that `publish` was given, which stays.
        let published = unsafe { self.published.load(Ordering::Relaxed).as_ref() };
        let show = |sequence: usize, order: Ordering| {
            self.sequence.store(sequence, order);
            if let Some(page) = published {
                page.sequence.store(sequence, order);
            }
        };
        show(sequence.wrapping_add(1), Ordering::Relaxed);
        // A reader that sees a word changed below sees the odd number too.
        fence(Ordering::Release);
        work(&self.tree);
        show(sequence.wrapping_add(2), Ordering::Release);
    }
}

/// Gives pages of one allocation new states, and keeps runs maximal.
fn set_states(
    tree: &Tree,
    nodes: &mut Pool<Node>,
    range: PageRange,
    new: impl Fn(PageState) -> PageState,
) {
    split(tree, nodes, range.base);
    split(tree, nodes, range.end());
    let mut at = range.base;
    while at < range.end()
        && let Some(mut run) = tree.run_ending_above(at)
    {
        run.state = new(run.state);
        tree.replace(run.start, &run);
        at = run.end;
    }
    // Every boundary from the start of the range to its end may be none any more.
    let mut boundary = range.base;
    while boundary <= range.end() {
        let Some(next) = merge(tree, nodes, boundary) else {
            break;
        };
        boundary = next;
    }
}

/// Makes `address` a boundary between two runs, if it lies inside one.
fn split(tree: &Tree, nodes: &mut Pool<Node>, address: usize) {
    if let Some(run) = run_at(tree, address)
        && run.start < address
    {
        tree.replace(
            run.start,
            &Run {
                end: address,
                ..run
            },
        );
        tree.insert(
            nodes,
            &Run {
                start: address,
                ..run
            },
        );
    }
}

/// Merges the run that starts at `boundary` into the one that ends there, if they are alike; answers
/// the next boundary above.
fn merge(tree: &Tree, nodes: &mut Pool<Node>, boundary: usize) -> Option<usize> {
    let right = run_at(tree, boundary)?;
    if right.start == boundary
        && let Some(left) = run_at(tree, boundary - 1)
        && left.state == right.state
        && core::ptr::eq(left.allocation, right.allocation)
    {
        tree.remove(nodes, right.start);
        tree.replace(
            left.start,
            &Run {
                end: right.end,
                ..left
            },
        );
    }
    Some(right.end)
}

fn run_at(tree: &Tree, address: usize) -> Option<Run> {
    match tree.locate(address)? {
        Located::Run(place) => place.run(),
        Located::Gap { .. } => None,
    }
}

#[cfg(test)]
#[path = "region_map_tests.rs"]
mod tests;
