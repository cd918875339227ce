//! From a signal to the handlers, and back into the thread.

use super::Context;
use super::handlers::{CONTINUE_EXECUTION, EXECUTE_HANDLER, HandlerKind, next, unhandled_filter};
use super::record::{ExceptionPointers, ExceptionRecord, NONCONTINUABLE};
use super::trap;
use crate::NtStatus;
use crate::address_space::{self, Touched};
use crate::sys::fault::{self, Attempt, Cause, Signal, Stage, Verdict};

/// Registers with the floor below while the library is being loaded; installs nothing yet.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = {
    extern "C" fn register() {
        fault::set_hook(on_signal);
    }
    register
};

fn on_signal(signal: &mut Signal<'_>, stage: Stage) -> Verdict {
    match (signal.cause, stage) {
        (
            Cause::Access {
                address,
                attempt,
                is_in_page: false,
            },
            Stage::Mend,
        ) => match address_space::touched(address, attempt) {
            Touched::Mended => Verdict::Resume,
            Touched::Guard | Touched::Nothing => Verdict::NotMine,
        },
        (_, Stage::Mend) => Verdict::NotMine,
        (
            Cause::Access {
                address,
                attempt,
                is_in_page,
            },
            Stage::Report,
        ) => {
            // A guard page has been made a plain one when it was asked about above; that it was one
            // is what is reported.
            let status = if is_in_page {
                NtStatus::IN_PAGE_ERROR
            } else if address_space::take_guard(address) {
                NtStatus::GUARD_PAGE_VIOLATION
            } else {
                NtStatus::ACCESS_VIOLATION
            };
            report_fault(signal, status, address, attempt)
        }
        (Cause::StackOverflow { address, attempt }, Stage::Report) => {
            report_fault(signal, NtStatus::STACK_OVERFLOW, address, attempt)
        }
        (Cause::Trap(trap), Stage::Report) => {
            let mut context = Context::of_signal(signal.context);
            let registers = signal.context.uc_mcontext.gregs;
            let mut record = trap::record_of(trap, &registers, &mut context);
            dispatch(
                &mut record,
                &mut context,
                signal.context,
                fault::has_foreign_handler(signal.number),
            )
        }
        (Cause::Raised(word), Stage::Report) => {
            let record = word as *mut ExceptionRecord;
            // SAFETY: `raise_exception` has sent the address of its local, and waits.
            let record = unsafe { &mut *record };
            let mut context = Context::of_signal(signal.context);
            match dispatch(record, &mut context, signal.context, false) {
                Verdict::Resume => Verdict::Resume,
                Verdict::NotMine => end_process(),
            }
        }
    }
}

fn report_fault(
    signal: &mut Signal<'_>,
    status: NtStatus,
    address: usize,
    attempt: Attempt,
) -> Verdict {
    let mut context = Context::of_signal(signal.context);
    let instruction = context.rip as usize;
    let mut record = ExceptionRecord::of_fault(status, instruction, attempt, address);
    dispatch(
        &mut record,
        &mut context,
        signal.context,
        fault::has_foreign_handler(signal.number),
    )
}

/// Shows an exception to those who registered, in their order. `context` is what they see of the
/// thread, and change.
fn dispatch(
    record: &mut ExceptionRecord,
    context: &mut Context,
    thread: &mut libc::ucontext_t,
    has_foreign_handler: bool,
) -> Verdict {
    let mut pointers = ExceptionPointers {
        record,
        context: &raw mut *context,
    };
    if ask_vectored(HandlerKind::Exception, &mut pointers) {
        return resume(record, &mut pointers, context, thread);
    }
    // The filter is the last resort: somebody else's handler, which may be a JIT's that lives by such
    // faults, comes before it, and does not say whether it took the fault.
    if !has_foreign_handler && let Some(filter) = unhandled_filter() {
        // SAFETY: a filter that the program has registered, and valid pointers.
        match unsafe { filter(&raw mut pointers) } {
            CONTINUE_EXECUTION => return resume(record, &mut pointers, context, thread),
            EXECUTE_HANDLER => end_process(),
            _ => {}
        }
    }
    Verdict::NotMine
}

fn ask_vectored(kind: HandlerKind, pointers: &mut ExceptionPointers) -> bool {
    let mut position = i64::MIN;
    while let Some((handler, at)) = next(kind, position) {
        // SAFETY: a handler that the program has registered, and valid pointers.
        if unsafe { handler(&raw mut *pointers) } == CONTINUE_EXECUTION {
            return true;
        }
        position = at;
    }
    false
}

fn resume(
    record: &ExceptionRecord,
    pointers: &mut ExceptionPointers,
    context: &mut Context,
    thread: &mut libc::ucontext_t,
) -> Verdict {
    if record.flags & NONCONTINUABLE != 0 {
        // Windows raises STATUS_NONCONTINUABLE_EXCEPTION here, which nobody can continue either.
        return Verdict::NotMine;
    }
    ask_vectored(HandlerKind::Continue, pointers);
    context.restore_to(thread);
    Verdict::Resume
}

/// Ends the process as an exception that nobody handles does.
fn end_process() -> ! {
    // SAFETY: abort takes nothing and does not return.
    unsafe { libc::abort() }
}

/// Raises an exception in the calling thread; mirrors RaiseException. Returns if a handler continues
/// execution; if none does, the process ends.
pub fn raise_exception(code: u32, flags: u32, parameters: &[usize]) {
    let here = raise_exception as *const () as usize;
    let mut record = ExceptionRecord::new(code, here, parameters);
    record.flags = flags & NONCONTINUABLE;
    fault::raise(&raw mut record as usize);
    // The handler reads the record behind the compiler's back.
    core::hint::black_box(&record);
}
