//! Making and listing directories.

use super::attributes::{Information, information_at};
use super::path::{self, Target};
use super::status_from_errno;
use crate::NtStatus;
use crate::sys::file::{self as sys, Mode, OFlags};

/// Makes a directory at a Win32 path; mirrors what CreateDirectory asks of NT.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_COLLISION`] if something has that name,
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if the directory it would be in does not exist, and those of
/// [`path::resolve`].
pub fn create_directory(path: &str) -> Result<(), NtStatus> {
    let Target::Place(place) = path::resolve(path)? else {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    };
    if place.exists {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    sys::mkdir(&place.path, Mode::from_raw_mode(0o777)).map_err(|errno| match errno {
        sys::Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND,
        other => status_from_errno(other),
    })
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub information: Information,
}

/// The entries of a directory whose names match a pattern with `*` and `?`, by name; `.` and `..`
/// first, but for a drive's root, as on Windows. Mirrors NtQueryDirectoryFile.
///
/// `path` is a Win32 path whose last part is the pattern.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if nothing matches, [`NtStatus::OBJECT_PATH_NOT_FOUND`] if there
/// is no such directory, [`NtStatus::NOT_A_DIRECTORY`] if it is a file, [`NtStatus::ACCESS_DENIED`] if it may not be read, and those of
/// [`path::resolve`].
pub fn find(path: &str) -> Result<Vec<Entry>, NtStatus> {
    let at = path
        .rfind(['\\', '/', ':'])
        .map_or(0, |separator| separator + 1);
    let (directory, pattern) = path.split_at(at);
    if pattern.is_empty() {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    let directory = if directory.is_empty() { "." } else { directory };
    let Target::Place(place) = path::resolve(directory)? else {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    };
    let not_found = |_| NtStatus::OBJECT_PATH_NOT_FOUND;
    let directory_path = place.existing().map_err(not_found)?;
    if !place.is_directory() {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    let opened = sys::open(
        directory_path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(status_from_errno)?;
    let pattern = wildcards(pattern);
    let is_root = path::full_path_name(directory)?.len() == r"C:\".len();
    let mut entries = Vec::new();
    for entry in sys::Dir::new(opened).map_err(status_from_errno)? {
        let entry = entry.map_err(status_from_errno)?;
        let Ok(name) = entry.file_name().to_str() else {
            // No Win32 path could name it.
            continue;
        };
        if (is_root && matches!(name, "." | "..")) || !matches(&pattern, &fold(name)) {
            continue;
        }
        // It may have gone meanwhile, or be a link that leads nowhere.
        if let Ok(information) = information_at(&directory_path.join(name)) {
            entries.push(Entry {
                name: name.to_owned(),
                information,
            });
        }
    }
    if entries.is_empty() {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    entries.sort_by_cached_key(|entry| fold(&entry.name));
    Ok(entries)
}

fn fold(name: &str) -> Vec<char> {
    super::lookup::fold(name).collect()
}

/// Where a dot before a wildcard stands: a dot, or nothing at the end of the name, so that `*.*` is
/// every name. Windows has the same stand-in, as no name can hold it.
const DOT_OR_END: char = '"';
/// What `?` is: a character, or nothing before a dot or at the end of the name.
const CHARACTER_OR_NONE: char = '>';
/// What `*.` at the end of a pattern is: the rest of a name that has no extension.
const WITHOUT_EXTENSION: char = '<';

/// A pattern as [`matches`] takes it.
fn wildcards(pattern: &str) -> Vec<char> {
    let mut folded = fold(pattern);
    if folded.ends_with(&['*', '.']) {
        folded.truncate(folded.len() - 2);
        folded.push(WITHOUT_EXTENSION);
    }
    let is_wild = |at: usize| matches!(folded.get(at), Some('*' | '?'));
    folded
        .iter()
        .enumerate()
        .map(|(at, &character)| match character {
            '.' if is_wild(at + 1) => DOT_OR_END,
            '?' => CHARACTER_OR_NONE,
            other => other,
        })
        .collect()
}

/// Whether a name matches a pattern of [`wildcards`]. Time grows with the product of the lengths at
/// most.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut on) = (0, 0);
    // Where the last star stands, and what of the name it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while on < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, on));
                at += 1;
            }
            Some(&CHARACTER_OR_NONE) if name[on] == '.' => at += 1,
            Some(&CHARACTER_OR_NONE) => {
                at += 1;
                on += 1;
            }
            Some(&DOT_OR_END) if name[on] == '.' => {
                at += 1;
                on += 1;
            }
            // The last dot may be the name's end, which only `.` and `..` have.
            Some(&WITHOUT_EXTENSION)
                if name[on..]
                    .iter()
                    .rposition(|other| *other == '.')
                    .is_none_or(|dot| on + dot + 1 == name.len()) =>
            {
                return true;
            }
            Some(&character) if character == name[on] => {
                at += 1;
                on += 1;
            }
            _ => {
                let Some((star_at, covered)) = star else {
                    return false;
                };
                star = Some((star_at, covered + 1));
                at = star_at + 1;
                on = covered + 1;
            }
        }
    }
    pattern[at..].iter().all(|character| {
        matches!(
            *character,
            '*' | DOT_OR_END | CHARACTER_OR_NONE | WITHOUT_EXTENSION
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "anything.txt", true),
            ("*.txt", "A.TXT", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*.*", "nodot", true),
            ("g.*", "G", true),
            ("g.*", "gg", false),
            ("a??.txt", "ab.txt", true),
            ("a??.txt", "abcd.txt", false),
            ("*b*b", "abcb", true),
            ("*b*b", "abc", false),
            ("*.", "nodot", true),
            ("*.", "a.txt", false),
            ("*.", ".", true),
            ("*.", "..", true),
            ("n*.", "nodot", true),
            ("n*.", "n", true),
            ("n*.", "other", false),
            ("*b*.", "abc", true),
            ("*b*.", "abc.x", false),
            ("", "", true),
            ("a", "ab", false),
        ] {
            assert_eq!(
                matches(&wildcards(pattern), &fold(name)),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
