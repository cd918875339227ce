//! Structured exceptions: what a Win32 program learns of a fault, and what it may do about it.
//!
//! A fault reaches the engine as a signal ([`crate::sys::fault`]). What the address space can mend
//! (pages of a section that another process has committed meanwhile) nobody notices. For the rest an
//! exception record and the thread's registers are shown to the vectored handlers, in their order,
//! then to the filter for unhandled exceptions; what none of them takes goes on to whoever handled
//! the signal before the engine did, and in the end kills the process as it would have.

mod context;
mod dispatch;
mod handlers;
mod instruction;
mod record;
mod trap;

pub use context::Context;
pub use dispatch::raise_exception;
pub use handlers::{
    HandlerKind, UnhandledFilter, VectoredHandler, add_vectored_handler, remove_vectored_handler,
    set_unhandled_filter, unhandled_filter,
};
pub use record::{ExceptionPointers, ExceptionRecord, MAXIMUM_PARAMETERS};
