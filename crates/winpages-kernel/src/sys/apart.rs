//! Doing something apart from the calling thread: in a child that shares this process's memory and descriptors, while
//! the thread waits; or in another thread, for which it waits only so long.
//!
//! What has to come to its end is done in a child: it goes on when this process is killed.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::time::Duration;
use std::sync::mpsc;
use std::thread;

use rustix::io::Errno;

use super::{clock, signals};

const STACK_SIZE: usize = 64 << 10;

/// Starts a child that runs in this process's memory, and waits until it has ended or become another program.
/// Answers its number. Signals are blocked in it, and their handlers are this process's.
///
/// # Errors
///
/// `EAGAIN` or `ENOMEM`.
///
/// # Safety
///
/// `run` gets `argument` in the child. It shares all of this process's memory with threads that go on, and the
/// thread-local storage of the calling thread, which waits. It must not return before it is done with both.
pub(super) unsafe fn run_child(
    run: extern "C" fn(*mut c_void) -> c_int,
    argument: *mut c_void,
    flags: c_int,
    descriptor: *mut c_int,
) -> Result<u32, Errno> {
    let mut stack: Vec<MaybeUninit<u8>> = Vec::with_capacity(STACK_SIZE);
    let top = (stack.spare_capacity_mut().as_mut_ptr_range().end as usize & !15) as *mut c_void;
    let blocked = signals::block_all();
    let flags = flags | libc::CLONE_VM | libc::CLONE_VFORK;
    // SAFETY: the stack and what the child is given outlive the call, because CLONE_VFORK keeps this thread until
    // the child is done with both. Only this thread waits; the caller vouches for what the child does beside the
    // others.
    let number = unsafe { libc::clone(run, top, flags, argument, descriptor) };
    let number = u32::try_from(number).map_err(|_| super::last_errno());
    blocked.restore();
    drop(stack);
    number
}

/// What the child does, and where it puts what came of it.
struct Errand<F, R> {
    task: Option<F>,
    outcome: Option<R>,
}

/// Runs `task` in a child. It may make system calls, and touch what the caller may; what it answers is `None` if
/// the child was killed meanwhile.
///
/// # Errors
///
/// `EAGAIN` or `ENOMEM` if there can be no child.
///
/// # Safety
///
/// `task` must not allocate or wait for a lock: this process may be killed at any moment, and then its threads,
/// which may hold locks, are gone, while the child goes on.
pub unsafe fn in_child<R>(task: impl FnOnce() -> R) -> Result<Option<R>, Errno> {
    extern "C" fn run<F: FnOnce() -> R, R>(errand: *mut c_void) -> c_int {
        // Signals to this process's group are not meant for the child.
        // SAFETY: of the child's own.
        unsafe { libc::setpgid(0, 0) };
        // SAFETY: what was passed below; the thread that passed it waits.
        let errand = unsafe { &mut *errand.cast::<Errand<F, R>>() };
        errand.outcome = errand.task.take().map(|task| task());
        // Not `exit`: what is to run at exit is the parent's.
        // SAFETY: ends the child alone.
        unsafe { libc::_exit(0) }
    }

    fn runner<F: FnOnce() -> R, R>(_: &Errand<F, R>) -> extern "C" fn(*mut c_void) -> c_int {
        run::<F, R>
    }

    let mut errand = Errand {
        task: Some(task),
        outcome: None,
    };
    let run = runner(&errand);
    // SAFETY: the errand outlives the child, or at least its use of it; the caller vouches for the task. Without a
    // signal for its end nobody but who asks for it by number is told of the child.
    let number = unsafe {
        run_child(
            run,
            (&raw mut errand).cast(),
            libc::CLONE_FILES,
            core::ptr::null_mut(),
        )
    }?;
    // SAFETY: takes note of the child's end, and writes nothing.
    while unsafe { libc::waitpid(number as c_int, core::ptr::null_mut(), libc::__WALL) } < 0
        && super::last_errno() == Errno::INTR
    {}
    Ok(errand.outcome)
}

/// Has `work` done in a thread of its own, without signals, and waits until `until`, a time of the monotonic clock, for
/// what it answers: `None` if that takes longer, or comes to nothing. The thread then goes on, for as long as it takes.
///
/// # Errors
///
/// `EAGAIN` if there can be no thread.
pub fn within<R: Send + 'static>(
    until: Duration,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<Option<R>, Errno> {
    let (answer, answered) = mpsc::sync_channel(1);
    let blocked = signals::block_all();
    let started = thread::Builder::new()
        .stack_size(4 * STACK_SIZE)
        .spawn(move || answer.send(work()));
    blocked.restore();
    let started = started.map_err(|_| Errno::AGAIN)?;
    let left = until.saturating_sub(clock::monotonic());
    let Ok(result) = answered.recv_timeout(left) else {
        return Ok(None);
    };
    // Nothing of it is left when it has answered in time.
    let _ = started.join();
    Ok(Some(result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_answers() {
        let own = std::process::id();
        let mut seen = 0;
        // SAFETY: asks the kernel and writes a local.
        let child = unsafe {
            in_child(|| {
                seen = 7;
                super::super::process::own_number()
            })
        };
        assert_eq!(seen, 7);
        assert!(child.unwrap().is_some_and(|number| number != own));
    }

    #[test]
    fn a_thread_is_waited_for_until_it_answers_or_time_is_over() {
        assert_eq!(within(Duration::MAX, || 7), Ok(Some(7)));
        let (go_on, told) = mpsc::channel::<()>();
        let (said, heard) = mpsc::channel();
        let work = move || {
            let _ = told.recv();
            said.send(7)
        };
        let soon = clock::monotonic() + Duration::from_millis(10);
        assert_eq!(within(soon, work), Ok(None));
        go_on.send(()).unwrap();
        assert_eq!(heard.recv(), Ok(7));
    }

    #[test]
    fn a_child_that_is_killed_answers_nothing() {
        // SAFETY: ends the child alone.
        let killed = unsafe { in_child(|| libc::kill(libc::getpid(), libc::SIGKILL)) };
        assert_eq!(killed, Ok(None));
    }
}
