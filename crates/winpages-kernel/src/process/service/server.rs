//! The thread that answers.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
use std::thread;

use rustix::fd::{AsFd, BorrowedFd};

use super::super::injection::adopt_own;
use super::answer::answer;
use super::parcel::Parcel;
use super::proof::{Number, OwnProof};
use super::unshared::{self, Unshared, without_forks};
use super::{LEND_BACKING, socket_name};
use crate::NtStatus;
use crate::sys::local_socket;
use crate::sys::signals::{self, Blocked};
use crate::sys::{environment, process};

/// The environment variable that has a process refuse: `refuse`.
const VARIABLE: &core::ffi::CStr = c"WINPAGES_REMOTE";

/// How many connections are kept open of those who have shown that they may ask; who comes after that takes the place
/// of who has been there longest, and who asks meanwhile connects anew.
const MOST_CONNECTIONS: usize = 64;

/// The same of all others, who must not be in the way of those. There is room for some, so that nobody is closed out
/// by strangers before his first request has come.
const MOST_OF_OTHERS: usize = 32;

/// Whether every request is refused.
static REFUSES: AtomicBool = AtomicBool::new(false);

static USUAL_SIGNALS: OnceLock<Blocked> = OnceLock::new();

/// Whether this process answers, or is about to.
static SERVES: AtomicBool = AtomicBool::new(false);

/// Starts answering requests of other processes, in a thread of its own, unless the environment variable
/// `WINPAGES_REMOTE` is `refuse`. Once is enough; in the child of a fork, once more.
///
/// Where it cannot be done, for there is no descriptor left or no thread, others do what they may without
/// this process's help.
pub fn serve_requests() {
    if environment::variable(VARIABLE).is_some_and(|value| value == c"refuse") {
        refuse_requests(true);
    }
    if !SERVES.swap(true, Ordering::Relaxed) && start().is_none() {
        SERVES.store(false, Ordering::Relaxed);
    }
}

fn start() -> Option<()> {
    let name = socket_name(process::own_number());
    let socket = Unshared::open(|| local_socket::listen(&name)).ok()?;
    let proof = OwnProof::make(socket.as_fd()).ok()?;
    adopt_own();
    // The program's handlers do not run in a thread that it does not know.
    let blocked = signals::block_all();
    USUAL_SIGNALS.get_or_init(|| blocked);
    let started = thread::Builder::new()
        .name("winpages".to_owned())
        .stack_size(256 << 10)
        .spawn(move || {
            crate::thread::serve_engine();
            serve(&socket, &proof);
        });
    blocked.restore();
    started.ok().map(drop)
}

/// What the thread blocked that had this process serve: what those block that others have started here.
pub(super) fn usual_signals() -> Option<Blocked> {
    USUAL_SIGNALS.get().copied()
}

/// Refuses every request from now on, or no more: ERROR_ACCESS_DENIED is what others get.
pub fn refuse_requests(refuse: bool) {
    REFUSES.store(refuse, Ordering::Relaxed);
}

/// The child of a fork has no thread that answers, and the sockets are its parent's.
pub(crate) fn after_fork_in_child() {
    unshared::close_all_in_child();
    SERVES.store(false, Ordering::Relaxed);
}

/// Somebody who asks.
struct Conversation {
    connection: Unshared,
    /// Whether he has shown that he may, in any request so far.
    has_shown: bool,
}

fn serve(socket: &Unshared, proof: &OwnProof) {
    let mut conversations: Vec<Conversation> = Vec::new();
    loop {
        let sockets: Vec<BorrowedFd<'_>> = core::iter::once(socket.as_fd())
            .chain(conversations.iter().map(|one| one.connection.as_fd()))
            .collect();
        let ready = local_socket::wait_any(&sockets);
        let mut ready = ready.into_iter();
        let is_asked_for = ready.next() == Some(true);
        conversations
            .retain_mut(|one| ready.next() != Some(true) || converse(one, proof).is_some());
        if is_asked_for {
            match Unshared::open(|| local_socket::accept(socket.as_fd())) {
                Ok(connection) => conversations.push(Conversation {
                    connection,
                    has_shown: false,
                }),
                // Who connects waits until a descriptor is free again. That is not worth running hot for.
                Err(_) => crate::sys::clock::sleep(core::time::Duration::from_millis(10)),
            }
        }
        make_room(&mut conversations, true, MOST_CONNECTIONS);
        make_room(&mut conversations, false, MOST_OF_OTHERS);
    }
}

/// Ends the conversations that were begun first, if there are more than so many with those who have shown that they
/// may ask, or with the others.
fn make_room(conversations: &mut Vec<Conversation>, has_shown: bool, most: usize) {
    let alike = |one: &Conversation| one.has_shown == has_shown;
    let count = conversations.iter().filter(|one| alike(one)).count();
    let mut too_many = count.saturating_sub(most);
    conversations.retain(|one| {
        let goes = too_many > 0 && alike(one);
        too_many -= usize::from(goes);
        !goes
    });
}

/// Answers one request; `None` if the connection is over.
fn converse(with: &mut Conversation, proof: &OwnProof) -> Option<()> {
    let connection = with.connection.as_fd();
    let (received, may_ask) = without_forks(|| {
        let mut number = Number::default();
        let received = Parcel::receive(connection, number.bytes_mut());
        (received, proof.is(&number))
    });
    let request = match received {
        Ok(request) => request?,
        Err(rustix::io::Errno::AGAIN) => return Some(()),
        Err(_) => return None,
    };
    // Who has stopped waiting for the answer has told its caller that nothing was done.
    if local_socket::is_hung_up(connection) {
        return None;
    }
    with.has_shown |= may_ask;
    let is_allowed =
        !REFUSES.load(Ordering::Relaxed) && (may_ask || request.number == LEND_BACKING);
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
    reply.send(connection, &[]).ok()
}
