//! A thread's beginning, and the way back to it.
//!
//! ExitThread ends a thread from inside any number of calls, and runs no destructor of theirs. So it
//! goes back to where the thread began, as `longjmp` does, and the thread ends as if its function had
//! returned.

use core::arch::naked_asm;

/// What a thread runs: LPTHREAD_START_ROUTINE.
pub type StartRoutine = unsafe extern "C-unwind" fn(usize) -> u32;

/// Calls `routine` with `parameter`, after it has noted the way back in `way_back`; answers what the
/// routine returns, or what [`leave`] is called with.
///
/// # Safety
///
/// The routine is such a function, and `way_back` can be written.
#[unsafe(naked)]
pub(super) unsafe extern "C-unwind" fn call(
    routine: StartRoutine,
    parameter: usize,
    way_back: *mut usize,
) -> u32 {
    naked_asm!(
        // Whoever unwinds the stack, a debugger for one, finds his way.
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push r15",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r15, 0",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "pop r15",
        ".cfi_adjust_cfa_offset -8",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
    )
}

/// Goes back: [`call`] answers `status`.
///
/// # Safety
///
/// `way_back` is what `call` noted in this thread, and it has not returned.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave(way_back: usize, status: u32) -> ! {
    naked_asm!(
        "mov rsp, rdi",
        "mov eax, esi",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C-unwind" fn returns(parameter: usize) -> u32 {
        parameter as u32 + 1
    }

    unsafe extern "C-unwind" fn leaves(parameter: usize) -> u32 {
        // SAFETY: the test passes the address of its local, in which the way back is noted.
        unsafe { leave(*(parameter as *const usize), 7) }
    }

    #[test]
    fn a_thread_comes_back_either_way() {
        let mut way_back = 0usize;
        let place = &raw mut way_back;
        // SAFETY: the functions above, and a local.
        unsafe {
            assert_eq!(call(returns, 4, place), 5);
            assert_eq!(call(leaves, place as usize, place), 7);
        }
    }
}
