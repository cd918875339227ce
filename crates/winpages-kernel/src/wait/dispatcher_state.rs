//! The state of a dispatcher object: taking it, changing it, holding it for a moment.

use core::ptr::NonNull;
use core::time::Duration;
use std::sync::Arc;

use super::dispatcher_kind::DispatcherKind;
use super::record::{Record, Sleeper};
use super::record_memory::{Identity, RecordMemory};
use super::this_thread::ThisThread;
use super::timer;
use super::word::{Attempt, Discipline, Word};
use crate::NtStatus;

/// A dispatcher object's state, mapped: all that a wait needs to know of an object.
#[derive(Clone, Debug)]
pub(super) struct DispatcherState {
    /// `memory`'s, kept here because every wait begins with it.
    record: NonNull<Record>,
    kind: DispatcherKind,
    discipline: Discipline,
    memory: Arc<RecordMemory>,
}

// SAFETY: the record is made of atomics, and stays mapped as long as `memory` lives.
unsafe impl Send for DispatcherState {}
// SAFETY: as above.
unsafe impl Sync for DispatcherState {}

/// What came of trying to take an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tried {
    /// It is taken.
    Taken {
        /// Whether its last owner died.
        abandoned: bool,
    },
    /// It cannot be taken, and this is its state.
    Unavailable(Word),
}

/// How an object is held by a thread that wants several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It is a mutant that the thread owned before.
    Owned,
    /// Until it is let go of.
    ForAMoment,
}

impl DispatcherState {
    pub(super) fn new(kind: DispatcherKind, memory: Arc<RecordMemory>) -> Self {
        Self {
            record: NonNull::from(memory.record()),
            kind,
            discipline: kind.discipline(),
            memory,
        }
    }

    #[inline]
    pub(super) fn kind(&self) -> DispatcherKind {
        self.kind
    }

    #[inline]
    pub(super) fn discipline(&self) -> Discipline {
        self.discipline
    }

    #[inline]
    pub(super) fn record(&self) -> &Record {
        // SAFETY: it stays mapped as long as `memory` lives, and is made of atomics.
        unsafe { self.record.as_ref() }
    }

    #[inline]
    pub(super) fn memory(&self) -> &Arc<RecordMemory> {
        &self.memory
    }

    pub(super) fn identity(&self) -> Identity {
        self.memory.identity()
    }

    /// Whether both are states of one object.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// When a timer is due next, on the monotonic clock; signals it if that has passed.
    #[inline]
    pub(super) fn refresh(&self, this: &ThisThread) -> Option<Duration> {
        match self.kind {
            DispatcherKind::Timer { .. } => timer::refresh(this, self),
            _ => None,
        }
    }

    /// Takes the object if that is possible now.
    ///
    /// # Errors
    ///
    /// [`NtStatus::MUTANT_LIMIT_EXCEEDED`], [`NtStatus::INSUFFICIENT_RESOURCES`] for a mutant too many.
    #[inline]
    pub(super) fn try_take(&self, this: &ThisThread) -> Result<Tried, NtStatus> {
        let (record, me) = (self.record(), this.id.get());
        loop {
            let word = record.load();
            match word.take(self.discipline, me, record.has_sleepers()) {
                Attempt::Satisfied => return Ok(Tried::Taken { abandoned: false }),
                Attempt::Unavailable => return Ok(Tried::Unavailable(word)),
                Attempt::Limit => return Err(NtStatus::MUTANT_LIMIT_EXCEEDED),
                Attempt::Held => this.wait_until_let_go(self),
                Attempt::Take {
                    next,
                    is_first: false,
                    ..
                } => {
                    if record.exchange(word, next).is_ok() {
                        return Ok(Tried::Taken { abandoned: false });
                    }
                }
                Attempt::Take {
                    next, abandoned, ..
                } => {
                    this.may_own_one_more()?;
                    this.robust.announce(&record.link);
                    let exchanged = record.exchange(word, next);
                    if exchanged.is_ok() {
                        this.robust.enter(&record.link);
                    }
                    this.robust.done();
                    if exchanged.is_ok() {
                        this.owns_one_more();
                        return Ok(Tried::Taken { abandoned });
                    }
                }
            }
        }
    }

