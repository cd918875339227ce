//! Program images as sections: what a linker makes, what other processes see of it, and bytes of any
//! kind.

#![allow(missing_docs)]

mod common;
#[path = "common/images.rs"]
mod images;

use std::io::Write;
use std::process::{Command, Stdio};

use common::*;
use images::*;
use object::read::pe::PeFile64;
use winpages_kernel::address_space::{
    MemoryKind, MemoryState, PageRange, Protection, query_virtual_memory,
};
use winpages_kernel::{NtStatus, section};

/// The pointer at 0x2010 of the small image, from the image's own base on.
fn pointer_in(view: PageRange) -> u64 {
    // SAFETY: the view has just been mapped, and that page of it can be read.
    let pointer = unsafe { ((view.base + 0x2010) as *const u64).read_volatile() };
    pointer.wrapping_sub(view.base as u64)
}

/// Where in the file mapped at an address the mapping begins.
fn file_offset(address: usize) -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps
        .lines()
        .find(|line| line.starts_with(&format!("{address:x}-")))
        .unwrap();
    u64::from_str_radix(line.split_whitespace().nth(2).unwrap(), 16).unwrap()
}

/// Goes through a view and reads what can be read.
fn walk(view: PageRange) {
    let mut at = view.base;
    while at < view.base + view.size {
        let region = query_virtual_memory(at).unwrap();
        assert_eq!(region.allocation_base, view.base);
        assert_eq!(region.kind, MemoryKind::Image);
        let readable = region
            .protection
            .is_some_and(|protection| protection != Protection::NOACCESS);
        if region.state == MemoryState::Commit && readable {
            // SAFETY: VirtualQuery says that the page is there and may be read.
            std::hint::black_box(unsafe { (at as *const u8).read_volatile() });
        }
        at += region.region_size;
    }
    assert_eq!(at, view.base + view.size);
}

#[test]
fn a_linkers_image_runs_where_it_likes_and_elsewhere() {
    const LINKER: &str = "x86_64-w64-mingw32-gcc";
    if Command::new(LINKER).arg("--version").output().is_err() {
        eprintln!("skipped: {LINKER} is not installed");
        return;
    }
    let scratch = Scratch::new();
    let path = scratch.0.join("library.dll");
    let mut compiler = Command::new(LINKER)
        .args([
            "-O1",
            "-shared",
            "-nostdlib",
            "-Wl,--entry,0",
            "-x",
            "c",
            "-",
            "-o",
        ])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let source = "static int table[5000], data[] = { 1, 20, 300 };\n\
                  static int *volatile pointer = &data[1];\n\
                  __declspec(dllexport) int sum(int x) { table[4999] += x; return *pointer + table[4999]; }\n";
    compiler
        .stdin
        .take()
        .unwrap()
        .write_all(source.as_bytes())
        .unwrap();
    assert!(compiler.wait().unwrap().success());

    let bytes = std::fs::read(&path).unwrap();
    let library = PeFile64::parse(&*bytes).unwrap();
    let exports = library.export_table().unwrap().unwrap().exports().unwrap();
    let sum = exports
        .iter()
        .find(|export| export.name == Some(b"sum"))
        .unwrap();
    let object::read::pe::ExportTarget::Address(entry) = sum.target else {
        panic!("{:?}", sum.target);
    };
    let section = image_section(&path, None).unwrap();
    for expected in [Ok(()), Err(NtStatus::IMAGE_NOT_AT_BASE)] {
        let (view, status) = map_image(section).unwrap();
        assert_eq!(status, expected);
        walk(view);
        // SAFETY: the address is that of the function above, in code for this processor, with the
        // calling convention of Windows.
        let sum: extern "win64" fn(i32) -> i32 =
            unsafe { std::mem::transmute(view.base + entry as usize) };
        assert_eq!(sum(4), 24);
        assert_eq!(sum(5), 29);
    }
    close(section);
}

