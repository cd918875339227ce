//! Local sockets: messages, and descriptors with them, between processes of one machine.
//!
//! The sockets keep messages apart and have names in the abstract namespace, where nothing is left over:
//! a name goes with the last descriptor of its socket.

use core::mem::MaybeUninit;
use core::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};

/// The most descriptors a message can have.
pub const MOST_DESCRIPTORS: usize = 16;

/// The longest message, in bytes.
pub const LONGEST: usize = 64 << 10;

/// A message as it was received.
#[derive(Debug, Default)]
pub struct Message {
    /// What it says behind its head.
    pub bytes: Vec<u8>,
    /// The descriptors that came with it.
    pub descriptors: Vec<OwnedFd>,
}

/// Who is at the other end, as the kernel saw it when the connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The number of its process.
    pub process: u32,
    /// Its user.
    pub user: u32,
}

fn socket() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
}

/// A socket of that name, to which others can connect.
///
/// # Errors
///
/// `EADDRINUSE` if there is one; `EMFILE`.
pub fn listen(name: &[u8]) -> Result<OwnedFd, Errno> {
    const WAITING_CONNECTIONS: i32 = 64;
    let socket = socket()?;
    rustix::net::bind(&socket, &SocketAddrUnix::new_abstract_name(name)?)?;
    rustix::net::listen(&socket, WAITING_CONNECTIONS)?;
    Ok(socket)
}

/// A connection with the socket of that name.
///
/// # Errors
///
/// `ECONNREFUSED` if there is none, `EAGAIN` if too many wait for it; `EMFILE`.
pub fn connect(name: &[u8]) -> Result<OwnedFd, Errno> {
    let socket = socket()?;
    rustix::net::connect(&socket, &SocketAddrUnix::new_abstract_name(name)?)?;
    Ok(socket)
}

/// The next connection that waits.
///
/// # Errors
///
/// `EAGAIN` if none does; `EMFILE`.
pub fn accept(socket: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    rustix::net::accept_with(socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)
}

/// Who is at the other end of a connection.
///
/// # Errors
///
/// What asking answers.
pub fn peer(connection: BorrowedFd<'_>) -> Result<Peer, Errno> {
    let mut credentials = libc::ucred {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes of the structure.
    let answer = unsafe {
        libc::getsockopt(
            connection.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut size,
        )
    };
    if answer != 0 {
        return Err(Errno::NOTCONN);
    }
    Ok(Peer {
        process: credentials.pid as u32,
        user: credentials.uid,
    })
}

/// What the kernel knows the network namespace by in which a socket is: of all namespaces that there have been,
/// no other has the number. 0 of every one before Linux 5.14.
pub fn network(socket: BorrowedFd<'_>) -> u64 {
    let mut cookie = 0u64;
    let mut size = size_of::<u64>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes of the word.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut size,
        )
    };
    if answer == 0 { cookie } else { 0 }
}

/// Sends a message, which is put together of two parts, if there is room for it at once.
///
/// # Errors
///
/// `EAGAIN` if there is none, `EPIPE` if the other end is closed; `EMSGSIZE`.
pub fn send(
    connection: BorrowedFd<'_>,
    parts: [&[u8]; 2],
    descriptors: &[OwnedFd],
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let fits = borrowed.is_empty()
        || (borrowed.len() <= MOST_DESCRIPTORS
            && ancillary.push(SendAncillaryMessage::ScmRights(&borrowed)));
    if !fits {
        return Err(Errno::MSGSIZE);
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    let parts = parts.map(IoSlice::new);
    rustix::io::retry_on_intr(|| rustix::net::sendmsg(connection, &parts, &mut ancillary, flags))?;
    Ok(())
}

/// Receives a message, if there is one, its first bytes into `head`; one without bytes is the end of the connection.
///
/// # Errors
///
/// `EAGAIN` if there is none, `ECONNRESET` if the other end is closed; `EMSGSIZE` if part of it did not fit, `EPROTO`
/// if it is shorter than the head.
pub fn receive(connection: BorrowedFd<'_>, head: &mut [u8]) -> Result<Message, Errno> {
    let mut bytes = vec![0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = rustix::io::retry_on_intr(|| {
        let mut parts = [IoSliceMut::new(head), IoSliceMut::new(&mut bytes)];
        rustix::net::recvmsg(connection, &mut parts, &mut ancillary, flags)
    })?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(given) = message {
            descriptors.extend(given);
        }
    }
    if received
        .flags
        .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC)
    {
        return Err(Errno::MSGSIZE);
    }
    let behind_head = match received.bytes {
        0 => Some(0),
        received => received.checked_sub(head.len()),
    };
    bytes.truncate(behind_head.ok_or(Errno::PROTO)?);
    Ok(Message { bytes, descriptors })
}

/// Waits until there is something to receive; answers whether there is before the time is over.
pub fn wait_readable(connection: BorrowedFd<'_>, time: Duration) -> bool {
    let until = super::clock::monotonic() + time;
    loop {
        let left = until.saturating_sub(super::clock::monotonic());
        let timeout = Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut polled = [PollFd::from_borrowed_fd(connection, PollFlags::IN)];
        match rustix::event::poll(&mut polled, Some(&timeout)) {
            Ok(0) => return false,
            Err(Errno::INTR) => {}
            _ => return true,
        }
    }
}

/// Waits until one of them has something, for as long as it takes. Answers which have.
pub fn wait_any(sockets: &[BorrowedFd<'_>]) -> Vec<bool> {
    loop {
        let mut polled: Vec<_> = sockets
            .iter()
            .map(|socket| PollFd::from_borrowed_fd(*socket, PollFlags::IN))
            .collect();
        if rustix::event::poll(&mut polled, None).is_ok() {
            return polled.iter().map(|one| !one.revents().is_empty()).collect();
        }
    }
}

/// Whether the other end is closed.
pub fn is_hung_up(connection: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(connection, PollFlags::empty())];
    let now = Timespec::default();
    rustix::event::poll(&mut polled, Some(&now)).is_ok()
        && polled[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR)
}
