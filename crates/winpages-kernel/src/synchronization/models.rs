//! The locks' protocols, over a model of memory that tries every order of the threads' steps. A model
//! fails when two threads are where one should be, and when all that are left sleep.

use core::time::Duration;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::address_wait::Bucket;
use super::barrier::{self, Barrier};
use super::critical_section::Gate;
use super::{condition_variable, run_once, srw_lock};
use crate::sys::lock::Lock;
use crate::sys::model_word::{ModelWord, explore};
use crate::sys::word::Word;

const SOON: Option<Duration> = Some(Duration::ZERO);

/// Runs each function in a thread of its own, the last one in this thread.
fn together<T: Sync + Send + 'static>(shared: T, functions: &[fn(&T)]) -> Arc<T> {
    let shared = Arc::new(shared);
    let (last, others) = functions.split_last().unwrap();
    let threads: Vec<_> = others
        .iter()
        .map(|function| {
            let (shared, function) = (Arc::clone(&shared), *function);
            thread::spawn(move || function(&shared))
        })
        .collect();
    last(&shared);
    for thread in threads {
        thread.join().unwrap();
    }
    shared
}

#[test]
fn the_engine_s_own_lock_excludes() {
    explore(2, || {
        let count = |lock: &Lock<UnsafeCell<u32>, ModelWord>| {
            // SAFETY: loom finds out whether anybody else is here.
            lock.lock().with_mut(|value| unsafe { *value += 1 });
        };
        let lock = Lock::over(ModelWord::new(0), UnsafeCell::new(0));
        let lock = together(lock, &[count, count, count]);
        // SAFETY: as above.
        lock.lock().with(|value| assert_eq!(unsafe { *value }, 3));
    });
}

/// A reader-writer lock and what it guards: loom finds two threads that use it wrongly together.
struct Guarded {
    word: ModelWord,
    value: UnsafeCell<u32>,
}

impl Guarded {
    fn new() -> Self {
        Self {
            word: ModelWord::new(0),
            value: UnsafeCell::new(0),
        }
    }

    fn write(&self) {
        srw_lock::exclusive(&self.word);
        // SAFETY: loom finds out whether anybody else is here.
        self.value.with_mut(|value| unsafe { *value += 1 });
        srw_lock::release_exclusive(&self.word).unwrap();
    }

    fn read(&self) -> u32 {
        srw_lock::shared(&self.word);
        // SAFETY: as above.
        let value = self.value.with(|value| unsafe { *value });
        srw_lock::release_shared(&self.word).unwrap();
        value
    }
}

// SAFETY: what the models are to show.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

#[test]
fn writers_exclude_each_other() {
    explore(2, || {
        let guarded = together(
            Guarded::new(),
            &[Guarded::write, Guarded::write, Guarded::write],
        );
        assert_eq!(guarded.read(), 3);
        assert_eq!(guarded.word.load(), 0);
    });
}

#[test]
fn readers_and_writers_exclude_each_other() {
    explore(2, || {
        let read = |guarded: &Guarded| assert!(guarded.read() <= 1);
        let guarded = together(Guarded::new(), &[read, Guarded::write, read]);
        assert_eq!(guarded.read(), 1);
        // Whoever woke nobody left nothing behind that says that somebody sleeps.
        assert_eq!(guarded.word.load(), 0);
    });
}

#[test]
fn writers_and_a_reader_exclude_each_other() {
    explore(2, || {
        let read = |guarded: &Guarded| assert!(guarded.read() <= 2);
        let guarded = together(Guarded::new(), &[Guarded::write, read, Guarded::write]);
        assert_eq!(guarded.read(), 2);
    });
}

#[test]
fn trying_neither_waits_nor_loses_a_wake() {
    explore(2, || {
        let try_both = |guarded: &Guarded| {
            if srw_lock::try_exclusive(&guarded.word) {
                srw_lock::release_exclusive(&guarded.word).unwrap();
            }
            if srw_lock::try_shared(&guarded.word) {
                srw_lock::release_shared(&guarded.word).unwrap();
            }
        };
        let read = |guarded: &Guarded| {
            guarded.read();
        };
        together(Guarded::new(), &[Guarded::write, read, try_both]);
    });
}

#[test]
fn two_sleepers_of_each_kind_are_woken() {
    explore(1, || {
        let read = |guarded: &Guarded| {
            guarded.read();
        };
        let guarded = together(
            Guarded::new(),
            &[Guarded::write, Guarded::write, read, read],
        );
        assert_eq!(guarded.read(), 2);
    });
}

