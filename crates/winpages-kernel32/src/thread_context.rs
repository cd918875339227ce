//! A thread's registers.

use winpages_kernel::NtStatus;
use winpages_kernel::exception::Context;
use winpages_kernel::object::AccessMask;

use crate::last_error;
use crate::nt::argument::{read, read_writable, status, write};
use crate::thread::reference;

/// CONTEXT_CONTROL and its like, without CONTEXT_AMD64.
const CONTROL: u32 = 1;
const INTEGER: u32 = 2;
const SEGMENTS: u32 = 4;
const FLOATING_POINT: u32 = 8;

/// Copies those registers that the flags name.
fn copy(to: &mut Context, from: &Context, flags: u32) {
    if flags & CONTROL != 0 {
        (to.rip, to.rsp, to.e_flags) = (from.rip, from.rsp, from.e_flags);
        (to.seg_cs, to.seg_ss) = (from.seg_cs, from.seg_ss);
    }
    if flags & INTEGER != 0 {
        (to.rax, to.rcx, to.rdx, to.rbx) = (from.rax, from.rcx, from.rdx, from.rbx);
        (to.rbp, to.rsi, to.rdi) = (from.rbp, from.rsi, from.rdi);
        (to.r8, to.r9, to.r10, to.r11) = (from.r8, from.r9, from.r10, from.r11);
        (to.r12, to.r13, to.r14, to.r15) = (from.r12, from.r13, from.r14, from.r15);
    }
    if flags & SEGMENTS != 0 {
        (to.seg_ds, to.seg_es, to.seg_fs, to.seg_gs) =
            (from.seg_ds, from.seg_es, from.seg_fs, from.seg_gs);
    }
    if flags & FLOATING_POINT != 0 {
        to.float_save = from.float_save;
        to.mx_csr = from.mx_csr;
    }
}

/// # Safety
///
/// As [`GetThreadContext`].
unsafe fn get(handle: usize, context: *mut Context) -> Result<(), NtStatus> {
    // SAFETY: passed on; any bytes are registers.
    let mut answer = unsafe { read_writable(context)? };
    let thread = reference(handle, AccessMask::THREAD_GET_CONTEXT)?;
    let flags = answer.context_flags;
    copy(&mut answer, &thread.context()?, flags);
    // SAFETY: passed on.
    unsafe { write(context, answer) }
}

/// # Safety
///
/// As [`SetThreadContext`].
unsafe fn set(handle: usize, context: *const Context) -> Result<(), NtStatus> {
    // SAFETY: passed on; any bytes are registers.
    let given = unsafe { read(context)? };
    let thread = reference(handle, AccessMask::THREAD_SET_CONTEXT)?;
    thread.change_context(|context| {
        // The segments are the kernel's.
        copy(context, &given, given.context_flags & !SEGMENTS);
    })
}

/// GetThreadContext: of a thread that is suspended, or is for the time. The debug registers and the
/// vector registers beyond XMM15 are not told.
///
/// # Safety
///
/// `lpContext` must be a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadContext(hThread: usize, lpContext: *mut Context) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { get(hThread, lpContext) })
}

/// SetThreadContext: the thread goes on with these registers. The calling thread's own cannot be set so.
///
/// # Safety
///
/// The registers must be such that the thread can go on with them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadContext(hThread: usize, lpContext: *const Context) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { set(hThread, lpContext) })
}

/// NtGetContextThread: [`GetThreadContext`], by ntdll's name.
///
/// # Safety
///
/// As [`GetThreadContext`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtGetContextThread(
    ThreadHandle: usize,
    ThreadContext: *mut Context,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe { get(ThreadHandle, ThreadContext) })
}

/// NtSetContextThread: [`SetThreadContext`], by ntdll's name.
///
/// # Safety
///
/// As [`SetThreadContext`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetContextThread(
    ThreadHandle: usize,
    ThreadContext: *const Context,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe { set(ThreadHandle, ThreadContext) })
}
