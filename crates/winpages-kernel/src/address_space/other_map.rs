//! The map of regions of another process, read out of its memory.
//!
//! What is read is believed as long as the page that the process shows says that nothing has changed since
//! (see [`super::published_map`]). That process is not trusted: whatever it shows is numbers.

use core::hint::spin_loop;
use core::sync::atomic::{Ordering, fence};

use rustix::fd::BorrowedFd;

use super::inner::{CHILDREN, Inner};
use super::layout::{ALLOCATION_GRANULARITY, AddressLayout, page_down};
use super::leaf::Leaf;
use super::node::{self, Rows};
use super::published_map::{MAGIC, place};
use super::query::MemoryBasicInformation;
use super::run::{AllocationKind, RunFacts};
use crate::sys::process_memory::{MOST_PLACES, gather_memory, read_memory};
use crate::sys::shared_page::WatchedPage;

/// How often it is looked again before the process itself is asked.
const ATTEMPTS: usize = 50;

/// How many levels of inner nodes are read at most: no tree has as many, unless it is none.
const MOST_LEVELS: usize = 32;

/// How many leaves are read at a time at most.
const MOST_LEAVES: usize = CHILDREN;

const _: () = assert!(MOST_LEAVES <= MOST_PLACES);

/// The map of another process, as far as it has been read.
pub struct OtherMap {
    page: WatchedPage,
    process: u32,
    life: u64,
    root: usize,
    application_end: usize,
    /// How many leaves were asked for last.
    wanted: usize,
    /// Where inner nodes and leaves are read into.
    inner: Box<Inner>,
    leaves: Vec<Leaf>,
    known: Known,
}

/// The runs between two addresses.
#[derive(Debug, Default)]
struct Known {
    /// The sequence number under which that is so; odd for never.
    sequence: u64,
    start: usize,
    end: usize,
    runs: Vec<KnownRun>,
    /// The run that was found last.
    last: usize,
}

#[derive(Clone, Copy, Debug)]
struct KnownRun {
    start: usize,
    end: usize,
    allocation_base: usize,
    facts: RunFacts,
}

/// What the map says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromMap {
    /// All there is to know.
    Region(MemoryBasicInformation),
    /// Nothing of that process's engine is there, between these addresses: the kernel knows the rest.
    Elsewhere {
        /// Where the run before ends, or 0.
        previous_end: usize,
        /// Where the next run starts, or the application's addresses end.
        next_start: usize,
    },
    /// A view of a section: only the process can tell.
    View,
    /// No process has such an address.
    Outside,
}

impl OtherMap {
    /// The map of the process of that number, by the page that it shows. `None` if that is none, or of a
    /// version that this one does not understand.
    pub fn open(process: u32, page: BorrowedFd<'_>) -> Option<Self> {
        let page = WatchedPage::map(page).ok()?;
        let is_understood = page.load(place::MAGIC) == MAGIC as u64
            && page.load(place::LEAF_SIZE) == size_of::<Leaf>() as u64
            && page.load(place::INNER_SIZE) == size_of::<Inner>() as u64;
        let life = page.load(place::LIFE);
        let application_end = page.load(place::APPLICATION_END) as usize;
        let layouts = [AddressLayout::Bits64, AddressLayout::Bits32];
        let has_layout = layouts.map(AddressLayout::application_end);
        (is_understood && life != 0 && has_layout.contains(&application_end)).then(|| Self {
            process,
            life,
            root: page.load(place::ROOT) as usize,
            application_end,
            wanted: 1,
            inner: Box::new(Inner::blank()),
            leaves: core::iter::repeat_with(Leaf::blank)
                .take(MOST_LEAVES)
                .collect(),
            known: Known {
                sequence: 1,
                ..Known::default()
            },
            page,
        })
    }

    /// Whether the process is what it was when the map was opened: it has not ended, and not become another
    /// program.
    #[inline]
    pub fn is_alive(&self) -> bool {
        self.page.load(place::LIFE) == self.life
    }

    /// Looks an address up; `None` if the process has ended meanwhile, or changes its map all the time.
    #[inline]
    pub fn look(&mut self, address: usize) -> Option<FromMap> {
        if address >= self.application_end {
            return Some(FromMap::Outside);
        }
        let page = page_down(address);
        for _ in 0..ATTEMPTS {
            if !self.is_alive() {
                return None;
            }
            let sequence = self.page.load(place::SEQUENCE);
            if self.known.sequence == sequence && self.known.covers(page) {
                return Some(self.describe(page));
            }
            if sequence & 1 == 0 {
                self.read_around(page, sequence);
            } else {
                spin_loop();
            }
        }
        None
    }

    #[inline]
    fn describe(&mut self, page: usize) -> FromMap {
        let end = self.known.end;
        let Some(index) = self.known.run_at_or_before(page) else {
            let next_start = self.known.runs.first().map_or(end, |next| next.start);
            return FromMap::Elsewhere {
                previous_end: 0,
                next_start,
            };
        };
        let run = self.known.runs[index];
        if page >= run.end {
            let next_start = self
                .known
                .runs
                .get(index + 1)
                .map_or(end, |next| next.start);
            return self.gap(page, run.end, next_start);
        }
        match run.facts.kind() {
            AllocationKind::Foreign => FromMap::Elsewhere {
                previous_end: run.start,
                next_start: run.end,
            },
            AllocationKind::View => FromMap::View,
            _ => FromMap::Region(MemoryBasicInformation::private(
                page,
                run.end,
                run.facts.state(),
                run.allocation_base,
                run.facts.protection(),
            )),
        }
    }

