//! The nodes of the region tree.

use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::digest::Digest;
use super::layout::granularity_up;
use super::pool::{Pool, Pooled};
use super::run::{Allocation, Run, RunFacts};

/// How many runs a leaf, or children an inner node, holds. Measured with a million regions: 30, which
/// makes a node a KiB, takes twice as long. It is a level more, and since queries read only the keys of a
/// leaf, powers of two leave most of the processor's cache unused.
pub const FANOUT: usize = 42;

/// How many rows a lookup steps over at once. Eight of anything the compiler adds up as a vector, which
/// takes twice as long.
const STRIDE: usize = 6;

const _: () = assert!(FANOUT == 7 * STRIDE && !size_of::<Node>().is_power_of_two());

/// A node: four columns of words.
///
/// | column | in a leaf: of a run | in an inner node: of a child's subtree |
/// | --- | --- | --- |
/// | `key` | first byte, and [`Digest`] in the low bits | first byte of its first run |
/// | `last` | the byte after the last | the byte after the last of its last run |
/// | `third` | first byte of the allocation, and [`RunFacts`] in the low bits | largest gap between two neighbouring runs in it, in bytes |
/// | `link` | address of the allocation | address of the child |
///
/// A query reads the keys of a leaf and, if they will do, nothing else: with a million regions no leaf is
/// in the processor's caches, and every line of memory is waited for.
///
/// All words are atomic, because readers look at them while a writer changes them; what they make of
/// a half-changed node they throw away. See [`super::region_map`].
#[repr(C, align(64))]
pub struct Node {
    /// 0 for a leaf, else one more than its children's.
    level: AtomicU32,
    length: AtomicU32,
    free_link: AtomicUsize,
    key: [AtomicUsize; FANOUT],
    last: [AtomicUsize; FANOUT],
    third: [AtomicUsize; FANOUT],
    link: [AtomicUsize; FANOUT],
}

/// How many bytes at the start of a leaf a query reads.
const READ_BY_QUERIES: usize = core::mem::offset_of!(Node, last).next_multiple_of(64);

// SAFETY: atomic words only, and `free_link` is read by nobody but the pool.
unsafe impl Pooled for Node {
    fn free_link(&self) -> &AtomicUsize {
        &self.free_link
    }
}

/// How far the address stands shifted in a word that holds more: a page's number, of 35 bits, is its upper
/// part.
const ADDRESS_SHIFT: u32 = 17;

/// The part of such a word that is not the address.
const LOW_BITS: usize = (1 << Digest::BITS) - 1;

const _: () = assert!(RunFacts::BITS == Digest::BITS);

/// The key where a node has no row; that of the last page below 128 TiB, which nobody can have.
const NO_ROW: usize = usize::MAX;

/// One row of a node.
#[derive(Clone, Copy)]
pub struct Row {
    pub first: usize,
    /// The byte after the last.
    pub last: usize,
    /// In an inner node, [`Digest::NONE`].
    pub digest: Digest,
    /// In an inner node, nothing.
    pub facts: RunFacts,
    /// In a leaf, the first byte of the allocation, without facts.
    pub third: usize,
    pub link: usize,
}

impl Row {
    pub fn of_run(run: &Run) -> Self {
        Self {
            first: run.start,
            last: run.end,
            digest: Digest::of(run),
            facts: run.facts(),
            third: run.allocation.base(),
            link: core::ptr::from_ref(run.allocation) as usize,
        }
    }

