//! What a thread keeps of the heaps it uses: free blocks of the small sizes, for itself alone.
//!
//! Most allocations and frees end here, without a lock. What a thread does with its cache lies
//! between [`Cache::enter`] and the drop of what that answers; whoever needs a heap to hold still (to
//! lock it, to destroy it) tells the threads so where they will look next, and waits until each has
//! been seen outside.

use core::cell::{Cell, UnsafeCell};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::HeapOptions;
use super::block::{Seals, UNIT, Word, tail_is_whole};
use super::body::Heap;
use crate::sys::{barrier, thread};

/// How many heaps a thread has in its cache; one that uses more gives up the cache of another.
pub(super) const SLOTS: usize = 16;
/// Chunks of at most so many units are cached.
pub(super) const CACHED_UNITS: usize = 64;

/// The free blocks of one size, linked through their headers.
#[derive(Clone, Copy)]
pub(super) struct Bin {
    head: usize,
    count: u32,
    limit: u32,
}

/// A thread's cache of one heap.
pub(super) struct Slot {
    pub heap: *const Heap,
    pub seals: Seals,
    pub options: HeapOptions,
    bins: [Bin; CACHED_UNITS + 1],
}

/// What a bin may hold at first; it doubles with each time that the bin is found empty, up to
/// [`MOST`]. A thread that always frees what it has just allocated needs little, and gets little.
const LEAST: u32 = 16;
/// How many bytes a bin may hold in the end, unless that is fewer than [`LEAST`] blocks.
const MOST: usize = 128 << 10;
/// How many blocks are fetched, or given back, at once.
const BATCH: u32 = 32;

const EMPTY: [Bin; CACHED_UNITS + 1] = [Bin {
    head: 0,
    count: 0,
    limit: LEAST,
}; CACHED_UNITS + 1];

impl Slot {
    pub fn fill(&mut self, heap: &Heap) {
        self.heap = heap;
        self.seals = heap.seals.of_cache(core::ptr::from_ref(self).addr());
        self.options = heap.options;
        self.bins = EMPTY;
    }

    /// Takes a free block; `None` if there is none. A block that is not as it was put here has been
    /// written to behind somebody's end, or freed twice at once: it and those linked behind it are
    /// not handed out again.
    #[inline(always)]
    pub fn pop(&mut self, units: usize) -> Option<usize> {
        let bin = &mut self.bins[units];
        let block = bin.head;
        if block == 0 {
            return None;
        }
        // SAFETY: what is in the cache is the heap's memory.
        match unsafe { self.seals.look_for_free(block) } {
            Some(word) if word.units() == units => {
                bin.head = word.number();
                bin.count = bin.count.wrapping_sub(1);
                Some(block)
            }
            _ => {
                bin.head = 0;
                bin.count = 0;
                None
            }
        }
    }

    /// Puts a free block in; answers whether it had room, and was put in.
    ///
    /// # Safety
    ///
    /// The block must be of this heap, in a chunk of `units`, and nobody else's.
    #[inline(always)]
    pub unsafe fn push(&mut self, block: usize, units: usize) -> bool {
        let bin = &mut self.bins[units];
        if bin.count >= bin.limit {
            return false;
        }
        // SAFETY: the caller gives the block up.
        unsafe { self.seals.write_free(block, Word::new(bin.head, units)) };
        bin.head = block;
        bin.count += 1;
        true
    }

    /// How many blocks to fetch when there is none. That there is none lets the bin grow.
    pub fn fetch_count(&mut self, units: usize) -> u32 {
        let most = (MOST / (units * UNIT)) as u32;
        let bin = &mut self.bins[units];
        bin.limit = (2 * bin.limit).min(most).max(LEAST);
        (bin.limit / 2).min(BATCH)
    }

    /// How many blocks to give back when there are too many.
    pub fn give_back_count(&self, units: usize) -> u32 {
        (self.bins[units].limit / 2).min(BATCH)
    }

    /// Hands all blocks, or `count` of one size, to `take`. Those with overwritten ends are dropped.
    pub fn drain(&mut self, mut take: impl FnMut(usize, usize)) {
        for units in 1..=CACHED_UNITS {
            self.drain_some(units, u32::MAX, &mut take);
        }
    }

