//! After FlushViewOfFile and FlushFileBuffers the data are on the disk: shown with a disk that is taken
//! away from under its file system, as a power failure would.

#![allow(missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::*;
use winpages_kernel::address_space::Protection;
use winpages_kernel::file::{CreateOptions, CreateRequest, Disposition, File, ShareAccess};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{AccessMask, Object};
use winpages_kernel::section::{self, CreateSection, create_section};

const PAGES: usize = 64;
const PAGE: usize = 4096;

fn run(program: &str, arguments: &[&Path]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// A mounted file system; let go of when it is dropped, whoever still has something open there.
struct Mounted(PathBuf);

impl Mounted {
    fn new(disk: &Path, at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = [Path::new("-o"), Path::new("loop"), disk, at];
        run("mount", &options).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", &[Path::new("-l"), &self.0]);
    }
}

/// What of the file is on the disk now: the disk is copied while it is in use, and the copy mounted.
fn after_power_failure(scratch: &Scratch, disk: &Path) -> Vec<u8> {
    let copy = scratch.0.join("copy");
    std::fs::copy(disk, &copy).unwrap();
    let mounted = Mounted::new(&copy, &scratch.0.join("mounted copy")).unwrap();
    std::fs::read(mounted.0.join("file")).unwrap_or_default()
}

#[test]
fn what_was_flushed_outlives_a_power_failure() {
    let scratch = Scratch::new();
    let disk = scratch.0.join("disk");
    std::fs::File::create(&disk)
        .unwrap()
        .set_len(16 << 20)
        .unwrap();
    if !is_root() || !run("mkfs.ext4", &[Path::new("-q"), Path::new("-F"), &disk]) {
        eprintln!("skipped: needs root and mkfs.ext4");
        return;
    }
    let Some(mounted) = Mounted::new(&disk, &scratch.0.join("mounted")) else {
        eprintln!("skipped: no disk can be mounted from a file here");
        return;
    };

    let path = format!("Z:{}", mounted.0.join("file").display()).replace('/', "\\");
    let (file, access, _) = File::create(&CreateRequest {
        path: &path,
        access: AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
        share: ShareAccess::all(),
        disposition: Disposition::Create,
        options: CreateOptions::NON_DIRECTORY_FILE,
        read_only: false,
    })
    .unwrap();
    let file = Arc::new(file);
    let handle = handle_table::insert(Entry {
        object: Object::File(Arc::clone(&file)),
        access,
        attributes: HandleAttributes::empty(),
    })
    .unwrap();
    let (section, _) = create_section(&CreateSection {
        name: None,
        file: Some(handle),
        ..request("none", (PAGES * PAGE) as u64)
    })
    .unwrap();
    let view = section::map_view_of_section(&whole_view(section, Protection::READWRITE)).unwrap();
    let fill = |value: u8| {
        for page in 0..PAGES {
            // SAFETY: the view is mapped writable, and nobody else has it.
            unsafe { ((view.base + page * PAGE + 9) as *mut u8).write_volatile(value) };
        }
    };
    let is_on_disk = |value: u8, pages: std::ops::Range<usize>| {
        let found = after_power_failure(&scratch, &disk);
        found.len() == PAGES * PAGE
            && pages
                .into_iter()
                .all(|page| found[page * PAGE + 9] == value)
    };

    fill(1);
    section::flush_view(view.base, 0).unwrap();
    file.flush().unwrap();
    assert!(is_on_disk(1, 0..PAGES));

    // Part of a view.
    fill(2);
    section::flush_view(view.base + 10 * PAGE, 20 * PAGE).unwrap();
    file.flush().unwrap();
    assert!(is_on_disk(2, 10..30));

    // What was not flushed is not there, or this test could not fail. The kernel may write at any time;
    // that it does so each time, within milliseconds, is what must not be.
    let is_missed = (3..10).any(|value| {
        fill(value);
        !is_on_disk(value, 0..PAGES)
    });
    assert!(is_missed);

    // A handle that is closed loses nothing either: the view alone is flushed, the file synchronised by
    // whoever opens it next.
    fill(20);
    handle_table::close(handle).unwrap();
    drop(file);
    close(section);
    section::flush_view(view.base, 0).unwrap();
    section::unmap_view_of_section(view.base).unwrap();
    std::fs::File::open(mounted.0.join("file"))
        .unwrap()
        .sync_all()
        .unwrap();
    assert!(is_on_disk(20, 0..PAGES));
}
