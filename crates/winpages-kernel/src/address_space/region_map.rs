//! The map of regions: what the engine knows of the process's address space.
//!
//! Writers take a lock, and hold it over the system call that makes their change true. Readers take
//! none: the map carries a sequence number that is odd while words are being changed, and a reader
//! that saw it change looks again. Only changes of words count, not system calls, so a reader waits
//! for some hundred nanoseconds at most, unless the writer loses its processor right there; then the
//! reader queues for the lock.

use core::sync::atomic::{AtomicUsize, Ordering, fence};

use super::PageRange;
use super::node::Node;
use super::pool::Pool;
use super::protection::Protection;
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
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        // A reader that sees a word changed below sees the odd number too.
        fence(Ordering::Release);
        work(&self.tree);
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
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
mod tests {
    use std::collections::BTreeMap;

    use super::super::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
    use super::*;

    /// A small generator: the test must be the same each time it runs.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound as u64) as usize
        }
    }

    /// The map agrees, after every one of many random changes, with a page table of the plainest kind.
    #[test]
    fn agrees_with_an_array_of_pages() {
        const SLOTS: usize = 600;
        const PAGES: usize = 16;
        let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
        let mut model: BTreeMap<usize, (usize, Vec<u32>)> = BTreeMap::new();
        let mut random = Random(0x5EED_1234_5678_9ABC);
        let low = 0x10_0000;
        let high = low + SLOTS * ALLOCATION_GRANULARITY;
        for step in 0..5_000 {
            let mut writer = map.write();
            writer.ensure_records().unwrap();
            match random.below(4) {
                0 | 1 => {
                    let pages = 1 + random.below(3 * PAGES);
                    let size = pages * PAGE_SIZE;
                    let from_top = random.below(4) == 0;
                    let alignment = ALLOCATION_GRANULARITY << random.below(3);
                    let expected = free_place(&model, low, high, size, alignment, from_top);
                    let found = if from_top {
                        writer.highest_gap(size, alignment, low, high)
                    } else {
                        writer.lowest_gap(size, alignment, low, high)
                    };
                    assert_eq!(found, expected, "step {step}");
                    if let Some(base) = found {
                        writer.add_allocation(
                            AllocationKind::Private,
                            base,
                            base + size,
                            PageState::RESERVED,
                            Protection::READWRITE,
                            0,
                        );
                        model.insert(base, (size, vec![0; pages]));
                    }
                }
                2 if !model.is_empty() && random.below(3) > 0 => {
                    let (&base, _) = model.iter().nth(random.below(model.len())).unwrap();
                    writer.remove_allocation(writer.run_at(base).unwrap().allocation);
                    model.remove(&base);
                }
                _ if !model.is_empty() => {
                    let picked = random.below(model.len());
                    let (&base, (_, pages)) = model.iter_mut().nth(picked).unwrap();
                    let start = random.below(pages.len());
                    let end = start + 1 + random.below(pages.len() - start);
                    let state = [0, 2, 4][random.below(3)];
                    pages[start..end].fill(state);
                    writer.set_states(base + start * PAGE_SIZE, base + end * PAGE_SIZE, |_| {
                        PageState::from_bits(state)
                    });
                }
                _ => {}
            }
            drop(writer);
            if step % 50 == 0 {
                assert!(
                    super::super::tree::copies_are_true(&map.tree),
                    "step {step}"
                );
                check_walk(map, &model, low, high);
            }
        }
    }

    fn free_place(
        model: &BTreeMap<usize, (usize, Vec<u32>)>,
        low: usize,
        high: usize,
        size: usize,
        alignment: usize,
        from_top: bool,
    ) -> Option<usize> {
        let fits = |base: usize| {
            base + size <= high
                && !model.iter().any(|(&other, (length, _))| {
                    let end = (other + length).next_multiple_of(ALLOCATION_GRANULARITY);
                    base < end && other < (base + size).next_multiple_of(ALLOCATION_GRANULARITY)
                })
        };
        let mut places = (low.next_multiple_of(alignment)..high)
            .step_by(alignment)
            .filter(|&base| fits(base));
        if from_top {
            places.next_back_by_scan()
        } else {
            places.next()
        }
    }

    trait LastByScan: Iterator {
        fn next_back_by_scan(&mut self) -> Option<Self::Item>;
    }

    impl<I: Iterator> LastByScan for I {
        fn next_back_by_scan(&mut self) -> Option<Self::Item> {
            self.last()
        }
    }

    fn check_walk(
        map: &RegionMap,
        model: &BTreeMap<usize, (usize, Vec<u32>)>,
        low: usize,
        high: usize,
    ) {
        let mut at = low;
        while at < high {
            let owner = model
                .range(..=at)
                .next_back()
                .filter(|(b, (size, _))| at < *b + size);
            match map.look(at) {
                Snapshot::Allocated {
                    start,
                    end,
                    state,
                    base,
                    ..
                } => {
                    let (&expected_base, (_, pages)) = owner.expect("nothing is allocated here");
                    assert_eq!(base, expected_base);
                    let index = (at - base) / PAGE_SIZE;
                    let run = pages[index..]
                        .iter()
                        .take_while(|p| **p == pages[index])
                        .count();
                    let before = pages[..index]
                        .iter()
                        .rev()
                        .take_while(|p| **p == pages[index])
                        .count();
                    assert_eq!(state, PageState::from_bits(pages[index]));
                    assert_eq!(end, at + run * PAGE_SIZE);
                    assert_eq!(start, at - before * PAGE_SIZE);
                    at = end;
                }
                Snapshot::Elsewhere { next_start, .. } => {
                    assert!(owner.is_none());
                    let expected = model.range(at..).next().map_or(usize::MAX, |(b, _)| *b);
                    assert_eq!(next_start, expected);
                    at = next_start;
                }
            }
        }
    }

    /// A run may begin further behind its allocation's base than a row has bits for.
    #[test]
    fn the_base_may_be_far_away() {
        let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
        let base = 0x1000_0000_0000;
        let end = base + (16 << 40);
        let mut writer = map.write();
        writer.ensure_records().unwrap();
        writer.add_allocation(
            AllocationKind::Private,
            base,
            end,
            PageState::RESERVED,
            Protection::EXECUTE_WRITECOPY,
            0,
        );
        for distance in [
            PAGE_SIZE,
            (2 << 40) - 2 * PAGE_SIZE,
            2 << 40,
            (15 << 40) + PAGE_SIZE,
        ] {
            let page = base + distance;
            let state = PageState::committed(Protection::EXECUTE_READWRITE | Protection::GUARD);
            writer.ensure_records().unwrap();
            writer.set_states(page, page + PAGE_SIZE, |_| state);
            let found = map.look(page);
            let expected = Snapshot::Allocated {
                start: page,
                end: page + PAGE_SIZE,
                state,
                kind: AllocationKind::Private,
                base,
                protection: Protection::EXECUTE_WRITECOPY,
            };
            assert_eq!(found, expected, "{distance:x}");
        }
    }

    /// Nodes are given back and taken again for another level while readers are on their way.
    #[test]
    fn readers_find_their_way_while_the_tree_grows_and_shrinks() {
        const MANY: usize = 4_000;
        let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
        let address = |index: usize| 0x100_0000 + index * ALLOCATION_GRANULARITY;
        let add = |index: usize| {
            let mut writer = map.write();
            writer.ensure_records().unwrap();
            let (base, end) = (address(index), address(index) + PAGE_SIZE);
            let kind = AllocationKind::Private;
            writer.add_allocation(
                kind,
                base,
                end,
                PageState::RESERVED,
                Protection::READONLY,
                0,
            );
        };
        let kept = MANY / 2;
        add(kept);
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..20 {
                    (0..MANY).filter(|index| *index != kept).for_each(add);
                    for index in (0..MANY).filter(|index| *index != kept) {
                        let mut writer = map.write();
                        writer.remove_allocation(writer.run_at(address(index)).unwrap().allocation);
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let Snapshot::Allocated { start, base, .. } = map.look(address(kept)) else {
                        panic!("what was never taken out is not there");
                    };
                    assert_eq!((start, base), (address(kept), address(kept)));
                }
            });
        });
    }

    #[test]
    fn readers_see_whole_changes() {
        let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
        let base = 0x100_0000;
        let size = 64 * PAGE_SIZE;
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..20_000 {
                    let mut writer = map.write();
                    writer.ensure_records().unwrap();
                    if round % 2 == 0 {
                        writer.add_allocation(
                            AllocationKind::Private,
                            base,
                            base + size,
                            PageState::RESERVED,
                            Protection::READWRITE,
                            0,
                        );
                        writer.set_states(base + 4 * PAGE_SIZE, base + 8 * PAGE_SIZE, |_| {
                            PageState::committed(Protection::READWRITE)
                        });
                    } else {
                        writer.remove_allocation(writer.run_at(base).unwrap().allocation);
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    if let Snapshot::Allocated {
                        start,
                        end,
                        base: at,
                        ..
                    } = map.look(base + 5 * PAGE_SIZE)
                    {
                        assert_eq!(at, base);
                        let whole = (start, end) == (base, base + size);
                        let part = (start, end) == (base + 4 * PAGE_SIZE, base + 8 * PAGE_SIZE);
                        assert!(whole || part);
                    }
                }
            });
        });
    }
}
