//! Finding a name on disk that is equal but for case.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::status_from_errno;
use crate::NtStatus;
use crate::sys::file::{self as sys, Errno, Mode, OFlags};

/// Where a path leads: its directory exists, the name in it may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The Linux path, its last part spelled as on disk if it exists and as given if not.
    pub path: PathBuf,
    /// Whether something had that name when it was looked up. Somebody may have made or deleted it
    /// since.
    pub exists: bool,
    /// Whether the Win32 path ended in a separator, which only a directory's may.
    pub ends_in_separator: bool,
}

impl Place {
    /// The path, if something is there.
    ///
    /// # Errors
    ///
    /// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if nothing is.
    pub fn existing(&self) -> Result<&Path, NtStatus> {
        if self.exists {
            Ok(&self.path)
        } else {
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        }
    }

    /// Whether a directory is there.
    pub fn is_directory(&self) -> bool {
        sys::stat(&self.path).is_ok_and(|found| {
            sys::FileType::from_raw_mode(found.st_mode) == sys::FileType::Directory
        })
    }
}

/// Windows compares names by the upper case of each character, where that is one character.
pub(super) fn fold(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|character| {
        let mut upper = character.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(single), None) => single,
            _ => character,
        }
    })
}

/// The entry of `directory` that equals `name` but for case; the first in byte order if there are
/// several.
fn find_folded(directory: &Path, name: &str) -> Result<Option<OsString>, Errno> {
    let opened = sys::open(
        directory,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let mut best: Option<Vec<u8>> = None;
    for entry in sys::Dir::new(opened)? {
        let entry = entry?;
        let bytes = entry.file_name().to_bytes();
        let is_equal = core::str::from_utf8(bytes).is_ok_and(|found| fold(found).eq(fold(name)));
        if is_equal && best.as_deref().is_none_or(|best| bytes < best) {
            best = Some(bytes.to_vec());
        }
    }
    Ok(best.map(OsString::from_vec))
}

/// Follows `parts` down from `root`. The exact spelling wins over others.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if `root` or a part before the last is missing or no
/// directory, [`NtStatus::ACCESS_DENIED`] if a directory may not be searched.
pub fn find(root: &Path, parts: &[&str]) -> Result<Place, NtStatus> {
    let mut exact = root.to_path_buf();
    exact.extend(parts);
    let place = |path, exists| Place {
        path,
        exists,
        ends_in_separator: false,
    };
    // Mostly the spelling is right: one system call.
    match sys::stat(&exact) {
        Ok(_) => return Ok(place(exact, true)),
        Err(Errno::NOENT | Errno::NOTDIR) => {}
        Err(errno) => return Err(status_from_errno(errno)),
    }
    let mut path = root.to_path_buf();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        path.push(part);
        match sys::stat(&path) {
            Ok(_) => continue,
            Err(Errno::NOENT) => {}
            Err(Errno::NOTDIR) => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            Err(errno) => return Err(status_from_errno(errno)),
        }
        path.pop();
        let folded = match find_folded(&path, part) {
            Ok(folded) => folded,
            // May be entered and not read: then only exact spellings can be found.
            Err(Errno::ACCESS) => None,
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            Err(errno) => return Err(status_from_errno(errno)),
        };
        match folded {
            Some(found) => path.push(found),
            None if is_last => {
                path.push(part);
                return Ok(place(path, false));
            }
            None => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        }
    }
    if parts.is_empty() {
        // The drive's own directory is gone.
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    }
    // A link that leads nowhere has a name and nothing behind it.
    let exists = sys::stat(&path).is_ok();
    Ok(place(path, exists))
}
