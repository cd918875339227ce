//! The thread environment block.

use core::ffi::c_void;

use winpages_kernel::{NtStatus, sys::fault, thread};

use crate::last_error;

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

/// SetThreadStackGuarantee: has as much stack be there for a handler that is told of this thread's
/// having run over, and answers in its place how much was asked for before. 0 asks only.
///
/// # Safety
///
/// The pointer is read and written; a wild one is ERROR_NOACCESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadStackGuarantee(StackSizeInBytes: *mut u32) -> i32 {
    // SAFETY: the caller's pointer, for the caller's number.
    let wanted = unsafe { fault::read(StackSizeInBytes) };
    let result = wanted
        .map_err(|_| NtStatus::ACCESS_VIOLATION)
        .and_then(|wanted| {
            let before = thread::stack_guarantee() as u32;
            let set = thread::set_stack_guarantee(wanted as usize);
            // SAFETY: as above.
            unsafe { fault::write(StackSizeInBytes, &before) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
            set.map(drop)
        });
    last_error::boolean(result)
}
