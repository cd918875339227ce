//! Threads: what Windows keeps for each of them, and the calls that are queued to them.
//!
//! Any thread of the process is a thread here, whoever started it: it is attached when it first calls
//! the engine, and detached when it ends. Attaching maps the thread's environment block and takes
//! nothing from the heap; the [`Thread`] object, which handles lead to, is made when it is first
//! asked for.

mod access;
mod apc;
mod block;
mod create;
mod environment_block;
mod facts;
pub mod fiber_local_storage;
pub mod local_storage;
mod object;
mod shared_ending;
mod start;
mod suspend;

pub use access::reference;
pub use apc::Apc;
pub(crate) use create::create_for_others;
pub use create::{CreateThread, create, exit};
pub use environment_block::EnvironmentBlock;
pub use facts::ThreadTimes;
pub use object::Thread;
pub use shared_ending::SharedEnding;
pub use start::StartRoutine;

pub(crate) use block::{
    after_fork_in_child, end_process, lock_for_fork, serve_engine, unlock_after_fork,
};

use core::sync::atomic::Ordering;
use std::sync::Arc;

use crate::NtStatus;

/// The number of the calling thread; mirrors GetCurrentThreadId. Takes no system call.
#[inline]
pub fn current_id() -> u32 {
    block::current().environment.thread_id() as u32
}

/// The calling thread's environment block; mirrors NtCurrentTeb. It stays where it is until the
/// thread has ended.
#[inline]
pub fn environment_block() -> &'static EnvironmentBlock {
    &block::current().environment
}

/// Has at least so many bytes of stack be there for whoever is told that the calling thread's has run
/// over, and answers how many were asked for before; mirrors RtlSetThreadStackGuarantee. Less than
/// before changes nothing.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if that is as much as the stack may grow to at all,
/// [`NtStatus::NO_MEMORY`] if there is no room for it.
pub fn set_stack_guarantee(bytes: usize) -> Result<usize, NtStatus> {
    block::current().set_stack_guarantee(bytes)
}

/// How much [`set_stack_guarantee`] was asked for, in bytes.
pub fn stack_guarantee() -> usize {
    environment_block().guaranteed_stack.load(Ordering::Relaxed)
}

/// The calling thread's last error, whatever that means to the face above: the block's word at 0x68.
#[inline]
pub fn last_error() -> u32 {
    block::last_error()
}

/// Sets the calling thread's last error. Does not attach the thread.
#[inline]
pub fn set_last_error(code: u32) {
    block::set_last_error(code);
}

/// The calling thread.
///
/// ```
/// let this = winpages_kernel::thread::current();
/// assert_eq!(this.id(), winpages_kernel::thread::current_id());
/// assert!(!this.has_ended());
/// ```
pub fn current() -> Arc<Thread> {
    block::current().thread()
}

/// Runs the calls that are queued to the calling thread, those that they queue included, and answers
/// whether there were any. For alertable waits and NtTestAlert.
///
/// A waiter reads [`Thread::apc_word`], then calls this, and if nothing ran sleeps on that word
/// among others: no call is queued without changing it.
pub fn run_pending() -> bool {
    match block::existing().and_then(block::Block::existing_thread) {
        Some(thread) => thread.run_pending_apcs(),
        // Nobody can have queued anything to a thread without an object.
        None => false,
    }
}

/// The thread of this process that has the number `id`, if it is attached.
pub fn find(id: u32) -> Option<Arc<Thread>> {
    block::find(id)
}
