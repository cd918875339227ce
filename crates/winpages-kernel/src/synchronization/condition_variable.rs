//! Condition variables: CONDITION_VARIABLE.
//!
//! One word: bit 0 says that somebody may be asleep, bit 1 that somebody has come since the last
//! wake-up, the rest counts wake-ups. A sleeper notes the word while it holds the lock that goes with
//! the variable: whoever wakes later changes the count, and the sleeper that has not lain down yet
//! does not.

use core::sync::atomic::AtomicU32;
use core::time::Duration;

use super::aligned_word;
use crate::sys::futex::{ANY, Awoken};
use crate::sys::word::Word;

const SLEEPERS: u32 = 1;
/// Whoever finds nobody asleep can tell by this whether somebody has come meanwhile: [`SLEEPERS`] may
/// have been set already, and would look the same.
const NEWCOMER: u32 = 2;
const WAKE_UP: u32 = 4;

/// The word once somebody has woken one sleeper.
fn after_wake_up(state: u32) -> u32 {
    state.wrapping_add(WAKE_UP) & !NEWCOMER
}

pub(super) fn sleep<W: Word>(
    word: &W,
    deadline: Option<Duration>,
    release: impl FnOnce(),
    acquire: impl FnOnce(),
) -> Awoken {
    let noted = word.fetch_or(SLEEPERS | NEWCOMER) | SLEEPERS | NEWCOMER;
    release();
    let awoken = word.wait(noted, ANY, deadline);
    acquire();
    awoken
}

pub(super) fn wake_one<W: Word>(word: &W) {
    let mut state = word.load();
    loop {
        if state & SLEEPERS == 0 {
            return;
        }
        match word.compare_exchange(state, after_wake_up(state)) {
            Ok(_) => break,
            Err(seen) => state = seen,
        }
    }
    if word.wake(1, ANY) == 0 {
        // Nobody is asleep. Whoever was about to be sees that the count has changed; whoever comes
        // now says so, and this fails.
        let state = after_wake_up(state);
        let _ = word.compare_exchange(state, state & !SLEEPERS);
    }
}

pub(super) fn wake_all<W: Word>(word: &W) {
    let mut state = word.load();
    loop {
        if state & SLEEPERS == 0 {
            return;
        }
        let woken = after_wake_up(state) & !SLEEPERS;
        match word.compare_exchange(state, woken) {
            Ok(_) => break,
            Err(seen) => state = seen,
        }
    }
    word.wake_all();
}

/// A CONDITION_VARIABLE as a program holds it: a pointer's size, zero at first, at any address.
#[derive(Clone, Copy)]
pub struct ConditionVariable<'a>(&'a AtomicU32);

impl ConditionVariable<'_> {
    /// The condition variable that lies at an address.
    ///
    /// # Safety
    ///
    /// Eight bytes lie there that were zero when they became a condition variable, stay one for the
    /// lifetime, and that nobody uses otherwise.
    pub unsafe fn at(address: *mut usize) -> Self {
        // SAFETY: passed on.
        Self(unsafe { aligned_word(address) })
    }

    /// Gives up a lock with `release` and sleeps until somebody wakes the variable or `deadline` is
    /// past, then takes the lock again with `acquire`. The caller holds the lock. May return early:
    /// the caller looks whether what it waits for is true.
    pub fn sleep(
        self,
        deadline: Option<Duration>,
        release: impl FnOnce(),
        acquire: impl FnOnce(),
    ) -> Awoken {
        sleep(self.0, deadline, release, acquire)
    }

    /// Wakes one sleeper.
    pub fn wake_one(self) {
        wake_one(self.0);
    }

    /// Wakes all sleepers.
    pub fn wake_all(self) {
        wake_all(self.0);
    }
}
