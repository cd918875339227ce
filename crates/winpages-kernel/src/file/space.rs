//! How much room there is on a disk.

use super::path::{self, Target};
use crate::NtStatus;
use crate::sys::file as sys;

/// The room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// How many bytes it gives out at a time.
    pub unit: u64,
    /// How many bytes it has.
    pub total: u64,
    /// How many of them are free.
    pub free: u64,
    /// How many of those this user may have.
    pub available: u64,
}

/// The room on the disk that a directory, at a Win32 path, is on; mirrors FileFsFullSizeInformation of
/// NtQueryVolumeInformationFile.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is no such directory, [`NtStatus::NOT_A_DIRECTORY`] if it is none,
/// and those of [`path::resolve`].
pub fn disk_space(directory: &str) -> Result<DiskSpace, NtStatus> {
    let Target::Place(place) = path::resolve(directory)? else {
        return Err(NtStatus::NOT_A_DIRECTORY);
    };
    let found = place.existing()?;
    if !place.is_directory() {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    let told = sys::statvfs(found).map_err(super::status_from_errno)?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Ok(DiskSpace {
        unit: told.f_frsize,
        total: bytes(told.f_blocks),
        free: bytes(told.f_bfree),
        available: bytes(told.f_bavail),
    })
}
