//! What a program tells a debugger.

use core::ffi::c_char;

use winpages_kernel::process::Target;

use crate::text;

/// IsDebuggerPresent: whether another process traces this one.
#[unsafe(no_mangle)]
pub extern "C" fn IsDebuggerPresent() -> i32 {
    i32::from(Target::Own.tracer().is_ok_and(|tracer| tracer != 0))
}

/// DebugBreak: stops in the debugger. Without one the process ends, by SIGTRAP.
#[unsafe(no_mangle)]
pub extern "C" fn DebugBreak() {
    // SAFETY: the instruction raises a signal and changes nothing.
    unsafe { core::arch::asm!("int3") };
}

/// A debugger is the only one who would hear of it; here, it is standard error if
/// `WINPAGES_DEBUG_OUTPUT` is set.
fn output(message: &[u16]) {
    use std::io::Write;
    if std::env::var_os("WINPAGES_DEBUG_OUTPUT").is_some() {
        let _ = std::io::stderr().write_all(&text::to_utf8(message));
    }
}

/// OutputDebugStringA: goes to standard error if the environment has `WINPAGES_DEBUG_OUTPUT`, and
/// nowhere if not.
///
/// # Safety
///
/// `lpOutputString` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringA(lpOutputString: *const c_char) {
    // SAFETY: passed on.
    if let Ok(Some(message)) = unsafe { text::ansi(lpOutputString) } {
        output(&message);
    }
}

/// OutputDebugStringW: as [`OutputDebugStringA`].
///
/// # Safety
///
/// As [`OutputDebugStringA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OutputDebugStringW(lpOutputString: *const u16) {
    // SAFETY: passed on.
    if let Ok(Some(message)) = unsafe { text::wide(lpOutputString) } {
        output(&message);
    }
}
