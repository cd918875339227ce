//! Drive letters and the directories they stand for.
//!
//! The letters of a user are the entries of one directory: `$WINPAGES_DRIVES`, else
//! `$XDG_DATA_HOME/winpages/drives`, else `~/.local/share/winpages/drives`. An entry named `e` is
//! drive `E:`; it is a directory, or a link to one. `C:` comes into being there when it is first
//! used, and `Z:` is the root directory unless an entry says otherwise. `WINPAGES_DRIVE_E=/some/dir`
//! sets one letter for one process and its children.

use core::fmt;
use std::path::{Path, PathBuf};

use super::status_from_errno;
use crate::NtStatus;
use crate::sys::file as sys;

/// A drive letter, `A` to `Z`.
///
/// ```
/// use winpages_kernel::file::drive::Letter;
/// assert_eq!(Letter::new('e').unwrap().to_string(), "E:");
/// assert_eq!(Letter::new('é'), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Letter(u8);

impl Letter {
    const C: Self = Self(b'C');
    const Z: Self = Self(b'Z');

    /// The letter of a character, of either case.
    pub fn new(letter: char) -> Option<Self> {
        let upper = letter.to_ascii_uppercase();
        upper.is_ascii_uppercase().then_some(Self(upper as u8))
    }

    /// The letter, in upper case.
    pub fn as_char(self) -> char {
        self.0.into()
    }

    /// The name of the letter's entry in the drives directory.
    fn entry(self) -> String {
        self.as_char().to_ascii_lowercase().to_string()
    }

    fn variable(self) -> String {
        format!("WINPAGES_DRIVE_{}", self.as_char())
    }

    fn all() -> impl Iterator<Item = Self> {
        (b'A'..=b'Z').map(Self)
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.as_char())
    }
}

/// Where a drive's directory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The environment variable `WINPAGES_DRIVE_x`.
    Environment,
    /// An entry of the drives directory.
    Entry,
    /// Nobody said anything: `C:` in the drives directory, and `Z:` for `/`.
    Default,
}

/// A drive: its letter and the directory it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// The letter.
    pub letter: Letter,
    /// The directory, as it was given; it may be a link, and need not exist.
    pub directory: PathBuf,
    /// Who said so.
    pub source: Source,
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The directory whose entries are the user's drives. It need not exist.
pub fn drives_directory() -> PathBuf {
    if let Some(directory) = variable("WINPAGES_DRIVES") {
        return directory;
    }
    // The base directory specification has relative values ignored.
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.unwrap_or_else(|| {
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        home.join(".local/share")
    });
    data.join("winpages/drives")
}

/// The drive of a letter, if there is one. `C:` is made if nobody has defined it.
pub fn find(letter: Letter) -> Option<Drive> {
    let drive = look_up(letter, &drives_directory())?;
    if drive.source == Source::Default && letter == Letter::C {
        // If it cannot be made, opening something on it says why.
        let _ = std::fs::create_dir_all(&drive.directory);
    }
    Some(drive)
}

fn look_up(letter: Letter, drives: &Path) -> Option<Drive> {
    let (directory, source) = if let Some(directory) = variable(&letter.variable()) {
        (directory, Source::Environment)
    } else {
        let entry = drives.join(letter.entry());
        if sys::stat(&entry).is_ok() {
            (entry, Source::Entry)
        } else if letter == Letter::C {
            (entry, Source::Default)
        } else if letter == Letter::Z {
            (PathBuf::from("/"), Source::Default)
        } else {
            return None;
        }
    };
    Some(Drive {
        letter,
        directory,
        source,
    })
}

/// All drives there are, by letter.
pub fn list() -> Vec<Drive> {
    let drives = drives_directory();
    Letter::all()
        .filter_map(|letter| look_up(letter, &drives))
        .collect()
}

/// Makes `letter` stand for `directory` from now on, for this user, by a link in the drives
/// directory; an earlier link is replaced.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_COLLISION`] if the letter's entry is a directory itself, which may hold
/// files; [`NtStatus::NOT_A_DIRECTORY`] if `directory` is none; what the file system answers.
pub fn set(letter: Letter, directory: &Path) -> Result<(), NtStatus> {
    set_in(&drives_directory(), letter, directory)
}

