//! Sections of one program image share its pages, whoever made them, as long as the file is what it was.

#![allow(missing_docs)]

mod common;
#[path = "common/images.rs"]
mod images;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::Duration;

use common::*;
use images::*;
use winpages_kernel::Handle;
use winpages_kernel::address_space::PageRange;
use winpages_kernel::object::namespace;
use winpages_kernel::section::unmap_view_of_section;

const TEST: &str = "two_processes_share_what_is_marked_so";

/// The data of the small image is what all who map it share.
fn image_with_shared_data() -> Vec<u8> {
    const CHARACTERISTICS: usize = 0x80 + 24 + 240 + 40 + 36;
    let mut bytes = small_image();
    put(&mut bytes, CHARACTERISTICS, 0xD000_0040u32.to_le_bytes());
    bytes
}

/// The inode of what is mapped at an address.
fn inode_at(view: PageRange) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let start = format!("{:x}-", view.base);
    let line = maps.lines().find(|line| line.starts_with(&start)).unwrap();
    line.split_whitespace().nth(4).unwrap().parse().unwrap()
}

fn byte(view: PageRange, offset: usize) -> *mut u8 {
    (view.base + offset) as *mut u8
}

/// Long enough after the file was written that its time says what is in it.
fn settle() {
    std::thread::sleep(Duration::from_millis(50));
}

#[test]
fn sections_of_one_file_have_one_image() {
    if !alone("sections_of_one_file_have_one_image") {
        return;
    }
    let scratch = Scratch::new();
    let path = write_file(&scratch, &small_image());
    settle();
    let one = image_section(&path, None).unwrap();
    let other = image_section(&path, Some("by name")).unwrap();
    let (first, _) = map_image(one).unwrap();
    let (second, _) = map_image(other).unwrap();
    assert_eq!(inode_at(first), inode_at(second));
    // What is not marked as shared is each view's own.
    // SAFETY: data of the images.
    unsafe {
        byte(first, 0x2018).write_volatile(7);
        assert_eq!(byte(second, 0x2018).read_volatile(), 0);
    }
    // The image lasts as long as anything shows it, and its name no longer.
    close(one);
    close(other);
    unmap_view_of_section(first.base).unwrap();
    let third = image_section(&path, None).unwrap();
    let (again, _) = map_image(third).unwrap();
    assert_eq!(inode_at(again), inode_at(second));
    close(third);
    for view in [second, again] {
        unmap_view_of_section(view.base).unwrap();
    }
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_file_that_was_changed_is_another_image() {
    if !alone("a_file_that_was_changed_is_another_image") {
        return;
    }
    let scratch = Scratch::new();
    let path = write_file(&scratch, &small_image());
    settle();
    let one = image_section(&path, None).unwrap();
    let (first, _) = map_image(one).unwrap();
    let before = path.metadata().unwrap();
    // As long as it was, and by its own account as old.
    let mut changed = small_image();
    changed[0x620] = 9;
    std::fs::write(&path, changed).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    assert_eq!(path.metadata().unwrap().mtime(), before.mtime());
    let other = image_section(&path, None).unwrap();
    let (second, _) = map_image(other).unwrap();
    // SAFETY: data of the images.
    unsafe {
        assert_eq!(byte(first, 0x2020).read_volatile(), 0);
        assert_eq!(byte(second, 0x2020).read_volatile(), 9);
    }
    close(one);
    close(other);
}

#[test]
fn the_end_of_a_process_gives_the_name_up() {
    const TEST: &str = "the_end_of_a_process_gives_the_name_up";
    if let Some(role) = role() {
        let path = std::env::var("WINPAGES_TEST_IMAGE").unwrap();
        let section = image_section(path.as_ref(), None).unwrap();
        let _view = map_image(section).unwrap();
        if role == "closes" {
            close(section);
        }
        assert_eq!(files().len(), 1);
        std::process::exit(0);
    }
    if !alone(TEST) {
        return;
    }
    let scratch = Scratch::new();
    let path = write_file(&scratch, &small_image());
    settle();
    for role in ["keeps", "closes"] {
        let mut other = helper(TEST, role);
        let status = other.env("WINPAGES_TEST_IMAGE", &path).status().unwrap();
        assert!(status.success(), "{role}: {status}");
        assert_eq!(files(), [""; 0], "{role}");
    }
}

#[test]
fn two_processes_share_what_is_marked_so() {
    if role().is_some() {
        let path = std::env::var("WINPAGES_TEST_IMAGE").unwrap();
        let section = image_section(path.as_ref(), None).unwrap();
        let (view, _) = map_image(section).unwrap();
        // SAFETY: data of the image.
        unsafe {
            assert_eq!(byte(view, 0x2018).read_volatile(), 41);
            byte(view, 0x2018).write_volatile(42);
        }
        return;
    }
    if !alone(TEST) {
        return;
    }
    let scratch = Scratch::new();
    // Mapped as soon as it is written.
    let path = write_file(&scratch, &image_with_shared_data());
    let section = image_section(&path, None).unwrap();
    let (view, _) = map_image(section).unwrap();
    let (beside, _) = map_image(image_section(&path, None).unwrap()).unwrap();
    // SAFETY: data of the image.
    unsafe {
        byte(view, 0x2018).write_volatile(41);
        assert_eq!(byte(beside, 0x2018).read_volatile(), 41);
    }
    // Neither makes or opens a name.
    let mut other = helper(TEST, "other");
    let status = other.env("WINPAGES_TEST_IMAGE", &path).status().unwrap();
    assert!(status.success(), "{status}");
    // SAFETY: as above.
    assert_eq!(unsafe { byte(view, 0x2018).read_volatile() }, 42);
}

#[test]
fn an_image_outlives_the_process_that_laid_it_out() {
    const TEST: &str = "an_image_outlives_the_process_that_laid_it_out";
    if role().is_some() {
        let path = std::env::var("WINPAGES_TEST_IMAGE").unwrap();
        let section = image_section(path.as_ref(), Some("by name")).unwrap();
        let (view, _) = map_image(section).unwrap();
        // SAFETY: data of the image.
        unsafe { byte(view, 0x2018).write_volatile(1) };
        println!("mapped");
        let _ = std::io::stdin().read_line(&mut String::new());
        // Killed: nothing is closed or taken away.
        // SAFETY: the signal is to this process.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    }
    if !alone(TEST) {
        return;
    }
    let scratch = Scratch::new();
    let path = write_file(&scratch, &image_with_shared_data());
    // By the file, and by the name of the section.
    let ways: [&dyn Fn() -> Handle; 2] = [&|| image_section(&path, None).unwrap(), &|| {
        open("by name").unwrap()
    }];
    for way in ways {
        let mut first = helper(TEST, "first")
            .env("WINPAGES_TEST_IMAGE", &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("mapped")));
        let section = way();
        let (view, _) = map_image(section).unwrap();
        drop(first.stdin.take());
        first.wait().unwrap();
        // This process holds it now, and leads the next there.
        let beside = image_section(&path, None).unwrap();
        let (shown, _) = map_image(beside).unwrap();
        // SAFETY: data of the image.
        unsafe {
            assert_eq!(byte(view, 0x2018).read_volatile(), 1);
            byte(view, 0x2018).write_volatile(2);
            assert_eq!(byte(shown, 0x2018).read_volatile(), 2);
        }
        for view in [view, shown] {
            unmap_view_of_section(view.base).unwrap();
        }
        close(section);
        close(beside);
        // What the dead process has left.
        namespace::sweep().unwrap();
        assert_eq!(files(), [""; 0]);
    }
}
