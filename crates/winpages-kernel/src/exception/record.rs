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
    /// A record that execution can go on after.
    pub(super) fn new(code: u32, instruction: usize, parameters: &[usize]) -> Self {
        let mut record = Self {
            code,
            flags: 0,
            chained: core::ptr::null_mut(),
            address: instruction,
            parameter_count: 0,
            parameters: [0; MAXIMUM_PARAMETERS],
        };
        for (to, from) in record.parameters.iter_mut().zip(parameters) {
            *to = *from;
            record.parameter_count += 1;
        }
        record
    }

    /// The record of a fault.
    pub(super) fn of_fault(
        status: NtStatus,
        instruction: usize,
        attempt: Attempt,
        address: usize,
    ) -> Self {
        let how = match attempt {
            Attempt::Read => 0,
            Attempt::Write => 1,
            Attempt::Execute => 8,
        };
        let parameters = [how, address, NtStatus::END_OF_FILE.code() as usize];
        let count = if status == NtStatus::IN_PAGE_ERROR {
            3
        } else {
            2
        };
        Self::new(status.code(), instruction, &parameters[..count])
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
