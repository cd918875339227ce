//! What the processes that share a dispatcher object share of it.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::word::{Discipline, Word};
use crate::sys::robust_list::Link;
use crate::sys::shared_futex::{self, Watched};

/// The state of one dispatcher object, in memory that several processes may have mapped. Zeroes are
/// an object that is not signalled.
///
/// Any of them may be killed between any two instructions, so whatever belongs together changes in
/// one store.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Record {
    /// See [`Word`].
    word: AtomicU64,
    /// How many sleep, or are about to: in the lower half those who wait for nothing else, in the upper
    /// half the others. One that is killed stays counted, which costs a system call now and then.
    sleepers: AtomicU64,
    /// How often the event was pulsed: the lower half, and how many may still leave with a pulse.
    pulse: AtomicU64,
    /// Where the kernel and the C library expect it: 24 bytes behind the word.
    pub(super) link: Link,
    /// When the timer is due: see [`super::timer`]. 0 for never.
    pub(super) due: AtomicU64,
    /// The timer's period in milliseconds.
    pub(super) period: AtomicU32,
    /// Changes with each setting and each expiry of a timer: what its sleepers sleep on.
    pub(super) generation: AtomicU32,
    /// Changes with each setting of a timer, and when it is cancelled.
    pub(super) settings: AtomicU32,
    /// How many sleepers have been woken and have not looked yet what for. One that is killed in that
    /// moment stays counted until nobody sleeps.
    woken: AtomicU32,
}

/// How large a record is.
pub const RECORD_SIZE: usize = 64;

const _: () = {
    assert!(size_of::<Record>() == RECORD_SIZE);
    assert!(core::mem::offset_of!(Record, word) == 0);
    assert!(core::mem::offset_of!(Record, link) == 24);
};

/// One among those who sleep for other objects, too.
const OTHER: u64 = 1 << 32;

/// Whether somebody who waits waits for this object alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleeper {
    /// Whoever wakes it may wake it alone: it takes the object, or goes on sleeping.
    Plain,
    /// It may find something else to do when it is woken.
    Other,
}

impl Record {
    /// The state as it is now.
    #[inline]
    pub fn load(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    /// Puts `next` in the place of `seen`. Answers what was there instead, if it was not `seen`.
    #[inline]
    pub fn exchange(&self, seen: Word, next: Word) -> Result<(), Word> {
        self.word
            .compare_exchange(seen.0, next.0, Ordering::SeqCst, Ordering::Acquire)
            .map(drop)
            .map_err(Word)
    }

    /// The word itself, to be slept on.
    pub fn word(&self) -> &AtomicU64 {
        &self.word
    }

    /// The state of an object that nobody else knows yet.
    pub(super) fn initialise(&self, word: Word) {
        self.sleepers.store(0, Ordering::Relaxed);
        self.pulse.store(0, Ordering::Relaxed);
        self.due.store(0, Ordering::Relaxed);
        self.period.store(0, Ordering::Relaxed);
        self.generation.store(0, Ordering::Relaxed);
        self.woken.store(0, Ordering::Relaxed);
        self.word.store(word.0, Ordering::Release);
    }

    /// Whether anybody sleeps, or is about to.
    #[inline]
    pub fn has_sleepers(&self) -> bool {
        self.sleepers.load(Ordering::SeqCst) != 0
    }

    /// Counts the caller among those who sleep. Whoever does this and then finds the object
    /// unavailable is woken by whoever makes it available: both sides make an exchange, which on x86-64
    /// is a full barrier, and look at what the other has exchanged afterwards; and the kernel looks at
    /// the word once more before it puts the thread to sleep.
    pub fn count_in(&self, sleeper: Sleeper) {
        let one = match sleeper {
            Sleeper::Plain => 1,
            Sleeper::Other => OTHER,
        };
        if self.sleepers.fetch_add(one, Ordering::SeqCst) == 0 {
            // Nobody is left whom a pulse or a signal of before was for.
            self.woken.store(0, Ordering::Relaxed);
            if self.pulse.load(Ordering::Relaxed) >> 32 != 0 {
                self.pulse.fetch_and(u64::from(u32::MAX), Ordering::SeqCst);
            }
        }
    }

    /// The opposite of [`Record::count_in`].
    pub fn count_out(&self, sleeper: Sleeper) {
        let one = match sleeper {
            Sleeper::Plain => 1,
            Sleeper::Other => OTHER,
        };
        self.sleepers.fetch_sub(one, Ordering::SeqCst);
    }

    /// How many sleepers there are, those included that have been woken.
    fn sleeper_count(&self) -> u32 {
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        (sleepers as u32).saturating_add((sleepers >> 32) as u32)
    }

    /// How many sleepers were woken that have not looked yet: what signalled the object is theirs.
    #[inline]
    pub fn woken(&self) -> u32 {
        match self.woken.load(Ordering::SeqCst) {
            0 => 0,
            woken => woken.min(self.sleeper_count()),
        }
    }

    /// For a sleeper that was woken, when it has looked.
    pub fn has_looked(&self) {
        self.forget_woken(1);
    }

    fn forget_woken(&self, count: u32) {
        if count > 0 && self.woken.load(Ordering::SeqCst) > 0 {
            let _ = self
                .woken
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |woken| {
                    Some(woken.saturating_sub(count))
                });
        }
    }

