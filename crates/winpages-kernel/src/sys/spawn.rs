//! Starting another program in a process of its own.
//!
//! Not by `fork`: its child would have a copy of every lock and of every mapping, and what `fork` makes
//! shared between parent and child would have to be told from what is not. The child here runs in this
//! process's memory, while the thread that starts it waits, until the program takes its place. It makes
//! system calls and nothing else.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;

use rustix::fd::{FromRawFd, OwnedFd, RawFd};
use rustix::io::Errno;

/// What is started, and with what.
#[derive(Debug)]
pub struct Program<'a> {
    /// Its file.
    pub path: &'a CStr,
    /// Its arguments, each ending in NUL, the first by custom its name.
    pub arguments: &'a [&'a CStr],
    /// Its environment, `NAME=VALUE` each.
    pub environment: &'a [&'a CStr],
    /// Its current directory; `None` for this process's.
    pub directory: Option<&'a CStr>,
    /// What it has for standard input, output and error; `None` for this process's. Numbers above 2.
    pub standard: [Option<RawFd>; 3],
    /// Other descriptors that it has, under the same numbers.
    pub inherited: &'a [RawFd],
    /// Where the child's number is put before the program starts.
    pub number: Option<*mut u32>,
    /// Whether it shall stand still before its first instruction.
    pub suspended: bool,
    /// How willing it is to let others run, if it may be that; `None` for as willing as the calling thread.
    pub niceness: Option<i32>,
    /// Whether it shall be the first of a process group of its own, which the terminal's keys do not reach.
    pub new_group: bool,
}

/// A started process.
#[derive(Debug)]
pub struct Started {
    /// Its number.
    pub number: u32,
    /// The descriptor that stays its own.
    pub descriptor: OwnedFd,
}

/// What the child is given. It lies in this process's memory, which is the child's until the program
/// takes its place.
struct Child<'a> {
    program: &'a Program<'a>,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    /// The errno of what failed; 0 as long as nothing has.
    failure: i32,
}

/// Starts a program.
///
/// # Errors
///
/// What starting it answers: `ENOENT`, `EACCES`, `ENOEXEC` for the program, `ENOENT` or `ENOTDIR` for the
/// directory, `EAGAIN` or `ENOMEM` for the process.
pub fn spawn(program: &Program<'_>) -> Result<Started, Errno> {
    let pointers = |strings: &[&CStr]| {
        let strings = strings.iter().map(|string| string.as_ptr());
        strings.chain([core::ptr::null()]).collect()
    };
    let mut child = Child {
        program,
        arguments: pointers(program.arguments),
        environment: pointers(program.environment),
        failure: 0,
    };
    let mut descriptor: c_int = -1;
    // SAFETY: what the child is given outlives the call, which answers when the child is done with it. It makes
    // system calls on what only it was given, and signals stay blocked in it until their handlers are gone.
    let number = unsafe {
        super::apart::run_child(
            run,
            (&raw mut child).cast(),
            libc::CLONE_PIDFD | libc::SIGCHLD,
            &raw mut descriptor,
        )
    }?;
    // SAFETY: CLONE_PIDFD has put a new descriptor there, and nobody else has it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
    if child.failure != 0 {
        super::process::reap_waiting(&descriptor);
        return Err(Errno::from_raw_os_error(child.failure));
    }
    let started = Started { number, descriptor };
    if program.suspended {
        super::trace::leave_stopped(started.number)?;
    }
    Ok(started)
}

/// The child's whole life before the program.
extern "C" fn run(child: *mut c_void) -> c_int {
    // SAFETY: what `spawn` passed, which waits.
    let child = unsafe { &mut *child.cast::<Child<'_>>() };
    child.failure = become_program(child);
    // Not `exit`: what is to run at exit is the parent's.
    // SAFETY: ends the child alone.
    unsafe { libc::_exit(127) }
}

/// Answers only if it fails: the errno.
fn become_program(child: &Child<'_>) -> i32 {
    let program = child.program;
    // SAFETY: system calls on this process's own numbers and strings; no allocation, no lock.
    unsafe {
        let failed = |result: c_int| result < 0;
        let errno = || *libc::__errno_location();
        for (number, given) in program.standard.iter().enumerate() {
            if let Some(given) = given
                && failed(libc::dup2(*given, number as c_int))
            {
                return errno();
            }
        }
        for number in program.inherited {
            if failed(libc::fcntl(*number, libc::F_SETFD, 0)) {
                return errno();
            }
        }
        if let Some(directory) = program.directory
            && failed(libc::chdir(directory.as_ptr()))
        {
            return errno();
        }
        if program.new_group {
            libc::setpgid(0, 0);
        }
        if let Some(niceness) = program.niceness {
            // Who may not be so important starts with less, on Windows too.
            libc::setpriority(libc::PRIO_PROCESS, 0, niceness);
        }
        if let Some(place) = program.number {
            place.write_volatile(libc::getpid() as u32);
        }
        // Handlers go when the program takes this one's place; until then none may run.
        reset_handlers();
        if program.suspended && failed(super::trace::ask_to_be_traced()) {
            return errno();
        }
        let mut none = MaybeUninit::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), core::ptr::null_mut());
        libc::execve(
            program.path.as_ptr(),
            child.arguments.as_ptr(),
            child.environment.as_ptr(),
        );
        errno()
    }
}

/// Gives every signal that has a handler its default, as the start of a program would.
///
/// # Safety
///
/// Only in the child, whose handlers are its own.
unsafe fn reset_handlers() {
    const LAST: c_int = 64;
    for signal in 1..=LAST {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: reads and writes one action; numbers that there are not are refused.
        unsafe {
            if libc::sigaction(signal, core::ptr::null(), action.as_mut_ptr()) != 0 {
                continue;
            }
            let handler = action.assume_init_ref().sa_sigaction;
            if handler != libc::SIG_DFL && handler != libc::SIG_IGN {
                let default = MaybeUninit::<libc::sigaction>::zeroed();
                libc::sigaction(signal, default.as_ptr(), core::ptr::null_mut());
            }
        }
    }
}
