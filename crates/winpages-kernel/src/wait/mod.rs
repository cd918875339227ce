//! Dispatcher objects (mutants, events, semaphores, timers) and waiting, for these and for whatever
//! else can be waited for.
//!
//! The state of a dispatcher object is one word in memory that all processes share which have the
//! object open (see [`word`]); taking and signalling it are one exchange. A waiter looks a while and
//! then sleeps on that word, or on many at once. There is no server and no thread behind it: a process
//! may be killed between any two instructions, and the kernel's list of robust words tells the others.

mod access;
mod alert;
mod bells;
mod dispatcher;
mod dispatcher_create;
mod dispatcher_kind;
mod dispatcher_state;
mod event;
mod glance;
mod keyed_event;
mod multiple;
mod mutant;
mod record;
mod record_memory;
mod semaphore;
mod single;
mod target;
mod this_thread;
mod timeout;
mod timer;
mod timer_apc;
mod transfer;
pub mod word;

pub use access::{DISPATCHER_GENERIC_MAPPING, MUTANT_GENERIC_MAPPING};
pub use dispatcher::Dispatcher;
pub use dispatcher_create::CreateDispatcher;
pub use dispatcher_kind::DispatcherKind;
pub use event::{
    EventState, create_event, open_event, pulse_event, query_event, reset_event, set_event,
};
pub use keyed_event::{
    KEYED_EVENT_GENERIC_MAPPING, create_keyed_event, open_keyed_event, release_keyed_event,
    wait_for_keyed_event,
};
pub use mutant::{MutantState, create_mutant, open_mutant, query_mutant, release_mutant};
pub use semaphore::{
    SemaphoreState, create_semaphore, open_semaphore, query_semaphore, release_semaphore,
};
pub use target::{Bell, Waitable};
pub use timeout::{SystemTime, Timeout};
pub use timer::{
    Due, SetTimer, TimerState, cancel_timer, create_timer, open_timer, query_timer, set_timer,
};
pub use timer_apc::TimerApc;

pub(crate) use this_thread::{after_fork_in_child, thread_ends};

use core::time::Duration;

use dispatcher_state::Tried;
use glance::Glance;
use multiple::Wait;
use target::{Bells, Target};
use this_thread::ThisThread;

use crate::NtStatus;
use crate::object::AccessMask;
use crate::object::handle_table::{self, Handle};
use crate::sys::clock;

/// The most objects one wait can have: Windows' MAXIMUM_WAIT_OBJECTS.
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

/// After how long a sleeper looks again, whatever happens. Nothing depends on it but what two processes
/// could break that are killed within the same few instructions.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object of this index is what ended it; 0 if it was for all of them.
    Object(usize),
    /// The same, and the object is a mutant whose last owner ended without releasing it; of a wait for
    /// all, any of them.
    Abandoned(usize),
    /// Calls were queued to the thread, and have been made.
    UserApc,
    /// The time was up.
    TimedOut,
}

impl Outcome {
    fn taken(index: usize, abandoned: bool) -> Self {
        if abandoned {
            Self::Abandoned(index)
        } else {
            Self::Object(index)
        }
    }

    /// The NTSTATUS of the wait: STATUS_WAIT_0, STATUS_ABANDONED_WAIT_0, STATUS_USER_APC or
    /// STATUS_TIMEOUT, all of them successes.
    pub fn code(self) -> u32 {
        match self {
            Self::Object(index) => index as u32,
            Self::Abandoned(index) => 0x80 + index as u32,
            Self::UserApc => 0xC0,
            Self::TimedOut => 0x102,
        }
    }
}

/// Waits until an object is signalled, and takes it; mirrors NtWaitForSingleObject.
///
/// # Errors
///
/// * [`NtStatus::INVALID_HANDLE`]: there is no such handle.
/// * [`NtStatus::ACCESS_DENIED`]: it does not grant [`AccessMask::SYNCHRONIZE`].
/// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: such an object cannot be waited for.
/// * [`NtStatus::MUTANT_LIMIT_EXCEEDED`]: the mutant was taken as often as can be counted.
/// * [`NtStatus::INSUFFICIENT_RESOURCES`]: the thread owns 2000 mutants.
#[inline]
pub fn wait_for_single_object(
    handle: Handle,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    let this = ThisThread::current()?;
    let tried = this.with_object(handle, |object, access| {
        if !access.contains(AccessMask::SYNCHRONIZE) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        object.refresh(this);
        object.try_take(this)
    });
    match tried {
        Ok(Tried::Taken { abandoned }) => Ok(Outcome::taken(0, abandoned)),
        Ok(Tried::Unavailable(_))
        | Err(NtStatus::OBJECT_TYPE_MISMATCH | NtStatus::INVALID_HANDLE) => {
            wait_longer(this, handle, alertable, timeout)
        }
        Err(status) => Err(status),
    }
}

