//! Win32 paths: their grammar, and their translation into paths of Linux.
//!
//! This is the one place where the two meet. A Win32 path is first made full, by its text alone, as
//! RtlGetFullPathName does; then its drive's directory is found, and then, part by part, the name on
//! disk that is equal but for case.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::drive::{self, Letter};
use super::lookup::{self, Place};
use super::status_from_errno;
use crate::NtStatus;
use crate::sys::file::{self as sys, Errno};

/// What stands before the parts of a full path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    /// `C:\`
    Drive(char),
    /// `\\?\` (taken literally) or `\\.\`, then a drive.
    DeviceDrive(&'static str, char),
    /// `\\server\share`, of which neither is served.
    Network,
    /// `\\.\NUL` and other devices that are no drive.
    Device,
}

/// What a Win32 path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file or directory, there or not.
    Place(Place),
    /// NUL: reads nothing, swallows everything.
    Null,
    /// CONIN$: the terminal, to read.
    ConsoleInput,
    /// CONOUT$: the terminal, to write.
    ConsoleOutput,
    /// CON: the terminal, whichever way it is opened.
    Console,
}

/// `"nul"` and its kin: the names that lead to a device in whatever directory they are said to be.
const DEVICES: [&str; 6] = ["NUL", "CON", "AUX", "PRN", "CONIN$", "CONOUT$"];

/// The device that the last part of a path names: `NUL`, `nul.txt`, `COM1:`; as it is written.
fn device_of(part: &str) -> Option<&str> {
    // What follows the first dot or colon does not count, nor do spaces before it.
    let name = part.split(['.', ':']).next()?.trim_end_matches(' ');
    let is_port = || {
        let bytes = name.as_bytes();
        bytes.len() == 4
            && (name[..3].eq_ignore_ascii_case("COM") || name[..3].eq_ignore_ascii_case("LPT"))
            && matches!(bytes[3], b'1'..=b'9')
    };
    let is_device = DEVICES
        .iter()
        .any(|device| name.eq_ignore_ascii_case(device));
    // Only three bytes of ASCII may be sliced off in `is_port`.
    (is_device || (name.is_ascii() && is_port())).then_some(name)
}

fn is_separator(character: char) -> bool {
    matches!(character, '\\' | '/')
}

/// The letter and the rest, if the path begins with `X:`.
fn split_drive(path: &str) -> Option<(char, &str)> {
    let mut characters = path.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    characters
        .as_str()
        .strip_prefix(':')
        .map(|rest| (letter, rest))
}

/// Makes `.`, `..`, doubled and forward separators disappear; `..` stops at the root. A separator at
/// the end stays. Dots and spaces at the end of the path go, and one dot at the end of a part.
fn normalise(rest: &str) -> String {
    let ends_in_separator = rest.ends_with(is_separator);
    let mut parts: Vec<&str> = Vec::new();
    let mut pieces = rest.split(is_separator).peekable();
    let mut is_open = ends_in_separator;
    while let Some(piece) = pieces.next() {
        let is_last = pieces.peek().is_none();
        match piece {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ if is_last => {
                let trimmed = piece.trim_end_matches(['.', ' ']);
                if trimmed.is_empty() {
                    is_open = true;
                } else {
                    parts.push(trimmed);
                }
            }
            _ => parts.push(piece.strip_suffix('.').unwrap_or(piece)),
        }
    }
    let mut normal = parts.join("\\");
    if is_open && !normal.is_empty() {
        normal.push('\\');
    }
    normal
}

