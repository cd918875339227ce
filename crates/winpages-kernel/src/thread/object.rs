//! The thread object: what handles lead to.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::OnceLock;

use super::apc::{Apc, ApcQueue};
use super::facts::Facts;
use super::shared_ending::SharedEnding;
use super::suspend::Suspension;
use crate::NtStatus;
use crate::sys::futex;

/// A thread of this process. It outlives the thread itself as long as anybody holds it.
pub struct Thread {
    id: AtomicU32,
    /// [`RUNS`] or [`ENDED`]: the word that waiters sleep on.
    state: AtomicU32,
    exit_status: AtomicU32,
    apcs: ApcQueue,
    handle_count: AtomicUsize,
    /// What other processes see of the end, if one has a handle.
    shared_ending: OnceLock<SharedEnding>,
    pub(super) suspension: Suspension,
    pub(super) facts: Facts,
}

const RUNS: u32 = 0;
const ENDED: u32 = 1;

/// STILL_ACTIVE: the exit status of a thread that has not ended.
const STILL_ACTIVE: u32 = 259;

impl Thread {
    pub(super) fn new(id: u32) -> Self {
        Self {
            id: AtomicU32::new(id),
            state: AtomicU32::new(RUNS),
            exit_status: AtomicU32::new(STILL_ACTIVE),
            apcs: ApcQueue::new(),
            handle_count: AtomicUsize::new(0),
            shared_ending: OnceLock::new(),
            suspension: Suspension::new(),
            facts: Facts::new(),
        }
    }

    /// The thread's number.
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Relaxed)
    }

    /// Whether the thread has ended: whether the object is signalled. Once it is, it stays so.
    pub fn has_ended(&self) -> bool {
        self.state.load(Ordering::Acquire) == ENDED
    }

    /// A futex word, private to the process: 0 while the thread runs, 1 once it has ended, when all
    /// sleepers are woken.
    pub fn end_word(&self) -> &AtomicU32 {
        &self.state
    }

    /// What the thread ended with; 259 (STILL_ACTIVE) while it runs.
    pub fn exit_status(&self) -> u32 {
        self.exit_status.load(Ordering::Acquire)
    }

    /// A futex word, private to the process, that changes whenever a call is queued; all sleepers
    /// are woken then.
    pub fn apc_word(&self) -> &AtomicU32 {
        self.apcs.word()
    }

    /// Whether calls are queued to the thread that it has not run yet.
    pub fn has_pending_apcs(&self) -> bool {
        !self.apcs.is_empty()
    }

    /// Queues a call to the thread, which runs it at its next alertable wait; mirrors
    /// NtQueueApcThread.
    ///
    /// # Errors
    ///
    /// [`NtStatus::UNSUCCESSFUL`] if the thread has ended.
    pub fn queue_apc(&self, apc: Apc) -> Result<(), NtStatus> {
        self.apcs.push(apc)
    }

    /// Runs what is queued. Only ever called in the thread itself.
    pub(super) fn run_pending_apcs(&self) -> bool {
        let mut any = false;
        // SAFETY: the one caller runs in the thread that the queue is of.
        while let Some(apc) = unsafe { self.apcs.pop() } {
            any = true;
            let [first, second, third] = apc.arguments;
            // SAFETY: a function that the program has queued, with the arguments it gave.
            unsafe { (apc.routine)(first, second, third) };
        }
        any
    }

    /// Says that the thread has ended, and with what.
    pub(super) fn end(&self, exit_status: u32) {
        // SAFETY: called by the thread itself, as the last thing it does, or in a child of a fork,
        // where the thread does not exist.
        unsafe { self.apcs.close() };
        self.facts.end();
        self.exit_status.store(exit_status, Ordering::Relaxed);
        self.state.store(ENDED, Ordering::SeqCst);
        if let Some(shared) = self.shared_ending.get() {
            shared.leave(exit_status);
        }
        futex::wake_all(&self.state);
    }

    /// Where other processes see what the thread ended with.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INSUFFICIENT_RESOURCES`].
    pub(crate) fn share_ending(&self) -> Result<&SharedEnding, NtStatus> {
        let shared = match self.shared_ending.get() {
            Some(shared) => shared,
            None => {
                let new = SharedEnding::new()?;
                self.shared_ending.get_or_init(|| new)
            }
        };
        // It may have ended before it could see that there is such a place.
        fence(Ordering::SeqCst);
        if self.has_ended() {
            shared.leave(self.exit_status());
        }
        Ok(shared)
    }

    pub(super) fn set_id(&self, id: u32) {
        self.id.store(id, Ordering::Release);
        futex::wake_all(&self.id);
    }

    /// Waits until a new thread has told its number.
    pub(super) fn wait_for_id(&self) {
        while self.id.load(Ordering::Acquire) == 0 {
            futex::wait(&self.id, 0, futex::ANY, None);
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handle_count
    }
}

impl core::fmt::Debug for Thread {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Thread")
            .field("id", &self.id())
            .field("has_ended", &self.has_ended())
            .finish_non_exhaustive()
    }
}
