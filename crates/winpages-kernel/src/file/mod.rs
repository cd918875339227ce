//! Open files, and the paths that lead to them.

mod access;
mod attributes;
mod create;
mod delete;
pub mod directory;
pub mod drive;
mod drive_type;
mod errno;
mod link;
mod lookup;
mod mapping_guard;
pub mod path;
mod pipe;
mod position;
mod range_lock;
mod rename;
mod security;
mod share_access;
mod space;
mod times;
mod transfer;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

pub use access::FILE_GENERIC_MAPPING;
pub use attributes::{Attributes, Information, attributes, set_read_only};
pub use create::{CreateOptions, CreateRequest, Disposition, Outcome};
pub use delete::{delete_file, remove_directory};
pub use directory::create_directory;
pub use drive_type::{DriveType, drive_type};
pub use errno::status_from_errno;
pub use link::link;
pub use lookup::Place;
use mapping_guard::Mappings;
pub use mapping_guard::{MappingGuard, Purpose};
pub use pipe::create_pipe;
pub use position::Origin;
pub use rename::{copy_file, rename};
pub use share_access::ShareAccess;
pub use space::{DiskSpace, disk_space};
pub use times::Units;
pub use transfer::Offset;

use crate::NtStatus;
use crate::object::{AccessMask, Mark};
use crate::sys::file::{self as sys, FileType, OFlags};
use crate::sys::fork;
use crate::sys::lock::Lock;
use crate::sys::terminal;

/// What kind of thing an open file is; GetFileType tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with a size and positions.
    Disk,
    /// A directory.
    Directory,
    /// A terminal or another device of characters, NUL among them.
    Character,
    /// A pipe or a socket.
    Pipe,
}

/// Which file it is: the same for every path and every handle that leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The device the file is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

/// An open file: a descriptor, and what Windows remembers of an open file besides.
///
/// What may be done with it is a property of each handle, not of the file.
pub struct File {
    descriptor: OwnedFd,
    kind: Kind,
    identity: Identity,
    /// [`fork::generation`] when it was opened.
    generation: AtomicU64,
    /// The process that opened it.
    opener: u32,
    /// Whether the name shall go with the last handle.
    delete_on_close: AtomicBool,
    /// How many [`MappingGuard`]s there are in this process.
    mappings: Lock<Mappings>,
    /// The ranges that LockFile has locked, as they were asked for.
    locked_ranges: Lock<Vec<range_lock::LockedRange>>,
    /// How many handles of this process lead here.
    handles: AtomicUsize,
    mark: Mark,
}

