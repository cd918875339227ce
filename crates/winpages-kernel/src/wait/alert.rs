//! What may interrupt an alertable wait: calls that are queued to the thread, and those of its timers.

use core::sync::atomic::Ordering;

use super::target::Bells;
use super::timer_apc;
use crate::sys::{clock, shared_futex};
use crate::thread;

/// Makes the calls that the thread has to make, and answers whether there were any.
pub(super) fn deliver() -> bool {
    // Both: a call that a timer makes may queue another.
    let timers = timer_apc::run_due();
    thread::run_pending() || timers
}

/// Whether [`deliver`] would make a call.
pub(super) fn is_pending() -> bool {
    thread::current().has_pending_apcs()
        || timer_apc::first_due().is_some_and(|due| clock::monotonic() >= due)
}

/// Has a sleep end when [`deliver`] would make a call. To be followed by [`deliver`] before the sleep
/// begins.
pub(super) fn add_bell(bells: &mut Bells) {
    let this = thread::current();
    let word = this.apc_word();
    // The object stays as long as its thread runs, and that is this one.
    let queued = word.load(Ordering::Acquire);
    bells.words.push(shared_futex::watch_private(word, queued));
    if let Some(due) = timer_apc::first_due() {
        bells.until(due);
    }
}
