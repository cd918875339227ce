//! Objects on their way to another process: to a child that inherits them, or into a handle table that
//! somebody duplicates a handle into.
//!
//! What travels is descriptors and what must be known of them. A named object travels as its name: as
//! long as it is held on this side it is found under it on the other, which then holds it for itself.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::{NamedFile, Object, ObjectName};
use crate::NtStatus;
use crate::file::File;
use crate::process::{ForeignThread, Process};
use crate::residency::MemoryNotification;
use crate::section::Section;
use crate::sys;
use crate::wait::Dispatcher;

/// An object packed for the journey.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// What must be known of it, in an order that its kind knows.
    pub words: Vec<u64>,
    /// Its name in full; empty if it has none.
    pub name: Vec<u16>,
    /// What it is made of, at numbers above those of the standard streams.
    pub descriptors: Vec<OwnedFd>,
}

impl Package {
    /// Adds a copy of a descriptor.
    pub fn put(&mut self, descriptor: BorrowedFd<'_>) -> Result<(), NtStatus> {
        let copy = sys::file::duplicate(descriptor).map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        self.descriptors.push(copy);
        Ok(())
    }

    /// Packs a named object: its name, and a hold on it until it has been opened on the other side.
    pub fn hold_name(&mut self, name: &ObjectName, file: &NamedFile) -> Result<(), NtStatus> {
        self.name = name.full();
        let hold = file.another_hold()?;
        self.put(hold.as_fd())
    }

    /// The last descriptor that is left in it.
    pub fn take(&mut self) -> Result<OwnedFd, NtStatus> {
        self.descriptors.pop().ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// A word by its place.
    pub fn word(&self, index: usize) -> Result<u64, NtStatus> {
        self.words
            .get(index)
            .copied()
            .ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// The name, if it has one.
    pub fn name(&self) -> Result<Option<ObjectName>, NtStatus> {
        if self.name.is_empty() {
            return Ok(None);
        }
        ObjectName::parse(&self.name).map(Some)
    }
}

/// A number that travels with an object that has no name, so that it is known when it comes back; 0 as long as
/// it has been nowhere.
#[derive(Debug, Default)]
pub(crate) struct Mark(AtomicU64);

impl Mark {
    /// That of an object that arrives.
    pub fn arriving(number: u64) -> Self {
        Self(AtomicU64::new(number))
    }

    /// That of an object that leaves.
    pub fn leaving(&self) -> u64 {
        let known = self.0.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        let new = sys::random::number().max(1);
        match self
            .0
            .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) => new,
            Err(known) => known,
        }
    }

    /// Whether both are of one object that has travelled.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let number = self.0.load(Ordering::Relaxed);
        number != 0 && number == other.0.load(Ordering::Relaxed)
    }
}

/// The kinds as they travel; part of what two processes must agree on.
mod kind {
    pub const FILE: u32 = 1;
    pub const SECTION: u32 = 2;
    pub const MEMORY_NOTIFICATION: u32 = 3;
    pub const PROCESS: u32 = 4;
    pub const TOKEN: u32 = 5;
    pub const THREAD: u32 = 6;
    pub const DISPATCHER: u32 = 7;
}

impl Object {
    /// Packs the object; answers its kind, too.
    pub(crate) fn pack(&self) -> Result<(u32, Package), NtStatus> {
        Ok(match self {
            Self::File(file) => {
                let mut package = Package::default();
                package.words.push(file.mark().leaving());
                file.share();
                package.put(file.as_fd())?;
                (kind::FILE, package)
            }
            Self::Section(section) => (kind::SECTION, section.pack()?),
            Self::Dispatcher(object) => (kind::DISPATCHER, object.pack()?),
            Self::MemoryNotification(notification) => {
                let words = vec![u64::from(notification.kind() as u32)];
                let package = Package {
                    words,
                    ..Package::default()
                };
                (kind::MEMORY_NOTIFICATION, package)
            }
            Self::Process(process) => (kind::PROCESS, process.pack()?),
            Self::Thread(thread) => {
                let own = Process::find(sys::process::own_number())?;
                let own = ForeignThread::of_own(Arc::new(own), thread)?;
                (kind::THREAD, own.pack()?)
            }
            Self::ForeignThread(thread) => (kind::THREAD, thread.pack()?),
            Self::Token(_) => (kind::TOKEN, Package::default()),
            Self::Directory(_) => return Err(NtStatus::NOT_SUPPORTED),
        })
    }

    /// Unpacks what another process has packed.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] for what nobody packs so, and what opening it by its name answers.
    pub(crate) fn unpack(kind: u32, mut package: Package) -> Result<Self, NtStatus> {
        Ok(match kind {
            kind::FILE => {
                let mark = Mark::arriving(package.word(0)?);
                Self::File(Arc::new(File::shared(package.take()?)?.marked(mark)))
            }
            kind::SECTION => Self::Section(Section::unpack(package)?),
            kind::DISPATCHER => Self::Dispatcher(Arc::new(Dispatcher::unpack(package)?)),
            kind::MEMORY_NOTIFICATION => {
                let notification = MemoryNotification::from_number(package.word(0)? as u32)?;
                Self::MemoryNotification(Arc::new(notification))
            }
            kind::PROCESS => Self::Process(Arc::new(Process::unpack(package)?)),
            kind::THREAD => {
                let thread = ForeignThread::unpack(package)?;
                match thread.as_own() {
                    Some(own) => Self::Thread(own),
                    None => Self::ForeignThread(Arc::new(thread)),
                }
            }
            kind::TOKEN => Self::Token(Arc::default()),
            _ => return Err(NtStatus::INVALID_PARAMETER),
        })
    }
}