#[test]
fn who_comes_back_to_a_reader_writer_lock_strands_nobody() {
    explore(2, || {
        let write_twice = |guarded: &Guarded| {
            guarded.write();
            guarded.write();
        };
        let read_and_write = |guarded: &Guarded| {
            guarded.read();
            guarded.write();
        };
        let guarded = together(
            Guarded::new(),
            &[write_twice, read_and_write, Guarded::write],
        );
        assert_eq!(guarded.read(), 4);
        assert_eq!(guarded.word.load(), 0);
    });
}

struct Section {
    lock_count: ModelWord,
    semaphore: ModelWord,
    value: UnsafeCell<u32>,
}

// SAFETY: what the models are to show.
unsafe impl Sync for Section {}
// SAFETY: as above.
unsafe impl Send for Section {}

#[test]
fn a_critical_section_excludes() {
    explore(2, || {
        let section = Section {
            lock_count: ModelWord::new(u32::MAX),
            semaphore: ModelWord::new(0),
            value: UnsafeCell::new(0),
        };
        let enter = |section: &Section| {
            let gate = Gate {
                lock_count: &section.lock_count,
                semaphore: &section.semaphore,
            };
            if !gate.try_enter() {
                gate.enter_contended(0);
            }
            // SAFETY: loom finds out whether anybody else is here.
            section.value.with_mut(|value| unsafe { *value += 1 });
            gate.leave();
        };
        let section = together(section, &[enter, enter, enter]);
        // SAFETY: the other threads have ended.
        section.value.with(|value| assert_eq!(unsafe { *value }, 3));
        assert_eq!(section.lock_count.load(), u32::MAX);
        assert_eq!(section.semaphore.load(), 0);
    });
}

struct Monitor {
    lock: ModelWord,
    variable: ModelWord,
    /// How many may go on.
    permits: AtomicUsize,
}

impl Monitor {
    fn new() -> Self {
        Self {
            lock: ModelWord::new(0),
            variable: ModelWord::new(0),
            permits: AtomicUsize::new(0),
        }
    }

    /// Sleeps until there is a permit, or the time is up.
    fn take(&self, deadline: Option<Duration>) {
        srw_lock::exclusive(&self.lock);
        while self.permits.load(Ordering::Relaxed) == 0 {
            let awoken = condition_variable::sleep(
                &self.variable,
                deadline,
                || srw_lock::release_exclusive(&self.lock).unwrap(),
                || srw_lock::exclusive(&self.lock),
            );
            if awoken == crate::sys::futex::Awoken::TimedOut {
                srw_lock::release_exclusive(&self.lock).unwrap();
                return;
            }
        }
        self.permits.fetch_sub(1, Ordering::Relaxed);
        srw_lock::release_exclusive(&self.lock).unwrap();
    }

    fn give(&self, permits: usize) {
        srw_lock::exclusive(&self.lock);
        self.permits.fetch_add(permits, Ordering::Relaxed);
        srw_lock::release_exclusive(&self.lock).unwrap();
    }
}

#[test]
fn a_woken_sleeper_wakes() {
    explore(3, || {
        let take = |monitor: &Monitor| monitor.take(None);
        let give = |monitor: &Monitor| {
            monitor.give(1);
            condition_variable::wake_one(&monitor.variable);
        };
        together(Monitor::new(), &[take, give]);
    });
}

#[test]
fn each_wake_up_reaches_a_sleeper() {
    explore(3, || {
        let take = |monitor: &Monitor| monitor.take(None);
        let give = |monitor: &Monitor| {
            for _ in 0..2 {
                monitor.give(1);
                condition_variable::wake_one(&monitor.variable);
            }
        };
        together(Monitor::new(), &[take, take, give]);
    });
}

#[test]
fn all_sleepers_wake() {
    explore(2, || {
        let take = |monitor: &Monitor| monitor.take(None);
        let give = |monitor: &Monitor| {
            monitor.give(2);
            condition_variable::wake_all(&monitor.variable);
        };
        together(Monitor::new(), &[take, take, give]);
    });
}

#[test]
fn the_end_of_a_time_takes_no_wake_up_with_it() {
    explore(2, || {
        let take = |monitor: &Monitor| monitor.take(None);
        let give_up = |monitor: &Monitor| monitor.take(SOON);
        let give = |monitor: &Monitor| {
            for _ in 0..2 {
                monitor.give(1);
                condition_variable::wake_one(&monitor.variable);
            }
        };
        together(Monitor::new(), &[take, give_up, give]);
    });
}

