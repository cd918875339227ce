//! Giving a process a descriptor that it did not ask for.

use core::mem::MaybeUninit;

use rustix::fd::BorrowedFd;
use rustix::io::{Errno, IoSlice};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::PidfdGetfdFlags;

use super::tracee::Tracee;
use super::watched_thread::InjectionError;

/// What the call that receives reads: `struct msghdr`, `struct iovec`, and one byte.
const MESSAGE_SIZE: usize = 80;
/// What comes with the byte: `struct cmsghdr` and a descriptor, with the space behind it.
const CONTROL_SIZE: usize = 24;
const CONTROL_LENGTH: u64 = 20;
const PAGE_SIZE: usize = 0x1000;

impl Tracee<'_> {
    /// Has the thread's process receive a descriptor, which a new program would not have; answers its number there.
    ///
    /// Opening the file again through this process's `/proc` would need rights that the process may lack; to have it
    /// received, over a pair of sockets of which one end is fetched from there, needs none but that to trace it.
    ///
    /// # Errors
    ///
    /// [`InjectionError::Failed`] with `EMFILE` if it can have no more of them; as [`Tracee::call`].
    pub fn give(
        &mut self,
        process: BorrowedFd<'_>,
        file: BorrowedFd<'_>,
    ) -> Result<usize, InjectionError> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let no_file = usize::MAX;
        let arguments = [0, PAGE_SIZE, access as usize, flags as usize, no_file, 0];
        let page = self.call(libc::SYS_mmap, arguments)?;
        let given = self.give_through(page, process, file);
        let unmapped = self.call(libc::SYS_munmap, [page, PAGE_SIZE, 0, 0, 0, 0]);
        unmapped.and(given)
    }

    /// The same, with a page of the process's for what system calls read and write.
    fn give_through(
        &mut self,
        page: usize,
        process: BorrowedFd<'_>,
        file: BorrowedFd<'_>,
    ) -> Result<usize, InjectionError> {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
        let arguments = [libc::AF_UNIX as usize, kind as usize, 0, page, 0, 0];
        self.call(libc::SYS_socketpair, arguments)?;
        let ends: [u8; 8] = self.read(page).ok_or(InjectionError::Gone)?;
        let ends = u64::from_ne_bytes(ends);
        let (sending, receiving) = (ends as u32 as usize, (ends >> 32) as usize);
        let sent = send(process, sending, file);
        let received = sent.and_then(|()| self.receive(page, receiving));
        let closed = self.close(sending).and(self.close(receiving));
        closed.and(received)
    }

    fn receive(&mut self, page: usize, socket: usize) -> Result<usize, InjectionError> {
        let (parts, byte) = (page + 56, page + 72);
        let control = page + MESSAGE_SIZE;
        let words = [0, 0, parts, 1, control, CONTROL_SIZE, 0, byte, 1, 0];
        let mut message = [0; MESSAGE_SIZE + CONTROL_SIZE];
        for (place, word) in message.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        // SAFETY: the page was mapped for this.
        unsafe { self.write(page, &message)? };
        let flags = libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT;
        self.call(libc::SYS_recvmsg, [socket, page, flags as usize, 0, 0, 0])?;
        let control: [u8; CONTROL_SIZE] = self.read(control).ok_or(InjectionError::Gone)?;
        let (words, _) = control.as_chunks::<8>();
        let is_there = u64::from_ne_bytes(words[0]) == CONTROL_LENGTH;
        let descriptor = u64::from_ne_bytes(words[2]) as u32 as usize;
        // What it has no room for it is not given.
        is_there
            .then_some(descriptor)
            .ok_or(InjectionError::Failed(Errno::MFILE))
    }

    /// Has the thread's process close a descriptor.
    ///
    /// # Errors
    ///
    /// As [`Tracee::call`].
    pub fn close(&mut self, descriptor: usize) -> Result<(), InjectionError> {
        self.call(libc::SYS_close, [descriptor, 0, 0, 0, 0, 0])
            .map(drop)
    }
}

/// Sends a descriptor through a socket of another process.
fn send(
    process: BorrowedFd<'_>,
    socket: usize,
    file: BorrowedFd<'_>,
) -> Result<(), InjectionError> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let files = [file];
    let mut sent = || {
        let none = PidfdGetfdFlags::empty();
        let socket = rustix::process::pidfd_getfd(process, socket as i32, none)?;
        if !ancillary.push(SendAncillaryMessage::ScmRights(&files)) {
            return Err(Errno::MSGSIZE);
        }
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        rustix::net::sendmsg(&socket, &[IoSlice::new(&[0])], &mut ancillary, flags)
    };
    sent().map(drop).map_err(|errno| match errno {
        Errno::SRCH => InjectionError::Gone,
        errno => InjectionError::Failed(errno),
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::os::fd::AsFd;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use crate::sys::{descriptors, injection, process};

    #[test]
    fn a_descriptor_is_given_and_closed() {
        let mut command = Command::new("cat");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let descriptor = process::open(child.id()).unwrap();
        let path = std::env::temp_dir().join(format!("winpages-given-{}", child.id()));
        let mut file = std::fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .unwrap();
        let text = b"written there";
        // SAFETY: the file is this test's own.
        let written = unsafe {
            injection::inject(child.id(), Duration::MAX, |tracee| {
                let given = tracee.give(descriptor.as_fd(), file.as_fd())?;
                let stack = tracee.call(libc::SYS_mmap, [0, 4096, 3, 0x22, usize::MAX, 0])?;
                tracee.write(stack, text)?;
                let arguments = [given, stack, text.len(), 0, 0, 0];
                let written = tracee.call(libc::SYS_write, arguments)?;
                tracee.call(libc::SYS_munmap, [stack, 4096, 0, 0, 0, 0])?;
                tracee.close(given)?;
                Ok(written)
            })
        };
        assert_eq!(written, Ok(text.len()));
        let mut found = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut found).unwrap();
        assert_eq!(found, text);
        for number in descriptors::numbers(child.id()) {
            let link = std::fs::read_link(format!("/proc/{}/fd/{number}", child.id())).unwrap();
            assert_ne!(link, path);
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        std::fs::remove_file(path).unwrap();
    }
}
