//! Sections of program images, on both systems.

mod common;

use std::fs::File;
use std::io::{Seek, Write};

use common::is_wine;
use winpages::{Operation, Protection, RegionKind, Section};

const PAGE: usize = 4096;

/// The headers of a library with one part that holds code and one that holds data, and their bytes. No
/// linker would make one so small.
fn image() -> File {
    const HEADER: usize = 0x80;
    const OPTIONAL: usize = HEADER + 24;
    const PARTS: usize = OPTIONAL + 240;
    let mut bytes = vec![0u8; 0x800];
    let mut put = |offset: usize, value: &[u8]| {
        bytes[offset..offset + value.len()].copy_from_slice(value);
    };
    let word = u16::to_le_bytes;
    let long = u32::to_le_bytes;
    put(0, b"MZ");
    put(0x3C, &long(HEADER as u32));
    put(HEADER, b"PE\0\0");
    put(HEADER + 4, &word(0x8664)); // AMD64
    put(HEADER + 6, &word(2)); // parts
    put(HEADER + 20, &word(240)); // of the optional header
    put(HEADER + 22, &word(0x2022)); // an executable library, large addresses
    put(OPTIONAL, &word(0x20B)); // 64 bits
    put(OPTIONAL + 16, &long(0x1000)); // entry
    put(OPTIONAL + 20, &long(0x1000)); // code
    put(OPTIONAL + 24, &0x5123_0000u64.to_le_bytes()); // base
    put(OPTIONAL + 32, &long(0x1000)); // alignment in memory
    put(OPTIONAL + 36, &long(0x200)); // alignment in the file
    put(OPTIONAL + 40, &word(6));
    put(OPTIONAL + 48, &word(5));
    put(OPTIONAL + 56, &long(0x3000)); // size in memory
    put(OPTIONAL + 60, &long(0x400)); // size of the headers
    put(OPTIONAL + 68, &word(3)); // console
    put(OPTIONAL + 70, &word(0x40)); // may be put elsewhere
    put(OPTIONAL + 72, &0x20_0000u64.to_le_bytes());
    put(OPTIONAL + 80, &0x1000u64.to_le_bytes());
    put(OPTIONAL + 108, &long(16)); // directories
    for (index, (name, address, offset, what)) in [
        (b".text\0\0\0", 0x1000, 0x400, 0x6000_0020),
        (b".data\0\0\0", 0x2000, 0x600, 0xC000_0040u32),
    ]
    .into_iter()
    .enumerate()
    {
        let part = PARTS + 40 * index;
        put(part, name);
        put(part + 8, &long(0x200));
        put(part + 12, &long(address));
        put(part + 16, &long(0x200));
        put(part + 20, &long(offset));
        put(part + 36, &long(what));
    }
    put(0x400, b"code");
    put(0x600, b"data");
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn parts_lie_where_the_headers_say() {
    let file = image();
    let section = Section::options().file(&file).image().create().unwrap();
    assert_eq!(section.size().unwrap(), 3 * PAGE as u64);
    let view = section.view().map().unwrap();
    assert_eq!(view.len(), 3 * PAGE);
    assert_eq!(&view.read::<[u8; 2]>(0).unwrap(), b"MZ");
    assert_eq!(&view.read::<[u8; 4]>(PAGE).unwrap(), b"code");
    assert_eq!(&view.read::<[u8; 4]>(2 * PAGE).unwrap(), b"data");
    let page = |index: usize| view.query(index * PAGE).unwrap();
    assert_eq!(page(0).kind, Some(RegionKind::Image));
    assert_eq!(page(0).protection, Some(Protection::READONLY));
    assert_eq!(page(1).protection, Some(Protection::EXECUTE_READ));
    assert_eq!(page(2).protection, Some(Protection::WRITECOPY));
    assert_code!(view.write(PAGE, &1u8), "ERROR_NOACCESS");
    view.write(2 * PAGE, b"mine").unwrap();
    let other = section.view().map().unwrap();
    assert_eq!(&other.read::<[u8; 4]>(2 * PAGE).unwrap(), b"data");
}

#[test]
fn images_that_nobody_runs() {
    let file = image();
    let options = Section::options().file(&file).image_without_execution();
    let view = options.create().unwrap().view().map().unwrap();
    assert_eq!(&view.read::<[u8; 4]>(PAGE).unwrap(), b"code");
    // Wine 8.0 takes it for a plain image.
    if !is_wine() {
        let protection = view.query(PAGE).unwrap().protection;
        assert_eq!(protection, Some(Protection::READONLY));
    }
}

#[test]
fn what_is_no_image() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[b'x'; PAGE]).unwrap();
    let created = Section::options().file(&file).image().create();
    let error = assert_code!(created, "ERROR_BAD_EXE_FORMAT");
    assert_eq!(error.operation(), Operation::CreateSection);
    let created = Section::options().size(PAGE as u64).image().create();
    assert_code!(
        created,
        "ERROR_INVALID_PARAMETER" | "ERROR_BAD_EXE_FORMAT" | "ERROR_INVALID_HANDLE"
    );
}
