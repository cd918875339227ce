//! Opening a named section of a file needs access to the section only: another user, whom the file's mode
//! keeps out, is lent the file by who holds the section, for no more than the section grants him.

#![allow(missing_docs)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::*;
use winpages_kernel::address_space::Protection;
use winpages_kernel::file::{CreateOptions, CreateRequest, Disposition, File, ShareAccess};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{AccessMask, Object, reference_section};
use winpages_kernel::section::{self, CreateSection, create_section};
use winpages_kernel::security::sddl;
use winpages_kernel::sys::shared_file;
use winpages_kernel::{Handle, NtStatus, process};

const TEST: &str = "who_may_open_the_section_is_lent_the_file";
const SECOND: u32 = 65534;
const READ: AccessMask = AccessMask::SECTION_MAP_READ;
const WRITE: AccessMask = AccessMask::SECTION_MAP_WRITE;

fn section_of(path: &Path, text: &str, security: &str) -> Handle {
    let path = format!("Z:{}", path.display()).replace('/', "\\");
    let (file, access, _) = File::create(&CreateRequest {
        path: &path,
        access: AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
        share: ShareAccess::all(),
        disposition: Disposition::Open,
        options: CreateOptions::NON_DIRECTORY_FILE,
        read_only: false,
    })
    .unwrap();
    let file = handle_table::insert(Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes: HandleAttributes::empty(),
    })
    .unwrap();
    let (section, _) = create_section(&CreateSection {
        file: Some(file),
        security: Some(sddl::parse(security).unwrap()),
        ..request(text, 0)
    })
    .unwrap();
    close(file);
    section
}

fn map_for(section: Handle, protection: Protection) -> Result<*mut u8, NtStatus> {
    let view = section::map_view_of_section(&whole_view(section, protection))?;
    Ok(view.base as *mut u8)
}

fn open_for(text: &str, access: AccessMask) -> Result<Handle, NtStatus> {
    section::open_section(&name(text), access, HandleAttributes::empty())
}

fn as_the_second_user() {
    for number in 0..3 {
        let file = namespace().join(format!("file {number}"));
        assert!(std::fs::File::open(file).is_err());
    }
    let writable = open_for(r"Global\lent to write", READ | WRITE).unwrap();
    let view = map_for(writable, Protection::READWRITE).unwrap();
    // SAFETY: the view stays mapped; the other process waits meanwhile.
    unsafe {
        assert_eq!(view.read_volatile(), b'0');
        view.write_volatile(b'w');
    }
    close(writable);

    let readable = open_for(r"Global\lent to read", READ).unwrap();
    let view = map_for(readable, Protection::READONLY).unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { view.read_volatile() }, b'1');
    assert_eq!(
        map_for(readable, Protection::READWRITE),
        Err(NtStatus::ACCESS_DENIED)
    );
    // Nor would the kernel let him: what he was lent is open for reading.
    let (section, _) = reference_section(readable).unwrap();
    assert!(!shared_file::is_writable(std::os::fd::AsFd::as_fd(
        &*section
    )));
    assert_eq!(
        open_for(r"Global\lent to read", WRITE),
        Err(NtStatus::ACCESS_DENIED)
    );
    assert_eq!(
        open_for(r"Global\not lent", READ),
        Err(NtStatus::ACCESS_DENIED)
    );
}

#[test]
fn who_may_open_the_section_is_lent_the_file() {
    if role().is_some() {
        return as_the_second_user();
    }
    if !alone(TEST) {
        return;
    }
    if !is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    std::fs::set_permissions(namespace(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    process::serve_requests();
    let paths: Vec<_> = (0..3)
        .map(|number| namespace().join(format!("file {number}")))
        .collect();
    for (number, path) in paths.iter().enumerate() {
        std::fs::write(path, [b'0' + number as u8; 5000]).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let sections = [
        section_of(&paths[0], r"Global\lent to write", "D:(A;;GA;;;WD)"),
        section_of(&paths[1], r"Global\lent to read", "D:(A;;GR;;;WD)"),
        section_of(&paths[2], r"Global\not lent", "D:(A;;GA;;;SY)"),
    ];
    // The file's name matters to nobody.
    let moved = namespace().join("moved");
    std::fs::rename(&paths[1], &moved).unwrap();

    let program = namespace().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let status = Command::new(&program)
        .args(["--exact", TEST, "--nocapture"])
        .env("WINPAGES_TEST_ROLE", "second user")
        .env("WINPAGES_NAMESPACE", namespace())
        .current_dir("/")
        .uid(SECOND)
        .gid(SECOND)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(std::fs::read(&paths[0]).unwrap()[0], b'w');
    assert_eq!(std::fs::read(&moved).unwrap()[0], b'1');
    for section in sections {
        close(section);
    }
}
