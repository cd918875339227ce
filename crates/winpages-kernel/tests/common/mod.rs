//! Tests that need a process, or a namespace, of their own.

#![allow(dead_code, missing_docs)]

mod watchdog;

pub mod asked;
pub mod credentials;
pub mod foreign;
pub mod freezer;
pub mod random;
pub mod service;
pub mod users;

use std::path::PathBuf;
use std::process::{Child, Command};

use winpages_kernel::address_space::{AddressRequirements, Protection};
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::section::{CreateSection, Disposition, MapView, ViewType, create_section};
use winpages_kernel::wait::CreateDispatcher;
use winpages_kernel::{Handle, NtStatus, section};

const ALONE: &str = "WINPAGES_TEST_ALONE";
const ROLE: &str = "WINPAGES_TEST_ROLE";

/// A directory on tmpfs that goes when it is dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("/dev/shm/winpages-test-{}-{count}", std::process::id());
        std::fs::create_dir(&name).unwrap();
        Self(name.into())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the test of this name in a process of its own, with an empty namespace of its own. Answers
/// whether this is that process.
pub fn alone(test: &str) -> bool {
    if std::env::var(ALONE).as_deref() == Ok(test) {
        return true;
    }
    let scratch = Scratch::new();
    let status = again(test, &scratch.0).env(ALONE, test).status().unwrap();
    assert!(status.success(), "{test}: {status}");
    false
}

fn again(test: &str, namespace: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("WINPAGES_NAMESPACE", namespace);
    command
}

/// What a helper process is to do, if this is one.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// A helper process in the same namespace: it runs the test `test`, which looks at [`role`].
pub fn helper(test: &str, role: &str) -> Command {
    let mut command = again(test, &namespace());
    command.env(ROLE, role).env_remove(ALONE);
    command
}

pub fn namespace() -> PathBuf {
    std::env::var_os("WINPAGES_NAMESPACE").unwrap().into()
}

pub fn spawn(test: &str, role: &str) -> Child {
    helper(test, role).spawn().unwrap()
}

pub fn name(text: &str) -> ObjectName {
    ObjectName::parse(&text.encode_utf16().collect::<Vec<_>>()).unwrap()
}

/// What creates a mutant, an event, a semaphore or a timer, of that name or of none.
pub fn dispatcher<'a>(text: impl Into<Option<&'a str>>) -> CreateDispatcher {
    CreateDispatcher {
        name: text.into().map(name),
        access: AccessMask::GENERIC_ALL,
        attributes: HandleAttributes::empty(),
        security: None,
    }
}

pub fn request(text: &str, size: u64) -> CreateSection {
    CreateSection {
        name: Some(name(text)),
        access: AccessMask::SECTION_ALL_ACCESS,
        attributes: HandleAttributes::empty(),
        security: None,
        size,
        protection: Protection::READWRITE.bits(),
        flags: 0x0800_0000,
        file: None,
    }
}

pub fn create(text: &str, size: u64) -> Result<(Handle, Disposition), NtStatus> {
    create_section(&request(text, size))
}

/// A section that needs a descriptor behind its data, for its pages can be executed.
pub fn create_described(text: &str, size: u64) -> Result<(Handle, Disposition), NtStatus> {
    create_section(&CreateSection {
        protection: Protection::EXECUTE_READWRITE.bits(),
        ..request(text, size)
    })
}

pub fn open(text: &str) -> Result<Handle, NtStatus> {
    section::open_section(
        &name(text),
        AccessMask::SECTION_ALL_ACCESS,
        HandleAttributes::empty(),
    )
}

pub fn close(handle: Handle) {
    handle_table::close(handle).unwrap();
}

/// A view of a whole section, wherever there is room.
pub fn whole_view(section: Handle, protection: Protection) -> MapView {
    MapView {
        section,
        base: 0,
        offset: 0,
        size: 0,
        protection,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    }
}

pub fn map(section: Handle) -> *mut u8 {
    let view = whole_view(section, Protection::READWRITE);
    section::map_view_of_section(&view).unwrap().base as *mut u8
}

pub fn is_root() -> bool {
    // SAFETY: geteuid only answers.
    unsafe { libc::geteuid() == 0 }
}

/// The files of the local namespace.
pub fn files() -> Vec<String> {
    let mut names = Vec::new();
    for directory in std::fs::read_dir(namespace()).unwrap() {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            names.push(file.unwrap().file_name().to_string_lossy().into_owned());
        }
    }
    names
}
