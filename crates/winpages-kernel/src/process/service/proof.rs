//! What shows that who asks may: a random number that stands in a page of the process that is asked.
//!
//! Who asks reads it there with `process_vm_readv` and sends it along. So it is the kernel that judges him, by all
//! it judges a tracer by: users, groups, capabilities, user namespaces, whether the process can be dumped, Yama and
//! other security modules. Nobody else comes by the number: the page is in no file, a child of a fork does not have
//! it, and another program of the same process makes another.
//!
//! The page also says whose socket is meant. A name can be taken once in a network namespace, so whoever finds the
//! same page before and after he has connected to that name, in the namespace that the page tells, is connected with
//! the process of the page; and as long as it stays the same page, he is.
//!
//! It lies where it lies in every process, for an address that strangers could ask for would tell them where
//! programs and libraries are loaded.

use core::hint::black_box;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use crate::NtStatus;
use crate::sys::unshared_page::UnsharedPage;
use crate::sys::{local_socket, process_memory};

/// Where the page is: the first of these that was free. Neither the kernel nor the engine puts anything there by
/// itself; the shadow memory of an address sanitizer covers the second.
const PLACES: [usize; 2] = [0x52F0_0000_0000, 0x0FFD_0000_0000];

const MAGIC: [u8; 8] = *b"winproof";

/// The number. What was a copy of it is overwritten when it is let go of, for children of forks have copies of
/// whatever lies about.
#[derive(Default)]
#[repr(transparent)]
pub(super) struct Number([u8; 16]);

impl Number {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}

/// What the page shows.
#[derive(Default)]
#[repr(C)]
pub(super) struct Shown {
    magic: [u8; 8],
    /// What the kernel knows the network namespace of the process's socket by.
    network: u64,
    /// Another in every page; no secret.
    mark: u64,
    number: Number,
}

const NETWORK_AT: usize = core::mem::offset_of!(Shown, network);
const MARK_AT: usize = core::mem::offset_of!(Shown, mark);
const NUMBER_AT: usize = core::mem::offset_of!(Shown, number);
const _: () = assert!(size_of::<Shown>() == NUMBER_AT + size_of::<Number>());

impl Shown {
    /// Reads a process's page; answers whether it has one.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the kernel does not allow it, [`NtStatus::PROCESS_IS_TERMINATING`] if the
    /// process has ended.
    pub fn read(&mut self, process: u32) -> Result<bool, NtStatus> {
        for place in PLACES {
            let to = (&raw mut *self).cast();
            // SAFETY: this value's own bytes, which may be any.
            let read =
                unsafe { process_memory::read_memory(process, place, to, size_of::<Self>()) };
            match read {
                Ok(read) if read == size_of::<Self>() && self.magic == MAGIC => return Ok(true),
                Ok(_) | Err(Errno::FAULT) => {}
                Err(Errno::SRCH) => return Err(NtStatus::PROCESS_IS_TERMINATING),
                Err(_) => return Err(NtStatus::ACCESS_DENIED),
            }
        }
        Ok(false)
    }

    pub fn number(&self) -> &Number {
        &self.number
    }

    /// What tells this page of this socket's namespace from all others.
    pub fn identity(&self) -> Identity {
        Identity {
            network: self.network,
            mark: self.mark,
        }
    }
}

/// Which page it is, and where its process's socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    network: u64,
    mark: u64,
}

impl Identity {
    /// Whether a connection is one in the network namespace of that socket.
    pub fn is_reached_by(self, connection: BorrowedFd<'_>) -> bool {
        self.network == local_socket::network(connection)
    }
}

/// The page of this process.
pub(super) struct OwnProof(UnsharedPage);

impl OwnProof {
    /// Makes the page of who listens there.
    ///
    /// # Errors
    ///
    /// `EEXIST` if the program has its memory in all the places, `EAGAIN` while the kernel has no random numbers
    /// yet, `ENOMEM`.
    pub fn make(socket: BorrowedFd<'_>) -> Result<Self, Errno> {
        let network = local_socket::network(socket);
        let fill = |page: &mut [u8; UnsharedPage::SIZE]| {
            let (shown, _) = page.split_at_mut(size_of::<Shown>());
            // One call: so many bytes are given at once, or none.
            getrandom(&mut shown[MARK_AT..], GetRandomFlags::NONBLOCK)?;
            shown[NETWORK_AT..MARK_AT].copy_from_slice(&network.to_ne_bytes());
            shown[..NETWORK_AT].copy_from_slice(&MAGIC);
            Ok(())
        };
        let mut made = Err(Errno::EXIST);
        for place in PLACES {
            made = UnsharedPage::map(place, fill);
            if made.as_ref().err() != Some(&Errno::EXIST) {
                break;
            }
        }
        made.map(Self)
    }

    /// Whether that is the number; how long it takes does not tell how much of it is.
    pub fn is(&self, number: &Number) -> bool {
        let own = &self.0.bytes()[NUMBER_AT..][..size_of::<Number>()];
        let pairs = own.iter().zip(number.bytes());
        black_box(pairs.fold(0, |differing, (own, other)| differing | (own ^ other))) == 0
    }
}
