//! The calling thread as the kernel and the C library know it.

use core::arch::asm;
use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

/// The number of the calling thread.
pub fn id() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get() as u32
}

/// Whether this process has a thread of that number.
pub fn exists(id: u32) -> bool {
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: signal 0 asks and sends nothing.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, process, id, 0) };
    answer == 0
}

/// Whether the kernel lets programs use the instructions for the bases of fs and gs.
fn has_base_instructions() -> bool {
    const HWCAP2_FSGSBASE: u64 = 1 << 1;
    // SAFETY: takes a number; unknown ones are answered with 0.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_FSGSBASE != 0 }
}

const ARCH_SET_GS: i32 = 0x1001;
const ARCH_GET_GS: i32 = 0x1004;

/// Where the thread's gs segment begins; 0 if nobody has said. A new thread begins with its
/// creator's.
pub fn gs_base() -> usize {
    let base: usize;
    if has_base_instructions() {
        // SAFETY: the kernel has said that the instruction may be used; it reads a register.
        unsafe { asm!("rdgsbase {}", out(reg) base, options(nomem, nostack, preserves_flags)) };
        return base;
    }
    let mut answer = 0usize;
    // SAFETY: the kernel writes the base to a local.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_GET_GS, &raw mut answer) };
    answer
}

/// Says where the thread's gs segment begins.
///
/// # Safety
///
/// Whoever uses the segment in this thread must find there what he expects.
pub unsafe fn set_gs_base(base: usize) {
    if has_base_instructions() {
        // SAFETY: the kernel has said that the instruction may be used; the caller vouches for the
        // rest.
        unsafe { asm!("wrgsbase {}", in(reg) base, options(nostack, preserves_flags)) };
        return;
    }
    // SAFETY: sets a register of the calling thread.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) };
}

/// Plus one, so that 0 means that there is none yet.
static END_KEY: AtomicU32 = AtomicU32::new(0);

/// What [`at_end`] calls.
pub type AtEnd = unsafe extern "C" fn(*mut c_void);

/// Has `function` called with `value` when the calling thread ends. A call from
/// inside `function` has it called once more, up to [`END_ROUNDS`] times in all.
///
/// Nothing is allocated as long as the program has not made thirty-one keys of its own first, which
/// [`reserve_end_key`] sees to.
pub fn at_end(function: AtEnd, value: NonNull<c_void>) {
    let key = end_key(function);
    // SAFETY: the key exists, and is never deleted.
    unsafe { libc::pthread_setspecific(key, value.as_ptr()) };
}

/// How often the C library calls the destructors of keys that are set again.
pub const END_ROUNDS: u32 = 4;

/// Makes the key that [`at_end`] needs, while the library is being loaded.
pub fn reserve_end_key(function: AtEnd) {
    end_key(function);
}

fn end_key(function: AtEnd) -> libc::pthread_key_t {
    let known = END_KEY.load(Ordering::Acquire);
    if known != 0 {
        return known - 1;
    }
    let mut key = 0;
    // SAFETY: the key goes to a local; the function is one for the values that `at_end` sets.
    let made = unsafe { libc::pthread_key_create(&raw mut key, Some(function)) };
    if made != 0 {
        // Without it no thread's end could be told; a process that has used up all keys before its
        // libraries are loaded does not exist.
        // SAFETY: ends the process.
        unsafe { libc::abort() };
    }
    match END_KEY.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => key,
        Err(other) => {
            // SAFETY: nobody has used this one.
            unsafe { libc::pthread_key_delete(key) };
            other - 1
        }
    }
}
