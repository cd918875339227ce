//! `winpages drives`.

mod common;

use std::path::Path;
use std::process::Command;

use common::{finish, winpages};

fn drives(scratch: &Path, arguments: &[&str]) -> Command {
    let mut command = winpages();
    for letter in 'A'..='Z' {
        command.env_remove(format!("WINPAGES_DRIVE_{letter}"));
    }
    command
        .env("WINPAGES_DRIVES", scratch.join("drives"))
        .current_dir(scratch)
        .arg("drives")
        .args(arguments);
    command
}

#[test]
fn a_drive_is_set_listed_and_unset() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let directory = scratch.path().join("data");
    std::fs::create_dir(&directory).expect("the scratch directory can be written");
    let (code, _, messages) = finish(&mut drives(scratch.path(), &["set", "e:", "data"]));
    assert_eq!(code, 0, "{messages}");

    let (code, output, _) = finish(&mut drives(scratch.path(), &[]));
    assert_eq!(code, 0);
    let line = output.lines().find(|line| line.starts_with("E:"));
    assert!(
        line.is_some_and(|line| line.contains(&*directory.to_string_lossy())),
        "{output}"
    );
    assert!(
        output.lines().any(|line| line.starts_with("Z:")),
        "{output}"
    );

    let (code, output, _) = finish(&mut drives(scratch.path(), &["--json"]));
    assert_eq!(code, 0);
    let document: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(document["schema"], "winpages.drives/1");
    let drive = document["drives"]
        .as_array()
        .and_then(|drives| drives.iter().find(|drive| drive["drive"] == "E:"))
        .expect("E: is listed");
    assert_eq!(drive["directory"], *directory.to_string_lossy());
    assert_eq!(drive["exists"], true);

    let (code, ..) = finish(&mut drives(scratch.path(), &["unset", "E:"]));
    assert_eq!(code, 0);
    let (code, output, _) = finish(&mut drives(scratch.path(), &[]));
    assert_eq!(code, 0);
    assert!(
        !output.lines().any(|line| line.starts_with("E:")),
        "{output}"
    );
    assert!(directory.is_dir());
}

#[test]
fn the_environment_wins_and_says_so() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let mut command = drives(scratch.path(), &["set", "E:", "."]);
    let (code, _, messages) = finish(command.env("WINPAGES_DRIVE_E", "/nowhere"));
    assert_eq!(code, 0);
    assert!(
        messages.contains("WINPAGES_DRIVE_E is set, and wins"),
        "{messages}"
    );
    let mut command = drives(scratch.path(), &[]);
    let (_, output, _) = finish(command.env("WINPAGES_DRIVE_E", "/nowhere"));
    let line = output.lines().find(|line| line.starts_with("E:"));
    assert_eq!(
        line.map(|line| line.split_ascii_whitespace().collect::<Vec<_>>()),
        Some(vec!["E:", "/nowhere", "(missing)", "WINPAGES_DRIVE_E"])
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let (code, _, messages) = finish(&mut drives(scratch.path(), &["set", "EE:", "."]));
    assert_eq!(code, 2);
    assert!(messages.contains("a letter from A to Z"), "{messages}");
    let (code, _, messages) = finish(&mut drives(scratch.path(), &["set", "E:", "missing"]));
    assert_eq!(code, 3);
    assert!(
        messages.contains("there is no directory missing"),
        "{messages}"
    );
    let (code, _, messages) = finish(&mut drives(scratch.path(), &["unset", "E:"]));
    assert_eq!(code, 3);
    assert!(messages.contains("E: is not set"), "{messages}");
    // Its files would be out of reach behind a link.
    std::fs::create_dir_all(scratch.path().join("drives/e")).expect("can be written");
    let (code, ..) = finish(&mut drives(scratch.path(), &["set", "E:", "."]));
    assert_eq!(code, 4);
}
