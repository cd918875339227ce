//! Sleeping until any of several things happens.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::target::Bells;
use crate::sys::clock;
use crate::sys::poll::{self, Readable};
use crate::sys::shared_futex::{self, Awoken, MOST_WATCHED};

/// Sleeps until somebody rings, or the time is up. Answers whether somebody who changed one of the words
/// has woken this thread.
pub(super) fn sleep(mut bells: Bells) -> bool {
    let descriptors = core::mem::take(&mut bells.descriptors);
    if descriptors.is_empty() {
        sleep_on_words(bells) == Awoken::Woken
    } else if bells.words.is_empty() {
        poll::wait(&descriptors, bells.until);
        false
    } else {
        sleep_on_both(bells, &descriptors)
    }
}

fn sleep_on_words(bells: Bells) -> Awoken {
    let mut words = bells.words;
    words.extend(bells.unchanged);
    // One too many is possible in an alertable wait for 64 events: the pulse of the last may then be
    // noticed late.
    words.truncate(MOST_WATCHED);
    shared_futex::wait_for_any(&words, bells.until)
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
fn sleep_on_both(mut bells: Bells, descriptors: &[i32]) -> bool {
    let rung = AtomicU32::new(0);
    let Ok((stop, stopped)) = poll::pair() else {
        // No descriptor left: look again soon.
        bells.until(clock::monotonic() + Duration::from_millis(10));
        return sleep_on_words(bells) == Awoken::Woken;
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
        let awoken = sleep_on_words(bells);
        drop(stop);
        awoken == Awoken::Woken
    })
}
