//! Faults: touching a caller's pointer without dying of it, and passing on what is not ours.
//!
//! Windows probes every pointer that a program hands to a system call and answers
//! STATUS_ACCESS_VIOLATION if it leads nowhere. Asking the kernel about the pointer first would cost
//! more than most calls do, and be out of date by the time of the access. So the access is made, by
//! one routine whose faults a signal handler recognises and turns into an answer.

use core::arch::global_asm;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use super::lock::Lock;

// Copies rdx bytes from rsi to rdi and answers 0; a fault inside it goes on at `…_faulted`, with the
// stack as it was on entry, and answers 1. Hidden symbols: each library has its own.
global_asm!(
    ".pushsection .text.winpages_guarded_copy,\"ax\",@progbits",
    ".hidden winpages_guarded_copy",
    ".globl winpages_guarded_copy",
    ".hidden winpages_guarded_copy_faulted",
    ".globl winpages_guarded_copy_faulted",
    ".type winpages_guarded_copy,@function",
    "winpages_guarded_copy:",
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
    "test rdx, rdx",
    "jz 4f",
    "mov al, [rsi]",
    "mov [rdi], al",
    "inc rsi",
    "inc rdi",
    "dec rdx",
    "jmp 3b",
    "4:",
    "xor eax, eax",
    "ret",
    "winpages_guarded_copy_faulted:",
    "mov eax, 1",
    "ret",
    ".size winpages_guarded_copy, . - winpages_guarded_copy",
    ".popsection",
);

unsafe extern "C" {
    fn winpages_guarded_copy(to: *mut u8, from: *const u8, size: usize) -> usize;
    fn winpages_guarded_copy_faulted();
}

/// A pointer led to memory that may not be used so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Writes a value where a caller wants it, wherever that is.
///
/// # Errors
///
/// [`Fault`] if the pointer cannot be written through. It may be NULL, misaligned, wild or freed;
/// part of the value may have been written.
///
/// # Safety
///
/// Nothing that Rust knows of may live there but what the caller meant to be overwritten.
#[inline]
pub unsafe fn write<T: Copy>(to: *mut T, value: &T) -> Result<(), Fault> {
    ensure_handler();
    let from = core::ptr::from_ref(value).cast();
    // SAFETY: the routine survives wild pointers; what it overwrites the caller answers for.
    match unsafe { winpages_guarded_copy(to.cast(), from, size_of::<T>()) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

/// Reads a value from where a caller says it is.
///
/// # Errors
///
/// [`Fault`] if the pointer cannot be read through. It may be NULL, misaligned, wild or freed.
///
/// # Safety
///
/// Any bytes must make a valid `T`.
#[inline]
pub unsafe fn read<T: Copy>(from: *const T) -> Result<T, Fault> {
    ensure_handler();
    let mut value = MaybeUninit::<T>::uninit();
    let to = value.as_mut_ptr().cast();
    // SAFETY: the routine survives wild pointers, and writes to the local only.
    match unsafe { winpages_guarded_copy(to, from.cast(), size_of::<T>()) } {
        // SAFETY: all bytes have been copied, and the caller vouches that any bytes are a T.
        0 => Ok(unsafe { value.assume_init() }),
        _ => Err(Fault),
    }
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// What SIGSEGV and SIGBUS did before the engine's handler was there.
static PREVIOUS: Lock<[Option<libc::sigaction>; 2]> = Lock::new([None, None]);

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

#[inline]
fn ensure_handler() {
    if !INSTALLED.load(Ordering::Acquire) {
        install();
    }
}

#[cold]
fn install() {
    let mut previous = PREVIOUS.lock();
    if INSTALLED.load(Ordering::Relaxed) {
        return;
    }
    for (index, signal) in SIGNALS.into_iter().enumerate() {
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_fault;
        // SAFETY: zeroes are a valid sigaction: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
        action.sa_sigaction = handler as usize;
        // ONSTACK: stack overflow must reach whoever handles it. NODEFER: a handler further down the
        // chain may leave by longjmp, and faults must still be handled then.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
        // SAFETY: as above.
        let mut old: libc::sigaction = unsafe { core::mem::zeroed() };
        // SAFETY: both are valid sigactions, and the handler is async-signal-safe.
        if unsafe { libc::sigaction(signal, &raw const action, &raw mut old) } == 0 {
            previous[index] = Some(old);
        }
    }
    INSTALLED.store(true, Ordering::Release);
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a ucontext to a SA_SIGINFO handler.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let at = registers[libc::REG_RIP as usize] as usize;
    let copy = winpages_guarded_copy as *const () as usize;
    let faulted = winpages_guarded_copy_faulted as *const () as usize;
    if (copy..faulted).contains(&at) {
        registers[libc::REG_RIP as usize] = faulted as i64;
        return;
    }
    pass_on(signal, info, context);
}

/// Does what would have been done without the engine.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let index = usize::from(signal == libc::SIGBUS);
    let previous = PREVIOUS.lock()[index];
    match previous {
        Some(action)
            if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN =>
        {
            if action.sa_flags & libc::SA_SIGINFO != 0 {
                // SAFETY: with SA_SIGINFO the word is a function of this type.
                let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                    unsafe { core::mem::transmute(action.sa_sigaction) };
                handler(signal, info, context);
            } else {
                // SAFETY: without it, of this one.
                let handler: extern "C" fn(c_int) =
                    unsafe { core::mem::transmute(action.sa_sigaction) };
                handler(signal);
            }
        }
        _ => {
            // SAFETY: zeroes are a sigaction that says SIG_DFL. A fault happens again on return and
            // ends the process as it would have; a signal sent by somebody is sent again.
            unsafe {
                let default: libc::sigaction = core::mem::zeroed();
                libc::sigaction(signal, &raw const default, core::ptr::null_mut());
                if (*info).si_code <= 0 {
                    libc::raise(signal);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_pointers_are_an_answer() {
        let mut value = 1u64;
        // SAFETY: a local, and addresses that nobody can have mapped.
        unsafe {
            assert_eq!(write(&raw mut value, &7), Ok(()));
            assert_eq!(value, 7);
            assert_eq!(write(core::ptr::null_mut::<u64>(), &7), Err(Fault));
            assert_eq!(write(0x10 as *mut u64, &7), Err(Fault));
            assert_eq!(write(0xFFFF_8000_0000_0000 as *mut u64, &7), Err(Fault));
            assert_eq!(read(0x13 as *const u32), Err(Fault));
            assert_eq!(read(&raw const value), Ok(7));
        }
    }

    #[test]
    fn odd_sizes_are_copied_whole() {
        let mut there = [0u8; 13];
        let here = *b"thirteen byte";
        // SAFETY: a local array.
        unsafe { write(&raw mut there, &here).unwrap() };
        assert_eq!(there, here);
    }
}
