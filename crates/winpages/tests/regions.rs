//! Walking the address space, on both systems.

mod common;

use winpages::{RegionKind, RegionState, Reservation, application_addresses, query, regions};

static CONSTANT: [u8; 3] = *b"abc";

#[test]
fn the_walk_has_neither_gaps_nor_overlaps() {
    let mut end = 0;
    for region in regions() {
        assert_eq!(region.base, end);
        assert!(region.size > 0 && region.size.is_multiple_of(4096));
        end = region.addresses().end;
    }
    assert_eq!(end, application_addresses().end() + 1);
}

#[test]
fn the_walk_finds_what_was_reserved() {
    let mut reservation = Reservation::new(16 << 12).unwrap();
    reservation.commit(1 << 12..3 << 12).unwrap();
    let base = reservation.as_ptr() as usize;
    let found: Vec<_> = regions()
        .filter(|region| region.allocation_base == Some(base))
        .map(|region| (region.base - base, region.size, region.state))
        .collect();
    assert_eq!(
        found,
        [
            (0, 1 << 12, RegionState::Reserved),
            (1 << 12, 2 << 12, RegionState::Committed),
            (3 << 12, 13 << 12, RegionState::Reserved),
        ]
    );
}

#[test]
fn memory_of_others_is_described() {
    let local = 5u32;
    let region = query(&raw const local as usize).unwrap();
    assert!(region.is_writable());
    assert_eq!(region.kind, Some(RegionKind::Private));
    let code = query(memory_of_others_is_described as *const () as usize).unwrap();
    assert!(code.protection.unwrap().is_executable());
    assert_eq!(code.kind, Some(RegionKind::Image));
    let constant = query(CONSTANT.as_ptr() as usize).unwrap();
    assert!(constant.is_readable() && !constant.protection.unwrap().is_executable());
}

#[test]
fn the_null_page_is_free() {
    let region = query(0).unwrap();
    assert_eq!((region.base, region.state), (0, RegionState::Free));
    assert_eq!(region.kind, None);
}

#[test]
fn addresses_no_program_has() {
    let beyond = application_addresses().end() + 1;
    // Wine 8.0 describes the 64 KiB up to the end of the user's half as reserved, as Windows does with
    // the no-man's-land; the documentation ends the walk there.
    assert_code!(query(beyond + 0xF_FFFF), "ERROR_INVALID_PARAMETER");
    assert_code!(query(usize::MAX), "ERROR_INVALID_PARAMETER");
}
