//! Asking another process.

use core::time::Duration;
use std::sync::Mutex;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::parcel::Parcel;
use super::proof::{Identity, Number, Shown};
use super::socket_name;
use crate::NtStatus;
use crate::sys::{clock, fork, local_socket, process};

/// How long an answer may take, with all that comes before it. A process that runs answers in some microseconds;
/// one that was stopped does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connection with a process, as long as there is one. Who needs it takes it out, so that two who need one at once
/// have one each, and puts it back; nobody waits for the lock, which a fork may find held.
#[derive(Debug, Default)]
pub(in super::super) struct Connection(Mutex<Option<Open>>);

/// An open connection, and with whom.
#[derive(Debug)]
struct Open {
    connection: OwnedFd,
    with: Identity,
    /// One that is older than the newest fork is on the other side, too.
    forks: u64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Asked {
    /// The process does not listen: it is no winpages process, or has not got so far.
    NotListening,
    /// It has answered that, or cannot be asked for that reason.
    Refused(NtStatus),
}

/// Why an attempt to ask came to nothing.
enum Failed {
    /// Another may come to more.
    Once,
    /// So would any other.
    ForGood(Asked),
}

impl From<Asked> for Failed {
    fn from(asked: Asked) -> Self {
        Self::ForGood(asked)
    }
}

impl From<NtStatus> for Failed {
    fn from(status: NtStatus) -> Self {
        Self::ForGood(Asked::Refused(status))
    }
}

/// Connects with the socket of a process; `until` says when it is too late.
fn connect(number: u32, until: Duration) -> Result<OwnedFd, Asked> {
    const ROOT: u32 = 0;
    let connection = loop {
        match local_socket::connect(&socket_name(number)) {
            Ok(connection) => break connection,
            Err(Errno::MFILE | Errno::NFILE) => {
                return Err(Asked::Refused(NtStatus::TOO_MANY_OPENED_FILES));
            }
            // It listens, and others wait.
            Err(Errno::AGAIN) if clock::monotonic() < until => {
                clock::sleep(Duration::from_millis(1));
            }
            Err(Errno::AGAIN) => return Err(Asked::Refused(NtStatus::IO_TIMEOUT)),
            Err(_) => return Err(Asked::NotListening),
        }
    };
    // Anybody can give a socket that name; what the kernel says of its owner cannot be feigned.
    let peer = local_socket::peer(connection.as_fd()).map_err(|_| Asked::NotListening)?;
    if peer.process != number {
        return Err(Asked::NotListening);
    }
    // The process may have been another user's program when the socket was made, and have left it to others. That
    // root has become somebody else meanwhile is nothing unusual.
    match process::user(number) {
        Some(user) if user == peer.user || peer.user == ROOT => Ok(connection),
        Some(_) => Err(Asked::Refused(NtStatus::ACCESS_DENIED)),
        None => Err(Asked::NotListening),
    }
}

/// Has attempts made to ask until one comes to something, or nobody can be expected to wait any longer.
fn until_answered(ask: impl Fn(Duration) -> Result<Parcel, Failed>) -> Result<Parcel, Asked> {
    let until = clock::monotonic() + PATIENCE;
    loop {
        match ask(until) {
            Ok(answer) if answer.number == 0 => return Ok(answer),
            Ok(answer) => return Err(Asked::Refused(NtStatus::from_code(answer.number))),
            Err(Failed::ForGood(asked)) => return Err(asked),
            Err(Failed::Once) if clock::monotonic() < until => {
                clock::sleep(Duration::from_millis(1));
            }
            Err(Failed::Once) => return Err(Asked::Refused(NtStatus::IO_TIMEOUT)),
        }
    }
}

/// Asks the process of that number without showing that this one may.
pub(in super::super) fn ask_openly(process: u32, request: &Parcel) -> Result<Parcel, Asked> {
    until_answered(|until| {
        let connection = connect(process, until)?;
        send(connection.as_fd(), request, &Number::default())?;
        receive(connection.as_fd(), until)
    })
}

impl Connection {
    /// The connection that is kept.
    fn take(&self) -> Option<Open> {
        let kept = self.0.try_lock().ok()?.take()?;
        // It may be left over from a process that has become another program since.
        let is_usable =
            kept.forks == fork::generation() && !local_socket::is_hung_up(kept.connection.as_fd());
        is_usable.then_some(kept)
    }

    /// Keeps a connection, unless another is there by now.
    fn keep(&self, open: Open) {
        if let Ok(mut place) = self.0.try_lock() {
            place.get_or_insert(open);
        }
    }

    /// Asks the process of that number; answers what it says if that is success.
    pub fn ask(&self, process: u32, request: &Parcel) -> Result<Parcel, Asked> {
        until_answered(|until| {
            // Where this fails, it is dropped, which tells the other side not to begin any more.
            let open = self.take().map_or_else(|| Open::new(process, until), Ok)?;
            open.send(process, request)?;
            let answer = receive(open.connection.as_fd(), until)?;
            self.keep(open);
            Ok(answer)
        })
    }
}

impl Open {
    /// Connects with a process that shows which socket is its own.
    fn new(process: u32, until: Duration) -> Result<Self, Failed> {
        let mut shown = Shown::default();
        let is_shown = shown.read(process);
        let connection = connect(process, until)?;
        if !is_shown? {
            // It is just beginning to answer, or becoming another program.
            return Err(Failed::Once);
        }
        let with = shown.identity();
        if !with.is_reached_by(connection.as_fd()) {
            return Err(NtStatus::ACCESS_DENIED.into());
        }
        Ok(Self {
            connection,
            with,
            forks: fork::generation(),
        })
    }

    /// Sends a request, if it is still that process's connection, with the number that shows that this one may.
    fn send(&self, process: u32, request: &Parcel) -> Result<(), Failed> {
        let mut shown = Shown::default();
        if !shown.read(process)? || shown.identity() != self.with {
            return Err(Failed::Once);
        }
        send(self.connection.as_fd(), request, shown.number())
    }
}

fn send(connection: BorrowedFd<'_>, request: &Parcel, number: &Number) -> Result<(), Failed> {
    let sent = request.send(connection, number.bytes());
    sent.map_err(|errno| match errno {
        // The other side has closed the connection, to make room for others.
        Errno::PIPE | Errno::CONNRESET => Failed::Once,
        // It is nothing that fits.
        _ => NtStatus::INVALID_PARAMETER.into(),
    })
}

fn receive(connection: BorrowedFd<'_>, until: Duration) -> Result<Parcel, Failed> {
    let left = until.saturating_sub(clock::monotonic());
    if !local_socket::wait_readable(connection, left) {
        return Err(NtStatus::IO_TIMEOUT.into());
    }
    match Parcel::receive(connection, &mut []) {
        Ok(Some(answer)) => Ok(answer),
        // So the kernel says that the other side has closed the connection and read nothing before.
        Err(Errno::CONNRESET) => Err(Failed::Once),
        Ok(None) => Err(NtStatus::PROCESS_IS_TERMINATING.into()),
        // It is nothing that one understands.
        Err(_) => Err(NtStatus::INVALID_PARAMETER.into()),
    }
}
