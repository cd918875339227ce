//! What has cost other shared-memory systems their users: each trap, and that it is none here.

#![allow(missing_docs)]

mod common;

use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use common::*;
use winpages_kernel::NtStatus;
use winpages_kernel::object::{namespace, query_security, set_security};
use winpages_kernel::section::{self, CreateSection, Disposition, SectionDescription};
use winpages_kernel::security::{Dacl, SecurityInformation, sddl};

fn local_directory() -> PathBuf {
    // SAFETY: geteuid only answers.
    namespace().join(format!("winpages-{}", unsafe { libc::geteuid() }))
}

/// Sets a kernel setting for as long as it lives, where this process may.
struct Sysctl {
    path: &'static str,
    before: String,
}

impl Sysctl {
    fn set(path: &'static str, value: &str) -> Option<Self> {
        let before = std::fs::read_to_string(path).ok()?;
        std::fs::write(path, value).ok()?;
        Some(Self { path, before })
    }
}

impl Drop for Sysctl {
    fn drop(&mut self) {
        let _ = std::fs::write(self.path, &self.before);
    }
}

/// A tmpfs of one MiB, where this process may mount one.
struct TinyMount(PathBuf);

impl TinyMount {
    fn new() -> Option<Self> {
        let path = namespace().join("tiny");
        std::fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "winpages-tiny"])
            .arg(&path)
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Self(path))
    }
}

impl Drop for TinyMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn skip(why: &str) {
    println!("skipped: {why}");
}

#[test]
fn a_sticky_directory_with_protected_regular_serves_two_users() {
    const TEST: &str = "a_sticky_directory_with_protected_regular_serves_two_users";
    if role().is_some() {
        // The second user: the other's object is there, and is not this user's to open.
        assert_eq!(open(r"Global\theirs"), Err(NtStatus::ACCESS_DENIED));
        assert_eq!(create(r"Global\theirs", 4096), Err(NtStatus::ACCESS_DENIED));
        let (mine, disposition) = create(r"Global\mine", 4096).unwrap();
        assert_eq!(disposition, Disposition::Created);
        let shared = open(r"Global\for all").unwrap();
        // SAFETY: a view of the first user's section, which is longer than this.
        assert_eq!(unsafe { map(shared).read_volatile() }, 7);
        let (again, disposition) = create(r"Global\for all", 4096).unwrap();
        assert_eq!(disposition, Disposition::Existing);
        close(again);
        close(shared);
        close(mine);
        return;
    }
    if !alone(TEST) {
        return;
    }
    if !is_root() {
        return skip("only root can become another user");
    }
    let Some(_setting) = Sysctl::set("/proc/sys/fs/protected_regular", "2") else {
        return skip("fs.protected_regular cannot be set here");
    };
    std::fs::set_permissions(namespace(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    let (theirs, _) = create(r"Global\theirs", 4096).unwrap();
    let (shared, _) = create(r"Global\for all", 4096).unwrap();
    // What a security descriptor for everyone comes to.
    let file = namespace().join("winpages-global").join("for all");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o1666)).unwrap();
    // SAFETY: a view of this process's section.
    unsafe { map(shared).write_volatile(7) };
    users::as_user(TEST, "second user", 65534, 65534);
    close(shared);
    close(theirs);
}

