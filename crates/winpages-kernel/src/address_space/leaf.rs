//! The leaves of the region tree: the runs themselves.

use core::sync::atomic::{AtomicUsize, Ordering, fence};

use super::digest::Digest;
use super::node::{Rows, store_if_other};
use super::pool::{Pool, Pooled};
use super::run::{Allocation, Run, RunFacts};

/// How many runs a leaf holds: as many as have their keys, with the version, on four cache lines. Measured with
/// a million regions: two lines take a fifth longer, for then there are twice as many leaves to find; six
/// lines a tenth.
pub const RUNS: usize = 5 * STRIDE;

/// How many rows a lookup steps over at once. Eight comparisons the compiler would add up as vectors.
const STRIDE: usize = 6;

/// A leaf: four columns of words.
///
/// | column | of a run |
/// | --- | --- |
/// | `key` | first byte, and [`Digest`] in the low bits |
/// | `last` | the byte after the last |
/// | `base` | first byte of the allocation, and [`RunFacts`] in the low bits |
/// | `allocation` | address of the allocation |
///
/// A query reads the keys and, if they will do, nothing else: with a million regions no leaf is in the
/// processor's caches, and every line of memory is waited for.
///
/// All words are atomic, because readers look at them while a writer changes them. What they make of it they
/// believe only if the leaf is not open (see [`OpenLeaves`]) and was not meanwhile. A leaf without rows says
/// nothing, so one that has been given back, or taken anew, is safe to be found by a reader who is late.
#[repr(C, align(64))]
pub struct Leaf {
    /// Odd while the leaf is open; counts on as long as the process lives.
    version: AtomicUsize,
    key: [AtomicUsize; RUNS],
    length: AtomicUsize,
    free_link: AtomicUsize,
    /// Among the open leaves, the next.
    next_open: AtomicUsize,
    last: [AtomicUsize; RUNS],
    base: [AtomicUsize; RUNS],
    allocation: [AtomicUsize; RUNS],
}

const _: () = assert!(core::mem::offset_of!(Leaf, length) < 4 * 64);

// SAFETY: atomic words only, and `free_link` is read by nobody but the pool.
unsafe impl Pooled for Leaf {
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

/// The key where there is no row; that of the last page below 128 TiB, which nobody can have.
const NO_ROW: usize = usize::MAX;

/// A run as a leaf has it.
#[derive(Clone, Copy)]
pub struct Row {
    pub first: usize,
    /// The byte after the last.
    pub last: usize,
    pub digest: Digest,
    pub facts: RunFacts,
    /// The first byte of the allocation.
    pub base: usize,
    allocation: usize,
}

impl Row {
    pub fn of_run(run: &Run) -> Self {
        Self {
            first: run.start,
            last: run.end,
            digest: Digest::of(run),
            facts: run.facts(),
            base: run.allocation.base(),
            allocation: core::ptr::from_ref(run.allocation) as usize,
        }
    }

    /// The run; `None` only if a reader caught the row half-written.
    #[inline]
    pub fn run(self) -> Option<Run> {
        Some(Run {
            start: self.first,
            end: self.last,
            state: self.facts.state(),
            allocation: Pool::<Allocation>::at(self.allocation)?,
        })
    }
}

impl Leaf {
    /// A leaf to read another process's into.
    pub fn blank() -> Self {
        Self {
            version: AtomicUsize::new(0),
            key: [const { AtomicUsize::new(NO_ROW) }; RUNS],
            length: AtomicUsize::new(0),
            free_link: AtomicUsize::new(0),
            next_open: AtomicUsize::new(0),
            last: [const { AtomicUsize::new(0) }; RUNS],
            base: [const { AtomicUsize::new(0) }; RUNS],
            allocation: [const { AtomicUsize::new(0) }; RUNS],
        }
    }

    /// What `read` makes of the last row that begins at or below an address, or of the first row if none
    /// does, unless a writer was at work on the leaf.
    #[inline(always)]
    pub fn read_for<T>(&self, address: usize, read: impl FnOnce(usize) -> T) -> Option<T> {
        let version = self.version.load(Ordering::Acquire);
        let found = read(self.row_for(address));
        fence(Ordering::Acquire);
        (version & 1 == 0 && self.version.load(Ordering::Relaxed) == version).then_some(found)
    }