#[test]
fn other_processes_share_the_image_and_its_relocated_copy() {
    const TEST: &str = "other_processes_share_the_image_and_its_relocated_copy";
    match role().as_deref() {
        Some("opens") => {
            let section = open("image").unwrap();
            let (first, status) = map_image(section).unwrap();
            assert_eq!((first.base as u64, status), (BASE, Ok(())));
            assert_eq!(pointer_in(first), 0x1000);
            let (second, status) = map_image(section).unwrap();
            assert_eq!(status, Err(NtStatus::IMAGE_NOT_AT_BASE));
            assert_eq!(pointer_in(second), 0x1000);
            assert_eq!(file_offset(second.base), second.size as u64);
            // Its own, and nobody else's.
            // SAFETY: the page is copied when it is written.
            unsafe { ((second.base + 0x2018) as *mut u8).write_volatile(7) };
            println!("relocated to {:x}", second.base);
            return;
        }
        Some(other) => panic!("{other}"),
        None => {}
    }
    if !alone(TEST) {
        return;
    }
    let scratch = Scratch::new();
    let path = write_file(&scratch, &small_image());
    let section = image_section(&path, Some("image")).unwrap();
    // The section is of the file as it was.
    std::fs::rename(&path, scratch.0.join("elsewhere.dll")).unwrap();
    let output = helper(TEST, "opens").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let relocated = said
        .split_once("relocated to ")
        .and_then(|(_, rest)| rest.lines().next())
        .map(|base| usize::from_str_radix(base, 16).unwrap());
    let (first, _) = map_image(section).unwrap();
    assert_eq!(first.base as u64, BASE);
    // The same place, and the same pages.
    let (second, status) = map_image(section).unwrap();
    assert_eq!(status, Err(NtStatus::IMAGE_NOT_AT_BASE));
    assert_eq!(Some(second.base), relocated);
    assert_eq!(file_offset(second.base), second.size as u64);
    // SAFETY: a page that can be read.
    let beside = unsafe { ((second.base + 0x2018) as *const u8).read_volatile() };
    assert_eq!(beside, 0);
    // One more finds both places taken, and is relocated for itself.
    let (third, status) = map_image(section).unwrap();
    assert_eq!(status, Err(NtStatus::IMAGE_NOT_AT_BASE));
    assert_eq!(pointer_in(third), 0x1000);
    assert_eq!(file_offset(third.base), 0);
    for view in [first, second, third] {
        walk(view);
        section::unmap_view_of_section(view.base).unwrap();
    }
    close(section);
}

/// Sound images with a few bytes changed, and cut short: whatever they are, they are mapped or refused.
#[test]
fn any_bytes_are_mapped_or_refused() {
    const ROUNDS: usize = 10_000;
    let scratch = Scratch::new();
    let sound = small_image();
    let mut random = 0x5EED_0123_4567_89ABu64;
    let mut below = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % bound as u64) as usize
    };
    let taken =
        winpages_kernel::address_space::allocate_virtual_memory(BASE as usize, 0x10000, 0x2000, 1)
            .unwrap();
    let (mut mapped, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut bytes = sound.clone();
        for _ in 0..=below(4) {
            // Mostly where the headers and the relocations are.
            let at = match below(8) {
                0 => below(bytes.len()),
                1 | 2 => 0x800 + below(0x18),
                3 => 0x3C + below(4),
                _ => 0x80 + below(0x180),
            };
            bytes[at] = match below(4) {
                0 => 0,
                1 => 0xFF,
                2 => 1 << below(8),
                _ => below(256) as u8,
            };
        }
        if below(16) == 0 {
            bytes.truncate(below(sound.len()));
        }
        let path = write_file(&scratch, &bytes);
        match image_section(&path, None) {
            Ok(section) => {
                match map_image(section) {
                    Ok((view, _)) => {
                        mapped += 1;
                        walk(view);
                        section::unmap_view_of_section(view.base).unwrap();
                    }
                    Err(status) => {
                        refused += 1;
                        let allowed = [
                            NtStatus::INVALID_IMAGE_FORMAT,
                            NtStatus::NO_MEMORY,
                            NtStatus::COMMITMENT_LIMIT,
                        ];
                        assert!(allowed.contains(&status), "round {round}: {status}");
                    }
                }
                close(section);
            }
            Err(status) => {
                refused += 1;
                let allowed = [
                    NtStatus::INVALID_FILE_FOR_SECTION,
                    NtStatus::INVALID_IMAGE_FORMAT,
                    NtStatus::INVALID_IMAGE_NOT_MZ,
                    NtStatus::INVALID_IMAGE_PROTECT,
                    NtStatus::INVALID_IMAGE_NE_FORMAT,
                    NtStatus::INVALID_IMAGE_LE_FORMAT,
                ];
                assert!(allowed.contains(&status), "round {round}: {status}");
            }
        }
    }
    assert!(
        mapped > ROUNDS / 10 && refused > ROUNDS / 10,
        "{mapped} {refused}"
    );
    winpages_kernel::address_space::free_virtual_memory(taken.base, 0, 0x8000).unwrap();
}
