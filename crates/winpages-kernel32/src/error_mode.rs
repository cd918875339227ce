//! Which errors the system shows a window for: SetErrorMode. There are no windows here, and the modes are remembered.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering};

use winpages_kernel::NtStatus;

use crate::last_error;
use crate::nt::argument::write_if_wanted;

/// SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX and SEM_NOOPENFILEERRORBOX: what a thread has of its own.
const OF_THREADS: u32 = 0x8003;

static MODE: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static MODE_OF_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// GetErrorMode.
#[unsafe(no_mangle)]
pub extern "C" fn GetErrorMode() -> u32 {
    MODE.load(Ordering::Relaxed)
}

/// SetErrorMode: the mode before.
#[unsafe(no_mangle)]
pub extern "C" fn SetErrorMode(uMode: u32) -> u32 {
    MODE.swap(uMode, Ordering::Relaxed)
}

/// GetThreadErrorMode.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadErrorMode() -> u32 {
    MODE_OF_THREAD.get()
}

/// SetThreadErrorMode: ERROR_INVALID_PARAMETER for what a thread has not of its own.
///
/// # Safety
///
/// `lpOldMode` must be a C program's to write, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadErrorMode(dwNewMode: u32, lpOldMode: *mut u32) -> i32 {
    let set = || {
        if dwNewMode & !OF_THREADS != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on.
        unsafe { write_if_wanted(lpOldMode, MODE_OF_THREAD.get())? };
        MODE_OF_THREAD.set(dwNewMode);
        Ok(())
    };
    last_error::boolean(set())
}
