//! Stopping threads: SuspendThread, TerminateThread, and the registers of a stopped thread.
//!
//! A thread is stopped by a signal, whose handler waits. On Windows a thread is never stopped inside a
//! system call; here it must not be stopped while it holds one of the engine's locks, or whoever has
//! stopped it would wait for it in his next call. So the one who stops holds all of those himself
//! until the other has stopped, as for a fork.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use core::time::Duration;

use super::block;
use super::object::Thread;
use super::start;
use crate::NtStatus;
use crate::exception::Context;
use crate::sys::futex::{self, ANY};
use crate::sys::{self, clock, fork};

/// What a thread is doing.
const RUNS: u32 = 0;
/// It has been asked to stop.
const ASKED: u32 = 1;
/// It has stopped.
const STOPPED: u32 = 2;
/// It has been asked to end.
const ASKED_TO_END: u32 = 3;

/// MAXIMUM_SUSPEND_COUNT
const MOST_SUSPENSIONS: u32 = 127;

/// How long all the engine's locks are held for a thread that does not stop: it may have the signal
/// blocked.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long a sleep is before the thread is looked for again: it may end meanwhile.
const LOOK: Duration = Duration::from_millis(2);

/// Whether and how a thread is stopped.
pub(super) struct Suspension {
    /// How often it has been suspended and not resumed.
    ///
    /// Changed by one thread at a time: see [`block::alone`].
    count: AtomicU32,
    state: AtomicU32,
    /// The stopped thread's registers, while its handler waits.
    context: AtomicPtr<libc::ucontext_t>,
    /// What a thread that is asked to end shall end with.
    end_status: AtomicU32,
}

impl Suspension {
    pub(super) const fn new() -> Self {
        Self {
            count: AtomicU32::new(0),
            state: AtomicU32::new(RUNS),
            context: AtomicPtr::new(ptr::null_mut()),
            end_status: AtomicU32::new(0),
        }
    }

    /// For a thread that has not begun yet.
    pub(super) fn begin_suspended(&self) {
        self.count.store(1, Ordering::Relaxed);
        self.state.store(STOPPED, Ordering::Release);
    }

    /// Waits, before anything of the program's runs in the thread, until it is resumed.
    ///
    /// # Errors
    ///
    /// What it shall end with, if it was ended meanwhile.
    pub(super) fn wait_at_gate(&self) -> Result<(), u32> {
        if self.wait_while(STOPPED, None) != ASKED_TO_END {
            return Ok(());
        }
        self.answer_end();
        Err(self.end_status.load(Ordering::Relaxed))
    }

    /// Tells whoever asked that the thread is on its way.
    fn answer_end(&self) {
        self.state.store(RUNS, Ordering::Release);
        futex::wake_all(&self.state);
    }

    fn wait_while(&self, state: u32, deadline: Option<Duration>) -> u32 {
        loop {
            let seen = self.state.load(Ordering::Acquire);
            let is_late = deadline.is_some_and(|deadline| clock::monotonic() >= deadline);
            if seen != state || is_late {
                return seen;
            }
            futex::wait(&self.state, state, ANY, deadline);
        }
    }

    /// What the handler does: stops here for as long as it must.
    ///
    /// # Safety
    ///
    /// Only in the thread itself; `context` is its registers.
    unsafe fn stop_here(&self, context: *mut libc::ucontext_t) {
        self.context.store(context, Ordering::Release);
        let _ = self
            .state
            .compare_exchange(ASKED, STOPPED, Ordering::AcqRel, Ordering::Acquire);
        futex::wake_all(&self.state);
        self.wait_while(STOPPED, None);
        self.context.store(ptr::null_mut(), Ordering::Release);
    }
}