    /// Changes the state of an object that nobody holds: to what `next` makes of it, if it makes
    /// anything; then wakes as many as `next` says. Answers the state before.
    ///
    /// # Errors
    ///
    /// What `next` answers.
    #[inline]
    pub(super) fn change(
        &self,
        this: &ThisThread,
        mut next: impl FnMut(Word) -> Result<Option<(Word, u32)>, NtStatus>,
    ) -> Result<Word, NtStatus> {
        let record = self.record();
        loop {
            let word = record.load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
                continue;
            }
            let Some((next, wake)) = next(word)? else {
                return Ok(word);
            };
            // If the thread dies before it has woken anybody, the kernel wakes one.
            this.robust.announce(&record.link);
            let exchanged = record.exchange(word, next);
            if exchanged.is_ok() && wake > 0 {
                record.wake(wake);
            }
            this.robust.done();
            if exchanged.is_ok() {
                return Ok(word);
            }
        }
    }

    /// For a sleeper that is one no more: whoever was woken in its place, or for what it has not taken,
    /// is told.
    pub(super) fn leave(&self, sleeper: Sleeper) {
        let record = self.record();
        record.count_out(sleeper);
        if matches!(self.kind, DispatcherKind::Event { .. }) {
            record.settle();
        }
        record.pass_on(self.discipline);
    }

    /// Holds an object for a moment, so that nobody else can take or change it, if it can be taken.
    /// Answers whether that is so; a mutant that the thread owns already needs no holding.
    pub(super) fn try_hold(&self, this: &ThisThread) -> Result<Held, Word> {
        let (record, me) = (self.record(), this.id.get());
        loop {
            let word = record.load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
                continue;
            }
            if !word.is_available(self.discipline, me) {
                return Err(word);
            }
            if self.discipline == Discipline::Owned && word.owner() == me {
                return Ok(Held::Owned);
            }
            if self.exchange_to_hold(this, word) {
                return Ok(Held::ForAMoment);
            }
        }
    }

    /// Holds an object for a moment, whether it can be taken or not. Not for mutants.
    pub(super) fn hold(&self, this: &ThisThread) {
        loop {
            let word = self.record().load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
            } else if self.exchange_to_hold(this, word) {
                return;
            }
        }
    }

    fn exchange_to_hold(&self, this: &ThisThread, word: Word) -> bool {
        let record = self.record();
        this.robust.announce(&record.link);
        let held = record.exchange(word, word.hold(this.id.get())).is_ok();
        if held {
            this.robust.enter(&record.link);
        }
        this.robust.done();
        held
    }

    /// Lets go of an object that this thread holds for a moment, and leaves it as `next` says. Answers
    /// the state before.
    pub(super) fn let_go(&self, this: &ThisThread, next: impl Fn(Word) -> Word) -> Word {
        let record = self.record();
        this.robust.announce(&record.link);
        this.robust.leave(&record.link);
        let mut word = record.load();
        while let Err(seen) = record.exchange(word, next(word)) {
            word = seen;
        }
        if word.has_sleepers() {
            record.wake_all();
        } else {
            // Somebody may have been woken for it, and have died while it was held.
            record.pass_on(self.discipline);
        }
        this.robust.done();
        word
    }

    /// Takes an object that this thread holds for a moment, and lets go of it. Answers whether its last
    /// owner has died.
    pub(super) fn commit(&self, this: &ThisThread) -> bool {
        let me = this.id.get();
        if self.discipline != Discipline::Owned {
            self.let_go(this, |word| word.commit(self.discipline, me, false));
            return false;
        }
        // It stays in the list: it is owned from now on.
        let record = self.record();
        let mut word = record.load();
        let commit = |word: Word| word.commit(self.discipline, me, record.has_sleepers());
        while let Err(seen) = record.exchange(word, commit(word)) {
            word = seen;
        }
        if word.has_sleepers() {
            record.wake_all();
        }
        this.owns_one_more();
        this.keep(&self.memory);
        word.count() > 0
    }

    /// Takes a mutant that this thread owns once more.
    ///
    /// # Errors
    ///
    /// [`NtStatus::MUTANT_LIMIT_EXCEEDED`].
    pub(super) fn take_again(&self, this: &ThisThread) -> Result<(), NtStatus> {
        self.try_take(this).map(drop)
    }
}
