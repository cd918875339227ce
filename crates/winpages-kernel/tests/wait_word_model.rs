//! The protocol of a dispatcher object's word, in all interleavings.
//!
//! The words themselves are the engine's; the loops around them are those of the engine in short, with
//! a futex made of a lock and a condition variable. A thread that sleeps for ever is a deadlock, which
//! the model finds. A thread that is killed is one that stops, and then does what the kernel does for it.

#![allow(missing_docs)]

#[path = "common/watchdog.rs"]
mod watchdog;

use std::collections::VecDeque;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use winpages_kernel::wait::word::{Attempt, Discipline, Word};

/// An object, as several processes share it.
struct Object {
    discipline: Discipline,
    is_event: bool,
    word: AtomicU64,
    sleepers: AtomicU64,
    /// How many were woken and have not looked yet.
    woken: AtomicU64,
    /// How many may still leave with what signalled the object before it was reset; and how often it
    /// was.
    released: AtomicU64,
    resets: AtomicU64,
    /// Who sleeps in the kernel, first come first.
    futex: Mutex<VecDeque<Arc<Condvar>>>,
}

/// Whether a wait took the object from one who died.
type Abandoned = bool;

impl Object {
    fn new(discipline: Discipline, count: u32) -> Arc<Self> {
        Self::of(discipline, count, discipline != Discipline::Owned)
    }

    fn of(discipline: Discipline, count: u32, is_event: bool) -> Arc<Self> {
        Arc::new(Self {
            discipline,
            is_event,
            word: AtomicU64::new(Word::new(discipline, count).0),
            sleepers: AtomicU64::new(0),
            woken: AtomicU64::new(0),
            released: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            futex: Mutex::new(VecDeque::new()),
        })
    }

    fn load(&self) -> Word {
        Word(self.word.load(Ordering::SeqCst))
    }

    /// On x86-64 an exchange is a full barrier, which is what loom takes no exchange for.
    fn exchange(&self, seen: Word, next: Word) -> bool {
        let exchanged = self
            .word
            .compare_exchange(seen.0, next.0, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        fence(Ordering::SeqCst);
        exchanged
    }

    /// Whether the thread slept, and was woken.
    fn futex_wait(&self, expected: u32, since: u64) -> bool {
        let mut sleepers = self.futex.lock().unwrap();
        if self.load().lower() != expected || self.resets.load(Ordering::SeqCst) != since {
            return false;
        }
        let bed = Arc::new(Condvar::new());
        sleepers.push_back(Arc::clone(&bed));
        while sleepers.iter().any(|other| Arc::ptr_eq(other, &bed)) {
            sleepers = bed.wait(sleepers).unwrap();
        }
        true
    }

    fn futex_wake(&self, all: bool) -> u64 {
        let mut sleepers = self.futex.lock().unwrap();
        let count = if all { sleepers.len() } else { 1 };
        let woken: Vec<_> = (0..count).map_while(|_| sleepers.pop_front()).collect();
        for bed in &woken {
            bed.notify_one();
        }
        woken.len() as u64
    }

    /// Waits until so many sleep in the kernel.
    fn until_asleep(&self, count: usize) {
        while self.futex.lock().unwrap().len() < count {
            thread::yield_now();
        }
    }

    /// `Err` if it is not available; waits while somebody holds it.
    fn try_take(&self, me: u32) -> Result<Abandoned, Word> {
        loop {
            let word = self.load();
            let others = self.sleepers.load(Ordering::SeqCst) != 0;
            match word.take(self.discipline, me, others) {
                Attempt::Satisfied => return Ok(false),
                Attempt::Unavailable => return Err(word),
                Attempt::Held => thread::yield_now(),
                Attempt::Limit => panic!("taken too often"),
                Attempt::Take {
                    next, abandoned, ..
                } => {
                    if self.exchange(word, next) {
                        return Ok(abandoned);
                    }
                }
            }
        }
    }

    fn wait(&self, me: u32) -> Abandoned {
        if let Ok(abandoned) = self.try_take(me) {
            return abandoned;
        }
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let since = self.resets.load(Ordering::SeqCst);
        let mut was_woken = false;
        let abandoned = loop {
            let tried = self.try_take(me);
            let is_released = tried.is_err() && self.take_release(since);
            if was_woken {
                self.forget_woken(1);
            }
            let word = match tried {
                Ok(abandoned) => break abandoned,
                Err(_) if is_released => break false,
                Err(word) => word,
            };
            let asleep = word.asleep(self.discipline);
            was_woken = (asleep == word || self.exchange(word, asleep))
                && self.futex_wait(asleep.lower(), since);
        };
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        self.settle();
        self.pass_on();
        abandoned
    }

    /// What more sleepers than there are could take signals an event once.
    fn settle(&self) {
        loop {
            let (word, woken) = (self.load(), self.woken.load(Ordering::SeqCst) as u32);
            if !self.is_event
                || word.count() <= woken + 1
                || self.exchange(word, word.set(self.discipline, woken + 1))
            {
                return;
            }
        }
    }

    fn has_sleepers(&self) -> bool {
        self.sleepers.load(Ordering::SeqCst) != 0
    }

    fn take_release(&self, since: u64) -> bool {
        self.resets.load(Ordering::SeqCst) != since
            && (self.discipline == Discipline::Notification
                || self
                    .released
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| {
                        count.checked_sub(1)
                    })
                    .is_ok())
    }