    /// What lies between two runs. In the zone where the engine chooses addresses, the rest of an
    /// allocation's last 64 KiB is free without a question to the kernel, which puts nothing there by
    /// itself: a walk meets one behind nearly every allocation.
    #[inline]
    fn gap(&self, page: usize, previous_end: usize, next_start: usize) -> FromMap {
        let is_rest = next_start - previous_end < ALLOCATION_GRANULARITY
            && AddressLayout::Bits64.application_end() == self.application_end
            && AddressLayout::Bits64.is_in_zone(previous_end, next_start);
        if is_rest {
            FromMap::Region(MemoryBasicInformation::free(page, next_start))
        } else {
            FromMap::Elsewhere {
                previous_end,
                next_start,
            }
        }
    }

    /// Reads the leaf that an address belongs in, and some that follow if the last that was asked for lay
    /// just before: then this is a walk.
    #[cold]
    fn read_around(&mut self, page: usize, sequence: u64) {
        self.wanted = if page == self.known.end {
            (self.wanted * 2).min(MOST_LEAVES)
        } else {
            1
        };
        self.known.sequence = 1;
        if self.read(page).is_some() {
            fence(Ordering::Acquire);
            // What was read while the map changed may be anything.
            if self.page.load(place::SEQUENCE) == sequence {
                self.known.sequence = sequence;
            }
        }
    }

    fn read(&mut self, page: usize) -> Option<()> {
        let known = &mut self.known;
        known.runs.clear();
        known.last = 0;
        known.start = 0;
        known.end = self.application_end;
        let mut link = self.read_word(self.root)?;
        if link == 0 {
            return Some(());
        }
        let mut is_leftmost = true;
        let mut links = [link; MOST_LEAVES];
        let mut count = 1;
        for _ in 0..MOST_LEVELS {
            if !node::is_inner(link) {
                self.read_leaves(&links[..count])?;
                return self.keep(count, is_leftmost);
            }
            self.read_inner(link)?;
            let index = self.inner.child_for(page);
            is_leftmost &= index == 0;
            count = self.wanted.min(self.inner.length().checked_sub(index)?);
            if count == 0 {
                return None;
            }
            for (offset, link) in links[..count].iter_mut().enumerate() {
                *link = self.inner.link(index + offset);
            }
            link = links[0];
            if node::is_inner(link) {
                count = 1;
            }
            let behind = index + count;
            if behind < self.inner.length() {
                self.known.end = self.known.end.min(self.inner.first(behind));
            }
        }
        None
    }

    /// Keeps the runs of the leaves that have been read.
    fn keep(&mut self, count: usize, is_leftmost: bool) -> Option<()> {
        let known = &mut self.known;
        let mut end = 0;
        for leaf in &self.leaves[..count] {
            for row in 0..leaf.length() {
                let run = KnownRun {
                    start: leaf.first(row),
                    end: leaf.last(row),
                    allocation_base: leaf.allocation_base(row),
                    facts: leaf.facts(row),
                };
                if run.start < end || run.end <= run.start || run.end > known.end {
                    return None;
                }
                end = run.end;
                known.runs.push(run);
            }
        }
        if !is_leftmost {
            known.start = known.runs.first()?.start;
        }
        Some(())
    }

    fn read_word(&self, place: usize) -> Option<usize> {
        let mut word = 0usize;
        let size = size_of::<usize>();
        // SAFETY: a word of this function's own.
        let read = unsafe { read_memory(self.process, place, (&raw mut word).cast(), size) };
        (read == Ok(size)).then_some(word)
    }

    fn read_inner(&mut self, link: usize) -> Option<()> {
        let to = (&raw mut *self.inner).cast();
        let size = size_of::<Inner>();
        // SAFETY: an inner node of this value's own, which consists of integers.
        let read = unsafe { read_memory(self.process, node::address_of(link), to, size) };
        (read == Ok(size)).then_some(())
    }

    fn read_leaves(&mut self, links: &[usize]) -> Option<()> {
        let leaves = self.leaves.get_mut(..links.len())?;
        let to = leaves.as_mut_ptr().cast();
        // SAFETY: as many leaves of this value's own, which consist of integers.
        unsafe { gather_memory(self.process, links, size_of::<Leaf>(), to) }.then_some(())
    }
}

impl Known {
    #[inline]
    fn covers(&self, page: usize) -> bool {
        (self.start..self.end).contains(&page)
    }

    /// The last run that starts at an address or below.
    #[inline]
    fn run_at_or_before(&mut self, page: usize) -> Option<usize> {
        let starts_above = |index: usize| self.runs.get(index).is_none_or(|run| run.start > page);
        // A walk asks for the run that follows, or for what is behind this one.
        let near = (self.last..self.last + 2).find(|index| {
            self.runs.get(*index).is_some_and(|run| run.start <= page) && starts_above(index + 1)
        });
        let index = match near {
            Some(index) => index,
            None => self
                .runs
                .partition_point(|run| run.start <= page)
                .checked_sub(1)?,
        };
        self.last = index;
        Some(index)
    }
}