    pub fn drain_some(&mut self, units: usize, count: u32, mut take: impl FnMut(usize, usize)) {
        for _ in 0..count {
            let Some(block) = self.pop(units) else { break };
            // SAFETY: the block was in the cache.
            if unsafe { tail_is_whole(block, units) } {
                take(block, units);
            }
        }
    }

    /// How many blocks the cache holds.
    pub fn count(&self) -> usize {
        self.bins.iter().map(|bin| bin.count as usize).sum()
    }
}

/// A thread's caches. Its memory is never unmapped: a thread that ends leaves it to the next.
#[repr(C)]
pub(super) struct Cache {
    /// Whether the thread is in one of its slots.
    is_busy: AtomicU32,
    /// The thread, by the kernel's number.
    thread: AtomicU32,
    /// The heap used last, or what is no heap (see `none`), and its slot. Changed as `keys` is.
    last_key: AtomicUsize,
    last: Cell<*mut Slot>,
    /// Whether the thread must pay for barriers itself.
    is_barrier_refused: Cell<bool>,
    /// The heaps whose caches the slots are; 0 for none. Changed under the registry's lock: by the
    /// thread itself, or, to 0, by whoever destroys the heap.
    keys: [AtomicUsize; SLOTS],
    slots: [UnsafeCell<Slot>; SLOTS],
    /// The next slot to give up.
    victim: Cell<usize>,
    /// The next in the registry's list.
    pub next: Cell<*mut Cache>,
}

// SAFETY: `keys`, `is_busy` and `thread` are atomic; `next` is used under the registry's lock; the rest
// belongs to the thread, or to who holds that lock and has seen the thread outside its slots.
unsafe impl Sync for Cache {}

impl Cache {
    /// Writes an empty cache to fresh memory, which must be zeroes.
    ///
    /// # Safety
    ///
    /// `at` must be memory for a cache that nobody else uses.
    pub unsafe fn begin(at: *mut Self, thread: u32) {
        // SAFETY: all zeroes are a valid cache without slots; the caller vouches for the memory.
        unsafe {
            (*at).thread.store(thread, Ordering::Relaxed);
            (*at).forget_last();
            (*at).is_barrier_refused.set(barrier::is_refused());
        }
    }

    #[inline(always)]
    pub fn thread(&self) -> u32 {
        self.thread.load(Ordering::Relaxed)
    }

    pub fn set_thread(&self, thread: u32) {
        self.thread.store(thread, Ordering::Relaxed);
    }

