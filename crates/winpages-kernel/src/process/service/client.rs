//! Asking another process.

use core::time::Duration;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::parcel::Parcel;
use super::socket_name;
use crate::NtStatus;
use crate::sys::descriptor_place::DescriptorPlace;
use crate::sys::{clock, local_socket};

/// How long an answer may take. A process that runs answers in some microseconds; one that was stopped does
/// not.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connection with a process, as long as there is one.
#[derive(Debug, Default)]
pub(in super::super) struct Connection(DescriptorPlace);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Asked {
    /// The process does not listen: it is no winpages process, or has not got so far.
    NotListening,
    /// It has answered that, or cannot be asked for that reason.
    Refused(NtStatus),
}

/// How a conversation was cut short.
enum Broken {
    /// Before the request was read.
    Unread,
    /// While it was answered.
    Lost,
    /// Nobody has answered.
    Timeout,
    /// What goes over the connection is nothing that fits, or that one understands.
    Impossible,
}

/// How often a connection is made anew that was closed to make room for others.
const ATTEMPTS: usize = 8;

impl Connection {
    fn open(process: u32) -> Result<OwnedFd, Asked> {
        let until = clock::monotonic() + PATIENCE;
        let connection = loop {
            match local_socket::connect(&socket_name(process)) {
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
        match local_socket::peer(connection.as_fd()) {
            Ok(peer) if peer.process == process => Ok(connection),
            _ => Err(Asked::NotListening),
        }
    }

    /// Asks the process of that number; answers what it says if that is success.
    pub fn ask(&self, process: u32, request: &Parcel) -> Result<Parcel, Asked> {
        for _ in 0..ATTEMPTS {
            let connection = match self.0.take() {
                // It may be left over from a process that has become another program since.
                Some(connection) if !local_socket::is_hung_up(connection.as_fd()) => connection,
                _ => Self::open(process)?,
            };
            let status = match converse(connection.as_fd(), request) {
                Ok(answer) => {
                    self.0.keep(connection);
                    return match answer.number {
                        0 => Ok(answer),
                        status => Err(Asked::Refused(NtStatus::from_code(status))),
                    };
                }
                Err(Broken::Unread) => continue,
                Err(Broken::Lost) => NtStatus::PROCESS_IS_TERMINATING,
                Err(Broken::Timeout) => NtStatus::IO_TIMEOUT,
                Err(Broken::Impossible) => NtStatus::INVALID_PARAMETER,
            };
            // The connection is dropped, which tells the other side not to begin any more.
            return Err(Asked::Refused(status));
        }
        Err(Asked::Refused(NtStatus::PROCESS_IS_TERMINATING))
    }
}

fn converse(connection: BorrowedFd<'_>, request: &Parcel) -> Result<Parcel, Broken> {
    request.send(connection).map_err(|errno| match errno {
        Errno::PIPE | Errno::CONNRESET => Broken::Unread,
        _ => Broken::Impossible,
    })?;
    if !local_socket::wait_readable(connection, PATIENCE) {
        return Err(Broken::Timeout);
    }
    match Parcel::receive(connection) {
        Ok(Some(answer)) => Ok(answer),
        // So the kernel says that the other side has closed the connection and read nothing before.
        Err(Errno::CONNRESET) => Err(Broken::Unread),
        Ok(None) => Err(Broken::Lost),
        Err(_) => Err(Broken::Impossible),
    }
}
