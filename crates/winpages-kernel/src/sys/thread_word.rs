//! One word that each thread has for itself, and a call when a thread that set it ends.
//!
//! `thread_local!` would serve but for two things: in a shared library each look costs a call, and a
//! destructor is registered with an allocation, which must not happen inside an allocator.

use core::arch::{asm, global_asm};
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

// Initial-exec: the word lies at a fixed distance from the thread pointer, also in a library that is
// loaded later (glibc keeps room for such words). Hidden: each library has its own.
global_asm!(
    ".pushsection .tbss.winpages_thread_word,\"awT\",@nobits",
    ".hidden winpages_thread_word",
    ".globl winpages_thread_word",
    ".type winpages_thread_word,@object",
    ".size winpages_thread_word, 8",
    ".balign 8",
    "winpages_thread_word:",
    ".zero 8",
    ".popsection",
);

/// The calling thread's word; 0 until it is set.
#[inline(always)]
pub fn get() -> usize {
    let word;
    // SAFETY: the symbol is defined above as eight bytes of thread-local storage.
    unsafe {
        asm!(
            "mov {0}, qword ptr [rip + winpages_thread_word@GOTTPOFF]",
            "mov {0}, qword ptr fs:[{0}]",
            out(reg) word,
            options(nostack, preserves_flags, readonly, pure),
        );
    }
    word
}

/// Sets the calling thread's word. If it is not 0, the function given to [`at_thread_end`] is called
/// with it when the thread ends.
pub fn set(word: usize) {
    // SAFETY: as in `get`; nobody else writes this thread's word.
    unsafe {
        asm!(
            "mov {0}, qword ptr [rip + winpages_thread_word@GOTTPOFF]",
            "mov qword ptr fs:[{0}], {1}",
            out(reg) _,
            in(reg) word,
            options(nostack, preserves_flags),
        );
    }
    let key = KEY.load(Ordering::Acquire);
    if key != NO_KEY {
        // SAFETY: the key was made by `at_thread_end`.
        unsafe { libc::pthread_setspecific(key, word as *const c_void) };
    }
}

const NO_KEY: u32 = u32::MAX;

static KEY: AtomicU32 = AtomicU32::new(NO_KEY);

/// Names the function that is called, in the thread that ends, with the word it has; called once,
/// while the library is being loaded.
pub fn at_thread_end(function: unsafe extern "C" fn(*mut c_void)) {
    let mut key = 0;
    // SAFETY: a valid pointer, and a function that lives as long as the library.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(function)) } == 0 {
        KEY.store(key, Ordering::Release);
    }
}