unsafe extern "C" fn on_stop(_: i32, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: errno is the thread's own.
    let errno = unsafe { *libc::__errno_location() };
    let Some(block) = block::existing() else {
        return;
    };
    // The block's own count keeps it as long as this thread runs.
    if let Some(thread) = block.thread_without_count() {
        let suspension = &thread.suspension;
        // SAFETY: the thread's own handler.
        unsafe { suspension.stop_here(context.cast()) };
        let is_leaving = block.is_leaving.load(Ordering::Relaxed) != 0;
        if suspension.state.load(Ordering::Acquire) == ASKED_TO_END && !is_leaving {
            let status = suspension.end_status.load(Ordering::Relaxed);
            suspension.answer_end();
            // SAFETY: the handler's context; it does not return.
            unsafe { sys::thread::restore_signals(context) };
            block.is_leaving.store(1, Ordering::Relaxed);
            block.exit_status.store(status, Ordering::Relaxed);
            block.was_terminated.store(1, Ordering::Relaxed);
            let way_back = block.way_back.swap(0, Ordering::Relaxed);
            if way_back != 0 {
                // SAFETY: the thread's beginning, which is still there.
                unsafe { start::leave(way_back, status) };
            }
            sys::thread::exit();
        }
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

impl Thread {
    /// Asks the thread's handler to run, and waits until `state` is no more what it was.
    fn interrupt(&self, asked: u32) -> Result<(), NtStatus> {
        let state = &self.suspension.state;
        if self.id() == super::current_id() {
            return self.send();
        }
        // Under the locks nothing may be asked for that takes one.
        let patience = clock::monotonic() + PATIENCE;
        let answered = fork::with_all_locks(|| {
            self.send()?;
            while clock::monotonic() < patience {
                self.suspension
                    .wait_while(asked, Some(clock::monotonic() + LOOK));
                if state.load(Ordering::Acquire) != asked || !sys::thread::exists(self.id()) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        // It keeps the signal out, or cannot get at a processor: it will stop when it can, and may hold
        // locks until then.
        while !answered && state.load(Ordering::Acquire) == asked && sys::thread::exists(self.id())
        {
            self.suspension
                .wait_while(asked, Some(clock::monotonic() + LOOK));
        }
        Ok(())
    }

    fn send(&self) -> Result<(), NtStatus> {
        sys::thread::stop(self.id(), on_stop).map_err(|_| NtStatus::THREAD_IS_TERMINATING)
    }

    /// Stops the thread, or counts once more that it is stopped; answers how often it was before.
    /// Mirrors NtSuspendThread.
    ///
    /// # Errors
    ///
    /// [`NtStatus::SUSPEND_COUNT_EXCEEDED`] at 127 times, [`NtStatus::THREAD_IS_TERMINATING`] if it
    /// has ended.
    pub fn suspend(&self) -> Result<u32, NtStatus> {
        let suspension = &self.suspension;
        let before = block::alone(|| {
            let before = suspension.count.load(Ordering::Relaxed);
            if self.has_ended() || suspension.state.load(Ordering::Relaxed) == ASKED_TO_END {
                return Err(NtStatus::THREAD_IS_TERMINATING);
            }
            if before == MOST_SUSPENSIONS {
                return Err(NtStatus::SUSPEND_COUNT_EXCEEDED);
            }
            suspension.count.store(before + 1, Ordering::Relaxed);
            if before == 0 {
                suspension.state.store(ASKED, Ordering::Release);
            }
            Ok(before)
        })?;
        if before == 0 {
            self.interrupt(ASKED)?;
        } else {
            while suspension.state.load(Ordering::Acquire) == ASKED
                && sys::thread::exists(self.id())
            {
                suspension.wait_while(ASKED, Some(clock::monotonic() + LOOK));
            }
        }
        Ok(before)
    }

    /// Lets the thread run again once it has been resumed as often as it was suspended; answers how
    /// often it was suspended before. Mirrors NtResumeThread. One that is not suspended stays as it is.
    pub fn resume(&self) -> u32 {
        let suspension = &self.suspension;
        block::alone(|| {
            let before = suspension.count.load(Ordering::Relaxed);
            let left = before.saturating_sub(1);
            suspension.count.store(left, Ordering::Relaxed);
            // One that is asked to end does that.
            if before == 1 && suspension.state.load(Ordering::Relaxed) != ASKED_TO_END {
                suspension.state.store(RUNS, Ordering::Release);
                futex::wake_all(&suspension.state);
            }
            before
        })
    }

    /// Ends the thread wherever it is, without a word to it; mirrors NtTerminateThread. What it held
    /// stays held, but for mutants, which are abandoned.
    ///
    /// # Errors
    ///
    /// [`NtStatus::THREAD_IS_TERMINATING`] if it has ended.
    pub fn terminate(&self, status: u32) -> Result<(), NtStatus> {
        if self.id() == super::current_id() {
            super::exit(status);
        }
        let suspension = &self.suspension;
        block::alone(|| {
            if self.has_ended() {
                return Err(NtStatus::THREAD_IS_TERMINATING);
            }
            suspension.end_status.store(status, Ordering::Relaxed);
            suspension.state.store(ASKED_TO_END, Ordering::Release);
            futex::wake_all(&suspension.state);
            Ok(())
        })?;
        // One that ends by itself meanwhile is what was wanted.
        let _ = self.interrupt(ASKED_TO_END);
        Ok(())
    }

    /// The registers of the thread, which is stopped for the time if it is not. Mirrors
    /// NtGetContextThread.
    ///
    /// # Errors
    ///
    /// As [`Thread::suspend`].
    pub fn context(&self) -> Result<Context, NtStatus> {
        self.with_context(|thread| Context::of_signal(thread))
    }

    /// Changes the registers of the thread; `change` gets them as they are. Mirrors
    /// NtSetContextThread.
    ///
    /// # Errors
    ///
    /// As [`Thread::suspend`].
    pub fn change_context(&self, change: impl FnOnce(&mut Context)) -> Result<(), NtStatus> {
        self.with_context(|thread| {
            let mut context = Context::of_signal(thread);
            change(&mut context);
            context.restore_to(thread);
        })
    }

    fn with_context<T>(
        &self,
        work: impl FnOnce(&mut libc::ucontext_t) -> T,
    ) -> Result<T, NtStatus> {
        if self.id() == super::current_id() {
            // A thread has no registers of its own to ask about while it runs this.
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.suspend()?;
        let saved = &self.suspension.context;
        // One that waits to begin, or whose handler is about to wait.
        while saved.load(Ordering::Acquire).is_null() {
            if let Err(status) = self.send() {
                self.resume();
                return Err(status);
            }
            let soon = clock::monotonic() + LOOK;
            while saved.load(Ordering::Acquire).is_null() && clock::monotonic() < soon {
                clock::yield_now();
            }
        }
        // SAFETY: the handler's frame, which stays as long as the thread is suspended, and this thread
        // has suspended it.
        let answer = unsafe { work(&mut *saved.load(Ordering::Acquire)) };
        self.resume();
        Ok(answer)
    }
}
