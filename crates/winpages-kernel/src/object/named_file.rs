//! The file of a named object, held by this process.

use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::name::ObjectName;
use super::namespace_directory::NamespaceDirectory;
use crate::NtStatus;
use crate::sys::lasting_descriptor::LastingDescriptor;
use crate::sys::shared_file::Stat;
use crate::sys::{fork, shared_file};

/// A named object's file, with this process's hold on its name: a shared lock on the file.
///
/// The lock goes with the process, however it ends, so the name lives as long as anybody holds it and
/// no longer. The hold ends with [`NamedFile::release`], when the last handle is closed. Views are mapped
/// from an opening of their own: a mapping keeps its file description, which may be shared with a process on
/// the other side of a fork, and with it whatever that has locked.
#[derive(Debug)]
pub struct NamedFile {
    descriptor: OwnedFd,
    directory: Arc<NamespaceDirectory>,
    file_name: CString,
    /// [`fork::generation`] when the file was opened.
    generation: u64,
    released: AtomicBool,
    for_views: LastingDescriptor,
    is_writable: bool,
    state: NamedFileState,
}

/// What [`super::namespace`] has opened and locked.
#[derive(Debug)]
pub(super) struct OpenedFile {
    pub descriptor: OwnedFd,
    /// Whether it is open for writing, too.
    pub is_writable: bool,
    pub state: NamedFileState,
}

/// Which file a name led to, and when anything about it last changed: its rights, its size, or how
/// many names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedFileState {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl NamedFileState {
    pub(super) fn of(found: &Stat) -> Self {
        Self {
            device: found.st_dev,
            inode: found.st_ino,
            changed: (found.st_ctime, found.st_ctime_nsec as i64),
        }
    }
}

impl NamedFile {
    pub(super) fn new(
        opened: OpenedFile,
        directory: Arc<NamespaceDirectory>,
        file_name: CString,
    ) -> Self {
        Self {
            descriptor: opened.descriptor,
            directory,
            file_name,
            generation: fork::generation(),
            released: AtomicBool::new(false),
            for_views: LastingDescriptor::default(),
            is_writable: opened.is_writable,
            state: opened.state,
        }
    }

    /// Whether this process could open the file for writing, too.
    pub(crate) fn is_writable(&self) -> bool {
        self.is_writable
    }

    /// [`fork::generation`] when the file was opened.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the name still leads to the file, and nothing about it has changed since this process found
    /// that it did.
    pub(crate) fn is_unchanged(&self) -> bool {
        let found = shared_file::stat_at(self.directory.as_fd(), &self.file_name);
        found.is_ok_and(|found| NamedFileState::of(&found) == self.state)
    }

    /// The object's name without its scope, if it is spelled out in the file's; else it stands in the
    /// descriptor.
    pub(super) fn leaf(&self) -> Vec<u16> {
        ObjectName::leaf_of_file(&self.file_name).unwrap_or_default()
    }

    /// Opens the file for views, if that has not been done: before any lock is taken that a view is mapped
    /// under, for it takes memory.
    pub(crate) fn open_for_views(&self) {
        if self.for_views.get().is_some() {
            return;
        }
        let opened = if self.is_writable {
            shared_file::open_writable(self.as_fd())
        } else {
            shared_file::open_again(self.as_fd())
        };
        if let Ok(opened) = opened {
            self.for_views.put(opened);
        }
    }

    /// The file as views are to be mapped from it. Where it could not be opened once more (no /proc, no
    /// descriptor left, rights that have been taken away since) it is the one that holds the name: better a
    /// view that outlives a fork with its lock than none.
    pub(crate) fn for_views(&self) -> BorrowedFd<'_> {
        self.for_views.get().unwrap_or(self.as_fd())
    }

    /// Whether both are openings of one object's file.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// The file's device and inode number.
    pub(crate) fn identity(&self) -> (u64, u64) {
        (self.state.device, self.state.inode)
    }

    /// Another hold on the name, for a process that is to get the object: a descriptor whose lock lasts
    /// until it is closed everywhere.
    ///
    /// # Errors
    ///
    /// [`NtStatus::TOO_MANY_OPENED_FILES`], [`NtStatus::OBJECT_NAME_NOT_FOUND`] if the name has been
    /// given up.
    pub fn another_hold(&self) -> Result<OwnedFd, NtStatus> {
        let anew = shared_file::open_again(self.descriptor.as_fd())
            .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        // Who holds it here shares; nobody can have it to himself meanwhile.
        if shared_file::try_lock_shared(anew.as_fd()) {
            Ok(anew)
        } else {
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        }
    }

    /// Takes the name out of the namespace, whoever has the object open.
    pub(crate) fn remove(&self) {
        if shared_file::has_name(self.descriptor.as_fd()) {
            let _ = shared_file::unlink(self.directory.as_fd(), &self.file_name);
        }
    }

    /// Gives the name up; whoever is the last to do so takes it out of the namespace. Answers whether
    /// that was this call, so that nobody has the object any more.
    pub fn release(&self) -> bool {
        if self.released.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.give_up()
    }

    fn give_up(&self) -> bool {
        let file = self.descriptor.as_fd();
        if self.generation != fork::generation() {
            // The description, and with it the lock, may be shared with a process on the other side
            // of a fork: asking for the lock to itself would be granted although that process lives.
            // So this descriptor gets a description of its own, and asks with that.
            if shared_file::replace_description(file).is_err() {
                // No /proc or no descriptor left: leave the lock to the end of the process.
                return false;
            }
        }
        // Whether it is granted or not, the shared lock is gone afterwards: the kernel gives the old
        // lock up before it tries for the new one.
        let is_last = shared_file::try_lock_exclusive(file) && shared_file::has_name(file);
        if is_last {
            let _ = shared_file::unlink(self.directory.as_fd(), &self.file_name);
        }
        is_last
    }
}

impl AsFd for NamedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Drop for NamedFile {
    fn drop(&mut self) {
        if !*self.released.get_mut() {
            self.give_up();
        }
    }
}