/// Makes a Win32 path full, by its text and the current directory alone, as RtlGetFullPathName does.
///
/// ```
/// use winpages_kernel::file::path::full_path_name;
/// assert_eq!(full_path_name(r"C:\one/./two\..\three. ").unwrap(), r"C:\one\three");
/// assert_eq!(full_path_name(r"\\server\share\..\file").unwrap(), r"\\server\share\file");
/// assert_eq!(full_path_name("nul.txt").unwrap(), r"\\.\nul");
/// ```
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_INVALID`] for a path of nothing but spaces,
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if the current directory is gone.
pub fn full_path_name(path: &str) -> Result<String, NtStatus> {
    if path.trim_end_matches(' ').is_empty() {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let is_rooted = path.starts_with(is_separator);
    let is_doubly_rooted = is_rooted && path[1..].starts_with(is_separator);
    if is_doubly_rooted {
        return Ok(full_device_or_network_path(&path[2..]));
    }
    let last = path.rsplit(is_separator).next().unwrap_or(path);
    let last = split_drive(last).map_or(last, |(_, rest)| rest);
    if let Some(device) = device_of(last) {
        return Ok(format!(r"\\.\{device}"));
    }
    if let Some((letter, rest)) = split_drive(path) {
        if rest.starts_with(is_separator) {
            return Ok(format!(r"{letter}:\{}", normalise(rest)));
        }
        // Relative to the current directory if that is on the drive, to the drive's root if not.
        let current = current_directory()?;
        let (letter, base) = match split_drive(&current) {
            Some((drive, base)) if drive.eq_ignore_ascii_case(&letter) => (drive, base),
            _ => (letter, ""),
        };
        // "C:" alone is the current directory with an open end.
        return Ok(format!(
            r"{letter}:\{}",
            normalise(&format!(r"{base}\{rest}"))
        ));
    }
    let current = current_directory()?;
    let (letter, base) = split_drive(&current).ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    if is_rooted {
        Ok(format!(r"{letter}:\{}", normalise(path)))
    } else {
        Ok(format!(
            r"{letter}:\{}",
            normalise(&format!(r"{base}\{path}"))
        ))
    }
}

/// The full form of what follows two separators.
fn full_device_or_network_path(rest: &str) -> String {
    let mut pieces = rest.splitn(2, is_separator);
    let first = pieces.next().unwrap_or("");
    let after = pieces.next();
    if matches!(first, "?" | ".") {
        let Some(after) = after else {
            return format!(r"\\{first}");
        };
        // `..` does not leave the device.
        let mut pieces = after.splitn(2, is_separator);
        let device = pieces.next().unwrap_or("");
        return match pieces.next() {
            None => format!(r"\\{first}\{device}"),
            Some(inner) => format!(r"\\{first}\{device}\{}", normalise(inner)),
        };
    }
    let Some(after) = after else {
        return format!(r"\\{first}");
    };
    let mut pieces = after.splitn(2, is_separator);
    let share = pieces.next().unwrap_or("");
    match pieces.next() {
        None => format!(r"\\{first}\{share}"),
        Some(inner) => format!(r"\\{first}\{share}\{}", normalise(inner)),
    }
}

/// What the full path begins with, and the rest.
fn split_root(full: &str) -> (Root, &str) {
    if let Some((letter, rest)) = split_drive(full) {
        return (Root::Drive(letter), rest.trim_start_matches('\\'));
    }
    for prefix in [r"\\?\", r"\\.\"] {
        let Some(rest) = full.strip_prefix(prefix) else {
            continue;
        };
        if let Some((letter, inner)) = split_drive(rest)
            && (inner.is_empty() || inner.starts_with('\\'))
        {
            return (
                Root::DeviceDrive(prefix, letter),
                inner.trim_start_matches('\\'),
            );
        }
        let is_network = rest
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(r"UNC\"));
        return if is_network {
            (Root::Network, rest)
        } else {
            (Root::Device, rest)
        };
    }
    (Root::Network, full)
}

/// Whether a part of a path can be the name of a file on Windows.
fn is_valid_part(part: &str) -> bool {
    !part.contains(|character: char| {
        character < ' ' || matches!(character, '<' | '>' | ':' | '"' | '/' | '|' | '?' | '*')
    })
}

/// Finds what a Win32 path leads to.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_INVALID`] if it holds characters no Windows name may hold;
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if the path is empty, or the drive or a directory on the way
/// does not exist; [`NtStatus::OBJECT_NAME_NOT_FOUND`] for a device that does not exist;
/// [`NtStatus::BAD_NETWORK_PATH`] for `\\server\share`; [`NtStatus::ACCESS_DENIED`] if a directory on
/// the way may not be searched.
pub fn resolve(path: &str) -> Result<Target, NtStatus> {
    if path.is_empty() {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    }
    // What begins with exactly this is taken as it stands: no dots, no slashes, no devices.
    let full = if path.starts_with(r"\\?\") {
        path.to_owned()
    } else {
        full_path_name(path)?
    };
    let (root, rest) = split_root(&full);
    let letter = match root {
        Root::Drive(letter) | Root::DeviceDrive(_, letter) => letter,
        Root::Network => return Err(NtStatus::BAD_NETWORK_PATH),
        Root::Device => return device(rest),
    };
    let ends_in_separator = rest.ends_with('\\');
    let parts: Vec<&str> = rest.split('\\').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| !is_valid_part(part)) {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        // Only `\\?\` lets them get here, and no directory of Windows holds such names.
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let drive = Letter::new(letter)
        .and_then(drive::find)
        .ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let mut place = lookup::find(&drive.directory, &parts)?;
    place.ends_in_separator = ends_in_separator && !parts.is_empty();
    Ok(Target::Place(place))
}

fn device(name: &str) -> Result<Target, NtStatus> {
    for (device, target) in [
        ("NUL", Target::Null),
        ("CON", Target::Console),
        ("CONIN$", Target::ConsoleInput),
        ("CONOUT$", Target::ConsoleOutput),
    ] {
        if name.eq_ignore_ascii_case(device) {
            return Ok(target);
        }
    }
    Err(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// The Win32 path of a Linux path: in the drive whose directory holds it most deeply.
///
/// `None` if no drive reaches it, which takes a `Z:` that is not the root directory. `path` must be
/// absolute and free of links; bytes that are not UTF-8 become U+FFFD.
pub fn from_linux(path: &Path) -> Option<String> {
    let (letter, rest) = drive::containing(path)?;
    let mut full = format!(r"{letter}\");
    full.push_str(&String::from_utf8_lossy(rest.as_os_str().as_bytes()).replace('/', "\\"));
    Some(full)
}

/// GetCurrentDirectory: the process's current directory, without a separator at the end but for a
/// drive's root. It is `C:\` where no drive reaches the directory.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if the directory has been deleted.
pub fn current_directory() -> Result<String, NtStatus> {
    let linux = sys::getcwd(Vec::new()).map_err(|_| NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let linux = PathBuf::from(std::ffi::OsStr::from_bytes(linux.as_bytes()));
    Ok(from_linux(&linux).unwrap_or_else(|| String::from(r"C:\")))
}

/// SetCurrentDirectory: for the whole process, Linux calls included.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is no such directory, [`NtStatus::NOT_A_DIRECTORY`] if
/// it is no directory, and those of [`resolve`].
pub fn set_current_directory(path: &str) -> Result<(), NtStatus> {
    match resolve(path)? {
        Target::Place(place) => sys::chdir(place.existing()?).map_err(|errno| match errno {
            Errno::NOTDIR => NtStatus::NOT_A_DIRECTORY,
            other => status_from_errno(other),
        }),
        _ => Err(NtStatus::OBJECT_NAME_INVALID),
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
