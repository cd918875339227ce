//! Exception handlers.

use winpages_error::error_code::ERROR_NOT_ENOUGH_MEMORY;
use winpages_kernel::exception::{self, HandlerKind, UnhandledFilter, VectoredHandler};

use super::super::{Code, RawHandler, Turn};

fn kind(turn: Turn) -> HandlerKind {
    match turn {
        Turn::First | Turn::Last => HandlerKind::Exception,
        Turn::Continue => HandlerKind::Continue,
    }
}

/// # Safety
///
/// The handler must stay callable until it is removed.
pub(crate) unsafe fn add_vectored(turn: Turn, handler: RawHandler) -> Result<usize, Code> {
    // SAFETY: on x86-64 Linux both are functions of the C convention, and the structures that they are
    // given have one layout.
    let handler = unsafe { core::mem::transmute::<RawHandler, VectoredHandler>(handler) };
    exception::add_vectored_handler(kind(turn), turn != Turn::Last, handler)
        .ok_or(ERROR_NOT_ENOUGH_MEMORY)
}

pub(crate) fn remove_vectored(turn: Turn, identity: usize) {
    exception::remove_vectored_handler(kind(turn), identity);
}

/// Answers the one before, as an address or 0.
///
/// # Safety
///
/// The filter must be 0, or the address of one that stays callable while it is set.
pub(crate) unsafe fn set_unhandled_filter(filter: usize) -> usize {
    // SAFETY: the caller's: 0, which is None, or such a function.
    let filter = unsafe { core::mem::transmute::<usize, Option<UnhandledFilter>>(filter) };
    exception::set_unhandled_filter(filter).map_or(0, |filter| filter as usize)
}

/// # Safety
///
/// No handler up the stack may leave frames of Rust's that have something to clean up.
pub(crate) unsafe fn raise(code: u32, flags: u32, parameters: &[usize]) {
    exception::raise_exception(code, flags, parameters);
}