impl core::fmt::Debug for File {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("File")
            .field("descriptor", &self.descriptor)
            .field("kind", &self.kind)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl File {
    /// Makes an open file of a descriptor; nobody is asked whether it may be shared.
    pub(crate) fn from_descriptor(descriptor: OwnedFd) -> Result<Self, NtStatus> {
        let attributes = sys::fstat(&descriptor).map_err(status_from_errno)?;
        let kind = match FileType::from_raw_mode(attributes.st_mode) {
            FileType::Directory => Kind::Directory,
            FileType::CharacterDevice => Kind::Character,
            FileType::Fifo | FileType::Socket => Kind::Pipe,
            _ => Kind::Disk,
        };
        Ok(Self {
            descriptor,
            kind,
            identity: Identity {
                device: attributes.st_dev,
                inode: attributes.st_ino,
            },
            generation: AtomicU64::new(fork::generation()),
            mark: Mark::default(),
            opener: std::process::id(),
            delete_on_close: AtomicBool::new(false),
            mappings: Lock::new(Mappings::default()),
            locked_ranges: Lock::new(Vec::new()),
            handles: AtomicUsize::new(0),
        })
    }

    /// A file of one of the process's own descriptors: 0, 1 and 2 are what GetStdHandle leads to.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_HANDLE`] if the process has no such descriptor.
    pub fn from_number(number: i32) -> Result<(Self, AccessMask), NtStatus> {
        let descriptor = sys::duplicate_number(number).map_err(|_| NtStatus::INVALID_HANDLE)?;
        Self::with_access_of_its_mode(descriptor)
    }

    /// What a descriptor of somebody else's is open on, as an open file of its own: what is locked and
    /// announced through it is not the other's, and goes when it does.
    ///
    /// # Errors
    ///
    /// [`NtStatus::TOO_MANY_OPENED_FILES`] if the process may open no more.
    pub fn beside(descriptor: BorrowedFd<'_>) -> Result<(Self, AccessMask), NtStatus> {
        let opened = match sys::reopen(descriptor) {
            Ok(opened) => opened,
            // The file may be opened by nobody any more, or not by this process: share the opening.
            Err(_) => sys::duplicate(descriptor).map_err(status_from_errno)?,
        };
        Self::with_access_of_its_mode(opened)
    }

    /// A file, and the rights that the way its descriptor is open amounts to.
    fn with_access_of_its_mode(descriptor: OwnedFd) -> Result<(Self, AccessMask), NtStatus> {
        let mode = sys::fcntl_getfl(&descriptor).map_err(status_from_errno)?;
        let mut generic = AccessMask::empty();
        if !mode.contains(OFlags::WRONLY) {
            generic |= AccessMask::GENERIC_READ;
        }
        if mode.intersects(OFlags::WRONLY | OFlags::RDWR) {
            generic |= AccessMask::GENERIC_WRITE;
        }
        let access = FILE_GENERIC_MAPPING.apply(generic);
        let file = Self::from_descriptor(descriptor)?;
        Ok((file, access))
    }

    /// Which file a descriptor leads to.
    ///
    /// # Errors
    ///
    /// What the file system answers.
    pub(crate) fn identity_of(descriptor: BorrowedFd<'_>) -> Result<Identity, NtStatus> {
        let attributes = sys::fstat(descriptor).map_err(status_from_errno)?;
        Ok(Identity {
            device: attributes.st_dev,
            inode: attributes.st_ino,
        })
    }

    /// The descriptor, to map it. It is open for reading, and for writing if any handle may write.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which file it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How many columns and rows the terminal has; either is 0 if nobody has said.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_HANDLE`] if the file is no terminal.
    pub fn terminal_size(&self) -> Result<(u16, u16), NtStatus> {
        terminal::size(self.as_fd()).map_err(|_| NtStatus::INVALID_HANDLE)
    }

    /// Whether another process may hold the same open file description since a fork: its locks are
    /// then not this process's to give up, and go when the last of them closes it.
    fn may_be_shared_by_fork(&self) -> bool {
        self.generation.load(Ordering::Relaxed) != fork::generation()
    }

    /// The open file of a descriptor that another process gave to this one. It is one open file to both,
    /// with one position; what is locked and announced through it goes when both have closed it.
    pub(crate) fn shared(descriptor: OwnedFd) -> Result<Self, NtStatus> {
        let file = Self::from_descriptor(descriptor)?;
        file.share();
        Ok(file)
    }

    /// The same, known by a mark.
    pub(crate) fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }

    /// What the file is known by where it is duplicated to.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Notes that another process is given the same open file description.
    pub(crate) fn share(&self) {
        // No number of forks is this large.
        self.generation.store(u64::MAX, Ordering::Relaxed);
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    /// The last handle is closed: others may share the file again, and the name goes if it was to go
    /// with the handle. Sections may still use the descriptor.
    pub(crate) fn last_handle_closed(&self) {
        if !self.may_be_shared_by_fork() {
            share_access::release(self.as_fd());
            self.unlock_all();
        }
        // A forked child has copies of the handles; the file is its parent's to delete.
        if self.opener == std::process::id() && self.delete_on_close.swap(false, Ordering::AcqRel) {
            self.delete_name();
        }
    }
}

#[cfg(test)]
mod tests;
