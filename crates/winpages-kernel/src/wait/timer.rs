//! Timers.
//!
//! Nobody runs in the background: when a timer is due stands in its record, and whoever waits for it
//! sleeps no longer than that, and signals it when the time has come. Who asks for its state does so,
//! too.

use core::sync::atomic::Ordering;
use core::time::Duration;

use super::dispatcher::Dispatcher;
use super::dispatcher_create::CreateDispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use super::record::Record;
use super::this_thread::ThisThread;
use super::timeout::{self, SystemTime};
use super::timer_apc::{self, TimerApc};
use super::word::{Discipline, Word};
use crate::NtStatus;
use crate::object::handle_table::{Handle, HandleAttributes};
use crate::object::{AccessMask, ObjectKind, ObjectName};
use crate::section::Disposition;
use crate::sys::{clock, shared_futex};

/// When a timer is to be signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So long after it is set.
    After(Duration),
    /// At a time of day; if the clock is set, the timer follows it.
    At(SystemTime),
}

/// What NtSetTimer is told.
#[derive(Clone, Copy, Debug)]
pub struct SetTimer {
    /// When it is signalled first.
    pub due: Due,
    /// How many milliseconds lie between that and the next time, and so on; 0 for only once.
    pub period: u32,
    /// What is called in the calling thread each time, when that waits alertably.
    pub apc: Option<TimerApc>,
}

/// What NtQueryTimer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerState {
    /// How long until it is due, in units of 100 nanoseconds; negative if that has passed or it is not
    /// set.
    pub remaining: i64,
    /// Whether it is signalled.
    pub signalled: bool,
}

/// Marks a due time as a time of day; otherwise it is one of the monotonic clock. Both in units of 100
/// nanoseconds.
const TIME_OF_DAY: u64 = 1 << 63;

/// The value of a record's due time.
fn encode(due: Due) -> u64 {
    match due {
        Due::After(delay) => timeout::units(clock::monotonic().saturating_add(delay)).max(1),
        Due::At(time) => time.0.max(0) as u64 | TIME_OF_DAY,
    }
}

/// When that is on the monotonic clock, which shows `now`.
pub(super) fn deadline(due: u64, now: Duration) -> Duration {
    if due & TIME_OF_DAY == 0 {
        timeout::from_units(due)
    } else {
        SystemTime((due & !TIME_OF_DAY) as i64).to_monotonic(now)
    }
}

/// Creates a timer, or opens the one of that name; mirrors NtCreateTimer with OBJ_OPENIF. With
/// `notification` it stays signalled until it is set again.
///
/// # Errors
///
/// As [`super::create_mutant`].
pub fn create_timer(
    request: &CreateDispatcher,
    notification: bool,
) -> Result<(Handle, Disposition), NtStatus> {
    let kind = DispatcherKind::Timer { notification };
    let initial = Word::new(Discipline::Counted, 0);
    Dispatcher::create(request, kind, initial, None)
}

/// Opens a timer by its name; mirrors NtOpenTimer.
///
/// # Errors
///
/// As [`super::open_mutant`].
pub fn open_timer(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    Dispatcher::open(name, ObjectKind::Timer, access, attributes)
}