    /// The last row that begins at or below an address; the first row if none does.
    #[inline(always)]
    fn row_for(&self, address: usize) -> usize {
        // No branch depends on what is found: it would be mispredicted every other time, and nothing
        // that follows could begin while this one waits for memory.
        let sought = address << ADDRESS_SHIFT | LOW_BITS;
        let not_above =
            |index: usize| usize::from(self.key[index].load(Ordering::Relaxed) <= sought);
        let skipped = STRIDE
            * (1..RUNS / STRIDE)
                .map(|stride| not_above(STRIDE * stride))
                .sum::<usize>();
        skipped
            + (1..STRIDE)
                .map(|row| not_above(skipped + row))
                .sum::<usize>()
    }

    /// How many rows begin at or below an address.
    pub fn rows_up_to(&self, address: usize) -> usize {
        let row = self.row_for(address);
        row + usize::from(self.first(row) <= address)
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

    /// The first byte of a row's run, and what is told of it there.
    #[inline]
    pub fn digest(&self, index: usize) -> (usize, Digest) {
        let key = self.key[index].load(Ordering::Relaxed);
        let digest = Digest::from_bits((key & LOW_BITS) as u32);
        (address_in(key), digest)
    }

    /// What a row says of its run beside the ends.
    #[inline]
    pub fn facts(&self, index: usize) -> RunFacts {
        RunFacts::from_bits((self.base[index].load(Ordering::Relaxed) & LOW_BITS) as u32)
    }

    /// The first byte of the allocation that a row is part of.
    #[inline]
    pub fn allocation_base(&self, index: usize) -> usize {
        address_in(self.base[index].load(Ordering::Relaxed))
    }

    fn is_open(&self) -> bool {
        self.version.load(Ordering::Relaxed) & 1 != 0
    }
}

impl Rows for Leaf {
    type Row = Row;
    const CAPACITY: usize = RUNS;

    fn length_word(&self) -> &AtomicUsize {
        &self.length
    }

    fn row(&self, index: usize) -> Row {
        let (first, digest) = self.digest(index);
        Row {
            first,
            last: self.last(index),
            digest,
            facts: self.facts(index),
            base: self.allocation_base(index),
            allocation: self.allocation[index].load(Ordering::Relaxed),
        }
    }

    fn set(&self, index: usize, row: Row) {
        debug_assert!(self.is_open(), "readers would believe what is half-written");
        let key = row.first << ADDRESS_SHIFT | row.digest.bits() as usize;
        store_if_other(&self.key[index], key);
        store_if_other(&self.last[index], row.last);
        let base = row.base << ADDRESS_SHIFT | row.facts.bits() as usize;
        store_if_other(&self.base[index], base);
        store_if_other(&self.allocation[index], row.allocation);
    }

    fn blank(&self, index: usize) {
        debug_assert!(self.is_open(), "readers would believe what is half-written");
        store_if_other(&self.key[index], NO_ROW);
    }
}

/// The leaves that the change under way has touched. Readers believe none of them before the change is over,
/// so that they see all of it or nothing.
pub struct OpenLeaves {
    /// The leaf opened last, or 0.
    last: usize,
}

impl OpenLeaves {
    pub const fn new() -> Self {
        Self { last: 0 }
    }

    /// Opens a leaf that is to be changed, if it is not open already.
    pub fn open(&mut self, leaf: &'static Leaf) {
        if leaf.is_open() {
            return;
        }
        let version = leaf.version.load(Ordering::Relaxed);
        leaf.version
            .store(version.wrapping_add(1), Ordering::Relaxed);
        // A reader that sees a word changed sees the odd number too.
        fence(Ordering::Release);
        leaf.next_open.store(self.last, Ordering::Relaxed);
        self.last = core::ptr::from_ref(leaf) as usize;
    }

    /// Has readers believe them: the change is over.
    pub fn close(&mut self) {
        while let Some(leaf) = Pool::<Leaf>::at(self.last) {
            self.last = leaf.next_open.load(Ordering::Relaxed);
            let version = leaf.version.load(Ordering::Relaxed);
            leaf.version
                .store(version.wrapping_add(1), Ordering::Release);
        }
    }
}

/// The address in a word that holds more.
#[inline]
fn address_in(word: usize) -> usize {
    word >> Digest::BITS << (Digest::BITS - ADDRESS_SHIFT)
}
