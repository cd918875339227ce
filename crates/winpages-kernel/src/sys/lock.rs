//! A lock that the engine's tables use, and that survives `fork`.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::AtomicU32;

use super::futex::ANY;
use super::word::Word;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may be asleep on it.
const CONTENDED: u32 = 2;

/// How often a waiter looks again before it sleeps. Waking another processor costs some 15 µs, a
/// look some nanoseconds, and what the tables do under their lock is over in less than a microsecond
/// unless it holds a system call.
const SPINS: u32 = 200;

/// A mutual exclusion lock: one word, no allocation, no poisoning.
///
/// `std::sync::Mutex` would serve but for `fork`: the engine takes every table's lock before the
/// process forks and frees it on both sides, so that the child never inherits a lock whose owner
/// does not exist there. That takes `lock_for_fork` and `unlock_after_fork`, which
/// no guard's lifetime can span.
pub struct Lock<T, W: Word = AtomicU32> {
    word: W,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands its value to one thread at a time, so sharing the lock needs no more than
// that the value may be sent from one thread to the next.
unsafe impl<T: Send, W: Word + Sync> Sync for Lock<T, W> {}

impl<T> Lock<T> {
    /// A free lock around `value`.
    pub const fn new(value: T) -> Self {
        Self::over(AtomicU32::new(FREE), value)
    }
}

impl<T, W: Word> Lock<T, W> {
    /// A lock around `value` over a word that is 0.
    pub const fn over(word: W, value: T) -> Self {
        let value = UnsafeCell::new(value);
        Self { word, value }
    }

    /// Waits until the lock is free and takes it.
    pub fn lock(&self) -> Guard<'_, T, W> {
        self.acquire();
        Guard { lock: self }
    }

    /// Takes the lock ahead of a fork; [`Lock::unlock_after_fork`] frees it on both sides.
    pub(crate) fn lock_for_fork(&self) {
        self.acquire();
    }

    /// The value, for the thread that holds the lock by [`Lock::lock_for_fork`]; to be read only.
    pub(crate) fn held_for_fork(&self) -> *const T {
        self.value.get()
    }

    /// Frees the lock that [`Lock::lock_for_fork`] took.
    ///
    /// # Safety
    ///
    /// The calling thread, or the thread it was forked from, must have taken it so.
    pub(crate) unsafe fn unlock_after_fork(&self) {
        self.release();
    }

    /// Makes the lock a free one around another value, whoever held it.
    ///
    /// # Safety
    ///
    /// No other thread of this process uses the lock: in the child of a fork.
    pub(crate) unsafe fn reset_after_fork(&self, value: T) {
        // SAFETY: the caller vouches that nobody else looks.
        unsafe { self.value.get().write(value) };
        self.word.store(FREE);
    }

    #[inline]
    fn acquire(&self) {
        if self.word.compare_exchange(FREE, HELD).is_err() {
            self.acquire_contended();
        }
    }

    #[cold]
    fn acquire_contended(&self) {
        let seen = self.word.spin(SPINS, |seen| seen != FREE);
        if seen == FREE && self.word.compare_exchange(FREE, HELD).is_ok() {
            return;
        }
        // From here on the word says CONTENDED, so whoever frees it wakes one sleeper. The taker
        // leaves CONTENDED standing even if it was the last: one wake too many is harmless.
        while self.word.swap(CONTENDED) != FREE {
            // Every outcome (woken, value changed, interrupted) means: look again.
            self.word.wait(CONTENDED, ANY, None);
        }
    }

    #[inline]
    fn release(&self) {
        if self.word.swap(FREE) == CONTENDED {
            self.word.wake(1, ANY);
        }
    }
}

/// The right to use a [`Lock`]'s value, until it is dropped.
pub struct Guard<'a, T, W: Word = AtomicU32> {
    lock: &'a Lock<T, W>,
}

impl<T, W: Word> Deref for Guard<'_, T, W> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists only while its thread holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T, W: Word> DerefMut for Guard<'_, T, W> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T, W: Word> Drop for Guard<'_, T, W> {
    fn drop(&mut self) {
        self.lock.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes_each_other() {
        static COUNT: Lock<u64> = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50_000 {
                        let mut count = COUNT.lock();
                        let seen = *count;
                        *count = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*COUNT.lock(), 200_000);
    }
}
