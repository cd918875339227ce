//! What goes over the socket, in both directions.

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::super::package_text::{Reader, Writer};
use crate::object::Package;
use crate::sys::local_socket;

/// A question, or an answer.
#[derive(Debug, Default)]
pub(in super::super) struct Parcel {
    /// The operation that is asked for, or the status that is answered.
    pub number: u32,
    /// Its arguments, or its results.
    pub words: Vec<u64>,
    /// An object that goes with it, and its kind.
    pub object: Option<(u32, Package)>,
}

impl Parcel {
    /// Sends it behind a head, if there is room for it at once.
    ///
    /// # Errors
    ///
    /// As [`local_socket::send`].
    pub fn send(&self, connection: BorrowedFd<'_>, head: &[u8]) -> Result<(), Errno> {
        let mut text = Writer::default();
        text.double_word(u64::from(self.number));
        text.double_words(&self.words);
        text.double_word(u64::from(self.object.is_some()));
        let mut descriptors: &[OwnedFd] = &[];
        if let Some((kind, package)) = &self.object {
            text.package(*kind, package);
            descriptors = &package.descriptors;
        }
        local_socket::send(connection, [head, &text.into_bytes()], descriptors)
    }

    /// Receives one, and a head of that length before it; `None` at the end of the connection.
    ///
    /// # Errors
    ///
    /// As [`local_socket::receive`]; `EPROTO` for what is no parcel.
    pub fn receive(connection: BorrowedFd<'_>, head: &mut [u8]) -> Result<Option<Self>, Errno> {
        let message = local_socket::receive(connection, head)?;
        if message.bytes.is_empty() {
            return Ok(None);
        }
        let mut text = Reader::of_sent(&message.bytes, message.descriptors);
        let mut read = || {
            let number = text.double_word()? as u32;
            let words = text.double_words()?;
            let object = match text.double_word()? {
                0 => None,
                _ => Some(text.package()?),
            };
            Some(Self {
                number,
                words,
                object,
            })
        };
        read().map(Some).ok_or(Errno::PROTO)
    }

    /// A word by its place; 0 if there are not so many.
    pub fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    /// The same as an address or a size.
    pub fn address(&self, index: usize) -> usize {
        self.word(index) as usize
    }

    /// The same as one of Windows' constants.
    pub fn constant(&self, index: usize) -> u32 {
        self.word(index) as u32
    }
}
