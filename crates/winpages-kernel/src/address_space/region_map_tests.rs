use std::collections::BTreeMap;

use super::super::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
use super::*;
use crate::random::Random;

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
        let growth = &writer.supplies.growth;
        let is_true = super::super::tree::copies_are_true(&map.tree.0, growth);
        drop(writer);
        if step % 50 == 0 {
            assert!(is_true, "step {step}");
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

/// A change of many leaves is to be seen whole, though each leaf is believed by itself.
#[test]
fn what_is_glanced_at_never_goes_back() {
    // As far behind the base as is told of a page along with its address.
    const PAGES: usize = 64;
    const STATES: usize = 32;
    let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
    let base = 0x1000_0000_0000;
    let end = base + PAGES * PAGE_SIZE;
    let state = |round: usize| {
        let modifier = [0, 0x100, 0x200, 0x400][round / 8 % 4];
        PageState::committed(Protection::from_bits_retain(1 << (round % 8) | modifier))
    };
    // Every other page stays reserved, so that each is a run of its own.
    let mut writer = map.write();
    writer.ensure_records().unwrap();
    let (kind, protection) = (AllocationKind::Private, Protection::READWRITE);
    writer.add_allocation(kind, base, end, PageState::RESERVED, protection, 0);
    for page in (0..PAGES).step_by(2).map(|page| base + page * PAGE_SIZE) {
        writer.ensure_records().unwrap();
        writer.set_states(page, page + PAGE_SIZE, |_| state(0));
    }
    drop(writer);
    let begun = AtomicUsize::new(0);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..5_000 {
                let mut writer = map.write();
                begun.store(round, Ordering::SeqCst);
                writer.set_states(base, end, |old| match old {
                    PageState::RESERVED => PageState::RESERVED,
                    _ => state(round),
                });
            }
            done.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            let round_at = |page: usize| loop {
                if let Some(opened) = map.glance(base + page * PAGE_SIZE) {
                    return (0..STATES).find(|round| state(*round) == opened.state);
                }
            };
            while !done.load(Ordering::Relaxed) {
                for (earlier, later) in [(0, PAGES - 2), (PAGES - 2, 0)] {
                    let before = begun.load(Ordering::SeqCst);
                    let earlier = round_at(earlier).unwrap();
                    let later = round_at(later).unwrap();
                    let passed = begun.load(Ordering::SeqCst) - before;
                    let gone_on = (later + STATES - earlier) % STATES;
                    // One round more may have been under way before.
                    assert!(passed >= STATES - 2 || gone_on <= passed + 1);
                }
            }
        });
    });
}

/// Whether allocations grow upwards or downwards, and towards what, the leaves are full.
#[test]
fn what_grows_in_order_fills_the_leaves() {
    const MANY: usize = 50 * super::super::leaf::RUNS;
    let address = |index: usize| 0x100_0000 + index * ALLOCATION_GRANULARITY;
    let upwards = (0..MANY).collect::<Vec<_>>();
    let downwards = upwards.iter().rev().copied().collect();
    let (lower, upper) = upwards.split_at(MANY / 2);
    let towards = lower.iter().chain(upper.iter().rev()).copied().collect();
    for order in [upwards.clone(), downwards, towards] {
        let map: &'static RegionMap = Box::leak(Box::new(RegionMap::new()));
        for index in order {
            let mut writer = map.write();
            writer.ensure_records().unwrap();
            let base = address(index);
            let (kind, protection) = (AllocationKind::Private, Protection::READONLY);
            let state = PageState::RESERVED;
            writer.add_allocation(kind, base, base + PAGE_SIZE, state, protection, 0);
        }
        let leaves = super::super::tree::leaves(&map.tree.0);
        assert!(leaves <= 51, "{leaves} leaves");
        let growth = &map.write().supplies.growth;
        assert!(super::super::tree::copies_are_true(&map.tree.0, growth));
    }
}
