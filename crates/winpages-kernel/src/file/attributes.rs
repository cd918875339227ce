//! What is known of a file without opening it for its data.

use core::time::Duration;
use std::path::Path;

use super::create::WRITE_BITS;
use super::path::{self, Target};
use super::{File, Identity, Kind, status_from_errno};
use crate::NtStatus;
use crate::sys::file::{self as sys, AtFlags, CWD, FileType, Mode, Stat, StatxFlags};

bitflags::bitflags! {
    /// FILE_ATTRIBUTE_, as far as a file on Linux has them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Attributes: u32 {
        /// FILE_ATTRIBUTE_READONLY: no permission bit lets anybody write.
        const READONLY = 0x01;
        /// FILE_ATTRIBUTE_DIRECTORY
        const DIRECTORY = 0x10;
        /// FILE_ATTRIBUTE_ARCHIVE: every plain file, as nobody here takes the mark away.
        const ARCHIVE = 0x20;
    }
}

/// What GetFileInformationByHandle and GetFileAttributesEx tell of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Information {
    /// The attributes.
    pub attributes: Attributes,
    /// When it was made, since 1970-01-01 00:00 UTC; the last change where that is not recorded.
    pub creation: Duration,
    /// When it was last read.
    pub last_access: Duration,
    /// When it was last written.
    pub last_write: Duration,
    /// When anything about it last changed.
    pub change: Duration,
    /// Its size in bytes; 0 for a directory, as on Windows.
    pub size: u64,
    /// How many bytes of the disk it takes.
    pub allocated: u64,
    /// How many names it has.
    pub links: u32,
    /// Which file it is.
    pub identity: Identity,
}

fn attributes_of(mode: u32) -> Attributes {
    if FileType::from_raw_mode(mode) == FileType::Directory {
        return Attributes::DIRECTORY;
    }
    let mut attributes = Attributes::ARCHIVE;
    attributes.set(Attributes::READONLY, mode & WRITE_BITS == 0);
    attributes
}

/// What the system counts a file's room in, in bytes, whatever its file system does.
const BLOCK: u64 = 512;

fn since_epoch(seconds: i64, nanoseconds: i64) -> Duration {
    Duration::new(
        u64::try_from(seconds).unwrap_or(0),
        u32::try_from(nanoseconds).unwrap_or(0),
    )
}

fn information_of(found: &Stat, birth: Option<Duration>) -> Information {
    let attributes = attributes_of(found.st_mode);
    Information {
        attributes,
        creation: birth.unwrap_or_else(|| since_epoch(found.st_ctime, found.st_ctime_nsec as i64)),
        last_access: since_epoch(found.st_atime, found.st_atime_nsec as i64),
        last_write: since_epoch(found.st_mtime, found.st_mtime_nsec as i64),
        change: since_epoch(found.st_ctime, found.st_ctime_nsec as i64),
        allocated: found.st_blocks as u64 * BLOCK,
        size: if attributes.contains(Attributes::DIRECTORY) {
            0
        } else {
            found.st_size as u64
        },
        links: u32::try_from(found.st_nlink).unwrap_or(u32::MAX),
        identity: Identity {
            device: found.st_dev,
            inode: found.st_ino,
        },
    }
}

fn birth_of(statx: &sys::Statx) -> Option<Duration> {
    let is_known = StatxFlags::from_bits_retain(statx.stx_mask).contains(StatxFlags::BTIME);
    is_known.then(|| since_epoch(statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec.into()))
}

/// What is known of the file at a Linux path.
pub(super) fn information_at(path: &Path) -> Result<Information, NtStatus> {
    let found = sys::stat(path).map_err(status_from_errno)?;
    let birth = sys::statx(CWD, path, AtFlags::empty(), StatxFlags::BTIME)
        .ok()
        .and_then(|statx| birth_of(&statx));
    Ok(information_of(&found, birth))
}

/// What is known of the file at a Win32 path; mirrors NtQueryFullAttributesFile.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if nothing is there, [`NtStatus::OBJECT_NAME_INVALID`] if the path
/// ends in a separator and a plain file is, and those of [`path::resolve`].
pub fn attributes(path: &str) -> Result<Information, NtStatus> {
    match path::resolve(path)? {
        Target::Place(place) => {
            let information = information_at(place.existing()?)?;
            if place.ends_in_separator && !information.attributes.contains(Attributes::DIRECTORY) {
                return Err(NtStatus::OBJECT_NAME_INVALID);
            }
            Ok(information)
        }
        Target::Null | Target::Console | Target::ConsoleInput | Target::ConsoleOutput => {
            let mut information = information_at(Path::new("/dev/null"))?;
            information.attributes = Attributes::ARCHIVE;
            Ok(information)
        }
    }
}

/// Sets or clears FILE_ATTRIBUTE_READONLY of the file at a Win32 path. Directories have none.
///
/// Clearing lets the file's owner write, not others who could before.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if nothing is there, [`NtStatus::ACCESS_DENIED`] if the file is
/// another user's, and those of [`path::resolve`].
pub fn set_read_only(path: &str, read_only: bool) -> Result<(), NtStatus> {
    let Target::Place(place) = path::resolve(path)? else {
        return Err(NtStatus::ACCESS_DENIED);
    };
    let path = place.existing()?;
    let found = sys::stat(path).map_err(status_from_errno)?;
    if attributes_of(found.st_mode).contains(Attributes::DIRECTORY) {
        return Ok(());
    }
    let permissions = found.st_mode & 0o7777;
    let wanted = if read_only {
        permissions & !WRITE_BITS
    } else if permissions & WRITE_BITS == 0 {
        permissions | 0o200
    } else {
        permissions
    };
    if wanted == permissions {
        return Ok(());
    }
    sys::chmod(path, Mode::from_raw_mode(wanted)).map_err(status_from_errno)
}

impl File {
    /// What is known of the open file; mirrors NtQueryInformationFile.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_DEVICE_REQUEST`] for a pipe or a device.
    pub fn information(&self) -> Result<Information, NtStatus> {
        if matches!(self.kind, Kind::Pipe | Kind::Character) {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        let found = sys::fstat(self.as_fd()).map_err(status_from_errno)?;
        let birth = sys::statx(self.as_fd(), "", AtFlags::EMPTY_PATH, StatxFlags::BTIME)
            .ok()
            .and_then(|statx| birth_of(&statx));
        Ok(information_of(&found, birth))
    }
}
