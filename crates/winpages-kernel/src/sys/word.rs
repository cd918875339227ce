//! A word that threads change atomically and sleep on: what every lock of one process is made of.
//!
//! The locks' protocols are written over this trait, so that the same code runs over the kernel's
//! futexes and over a model that tries every order in which threads can take their steps.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::futex::{self, ANY, Awoken};

/// A 32-bit word. What one thread wrote before it changed the word, a thread that reads the change
/// sees.
pub trait Word {
    /// Reads the word.
    fn load(&self) -> u32;
    /// Writes the word.
    fn store(&self, value: u32);
    /// Writes the word and answers what it was.
    fn swap(&self, value: u32) -> u32;
    /// Writes `new` if the word is `current`, and answers what it was.
    ///
    /// # Errors
    ///
    /// What it was, if that is not `current`.
    fn compare_exchange(&self, current: u32, new: u32) -> Result<u32, u32>;
    /// Adds, wrapping around, and answers what the word was.
    fn fetch_add(&self, value: u32) -> u32;
    /// Sets bits and answers what the word was.
    fn fetch_or(&self, bits: u32) -> u32;
    /// Sleeps while the word is `expected`, until a wake that shares a bit of `kind` or until
    /// `deadline` on the monotonic clock; may return early.
    fn wait(&self, expected: u32, kind: NonZeroU32, deadline: Option<Duration>) -> Awoken;
    /// Wakes up to `count` sleepers that share a bit of `kind`; answers how many.
    fn wake(&self, count: u32, kind: NonZeroU32) -> usize;
    /// Wakes the sleeper on a word that may be gone by now.
    fn wake_gone(word: *const Self);
    /// Orders what this thread did before against what it does after, for all threads.
    fn fence();
    /// Looks again as long as `is_worth_it` says so of the word, `times` times at most; answers what it
    /// was last.
    fn spin(&self, times: u32, is_worth_it: impl Fn(u32) -> bool) -> u32;

    /// Wakes all sleepers.
    fn wake_all(&self) {
        self.wake(i32::MAX as u32, ANY);
    }
}

impl Word for AtomicU32 {
    #[inline]
    fn load(&self) -> u32 {
        self.load(Ordering::Acquire)
    }

    #[inline]
    fn store(&self, value: u32) {
        self.store(value, Ordering::Release);
    }

    #[inline]
    fn swap(&self, value: u32) -> u32 {
        self.swap(value, Ordering::AcqRel)
    }

    #[inline]
    fn compare_exchange(&self, current: u32, new: u32) -> Result<u32, u32> {
        self.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire)
    }

    #[inline]
    fn fetch_add(&self, value: u32) -> u32 {
        self.fetch_add(value, Ordering::AcqRel)
    }

    #[inline]
    fn fetch_or(&self, bits: u32) -> u32 {
        self.fetch_or(bits, Ordering::AcqRel)
    }

    fn wait(&self, expected: u32, kind: NonZeroU32, deadline: Option<Duration>) -> Awoken {
        futex::wait(self, expected, kind, deadline)
    }

    fn wake(&self, count: u32, kind: NonZeroU32) -> usize {
        futex::wake(self, count, kind)
    }

    fn wake_gone(word: *const Self) {
        futex::wake_gone(word);
    }

    #[inline]
    fn fence() {
        core::sync::atomic::fence(Ordering::SeqCst);
    }

    #[inline]
    fn spin(&self, times: u32, is_worth_it: impl Fn(u32) -> bool) -> u32 {
        let mut seen = self.load(Ordering::Acquire);
        for _ in 0..times {
            if !is_worth_it(seen) {
                break;
            }
            core::hint::spin_loop();
            seen = self.load(Ordering::Acquire);
        }
        seen
    }
}
