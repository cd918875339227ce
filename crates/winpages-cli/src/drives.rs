//! `winpages drives`: which directories the drive letters stand for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use winpages_kernel::NtStatus;
use winpages_kernel::file::drive::{self, Drive, Letter, Source};

use crate::failure::{Failure, Reason, say};
use crate::output::{print, print_json};
use crate::table::{Align, Table};

/// What to do with the drives.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a letter stand for a directory, from now on
    Set {
        /// The drive, such as E:
        #[arg(value_parser = letter)]
        drive: Letter,
        /// The directory
        directory: PathBuf,
    },
    /// Forget what a letter stands for; the directory and its files stay
    Unset {
        /// The drive, such as E:
        #[arg(value_parser = letter)]
        drive: Letter,
    },
}

/// `E:`, `e:` or `e`.
fn letter(text: &str) -> Result<Letter, String> {
    let name = text.strip_suffix(['\\', '/']).unwrap_or(text);
    let name = name.strip_suffix(':').unwrap_or(name);
    let mut characters = name.chars();
    match (characters.next().and_then(Letter::new), characters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err("a drive is a letter from A to Z and a colon, such as E:".to_owned()),
    }
}

/// `winpages drives [set DRIVE DIRECTORY | unset DRIVE]`.
pub fn drives(action: Option<Action>, json: bool) -> Result<ExitCode, Failure> {
    match action {
        None => list(json)?,
        Some(Action::Set { drive, directory }) => set(drive, &directory)?,
        Some(Action::Unset { drive }) => unset(drive)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Listing {
    schema: &'static str,
    drives: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    drive: String,
    directory: PathBuf,
    exists: bool,
    source: String,
}

fn list(json: bool) -> Result<(), Failure> {
    let drives = drive::list();
    let rows: Vec<Row> = drives
        .iter()
        .map(|drive| Row {
            drive: drive.letter.to_string(),
            // An entry of the drives directory is a link: what is asked for is where it leads.
            directory: drive
                .directory
                .read_link()
                .unwrap_or_else(|_| drive.directory.clone()),
            exists: drive.directory.is_dir(),
            source: source(drive),
        })
        .collect();
    if json {
        return print_json(&Listing {
            schema: "winpages.drives/1",
            drives: rows,
        });
    }
    let mut table = Table::new([
        ("Drive", Align::Left),
        ("Directory", Align::Left),
        ("Set by", Align::Left),
    ]);
    for (row, drive) in rows.into_iter().zip(&drives) {
        let mut directory = row.directory.display().to_string();
        if !row.exists && drive.source != Source::Default {
            directory += " (missing)";
        }
        table.row([row.drive, directory, row.source]);
    }
    print(&table.render())
}

fn source(drive: &Drive) -> String {
    match drive.source {
        Source::Environment => format!("WINPAGES_DRIVE_{}", drive.letter.as_char()),
        Source::Entry => drive::drives_directory().display().to_string(),
        Source::Default => "default".to_owned(),
    }
}

fn set(letter: Letter, directory: &Path) -> Result<(), Failure> {
    drive::set(letter, directory).map_err(|status| match status {
        NtStatus::OBJECT_NAME_NOT_FOUND
        | NtStatus::OBJECT_PATH_NOT_FOUND
        | NtStatus::NOT_A_DIRECTORY => Failure::new(
            Reason::NotFound,
            format!("there is no directory {}", directory.display()),
        ),
        other => cannot_change(letter, other),
    })?;
    note_the_environment(letter);
    Ok(())
}

fn unset(letter: Letter) -> Result<(), Failure> {
    drive::remove(letter).map_err(|status| match status {
        NtStatus::OBJECT_NAME_NOT_FOUND | NtStatus::OBJECT_PATH_NOT_FOUND => Failure::new(
            Reason::NotFound,
            format!(
                "{letter} is not set in {}",
                drive::drives_directory().display()
            ),
        ),
        other => cannot_change(letter, other),
    })?;
    note_the_environment(letter);
    Ok(())
}

fn cannot_change(letter: Letter, status: NtStatus) -> Failure {
    let drives = drive::drives_directory();
    let why = match status {
        NtStatus::OBJECT_NAME_COLLISION => {
            "it is a directory of its own there, and may hold files: move it away first".to_owned()
        }
        other => other.to_string(),
    };
    Failure::new(
        Reason::Denied,
        format!("cannot change {letter} in {}: {why}", drives.display()),
    )
}

/// What the environment says about a drive wins over what was just changed.
fn note_the_environment(letter: Letter) {
    if let Some(drive) = drive::find(letter).filter(|drive| drive.source == Source::Environment) {
        say(&format!("note: {} is set, and wins", source(&drive)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_is_a_letter() {
        for text in ["E:", "e:", "e", "E:\\", "e:/"] {
            assert_eq!(letter(text), Ok(Letter::new('E').unwrap()), "{text}");
        }
        for text in ["", ":", "EE:", "1:", "é:", "E:\\x"] {
            assert!(letter(text).is_err(), "{text}");
        }
    }
}
