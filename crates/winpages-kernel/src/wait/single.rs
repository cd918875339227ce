//! Waiting for one dispatcher object and nothing else: what nearly all waits are.

use core::time::Duration;

use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::{DispatcherState, Tried};
use super::record::Sleeper;
use super::this_thread::ThisThread;
use super::timeout::Timeout;
use super::{LONGEST_SLEEP, Outcome};
use crate::NtStatus;
use crate::sys::clock;
use crate::sys::shared_futex::{self, Awoken};

/// Whether the wait can be done by [`wait`]: a timer has to be looked after.
pub(super) fn can_wait(object: &DispatcherState) -> bool {
    !matches!(object.kind(), DispatcherKind::Timer { .. })
}

/// Waits for an object that was not available a moment ago.
pub(super) fn wait(
    this: &ThisThread,
    object: &DispatcherState,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    if timeout.is_zero() {
        return Ok(Outcome::TimedOut);
    }
    let (record, discipline) = (object.record(), object.discipline());
    let deadline = timeout.deadline();
    let me = this.id.get();
    if this.look_a_while(|| record.load().is_available(discipline, me))
        && let Tried::Taken { abandoned } = object.try_take(this)?
    {
        return Ok(Outcome::taken(0, abandoned));
    }
    this.forget_closed();
    record.count_in(Sleeper::Plain);
    let outcome = sleep(this, object, deadline);
    this.robust.done();
    object.leave(Sleeper::Plain);
    outcome
}

fn sleep(
    this: &ThisThread,
    object: &DispatcherState,
    deadline: Option<Duration>,
) -> Result<Outcome, NtStatus> {
    let (record, discipline) = (object.record(), object.discipline());
    let since = record.pulses();
    let mut is_up = false;
    let mut was_woken = false;
    loop {
        let looked = look(this, object, since);
        if was_woken {
            record.has_looked();
        }
        let word = match looked? {
            Tried::Taken { abandoned } => return Ok(Outcome::taken(0, abandoned)),
            Tried::Unavailable(word) => word,
        };
        if is_up {
            return Ok(Outcome::TimedOut);
        }
        was_woken = false;
        let asleep = word.asleep(discipline);
        if asleep != word && record.exchange(word, asleep).is_err() {
            continue;
        }
        // If this thread is killed when it alone has been woken, the kernel wakes another one.
        this.robust.announce(&record.link);
        let until = clock::monotonic() + LONGEST_SLEEP;
        let until = deadline.map_or(until, |deadline| deadline.min(until));
        let awoken = if matches!(object.kind(), DispatcherKind::Event { .. }) {
            let words = [
                shared_futex::watch_lower_half(record.word(), asleep.lower()),
                record.watch_pulses(since),
            ];
            shared_futex::wait_for_any(&words, Some(until))
        } else {
            shared_futex::wait(record.word(), asleep.lower(), Some(until))
        };
        match awoken {
            Awoken::Woken => was_woken = true,
            Awoken::TimedOut => is_up = deadline == Some(until),
            Awoken::NotAsleep => {}
        }
        this.robust.done();
    }
}

/// Takes the object if that is possible, or leaves with what released those who waited since `since`.
fn look(this: &ThisThread, object: &DispatcherState, since: u32) -> Result<Tried, NtStatus> {
    let tried = object.try_take(this)?;
    let is_event = matches!(object.kind(), DispatcherKind::Event { .. });
    if matches!(tried, Tried::Unavailable(_))
        && is_event
        && object.record().take_pulse(object.discipline(), since)
    {
        return Ok(Tried::Taken { abandoned: false });
    }
    Ok(tried)
}
