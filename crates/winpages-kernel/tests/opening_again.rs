//! Opening a section that this process holds already takes a shorter way. It must lead nowhere else.

#![allow(missing_docs)]

mod common;

use std::os::unix::fs::PermissionsExt;

use common::*;
use winpages_kernel::object::reference_section;
use winpages_kernel::sys::shared_file;
use winpages_kernel::{Handle, NtStatus};

fn inode(section: Handle) -> u64 {
    let (section, _) = reference_section(section).unwrap();
    shared_file::stat(&*section).unwrap().st_ino
}

fn path_of_the_only_file() -> std::path::PathBuf {
    let directory = std::fs::read_dir(namespace()).unwrap().next().unwrap();
    directory.unwrap().path().join(files().remove(0))
}

#[test]
fn it_is_the_same_section() {
    const TEST: &str = "it_is_the_same_section";
    if let Some(role) = role() {
        assert_eq!(role, "creates");
        let (section, _) = create("again", 4096).unwrap();
        // SAFETY: the view stays mapped, and is this process's alone until it says so.
        unsafe { map(section).write_volatile(77) };
        println!("created {}", inode(section));
        let _ = std::io::stdin().read_line(&mut String::new());
        return;
    }
    if !alone(TEST) {
        return;
    }
    let (first, _) = create("again", 4096).unwrap();
    let second = open("again").unwrap();
    assert_ne!(first, second);
    assert_eq!(inode(first), inode(second));
    close(first);
    // The name lives as long as any handle does, and no longer.
    let third = open("again").unwrap();
    close(second);
    close(third);
    assert_eq!(open("again").err(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert!(files().is_empty());

    // Written to, the file looks changed: then the longer way leads there.
    let (first, _) = create("again", 4096).unwrap();
    // SAFETY: the view stays mapped.
    unsafe { map(first).write_volatile(1) };
    let second = open("again").unwrap();
    let third = open("again").unwrap();
    for handle in [second, third] {
        assert_eq!(inode(first), inode(handle));
        // SAFETY: as above.
        assert_eq!(unsafe { map(handle).read_volatile() }, 1);
    }
    close(second);
    close(third);

    // Somebody takes the file away by hand: the name is free, and another's section has it then.
    std::fs::remove_file(path_of_the_only_file()).unwrap();
    assert_eq!(open("again").err(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    let mut child = helper(TEST, "creates")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("created ") {
        assert_ne!(
            std::io::BufRead::read_line(&mut output, &mut said).unwrap(),
            0
        );
    }
    let theirs = open("again").unwrap();
    assert_ne!(inode(theirs), inode(first));
    // SAFETY: as above.
    assert_eq!(unsafe { map(theirs).read_volatile() }, 77);
    close(first);
    let again = open("again").unwrap();
    assert_eq!(inode(again), inode(theirs));
    close(theirs);
    close(again);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());

    // What may not be opened any more is not.
    if !is_root() {
        let (first, _) = create("again", 4096).unwrap();
        let only = path_of_the_only_file();
        std::fs::set_permissions(&only, std::fs::Permissions::from_mode(0o000)).unwrap();
        assert_eq!(open("again").err(), Some(NtStatus::ACCESS_DENIED));
        close(first);
    }
}

/// A child of fork has copies of the handles; what it opens is its parent's section, and outlives it.
#[test]
fn a_forked_child_opens_the_same() {
    if !alone("a_forked_child_opens_the_same") {
        return;
    }
    let (first, _) = create("forked", 4096).unwrap();
    // SAFETY: the child only makes calls of the library, which takes care of its locks around fork.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let second = open("forked");
        let is_same = second
            .as_ref()
            .is_ok_and(|second| inode(*second) == inode(first));
        close(first);
        let still = open("forked").is_ok();
        // SAFETY: ends the child without running what is its parent's.
        unsafe { libc::_exit(i32::from(!(is_same && still))) };
    }
    let mut status = 0;
    // SAFETY: the child forked above.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    let second = open("forked").unwrap();
    assert_eq!(inode(first), inode(second));
    close(first);
    close(second);
    assert!(files().is_empty());
}

/// One thread opens while another closes the last handle: either is before the other.
#[test]
fn opening_beside_closing() {
    if !alone("opening_beside_closing") {
        return;
    }
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                for _ in 0..3000 {
                    let (created, _) = create("beside", 4096).unwrap();
                    if let Ok(opened) = open("beside") {
                        close(opened);
                    }
                    close(created);
                }
            });
        }
    });
    assert_eq!(open("beside").err(), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert!(files().is_empty());
}
