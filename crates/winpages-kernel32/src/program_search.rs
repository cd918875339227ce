//! Finding the program that is to be started.

use std::path::{Path, PathBuf};

use winpages_kernel::NtStatus;
use winpages_kernel::file::path::{Target, resolve};

use crate::error_code::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_PATH_NOT_FOUND,
};
use crate::{command_line, dos_error};

/// What is appended to a name that has no extension.
const EXTENSION: &str = ".exe";

/// What has been found under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Program,
    /// A file that its mode does not let be executed, and that a better one may yet be found for.
    File,
    Directory,
}

fn look_at(path: &Path) -> Option<Found> {
    use std::os::unix::fs::PermissionsExt;
    let found = std::fs::metadata(path).ok()?;
    Some(if found.is_dir() {
        Found::Directory
    } else if found.permissions().mode() & 0o111 != 0 {
        Found::Program
    } else {
        Found::File
    })
}

/// The place of a Win32 path.
fn place(path: &str) -> Result<Option<PathBuf>, NtStatus> {
    match resolve(path)? {
        Target::Place(place) if place.exists => Ok(Some(place.path)),
        _ => Ok(None),
    }
}

/// The program whose path is given: nothing is appended to it, and it is looked for nowhere else.
///
/// # Errors
///
/// ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_INVALID_NAME.
pub(crate) fn named(path: &[u16]) -> Result<PathBuf, u32> {
    if path.is_empty() {
        return Err(ERROR_PATH_NOT_FOUND);
    }
    let path = String::from_utf16(path).map_err(|_| ERROR_INVALID_PARAMETER)?;
    let found = place(&path).map_err(dos_error::from_status)?;
    found.ok_or(ERROR_FILE_NOT_FOUND)
}

/// The program that a command line begins with, and the command line that it is to see: a name that holds white
/// space and was not quoted is quoted there.
///
/// # Errors
///
/// ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED if only a directory has the name; ERROR_INVALID_PARAMETER for
/// an empty name in quotation marks.
pub(crate) fn first_of(line: &[u16]) -> Result<(PathBuf, Vec<u16>), u32> {
    let mut failure = ERROR_FILE_NOT_FOUND;
    for candidate in command_line::program_candidates(line) {
        if candidate.is_empty() {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let name = String::from_utf16(candidate).map_err(|_| ERROR_INVALID_PARAMETER)?;
        match search(&name) {
            Some((path, Found::Program | Found::File)) => {
                return Ok((path, command_line::with_quoted_name(line, candidate.len())));
            }
            Some((_, Found::Directory)) => failure = ERROR_ACCESS_DENIED,
            None => {}
        }
    }
    Err(failure)
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '\\' | '/' | ':')
}

/// Whether a path says by itself where it leads from.
fn is_rooted(path: &str) -> bool {
    path.starts_with(['\\', '/', '.']) || path.get(1..2) == Some(":")
}

/// Looks beside this program, in the current directory, and in those of `PATH`, for the name with `.exe`
/// if it has no extension, and then for the name as it is. What cannot be executed is passed over as long as
/// there is hope.
fn search(name: &str) -> Option<(PathBuf, Found)> {
    if name.trim_end_matches(' ').is_empty() {
        return None;
    }
    let last = name.rsplit(is_separator).next().unwrap_or(name);
    let with_extension = (!last.contains('.')).then(|| format!("{name}{EXTENSION}"));
    let spellings: Vec<&str> = with_extension
        .as_deref()
        .into_iter()
        .chain([name])
        .collect();
    let mut second_best = None;
    for spelling in spellings {
        for candidate in candidates(spelling) {
            match look_at(&candidate) {
                Some(Found::Program) => return Some((candidate, Found::Program)),
                Some(found) => {
                    second_best.get_or_insert((candidate, found));
                }
                None => {}
            }
        }
    }
    second_best
}

/// The places where a name may lead.
fn candidates(name: &str) -> Vec<PathBuf> {
    let here = place(name).ok().flatten();
    if is_rooted(name) {
        return here.into_iter().collect();
    }
    // Names in directories that Linux names are Linux's, but for the separators.
    let relative = name.replace('\\', "/");
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::parent);
    let beside = own.map(|directory| directory.join(&relative));
    let variable = std::env::var("PATH").unwrap_or_default();
    let further = directories_in(&variable).into_iter();
    beside
        .into_iter()
        .chain(here)
        .chain(further.map(|directory| directory.join(&relative)))
        .collect()
}

/// The directories of `PATH`, which the system writes as Linux does, and a program for Windows as Windows does.
fn directories_in(variable: &str) -> Vec<PathBuf> {
    let is_drive = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'\\'
    };
    if !variable.contains(';') && !is_drive(variable) {
        return std::env::split_paths(variable).collect();
    }
    let directories = variable.split(';').map(|text| text.trim_matches('"'));
    directories
        .filter(|text| !text.is_empty())
        .filter_map(|text| place(text).ok().flatten())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_read_as_either_system_writes_it() {
        assert_eq!(
            directories_in("/usr/bin:/bin"),
            [Path::new("/usr/bin"), Path::new("/bin")]
        );
        assert_eq!(
            directories_in(r"Z:\usr;;Z:\missing;Z:\"),
            [Path::new("/usr"), Path::new("/")]
        );
        assert_eq!(directories_in(r"Z:\usr"), [Path::new("/usr")]);
    }
}
