//! Deleting files and directories.

use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::attributes::Attributes;
use super::create::{CreateOptions, CreateRequest, Disposition};
use super::path::{self, Target};
use super::share_access::ShareAccess;
use super::{File, Identity, Kind, status_from_errno};
use crate::NtStatus;
use crate::object::AccessMask;
use crate::sys::file::{self as sys, FileType};

impl File {
    pub(super) fn set_delete_on_close(&self, request: &CreateRequest<'_>) {
        if request.options.contains(CreateOptions::DELETE_ON_CLOSE) {
            self.delete_on_close.store(true, Ordering::Release);
        }
    }

    /// Says whether the file's name goes with its last handle; mirrors FileDispositionInformation of
    /// NtSetInformationFile.
    ///
    /// # Errors
    ///
    /// [`NtStatus::CANNOT_DELETE`] if it is read-only or mapped.
    pub fn set_disposition(&self, delete: bool) -> Result<(), NtStatus> {
        if delete && self.kind == Kind::Disk {
            let is_read_only = self
                .information()?
                .attributes
                .contains(Attributes::READONLY);
            if is_read_only || self.refuse_if_mapped().is_err() {
                return Err(NtStatus::CANNOT_DELETE);
            }
        }
        self.delete_on_close.store(delete, Ordering::Release);
        Ok(())
    }

    /// Whether the file's name goes with its last handle.
    pub fn is_to_be_deleted(&self) -> bool {
        self.delete_on_close.load(Ordering::Acquire)
    }

    /// The Linux path the file has now, wherever it has been moved; `None` if it has no name left.
    pub fn linux_path(&self) -> Option<PathBuf> {
        let link = format!("/proc/self/fd/{}", self.as_fd().as_raw_fd());
        let target = sys::readlink(link, Vec::new()).ok()?;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(target.as_bytes()));
        let found = sys::stat(&path).ok()?;
        let there = Identity {
            device: found.st_dev,
            inode: found.st_ino,
        };
        // A deleted file's link says a path that another file may have by now.
        (there == self.identity).then_some(path)
    }

    /// Takes the file's name away, if it still has one. Who has it open keeps the data.
    pub(super) fn delete_name(&self) {
        if let Some(path) = self.linux_path() {
            let _ = match self.kind {
                Kind::Directory => sys::rmdir(&path),
                _ => sys::unlink(&path),
            };
        }
    }
}

/// Deletes the file at a Win32 path; mirrors what DeleteFile asks of NT. The name is gone at once,
/// as on Windows since version 1809; those who have the file open, which they must have shared for
/// deleting, keep its data.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is no such file; [`NtStatus::SHARING_VIOLATION`] if it
/// is open and not shared for deleting; [`NtStatus::CANNOT_DELETE`] if it is read-only or mapped;
/// [`NtStatus::FILE_IS_A_DIRECTORY`]; [`NtStatus::INVALID_PARAMETER`] for NUL and its kin;
/// [`NtStatus::ACCESS_DENIED`]; and those of [`path::resolve`].
pub fn delete_file(path: &str) -> Result<(), NtStatus> {
    let Target::Place(place) = path::resolve(path)? else {
        return Err(NtStatus::INVALID_PARAMETER);
    };
    // A link is deleted itself, not what it leads to.
    if std::fs::symlink_metadata(&place.path).is_ok_and(|found| found.is_symlink()) {
        return sys::unlink(&place.path).map_err(status_from_errno);
    }
    let (file, ..) = File::create(&CreateRequest {
        path,
        access: AccessMask::DELETE,
        share: ShareAccess::all(),
        disposition: Disposition::Open,
        options: CreateOptions::NON_DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE,
        read_only: false,
    })?;
    if file.kind == Kind::Character {
        return Err(NtStatus::ACCESS_DENIED);
    }
    if file.kind == Kind::Disk && file.refuse_if_mapped().is_err() {
        return Err(NtStatus::CANNOT_DELETE);
    }
    let name = file.linux_path().ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    sys::unlink(name).map_err(status_from_errno)
}

/// Deletes the empty directory at a Win32 path; mirrors what RemoveDirectory asks of NT.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is none, [`NtStatus::NOT_A_DIRECTORY`] if it is a file,
/// [`NtStatus::DIRECTORY_NOT_EMPTY`], [`NtStatus::SHARING_VIOLATION`] if the file system says it is
/// busy, [`NtStatus::ACCESS_DENIED`], and those of [`path::resolve`].
pub fn remove_directory(path: &str) -> Result<(), NtStatus> {
    let Target::Place(place) = path::resolve(path)? else {
        return Err(NtStatus::NOT_A_DIRECTORY);
    };
    let name = place.existing()?;
    let found = sys::stat(name).map_err(status_from_errno)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    sys::rmdir(name).map_err(status_from_errno)
}
