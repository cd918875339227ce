//! What can be waited for.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::sync::Arc;

use rustix::fd::BorrowedFd;

use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use crate::NtStatus;
use crate::object::handle_table::{Entry, Handle};
use crate::object::{AccessMask, Object};
use crate::process::{ForeignThread, Process};
use crate::residency::MemoryNotification;
use crate::sys::shared_futex::{self, Watched};
use crate::thread::Thread;

/// An object that is signalled or not, and that waiting does not change.
///
/// Implement it for a kind of object and name the kind in `Target::of_entry`: then every wait takes it.
pub trait Waitable: Send + Sync {
    /// Whether it is signalled now.
    fn is_signalled(&self) -> bool;

    /// How a sleeper hears that it may be.
    fn bell(&self) -> Bell<'_>;
}

/// How a sleeper hears that an object may be signalled.
#[derive(Clone, Copy, Debug)]
pub enum Bell<'a> {
    /// This word of the process's own is not `expected` any more, and whoever changes it wakes all who
    /// sleep on it.
    Word {
        /// A futex word, private to the process.
        word: &'a AtomicU32,
        /// What it is as long as the object is not signalled.
        expected: u32,
    },
    /// This descriptor becomes readable.
    Descriptor(BorrowedFd<'a>),
    /// Nobody tells: look again after so long.
    Look(Duration),
}

impl Waitable for Thread {
    fn is_signalled(&self) -> bool {
        self.has_ended()
    }

    fn bell(&self) -> Bell<'_> {
        Bell::Word {
            word: self.end_word(),
            expected: 0,
        }
    }
}

impl Waitable for MemoryNotification {
    fn is_signalled(&self) -> bool {
        Self::is_signalled(self)
    }

    fn bell(&self) -> Bell<'_> {
        // The kernel has averages to offer that change every two seconds.
        Bell::Look(Duration::from_millis(250))
    }
}

impl Waitable for Process {
    fn is_signalled(&self) -> bool {
        self.has_ended()
    }

    fn bell(&self) -> Bell<'_> {
        Bell::Descriptor(self.descriptor())
    }
}

impl Waitable for ForeignThread {
    fn is_signalled(&self) -> bool {
        self.has_ended()
    }

    fn bell(&self) -> Bell<'_> {
        Bell::Descriptor(self.descriptor())
    }
}

/// One of the objects of a wait.
#[derive(Clone)]
pub(super) enum Target {
    /// One whose state waiting changes.
    Dispatcher(DispatcherState),
    /// Any other.
    Other(Arc<dyn Waitable>),
}

impl Target {
    /// What a handle leads to, if it may be waited for.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_HANDLE`], [`NtStatus::ACCESS_DENIED`] if the handle does not grant
    /// [`AccessMask::SYNCHRONIZE`], [`NtStatus::OBJECT_TYPE_MISMATCH`] if such an object cannot be
    /// waited for; what [`Dispatcher::state`](super::dispatcher::Dispatcher) answers.
    pub(super) fn of(handle: Handle) -> Result<Self, NtStatus> {
        Self::of_entry(&crate::object::reference(handle)?)
    }

    /// The same of what the handle table holds.
    ///
    /// # Errors
    ///
    /// As [`Target::of`].
    pub(super) fn of_entry(entry: &Entry) -> Result<Self, NtStatus> {
        Self::check(entry)?;
        match &entry.object {
            Object::Dispatcher(object) => Ok(Self::Dispatcher(object.state()?.clone())),
            Object::Thread(thread) => Ok(Self::Other(Arc::clone(thread) as Arc<dyn Waitable>)),
            Object::ForeignThread(thread) => {
                Ok(Self::Other(Arc::clone(thread) as Arc<dyn Waitable>))
            }
            Object::Process(process) => Ok(Self::Other(Arc::clone(process) as Arc<dyn Waitable>)),
            Object::MemoryNotification(notification) => {
                Ok(Self::Other(Arc::clone(notification) as Arc<dyn Waitable>))
            }
            // What `check` does not let through.
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    /// Whether what the handle table holds may be waited for.
    ///
    /// # Errors
    ///
    /// As [`Target::of`].
    #[inline]
    pub(super) fn check(entry: &Entry) -> Result<(), NtStatus> {
        if !entry.access.contains(AccessMask::SYNCHRONIZE) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        match &entry.object {
            Object::Dispatcher(object) if object.kind() == DispatcherKind::KeyedEvent => {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            }
            Object::File(_) | Object::Section(_) | Object::Directory(_) | Object::Token(_) => {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            }
            _ => Ok(()),
        }
    }

    /// The object, if waiting changes its state.
    pub(super) fn dispatcher(&self) -> Option<&DispatcherState> {
        match self {
            Self::Dispatcher(object) => Some(object),
            Self::Other(_) => None,
        }
    }

    /// The object, if waiting does not change its state.
    pub(super) fn other(&self) -> Option<&dyn Waitable> {
        match self {
            Self::Dispatcher(_) => None,
            Self::Other(object) => Some(&**object),
        }
    }

    /// Whether a wait by `me` could take it now.
    pub(super) fn is_available(&self, me: u32) -> bool {
        match self {
            Self::Dispatcher(object) => {
                object.record().load().is_available(object.discipline(), me)
            }
            Self::Other(object) => object.is_signalled(),
        }
    }
}

/// What a sleeper sleeps on.
#[derive(Default)]
pub(super) struct Bells {
    /// Words that others change.
    pub(super) words: Vec<Watched>,
    /// Words that must not have changed by now, and by which nobody wakes.
    pub(super) unchanged: Vec<Watched>,
    /// Descriptors that become readable.
    pub(super) descriptors: Vec<i32>,
    /// When to look again, whatever happens.
    pub(super) until: Option<Duration>,
}

impl Bells {
    pub(super) fn until(&mut self, time: Duration) {
        self.until = Some(self.until.map_or(time, |until| until.min(time)));
    }

    /// Adds an object of which waiting changes nothing.
    pub(super) fn add_other(&mut self, object: &dyn Waitable, now: Duration) {
        match object.bell() {
            Bell::Word { word, expected } => {
                self.words.push(shared_futex::watch_private(word, expected));
            }
            Bell::Descriptor(descriptor) => {
                use std::os::fd::AsRawFd;
                self.descriptors.push(descriptor.as_raw_fd());
            }
            Bell::Look(after) => self.until(now + after),
        }
    }

    /// Adds an object that was found unavailable, and not pulsed after `since`. Answers whether it still
    /// is: if not, look again instead of sleeping.
    pub(super) fn add_dispatcher(&mut self, object: &DispatcherState, me: u32, since: u32) -> bool {
        let (record, discipline) = (object.record(), object.discipline());
        if let DispatcherKind::Event { .. } = object.kind() {
            self.unchanged.push(record.watch_pulses(since));
        }
        if let DispatcherKind::Timer { .. } = object.kind() {
            let generation = record.generation.load(Ordering::SeqCst);
            self.words
                .push(shared_futex::watch(&record.generation, generation));
            return !record.load().is_available(discipline, me);
        }
        loop {
            let word = record.load();
            if word.is_available(discipline, me) {
                return false;
            }
            let asleep = word.asleep(discipline);
            if asleep == word || record.exchange(word, asleep).is_ok() {
                self.words.push(shared_futex::watch_lower_half(
                    record.word(),
                    asleep.lower(),
                ));
                return true;
            }
        }
    }
}
