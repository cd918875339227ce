//! Structured exceptions: vectored handlers, the filter for unhandled exceptions, RaiseException.

use winpages_kernel::exception::{
    self, ExceptionPointers, HandlerKind, MAXIMUM_PARAMETERS, UnhandledFilter, VectoredHandler,
};
use winpages_kernel::sys::fault;

const EXCEPTION_EXECUTE_HANDLER: i32 = 1;

fn add(kind: HandlerKind, first: u32, handler: Option<VectoredHandler>) -> usize {
    let added =
        handler.and_then(|handler| exception::add_vectored_handler(kind, first != 0, handler));
    added.unwrap_or(0)
}

/// AddVectoredExceptionHandler: has `Handler` asked about every exception, before all others or
/// behind them. Answers what RemoveVectoredExceptionHandler takes.
///
/// # Safety
///
/// `Handler` must stay callable until it is removed. It is called inside a signal handler of the
/// thread that faulted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddVectoredExceptionHandler(
    First: u32,
    Handler: Option<VectoredHandler>,
) -> usize {
    add(HandlerKind::Exception, First, Handler)
}

/// RemoveVectoredExceptionHandler: answers 0 if there is no such handler.
#[unsafe(no_mangle)]
pub extern "C" fn RemoveVectoredExceptionHandler(Handle: usize) -> u32 {
    u32::from(exception::remove_vectored_handler(
        HandlerKind::Exception,
        Handle,
    ))
}

/// AddVectoredContinueHandler: has `Handler` told when a handler continues execution.
///
/// # Safety
///
/// As [`AddVectoredExceptionHandler`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddVectoredContinueHandler(
    First: u32,
    Handler: Option<VectoredHandler>,
) -> usize {
    add(HandlerKind::Continue, First, Handler)
}

/// RemoveVectoredContinueHandler: answers 0 if there is no such handler.
#[unsafe(no_mangle)]
pub extern "C" fn RemoveVectoredContinueHandler(Handle: usize) -> u32 {
    u32::from(exception::remove_vectored_handler(
        HandlerKind::Continue,
        Handle,
    ))
}

/// RtlAddVectoredExceptionHandler: the same, in ntdll.
///
/// # Safety
///
/// As [`AddVectoredExceptionHandler`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlAddVectoredExceptionHandler(
    First: u32,
    Handler: Option<VectoredHandler>,
) -> usize {
    add(HandlerKind::Exception, First, Handler)
}

/// RtlRemoveVectoredExceptionHandler: the same, in ntdll.
#[unsafe(no_mangle)]
pub extern "C" fn RtlRemoveVectoredExceptionHandler(Handle: usize) -> u32 {
    RemoveVectoredExceptionHandler(Handle)
}

/// RtlAddVectoredContinueHandler: the same, in ntdll.
///
/// # Safety
///
/// As [`AddVectoredExceptionHandler`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlAddVectoredContinueHandler(
    First: u32,
    Handler: Option<VectoredHandler>,
) -> usize {
    add(HandlerKind::Continue, First, Handler)
}

/// RtlRemoveVectoredContinueHandler: the same, in ntdll.
#[unsafe(no_mangle)]
pub extern "C" fn RtlRemoveVectoredContinueHandler(Handle: usize) -> u32 {
    RemoveVectoredContinueHandler(Handle)
}

/// SetUnhandledExceptionFilter: sets who is asked when no vectored handler has taken an exception;
/// answers the one before.
///
/// Where somebody else had a SIGSEGV handler before this library's, that handler gets the fault
/// instead: it may belong to a run-time system that lives by such faults.
///
/// # Safety
///
/// The filter must stay callable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetUnhandledExceptionFilter(
    lpTopLevelExceptionFilter: Option<UnhandledFilter>,
) -> Option<UnhandledFilter> {
    exception::set_unhandled_filter(lpTopLevelExceptionFilter)
}

/// UnhandledExceptionFilter: asks the filter that is set; without one, the answer is to end the
/// process.
///
/// # Safety
///
/// `ExceptionInfo` must be what a handler was given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnhandledExceptionFilter(ExceptionInfo: *mut ExceptionPointers) -> i32 {
    match exception::unhandled_filter() {
        // SAFETY: passed on.
        Some(filter) => unsafe { filter(ExceptionInfo) },
        None => EXCEPTION_EXECUTE_HANDLER,
    }
}

/// RaiseException: raises an exception in the calling thread. Returns if a handler continues
/// execution; if none does, the process ends (by SIGABRT).
///
/// # Safety
///
/// `lpArguments` must be NULL or lead to `nNumberOfArguments` words, of which 15 count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RaiseException(
    dwExceptionCode: u32,
    dwExceptionFlags: u32,
    nNumberOfArguments: u32,
    lpArguments: *const usize,
) {
    let mut parameters = [0; MAXIMUM_PARAMETERS];
    let mut count = 0;
    if !lpArguments.is_null() {
        while count < MAXIMUM_PARAMETERS.min(nNumberOfArguments as usize) {
            // SAFETY: a word among those the caller has counted; a wild pointer ends the list.
            match unsafe { fault::read(lpArguments.add(count)) } {
                Ok(word) => parameters[count] = word,
                Err(fault::Fault) => break,
            }
            count += 1;
        }
    }
    // Bit 28 is reserved for the system, which clears it.
    const RESERVED: u32 = 0x1000_0000;
    exception::raise_exception(
        dwExceptionCode & !RESERVED,
        dwExceptionFlags,
        &parameters[..count],
    );
}
