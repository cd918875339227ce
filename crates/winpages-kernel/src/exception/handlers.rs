//! Who is asked about exceptions.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::record::ExceptionPointers;
use crate::sys::fault;
use crate::sys::lock::Lock;
use crate::thread;

/// PVECTORED_EXCEPTION_HANDLER: answers EXCEPTION_CONTINUE_EXECUTION or 0.
pub type VectoredHandler = unsafe extern "C" fn(*mut ExceptionPointers) -> i32;

/// LPTOP_LEVEL_EXCEPTION_FILTER.
pub type UnhandledFilter = unsafe extern "C" fn(*mut ExceptionPointers) -> i32;

/// EXCEPTION_CONTINUE_EXECUTION: the thread goes on where it stopped.
pub const CONTINUE_EXECUTION: i32 = -1;
/// EXCEPTION_EXECUTE_HANDLER: of a filter for unhandled exceptions, that the process is to end.
pub const EXECUTE_HANDLER: i32 = 1;

/// When a vectored handler is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// Before anybody else.
    Exception,
    /// When somebody has decided that execution continues.
    Continue,
}

#[derive(Clone, Copy)]
struct Registered {
    handler: VectoredHandler,
    kind: HandlerKind,
    /// What RemoveVectoredExceptionHandler is given; handlers are asked from the lowest position up.
    identity: usize,
    position: i64,
}

/// As many as any program has been seen to register, and then some: a fixed table, because it is
/// read inside signal handlers.
const MAXIMUM_HANDLERS: usize = 256;

struct Table {
    handlers: [Option<Registered>; MAXIMUM_HANDLERS],
    next_identity: usize,
    lowest: i64,
    highest: i64,
}

static TABLE: Lock<Table> = Lock::new(Table {
    handlers: [None; MAXIMUM_HANDLERS],
    next_identity: 1,
    lowest: 0,
    highest: 0,
});

/// The filter, as a pointer: 0 for none.
static FILTER: AtomicUsize = AtomicUsize::new(0);

/// Registers a handler, before all others of its kind or behind them. Answers what
/// [`remove_vectored_handler`] takes, or `None` if there are too many.
pub fn add_vectored_handler(
    kind: HandlerKind,
    first: bool,
    handler: VectoredHandler,
) -> Option<usize> {
    fault::ensure_all_handlers();
    thread::environment_block();
    let mut table = TABLE.lock();
    let slot = table.handlers.iter().position(Option::is_none)?;
    let position = if first {
        table.lowest -= 1;
        table.lowest
    } else {
        table.highest += 1;
        table.highest
    };
    let identity = table.next_identity;
    table.next_identity += 1;
    table.handlers[slot] = Some(Registered {
        handler,
        kind,
        identity,
        position,
    });
    Some(identity)
}

/// Takes a handler out; answers whether there was one of that identity and kind.
pub fn remove_vectored_handler(kind: HandlerKind, identity: usize) -> bool {
    let mut table = TABLE.lock();
    let found = table.handlers.iter_mut().find(|slot| {
        slot.is_some_and(|registered| registered.identity == identity && registered.kind == kind)
    });
    found.is_some_and(|slot| slot.take().is_some())
}

/// The first handler of a kind behind a position, and its own.
pub(super) fn next(kind: HandlerKind, after: i64) -> Option<(VectoredHandler, i64)> {
    let table = TABLE.lock();
    let handlers = table.handlers.iter().flatten();
    handlers
        .filter(|registered| registered.kind == kind && registered.position > after)
        .min_by_key(|registered| registered.position)
        .map(|registered| (registered.handler, registered.position))
}

/// Sets the filter for exceptions that nobody handles; answers the one before.
pub fn set_unhandled_filter(filter: Option<UnhandledFilter>) -> Option<UnhandledFilter> {
    fault::ensure_all_handlers();
    thread::environment_block();
    let word = filter.map_or(0, |filter| filter as usize);
    filter_of(FILTER.swap(word, Ordering::AcqRel))
}

/// The filter for exceptions that nobody handles.
pub fn unhandled_filter() -> Option<UnhandledFilter> {
    filter_of(FILTER.load(Ordering::Acquire))
}

fn filter_of(word: usize) -> Option<UnhandledFilter> {
    // SAFETY: only `set_unhandled_filter` stores here: 0, which is None, or such a function.
    unsafe { core::mem::transmute::<usize, Option<UnhandledFilter>>(word) }
}
