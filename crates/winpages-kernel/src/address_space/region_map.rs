//! The map of regions: what the engine knows of the process's address space.
//!
//! Writers take a lock, and hold it over the system call that makes their change true. Readers take
//! none. Who asks about a run asks its leaf of the tree, which says itself whether it is being changed
//! (see [`super::leaf::OpenLeaves`]): so a reader waits for those only who change what it reads. What is no
//! run takes more than one leaf to tell, and for that the map carries a sequence number that is odd while
//! words are being changed; a reader that saw it change looks again. Only changes of words count, not system
//! calls, so a reader waits for some hundred nanoseconds at most, unless the writer loses its processor right
//! there; then the reader queues for the lock.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

use super::PageRange;
use super::digest::Opened;
use super::place::Place;
use super::pool::Pool;
use super::protection::Protection;
use super::published_map::PublishedMap;
use super::run::{Allocation, AllocationKind, PageState, Run};
use super::tree::{Growth, Located, Tree};
use crate::NtStatus;
use crate::sys::lock::{Guard, Lock};

/// How often a reader looks again before it queues for the lock.
const READER_ATTEMPTS: usize = 1000;

/// The one map of this process: with the handle table, all that Windows makes global.
pub static REGIONS: RegionMap = RegionMap::new();

/// The map of regions of one address space.
#[repr(C)]
pub struct RegionMap {
    tree: Apart<Tree>,
    sequence: AtomicUsize,
    /// Where others can see the sequence number; NULL if nobody has asked for it.
    published: AtomicPtr<PublishedMap>,
    writer: Apart<Lock<Supplies>>,
}

/// On cache lines of its own. Every reader looks at the tree's root, which hardly ever changes, and would wait
/// for what writers change all the time if that lay beside it.
#[repr(align(128))]
struct Apart<T>(T);

struct Supplies {
    growth: Growth,
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
            tree: Apart(Tree::new()),
            sequence: AtomicUsize::new(0),
            published: AtomicPtr::new(core::ptr::null_mut()),
            writer: Apart(Lock::new(Supplies {
                growth: Growth::new(),
                allocations: Pool::new(),
            })),
        }
    }

    /// Takes the lock, for changing the map or for looking at more than one place of it.
    pub fn write(&self) -> Writer<'_> {
        Writer {
            map: self,
            supplies: self.writer.0.lock(),
        }
    }

    /// What is known of private memory at an address, if that is told along with its address; else
    /// [`RegionMap::look`] knows. Without a lock.
    #[inline(always)] // As `query_virtual_memory`, which stands on it.
    pub fn glance(&self, address: usize) -> Option<Opened> {
        let (start, digest) = self.tree.0.digest(address)?;
        digest
            .open(start)
            .filter(|opened| (start..opened.end).contains(&address))
    }

    /// Looks an address up without a lock.
    pub fn look(&self, address: usize) -> Snapshot {
        if let Some(row) = self.tree.0.glimpse(address) {
            return snapshot(Located::Run(row));
        }
        for _ in 0..READER_ATTEMPTS {
            let before = self.sequence.load(Ordering::Acquire);
            if before & 1 == 0
                && let Some(found) = self.tree.0.look(address)
            {
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == before {
                    return snapshot(found);
                }
            }
            core::hint::spin_loop();
        }
        self.look_in_turn(address)
    }

    #[cold]
    fn look_in_turn(&self, address: usize) -> Snapshot {
        let _turn = self.writer.0.lock();
        self.tree.0.look(address).map_or(
            Snapshot::Elsewhere {
                previous_end: 0,
                next_start: usize::MAX,
            },
            snapshot,
        )
    }

    /// Shows the sequence number to others from now on, and where they find the tree.
    pub(super) fn publish(&self, page: &'static PublishedMap) {
        let _turn = self.writer.0.lock();
        page.describe(
            self.tree.0.root_place(),
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
        self.writer.0.lock_for_fork();
    }

    /// # Safety
    ///
    /// This thread, or the one it was forked from, must have called [`RegionMap::lock_for_fork`].
    pub(crate) unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller vouches for it.
        unsafe { self.writer.0.unlock_after_fork() };
    }
}

