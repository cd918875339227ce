//! Private memory, on both systems.

mod common;

use common::where_there_is_room;
use winpages::{
    Operation, Protection, RegionKind, RegionState, Reservation, allocation_granularity,
    application_addresses, page_size,
};

const PAGE: usize = 4096;

#[test]
fn constants() {
    assert_eq!(page_size(), PAGE);
    assert_eq!(allocation_granularity(), 0x1_0000);
    assert_eq!(application_addresses().start(), &0x1_0000);
    assert_eq!(application_addresses().end(), &0x7FFF_FFFE_FFFF);
}

#[test]
fn reserving_takes_addresses_and_no_memory() {
    let reservation = Reservation::new(1 << 40).unwrap();
    assert_eq!(reservation.len(), 1 << 40);
    assert_eq!(reservation.as_ptr() as usize % allocation_granularity(), 0);
    let region = reservation.query(0).unwrap();
    assert_eq!(region.state, RegionState::Reserved);
    assert_eq!(region.kind, Some(RegionKind::Private));
    assert_eq!(region.base, reservation.as_ptr() as usize);
    assert_eq!(region.size, 1 << 40);
    assert_eq!(region.allocation_protection, Some(Protection::READWRITE));
    assert_eq!(region.protection, None);
}

#[test]
fn sizes_are_rounded_to_pages() {
    let reservation = Reservation::new(1).unwrap();
    assert_eq!(reservation.len(), PAGE);
    let (address, reservation) = where_there_is_room(|address| {
        let options = Reservation::options().size(0x1000);
        options.address(address + 0x1234).reserve()
    });
    assert_eq!(reservation.as_ptr() as usize, address);
    assert_eq!(reservation.len(), 3 * PAGE);
    assert_eq!(reservation.query(0).unwrap().size, 3 * PAGE);
}

#[test]
fn commit_touches_whole_pages() {
    let mut reservation = Reservation::new(16 * PAGE).unwrap();
    reservation.commit(PAGE + 4095..PAGE + 4097).unwrap();
    let state = |page: usize| reservation.query(page * PAGE).unwrap().state;
    assert_eq!(state(0), RegionState::Reserved);
    assert_eq!(state(1), RegionState::Committed);
    assert_eq!(state(2), RegionState::Committed);
    assert_eq!(state(3), RegionState::Reserved);
    let region = reservation.query(PAGE).unwrap();
    assert_eq!(
        (region.size, region.protection),
        (2 * PAGE, Some(Protection::READWRITE))
    );
    assert_eq!(reservation.slice(PAGE..3 * PAGE).unwrap(), [0; 2 * PAGE]);
}