    /// The slot for the heap used last, and the right to use it; `None` if that is another heap.
    ///
    /// # Safety
    ///
    /// The calling thread must be the one whose cache this is, and not have entered already.
    #[inline(always)]
    pub unsafe fn enter_last(&self, key: usize) -> Option<Entered<'_>> {
        self.is_busy.store(1, Ordering::Relaxed);
        barrier::frequent(self.is_barrier_refused.get());
        if self.last_key.load(Ordering::Relaxed) != key {
            self.leave();
            return None;
        }
        // SAFETY: the thread is in its own slot; others stay out while it is busy.
        let slot = unsafe { &mut *self.last.get() };
        Some(Entered { cache: self, slot })
    }

    /// The slot for any heap that the thread has one for.
    ///
    /// # Safety
    ///
    /// As [`Cache::enter_last`].
    pub unsafe fn enter(&self, key: usize) -> Option<Entered<'_>> {
        self.is_busy.store(1, Ordering::Relaxed);
        barrier::frequent(self.is_barrier_refused.get());
        let is_there = self.search(key);
        self.leave();
        // The slot may have been taken away in between: then there is none.
        if !is_there {
            return None;
        }
        // SAFETY: passed on.
        unsafe { self.enter_last(key) }
    }

    fn search(&self, key: usize) -> bool {
        let found = if key == 0 { None } else { self.slot_of(key) };
        if let Some(index) = found {
            self.last.set(self.slots[index].get());
            self.last_key.store(key, Ordering::Relaxed);
            // Whoever takes the slot away clears the key in the array first, and then this one: if
            // that happened in between, it is not put back.
            if self.keys[index].load(Ordering::Relaxed) != key {
                self.forget_last();
            }
        }
        found.is_some()
    }

    #[inline(always)]
    fn leave(&self) {
        self.is_busy.store(0, Ordering::Release);
    }

    /// Which slot a heap has; under the registry's lock for any thread but the own.
    pub fn slot_of(&self, key: usize) -> Option<usize> {
        self.keys
            .iter()
            .position(|slot| slot.load(Ordering::Relaxed) == key)
    }

    /// Waits until the thread has been seen outside its slots; after [`barrier::rare`].
    pub fn wait_until_outside(&self) {
        const LOOKS: u32 = 100;
        let mut looks = 0;
        while self.is_busy.load(Ordering::Acquire) != 0 {
            looks += 1;
            if looks <= LOOKS {
                core::hint::spin_loop();
                continue;
            }
            // A thread that was ended by force leaves no word behind.
            if looks % LOOKS == 0 && !thread::exists(self.thread()) {
                return;
            }
            barrier::give_way();
        }
    }

    /// Takes a slot away; answers whether there was one. Under the registry's lock.
    pub fn forget(&self, key: usize) -> bool {
        let slot = self.slot_of(key);
        if let Some(slot) = slot {
            self.keys[slot].store(0, Ordering::Relaxed);
        }
        if self.last_key.load(Ordering::Relaxed) == key {
            self.forget_last();
        }
        slot.is_some()
    }

    /// What no program hands in for a heap: the cache's own address.
    fn none(&self) -> usize {
        core::ptr::from_ref(self) as usize
    }

    fn forget_last(&self) {
        self.last_key.store(self.none(), Ordering::Relaxed);
    }

    /// A slot to fill, and what was in it. Under the registry's lock, in the cache's own thread.
    pub fn make_room(&self) -> (usize, Option<usize>) {
        if let Some(free) = self.slot_of(0) {
            return (free, None);
        }
        let victim = self.victim.get() % SLOTS;
        self.victim.set(victim + 1);
        (victim, Some(self.keys[victim].load(Ordering::Relaxed)))
    }

    /// The heaps that have a slot. Under the registry's lock.
    pub fn heaps(&self) -> impl Iterator<Item = (usize, usize)> {
        let keys = self.keys.iter().enumerate();
        keys.filter_map(|(index, key)| match key.load(Ordering::Relaxed) {
            0 => None,
            key => Some((index, key)),
        })
    }

    /// Makes a slot the cache of a heap. Under the registry's lock, in the cache's own thread.
    pub fn fill(&self, index: usize, heap: &Heap) {
        self.keys[index].store(0, Ordering::Relaxed);
        self.forget_last();
        // SAFETY: the slot has no key, so nobody looks at it.
        unsafe { (*self.slots[index].get()).fill(heap) };
        self.keys[index].store(heap.key(), Ordering::Relaxed);
    }

    /// A slot of a thread that is outside its slots.
    ///
    /// # Safety
    ///
    /// Under the registry's lock, and the thread must be the own, ended, or have been seen outside
    /// since the heap was closed to it.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn slot(&self, index: usize) -> &mut Slot {
        // SAFETY: the caller vouches that nobody else is in it.
        unsafe { &mut *self.slots[index].get() }
    }

    /// Forgets that the thread was in a slot: it does not exist any more.
    pub fn end(&self) {
        for key in &self.keys {
            key.store(0, Ordering::Relaxed);
        }
        self.forget_last();
        self.leave();
    }
}

/// The right to use a slot, until it is dropped.
pub(super) struct Entered<'a> {
    pub cache: &'a Cache,
    pub slot: &'a mut Slot,
}

impl Entered<'_> {
    /// The heap, which stays as long as this does.
    #[inline(always)]
    pub fn heap(&self) -> &Heap {
        // SAFETY: a heap's memory goes only after each thread that has a slot of it was outside.
        unsafe { &*self.slot.heap }
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.cache.leave();
    }
}