fn with_timer<T>(
    handle: Handle,
    needed: AccessMask,
    work: impl FnOnce(&ThisThread, &DispatcherState) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let this = ThisThread::current()?;
    this.with_object(handle, |object, access| {
        if !matches!(object.kind(), DispatcherKind::Timer { .. }) {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        if !access.contains(needed) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        work(this, object)
    })
}

/// Sets a timer: it is not signalled until it is due; mirrors NtSetTimer. Answers whether it was
/// signalled.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`], [`NtStatus::ACCESS_DENIED`] if the
/// handle does not grant [`AccessMask::DISPATCHER_MODIFY_STATE`].
pub fn set_timer(handle: Handle, request: &SetTimer) -> Result<bool, NtStatus> {
    with_timer(
        handle,
        AccessMask::DISPATCHER_MODIFY_STATE,
        |this, object| {
            let record = object.record();
            let due = encode(request.due);
            let discipline = object.discipline();
            object.hold(this);
            // If the thread dies in between, the timer is not set.
            record.due.store(0, Ordering::Release);
            record.period.store(request.period, Ordering::Relaxed);
            let setting = record
                .settings
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_add(1);
            record.due.store(due, Ordering::Release);
            let before = object.let_go(this, |word| word.set(discipline, 0));
            tell_sleepers(record);
            timer_apc::forget(object);
            if let Some(apc) = request.apc {
                let first = deadline(due, clock::monotonic());
                timer_apc::remember(object, setting, apc, first, request.period);
            }
            Ok(before.count() > 0)
        },
    )
}

/// Stops a timer, which stays signalled or not as it is; mirrors NtCancelTimer. Answers whether it is
/// signalled.
///
/// # Errors
///
/// As [`set_timer`].
pub fn cancel_timer(handle: Handle) -> Result<bool, NtStatus> {
    with_timer(
        handle,
        AccessMask::DISPATCHER_MODIFY_STATE,
        |this, object| {
            refresh(this, object);
            let record = object.record();
            let discipline = object.discipline();
            object.hold(this);
            record.due.store(0, Ordering::Release);
            record.settings.fetch_add(1, Ordering::Relaxed);
            let word = object.let_go(this, |word| word.let_go(discipline));
            timer_apc::forget(object);
            Ok(word.count() > 0)
        },
    )
}

/// Asks for the state of a timer; mirrors NtQueryTimer.
///
/// # Errors
///
/// As [`set_timer`], with [`AccessMask::DISPATCHER_QUERY_STATE`].
pub fn query_timer(handle: Handle) -> Result<TimerState, NtStatus> {
    with_timer(
        handle,
        AccessMask::DISPATCHER_QUERY_STATE,
        |this, object| {
            let due = refresh(this, object);
            let now = timeout::units(clock::monotonic()) as i64;
            Ok(TimerState {
                remaining: due.map_or(0, |due| timeout::units(due) as i64) - now,
                signalled: object.record().load().count() > 0,
            })
        },
    )
}

/// Signals a timer whose time has come. Answers when that will be, if it is set.
pub(super) fn refresh(this: &ThisThread, object: &DispatcherState) -> Option<Duration> {
    let record = object.record();
    let due = record.due.load(Ordering::Acquire);
    if due == 0 {
        return None;
    }
    // Read before: a time of day that has passed is now.
    let now = clock::monotonic();
    let time = deadline(due, now);
    if now < time {
        return Some(time);
    }
    expire(this, object)
}

#[cold]
fn expire(this: &ThisThread, object: &DispatcherState) -> Option<Duration> {
    let record = object.record();
    let discipline = object.discipline();
    object.hold(this);
    let due = record.due.load(Ordering::Acquire);
    let now = clock::monotonic();
    let time = deadline(due, now);
    if due == 0 || now < time {
        // Somebody else has seen it, or set it.
        object.let_go(this, |word| word.let_go(discipline));
        return (due != 0).then_some(time);
    }
    // Signalled before it is set anew: if the thread dies in between, it is signalled once too often
    // rather than never.
    let mut word = record.load();
    while let Err(seen) = record.exchange(word, word.held_with(1)) {
        word = seen;
    }
    let next = next_due(time, record.period.load(Ordering::Relaxed), now);
    let encoded = next.map_or(0, |next| encode(Due::After(next.saturating_sub(now))));
    record.due.store(encoded, Ordering::Release);
    object.let_go(this, |word| word.let_go(discipline));
    tell_sleepers(record);
    next
}

/// When a timer with a period is due after `now`.
pub(super) fn next_due(due: Duration, period: u32, now: Duration) -> Option<Duration> {
    if period == 0 {
        return None;
    }
    let period = Duration::from_millis(period.into());
    let late = now.saturating_sub(due).as_nanos();
    let missed = u32::try_from(late / period.as_nanos()).unwrap_or(u32::MAX);
    Some(due + period.saturating_mul(missed.saturating_add(1)))
}

/// Those who sleep for a timer sleep on its generation: when it is set anew they must look how long
/// they may sleep.
fn tell_sleepers(record: &Record) {
    record.generation.fetch_add(1, Ordering::SeqCst);
    if record.has_sleepers() {
        shared_futex::wake_all(&record.generation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_was_missed_is_not_made_up_for() {
        let at = Duration::from_millis;
        assert_eq!(next_due(at(100), 0, at(100)), None);
        assert_eq!(next_due(at(100), 10, at(100)), Some(at(110)));
        assert_eq!(next_due(at(100), 10, at(109)), Some(at(110)));
        assert_eq!(next_due(at(100), 10, at(110)), Some(at(120)));
        assert_eq!(next_due(at(100), 10, at(1234)), Some(at(1240)));
    }
}
