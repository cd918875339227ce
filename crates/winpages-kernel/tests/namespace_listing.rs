//! Listing the namespace while others open, create and close what is listed.

#![allow(missing_docs)]

mod common;

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::users::*;
use common::*;
use winpages_kernel::NtStatus;
use winpages_kernel::object::namespace;
use winpages_kernel::section::Disposition;

/// What a process leaves that is killed while it alone holds a plain section.
fn leave_behind(path: &Path) {
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o1600)
        .open(path)
        .unwrap();
    file.set_len(4096).unwrap();
}

/// Has `work` done while another thread lists all the time.
fn while_listing(work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                namespace::list().unwrap();
            }
        });
        // A failure ends the other thread, too.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        is_over.store(true, Ordering::Relaxed);
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure);
        }
    });
}

#[test]
fn what_the_dead_left_does_not_come_to_life() {
    if !alone("what_the_dead_left_does_not_come_to_life") {
        return;
    }
    let path = directory().join("dead");
    close(create("makes the directory", 4096).unwrap().0);
    while_listing(|| {
        for round in 0..20_000 {
            leave_behind(&path);
            assert_eq!(
                open("dead"),
                Err(NtStatus::OBJECT_NAME_NOT_FOUND),
                "{round}"
            );
            leave_behind(&path);
            let (new, disposition) = create("dead", 4096).unwrap();
            assert_eq!(disposition, Disposition::Created, "{round}");
            close(new);
        }
    });
}

#[test]
fn what_is_closed_is_gone() {
    if !alone("what_is_closed_is_gone") {
        return;
    }
    while_listing(|| {
        for round in 0..20_000 {
            let (section, disposition) = create("short-lived", 4096).unwrap();
            assert_eq!(disposition, Disposition::Created, "{round}");
            close(section);
            assert_eq!(files(), [""; 0], "{round}");
        }
    });
}

/// What a second user may not remove is neither locked nor changed by his listing and sweeping, and both tell
/// the living from the dead.
#[test]
fn another_users_files_are_left_as_they_are() {
    const TEST: &str = "another_users_files_are_left_as_they_are";
    if role().is_some() {
        let listed = namespace::list().unwrap();
        let found: Vec<_> = listed
            .iter()
            .map(|object| (object.name.to_string(), object.is_held))
            .collect();
        let (dead, held) = (r"Global\dead".to_owned(), r"Global\held".to_owned());
        assert_eq!(found, [(dead, false), (held, true)]);
        let report = namespace::sweep().unwrap();
        assert_eq!((report.removed, report.refused), (vec![], 1));
        return;
    }
    if !is_first(TEST) {
        return;
    }
    let (held, _) = create(r"Global\held", 4096).unwrap();
    let global = common::namespace().join("winpages-global");
    leave_behind(&global.join("dead"));
    for file in ["held", "dead"] {
        let open_to_all = std::fs::Permissions::from_mode(0o1666);
        std::fs::set_permissions(global.join(file), open_to_all).unwrap();
    }
    as_user(TEST, "second", 65534, 65534);
    let mode = |file| {
        std::fs::metadata(global.join(file))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("dead") & 0o7777, 0o1666);
    close(held);
}

fn directory() -> std::path::PathBuf {
    // SAFETY: geteuid only answers.
    common::namespace().join(format!("winpages-{}", unsafe { libc::geteuid() }))
}
