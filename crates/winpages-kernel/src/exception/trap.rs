//! What programs are told when the processor stops for another reason than memory.

use super::Context;
use super::instruction::Instruction;
use super::record::ExceptionRecord;
use crate::NtStatus;
use crate::sys::fault::Trap;

/// The bit of the flags that has the processor stop behind each instruction.
const TRAP_FLAG: u32 = 0x100;

/// The record of a trap, given the registers it was met with; which are made what a handler is to see.
pub(super) fn record_of(
    trap: Trap,
    registers: &[i64; 23],
    context: &mut Context,
) -> ExceptionRecord {
    let (status, parameters): (_, &[usize]) = match trap {
        Trap::Divide => (division(registers), &[]),
        Trap::InvalidInstruction => (NtStatus::ILLEGAL_INSTRUCTION, &[]),
        Trap::Protection if Instruction::at_fault(registers).is_privileged() => {
            (NtStatus::PRIVILEGED_INSTRUCTION, &[])
        }
        // Of an address that is none, the processor does not say which.
        Trap::Protection => (NtStatus::ACCESS_VIOLATION, &[0, usize::MAX]),
        Trap::Breakpoint => {
            // The processor is behind it; Windows shows it, and goes on wherever the handler says.
            context.rip = context.rip.wrapping_sub(1);
            (NtStatus::BREAKPOINT, &[0])
        }
        Trap::SingleStep => {
            // A handler that wants the next one too sets the flag again.
            context.e_flags &= !TRAP_FLAG;
            (NtStatus::SINGLE_STEP, &[])
        }
        Trap::Float => (float(context), &[]),
        Trap::VectorFloat => (vector_float(context.mx_csr), &[0, context.mx_csr as usize]),
    };
    ExceptionRecord::new(status.code(), context.rip as usize, parameters)
}

fn division(registers: &[i64; 23]) -> NtStatus {
    match Instruction::at_fault(registers).divisor() {
        Some(divisor) if divisor != 0 => NtStatus::INTEGER_OVERFLOW,
        _ => NtStatus::INTEGER_DIVIDE_BY_ZERO,
    }
}

/// The exceptions of floating-point arithmetic, as both kinds of it number them in their bits.
const FLOAT_EXCEPTIONS: [(u32, NtStatus); 6] = [
    (0x01, NtStatus::FLOAT_INVALID_OPERATION),
    (0x04, NtStatus::FLOAT_DIVIDE_BY_ZERO),
    (0x02, NtStatus::FLOAT_DENORMAL_OPERAND),
    (0x08, NtStatus::FLOAT_OVERFLOW),
    (0x10, NtStatus::FLOAT_UNDERFLOW),
    (0x20, NtStatus::FLOAT_INEXACT_RESULT),
];

fn unmasked(met: u32, masked: u32) -> NtStatus {
    FLOAT_EXCEPTIONS
        .iter()
        .find(|(bit, _)| met & !masked & bit != 0)
        .map_or(NtStatus::FLOAT_INVALID_OPERATION, |(_, status)| *status)
}

fn vector_float(control: u32) -> NtStatus {
    // The masks stand seven bits above what they mask.
    unmasked(control, control >> 7)
}

fn float(context: &Context) -> NtStatus {
    /// Of the status word: the stack of registers has run over, or out.
    const STACK: u32 = 0x40;
    // What FXSAVE writes begins with the control word and the status word.
    let word = |at: usize| {
        u32::from(u16::from_le_bytes([
            context.float_save[at],
            context.float_save[at + 1],
        ]))
    };
    let (masked, met) = (word(0), word(2));
    match unmasked(met, masked) {
        NtStatus::FLOAT_INVALID_OPERATION if met & STACK != 0 => NtStatus::FLOAT_STACK_CHECK,
        status => status,
    }
}
