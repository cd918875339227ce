//! Slim reader-writer locks: SRWLOCK.
//!
//! One word says everything. Those who wait for the lock to themselves and those who would share it
//! sleep on that same word, under different kinds, so that either can be woken alone.

use core::num::NonZeroU32;
use core::sync::atomic::AtomicU32;

use super::aligned_word;
use crate::sys::word::Word;

/// How many share the lock, or [`EXCLUSIVE`].
const COUNT: u32 = (1 << 30) - 1;
/// One has the lock to himself.
const EXCLUSIVE: u32 = COUNT;
/// Somebody who would share the lock sleeps.
const SHARED_WAIT: u32 = 1 << 30;
/// Somebody who would have it to himself sleeps: nobody new may share it until he has had it.
const EXCLUSIVE_WAIT: u32 = 1 << 31;

const SHARED_KIND: NonZeroU32 = NonZeroU32::new(1).unwrap();
const EXCLUSIVE_KIND: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// How often a waiter looks before it sleeps.
const SPINS: u32 = 100;

/// A thread has released a lock that it cannot have held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

fn is_free(state: u32) -> bool {
    state & COUNT == 0
}

fn can_share(state: u32) -> bool {
    state & COUNT < EXCLUSIVE - 1 && state & (SHARED_WAIT | EXCLUSIVE_WAIT) == 0
}

#[inline]
pub(super) fn try_exclusive<W: Word>(word: &W) -> bool {
    let mut state = word.load();
    while is_free(state) {
        match word.compare_exchange(state, state | EXCLUSIVE) {
            Ok(_) => return true,
            Err(seen) => state = seen,
        }
    }
    false
}

#[inline]
pub(super) fn exclusive<W: Word>(word: &W) {
    if word.compare_exchange(0, EXCLUSIVE).is_err() {
        exclusive_contended(word);
    }
}

#[cold]
fn exclusive_contended<W: Word>(word: &W) {
    let is_worth_it = |state| !is_free(state) && state & EXCLUSIVE_WAIT == 0;
    let mut state = word.spin(SPINS, is_worth_it);
    // Whoever has slept cannot know whether others still do, and says that they may.
    let mut others = 0;
    loop {
        if is_free(state) {
            match word.compare_exchange(state, state | EXCLUSIVE | others) {
                Ok(_) => return,
                Err(seen) => state = seen,
            }
            continue;
        }
        if state & EXCLUSIVE_WAIT == 0
            && let Err(seen) = word.compare_exchange(state, state | EXCLUSIVE_WAIT)
        {
            state = seen;
            continue;
        }
        others = EXCLUSIVE_WAIT;
        word.wait(state | EXCLUSIVE_WAIT, EXCLUSIVE_KIND, None);
        state = word.spin(SPINS, is_worth_it);
    }
}

#[inline]
pub(super) fn try_shared<W: Word>(word: &W) -> bool {
    let mut state = word.load();
    while can_share(state) {
        match word.compare_exchange(state, state + 1) {
            Ok(_) => return true,
            Err(seen) => state = seen,
        }
    }
    false
}

#[inline]
pub(super) fn shared<W: Word>(word: &W) {
    if !try_shared(word) {
        shared_contended(word);
    }
}

#[cold]
fn shared_contended<W: Word>(word: &W) {
    let is_worth_it =
        |state| state & COUNT == EXCLUSIVE && state & (SHARED_WAIT | EXCLUSIVE_WAIT) == 0;
    let mut state = word.spin(SPINS, is_worth_it);
    loop {
        if can_share(state) {
            match word.compare_exchange(state, state + 1) {
                Ok(_) => return,
                Err(seen) => state = seen,
            }
            continue;
        }
        if state & SHARED_WAIT == 0
            && let Err(seen) = word.compare_exchange(state, state | SHARED_WAIT)
        {
            state = seen;
            continue;
        }
        word.wait(state | SHARED_WAIT, SHARED_KIND, None);
        state = word.spin(SPINS, is_worth_it);
    }
}