    /// Wakes as many as can make use of `count` more: everybody, if there are some who may have
    /// something else to do. No system call if nobody sleeps.
    #[inline]
    pub fn wake(&self, count: u32) {
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if sleepers != 0 {
            self.wake_sleepers(sleepers, count);
        }
    }

    #[cold]
    fn wake_sleepers(&self, sleepers: u64, count: u32) {
        let count = if sleepers >= OTHER { ALL } else { count };
        // Before: they may have looked by the time that the call comes back.
        let expected = count.min(self.sleeper_count());
        self.woken.fetch_add(expected, Ordering::SeqCst);
        let woken = shared_futex::wake(&self.word, count.min(ALL));
        self.forget_woken(expected.saturating_sub(woken));
    }

    /// Wakes all who sleep on the word.
    #[cold]
    pub fn wake_all(&self) {
        self.wake_sleepers(OTHER, ALL);
    }

    /// For an event of which the sleepers have changed: what they leave behind signals it once.
    pub fn settle(&self) {
        let mut word = self.load();
        while word.count() > 1 && word.holder() == 0 && word.count() > self.woken() + 1 {
            let next = word.set(Discipline::Counted, self.woken() + 1);
            match self.exchange(word, next) {
                Ok(()) => return,
                Err(seen) => word = seen,
            }
        }
    }

    /// For a sleeper that leaves without having taken the object: he may have been woken instead of
    /// another. And for one that has taken it, if more can.
    pub fn pass_on(&self, discipline: Discipline) {
        let word = self.load();
        if word.is_available(discipline, 0) && self.has_sleepers() {
            match discipline {
                Discipline::Notification => self.wake_all(),
                _ => self.wake(1),
            }
        }
    }

    /// The pulse that somebody who begins to wait now has missed.
    pub fn pulses(&self) -> u32 {
        self.pulse.load(Ordering::SeqCst) as u32
    }

    /// For a sleep that must not begin once a pulse came after `since`. Nobody wakes it by this word: a
    /// pulse wakes those who sleep on the other.
    pub fn watch_pulses(&self, since: u32) -> Watched {
        shared_futex::watch_lower_half(&self.pulse, since)
    }

    /// Releases those who wait now: all of them, or `count`.
    pub fn pulse(&self, discipline: Discipline, count: u32) {
        let most = self.sleeper_count();
        if most == 0 || count == 0 {
            return;
        }
        let _ = self
            .pulse
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |pulse| {
                let credits = ((pulse >> 32) as u32).saturating_add(count).min(most);
                Some(u64::from((pulse as u32).wrapping_add(1)) | u64::from(credits) << 32)
            });
        match discipline {
            Discipline::Notification => self.wake_all(),
            _ => self.wake(count),
        }
    }

    /// Whether somebody who waits since the pulse `since` may leave with one.
    pub fn take_pulse(&self, discipline: Discipline, since: u32) -> bool {
        let seen = self.pulse.load(Ordering::SeqCst);
        if seen as u32 == since {
            return false;
        }
        discipline == Discipline::Notification
            || self
                .pulse
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |pulse| {
                    let credits = (pulse >> 32) as u32;
                    (credits > 0).then(|| u64::from(pulse as u32) | u64::from(credits - 1) << 32)
                })
                .is_ok()
    }
}

/// As many as the kernel can count.
pub const ALL: u32 = i32::MAX as u32;
