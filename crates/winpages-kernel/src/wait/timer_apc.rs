//! What a thread has asked to be called when its timers are due.
//!
//! The call is made by the thread itself, while it waits alertably; so it keeps the list of its timers
//! itself, and looks at the clock.

use core::cell::RefCell;
use core::ffi::c_void;
use core::sync::atomic::Ordering;
use core::time::Duration;

use super::dispatcher_state::DispatcherState;
use super::timeout::SystemTime;
use super::timer::next_due;
use crate::sys::clock;

/// What is called when a timer is due: Windows' PTIMER_APC_ROUTINE, with its context and the time in two
/// halves.
#[derive(Clone, Copy, Debug)]
pub struct TimerApc {
    /// The function.
    pub routine: unsafe extern "C-unwind" fn(*mut c_void, u32, i32),
    /// Its first argument.
    pub context: usize,
}

struct Asked {
    timer: DispatcherState,
    /// The setting of the timer that it belongs to.
    setting: u32,
    apc: TimerApc,
    due: Duration,
    period: u32,
}

impl Asked {
    /// Whether the timer has neither been set anew nor cancelled since, by anybody.
    fn is_current(&self) -> bool {
        self.timer.record().settings.load(Ordering::Relaxed) == self.setting
    }
}

thread_local! {
    static ASKED: RefCell<Vec<Asked>> = const { RefCell::new(Vec::new()) };
}

/// Has `apc` called by this thread when `timer` is due.
pub(super) fn remember(
    timer: &DispatcherState,
    setting: u32,
    apc: TimerApc,
    due: Duration,
    period: u32,
) {
    let asked = Asked {
        timer: timer.clone(),
        setting,
        apc,
        due,
        period,
    };
    let _ = ASKED.try_with(|all| all.borrow_mut().push(asked));
}

/// The timer has been set anew, or cancelled.
pub(super) fn forget(timer: &DispatcherState) {
    let forgotten = ASKED.try_with(|all| {
        let mut all = all.borrow_mut();
        if all.is_empty() {
            return Vec::new();
        }
        let (gone, kept) = core::mem::take(&mut *all)
            .into_iter()
            .partition(|asked| asked.timer.is_same_as(timer));
        *all = kept;
        gone
    });
    drop(forgotten);
}

/// When the first of this thread's calls is due.
pub(super) fn first_due() -> Option<Duration> {
    ASKED
        .try_with(|all| {
            let all = all.borrow();
            all.iter()
                .filter(|asked| asked.is_current())
                .map(|asked| asked.due)
                .min()
        })
        .ok()
        .flatten()
}

/// Makes the calls that are due, and answers whether there were any.
pub(super) fn run_due() -> bool {
    let mut any = false;
    while let Some((apc, due)) = take_due() {
        any = true;
        let time = SystemTime::of_monotonic(due).0;
        // SAFETY: a function that the program has given for this, with the argument it gave.
        unsafe { (apc.routine)(apc.context as *mut c_void, time as u32, (time >> 32) as i32) };
    }
    any
}

fn take_due() -> Option<(TimerApc, Duration)> {
    let taken = ASKED.try_with(|all| {
        let mut all = all.borrow_mut();
        if all.is_empty() {
            return None;
        }
        let now = clock::monotonic();
        let mut gone: Vec<Asked> = all.extract_if(.., |asked| !asked.is_current()).collect();
        let first = all
            .iter()
            .enumerate()
            .filter(|(_, asked)| asked.due <= now)
            .min_by_key(|(_, asked)| asked.due)
            .map(|(index, _)| index)?;
        let answer = (all[first].apc, all[first].due);
        match next_due(all[first].due, all[first].period, now) {
            Some(next) => all[first].due = next,
            None => gone.push(all.remove(first)),
        }
        drop(all);
        Some((answer, gone))
    });
    taken.ok().flatten().map(|(answer, _gone)| answer)
}