#[inline]
pub(super) fn release_exclusive<W: Word>(word: &W) -> Result<(), NotHeld> {
    let mut state = EXCLUSIVE;
    loop {
        if state & COUNT != EXCLUSIVE {
            return Err(NotHeld);
        }
        match word.compare_exchange(state, state & !COUNT) {
            Ok(_) => break,
            Err(seen) => state = seen,
        }
    }
    if state != EXCLUSIVE {
        wake(word, state & !COUNT);
    }
    Ok(())
}

#[inline]
pub(super) fn release_shared<W: Word>(word: &W) -> Result<(), NotHeld> {
    let mut state = word.load();
    loop {
        if is_free(state) || state & COUNT == EXCLUSIVE {
            return Err(NotHeld);
        }
        match word.compare_exchange(state, state - 1) {
            Ok(_) => break,
            Err(seen) => state = seen,
        }
    }
    let state = state - 1;
    if is_free(state) && state != 0 {
        wake(word, state);
    }
    Ok(())
}

/// Wakes whoever is next. The lock was free just now, with `state`; if that has changed, somebody has
/// taken it, and will come here when he frees it.
#[cold]
fn wake<W: Word>(word: &W, mut state: u32) {
    if state == EXCLUSIVE_WAIT {
        match word.compare_exchange(state, 0) {
            Ok(_) => {
                word.wake(1, EXCLUSIVE_KIND);
                return;
            }
            // Somebody may have begun to wait to share it.
            Err(seen) => state = seen,
        }
    }
    if state == SHARED_WAIT | EXCLUSIVE_WAIT {
        if word.compare_exchange(state, SHARED_WAIT).is_err() {
            return;
        }
        if word.wake(1, EXCLUSIVE_KIND) > 0 {
            return;
        }
        // He who said that he would sleep has not done so yet, and sees that he need not. The others
        // must not wait for him: he may not want the lock any more.
        state = SHARED_WAIT;
    }
    if state == SHARED_WAIT && word.compare_exchange(state, 0).is_ok() {
        word.wake(i32::MAX as u32, SHARED_KIND);
    }
}

/// An SRWLOCK as a program holds it: a pointer's size, zero when it is free, at any address.
#[derive(Clone, Copy)]
pub struct SrwLock<'a>(&'a AtomicU32);

impl SrwLock<'_> {
    /// The lock that lies at an address.
    ///
    /// # Safety
    ///
    /// Eight bytes lie there that were zero when they became a lock, stay one for the lifetime, and
    /// that nobody uses otherwise.
    #[inline]
    pub unsafe fn at(address: *mut usize) -> Self {
        // SAFETY: passed on.
        Self(unsafe { aligned_word(address) })
    }

    /// Waits until nobody holds the lock, and takes it.
    #[inline]
    pub fn acquire_exclusive(self) {
        exclusive(self.0);
    }

    /// Waits until nobody has the lock to himself or waits for that, and shares it.
    #[inline]
    pub fn acquire_shared(self) {
        shared(self.0);
    }

    /// Takes the lock if nobody holds it.
    #[inline]
    pub fn try_acquire_exclusive(self) -> bool {
        try_exclusive(self.0)
    }

    /// Shares the lock if that needs no waiting.
    #[inline]
    pub fn try_acquire_shared(self) -> bool {
        try_shared(self.0)
    }

    /// Frees the lock that this thread has to itself.
    ///
    /// # Errors
    ///
    /// [`NotHeld`] if nobody has it so.
    #[inline]
    pub fn release_exclusive(self) -> Result<(), NotHeld> {
        release_exclusive(self.0)
    }

    /// Gives up this thread's share.
    ///
    /// # Errors
    ///
    /// [`NotHeld`] if nobody shares it.
    #[inline]
    pub fn release_shared(self) -> Result<(), NotHeld> {
        release_shared(self.0)
    }
}