fn set_in(drives: &Path, letter: Letter, directory: &Path) -> Result<(), NtStatus> {
    let absolute = std::fs::canonicalize(directory).map_err(status_from_io)?;
    if !absolute.is_dir() {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    std::fs::create_dir_all(drives).map_err(status_from_io)?;
    let entry = drives.join(letter.entry());
    match std::fs::symlink_metadata(&entry) {
        Ok(found) if !found.is_symlink() => return Err(NtStatus::OBJECT_NAME_COLLISION),
        _ => {}
    }
    // Beside it and then over it, so that the letter is never without a directory.
    let fresh = drives.join(format!(".{}.{}", letter.entry(), std::process::id()));
    let _ = std::fs::remove_file(&fresh);
    std::os::unix::fs::symlink(absolute, &fresh).map_err(status_from_io)?;
    std::fs::rename(&fresh, &entry).map_err(status_from_io)
}

/// Takes a letter's link out of the drives directory.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if it has no entry, [`NtStatus::OBJECT_NAME_COLLISION`] if its
/// entry is a directory itself, which may hold files.
pub fn remove(letter: Letter) -> Result<(), NtStatus> {
    remove_in(&drives_directory(), letter)
}

fn remove_in(drives: &Path, letter: Letter) -> Result<(), NtStatus> {
    let entry = drives.join(letter.entry());
    let found = std::fs::symlink_metadata(&entry).map_err(status_from_io)?;
    if !found.is_symlink() {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    std::fs::remove_file(&entry).map_err(status_from_io)
}

/// The drive in whose directory a Linux path lies most deeply, and the path from there.
///
/// `path` must be free of links, as the kernel's own answers are.
pub fn containing(path: &Path) -> Option<(Letter, PathBuf)> {
    let mut best: Option<(usize, Letter, PathBuf)> = None;
    for drive in list() {
        let Ok(directory) = std::fs::canonicalize(&drive.directory) else {
            continue;
        };
        if let Ok(rest) = path.strip_prefix(&directory) {
            let depth = directory.components().count();
            if best.as_ref().is_none_or(|(deepest, ..)| depth > *deepest) {
                best = Some((depth, drive.letter, rest.to_path_buf()));
            }
        }
    }
    best.map(|(_, letter, rest)| (letter, rest))
}

fn status_from_io(error: std::io::Error) -> NtStatus {
    error
        .raw_os_error()
        .map_or(NtStatus::UNSUCCESSFUL, |number| {
            status_from_errno(sys::Errno::from_raw_os_error(number))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_entries_of_a_directory() {
        let scratch = std::env::temp_dir().join(format!("winpages-drives-{}", std::process::id()));
        let (drives, target) = (scratch.join("drives"), scratch.join("target"));
        std::fs::create_dir_all(&target).unwrap();
        let letter = |letter| Letter::new(letter).unwrap();
        let source = |which| look_up(letter(which), &drives).map(|drive| drive.source);
        assert_eq!(source('c'), Some(Source::Default));
        assert_eq!(source('Z'), Some(Source::Default));
        assert_eq!(source('e'), None);

        assert_eq!(set_in(&drives, letter('e'), &target), Ok(()));
        assert_eq!(set_in(&drives, letter('E'), &target), Ok(()));
        assert_eq!(source('E'), Some(Source::Entry));
        assert_eq!(
            set_in(&drives, letter('f'), &scratch.join("missing")),
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        );
        assert_eq!(remove_in(&drives, letter('e')), Ok(()));
        assert_eq!(
            remove_in(&drives, letter('e')),
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        );
        // What may hold files is neither replaced nor removed.
        std::fs::create_dir(drives.join("c")).unwrap();
        for result in [
            set_in(&drives, letter('c'), &target),
            remove_in(&drives, letter('c')),
        ] {
            assert_eq!(result, Err(NtStatus::OBJECT_NAME_COLLISION));
        }
        std::fs::remove_dir_all(&scratch).unwrap();
    }
}
