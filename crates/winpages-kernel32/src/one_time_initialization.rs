//! One-time initialisation.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::synchronization::run_once::{Begun, INIT_FAILED, RunOnce};

use crate::last_error;
use crate::nt::argument::{status, write_if_wanted};

/// PINIT_ONCE_FN and PRTL_RUN_ONCE_INIT_FN: says whether it has succeeded.
pub type InitFn = unsafe extern "C-unwind" fn(*const RunOnce, *mut c_void, *mut usize) -> i32;

const STATUS_PENDING: i32 = 0x103;

/// InitOnceInitialize.
///
/// # Safety
///
/// `InitOnce` leads to an INIT_ONCE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceInitialize(InitOnce: *const RunOnce) {
    // SAFETY: as the caller vouches; it is atomic.
    unsafe { (*InitOnce).initialize() };
}

/// RtlRunOnceInitialize: [`InitOnceInitialize`], by ntdll's name.
///
/// # Safety
///
/// As [`InitOnceInitialize`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlRunOnceInitialize(RunOnce: *const RunOnce) {
    // SAFETY: passed on.
    unsafe { InitOnceInitialize(RunOnce) };
}

/// # Safety
///
/// `once` leads to an INIT_ONCE; `context` must be a C program's to write.
unsafe fn begin(once: *const RunOnce, flags: u32, context: *mut usize) -> Result<bool, NtStatus> {
    // SAFETY: as the caller vouches; it is atomic.
    match unsafe { (*once).begin(flags)? } {
        Begun::Pending => Ok(true),
        Begun::Done(value) => {
            // SAFETY: passed on.
            unsafe { write_if_wanted(context, value)? };
            Ok(false)
        }
    }
}

/// InitOnceBeginInitialize.
///
/// # Safety
///
/// `lpInitOnce` leads to an INIT_ONCE; the other pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceBeginInitialize(
    lpInitOnce: *const RunOnce,
    dwFlags: u32,
    fPending: *mut i32,
    lpContext: *mut usize,
) -> i32 {
    // SAFETY: passed on.
    let result = unsafe {
        begin(lpInitOnce, dwFlags, lpContext)
            .and_then(|is_pending| write_if_wanted(fPending, is_pending.into()))
    };
    last_error::boolean(result)
}

/// RtlRunOnceBeginInitialize: STATUS_PENDING if the caller is to initialise.
///
/// # Safety
///
/// As [`InitOnceBeginInitialize`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlRunOnceBeginInitialize(
    RunOnce: *const RunOnce,
    Flags: u32,
    Context: *mut usize,
) -> i32 {
    // SAFETY: passed on.
    match unsafe { begin(RunOnce, Flags, Context) } {
        Ok(true) => STATUS_PENDING,
        result => status(result.map(|_| ())),
    }
}

/// InitOnceComplete.
///
/// # Safety
///
/// `lpInitOnce` leads to an INIT_ONCE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceComplete(
    lpInitOnce: *const RunOnce,
    dwFlags: u32,
    lpContext: usize,
) -> i32 {
    // SAFETY: as the caller vouches; it is atomic.
    last_error::boolean(unsafe { (*lpInitOnce).complete(dwFlags, lpContext) })
}

/// RtlRunOnceComplete: [`InitOnceComplete`], by ntdll's name.
///
/// # Safety
///
/// As [`InitOnceComplete`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlRunOnceComplete(
    RunOnce: *const RunOnce,
    Flags: u32,
    Context: usize,
) -> i32 {
    // SAFETY: as the caller vouches; it is atomic.
    status(unsafe { (*RunOnce).complete(Flags, Context) })
}

/// # Safety
///
/// As [`InitOnceExecuteOnce`].
unsafe fn execute_once(
    once: *const RunOnce,
    function: InitFn,
    parameter: *mut c_void,
    context: *mut usize,
) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    if !unsafe { begin(once, 0, context)? } {
        return Ok(());
    }
    let mut value = 0usize;
    // Who wants no context has the function told so.
    let place = if context.is_null() {
        context
    } else {
        &raw mut value
    };
    // SAFETY: the program's function, with the arguments that it wants.
    let has_succeeded = unsafe { function(once, parameter, place) } != 0;
    // SAFETY: as the caller vouches.
    unsafe {
        if !has_succeeded {
            (*once).complete(INIT_FAILED, 0)?;
            return Err(NtStatus::UNSUCCESSFUL);
        }
        (*once).complete(0, value)?;
        write_if_wanted(context, value)
    }
}

/// InitOnceExecuteOnce: the last error is what the function leaves.
///
/// # Safety
///
/// `InitOnce` leads to an INIT_ONCE, `InitFn` is such a function, and `Context` must be a C program's
/// to write.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn InitOnceExecuteOnce(
    InitOnce: *const RunOnce,
    InitFn: InitFn,
    Parameter: *mut c_void,
    Context: *mut usize,
) -> i32 {
    // SAFETY: passed on.
    unsafe { execute_once(InitOnce, InitFn, Parameter, Context) }
        .is_ok()
        .into()
}

/// RtlRunOnceExecuteOnce.
///
/// # Safety
///
/// As [`InitOnceExecuteOnce`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn RtlRunOnceExecuteOnce(
    RunOnce: *const RunOnce,
    InitFn: InitFn,
    Parameter: *mut c_void,
    Context: *mut usize,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe { execute_once(RunOnce, InitFn, Parameter, Context) })
}
