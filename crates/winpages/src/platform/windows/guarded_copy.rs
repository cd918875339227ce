//! Windows: copying from and to memory that may not be usable.
//!
//! The copy is made by one routine, whose faults a vectored exception handler recognises and turns
//! into an answer. (ReadProcessMemory on the own process answers as well, but takes a system call, and
//! Wine 8.0 reads with it what no protection allows.)

use core::arch::global_asm;
use std::sync::Once;

use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_POINTERS,
};
use winpages_error::error_code::ERROR_NOACCESS;

use super::super::Code;

// Copies rdx bytes from rsi to rdi and answers 0; a fault inside it goes on at `…_faulted`, with the
// stack as it was on entry, and answers 1.
global_asm!(
    ".globl winpages_guarded_copy",
    ".globl winpages_guarded_copy_faulted",
    "winpages_guarded_copy:",
    // From here on the processor's own copying is faster than a loop of words.
    "cmp rdx, 512",
    "jae 3f",
    "mov rcx, rdx",
    "shr rcx, 3",
    "and edx, 7",
    "2:",
    "test rcx, rcx",
    "jz 3f",
    "mov rax, [rsi]",
    "mov [rdi], rax",
    "add rsi, 8",
    "add rdi, 8",
    "dec rcx",
    "jmp 2b",
    "3:",
    "mov rcx, rdx",
    "rep movsb",
    "xor eax, eax",
    "ret",
    "winpages_guarded_copy_faulted:",
    "mov eax, 1",
    "ret",
);

unsafe extern "sysv64" {
    fn winpages_guarded_copy(to: *mut u8, from: *const u8, size: usize) -> usize;
    fn winpages_guarded_copy_faulted();
}

/// EXCEPTION_CONTINUE_EXECUTION and EXCEPTION_CONTINUE_SEARCH
const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;

unsafe extern "system" fn on_exception(exception: *mut EXCEPTION_POINTERS) -> i32 {
    let copy = winpages_guarded_copy as *const () as u64;
    let faulted = winpages_guarded_copy_faulted as *const () as u64;
    // SAFETY: the system passes pointers that are good until the handler returns.
    let context = unsafe { &mut *(*exception).ContextRecord };
    if (copy..faulted).contains(&context.Rip) {
        context.Rip = faulted;
        CONTINUE_EXECUTION
    } else {
        CONTINUE_SEARCH
    }
}

/// # Safety
///
/// What is written from `to` on must be the caller's to write.
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, size: usize) -> Result<(), Code> {
    static HANDLER: Once = Once::new();
    // First in the row: nobody else needs to hear of what is answered here.
    // SAFETY: the handler has the type asked for and lives as long as the program.
    HANDLER.call_once(|| unsafe {
        AddVectoredExceptionHandler(1, Some(on_exception));
    });
    // SAFETY: the routine survives wild pointers; what it overwrites the caller answers for.
    match unsafe { winpages_guarded_copy(to, from, size) } {
        0 => Ok(()),
        _ => Err(ERROR_NOACCESS),
    }
}
