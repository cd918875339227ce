//! What a process does for others that ask it to: what they could not do to it without making its own map
//! of regions, or its handle table, untrue.
//!
//! It listens on a local socket that has its number in its name. Who may ask is who may trace: see `proof`.
//! Nothing is left over when the process ends, and whoever was waiting for an answer hears that it will not
//! come.

mod answer;
mod client;
mod parcel;
mod proof;
mod server;
mod threads;
mod unshared;

pub(super) use client::{Asked, Connection, ask_openly};
pub(super) use parcel::Parcel;
pub(crate) use server::after_fork_in_child;
pub use server::{refuse_requests, serve_requests};
pub(crate) use unshared::{lock_for_fork, unlock_after_fork};

/// What can be asked for; part of what two processes must agree on.
mod operation {
    pub const ALLOCATE: u32 = 1;
    pub const FREE: u32 = 2;
    pub const PROTECT: u32 = 3;
    pub const QUERY: u32 = 4;
    pub const LOCK: u32 = 5;
    pub const UNLOCK: u32 = 6;
    pub const TAKE_HANDLE: u32 = 7;
    pub const PUT_HANDLE: u32 = 8;
    pub const CLOSE_HANDLE: u32 = 9;
    /// Anybody may ask for it who shows that the kernel let him open the section; see [`super::ask_openly`].
    pub const LEND_BACKING: u32 = 10;
    /// The page that shows when the map of regions changes.
    pub const WATCH_MAP: u32 = 11;
    pub const CREATE_THREAD: u32 = 12;
    pub const TAKE_THREAD: u32 = 13;
    pub const SUSPEND_THREAD: u32 = 14;
    pub const RESUME_THREAD: u32 = 15;
    pub const TERMINATE_THREAD: u32 = 16;
    pub const QUEUE_APC: u32 = 17;
    pub const MAP_VIEW: u32 = 18;
    pub const UNMAP_VIEW: u32 = 19;
    pub const LIST_HEAPS: u32 = 20;
    pub const WALK_HEAP: u32 = 21;
}

pub(super) use operation::*;

/// What the socket of a process is called. Processes that understand different parcels do not meet.
fn socket_name(process: u32) -> Vec<u8> {
    format!("winpages-3-{process}").into_bytes()
}