fn wait_longer(
    this: &ThisThread,
    handle: Handle,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    let target = Target::of(handle)?;
    match &target {
        Target::Dispatcher(object) if !alertable && single::can_wait(object) => {
            let outcome = single::wait(this, object, timeout)?;
            if object.kind() == DispatcherKind::Mutant {
                this.keep_if_owned(object);
            }
            Ok(outcome)
        }
        _ => Wait::new(this, core::slice::from_ref(&target), alertable, timeout)
            .any(timeout.is_zero()),
    }
}

/// Waits until any of several objects is signalled, and takes the first that is, or until all of them
/// are at once, and takes them all; mirrors NtWaitForMultipleObjects.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER_1`]: no objects, or more than 64.
/// * [`NtStatus::INVALID_PARAMETER_MIX`]: a wait for all names an object twice.
/// * as [`wait_for_single_object`], of any of them; then nothing has been taken.
pub fn wait_for_multiple_objects(
    handles: &[Handle],
    all: bool,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    if handles.is_empty() || handles.len() > MAXIMUM_WAIT_OBJECTS {
        return Err(NtStatus::INVALID_PARAMETER_1);
    }
    let this = ThisThread::current()?;
    if !all {
        match glance::at_all(handles, this.id.get())? {
            Glance::Signalled(index, target) => {
                if let Some(outcome) = multiple::try_take(this, index, &target)? {
                    return Ok(outcome);
                }
            }
            Glance::Nothing if timeout.is_zero() && !alertable => return Ok(Outcome::TimedOut),
            Glance::Nothing | Glance::Unclear => {}
        }
    }
    let mut targets = Vec::with_capacity(handles.len());
    // Pseudo handles are not in the table: as on Windows, they are for waits for one object.
    handle_table::look_at_all(handles, |entry| {
        targets.push(Target::of_entry(entry)?);
        Ok(())
    })?;
    let wait = Wait::new(this, &targets, alertable, timeout);
    if all {
        wait.all(timeout.is_zero())
    } else {
        wait.any(timeout.is_zero())
    }
}

/// Signals one object and waits for another; mirrors NtSignalAndWaitForSingleObject. An event is set, a
/// semaphore's count grows by one, a mutant is released.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: the first is none of these.
/// * [`NtStatus::ACCESS_DENIED`]: the first handle does not grant
///   [`AccessMask::DISPATCHER_MODIFY_STATE`], or of a mutant [`AccessMask::SYNCHRONIZE`].
/// * [`NtStatus::MUTANT_NOT_OWNED`], [`NtStatus::SEMAPHORE_LIMIT_EXCEEDED`].
/// * as [`wait_for_single_object`] for the second; then nothing has been signalled.
pub fn signal_and_wait_for_single_object(
    signal: Handle,
    wait: Handle,
    alertable: bool,
    timeout: Timeout,
) -> Result<Outcome, NtStatus> {
    let this = ThisThread::current()?;
    let target = Target::of(wait)?;
    this.with_object(signal, |object, access| {
        let needed = match object.kind() {
            DispatcherKind::Mutant => AccessMask::SYNCHRONIZE,
            _ => AccessMask::DISPATCHER_MODIFY_STATE,
        };
        if !access.contains(needed) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        match object.kind() {
            DispatcherKind::Mutant => mutant::release(this, object).map(drop),
            DispatcherKind::Event { .. } => event::set(this, object).map(drop),
            DispatcherKind::Semaphore { .. } => semaphore::release(this, object, 1).map(drop),
            DispatcherKind::Timer { .. } | DispatcherKind::KeyedEvent => {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            }
        }
    })?;
    Wait::new(this, core::slice::from_ref(&target), alertable, timeout).any(timeout.is_zero())
}

/// Sleeps; mirrors NtDelayExecution. Ends early only if it is alertable and calls are queued to the
/// thread.
pub fn delay_execution(alertable: bool, timeout: Timeout) -> Outcome {
    if alertable && alert::deliver() {
        return Outcome::UserApc;
    }
    if timeout.is_zero() {
        clock::yield_now();
        return Outcome::TimedOut;
    }
    let deadline = timeout.deadline();
    if !alertable {
        bells::delay(deadline);
        return Outcome::TimedOut;
    }
    loop {
        let mut bells = Bells::default();
        if let Some(deadline) = deadline {
            bells.until(deadline);
        }
        alert::add_bell(&mut bells);
        if alert::deliver() {
            return Outcome::UserApc;
        }
        if deadline.is_some_and(|deadline| clock::monotonic() >= deadline) {
            return Outcome::TimedOut;
        }
        bells::sleep(bells);
    }
}

/// Makes the calls that are queued to the thread; mirrors NtTestAlert. Answers whether there were any.
pub fn test_alert() -> bool {
    alert::deliver()
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    record_memory::lock_for_fork();
    keyed_event::lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe {
        keyed_event::unlock_after_fork();
        record_memory::unlock_after_fork();
    }
}
