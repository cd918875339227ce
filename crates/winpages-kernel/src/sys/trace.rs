//! Tracing other processes.

use core::ffi::c_int;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

const NOTHING: *mut libc::c_void = core::ptr::null_mut();

/// Asks, in a child, that its parent trace it. It stops before the first instruction of the program that
/// it becomes.
///
/// # Safety
///
/// Only in a child that its parent waits for.
pub unsafe fn ask_to_be_traced() -> c_int {
    // SAFETY: changes nothing but who traces the child.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, NOTHING, NOTHING) as c_int }
}

/// Lets a traced child that has just become its program go, but stopped: SIGCONT sets it going.
///
/// # Errors
///
/// `ESRCH` if it has ended meanwhile.
pub fn leave_stopped(process: u32) -> Result<(), Errno> {
    let number = Pid::from_raw(process as i32).ok_or(Errno::SRCH)?;
    loop {
        match rustix::process::waitpid(Some(number), WaitOptions::empty()) {
            Ok(Some((_, status))) if status.stopped() => break,
            Err(Errno::INTR) => {}
            Ok(_) => return Err(Errno::SRCH),
            Err(errno) => return Err(errno),
        }
    }
    // SAFETY: the child is this thread's to trace, and stopped.
    let left = unsafe {
        libc::ptrace(
            libc::PTRACE_DETACH,
            process as libc::pid_t,
            NOTHING,
            libc::SIGSTOP as usize as *mut libc::c_void,
        )
    };
    if left < 0 { Err(Errno::SRCH) } else { Ok(()) }
}
