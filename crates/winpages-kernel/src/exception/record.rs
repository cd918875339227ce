//! What is told of an exception.

use super::Context;
use crate::NtStatus;
use crate::sys::fault::Attempt;

/// EXCEPTION_MAXIMUM_PARAMETERS
pub const MAXIMUM_PARAMETERS: usize = 15;

/// EXCEPTION_NONCONTINUABLE: execution cannot go on.
pub const NONCONTINUABLE: u32 = 1;

/// EXCEPTION_RECORD, as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ExceptionRecord {
    /// The NTSTATUS of the fault, or what RaiseException was given.
    pub code: u32,
    /// EXCEPTION_NONCONTINUABLE or 0.
    pub flags: u32,
    /// The exception that this one happened in, or NULL.
    pub chained: *mut ExceptionRecord,
    /// The instruction.
    pub address: usize,
    /// How many parameters there are.
    pub parameter_count: u32,
    /// For faults: how memory was to be used (0 read, 1 write, 8 execute), its address, and for
    /// in-page errors the status of the file.
    pub parameters: [usize; MAXIMUM_PARAMETERS],
}

impl ExceptionRecord {
    /// The record of a fault.
    pub(super) fn of_fault(
        status: NtStatus,
        instruction: usize,
        attempt: Attempt,
        address: usize,
    ) -> Self {
        let mut parameters = [0; MAXIMUM_PARAMETERS];
        parameters[0] = match attempt {
            Attempt::Read => 0,
            Attempt::Write => 1,
            Attempt::Execute => 8,
        };
        parameters[1] = address;
        let mut parameter_count = 2;
        if status == NtStatus::IN_PAGE_ERROR {
            parameters[2] = NtStatus::END_OF_FILE.code() as usize;
            parameter_count = 3;
        }
        Self {
            code: status.code(),
            flags: 0,
            chained: core::ptr::null_mut(),
            address: instruction,
            parameter_count,
            parameters,
        }
    }
}

/// EXCEPTION_POINTERS, as C programs lay it out.
#[repr(C)]
#[derive(Debug)]
pub struct ExceptionPointers {
    /// What happened.
    pub record: *mut ExceptionRecord,
    /// The thread's registers; what a handler changes here the thread goes on with.
    pub context: *mut Context,
}

const _: () = assert!(size_of::<ExceptionRecord>() == 152);
