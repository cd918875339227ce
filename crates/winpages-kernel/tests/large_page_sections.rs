//! SEC_LARGE_PAGES, on huge pages that the test sets aside where it may.

#![allow(missing_docs)]

mod common;
#[path = "common/set_aside.rs"]
mod set_aside;

use common::*;
use set_aside::SetAside;
use winpages_kernel::address_space::{
    AddressRequirements, AllocationType, LARGE_PAGE_SIZE, MemoryKind, PageRange, Protection,
    allocate_virtual_memory, protect_virtual_memory, query_virtual_memory,
};
use winpages_kernel::residency::PageReader;
use winpages_kernel::section::{
    self, CreateSection, Disposition, MapView, ViewType, create_section, unmap_view_of_section,
};
use winpages_kernel::token::{Change, Privilege, Token};
use winpages_kernel::{Handle, NtStatus};

const TEST: &str = "sections_of_large_pages";
const PAGE: u64 = LARGE_PAGE_SIZE as u64;
const SEC_RESERVE: u32 = 0x0400_0000;
const SEC_COMMIT: u32 = 0x0800_0000;
const SEC_LARGE_PAGES: u32 = 0x8000_0000;

fn large(text: &str, size: u64) -> CreateSection {
    CreateSection {
        flags: SEC_COMMIT | SEC_LARGE_PAGES,
        ..request(text, size)
    }
}

fn unnamed(size: u64) -> CreateSection {
    CreateSection {
        name: None,
        ..large("x", size)
    }
}

fn view(section: Handle) -> MapView {
    MapView {
        section,
        base: 0,
        offset: 0,
        size: 0,
        protection: Protection::READWRITE,
        requirements: AddressRequirements::default(),
        kind: ViewType::LARGE_PAGES,
    }
}

fn map_view(view: MapView) -> Result<PageRange, NtStatus> {
    section::map_view_of_section(&view)
}

/// One test, for it changes what the whole process may do.
#[test]
fn sections_of_large_pages() {
    if role().is_some() {
        return another_process();
    }
    if !alone(TEST) {
        return;
    }
    let flags = SEC_RESERVE | SEC_LARGE_PAGES;
    let reserved = create_section(&CreateSection {
        flags,
        ..unnamed(PAGE)
    });
    assert_eq!(reserved, Err(NtStatus::INVALID_PARAMETER));
    let refused = create_section(&unnamed(PAGE));
    assert_eq!(refused, Err(NtStatus::PRIVILEGE_NOT_HELD));
    const PAGES: u64 = 3;
    let Some(set_aside) = SetAside::more(PAGES as usize) else {
        eprintln!("skipped: no huge pages can be set aside here");
        return;
    };
    let refused = create_section(&unnamed(PAGE));
    assert_eq!(refused, Err(NtStatus::PRIVILEGE_NOT_HELD));
    Token::default().adjust(Privilege::LOCK_MEMORY, Change::Enable);

    for size in [0, 4096, PAGE + 4096] {
        let refused = create_section(&unnamed(size));
        assert_eq!(refused, Err(NtStatus::INVALID_PARAMETER), "{size}");
    }
    let copies = CreateSection {
        protection: Protection::WRITECOPY.bits(),
        ..unnamed(PAGE)
    };
    let refused = create_section(&copies);
    assert_eq!(refused, Err(NtStatus::INVALID_PAGE_PROTECTION));
    one_process();
    two_processes();
    all_of_them();
    drop(set_aside);
}

