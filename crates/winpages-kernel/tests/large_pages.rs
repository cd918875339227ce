//! MEM_LARGE_PAGES, on huge pages that the test sets aside where it may.

#[path = "common/watchdog.rs"]
mod watchdog;

#[path = "common/set_aside.rs"]
mod set_aside;

use set_aside::SetAside;
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{
    AddressRequirements, Allocate, AllocationType, LARGE_PAGE_SIZE, MemoryKind, MemoryState,
    PageRange, Protection, allocate_virtual_memory, allocate_virtual_memory_within,
    free_virtual_memory, protect_virtual_memory, query_virtual_memory,
};
use winpages_kernel::residency::PageReader;
use winpages_kernel::token::{Change, Privilege, Token};

const COMMIT: u32 = AllocationType::COMMIT.bits();
const RESERVE: u32 = AllocationType::RESERVE.bits();
const LARGE: u32 = AllocationType::LARGE_PAGES.bits();
const WRITE_WATCH: u32 = AllocationType::WRITE_WATCH.bits();
const READONLY: u32 = 2;
const READWRITE: u32 = 4;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;

fn large(base: usize, pages: usize, more: u32) -> Result<PageRange, NtStatus> {
    let kind = RESERVE | COMMIT | LARGE | more;
    allocate_virtual_memory(base, pages * LARGE_PAGE_SIZE, kind, READWRITE)
}

/// One test, for it changes what the whole process may do.
#[test]
fn large_pages_are_given_to_who_may_lock_memory() {
    // Wrong arguments are wrong whoever asks.
    for kind in [
        RESERVE | LARGE,
        COMMIT | LARGE,
        RESERVE | COMMIT | LARGE | WRITE_WATCH,
    ] {
        let refused = allocate_virtual_memory(0, LARGE_PAGE_SIZE, kind, READWRITE);
        assert_eq!(refused, Err(NtStatus::INVALID_PARAMETER), "{kind:x}");
    }
    assert_eq!(large(0, 1, 0), Err(NtStatus::PRIVILEGE_NOT_HELD));

    const PAGES: usize = 3;
    let token = Token::default();
    let Some(set_aside) = SetAside::more(PAGES) else {
        eprintln!("skipped: no huge pages can be set aside here");
        return;
    };
    // It is held now, but not enabled.
    assert_eq!(large(0, 1, 0), Err(NtStatus::PRIVILEGE_NOT_HELD));
    let enabled = token.adjust(Privilege::LOCK_MEMORY, Change::Enable);
    assert_eq!(enabled, Some(false));

    let range = large(0, 2, 0).unwrap();
    assert!(range.base.is_multiple_of(LARGE_PAGE_SIZE));
    assert_eq!(range.size, 2 * LARGE_PAGE_SIZE);
    let last = range.base + range.size - 8;
    // SAFETY: a word of the pages just committed.
    unsafe {
        assert_eq!((last as *mut u64).read_volatile(), 0);
        (last as *mut u64).write_volatile(7);
    }
    let region = query_virtual_memory(range.base + 0x3000).unwrap();
    assert_eq!(region.allocation_base, range.base);
    assert_eq!(region.region_size, range.size - 0x3000);
    assert_eq!(region.state, MemoryState::Commit);
    assert_eq!(region.kind, MemoryKind::Private);
    assert_eq!(region.protection, Some(Protection::READWRITE));
    let page = PageReader::open().unwrap().page(last);
    assert!(page.valid && page.large);

    // They are what they are until they are freed.
    let base = range.base;
    let readonly = protect_virtual_memory(base, LARGE_PAGE_SIZE, READONLY);
    assert_eq!(readonly, Err(NtStatus::CONFLICTING_ADDRESSES));
    assert!(protect_virtual_memory(base, LARGE_PAGE_SIZE, READWRITE).is_ok());
    assert!(allocate_virtual_memory(base, 0x1000, COMMIT, READWRITE).is_ok());
    let decommitted = free_virtual_memory(base, LARGE_PAGE_SIZE, DECOMMIT);
    assert_eq!(decommitted, Err(NtStatus::MEMORY_NOT_ALLOCATED));

    // The rest of them, then none is left.
    let free = SetAside::count(SetAside::FREE);
    let rest = large(0, free, AllocationType::TOP_DOWN.bits()).unwrap();
    assert_eq!(large(0, 1, 0), Err(NtStatus::INSUFFICIENT_RESOURCES));
    assert!(free_virtual_memory(rest.base, 0, RELEASE).is_ok());

    // Where the caller says, and only at multiples of their size.
    assert!(free_virtual_memory(base, 0, RELEASE).is_ok());
    assert_eq!(large(base, 1, 0).unwrap().base, base);
    assert_eq!(large(base, 1, 0), Err(NtStatus::CONFLICTING_ADDRESSES));
    assert!(free_virtual_memory(base, 0, RELEASE).is_ok());
    for (base, size) in [
        (base + 0x10000, LARGE_PAGE_SIZE),
        (base, LARGE_PAGE_SIZE + 0x1000),
        (0, 0x10000),
        (0, usize::MAX & !(LARGE_PAGE_SIZE - 1)),
        (0x7FFF_FFE0_0000, LARGE_PAGE_SIZE),
    ] {
        let refused = allocate_virtual_memory(base, size, RESERVE | COMMIT | LARGE, READWRITE);
        assert_eq!(
            refused,
            Err(NtStatus::INVALID_PARAMETER),
            "{base:x} {size:x}"
        );
    }
    let below = AddressRequirements {
        highest: 0xFFFF_FFFF,
        ..AddressRequirements::default()
    };
    let kind = RESERVE | COMMIT | LARGE;
    let low = allocate_virtual_memory_within(&Allocate {
        requirements: below,
        ..Allocate::new(0, LARGE_PAGE_SIZE, kind, READWRITE)
    })
    .unwrap();
    assert!(low.base + low.size <= 1 << 32 && low.base.is_multiple_of(LARGE_PAGE_SIZE));
    assert!(free_virtual_memory(low.base, 0, RELEASE).is_ok());

    // Given away, it is gone for good.
    token.adjust(Privilege::LOCK_MEMORY, Change::Remove);
    assert_eq!(token.state(Privilege::LOCK_MEMORY), None);
    assert_eq!(large(0, 1, 0), Err(NtStatus::PRIVILEGE_NOT_HELD));
    drop(set_aside);
}
