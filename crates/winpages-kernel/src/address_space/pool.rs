//! Records in pages of the engine's own, never on the heap.
//!
//! The map of regions is read and changed inside VirtualAlloc, and VirtualAlloc may be what malloc
//! stands on. So its records live in pages that are mapped for nothing else. A page once mapped for
//! a pool stays mapped: a reader that follows a link into a record freed meanwhile reads stale words
//! of the right kind, never unmapped memory, and finds out.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::NtStatus;
use crate::sys::memory;

/// How much is mapped at a time at first, in bytes.
const SMALL_CHUNK: usize = 64 << 10;

/// How much of a pool is mapped so.
const SMALL_POOL: usize = 4 * SMALL_CHUNK;

/// How much is mapped at a time after that. A large pool is looked through at random, and where the
/// processor must look up each address in the page tables first, it takes longer: measured with a million
/// regions, a query takes a sixth more without huge pages.
const LARGE_CHUNK: usize = memory::HUGE_PAGE_SIZE;

/// A type whose values a pool can hold.
///
/// # Safety
///
/// The type must consist of atomic words only, all zeroes being a valid value, and
/// [`Pooled::free_link`] must name one of them that nobody reads while the record is free.
pub unsafe trait Pooled: Sync + 'static {
    /// The word that links free records.
    fn free_link(&self) -> &AtomicUsize;
}

/// A supply of records of one kind.
pub struct Pool<T: Pooled> {
    /// The first free record, or 0.
    free: usize,
    free_count: usize,
    /// How many bytes have been mapped.
    mapped: usize,
    kind: PhantomData<fn() -> T>,
}

impl<T: Pooled> Pool<T> {
    /// A pool that has nothing yet.
    pub const fn new() -> Self {
        Self {
            free: 0,
            free_count: 0,
            mapped: 0,
            kind: PhantomData,
        }
    }

    /// Makes sure that `count` records can be taken without fail, so that a change of the map either
    /// has all it needs before it starts or does not start.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_MEMORY`] if the kernel gives no page.
    #[inline]
    pub fn ensure(&mut self, count: usize) -> Result<(), NtStatus> {
        while self.free_count < count {
            self.grow()?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self) -> Result<(), NtStatus> {
        let (chunk, size) = if self.mapped < SMALL_POOL {
            (memory::map_anywhere(SMALL_CHUNK), SMALL_CHUNK)
        } else {
            (memory::map_huge_page_anywhere(), LARGE_CHUNK)
        };
        let chunk = chunk.map_err(|_| NtStatus::NO_MEMORY)?;
        self.mapped += size;
        // From the end, so that records are taken from the front.
        for index in (0..size / size_of::<T>()).rev() {
            // SAFETY: the chunk is fresh, zeroed, page-aligned and this long, and zeroes are a T.
            let record = unsafe { &*chunk.cast::<T>().add(index) };
            self.give(record);
        }
        Ok(())
    }

    /// Takes a record; its words are whatever its last user left.
    ///
    /// # Panics
    ///
    /// If [`Pool::ensure`] was not called first: a fault of the map, not of its caller.
    #[inline]
    pub fn take(&mut self) -> &'static T {
        let record = Self::at(self.free).expect("the pool was asked for what it did not ensure");
        self.free = record.free_link().load(Ordering::Relaxed);
        self.free_count -= 1;
        record
    }

    /// Gives a record back.
    #[inline]
    pub fn give(&mut self, record: &'static T) {
        record.free_link().store(self.free, Ordering::Relaxed);
        self.free = core::ptr::from_ref(record) as usize;
        self.free_count += 1;
    }

    /// The record whose address a link holds, or `None` for 0.
    #[inline]
    pub fn at(address: usize) -> Option<&'static T> {
        // SAFETY: links hold 0 or the address of a record of this kind, in pages never unmapped,
        // and records are made of atomics only, so any number of threads may look at them.
        unsafe { (address as *const T).as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Word(AtomicUsize);

    // SAFETY: one atomic word.
    unsafe impl Pooled for Word {
        fn free_link(&self) -> &AtomicUsize {
            &self.0
        }
    }

    #[test]
    fn gives_back_what_it_took() {
        let mut pool = Pool::<Word>::new();
        pool.ensure(2).unwrap();
        let first = core::ptr::from_ref(pool.take());
        let second = pool.take();
        assert_ne!(first, core::ptr::from_ref(second));
        pool.give(second);
        assert_eq!(
            core::ptr::from_ref(pool.take()),
            core::ptr::from_ref(second)
        );
    }
}