#[test]
fn a_full_file_system_is_an_error_at_creation() {
    if !alone("a_full_file_system_is_an_error_at_creation") {
        return;
    }
    let Some(tiny) = TinyMount::new() else {
        return skip("no file system can be mounted here");
    };
    // SAFETY: this process has one thread that looks at the environment.
    unsafe { std::env::set_var("WINPAGES_NAMESPACE", &tiny.0) };
    assert_eq!(
        create("too large", 2 << 20),
        Err(NtStatus::COMMITMENT_LIMIT)
    );
    assert_eq!(open("too large"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    // What was promised can be touched to the last byte, while others fill the rest.
    let size = 512 << 10;
    let (handle, _) = create("fits", size).unwrap();
    assert_eq!(
        create("does not fit beside it", size + 4096),
        Err(NtStatus::COMMITMENT_LIMIT)
    );
    let _ = std::fs::write(tiny.0.join("filler"), vec![1u8; 1 << 20]);
    let view = map(handle);
    for offset in (0..size as usize).step_by(4096) {
        // SAFETY: inside the view.
        unsafe { view.add(offset).write_volatile(1) };
    }
    section::unmap_view_of_section(view as usize).unwrap();
    close(handle);
    // A section without a name is not limited by it.
    let mut unnamed = request("x", 8 << 20);
    unnamed.name = None;
    let (handle, _) = section::create_section(&unnamed).unwrap();
    let view = map(handle);
    // SAFETY: inside the view.
    unsafe { view.add((8 << 20) - 1).write_volatile(1) };
    section::unmap_view_of_section(view as usize).unwrap();
    close(handle);
}

#[test]
fn a_name_deleted_from_outside_is_free() {
    if !alone("a_name_deleted_from_outside_is_free") {
        return;
    }
    let (old, _) = create("deleted", 4096).unwrap();
    // SAFETY: a view of this process's section.
    unsafe { map(old).write_volatile(1) };
    std::fs::remove_file(local_directory().join("deleted")).unwrap();
    assert_eq!(open("deleted"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    let (new, disposition) = create("deleted", 4096).unwrap();
    assert_eq!(disposition, Disposition::Created);
    // SAFETY: views of this process's sections.
    unsafe {
        assert_eq!(map(new).read_volatile(), 0);
        assert_eq!(map(old).read_volatile(), 1);
    }
    // Closing the old one leaves the new one its name.
    close(old);
    close(open("deleted").unwrap());
    close(new);
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_namespace_deleted_from_outside_is_made_anew() {
    if !alone("a_namespace_deleted_from_outside_is_made_anew") {
        return;
    }
    close(create("one", 4096).unwrap().0);
    std::fs::remove_dir(local_directory()).unwrap();
    let (handle, disposition) = create("two", 4096).unwrap();
    assert_eq!(disposition, Disposition::Created);
    assert_eq!(files(), ["two"]);
    close(handle);
}

#[test]
fn running_out_of_descriptors_is_told_apart_from_absence() {
    if !alone("running_out_of_descriptors_is_told_apart_from_absence") {
        return;
    }
    let (handle, _) = create("there", 4096).unwrap();
    let mut taken = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        taken.push(file);
        if taken.len() > 100_000 {
            return skip("there is no limit on descriptors here");
        }
    }
    // What this process has open already takes no descriptor more.
    close(open("there").unwrap());
    assert_eq!(open("not there"), Err(NtStatus::TOO_MANY_OPENED_FILES));
    assert_eq!(
        create("not there", 4096),
        Err(NtStatus::TOO_MANY_OPENED_FILES)
    );
    let mut unnamed = request("x", 4096);
    unnamed.name = None;
    assert_eq!(
        section::create_section(&unnamed),
        Err(NtStatus::TOO_MANY_OPENED_FILES)
    );
    drop(taken);
    close(open("there").unwrap());
    close(handle);
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_directory_that_is_a_link_is_refused() {
    if !alone("a_directory_that_is_a_link_is_refused") {
        return;
    }
    let elsewhere = namespace().join("elsewhere");
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&elsewhere)
        .unwrap();
    symlink(&elsewhere, local_directory()).unwrap();
    assert_eq!(create("x", 4096), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_directory_of_another_user_is_refused() {
    if !alone("a_directory_of_another_user_is_refused") {
        return;
    }
    let directory = local_directory();
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&directory)
        .unwrap();
    if std::os::unix::fs::chown(&directory, Some(65534), None).is_err() {
        return skip("only root can give a directory away");
    }
    assert_eq!(create("x", 4096), Err(NtStatus::ACCESS_DENIED));
}

#[test]
fn a_directory_open_to_others_is_refused() {
    if !alone("a_directory_open_to_others_is_refused") {
        return;
    }
    let directory = local_directory();
    std::fs::create_dir(&directory).unwrap();
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(create("x", 4096), Err(NtStatus::ACCESS_DENIED));
}

#[test]
fn what_is_no_object_is_not_taken_for_one() {
    if !alone("what_is_no_object_is_not_taken_for_one") {
        return;
    }
    // The directory comes to be.
    close(create("x", 4096).unwrap().0);
    let directory = local_directory();
    std::fs::create_dir(directory.join("directory")).unwrap();
    symlink("/etc/passwd", directory.join("link")).unwrap();
    symlink("nowhere", directory.join("dangling")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(directory.join("fifo"))
            .status()
            .unwrap()
            .success()
    );
    for (name, status) in [
        ("directory", NtStatus::OBJECT_TYPE_MISMATCH),
        ("link", NtStatus::ACCESS_DENIED),
        ("dangling", NtStatus::ACCESS_DENIED),
        ("fifo", NtStatus::OBJECT_TYPE_MISMATCH),
    ] {
        assert_eq!(open(name), Err(status), "{name}");
        assert_eq!(create(name, 4096), Err(status), "{name}");
    }
    // Plain files that nobody holds are what dead processes leave, whatever is in them.
    for (name, contents) in [("empty", &b""[..]), ("short", b"x"), ("long", &[7; 10_000])] {
        std::fs::write(directory.join(name), contents).unwrap();
        assert_eq!(open(name), Err(NtStatus::OBJECT_NAME_NOT_FOUND), "{name}");
        let (handle, disposition) = create(name, 4096).unwrap();
        assert_eq!(disposition, Disposition::Created, "{name}");
        close(handle);
    }
    let mut left = files();
    left.sort();
    assert_eq!(left, ["dangling", "directory", "fifo", "link"]);
    assert!(namespace::list().unwrap().is_empty());
    assert_eq!(namespace::sweep().unwrap().removed, [""; 0]);
}

#[test]
fn a_foreign_file_that_is_held_is_an_answer_in_time() {
    if !alone("a_foreign_file_that_is_held_is_an_answer_in_time") {
        return;
    }
    close(create("x", 4096).unwrap().0);
    let path = local_directory().join("held");
    std::fs::write(&path, [7u8; 10_000]).unwrap();
    let held = std::fs::File::open(&path).unwrap();
    held.lock_shared().unwrap();
    let began = Instant::now();
    assert_eq!(open("held"), Err(NtStatus::OBJECT_TYPE_MISMATCH));
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "an answer must come"
    );
    held.unlock().unwrap();
    held.lock().unwrap();
    assert_eq!(open("held"), Err(NtStatus::DELETE_PENDING));
}

#[test]
fn handles_survive_a_fork_on_both_sides() {
    if !alone("handles_survive_a_fork_on_both_sides") {
        return;
    }
    let (handle, _) = create("forked", 4096).unwrap();
    // SAFETY: the child uses the engine, whose locks are prepared for it, and leaves by _exit.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // Closing the child's copy must not take the name from the parent.
        let closed = winpages_kernel::object::handle_table::close(handle).is_ok();
        // SAFETY: the child ends here.
        unsafe { libc::_exit(i32::from(!closed)) };
    }
    let mut status = 0;
    // SAFETY: a child of this process.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
    close(open("forked").unwrap());
    // And the parent's must not take it from a child that still has its own.
    // SAFETY: as above.
    let child = unsafe { libc::fork() };
    if child == 0 {
        std::thread::sleep(Duration::from_millis(400));
        // SAFETY: the child ends here.
        unsafe { libc::_exit(0) };
    }
    close(handle);
    let (again, disposition) = create("forked", 4096).unwrap();
    assert_eq!(disposition, Disposition::Existing);
    close(again);
    // SAFETY: a child of this process.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    let (fresh, disposition) = create("forked", 4096).unwrap();
    assert_eq!(disposition, Disposition::Created);
    close(fresh);
    assert_eq!(files(), [""; 0]);
}

#[test]
fn the_end_of_a_process_gives_its_names_up() {
    const TEST: &str = "the_end_of_a_process_gives_its_names_up";
    if role().is_some() {
        create("never closed", 4096).unwrap();
        std::process::exit(0);
    }
    if !alone(TEST) {
        return;
    }
    assert!(helper(TEST, "exits").status().unwrap().success());
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_plain_section_can_get_a_descriptor_later() {
    if !alone("a_plain_section_can_get_a_descriptor_later") {
        return;
    }
    const SEC_RESERVE: u32 = 0x0400_0000;
    for (name, flags, size) in [
        ("plain", 0x0800_0000, 3 << 12),
        ("reserved", SEC_RESERVE, 3 << 12),
    ] {
        let (handle, _) = section::create_section(&CreateSection {
            flags,
            ..request(name, size)
        })
        .unwrap();
        let path = local_directory().join(name);
        let before = std::fs::metadata(&path).unwrap();
        assert_eq!(before.permissions().mode() & 0o7777, 0o1600, "{name}");
        let whole_pages = before.len() / 4096 * 4096;
        let everyone = sddl::parse("D:(A;;GA;;;WD)").unwrap();
        set_security(handle, SecurityInformation::DACL, &everyone).unwrap();
        // Now one stands behind the data, and says the same of the section.
        assert!(std::fs::metadata(&path).unwrap().len() > whole_pages + 128);
        let listed = namespace::list().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].name.to_string(), format!("Local\\{name}"));
        let described = SectionDescription::of(&listed[0].descriptor).unwrap();
        assert_eq!(described.size, size, "{name}");
        assert_eq!(described.flags.bits(), flags, "{name}");
        let again = open(name).unwrap();
        let dacl = query_security(again, SecurityInformation::DACL).unwrap();
        assert!(matches!(dacl.dacl(), Dacl::List(list) if list.aces.len() == 1));
        close(again);
        close(handle);
    }
}

#[test]
fn a_file_that_is_being_made_is_waited_for() {
    if !alone("a_file_that_is_being_made_is_waited_for") {
        return;
    }
    close(create("x", 4096).unwrap().0);
    // What a creator has made between his first step and his last.
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(local_directory().join("slow"))
        .unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o1600))
        .unwrap();
    file.lock_shared().unwrap();
    let opener = std::thread::spawn(|| open("slow").map(close));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!opener.is_finished());
    file.set_len(4096).unwrap();
    assert_eq!(opener.join().unwrap(), Ok(()));
    // A table of no pages.
    file.set_len(4097).unwrap();
    assert_eq!(open("slow"), Err(NtStatus::REVISION_MISMATCH));
    // Neither pages alone nor a descriptor.
    file.set_len(4098).unwrap();
    assert_eq!(open("slow"), Err(NtStatus::OBJECT_TYPE_MISMATCH));
}

#[test]
fn a_namespace_on_a_disk_has_descriptors() {
    if !alone("a_namespace_on_a_disk_has_descriptors") {
        return;
    }
    let elsewhere = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("namespace on a disk");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let directory = std::fs::File::open(&elsewhere).unwrap();
    if winpages_kernel::sys::directory::is_on_tmpfs(std::os::fd::AsFd::as_fd(&directory)) {
        return skip("the build directory is in memory");
    }
    // SAFETY: this process has one thread that looks at the environment.
    unsafe { std::env::set_var("WINPAGES_NAMESPACE", &elsewhere) };
    let (handle, _) = create("on a disk", 8192).unwrap();
    let file = local_directory().join("on a disk").metadata().unwrap();
    assert_eq!(file.permissions().mode() & 0o7777, 0o600);
    assert!(file.len() > 8192);
    close(open("on a disk").unwrap());
    close(handle);
}