#[test]
fn empty_ranges_change_nothing() {
    let mut reservation = Reservation::options()
        .size(4 * PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    // To Windows, decommitting 0 bytes means decommitting everything.
    reservation.decommit(0..0).unwrap();
    assert_eq!(reservation.query(0).unwrap().state, RegionState::Committed);
    reservation.decommit(..).unwrap();
    reservation.commit(0..0).unwrap();
    assert_eq!(reservation.query(0).unwrap().state, RegionState::Reserved);
    assert_eq!(reservation.slice(0..0).unwrap(), b"");
    assert_code!(
        reservation.protect(0..0, Protection::READONLY),
        "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn decommit_takes_the_contents() {
    let mut reservation = Reservation::options()
        .size(4 * PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    reservation.write_at(PAGE - 3, b"across").unwrap();
    reservation.decommit(PAGE..PAGE + 1).unwrap();
    let mut bytes = [0; 3];
    reservation.read_at(PAGE - 3, &mut bytes).unwrap();
    assert_eq!(&bytes, b"acr");
    assert_code!(reservation.read_at(PAGE, &mut bytes), "ERROR_NOACCESS");
    assert_code!(reservation.read_at(PAGE - 1, &mut bytes), "ERROR_NOACCESS");
    reservation.commit(..).unwrap();
    assert_eq!(reservation.slice(PAGE - 3..PAGE + 3).unwrap(), b"acr\0\0\0");
}

#[test]
fn protections_hold() {
    let mut reservation = Reservation::options()
        .size(4 * PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    reservation.write(0, &0x1234_5678u32).unwrap();
    let old = reservation.protect(..PAGE, Protection::READONLY).unwrap();
    assert_eq!(old, Protection::READWRITE);
    assert_eq!(reservation.read::<u32>(0).unwrap(), 0x1234_5678);
    let error = assert_code!(reservation.write(0, &1u32), "ERROR_NOACCESS");
    assert_eq!(error.operation(), Operation::Write);
    assert_code!(reservation.slice_mut(..1), "ERROR_NOACCESS");
    assert_eq!(reservation.slice(..1).unwrap(), [0x78]);
    reservation.protect(..PAGE, Protection::NOACCESS).unwrap();
    assert_code!(reservation.read::<u32>(0), "ERROR_NOACCESS");
    assert_code!(reservation.slice(..), "ERROR_NOACCESS");
    reservation.protect(.., Protection::READWRITE).unwrap();
    assert_eq!(reservation.read::<u32>(0).unwrap(), 0x1234_5678);
}

#[test]
fn protections_that_private_memory_cannot_have() {
    let mut reservation = Reservation::options()
        .size(PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    for protection in [
        Protection::WRITECOPY,
        Protection::EXECUTE_WRITECOPY,
        Protection::empty(),
        Protection::READONLY | Protection::READWRITE,
    ] {
        assert_code!(
            reservation.protect(.., protection),
            "ERROR_INVALID_PARAMETER"
        );
        let options = Reservation::options().size(PAGE).protection(protection);
        assert_code!(options.reserve(), "ERROR_INVALID_PARAMETER");
    }
    assert_eq!(
        reservation.query(0).unwrap().protection,
        Some(Protection::READWRITE)
    );
}

#[test]
fn guard_pages_cannot_be_sliced() {
    let mut reservation = Reservation::options()
        .size(PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    let guarded = Protection::READWRITE | Protection::GUARD;
    reservation.protect(.., guarded).unwrap();
    assert_eq!(reservation.query(0).unwrap().protection, Some(guarded));
    assert_code!(reservation.slice(..), "ERROR_NOACCESS");
}

#[test]
fn ranges_must_lie_within() {
    let mut reservation = Reservation::options()
        .size(4 * PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    let end = reservation.len();
    let error = assert_code!(reservation.commit(..end + 1), "ERROR_INVALID_ADDRESS");
    let base = reservation.as_ptr() as usize;
    assert_eq!(error.addresses(), Some(base..base + end + 1));
    assert_eq!(error.operation(), Operation::Commit);
    assert_code!(reservation.decommit(end..end + 1), "ERROR_INVALID_ADDRESS");
    assert_code!(
        reservation.protect(usize::MAX.., Protection::READONLY),
        "ERROR_INVALID_ADDRESS"
    );
    assert_code!(reservation.slice(..=usize::MAX), "ERROR_INVALID_ADDRESS");
    #[expect(clippy::reversed_empty_ranges, reason = "that is the mistake")]
    let reversed = 5..3;
    assert_code!(reservation.slice(reversed), "ERROR_INVALID_ADDRESS");
    assert_code!(reservation.read::<u64>(end - 7), "ERROR_INVALID_ADDRESS");
    assert_code!(reservation.read::<u64>(usize::MAX), "ERROR_INVALID_ADDRESS");
    assert_code!(reservation.write(end - 7, &0u64), "ERROR_INVALID_ADDRESS");
    assert_code!(reservation.query(end), "ERROR_INVALID_ADDRESS");
    reservation.write(end - 8, &7u64).unwrap();
}

#[test]
fn what_cannot_be_reserved() {
    assert_code!(Reservation::new(0), "ERROR_INVALID_PARAMETER");
    assert_code!(Reservation::new(usize::MAX), "ERROR_INVALID_PARAMETER");
    let at = |address: usize| Reservation::options().size(PAGE).address(address).reserve();
    assert_code!(at(0x1000), "ERROR_INVALID_PARAMETER");
    assert_code!(at(usize::MAX - 5), "ERROR_INVALID_PARAMETER");
    let taken = Reservation::new(PAGE).unwrap();
    let error = assert_code!(at(taken.as_ptr() as usize), "ERROR_INVALID_ADDRESS");
    assert_eq!(error.operation(), Operation::Reserve);
    assert!(error.hint().is_some());
}

#[test]
fn top_down_is_above() {
    let bottom = Reservation::new(PAGE).unwrap();
    let top = Reservation::options()
        .size(PAGE)
        .top_down(true)
        .reserve()
        .unwrap();
    assert!(top.as_ptr() > bottom.as_ptr());
}

#[test]
fn dropping_gives_the_addresses_back() {
    let reservation = Reservation::options()
        .size(4 * PAGE)
        .commit(true)
        .reserve()
        .unwrap();
    let address = reservation.as_ptr() as usize;
    drop(reservation);
    // Another thread may have taken them meanwhile.
    let region = winpages::query(address).unwrap();
    if region.state == RegionState::Free {
        assert_eq!(
            (region.allocation_base, region.protection, region.kind),
            (None, None, None)
        );
    }
}

#[test]
fn raw_pointers_stay_good_while_more_is_committed() {
    let mut reservation = Reservation::new(1 << 20).unwrap();
    reservation.commit(..PAGE).unwrap();
    let first = reservation.as_mut_ptr();
    // SAFETY: the page is committed, and there is no slice of it.
    unsafe { first.write(7) };
    reservation.commit(PAGE..2 * PAGE).unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { first.read() }, 7);
    assert_eq!(reservation.as_ptr(), first.cast_const());
}