    fn forget_woken(&self, count: u64) {
        let _ = self
            .woken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |woken| {
                Some(woken.saturating_sub(count))
            });
    }

    fn pass_on(&self) {
        if self.load().is_available(self.discipline, 0) {
            self.wake(self.discipline == Discipline::Notification);
        }
    }

    /// Signals an event, without waking anybody. Answers whether it does anything.
    fn set(&self) -> bool {
        loop {
            let word = self.load();
            let woken = match self.discipline {
                Discipline::Counted => self.woken.load(Ordering::SeqCst),
                _ => 0,
            };
            if word.is_held(self.discipline) {
                thread::yield_now();
            } else if u64::from(word.count()) > woken {
                return false;
            } else if self.exchange(word, word.set(self.discipline, word.count() + 1)) {
                return true;
            }
        }
    }

    /// Adds to a semaphore, without waking anybody.
    fn add(&self) {
        loop {
            let word = self.load();
            if self.exchange(word, word.set(self.discipline, word.count() + 1)) {
                return;
            }
        }
    }

    fn set_and_wake(&self) {
        if self.set() {
            self.wake(self.discipline == Discipline::Notification);
            // Those who were woken before may be gone by now.
            self.settle();
        }
    }

    /// Resets an event: whoever was woken by what signalled it is released all the same.
    fn reset(&self) {
        let released = loop {
            let word = self.load();
            let woken = self.woken.load(Ordering::SeqCst);
            if self.exchange(word, word.set(self.discipline, 0)) {
                break u64::from(word.count()).min(woken);
            }
        };
        self.released.fetch_add(released, Ordering::SeqCst);
        self.resets.fetch_add(1, Ordering::SeqCst);
        self.wake(true);
    }

    fn wake(&self, all: bool) {
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if sleepers != 0 {
            let expected = if all { sleepers } else { 1 };
            self.woken.fetch_add(expected, Ordering::SeqCst);
            let woken = self.futex_wake(all);
            self.forget_woken(expected.saturating_sub(woken));
        }
    }

    fn release(&self) {
        loop {
            let word = self.load();
            if self.exchange(word, word.release()) {
                break;
            }
        }
        self.wake(false);
    }

    /// What the kernel does for a dead thread with a word that is in the thread's list, or that the thread
    /// has announced.
    fn kernel_lets_go(&self, dead: u32, announced: bool) {
        const MARK: u64 = 1 << 30;
        const SLEEPERS: u64 = 1 << 31;
        loop {
            let word = self.load();
            if announced && word.holder() == 0 {
                self.futex_wake(false);
                return;
            }
            if word.holder() != dead {
                return;
            }
            let kept = word.0 & (SLEEPERS | u64::MAX << 32);
            if self.exchange(word, Word(kept | MARK)) {
                if word.has_sleepers() {
                    self.futex_wake(false);
                }
                return;
            }
        }
    }

    /// Holds it for a moment if it can be taken.
    fn try_hold(&self, me: u32) -> bool {
        loop {
            let word = self.load();
            if word.is_held(self.discipline) {
                thread::yield_now();
            } else if !word.is_available(self.discipline, me) {
                return false;
            } else if self.exchange(word, word.hold(me)) {
                return true;
            }
        }
    }

    fn let_go(&self, next: impl Fn(Word) -> Word) {
        loop {
            let word = self.load();
            if self.exchange(word, next(word)) {
                if word.has_sleepers() {
                    self.futex_wake(true);
                } else {
                    self.pass_on();
                }
                return;
            }
        }
    }

    /// One attempt to take both, as a wait for all makes it.
    fn try_take_both(first: &Self, second: &Self, me: u32) -> bool {
        if !first.try_hold(me) {
            return false;
        }
        if !second.try_hold(me) {
            first.let_go(|word| word.let_go(first.discipline));
            return false;
        }
        first.let_go(|word| word.commit(first.discipline, me, first.has_sleepers()));
        second.let_go(|word| word.commit(second.discipline, me, second.has_sleepers()));
        true
    }
}

