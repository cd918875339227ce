//! Asking another process.

use core::time::Duration;

use rustix::fd::{AsFd, OwnedFd};
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

impl Connection {
    fn open(process: u32) -> Result<OwnedFd, Asked> {
        let name = socket_name(process);
        let until = clock::monotonic() + PATIENCE;
        let connection = loop {
            match local_socket::connect(&name) {
                Ok(connection) => break connection,
                Err(Errno::MFILE | Errno::NFILE) => {
                    return Err(Asked::Refused(NtStatus::TOO_MANY_OPENED_FILES));
                }
                // It listens, and too many others wait for it.
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
    pub fn ask(&self, process: u32, request: Parcel) -> Result<Parcel, Asked> {
        let connection = match self.0.take() {
            // It may be left over from a process that has become another program since.
            Some(connection) if !local_socket::is_hung_up(connection.as_fd()) => connection,
            _ => Self::open(process)?,
        };
        let over = |_| Asked::Refused(NtStatus::PROCESS_IS_TERMINATING);
        request.send(connection.as_fd()).map_err(over)?;
        if !local_socket::wait_readable(connection.as_fd(), PATIENCE) {
            // The connection is dropped, which tells the other side not to begin any more.
            return Err(Asked::Refused(NtStatus::IO_TIMEOUT));
        }
        let answer = Parcel::receive(connection.as_fd()).map_err(over)?;
        let answer = answer.ok_or(Errno::CONNRESET).map_err(over)?;
        self.0.keep(connection);
        match answer.number {
            0 => Ok(answer),
            status => Err(Asked::Refused(NtStatus::from_code(status))),
        }
    }
}
