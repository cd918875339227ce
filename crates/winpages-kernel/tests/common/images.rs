//! Program images for tests.

#![allow(dead_code, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use winpages_kernel::address_space::{AddressRequirements, PageRange, Protection};
use winpages_kernel::file::{CreateOptions, CreateRequest, Disposition, File, ShareAccess};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{AccessMask, Object};
use winpages_kernel::section::{self, CreateSection, MapView, ViewType, create_section};
use winpages_kernel::{Handle, NtStatus};

use super::common::{Scratch, close, name, request};

pub const SEC_IMAGE: u32 = 0x0100_0000;

pub fn open_file(path: &Path) -> Handle {
    let text = format!("Z:{}", path.display()).replace('/', "\\");
    let (file, access, _) = File::create(&CreateRequest {
        path: &text,
        access: AccessMask::GENERIC_READ,
        share: ShareAccess::all(),
        disposition: Disposition::Open,
        options: CreateOptions::NON_DIRECTORY_FILE,
        read_only: false,
    })
    .unwrap();
    handle_table::insert(Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes: HandleAttributes::empty(),
    })
    .unwrap()
}

pub fn image_section(path: &Path, text: Option<&str>) -> Result<Handle, NtStatus> {
    let file = open_file(path);
    let section = create_section(&CreateSection {
        name: text.map(name),
        protection: Protection::READONLY.bits(),
        flags: SEC_IMAGE,
        file: Some(file),
        ..request("image", 0)
    });
    close(file);
    section.map(|(handle, _)| handle)
}

pub fn map_image(section: Handle) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    section::map_view(&MapView {
        section,
        base: 0,
        offset: 0,
        size: 0,
        protection: Protection::READONLY,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    })
}

pub fn put<const SIZE: usize>(bytes: &mut [u8], at: usize, value: [u8; SIZE]) {
    bytes[at..at + SIZE].copy_from_slice(&value);
}

pub const BASE: u64 = 0x5_1230_0000;

/// A small library with code, data and relocations, as no linker wastes space on it.
pub fn small_image() -> Vec<u8> {
    let mut bytes = vec![0u8; 0xC00];
    let header = 0x80;
    put(&mut bytes, 0, *b"MZ");
    put(&mut bytes, 0x3C, (header as u32).to_le_bytes());
    put(&mut bytes, header, *b"PE\0\0");
    put(&mut bytes, header + 4, 0x8664u16.to_le_bytes());
    put(&mut bytes, header + 6, 3u16.to_le_bytes());
    put(&mut bytes, header + 20, 240u16.to_le_bytes());
    put(&mut bytes, header + 22, 0x2022u16.to_le_bytes());
    let optional = header + 24;
    put(&mut bytes, optional, 0x20Bu16.to_le_bytes());
    put(&mut bytes, optional + 16, 0x1000u32.to_le_bytes());
    put(&mut bytes, optional + 24, BASE.to_le_bytes());
    put(&mut bytes, optional + 32, 0x1000u32.to_le_bytes());
    put(&mut bytes, optional + 36, 0x200u32.to_le_bytes());
    put(&mut bytes, optional + 56, 0x5000u32.to_le_bytes());
    put(&mut bytes, optional + 60, 0x400u32.to_le_bytes());
    put(&mut bytes, optional + 108, 16u32.to_le_bytes());
    put(&mut bytes, optional + 152, 0x4000u32.to_le_bytes());
    put(&mut bytes, optional + 156, 24u32.to_le_bytes());
    let sections = [
        (0x100u32, 0x1000u32, 0x200u32, 0x400u32, 0x6000_0020u32),
        (0x1800, 0x2000, 0x200, 0x600, 0xC000_0040),
        (0x18, 0x4000, 0x200, 0x800, 0x4200_0040),
    ];
    for (index, (size, address, raw_size, raw_offset, characteristics)) in
        sections.into_iter().enumerate()
    {
        let at = optional + 240 + index * 40;
        put(&mut bytes, at, *b".section");
        for (field, value) in [size, address, raw_size, raw_offset]
            .into_iter()
            .enumerate()
        {
            put(&mut bytes, at + 8 + field * 4, value.to_le_bytes());
        }
        put(&mut bytes, at + 36, characteristics.to_le_bytes());
    }
    put(&mut bytes, 0x610, (BASE + 0x1000).to_le_bytes());
    put(&mut bytes, 0x800, 0x2000u32.to_le_bytes());
    put(&mut bytes, 0x804, 12u32.to_le_bytes());
    put(&mut bytes, 0x808, 0xA010u16.to_le_bytes());
    put(&mut bytes, 0x80C, 0x1000u32.to_le_bytes());
    put(&mut bytes, 0x810, 12u32.to_le_bytes());
    put(&mut bytes, 0x814, 0x3020u16.to_le_bytes());
    bytes
}

pub fn write_file(scratch: &Scratch, bytes: &[u8]) -> PathBuf {
    let path = scratch.0.join("image.dll");
    std::fs::write(&path, bytes).unwrap();
    path
}
