//! Waiting for any or all of several objects, or for a call that is queued to the thread.

use core::time::Duration;

use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::{DispatcherState, Held, Tried};
use super::record::Sleeper;
use super::target::{Bells, Target, Waitable};
use super::this_thread::ThisThread;
use super::timeout::Timeout;
use super::{LONGEST_SLEEP, Outcome, alert, bells};
use crate::NtStatus;
use crate::sys::clock;

/// A wait for several objects.
pub(super) struct Wait<'a> {
    pub(super) this: &'a ThisThread,
    pub(super) targets: &'a [Target],
    pub(super) alertable: bool,
    pub(super) deadline: Option<Duration>,
}

impl<'a> Wait<'a> {
    pub(super) fn new(
        this: &'a ThisThread,
        targets: &'a [Target],
        alertable: bool,
        timeout: Timeout,
    ) -> Self {
        Self {
            this,
            targets,
            alertable,
            deadline: timeout.deadline(),
        }
    }

    fn is_up(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| clock::monotonic() >= deadline)
    }

    /// Brings the timers up to date; answers when the first of them is due.
    fn refresh(&self) -> Option<Duration> {
        self.targets
            .iter()
            .filter_map(|target| target.dispatcher()?.refresh(self.this))
            .min()
    }

    /// Looks a while before sleeping.
    fn look_a_while(&self, is_worth: impl Fn() -> bool) {
        self.this
            .look_a_while(|| is_worth() || (self.alertable && alert::is_pending()));
    }

    /// Waits for one of the objects.
    pub(super) fn any(&self, zero: bool) -> Result<Outcome, NtStatus> {
        self.refresh();
        if let Some(outcome) = self.try_any(None)? {
            return Ok(outcome);
        }
        if self.alertable && alert::deliver() {
            return Ok(Outcome::UserApc);
        }
        if zero {
            return Ok(Outcome::TimedOut);
        }
        let me = self.this.id.get();
        self.look_a_while(|| self.targets.iter().any(|target| target.is_available(me)));
        self.this.forget_closed();
        let dispatchers = self.targets.iter().filter_map(Target::dispatcher);
        let mut pulses = Vec::with_capacity(self.targets.len());
        for target in self.targets {
            pulses.push(target.dispatcher().map_or(0, |object| {
                object.record().count_in(Sleeper::Other);
                object.record().pulses()
            }));
        }
        let outcome = self.sleep_for_any(&pulses);
        for object in dispatchers {
            // Who was woken for one and took another has others to wake.
            object.leave(Sleeper::Other);
        }
        outcome
    }

    fn sleep_for_any(&self, pulses: &[u32]) -> Result<Outcome, NtStatus> {
        let mut was_woken = false;
        loop {
            let mut bells = self.new_bells();
            let mut all_unavailable = true;
            for (target, since) in self.targets.iter().zip(pulses) {
                match target {
                    Target::Dispatcher(object) => {
                        let me = self.this.id.get();
                        all_unavailable &= bells.add_dispatcher(object, me, *since);
                    }
                    Target::Other(object) => bells.add_other(&**object, clock::monotonic()),
                }
            }
            if let Some(due) = self.refresh() {
                bells.until(due);
            }
            let tried = self.try_any(Some(pulses));
            if was_woken {
                self.has_looked();
            }
            if let Some(outcome) = tried? {
                return Ok(outcome);
            }
            if let Some(outcome) = self.interrupted() {
                return Ok(outcome);
            }
            was_woken = all_unavailable && bells::sleep(bells);
        }
    }

    /// For a sleeper that was woken for one or more of the objects, and cannot tell for which.
    fn has_looked(&self) {
        for object in self.targets.iter().filter_map(Target::dispatcher) {
            object.record().has_looked();
        }
    }

    /// The words of the thread itself, and the longest time to sleep.
    fn new_bells(&self) -> Bells {
        let mut bells = Bells::default();
        bells.until(clock::monotonic() + LONGEST_SLEEP);
        if let Some(deadline) = self.deadline {
            bells.until(deadline);
        }
        if self.alertable {
            alert::add_bell(&mut bells);
        }
        bells
    }

    /// What ends the wait besides its objects.
    fn interrupted(&self) -> Option<Outcome> {
        if self.alertable && alert::deliver() {
            return Some(Outcome::UserApc);
        }
        self.is_up().then_some(Outcome::TimedOut)
    }

    /// Takes the first object that can be taken.
    fn try_any(&self, pulses: Option<&[u32]>) -> Result<Option<Outcome>, NtStatus> {
        for (index, target) in self.targets.iter().enumerate() {
            if let Some(outcome) = try_take(self.this, index, target)? {
                return Ok(Some(outcome));
            }
            let pulsed = pulses
                .zip(target.dispatcher())
                .is_some_and(|(pulses, object)| {
                    matches!(object.kind(), DispatcherKind::Event { .. })
                        && object
                            .record()
                            .take_pulse(object.discipline(), pulses[index])
                });
            if pulsed {
                return Ok(Some(Outcome::taken(index, false)));
            }
        }
        Ok(None)
    }

    /// Waits until all of the objects can be taken, and takes them: none before, and nobody sees a
    /// part of them taken.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER_MIX`] if one is there twice; as [`DispatcherState::try_take`].
    pub(super) fn all(&self, zero: bool) -> Result<Outcome, NtStatus> {
        // Everybody holds objects in the same order, so nobody waits for somebody who waits for him.
        let mut order: Vec<(usize, &DispatcherState)> = self
            .targets
            .iter()
            .enumerate()
            .filter_map(|(index, target)| Some((index, target.dispatcher()?)))
            .collect();
        order.sort_by_key(|(_, object)| object.identity());
        let mut others: Vec<&dyn Waitable> =
            self.targets.iter().filter_map(Target::other).collect();
        others.sort_by_key(|object| address(*object));
        if order.windows(2).any(|pair| pair[0].1.is_same_as(pair[1].1))
            || others
                .windows(2)
                .any(|pair| address(pair[0]) == address(pair[1]))
        {
            return Err(NtStatus::INVALID_PARAMETER_MIX);
        }
        let mut looked = zero;
        loop {
            self.refresh();
            let missing = match self.first_unavailable() {
                Some(missing) => missing,
                None => match self.try_all(&order)? {
                    Ok(outcome) => return Ok(outcome),
                    Err(missing) => missing,
                },
            };
            if self.alertable && alert::deliver() {
                return Ok(Outcome::UserApc);
            }
            if zero || self.is_up() {
                return Ok(Outcome::TimedOut);
            }
            if !looked {
                looked = true;
                self.look_a_while(|| self.first_unavailable().is_none());
                self.this.forget_closed();
                continue;
            }
            if self.sleep_for_one(missing) {
                // A pulse releases who can take the others at this moment.
                if let Some(outcome) = self.try_all_but(&order, missing)? {
                    return Ok(outcome);
                }
            }
        }
    }

    fn first_unavailable(&self) -> Option<usize> {
        let me = self.this.id.get();
        self.targets
            .iter()
            .position(|target| !target.is_available(me))
    }

    /// Sleeps until an object that is missing may be available. Answers whether it was pulsed.
    fn sleep_for_one(&self, missing: usize) -> bool {
        let mut bells = self.new_bells();
        let object = match &self.targets[missing] {
            Target::Other(object) => {
                bells.add_other(&**object, clock::monotonic());
                // Its word may have changed before it was read.
                if !object.is_signalled() {
                    bells::sleep(bells);
                }
                return false;
            }
            Target::Dispatcher(object) => object,
        };
        let record = object.record();
        record.count_in(Sleeper::Other);
        let since = record.pulses();
        let unavailable = bells.add_dispatcher(object, self.this.id.get(), since);
        if let Some(due) = object.refresh(self.this) {
            bells.until(due);
        }
        let is_pending = self.alertable && alert::is_pending();
        if unavailable && !is_pending && bells::sleep(bells) {
            record.has_looked();
        }
        let is_event = matches!(object.kind(), DispatcherKind::Event { .. });
        let pulsed = is_event && record.take_pulse(object.discipline(), since);
        object.leave(Sleeper::Other);
        pulsed
    }

    /// Takes all objects; or none, and answers which is missing.
    fn try_all(
        &self,
        order: &[(usize, &DispatcherState)],
    ) -> Result<Result<Outcome, usize>, NtStatus> {
        let mut held: Vec<Held> = Vec::with_capacity(order.len());
        let mut missing = None;
        let mut owned = 0;
        for (index, object) in order {
            match object.try_hold(self.this) {
                Ok(Held::Owned) => held.push(Held::Owned),
                Ok(Held::ForAMoment) => {
                    held.push(Held::ForAMoment);
                    owned += u32::from(object.kind() == DispatcherKind::Mutant);
                }
                Err(_) => {
                    missing = Some(*index);
                    break;
                }
            }
        }
        if missing.is_none() {
            // The others can only become signalled, and stay so.
            missing = self.targets.iter().position(
                |target| matches!(target, Target::Other(object) if !object.is_signalled()),
            );
        }
        let limit = if missing.is_none() && owned > 0 {
            self.this.may_own_one_more()
        } else {
            Ok(())
        };
        if missing.is_some() || limit.is_err() {
            for ((_, object), held) in order.iter().zip(&held) {
                if *held == Held::ForAMoment {
                    object.let_go(self.this, |word| word.let_go(object.discipline()));
                }
            }
            limit?;
            return Ok(Err(missing.unwrap_or(0)));
        }
        let mut abandoned = false;
        for ((_, object), held) in order.iter().zip(&held) {
            match held {
                Held::Owned => object.take_again(self.this)?,
                Held::ForAMoment => abandoned |= object.commit(self.this),
            }
        }
        Ok(Ok(Outcome::taken(0, abandoned)))
    }

    /// The same without one that counts as taken.
    fn try_all_but(
        &self,
        order: &[(usize, &DispatcherState)],
        pulsed: usize,
    ) -> Result<Option<Outcome>, NtStatus> {
        let others: Vec<_> = order
            .iter()
            .filter(|(index, _)| *index != pulsed)
            .copied()
            .collect();
        Ok(self.try_all(&others)?.ok())
    }
}

/// Two with the same are one object.
fn address(object: &dyn Waitable) -> usize {
    core::ptr::from_ref(object).addr()
}

/// Takes the object of that index in a wait for any of several, if it can be taken.
///
/// # Errors
///
/// As [`DispatcherState::try_take`].
pub(super) fn try_take(
    this: &ThisThread,
    index: usize,
    target: &Target,
) -> Result<Option<Outcome>, NtStatus> {
    match target {
        Target::Dispatcher(object) => match object.try_take(this)? {
            Tried::Taken { abandoned } => {
                keep_if_owned(this, object);
                Ok(Some(Outcome::taken(index, abandoned)))
            }
            Tried::Unavailable(_) => Ok(None),
        },
        Target::Other(object) => Ok(object.is_signalled().then(|| Outcome::taken(index, false))),
    }
}

/// A mutant's record must stay mapped as long as the thread owns it.
fn keep_if_owned(this: &ThisThread, object: &DispatcherState) {
    if object.kind() == DispatcherKind::Mutant {
        this.keep(object.memory());
    }
}
