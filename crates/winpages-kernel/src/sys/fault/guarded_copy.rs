//! Copying between memory that may not be usable, and answering whether it was.
//!
//! Windows probes every pointer that a program hands to a system call and answers
//! STATUS_ACCESS_VIOLATION if it leads nowhere. Asking the kernel about the pointer first would cost
//! more than most calls do, and be out of date by the time of the access. So the access is made, by
//! one routine whose faults the signal handler recognises and turns into an answer.

use core::arch::{asm, global_asm};
use core::mem::MaybeUninit;

use super::ensure_handler;

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
    // From here on the processor's own copying is faster than a loop of words.
    "cmp rdx, 512",
    "jb 5f",
    "mov rcx, rdx",
    "rep movsb",
    "xor eax, eax",
    "ret",
    "5:",
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
    // A DWORD is what most callers want written.
    "3:",
    "test edx, 4",
    "jz 6f",
    "mov eax, [rsi]",
    "mov [rdi], eax",
    "add rsi, 4",
    "add rdi, 4",
    "sub edx, 4",
    "6:",
    "test rdx, rdx",
    "jz 4f",
    "mov al, [rsi]",
    "mov [rdi], al",
    "inc rsi",
    "inc rdi",
    "dec rdx",
    "jmp 6b",
    "4:",
    "xor eax, eax",
    "ret",
    // Writes the byte at rdi without changing it, whoever else may be writing it; answers 0, or 1.
    ".hidden winpages_guarded_touch",
    ".globl winpages_guarded_touch",
    "winpages_guarded_touch:",
    "lock or byte ptr [rdi], 0",
    "xor eax, eax",
    "ret",
    // Answers the two words at rdi in rax and rdx; a fault leaves 0 in rdx.
    ".hidden winpages_guarded_load",
    ".globl winpages_guarded_load",
    "winpages_guarded_load:",
    "xor edx, edx",
    "mov rax, [rdi]",
    "mov rdx, [rdi + 8]",
    "ret",
    // Writes six words to rdi; answers 0, or 1.
    ".hidden winpages_guarded_store",
    ".globl winpages_guarded_store",
    "winpages_guarded_store:",
    "mov [rdi], rax",
    "mov [rdi + 8], rcx",
    "mov [rdi + 16], rdx",
    "mov [rdi + 24], rsi",
    "mov [rdi + 32], r8",
    "mov [rdi + 40], r9",
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
    fn winpages_guarded_touch(at: *mut u8) -> usize;
    fn winpages_guarded_load();
    fn winpages_guarded_store();
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

/// Writes six words where a caller wants them, out of registers: a value that was just put together in
/// memory can be read back only once all of it is there, which [`write()`] has to wait for.
///
/// # Errors
///
/// As [`write()`].
///
/// # Safety
///
/// As [`write()`].
#[inline(always)]
pub unsafe fn write_words(to: *mut [u64; 6], words: [u64; 6]) -> Result<(), Fault> {
    ensure_handler();
    let faulted: u64;
    // SAFETY: the routine survives wild pointers, and changes no other register; what it overwrites the
    // caller answers for.
    unsafe {
        asm!(
            "call {routine}",
            routine = sym winpages_guarded_store,
            in("rdi") to,
            inlateout("rax") words[0] => faulted,
            in("rcx") words[1],
            in("rdx") words[2],
            in("rsi") words[3],
            in("r8") words[4],
            in("r9") words[5],
        );
    }
    if faulted == 0 { Ok(()) } else { Err(Fault) }
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

/// Writes to a byte and leaves it as it is, whoever else may be writing to it: to find out whether it
/// can be written.
///
/// # Errors
///
/// [`Fault`] if it cannot.
#[allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "any pointer will do, and nothing is changed"
)]
pub fn touch_for_write(address: usize) -> Result<(), Fault> {
    ensure_handler();
    // SAFETY: the routine survives wild pointers, and changes nothing.
    match unsafe { winpages_guarded_touch(address as *mut u8) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

/// The two words at an address, read one after the other; the second is 0 where they cannot be read.
/// For words that are checked anyway, and much cheaper than [`read`]; somebody must have called
/// [`ensure_handler`].
#[inline(always)]
pub fn read_pair(from: *const [u64; 2]) -> [u64; 2] {
    let (first, second);
    // SAFETY: the routine survives wild pointers, writes nothing, and changes no other register. An
    // ordinary call would save all those that a function may change.
    unsafe {
        asm!(
            "call {routine}",
            routine = sym winpages_guarded_load,
            in("rdi") from,
            out("rax") first,
            out("rdx") second,
            options(readonly),
        );
    }
    [first, second]
}

/// Copies bytes between memory of the program's own and memory that may not be usable, or that others
/// change meanwhile: no reference to either is made.
///
/// # Errors
///
/// [`Fault`] if either cannot be used so; part of the bytes may have been copied.
///
/// # Safety
///
/// Whatever may be written from `to` on must be memory that the caller may change.
#[inline]
pub unsafe fn copy(to: *mut u8, from: *const u8, size: usize) -> Result<(), Fault> {
    ensure_handler();
    // SAFETY: the routine survives wild pointers; what it overwrites the caller answers for.
    match unsafe { winpages_guarded_copy(to, from, size) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

/// Where the routine goes on after a fault of the instruction at an address, if that is its own.
pub(super) fn continuation(instruction: usize) -> Option<usize> {
    let copy = winpages_guarded_copy as *const () as usize;
    let faulted = winpages_guarded_copy_faulted as *const () as usize;
    (copy..faulted).contains(&instruction).then_some(faulted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_pointers_are_an_answer() {
        static PAIR: [u64; 2] = [5, 6];
        let mut value = 1u64;
        // SAFETY: a local, and addresses that nobody can have mapped.
        unsafe {
            assert_eq!(write(&raw mut value, &7), Ok(()));
            assert_eq!(value, 7);
            assert_eq!(write(core::ptr::null_mut::<u64>(), &7), Err(Fault));
            assert_eq!(write(0x10 as *mut u64, &7), Err(Fault));
            assert_eq!(write(0xFFFF_8000_0000_0000 as *mut u64, &7), Err(Fault));
            let mut words = [0; 6];
            let six = [1, 2, 3, 4, 5, 6];
            assert_eq!(write_words(&raw mut words, six), Ok(()));
            assert_eq!(words, six);
            assert_eq!(write_words(0x10 as *mut [u64; 6], six), Err(Fault));
            assert_eq!(read(0x13 as *const u32), Err(Fault));
            assert_eq!(read(&raw const value), Ok(7));
            assert_eq!(touch_for_write((&raw mut value) as usize), Ok(()));
            assert_eq!(value, 7);
            assert_eq!(touch_for_write(8), Err(Fault));
            assert_eq!(touch_for_write((&raw const PAIR) as usize), Err(Fault));
            assert_eq!(read_pair(&raw const PAIR), PAIR);
            assert_eq!(read_pair(0x10 as *const [u64; 2])[1], 0);
        }
    }

    #[test]
    fn bytes_are_copied_up_to_the_fault() {
        let from: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
        let mut to = vec![0; from.len()];
        // SAFETY: locals, and an address that nobody can have mapped.
        unsafe {
            assert_eq!(copy(to.as_mut_ptr(), from.as_ptr(), from.len()), Ok(()));
            assert_eq!(to, from);
            assert_eq!(copy(to.as_mut_ptr(), 0x10 as *const u8, 5000), Err(Fault));
            assert_eq!(copy(0x10 as *mut u8, from.as_ptr(), 5000), Err(Fault));
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
