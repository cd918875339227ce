//! Why there is a signal, from what the kernel tells of it.

use core::ffi::c_int;

/// The `si_code` of signals that [`super::raise`] sends; the kernel lets a process send itself any
/// negative one.
pub(super) const RAISED: c_int = -0x5750;

/// Why there is a [`super::Signal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The processor could not do what an instruction asked for.
    Access {
        /// The byte that could not be used.
        address: usize,
        /// How it was to be used.
        attempt: Attempt,
        /// Whether the page is mapped but has nothing behind it: its file is too short, or its file
        /// system full.
        is_in_page: bool,
    },
    /// The thread's stack cannot grow to where an instruction would use it.
    StackOverflow {
        /// The byte that could not be used.
        address: usize,
        /// How it was to be used.
        attempt: Attempt,
    },
    /// The processor does not do what an instruction asks for, or has done it and stops there.
    Trap(Trap),
    /// [`super::raise`] was called with this word.
    Raised(usize),
}

/// What an instruction tried to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Read.
    Read,
    /// Write.
    Write,
    /// Run code there.
    Execute,
}

/// What the processor stopped at other than memory that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A division by zero, or one whose quotient is too large.
    Divide,
    /// One instruction has been done, as the trap flag asked for, or a debug register is hit.
    SingleStep,
    /// The instruction for breakpoints has been done.
    Breakpoint,
    /// There is no such instruction.
    InvalidInstruction,
    /// An instruction that is not for programs, or an address that is none.
    Protection,
    /// A floating-point instruction of the kind that came first, x87.
    Float,
    /// One of the kind that came later, SSE.
    VectorFloat,
}

/// The reason for a signal, unless somebody has just sent it.
pub(super) fn cause_of(
    number: c_int,
    info: &libc::siginfo_t,
    context: &libc::ucontext_t,
) -> Option<Cause> {
    if info.si_code == RAISED && number == libc::SIGSEGV {
        // SAFETY: a queued signal has these fields.
        let (process, word) = unsafe { (info.si_pid(), info.si_value().sival_ptr as usize) };
        let is_own = process == rustix::process::getpid().as_raw_nonzero().get();
        return is_own.then_some(Cause::Raised(word));
    }
    if info.si_code <= 0 {
        // Sent by somebody with kill.
        return None;
    }
    /// The processor's numbers of the exceptions.
    const DIVIDE: i64 = 0;
    const DEBUG: i64 = 1;
    const BREAKPOINT: i64 = 3;
    const OPCODE: i64 = 6;
    const PROTECTION: i64 = 13;
    const FLOAT: i64 = 16;
    const VECTOR_FLOAT: i64 = 19;
    let registers = &context.uc_mcontext.gregs;
    let exception = registers[libc::REG_TRAPNO as usize];
    match number {
        libc::SIGFPE => match exception {
            DIVIDE => Some(Cause::Trap(Trap::Divide)),
            FLOAT => Some(Cause::Trap(Trap::Float)),
            VECTOR_FLOAT => Some(Cause::Trap(Trap::VectorFloat)),
            _ => None,
        },
        libc::SIGILL => (exception == OPCODE).then_some(Cause::Trap(Trap::InvalidInstruction)),
        libc::SIGTRAP => match exception {
            DEBUG => Some(Cause::Trap(Trap::SingleStep)),
            BREAKPOINT => Some(Cause::Trap(Trap::Breakpoint)),
            _ => None,
        },
        libc::SIGSEGV if exception == PROTECTION => Some(Cause::Trap(Trap::Protection)),
        _ => {
            /// Bits of the processor's page-fault error code.
            const WRITE: i64 = 2;
            const INSTRUCTION: i64 = 16;
            let error = registers[libc::REG_ERR as usize];
            let attempt = if error & INSTRUCTION != 0 {
                Attempt::Execute
            } else if error & WRITE != 0 {
                Attempt::Write
            } else {
                Attempt::Read
            };
            // SAFETY: a fault has an address.
            let address = unsafe { info.si_addr() } as usize;
            Some(Cause::Access {
                address,
                attempt,
                is_in_page: number == libc::SIGBUS,
            })
        }
    }
}
