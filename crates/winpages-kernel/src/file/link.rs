//! Another name for a file.

use super::path::{self, Target};
use super::status_from_errno;
use crate::NtStatus;
use crate::sys::file as sys;

/// Gives the file at one Win32 path another name, beside the one it has; mirrors FileLinkInformation of
/// NtSetInformationFile.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is no such file, [`NtStatus::OBJECT_NAME_COLLISION`] if the new name
/// is taken, [`NtStatus::FILE_IS_A_DIRECTORY`], [`NtStatus::NOT_SAME_DEVICE`] if they would be on different file
/// systems, and those of [`path::resolve`].
pub fn link(existing: &str, new: &str) -> Result<(), NtStatus> {
    let (Target::Place(source), Target::Place(target)) =
        (path::resolve(existing)?, path::resolve(new)?)
    else {
        return Err(NtStatus::ACCESS_DENIED);
    };
    let file = source.existing()?;
    if source.is_directory() {
        return Err(NtStatus::FILE_IS_A_DIRECTORY);
    }
    if target.exists {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    sys::link(file, &target.path).map_err(|errno| match errno {
        sys::Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND,
        other => status_from_errno(other),
    })
}
