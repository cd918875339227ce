//! Exceptions: faults, and what programs raise themselves.

mod handler;

use core::marker::PhantomData;

use crate::platform::{self, RawException, RawRecord};

pub use handler::{Disposition, ExceptionHandler};

/// The codes of exceptions that the system raises: STATUS_ constants.
pub mod exception_code {
    /// STATUS_GUARD_PAGE_VIOLATION: a guard page was touched; it is a plain page from now on.
    pub const GUARD_PAGE_VIOLATION: u32 = 0x8000_0001;
    /// STATUS_ACCESS_VIOLATION: memory was touched that may not be used so.
    pub const ACCESS_VIOLATION: u32 = 0xC000_0005;
    /// STATUS_IN_PAGE_ERROR: a page could not be read from the file behind it.
    pub const IN_PAGE_ERROR: u32 = 0xC000_0006;
}

/// What was to be done with memory when a fault occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// Reading it.
    Read,
    /// Writing it.
    Write,
    /// Running code in it.
    Execute,
}

/// What an exception is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExceptionKind {
    /// Memory was touched that is not there, or may not be used so.
    AccessViolation {
        /// What was to be done.
        attempt: Attempt,
        /// With which byte.
        address: usize,
    },
    /// A guard page was touched. It is a plain page from now on: going on repeats the access.
    GuardPage {
        /// What was to be done.
        attempt: Attempt,
        /// With which byte.
        address: usize,
    },
    /// A page could not be read from the file behind it.
    InPageError {
        /// What was to be done.
        attempt: Attempt,
        /// With which byte.
        address: usize,
        /// The NTSTATUS that says why.
        status: u32,
    },
    /// Another, such as one that a program raised.
    Other,
}

/// An exception, as an [`ExceptionHandler`] is told of it: EXCEPTION_POINTERS.
pub struct Exception<'a> {
    pointers: *mut RawException,
    lifetime: PhantomData<&'a mut RawException>,
}

impl Exception<'_> {
    fn record(&self) -> &RawRecord {
        // SAFETY: the system's pointers are good until the handler returns, and nobody else has them.
        unsafe { &*(*self.pointers).record }
    }

    /// The code: one of [`exception_code`], another NTSTATUS, or what a program raised.
    pub fn code(&self) -> u32 {
        self.record().code
    }

    /// What it is about.
    pub fn kind(&self) -> ExceptionKind {
        let parameters = self.parameters();
        let (Some(attempt), Some(&address)) = (parameters.first(), parameters.get(1)) else {
            return ExceptionKind::Other;
        };
        let attempt = match attempt {
            0 => Attempt::Read,
            1 => Attempt::Write,
            _ => Attempt::Execute,
        };
        match self.code() {
            exception_code::ACCESS_VIOLATION => ExceptionKind::AccessViolation { attempt, address },
            exception_code::GUARD_PAGE_VIOLATION => ExceptionKind::GuardPage { attempt, address },
            exception_code::IN_PAGE_ERROR => ExceptionKind::InPageError {
                attempt,
                address,
                status: parameters.get(2).map_or(0, |status| *status as u32),
            },
            _ => ExceptionKind::Other,
        }
    }

    /// The address of the instruction it occurred at.
    pub fn instruction(&self) -> usize {
        self.record().address
    }

    /// What was told with it: for faults as [`Exception::kind`] has it, else what was raised.
    pub fn parameters(&self) -> &[usize] {
        let record = self.record();
        let count = (record.parameter_count as usize).min(record.parameters.len());
        &record.parameters[..count]
    }

    /// Whether the thread may go on.
    pub fn is_continuable(&self) -> bool {
        const NONCONTINUABLE: u32 = 1;
        self.record().flags & NONCONTINUABLE == 0
    }

    /// The thread's registers: CONTEXT.
    pub fn registers(&self) -> Registers {
        // SAFETY: as in `record`.
        let context = unsafe { &*(*self.pointers).context };
        let [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, rest @ ..] = context.general;
        let [r8, r9, r10, r11, r12, r13, r14, r15] = rest;
        Registers {
            rax,
            rcx,
            rdx,
            rbx,
            rsp,
            rbp,
            rsi,
            rdi,
            r8,
            r9,
            r10,
            r11,
            r12,
            r13,
            r14,
            r15,
            rip: context.rip,
            flags: context.e_flags,
        }
    }

    /// Changes the registers that the thread goes on with, if a handler answers
    /// [`Disposition::Continue`].
    ///
    /// # Safety
    ///
    /// The thread must be able to go on like that: at an instruction, with a stack, and with registers
    /// that the code there expects.
    pub unsafe fn set_registers(&mut self, registers: &Registers) {
        // SAFETY: as in `record`.
        let context = unsafe { &mut *(*self.pointers).context };
        context.general = [
            registers.rax,
            registers.rcx,
            registers.rdx,
            registers.rbx,
            registers.rsp,
            registers.rbp,
            registers.rsi,
            registers.rdi,
            registers.r8,
            registers.r9,
            registers.r10,
            registers.r11,
            registers.r12,
            registers.r13,
            registers.r14,
            registers.r15,
        ];
        context.rip = registers.rip;
        context.e_flags = registers.flags;
    }
}

impl core::fmt::Debug for Exception<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Exception")
            .field("code", &format_args!("{:#x}", self.code()))
            .field("kind", &self.kind())
            .field("instruction", &format_args!("{:#x}", self.instruction()))
            .finish_non_exhaustive()
    }
}

/// The general registers of an x86-64 thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "they are called what they are called")]
pub struct Registers {
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rbx: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub flags: u32,
}

/// Raises an exception in this thread: handlers are asked, and if one answers
/// [`Disposition::Continue`], the call returns. If none does, the process ends. Mirrors RaiseException;
/// of the parameters, 15 count.
///
/// # Safety
///
/// No caller up the stack catches it in a way that leaves Rust's frames without unwinding them, as
/// `__except` in C does.
pub unsafe fn raise_exception(code: u32, parameters: &[usize]) {
    const MOST: usize = 15;
    let parameters = &parameters[..parameters.len().min(MOST)];
    // SAFETY: the caller's.
    unsafe { platform::raise(code, 0, parameters) };
}
