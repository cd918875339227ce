//! Sleeping until any of several things happens.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::target::Bells;
use crate::sys::clock;
use crate::sys::poll::{self, Readable};
use crate::sys::shared_futex;

/// Sleeps until somebody rings, or the time is up.
pub(super) fn sleep(mut bells: Bells) {
    let descriptors = core::mem::take(&mut bells.descriptors);
    if descriptors.is_empty() {
        shared_futex::wait_for_any(&bells.words, bells.until);
    } else if bells.words.is_empty() {
        poll::wait(&descriptors, bells.until);
    } else {
        sleep_on_both(bells, &descriptors);
    }
}

/// Sleeps until a time, or for ever.
pub(super) fn delay(until: Option<Duration>) {
    match until {
        Some(until) => clock::sleep(until.saturating_sub(clock::monotonic())),
        None => loop {
            clock::sleep(Duration::from_secs(u32::MAX.into()));
        },
    }
}

/// The kernel has no call that sleeps on words and descriptors at once. So a thread of its own watches
/// the descriptors, for as long as this sleep lasts, and rings with a word.
fn sleep_on_both(mut bells: Bells, descriptors: &[i32]) {
    let rung = AtomicU32::new(0);
    let Ok((stop, stopped)) = poll::pair() else {
        // No descriptor left: look again soon.
        bells.until(clock::monotonic() + Duration::from_millis(10));
        shared_futex::wait_for_any(&bells.words, bells.until);
        return;
    };
    bells.words.push(shared_futex::watch_private(&rung, 0));
    std::thread::scope(|scope| {
        let watcher = std::thread::Builder::new()
            .name("winpages watcher".into())
            .stack_size(64 << 10)
            .spawn_scoped(scope, || {
                if poll::wait_or(descriptors, &stopped) == Readable::Descriptor {
                    rung.store(1, Ordering::Release);
                    crate::sys::futex::wake_all(&rung);
                }
            });
        if watcher.is_err() {
            bells.until(clock::monotonic() + Duration::from_millis(10));
        }
        shared_futex::wait_for_any(&bells.words, bells.until);
        drop(stop);
    });
}