    /// The run this row of a leaf holds; `None` only if a reader caught the row half-written.
    #[inline]
    pub fn run(self) -> Option<Run> {
        Some(Run {
            start: self.first,
            end: self.last,
            state: self.facts.state(),
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
    /// A node to read another process's into.
    pub fn blank() -> Self {
        Self {
            level: AtomicU32::new(0),
            length: AtomicU32::new(0),
            free_link: AtomicUsize::new(0),
            key: [const { AtomicUsize::new(NO_ROW) }; FANOUT],
            last: [const { AtomicUsize::new(0) }; FANOUT],
            third: [const { AtomicUsize::new(0) }; FANOUT],
            link: [const { AtomicUsize::new(0) }; FANOUT],
        }
    }

    /// Makes an empty node of a record fresh from the pool.
    pub fn start(&self, level: u32) {
        self.level.store(level, Ordering::Relaxed);
        self.length.store(0, Ordering::Relaxed);
        for key in &self.key {
            key.store(NO_ROW, Ordering::Relaxed);
        }
    }

    #[inline]
    pub fn level(&self) -> u32 {
        self.level.load(Ordering::Relaxed)
    }

    #[inline]
    pub fn is_leaf(&self) -> bool {
        self.level() == 0
    }

    #[inline]
    pub fn length(&self) -> usize {
        (self.length.load(Ordering::Relaxed) as usize).min(FANOUT)
    }

    fn set_length(&self, length: usize) {
        self.length.store(length as u32, Ordering::Relaxed);
    }

    /// The first byte of a row, above all addresses if there is no such row.
    #[inline]
    pub fn first(&self, index: usize) -> usize {
        match self.key[index].load(Ordering::Relaxed) {
            NO_ROW => usize::MAX,
            key => address_in(key),
        }
    }

    /// The byte after the last of a row.
    #[inline]
    pub fn last(&self, index: usize) -> usize {
        self.last[index].load(Ordering::Relaxed)
    }

    /// The first byte of the run that a row of a leaf holds, and what is told of it there.
    #[inline]
    pub fn digest(&self, index: usize) -> (usize, Digest) {
        let key = self.key[index].load(Ordering::Relaxed);
        let digest = Digest::from_bits((key & LOW_BITS) as u32);
        (address_in(key), digest)
    }

    /// What a row of a leaf says of its run beside the ends.
    #[inline]
    pub fn facts(&self, index: usize) -> RunFacts {
        RunFacts::from_bits((self.third[index].load(Ordering::Relaxed) & LOW_BITS) as u32)
    }

    /// The first byte of the allocation that a row of a leaf is part of.
    #[inline]
    pub fn allocation_base(&self, index: usize) -> usize {
        address_in(self.third[index].load(Ordering::Relaxed))
    }

    /// The address of what a row leads to.
    #[inline]
    pub fn link(&self, index: usize) -> usize {
        self.link[index].load(Ordering::Relaxed)
    }

    #[inline]
    pub fn row(&self, index: usize) -> Row {
        let (first, digest) = self.digest(index);
        let third = self.third[index].load(Ordering::Relaxed);
        let (facts, third) = if self.is_leaf() {
            let facts = RunFacts::from_bits((third & LOW_BITS) as u32);
            (facts, address_in(third))
        } else {
            (RunFacts::default(), third)
        };
        Row {
            first,
            last: self.last(index),
            digest,
            facts,
            third,
            link: self.link(index),
        }
    }

    #[inline]
    pub fn set(&self, index: usize, row: Row) {
        let third = if self.is_leaf() {
            row.third << ADDRESS_SHIFT | row.facts.bits() as usize
        } else {
            row.third
        };
        for (word, value) in [
            (
                &self.key[index],
                row.first << ADDRESS_SHIFT | row.digest.bits() as usize,
            ),
            (&self.last[index], row.last),
            (&self.third[index], third),
            (&self.link[index], row.link),
        ] {
            // What stays as it is stays in the readers' caches.
            if word.load(Ordering::Relaxed) != value {
                word.store(value, Ordering::Relaxed);
            }
        }
    }

    /// How many rows begin at or below an address.
    #[inline]
    pub fn rows_up_to(&self, address: usize) -> usize {
        // No branch depends on what is found: it would be mispredicted every other time, and nothing
        // that follows could begin while this one waits for memory.
        let sought = address << ADDRESS_SHIFT | LOW_BITS;
        let not_above =
            |index: usize| usize::from(self.key[index].load(Ordering::Relaxed) <= sought);
        let strides: usize = (1..FANOUT / STRIDE)
            .map(|stride| not_above(stride * STRIDE))
            .sum();
        let skipped = strides * STRIDE;
        skipped
            + (0..STRIDE)
                .map(|row| not_above(skipped + row))
                .sum::<usize>()
    }

    /// Has the processor fetch what a query reads of a leaf, all at once.
    #[inline]
    pub fn prefetch(&self) {
        let start = core::ptr::from_ref(self).cast::<i8>();
        for line in (0..READ_BY_QUERIES).step_by(64) {
            // SAFETY: a hint, which faults at no address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line)) };
        }
    }

    /// Puts a row in; the node must have room.
    pub fn insert(&self, index: usize, row: Row) {
        let length = self.length();
        for moved in (index..length).rev() {
            self.set(moved + 1, self.row(moved));
        }
        self.set(index, row);
        self.set_length(length + 1);
    }

    /// Takes a row out.
    pub fn remove(&self, index: usize) {
        let length = self.length();
        for moved in index + 1..length {
            self.set(moved - 1, self.row(moved));
        }
        self.key[length - 1].store(NO_ROW, Ordering::Relaxed);
        self.set_length(length - 1);
    }

    /// Moves the rows from `index` on to the empty node `right`.
    pub fn split_off(&self, index: usize, right: &Self) {
        let length = self.length();
        for moved in index..length {
            right.set(moved - index, self.row(moved));
            self.key[moved].store(NO_ROW, Ordering::Relaxed);
        }
        right.set_length(length - index);
        self.set_length(index);
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
            digest: Digest::NONE,
            facts: RunFacts::default(),
            third: largest,
            link: core::ptr::from_ref(self) as usize,
        }
    }
}

/// The address in a word that holds more.
#[inline]
fn address_in(word: usize) -> usize {
    word >> Digest::BITS << (Digest::BITS - ADDRESS_SHIFT)
}

/// How much of the gap between one run and the next an allocation can use, in bytes: it begins at a
/// 64 KiB boundary, and the rest of the last run's 64 KiB is nobody's.
pub fn usable_gap(end: usize, start: usize) -> usize {
    start.saturating_sub(granularity_up(end))
}
