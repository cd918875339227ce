//! Private memory, on both systems.

mod common;

use common::{is_wine, where_there_is_room};
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

#[test]
fn requirements_are_met() {
    const GIB: usize = 1 << 30;
    let options = || Reservation::options().size(PAGE);
    let low = options().within(..4 * GIB).reserve().unwrap();
    assert!((low.as_ptr() as usize) < 4 * GIB);
    let between = 0x2000_0000_0000..0x2000_4000_0000;
    let placed = options().within(between.clone()).reserve().unwrap();
    // Wine 8.0 heeds the upper end and the alignment only.
    let lies_between =
        |reservation: &Reservation| is_wine() || between.contains(&(reservation.as_ptr() as usize));
    assert!(lies_between(&placed));
    let aligned = options().alignment(16 << 20).reserve().unwrap();
    assert!((aligned.as_ptr() as usize).is_multiple_of(16 << 20));
    let both = options()
        .within(between.clone())
        .alignment(GIB / 16)
        .top_down(true);
    let both = both.reserve().unwrap();
    assert!(lies_between(&both));
    assert!((both.as_ptr() as usize).is_multiple_of(GIB / 16));
}

#[test]
fn requirements_that_are_none() {
    let options = || Reservation::options().size(PAGE);
    // Wine 8.0 does not look at the ends closely.
    if !is_wine() {
        let ends = [
            options().within(PAGE..),
            options().within(..0),
            options().within(..(1 << 32) + 1),
        ];
        for wrong in ends {
            assert_code!(wrong.reserve(), "ERROR_INVALID_PARAMETER");
        }
    }
    for wrong in [
        options().alignment(PAGE),
        options().alignment(3 << 16),
        options().alignment(1 << 16).address(0x2000_0000_0000),
    ] {
        assert_code!(wrong.reserve(), "ERROR_INVALID_PARAMETER");
    }
}

#[test]
fn pages_may_have_protections_of_their_own() {
    let mut reservation = Reservation::new(4 * PAGE).unwrap();
    reservation.commit(..PAGE).unwrap();
    let guard = Protection::READWRITE | Protection::GUARD;
    reservation.commit_as(PAGE..2 * PAGE, guard).unwrap();
    reservation
        .commit_as(2 * PAGE..3 * PAGE, Protection::READONLY)
        .unwrap();
    let protection = |page: usize| reservation.query(page * PAGE).unwrap().protection;
    assert_eq!(protection(0), Some(Protection::READWRITE));
    assert_eq!(protection(1), Some(guard));
    assert_eq!(protection(2), Some(Protection::READONLY));
    assert_eq!(protection(3), None);
    assert_code!(
        reservation.commit_as(.., Protection::WRITECOPY),
        "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn a_node_is_a_preference() {
    let reservation = Reservation::options()
        .size(PAGE)
        .commit(true)
        .node(0)
        .reserve();
    reservation.unwrap().write(0, &1u8).unwrap();
}

#[test]
fn large_pages_take_a_privilege() {
    let size = winpages::large_page_minimum();
    assert!(size.is_power_of_two() && size > PAGE);
    let large = Reservation::options()
        .size(size)
        .commit(true)
        .large_pages(true)
        .reserve();
    // Whoever runs the tests may hold it, and there may be such pages.
    match large {
        Ok(mut memory) => memory.write(size - 1, &1u8).unwrap(),
        Err(error) => {
            let error = assert_code!(
                Err::<(), _>(error),
                "ERROR_PRIVILEGE_NOT_HELD"
                    | "ERROR_NO_SYSTEM_RESOURCES"
                    | "ERROR_NOT_ENOUGH_MEMORY"
                    | "ERROR_INVALID_PARAMETER"
            );
            // Wine 8.0 does not know them.
            assert!(is_wine() || error.code_name() != Some("ERROR_INVALID_PARAMETER"));
        }
    }
}

#[test]
fn the_whole_allocation_is_described() {
    let mut reservation = Reservation::new(16 * PAGE).unwrap();
    reservation.commit(PAGE..3 * PAGE).unwrap();
    reservation.commit(8 * PAGE..9 * PAGE).unwrap();
    let base = reservation.as_ptr() as usize;
    let whole = winpages::allocation(base + 12 * PAGE).unwrap().unwrap();
    assert_eq!((whole.base, whole.size), (base, 16 * PAGE));
    assert_eq!(whole.committed, 3 * PAGE);
    assert_eq!(whole.protection, Protection::READWRITE);
    assert_eq!(whole.kind, RegionKind::Private);
    assert_eq!(winpages::allocation(0).unwrap(), None);
    assert_code!(winpages::allocation(usize::MAX), "ERROR_INVALID_PARAMETER");
}

#[test]
fn the_layout_is_chosen_before_it_is_used() {
    assert_eq!(winpages::address_layout(), winpages::AddressLayout::Bits64);
    let error = assert_code!(winpages::use_32_bit_layout(), "ERROR_NOT_SUPPORTED");
    assert!(error.hint().is_some());
}

#[test]
fn memory_of_others_can_be_protected() {
    #[repr(align(4096))]
    struct Page([u8; PAGE]);
    let page = Box::new(Page([7; PAGE]));
    let start = &raw const *page as usize;
    // SAFETY: nobody writes to the page before it is as it was.
    let old = unsafe { winpages::protect(start + 5..start + 6, Protection::READONLY) }.unwrap();
    assert_eq!(old, Protection::READWRITE);
    let region = winpages::query(start).unwrap();
    assert_eq!(
        (region.base, region.size, region.protection),
        (start, PAGE, Some(Protection::READONLY))
    );
    assert_eq!(page.0[PAGE - 1], 7);
    // SAFETY: as it was.
    unsafe { winpages::protect(start..start + PAGE, old) }.unwrap();
    // SAFETY: nothing is changed.
    let nothing = unsafe { winpages::protect(start..start, Protection::NOACCESS) };
    assert_code!(nothing, "ERROR_INVALID_PARAMETER");
}