/// All interleavings with up to so many switches away from a thread that could go on.
fn model(switches: usize, work: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(work);
}

#[test]
fn a_mutant_has_one_owner() {
    model(3, || {
        let mutant = Object::new(Discipline::Owned, 0);
        let owned = Arc::new(UnsafeCell::new(0));
        let threads: Vec<_> = (1..3)
            .map(|me| {
                let (mutant, owned) = (Arc::clone(&mutant), Arc::clone(&owned));
                thread::spawn(move || {
                    assert!(!mutant.wait(me));
                    // SAFETY: nobody else owns the mutant; the model sees it if somebody does.
                    owned.with_mut(|count| unsafe { *count += 1 });
                    mutant.release();
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        // SAFETY: nobody else is left.
        owned.with(|count| assert_eq!(unsafe { *count }, 2));
        assert_eq!(mutant.load(), Word::new(Discipline::Owned, 0));
    });
}

#[test]
fn each_signal_ends_one_wait() {
    model(2, || {
        let event = Object::new(Discipline::Counted, 0);
        let waiter = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait(1))
        };
        let other = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait(2))
        };
        // Windows has released one who sleeps when SetEvent comes back: the next finds the other.
        event.until_asleep(2);
        event.set_and_wake();
        event.set_and_wake();
        waiter.join().unwrap();
        other.join().unwrap();
        assert_eq!(event.load().count(), 0);
    });
}

#[test]
fn what_is_signalled_once_more_stays_signalled() {
    model(3, || {
        let event = Object::new(Discipline::Counted, 0);
        let waiter = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait(1))
        };
        event.until_asleep(1);
        for _ in 0..3 {
            event.set_and_wake();
        }
        waiter.join().unwrap();
        assert_eq!(event.load().count(), 1);
    });
}

#[test]
fn whoever_slept_is_released_though_the_event_is_reset() {
    for discipline in [Discipline::Counted, Discipline::Notification] {
        model(3, move || {
            let event = Object::new(discipline, 0);
            let waiter = {
                let event = Arc::clone(&event);
                thread::spawn(move || event.wait(1))
            };
            event.until_asleep(1);
            event.set_and_wake();
            event.reset();
            waiter.join().unwrap();
            assert_eq!(event.load().count(), 0);
        });
    }
}

