//! The thread environment block.

use core::ffi::c_void;

use winpages_kernel::thread;

/// NtCurrentTeb: on Windows an instruction of the caller's own, `mov rax, gs:[30h]`, which works here
/// too in a thread that has called any function of this library.
#[unsafe(no_mangle)]
pub extern "C" fn NtCurrentTeb() -> *mut c_void {
    core::ptr::from_ref(thread::environment_block())
        .cast_mut()
        .cast()
}

/// GetCurrentThreadStackLimits: how far the stack may grow, and where it began.
///
/// # Safety
///
/// The pointers must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentThreadStackLimits(LowLimit: *mut usize, HighLimit: *mut usize) {
    let (low, high) = thread::environment_block().stack_limits();
    // SAFETY: the caller says that they are writable.
    unsafe {
        LowLimit.write_unaligned(low);
        HighLimit.write_unaligned(high);
    }
}
