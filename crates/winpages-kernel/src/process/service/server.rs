//! The thread that answers.

use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::OnceLock;
use std::thread;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::super::injection::adopt_own;
use super::answer::answer;
use super::parcel::Parcel;
use super::{LEND_BACKING, socket_name};
use crate::NtStatus;
use crate::sys::local_socket::{self, Peer};
use crate::sys::signals::{self, Blocked};
use crate::sys::{environment, process};

/// The environment variable that has a process refuse: `refuse`.
const VARIABLE: &core::ffi::CStr = c"WINPAGES_REMOTE";

/// How many connections are kept open of those who may ask for everything; who comes after that takes the place
/// of who has been there longest, and who asks meanwhile connects anew.
const MOST_CONNECTIONS: usize = 64;

/// The same of all others, who must not be in the way of those.
const MOST_OF_OTHERS: usize = 8;

/// Whether every request is refused.
static REFUSES: AtomicBool = AtomicBool::new(false);

static USUAL_SIGNALS: OnceLock<Blocked> = OnceLock::new();

const NOT_LISTENING: i32 = -1;

/// The number of the socket's descriptor.
static LISTENING: AtomicI32 = AtomicI32::new(NOT_LISTENING);

/// Starts answering requests of other processes, in a thread of its own, unless the environment variable
/// `WINPAGES_REMOTE` is `refuse`. Once is enough; in the child of a fork, once more.
///
/// Where it cannot be done, for there is no descriptor left or no thread, others do what they may without
/// this process's help.
pub fn serve_requests() {
    if environment::variable(VARIABLE).is_some_and(|value| value == c"refuse") {
        refuse_requests(true);
    }
    if LISTENING.load(Ordering::Relaxed) != NOT_LISTENING {
        return;
    }
    let Ok(socket) = local_socket::listen(&socket_name(process::own_number())) else {
        return;
    };
    let number = socket.as_raw_fd();
    let kept =
        LISTENING.compare_exchange(NOT_LISTENING, number, Ordering::Relaxed, Ordering::Relaxed);
    if kept.is_err() {
        return;
    }
    adopt_own();
    // The program's handlers do not run in a thread that it does not know.
    let blocked = signals::block_all();
    USUAL_SIGNALS.get_or_init(|| blocked);
    let started = thread::Builder::new()
        .name("winpages".to_owned())
        .stack_size(256 << 10)
        .spawn(move || {
            crate::thread::serve_engine();
            serve(&socket);
        });
    blocked.restore();
    if started.is_err() {
        LISTENING.store(NOT_LISTENING, Ordering::Relaxed);
    }
}

/// What the thread blocked that had this process serve: what those block that others have started here.
pub(super) fn usual_signals() -> Option<Blocked> {
    USUAL_SIGNALS.get().copied()
}

/// Refuses every request from now on, or no more: ERROR_ACCESS_DENIED is what others get.
pub fn refuse_requests(refuse: bool) {
    REFUSES.store(refuse, Ordering::Relaxed);
}

/// The child of a fork has no thread that answers, and the socket is its parent's.
pub(crate) fn after_fork_in_child() {
    let number = LISTENING.swap(NOT_LISTENING, Ordering::Relaxed);
    if number != NOT_LISTENING {
        // SAFETY: the thread that had it does not exist on this side of the fork.
        unsafe { rustix::io::close(number) };
    }
}

/// Somebody who asks.
struct Conversation {
    connection: OwnedFd,
    may_ask: bool,
}

fn serve(socket: &OwnedFd) {
    let mut conversations: Vec<Conversation> = Vec::new();
    loop {
        let sockets: Vec<BorrowedFd<'_>> = core::iter::once(socket.as_fd())
            .chain(conversations.iter().map(|one| one.connection.as_fd()))
            .collect();
        let ready = local_socket::wait_any(&sockets);
        let mut ready = ready.into_iter();
        let is_asked_for = ready.next() == Some(true);
        conversations.retain(|one| ready.next() != Some(true) || converse(one).is_some());
        if !is_asked_for {
            continue;
        }
        match local_socket::accept(socket.as_fd()) {
            Ok(connection) => {
                let may_ask = local_socket::peer(connection.as_fd()).is_ok_and(may_ask);
                let most = if may_ask {
                    MOST_CONNECTIONS
                } else {
                    MOST_OF_OTHERS
                };
                let mut alike = conversations.iter().filter(|one| one.may_ask == may_ask);
                if alike.clone().count() >= most {
                    let oldest = alike.next().map(|one| one.connection.as_raw_fd());
                    conversations.retain(|one| Some(one.connection.as_raw_fd()) != oldest);
                }
                conversations.push(Conversation {
                    connection,
                    may_ask,
                });
            }
            // Who connects waits until a descriptor is free again. That is not worth running hot for.
            Err(_) => crate::sys::clock::sleep(core::time::Duration::from_millis(10)),
        }
    }
}

/// Answers one request; `None` if the connection is over.
fn converse(with: &Conversation) -> Option<()> {
    let connection = with.connection.as_fd();
    let request = match Parcel::receive(connection) {
        Ok(request) => request?,
        Err(rustix::io::Errno::AGAIN) => return Some(()),
        Err(_) => return None,
    };
    // Who has stopped waiting for the answer has told its caller that nothing was done.
    if local_socket::is_hung_up(connection) {
        return None;
    }
    let is_allowed =
        !REFUSES.load(Ordering::Relaxed) && (with.may_ask || request.number == LEND_BACKING);
    let answered = if is_allowed {
        // What goes wrong here must not end the process that is asked.
        std::panic::catch_unwind(|| answer(request)).unwrap_or(Err(NtStatus::UNSUCCESSFUL))
    } else {
        Err(NtStatus::ACCESS_DENIED)
    };
    let reply = answered.unwrap_or_else(|status| Parcel {
        number: status.code(),
        ..Parcel::default()
    });
    reply.send(connection).ok()
}

/// Whether another process may ask this one: if it may trace it, as far as this one can tell.
fn may_ask(peer: Peer) -> bool {
    const ROOT: u32 = 0;
    match process::tracing_scope() {
        0 => peer.user == ROOT || peer.user == process::own_user(),
        1 => peer.user == ROOT || process::is_ancestor(peer.process),
        2 => peer.user == ROOT,
        _ => false,
    }
}
