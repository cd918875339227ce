//! What stands in front of a block, and how a block is told from anything else.
//!
//! Sixteen bytes: a word that says how large the block is, and a seal over that word, the block's
//! address and the heap's secret. A pointer is a live block of this heap if the seal is right, and
//! nothing else is: not a block of another heap, a block already freed, the middle of a block, a
//! block whose front was overwritten, or memory that was never a block. Wild pointers are read under
//! guard. A free block in a thread's cache carries a seal of that cache's own secret over its link, so
//! what the cache hands out again is known to be free, and nobody else's.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::sys::{fault, random};

/// The bytes in front of a block.
pub(super) const HEADER: usize = 16;
/// What sizes of chunks are multiples of, and chunks aligned to.
pub(super) const UNIT: usize = talc::base::CHUNK_UNIT;
/// The flags that the allocator keeps at the end of each chunk.
const TAIL: usize = 8;
/// No address and no size has more bits.
const BITS: u32 = 48;
const MASK: u64 = (1 << BITS) - 1;

/// How many units a chunk has that holds a block of `size` bytes.
#[inline(always)]
pub(super) const fn units_for(size: usize) -> usize {
    (size + HEADER + TAIL).div_ceil(UNIT)
}

/// How many bytes the largest block has that a chunk of so many units can hold.
#[inline(always)]
pub(super) const fn room_of(units: usize) -> usize {
    units * UNIT - HEADER - TAIL
}

/// What a header says: a number of 48 bits (a size, or a link) and one of 16 (a number of units; 0
/// for a block in a region of its own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    #[inline(always)]
    pub fn new(number: usize, units: usize) -> Self {
        Self(number as u64 | (units as u64) << BITS)
    }

    #[inline(always)]
    pub fn number(self) -> usize {
        (self.0 & MASK) as usize
    }

    #[inline(always)]
    pub fn units(self) -> usize {
        (self.0 >> BITS) as usize
    }
}

/// A heap's two secrets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seals {
    live: u64,
    free: u64,
}

impl Seals {
    pub fn new() -> Self {
        let secret = random::number();
        Self {
            live: secret,
            free: !secret.rotate_left(17),
        }
    }

    /// The same with a secret of its own for the free blocks of one cache: a block that two threads
    /// free at once comes out of one cache at most.
    pub fn of_cache(self, address: usize) -> Self {
        Self {
            free: self.free ^ (address as u64).rotate_left(13),
            ..self
        }
    }

    /// Never 0, which is what reading a wild pointer answers.
    #[inline(always)]
    fn seal(secret: u64, block: usize, word: Word) -> u64 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        ((block as u64 ^ word.0.rotate_left(29)).wrapping_mul(ODD) ^ secret) | 1
    }

    /// Makes `block` a live one.
    ///
    /// # Safety
    ///
    /// Its header must be the caller's to write.
    #[inline(always)]
    pub unsafe fn write_live(self, block: usize, word: Word) {
        // SAFETY: passed on.
        unsafe { write(block, word, Self::seal(self.live, block, word)) };
    }

    /// Makes `block` a free one.
    ///
    /// # Safety
    ///
    /// Its header must be the caller's to write.
    #[inline(always)]
    pub unsafe fn write_free(self, block: usize, word: Word) {
        // SAFETY: passed on.
        unsafe { write(block, word, Self::seal(self.free, block, word)) };
    }

    /// What the header of a live block says; `None` for everything else, wherever it leads.
    #[inline(always)]
    pub fn read_live(self, block: usize) -> Option<Word> {
        if !block.is_multiple_of(HEADER) {
            return None;
        }
        let header = block.wrapping_sub(HEADER) as *const [u64; 2];
        let [word, seal] = fault::read_pair(header);
        let word = Word(word);
        (seal == Self::seal(self.live, block, word)).then_some(word)
    }

    /// The same where memory is known to be the heap's: for looking at many places.
    ///
    /// # Safety
    ///
    /// The header must be readable memory, aligned to eight bytes.
    pub unsafe fn look_for_live(self, block: usize) -> Option<Word> {
        // SAFETY: passed on.
        unsafe { look(self.live, block) }
    }

    /// What the header of a block says that was free when it was last seen.
    ///
    /// # Safety
    ///
    /// As [`Seals::look_for_live`].
    #[inline(always)]
    pub unsafe fn look_for_free(self, block: usize) -> Option<Word> {
        // SAFETY: passed on.
        unsafe { look(self.free, block) }
    }
}

/// # Safety
///
/// The header must be readable memory, aligned to eight bytes.
#[inline(always)]
unsafe fn look(secret: u64, block: usize) -> Option<Word> {
    // SAFETY: passed on.
    let (word, seal) = unsafe { header(block) };
    let word = Word(word.load(Ordering::Relaxed));
    (seal.load(Ordering::Relaxed) == Seals::seal(secret, block, word)).then_some(word)
}

/// # Safety
///
/// The header must be memory that the caller may read, and write if it does.
#[inline(always)]
unsafe fn header<'a>(block: usize) -> (&'a AtomicU64, &'a AtomicU64) {
    let word = (block - HEADER) as *mut u64;
    // SAFETY: passed on. Atomic, because a look at many places meets headers being written.
    unsafe { (AtomicU64::from_ptr(word), AtomicU64::from_ptr(word.add(1))) }
}

/// # Safety
///
/// As [`header`].
#[inline(always)]
unsafe fn write(block: usize, word: Word, seal: u64) {
    // SAFETY: passed on.
    let (first, second) = unsafe { header(block) };
    first.store(word.0, Ordering::Relaxed);
    second.store(seal, Ordering::Relaxed);
}

/// Whether the flags behind a block are still such: writing past the end of a block overwrites them.
///
/// # Safety
///
/// `block` must be a live or cached block in a chunk of `units`.
#[inline(always)]
pub(super) unsafe fn tail_is_whole(block: usize, units: usize) -> bool {
    const ALLOCATED: u64 = 1;
    const FLAGS: u64 = 0xF;
    let tail = (block - HEADER + units * UNIT - TAIL) as *mut u64;
    // SAFETY: the chunk's own last word. Atomic, because a neighbour's free changes a flag in it.
    let tail = unsafe { AtomicU64::from_ptr(tail) }.load(Ordering::Relaxed);
    tail & ALLOCATED != 0 && tail & !FLAGS == 0
}