fn one_process() {
    let (section, _) = create_section(&unnamed(2 * PAGE)).unwrap();
    let whole = map_view(view(section)).unwrap();
    assert!(whole.base.is_multiple_of(LARGE_PAGE_SIZE));
    assert_eq!(whole.size, 2 * LARGE_PAGE_SIZE);
    let second = map_view(MapView {
        offset: PAGE,
        size: LARGE_PAGE_SIZE,
        ..view(section)
    })
    .unwrap();
    let word = (second.base + 8) as *mut u64;
    // SAFETY: words of two views of the same page.
    unsafe {
        assert_eq!(word.read_volatile(), 0);
        word.write_volatile(7);
        let same = (whole.base + LARGE_PAGE_SIZE + 8) as *const u64;
        assert_eq!(same.read_volatile(), 7);
    }
    assert!(PageReader::open().unwrap().page(second.base).large);
    let region = query_virtual_memory(whole.base + 0x3000).unwrap();
    assert_eq!(region.kind, MemoryKind::Mapped);
    assert_eq!(region.region_size, whole.size - 0x3000);
    // Without the flag the pages are large all the same, and so is what is shown.
    let some = map_view(MapView {
        size: 4096,
        kind: ViewType::empty(),
        ..view(section)
    })
    .unwrap();
    assert_eq!(some.size, LARGE_PAGE_SIZE);
    unmap_view_of_section(some.base).unwrap();
    for (what, request, status) in [
        (
            "size",
            MapView {
                size: 4096,
                ..view(section)
            },
            NtStatus::INVALID_PARAMETER,
        ),
        (
            "offset",
            MapView {
                offset: 0x10000,
                ..view(section)
            },
            NtStatus::MAPPED_ALIGNMENT,
        ),
        (
            "base",
            MapView {
                base: whole.base + 0x10000,
                ..view(section)
            },
            NtStatus::MAPPED_ALIGNMENT,
        ),
        (
            "copies",
            MapView {
                protection: Protection::WRITECOPY,
                ..view(section)
            },
            NtStatus::INVALID_PAGE_PROTECTION,
        ),
        (
            "taken",
            MapView {
                base: whole.base,
                ..view(section)
            },
            NtStatus::CONFLICTING_ADDRESSES,
        ),
    ] {
        assert_eq!(map_view(request), Err(status), "{what}");
    }
    // Nothing of them changes until the view is unmapped.
    let readonly = protect_virtual_memory(whole.base, LARGE_PAGE_SIZE, 2);
    assert_eq!(readonly, Err(NtStatus::CONFLICTING_ADDRESSES));
    assert!(protect_virtual_memory(whole.base, 4096, 4).is_ok());
    let commit = AllocationType::COMMIT.bits();
    assert!(allocate_virtual_memory(whole.base, 4096, commit, 4).is_ok());
    let other = allocate_virtual_memory(whole.base, 4096, commit, 2);
    assert_eq!(other, Err(NtStatus::CONFLICTING_ADDRESSES));
    // Views keep the memory.
    close(section);
    // SAFETY: a word of a view.
    assert_eq!(unsafe { word.read_volatile() }, 7);
    unmap_view_of_section(whole.base).unwrap();
    unmap_view_of_section(second.base).unwrap();
}

/// By name: the other process has the very pages.
fn two_processes() {
    let (section, disposition) = create_section(&large("large", PAGE)).unwrap();
    assert_eq!(disposition, Disposition::Created);
    let (again, disposition) = create_section(&large("large", 2 * PAGE)).unwrap();
    assert_eq!(disposition, Disposition::Existing);
    let shown = map_view(view(again)).unwrap();
    assert_eq!(shown.size, LARGE_PAGE_SIZE);
    close(again);
    let word = shown.base as *mut u64;
    // SAFETY: a word of the view.
    unsafe { word.write_volatile(41) };
    let status = helper(TEST, "another process").status().unwrap();
    assert!(status.success(), "{status}");
    // SAFETY: as above.
    assert_eq!(unsafe { word.read_volatile() }, 42);
    close(section);
    assert_eq!(open("large"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    unmap_view_of_section(shown.base).unwrap();
    assert_eq!(files(), [""; 0]);
}

fn another_process() {
    let section = open("large").unwrap();
    let shown = map_view(view(section)).unwrap();
    assert_eq!(shown.size, LARGE_PAGE_SIZE);
    let word = shown.base as *mut u64;
    // SAFETY: a word of the view.
    unsafe { word.write_volatile(word.read_volatile() + 1) };
    assert!(PageReader::open().unwrap().page(shown.base).large);
    close(section);
}

/// What is promised is there: who cannot have all gets none.
fn all_of_them() {
    let free = SetAside::count(SetAside::FREE) as u64;
    let (rest, _) = create_section(&unnamed(free * PAGE)).unwrap();
    for request in [unnamed(PAGE), large("too many", PAGE)] {
        let refused = create_section(&request);
        assert_eq!(refused, Err(NtStatus::INSUFFICIENT_RESOURCES));
    }
    assert_eq!(files(), [""; 0]);
    close(rest);
    let (again, _) = create_section(&unnamed(PAGE)).unwrap();
    close(again);
}