#[test]
fn a_semaphore_s_units_each_end_a_wait() {
    model(2, || {
        let semaphore = Object::of(Discipline::Counted, 0, false);
        let waiters: Vec<_> = (1..3)
            .map(|me| {
                let semaphore = Arc::clone(&semaphore);
                thread::spawn(move || semaphore.wait(me))
            })
            .collect();
        for _ in 0..2 {
            semaphore.add();
            semaphore.wake(false);
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(semaphore.load().count(), 0);
    });
}

#[test]
fn whoever_is_killed_before_he_wakes_others_leaves_nobody_asleep() {
    model(3, || {
        let event = Object::new(Discipline::Notification, 0);
        let waiters: Vec<_> = (1..3)
            .map(|me| {
                let event = Arc::clone(&event);
                thread::spawn(move || event.wait(me))
            })
            .collect();
        // Killed between the exchange and the call that wakes: the kernel wakes one.
        event.set();
        event.kernel_lets_go(9, true);
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn an_abandonment_is_told_once() {
    model(3, || {
        let mutant = Object::new(Discipline::Owned, 0);
        let told = Arc::new(AtomicU64::new(0));
        assert!(!mutant.wait(9));
        let waiters: Vec<_> = (1..3)
            .map(|me| {
                let (mutant, told) = (Arc::clone(&mutant), Arc::clone(&told));
                thread::spawn(move || {
                    if mutant.wait(me) {
                        told.fetch_add(1, Ordering::SeqCst);
                    }
                    mutant.release();
                })
            })
            .collect();
        // The owner is killed.
        mutant.kernel_lets_go(9, false);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(told.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_wait_for_all_takes_nothing_that_others_could_see() {
    model(3, || {
        let (first, second) = (
            Object::new(Discipline::Counted, 1),
            Object::new(Discipline::Counted, 0),
        );
        let all = {
            let (first, second) = (Arc::clone(&first), Arc::clone(&second));
            thread::spawn(move || Object::try_take_both(&first, &second, 1))
        };
        // The second is never signalled, so the first is there for whoever wants it alone.
        assert_eq!(first.try_take(2), Ok(false));
        assert!(!all.join().unwrap());
        assert_eq!(first.load(), Word::new(Discipline::Counted, 0));
    });
}

#[test]
fn two_waits_for_all_take_one_after_the_other() {
    model(3, || {
        let (mutant, event) = (
            Object::new(Discipline::Owned, 0),
            Object::new(Discipline::Counted, 1),
        );
        let threads: Vec<_> = (1..3)
            .map(|me| {
                let (mutant, event) = (Arc::clone(&mutant), Arc::clone(&event));
                thread::spawn(move || Object::try_take_both(&mutant, &event, me))
            })
            .collect();
        let taken: Vec<bool> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        // One of them has both, and nobody has one.
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
        assert_ne!(mutant.load().owner(), 0);
        assert_eq!(event.load().count(), 0);
    });
}

#[test]
fn whoever_is_killed_while_he_holds_has_taken_nothing() {
    model(3, || {
        let event = Object::new(Discipline::Counted, 1);
        let waiter = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait(1))
        };
        if event.try_hold(9) {
            event.kernel_lets_go(9, false);
        }
        waiter.join().unwrap();
        assert_eq!(event.load().count(), 0);
        // What the dead left is not taken for a signal.
        assert!(event.try_take(2).is_err());
    });
}

#[test]
fn a_mutant_held_by_the_dead_is_not_abandoned() {
    let free = Word::new(Discipline::Owned, 0);
    let held = free.hold(9);
    assert!(held.is_held(Discipline::Owned) && held.owner() == 0);
    let left = Word(held.0 & !0x3FFF_FFFF);
    let Attempt::Take { abandoned, .. } = left.take(Discipline::Owned, 1, false) else {
        panic!("it can be taken");
    };
    assert!(!abandoned);
    // And one that was abandoned before stays so.
    let Attempt::Take { next, .. } = free.take(Discipline::Owned, 8, false) else {
        panic!("it can be taken");
    };
    let left = Word(next.abandon().hold(9).0 & !0x3FFF_FFFF);
    let Attempt::Take { abandoned, .. } = left.take(Discipline::Owned, 1, false) else {
        panic!("it can be taken");
    };
    assert!(abandoned);
}