#[test]
fn initialisation_runs_once() {
    const FAILED: u32 = 0;
    const DONE: u32 = 2;
    explore(2, || {
        struct Once {
            word: ModelWord,
            value: UnsafeCell<u32>,
        }
        // SAFETY: what the model is to show.
        unsafe impl Sync for Once {}
        // SAFETY: as above.
        unsafe impl Send for Once {}
        /// The first attempt of one of the threads fails.
        fn initialise(once: &Once, mut fails: bool) {
            while run_once::begin(&once.word, 0) == Ok(true) {
                // SAFETY: loom finds out whether anybody else is here.
                once.value.with_mut(|value| unsafe { *value += 1 });
                once.word.store(if fails { FAILED } else { DONE });
                once.word.wake_all();
                if !fails {
                    break;
                }
                fails = false;
            }
            // SAFETY: as above: what was initialised is seen by all.
            once.value.with(|value| assert!(unsafe { *value } >= 1));
        }
        let once = Once {
            word: ModelWord::new(0),
            value: UnsafeCell::new(0),
        };
        let succeed = |once: &Once| initialise(once, false);
        let fail = |once: &Once| initialise(once, true);
        let once = together(once, &[succeed, succeed, fail]);
        assert_eq!(once.word.load(), DONE);
    });
}

struct Address {
    bucket: Bucket<ModelWord>,
    value: ModelWord,
}

impl Address {
    fn new() -> Self {
        Self {
            bucket: Bucket::over(ModelWord::new(0), ModelWord::new(0)),
            value: ModelWord::new(0),
        }
    }

    fn wait(&self, deadline: Option<Duration>) {
        let is_zero = || self.value.load() == 0;
        while is_zero() {
            let word = ModelWord::new(0);
            let awoken = self.bucket.wait(1, word, is_zero, deadline);
            if awoken == crate::sys::futex::Awoken::TimedOut {
                return;
            }
        }
    }
}

#[test]
fn a_wake_by_address_is_not_lost() {
    explore(3, || {
        let wait = |address: &Address| address.wait(None);
        let wake = |address: &Address| {
            address.value.store(1);
            address.bucket.wake(1, 1);
        };
        together(Address::new(), &[wait, wake]);
    });
}

#[test]
fn a_wake_by_address_reaches_all() {
    explore(2, || {
        let wait = |address: &Address| address.wait(None);
        let give_up = |address: &Address| address.wait(SOON);
        let wake = |address: &Address| {
            address.value.store(1);
            address.bucket.wake(2, usize::MAX);
            address.bucket.wake(1, usize::MAX);
        };
        together(Address::new(), &[wait, give_up, wake]);
    });
}

#[test]
fn all_who_wait_at_an_address_are_woken_once() {
    explore(2, || {
        let wait = |address: &Address| {
            let is_zero = || address.value.load() == 0;
            address.bucket.wait(1, ModelWord::new(0), is_zero, None);
        };
        let wake = |address: &Address| {
            address.value.store(1);
            address.bucket.wake(1, usize::MAX);
        };
        let address = together(Address::new(), &[wait, wait, wake]);
        assert!(address.bucket.is_deserted());
    });
}

struct Meeting {
    barrier: Barrier<ModelWord>,
    threads: usize,
    came: AtomicUsize,
    left: AtomicUsize,
    lasts: AtomicUsize,
}

impl Meeting {
    fn of(threads: u32) -> Self {
        Self {
            barrier: Barrier::over(|| ModelWord::new(0), threads, 0),
            threads: threads as usize,
            came: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            lasts: AtomicUsize::new(0),
        }
    }

    fn enter(&self) {
        self.came.fetch_add(1, Ordering::AcqRel);
        let is_last = self.barrier.enter(barrier::BLOCK_ONLY);
        // Nobody leaves before his round is full.
        let left = self.left.fetch_add(1, Ordering::AcqRel) + 1;
        let came = self.came.load(Ordering::Acquire);
        assert!(left <= came - came % self.threads);
        self.lasts.fetch_add(is_last.into(), Ordering::Relaxed);
    }
}

#[test]
fn a_barrier_lets_all_go_and_is_then_deserted() {
    explore(2, || {
        let enter_twice = |meeting: &Meeting| {
            meeting.enter();
            meeting.enter();
        };
        let and_delete = |meeting: &Meeting| {
            meeting.enter();
            meeting.enter();
            meeting.barrier.delete();
        };
        let meeting = together(Meeting::of(2), &[enter_twice, and_delete]);
        assert_eq!(meeting.lasts.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn more_threads_than_a_barrier_waits_for_leave_none_behind() {
    explore(1, || {
        let enter = Meeting::enter;
        let meeting = together(Meeting::of(2), &[enter, enter, enter, enter]);
        assert_eq!(meeting.lasts.load(Ordering::Relaxed), 2);
    });
}
