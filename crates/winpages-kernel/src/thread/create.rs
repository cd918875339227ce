//! Starting threads.

use core::sync::atomic::Ordering;
use std::sync::Arc;

use super::block;
use super::object::Thread;
use super::start::{self, StartRoutine};
use crate::sys;
use crate::sys::signals::Blocked;
use crate::{NtStatus, process};

/// What a new thread is to be like.
#[derive(Clone, Copy, Debug)]
pub struct CreateThread {
    /// What it runs.
    pub routine: StartRoutine,
    /// What that is called with.
    pub parameter: usize,
    /// How large its stack may grow, in bytes; 0 for the usual size.
    pub stack_size: usize,
    /// Whether `stack_size` may be less than the usual size: STACK_SIZE_PARAM_IS_A_RESERVATION.
    pub stack_size_is_reservation: bool,
    /// Whether it waits to be resumed before it runs: CREATE_SUSPENDED.
    pub suspended: bool,
}

/// The usual size of a stack: larger than Windows' 1 MiB, because calls of Linux's own libraries run
/// on it too.
const USUAL_STACK: usize = 8 << 20;

/// What the C library puts on a thread's stack for itself, with room for a signal.
const STACK_OVERHEAD: usize = 128 << 10;

const GRANULARITY: usize = 64 << 10;

impl CreateThread {
    fn stack(&self) -> Option<usize> {
        let wanted = match self.stack_size {
            0 => USUAL_STACK,
            size if self.stack_size_is_reservation => size,
            size => size.max(USUAL_STACK),
        };
        let rounded = wanted.checked_next_multiple_of(GRANULARITY)?;
        rounded.checked_add(STACK_OVERHEAD)
    }
}

/// What a new thread is told.
struct Start {
    thread: Arc<Thread>,
    routine: StartRoutine,
    parameter: usize,
    /// What it blocks, if that is not what its creator does.
    signals: Option<Blocked>,
}

/// Starts a thread; mirrors NtCreateThreadEx for the calling process. The answer knows its number.
///
/// # Errors
///
/// [`NtStatus::NO_MEMORY`] if there is no room for its stack, or the process may have no more
/// threads.
pub fn create(request: &CreateThread) -> Result<Arc<Thread>, NtStatus> {
    start_thread(request, None)
}

/// The same for another process that has asked for it, in a thread whose signals are blocked: the new one
/// blocks those alone that are given.
///
/// # Errors
///
/// As [`create`].
pub(crate) fn create_for_others(
    request: &CreateThread,
    signals: Blocked,
) -> Result<Arc<Thread>, NtStatus> {
    start_thread(request, Some(signals))
}

fn start_thread(request: &CreateThread, signals: Option<Blocked>) -> Result<Arc<Thread>, NtStatus> {
    let stack = request.stack().ok_or(NtStatus::NO_MEMORY)?;
    let thread = Arc::new(Thread::new(0));
    if request.suspended {
        thread.suspension.begin_suspended();
    }
    let start = Box::new(Start {
        thread: Arc::clone(&thread),
        routine: request.routine,
        parameter: request.parameter,
        signals,
    });
    // Counted before it runs: the process does not end between its beginning and this thread's end.
    block::count_in();
    let argument = Box::into_raw(start);
    // SAFETY: `run` takes the box that it is given.
    let started = unsafe { sys::thread::start(stack, run, argument.cast()) };
    if started.is_err() {
        block::count_out();
        // SAFETY: nobody else has got it.
        drop(unsafe { Box::from_raw(argument) });
        return Err(NtStatus::NO_MEMORY);
    }
    thread.wait_for_id();
    Ok(thread)
}

unsafe extern "C-unwind" fn run(argument: *mut core::ffi::c_void) -> *mut core::ffi::c_void {
    // SAFETY: what `create` gave.
    let start = unsafe { Box::from_raw(argument.cast::<Start>()) };
    let (routine, parameter) = (start.routine, start.parameter);
    // Before anybody can say otherwise of this thread.
    process::begin_thread();
    let block = block::attach_as(start.thread);
    if let Some(signals) = &start.signals {
        signals.restore();
    }
    let gate = match block.thread_without_count() {
        Some(thread) => thread.suspension.wait_at_gate(),
        None => Ok(()),
    };
    let status = match gate {
        // SAFETY: the program's own function and parameter; the place is a word of the block.
        Ok(()) => unsafe { start::call(routine, parameter, block.way_back.as_ptr()) },
        Err(status) => status,
    };
    block.is_leaving.store(1, Ordering::Relaxed);
    block.way_back.store(0, Ordering::Relaxed);
    block.exit_status.store(status, Ordering::Relaxed);
    core::ptr::null_mut()
}

/// Ends the calling thread; mirrors RtlExitUserThread. Destructors of the calls it is in are not run,
/// those of thread-local storage are.
pub fn exit(status: u32) -> ! {
    let block = block::current();
    block.is_leaving.store(1, Ordering::Relaxed);
    block.exit_status.store(status, Ordering::Relaxed);
    let way_back = block.way_back.swap(0, Ordering::Relaxed);
    if way_back != 0 {
        // SAFETY: `run` has noted it, and is still there.
        unsafe { start::leave(way_back, status) };
    }
    // A thread that somebody else has started ends as those do.
    sys::thread::exit()
}
