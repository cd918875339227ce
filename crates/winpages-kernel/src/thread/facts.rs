//! What is remembered of a thread: when it ran, how important it is, what it is called.

use core::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use super::object::Thread;
use crate::NtStatus;
use crate::process::PriorityClass;
use crate::sys::clock;
use crate::sys::lock::Lock;
use crate::sys::processor_time::{self, ProcessorTime};
use crate::sys::processors::{self, GROUP, GROUPS};

/// See the module.
pub(super) struct Facts {
    /// Nanoseconds since 1970.
    created: AtomicU64,
    /// The same; 0 while it runs.
    ended: AtomicU64,
    /// What it had used in the end, in nanoseconds: in the kernel and outside.
    used: [AtomicU64; 2],
    priority: AtomicI32,
    boost_disabled: AtomicI32,
    /// Plus one; 0 while nobody has said.
    ideal_processor: AtomicU32,
    description: Lock<Vec<u16>>,
}

/// When a thread ran, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadTimes {
    /// When it was created, or when it first called the engine; since 1970.
    pub created: Duration,
    /// When it ended; `None` while it runs.
    pub ended: Option<Duration>,
    /// What it has used.
    pub used: ProcessorTime,
}

fn now() -> u64 {
    clock::since_unix_epoch().as_nanos() as u64
}

impl Facts {
    pub(super) fn new() -> Self {
        Self {
            created: AtomicU64::new(now()),
            ended: AtomicU64::new(0),
            used: [const { AtomicU64::new(0) }; 2],
            priority: AtomicI32::new(0),
            boost_disabled: AtomicI32::new(0),
            ideal_processor: AtomicU32::new(0),
            description: Lock::new(Vec::new()),
        }
    }

    /// The calling thread, which these facts are of, ends.
    pub(super) fn end(&self) {
        let used = processor_time::of_current_thread();
        for (place, time) in self.used.iter().zip([used.kernel, used.user]) {
            place.store(time.as_nanos() as u64, Ordering::Relaxed);
        }
        self.ended.store(now(), Ordering::Release);
    }
}

/// THREAD_PRIORITY_IDLE and THREAD_PRIORITY_TIME_CRITICAL; between these only -2 to 2 are priorities.
const EXTREMES: [i32; 2] = [-15, 15];

impl Thread {
    /// When the thread ran; mirrors NtQueryInformationThread(ThreadTimes).
    pub fn times(&self) -> ThreadTimes {
        let facts = &self.facts;
        let ended = facts.ended.load(Ordering::Acquire);
        let running = if ended == 0 {
            processor_time::of_thread(self.id())
        } else {
            None
        };
        let used = running.unwrap_or_else(|| {
            let [kernel, user] = [0, 1].map(|index: usize| {
                Duration::from_nanos(facts.used[index].load(Ordering::Relaxed))
            });
            ProcessorTime { kernel, user }
        });
        ThreadTimes {
            created: Duration::from_nanos(facts.created.load(Ordering::Relaxed)),
            ended: (ended != 0).then(|| Duration::from_nanos(ended)),
            used,
        }
    }

    /// How important the thread is, from -15 to 15; 0 is normal.
    pub fn priority(&self) -> i32 {
        self.facts.priority.load(Ordering::Relaxed)
    }

    /// Says how important the thread is. The kernel is told as far as it lets the process change its
    /// mind again: a process that may not raise a priority must not lower it either.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] if it is neither -2 to 2, -15 nor 15.
    pub fn set_priority(&self, priority: i32) -> Result<(), NtStatus> {
        if !(-2..=2).contains(&priority) && !EXTREMES.contains(&priority) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.facts.priority.store(priority, Ordering::Relaxed);
        self.tell_niceness();
        Ok(())
    }

    /// Tells the kernel what the thread's priority and its process's class come to.
    pub(crate) fn tell_niceness(&self) {
        if self.has_ended() {
            return;
        }
        let niceness = match self.priority() {
            -15 => 19,
            15 => -15,
            priority => PriorityClass::of_own().niceness() - 5 * priority,
        };
        crate::sys::thread::set_niceness(self.id(), niceness.clamp(-20, 19));
    }

    /// Whether the scheduler may favour the thread after a wait; it is only remembered.
    pub fn is_boost_disabled(&self) -> bool {
        self.facts.boost_disabled.load(Ordering::Relaxed) != 0
    }

    /// Says whether the scheduler may favour the thread after a wait.
    pub fn disable_boost(&self, disable: bool) {
        let value = disable.into();
        self.facts.boost_disabled.store(value, Ordering::Relaxed);
    }

    /// The processor that the thread would run on best, by number: one of those that the process was
    /// given, until somebody says which.
    pub fn ideal_processor(&self) -> usize {
        match self.facts.ideal_processor.load(Ordering::Relaxed) {
            0 => {
                let given = processors::given();
                let which = self.id() as usize % given.count().max(1);
                let mut numbers = (0..GROUPS * GROUP).filter(|number| given.contains(*number));
                numbers.nth(which).unwrap_or(0)
            }
            number => number as usize - 1,
        }
    }

    /// Says which processor the thread would run on best; it is only remembered, since Linux' scheduler
    /// has no such wish. Answers the one before.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] if the process was not given that processor.
    pub fn set_ideal_processor(&self, number: usize) -> Result<usize, NtStatus> {
        if !processors::given().contains(number) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let before = self.ideal_processor();
        let value = number as u32 + 1;
        self.facts.ideal_processor.store(value, Ordering::Relaxed);
        Ok(before)
    }

    /// What the thread is called.
    pub fn description(&self) -> Vec<u16> {
        self.facts.description.lock().clone()
    }

    /// Names the thread. Debuggers of Linux see the first fifteen bytes of it.
    pub fn set_description(&self, description: Vec<u16>) {
        let text = String::from_utf16_lossy(&description);
        *self.facts.description.lock() = description;
        if !self.has_ended() {
            crate::sys::thread::set_name(self.id(), &text);
        }
    }
}
