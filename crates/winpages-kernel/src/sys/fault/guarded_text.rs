//! Reading a text that ends with a NUL out of memory that may not be usable, in one go.
//!
//! How long it is nobody knows before it has been read: so each unit is looked at before the next is
//! touched, and nothing behind the NUL is, which may be the last thing in its page.

use core::arch::global_asm;

use super::ensure_handler;
use super::guarded_copy::Fault;

// Copies units from rsi to rdi up to and with a NUL, but at most rdx of them; answers 0 in rax, and in
// rdx how many there were before the NUL, or all. A fault goes on at `…_faulted` and answers 1 in rax.
// Hidden symbols: each library has its own.
global_asm!(
    ".pushsection .text.winpages_guarded_text,\"ax\",@progbits",
    ".hidden winpages_guarded_text_of_bytes",
    ".globl winpages_guarded_text_of_bytes",
    ".hidden winpages_guarded_text_of_words",
    ".globl winpages_guarded_text_of_words",
    ".hidden winpages_guarded_text_faulted",
    ".globl winpages_guarded_text_faulted",
    ".type winpages_guarded_text_of_bytes,@function",
    "winpages_guarded_text_of_bytes:",
    "xor eax, eax",
    "2:",
    "cmp rax, rdx",
    "je 5f",
    "movzx ecx, byte ptr [rsi + rax]",
    "mov [rdi + rax], cl",
    "test ecx, ecx",
    "je 5f",
    "inc rax",
    "jmp 2b",
    "winpages_guarded_text_of_words:",
    "xor eax, eax",
    "2:",
    "cmp rax, rdx",
    "je 5f",
    "movzx ecx, word ptr [rsi + rax * 2]",
    "mov [rdi + rax * 2], cx",
    "test ecx, ecx",
    "je 5f",
    "inc rax",
    "jmp 2b",
    "5:",
    "mov rdx, rax",
    "xor eax, eax",
    "ret",
    "winpages_guarded_text_faulted:",
    "mov eax, 1",
    "ret",
    ".size winpages_guarded_text_of_bytes, . - winpages_guarded_text_of_bytes",
    ".popsection",
);

/// What the routines answer: in rax and rdx.
#[repr(C)]
struct Answer {
    faulted: usize,
    units: usize,
}

unsafe extern "C" {
    fn winpages_guarded_text_of_bytes(to: *mut u8, from: *const u8, room: usize) -> Answer;
    fn winpages_guarded_text_of_words(to: *mut u16, from: *const u16, room: usize) -> Answer;
    fn winpages_guarded_text_faulted();
}

type Routine<T> = unsafe extern "C" fn(*mut T, *const T, usize) -> Answer;

/// What a text consists of: bytes, or units of UTF-16.
#[allow(private_bounds, reason = "nobody else has a routine")]
pub trait TextUnit: Copy + Default + PartialEq + HasRoutine {}

impl TextUnit for u8 {}
impl TextUnit for u16 {}

trait HasRoutine: Sized {
    const ROUTINE: Routine<Self>;
}

impl HasRoutine for u8 {
    const ROUTINE: Routine<u8> = winpages_guarded_text_of_bytes;
}

impl HasRoutine for u16 {
    const ROUTINE: Routine<u16> = winpages_guarded_text_of_words;
}

/// Copies a text to `to`, with its NUL if there is room for it, and answers how many units it has: as many
/// as `to` if no NUL is among them. Nothing behind the NUL is touched. The pointer may be misaligned.
///
/// # Errors
///
/// [`Fault`] if it cannot be read up to there.
///
/// # Safety
///
/// What is at `from` must be a C program's to read: it may be NULL or wild, and may not be Rust's.
#[inline]
pub unsafe fn read_text<T: TextUnit>(from: *const T, to: &mut [T]) -> Result<usize, Fault> {
    ensure_handler();
    // SAFETY: the routine survives wild pointers to read from, and there is room for as many units as it
    // is told of.
    let answer = unsafe { (T::ROUTINE)(to.as_mut_ptr(), from, to.len()) };
    if answer.faulted == 0 {
        Ok(answer.units)
    } else {
        Err(Fault)
    }
}

/// Where the routines go on after a fault of the instruction at an address, if that is their own.
pub(super) fn continuation(instruction: usize) -> Option<usize> {
    let text = winpages_guarded_text_of_bytes as *const () as usize;
    let faulted = winpages_guarded_text_faulted as *const () as usize;
    (text..faulted).contains(&instruction).then_some(faulted)
}

#[cfg(test)]
mod tests {
    use rustix::mm::{MapFlags, ProtFlags};

    use super::*;

    const PAGE: usize = 4096;

    /// A page of bytes that are not zero, and behind it one that cannot be read.
    fn page_before_nothing() -> *mut u8 {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, of which the second half is taken away again, and whose first half is
        // filled. It is never unmapped.
        unsafe {
            let page = rustix::mm::mmap_anonymous(
                core::ptr::null_mut(),
                2 * PAGE,
                access,
                MapFlags::PRIVATE,
            )
            .unwrap()
            .cast::<u8>();
            rustix::mm::mprotect(
                page.add(PAGE).cast(),
                PAGE,
                rustix::mm::MprotectFlags::empty(),
            )
            .unwrap();
            page.write_bytes(7, PAGE);
            page
        }
    }

    #[test]
    fn nothing_behind_the_nul_is_touched() {
        let page = page_before_nothing();
        for units in 0..9 {
            // SAFETY: inside the page, which is nobody's but this test's.
            unsafe {
                let (mut bytes, mut words) = ([1; 64], [1; 64]);
                page.write_bytes(7, PAGE);
                page.add(PAGE - 1).write(0);
                let start = page.add(PAGE - 1 - units);
                assert_eq!(read_text(start, &mut bytes), Ok(units));
                assert_eq!(bytes[..units + 2], [&vec![7; units][..], &[0, 1]].concat());
                page.add(PAGE - 2).write(0);
                let start = page.add(PAGE - 2 - 2 * units).cast::<u16>();
                assert_eq!(read_text(start, &mut words), Ok(units));
                assert_eq!(
                    words[..units + 2],
                    [&vec![0x0707; units][..], &[0, 1]].concat()
                );
            }
        }
    }

    #[test]
    fn a_text_without_an_end_is_a_fault() {
        let page = page_before_nothing();
        let (mut bytes, mut words) = (vec![0u8; 2 * PAGE], vec![0u16; PAGE]);
        // SAFETY: as above; the other addresses nobody can have mapped.
        unsafe {
            assert_eq!(read_text(page, &mut bytes), Err(Fault));
            // Half of the last unit is there.
            assert_eq!(read_text(page.add(1).cast(), &mut words), Err(Fault));
            assert_eq!(read_text(core::ptr::null(), &mut words), Err(Fault));
            let nowhere = 0xFFFF_8000_0000_0000 as *const u16;
            assert_eq!(read_text(nowhere, &mut words), Err(Fault));
            // Which is not asked of a text that nothing is to be read of.
            assert_eq!(read_text(nowhere, &mut []), Ok(0));
        }
    }

    #[test]
    fn room_is_not_exceeded() {
        let mut room = [9u16; 4];
        // SAFETY: both have a NUL.
        unsafe {
            assert_eq!(read_text([1u16, 2, 3, 0].as_ptr(), &mut room[..3]), Ok(3));
            assert_eq!(room, [1, 2, 3, 9]);
            assert_eq!(read_text([5u16, 0].as_ptr(), &mut room), Ok(1));
            assert_eq!(room, [5, 0, 3, 9]);
        }
    }
}