fn snapshot(located: Located) -> Snapshot {
    match located {
        Located::Gap {
            previous_end,
            next_start,
        } => Snapshot::Elsewhere {
            previous_end,
            next_start,
        },
        Located::Run(row) => match row.facts.kind() {
            AllocationKind::Foreign => Snapshot::Elsewhere {
                previous_end: row.first,
                next_start: row.last,
            },
            kind => Snapshot::Allocated {
                start: row.first,
                end: row.last,
                state: row.facts.state(),
                kind,
                base: row.base,
                protection: row.facts.protection(),
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
        self.supplies.growth.ensure(2)?;
        self.supplies.allocations.ensure(2)
    }

    /// The first run that ends above an address.
    pub fn run_ending_above(&self, address: usize) -> Option<Run> {
        self.map.tree.0.run_ending_above(address)
    }

    /// The run that covers an address, unless it only marks somebody else's mapping.
    pub fn run_at(&self, address: usize) -> Option<Run> {
        let run = self.map.tree.0.place_of(address)?.run()?;
        (run.allocation.kind() != AllocationKind::Foreign).then_some(run)
    }

    /// The lowest free place; see [`Tree::lowest_gap`].
    pub fn lowest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        self.map.tree.0.lowest_gap(size, alignment, low, high)
    }

    /// The highest free place.
    pub fn highest_gap(
        &self,
        size: usize,
        alignment: usize,
        low: usize,
        high: usize,
    ) -> Option<usize> {
        self.map.tree.0.highest_gap(size, alignment, low, high)
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
        map.change(&mut supplies.growth, |tree, growth| {
            allocation.describe(kind, base, end, protection, view);
            tree.insert(growth, &run);
        });
    }

    /// Takes an allocation with all its runs out.
    pub fn remove_allocation(&mut self, allocation: &'static Allocation) {
        let Self { map, supplies } = self;
        let (base, end) = (allocation.base(), allocation.end());
        map.change(&mut supplies.growth, |tree, growth| {
            let mut start = base;
            while start < end
                && let Some(run_end) = tree.remove(growth, start)
            {
                start = run_end;
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
        map.change(&mut supplies.growth, |tree, growth| {
            if let Some(place) = tree.place_of(at)
                && place.start() < at
            {
                tree.cut(growth, place, at);
            }
            rest.describe_rest_of(allocation, at);
            allocation.set_end(at);
            let mut start = at;
            while start < rest.end()
                && let Some(run) = tree.run_ending_above(start)
            {
                tree.replace(
                    growth,
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
        let Supplies {
            growth,
            allocations,
        } = &mut **supplies;
        map.change(growth, |tree, growth| {
            while let Some(next) = tree.run_ending_above(first.end())
                && next.start < end
            {
                tree.remove(growth, next.start);
                first.set_end(next.end);
                allocations.give(next.allocation);
            }
            tree.replace(
                growth,
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
        map.change(&mut supplies.growth, |tree, growth| {
            allocation.describe_in_place(kind, protection, view);
            let set = set_states(tree, growth, allocation.range(), |_| state);
            debug_assert!(set.is_some(), "an allocation has runs from end to end");
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
        map.change(&mut supplies.growth, |tree, growth| {
            let set = set_states(tree, growth, range, new);
            debug_assert!(set.is_some(), "an allocation has runs from end to end");
        });
    }
}

impl RegionMap {
    /// Changes words that readers may be looking at.
    fn change(&self, growth: &mut Growth, work: impl FnOnce(&Tree, &mut Growth)) {
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
        work(&self.tree.0, growth);
        growth.open.close();
        show(sequence.wrapping_add(2), Ordering::Release);
    }
}

/// Gives pages of one allocation new states, and keeps runs maximal. `None` if there are none.
fn set_states(
    tree: &Tree,
    growth: &mut Growth,
    range: PageRange,
    new: impl Fn(PageState) -> PageState,
) -> Option<()> {
    let mut place = tree.place_of(range.base)?;
    if place.start() < range.base {
        (_, place) = tree.cut(growth, place, range.base)?;
    }
    loop {
        if range.end() < place.end() {
            (place, _) = tree.cut(growth, place, range.end())?;
        }
        let mut run = place.run()?;
        run.state = new(run.state);
        place.set(&mut growth.open, &run);
        if run.allocation.base() < run.start {
            let before = tree.touched_by(place)?;
            place = join_if_alike(tree, growth, before, place)?;
        }
        if place.end() == run.allocation.end() {
            return Some(());
        }
        let behind = tree.touching(place)?;
        if range.end() <= place.end() {
            join_if_alike(tree, growth, place, behind)?;
            return Some(());
        }
        place = behind;
    }
}

/// Makes one run of two of one allocation that touch, if they are alike. Answers where the second is
/// now.
fn join_if_alike(tree: &Tree, growth: &mut Growth, left: Place, right: Place) -> Option<Place> {
    if left.run()?.state == right.run()?.state {
        tree.join(growth, left, right)
    } else {
        Some(right)
    }
}

#[cfg(test)]
#[path = "region_map_tests.rs"]
mod tests;
