//! Addresses kept free, on both systems.

mod common;

use common::is_wine;
use winpages::{
    Operation, Placeholder, Protection, RegionKind, RegionState, Reservation, Section, query,
};

const PAGE: usize = 4096;
const GRANULARITY: usize = 0x1_0000;

#[test]
fn every_system_here_has_them_but_wine() {
    assert!(Placeholder::are_available() || is_wine());
}

#[test]
fn nobody_else_goes_there() {
    if !Placeholder::are_available() {
        return;
    }
    let placeholder = Placeholder::reserve(GRANULARITY + 1).unwrap();
    assert_eq!(placeholder.len(), GRANULARITY + PAGE);
    let addresses = placeholder.addresses();
    let region = query(addresses.start).unwrap();
    assert_eq!(
        (region.state, region.size, region.kind),
        (
            RegionState::Reserved,
            placeholder.len(),
            Some(RegionKind::Private)
        )
    );
    let there = Reservation::options().size(PAGE).address(addresses.start);
    assert_code!(there.reserve(), "ERROR_INVALID_ADDRESS");
    drop(placeholder);
}

#[test]
fn placeholders_are_split_and_joined() {
    if !Placeholder::are_available() {
        return;
    }
    let mut first = Placeholder::reserve(8 * GRANULARITY).unwrap();
    let base = first.addresses().start;
    let mut second = first.split_off(3 * GRANULARITY).unwrap();
    let third = second.split_off(PAGE).unwrap();
    assert_eq!(first.addresses(), base..base + 3 * GRANULARITY);
    assert_eq!(
        (second.addresses().start, second.len()),
        (base + 3 * GRANULARITY, PAGE)
    );
    assert_eq!(third.len(), 5 * GRANULARITY - PAGE);
    assert_eq!(query(base).unwrap().size, 3 * GRANULARITY);
    for wrong in [0, PAGE - 1, 3 * GRANULARITY, usize::MAX & !0xFFF] {
        let error = assert_code!(first.split_off(wrong), "ERROR_INVALID_ADDRESS");
        assert_eq!(error.operation(), Operation::ChangePlaceholder);
    }
    second.append(third).unwrap();
    first.append(second).unwrap();
    assert_eq!(first.len(), 8 * GRANULARITY);
    assert_eq!(query(base).unwrap().size, 8 * GRANULARITY);
    let other = Placeholder::reserve(GRANULARITY).unwrap();
    let mut far = Placeholder::reserve(GRANULARITY).unwrap();
    let _between = far.split_off(PAGE).unwrap();
    assert_code!(far.append(other), "ERROR_INVALID_ADDRESS");
}

#[test]
fn placeholders_are_replaced_in_place() {
    if !Placeholder::are_available() {
        return;
    }
    let mut first = Placeholder::reserve(4 * GRANULARITY).unwrap();
    let base = first.addresses().start;
    let mut second = first.split_off(GRANULARITY).unwrap();
    let third = second.split_off(2 * GRANULARITY).unwrap();
    let mut reservation = Reservation::options().reserve_in(second).unwrap();
    assert_eq!(reservation.as_ptr() as usize, base + GRANULARITY);
    assert_eq!(reservation.len(), 2 * GRANULARITY);
    reservation.commit(..).unwrap();
    reservation.write(0, &1u64).unwrap();
    let section = Section::options()
        .size(GRANULARITY as u64)
        .create()
        .unwrap();
    let view = section.view().map_in(first).unwrap();
    assert_eq!(view.as_ptr() as usize, base);
    let same = section.view().map_in(third).unwrap();
    assert_eq!(same.as_ptr() as usize, base + 3 * GRANULARITY);
    view.write(7, &3u8).unwrap();
    assert_eq!(same.read::<u8>(7).unwrap(), 3);
    assert_eq!(reservation.read::<u64>(0).unwrap(), 1);
    drop(view);
    assert_eq!(reservation.read::<u64>(0).unwrap(), 1);
}

#[test]
fn what_does_not_fit_is_refused() {
    if !Placeholder::are_available() {
        return;
    }
    let section = Section::options()
        .size(2 * GRANULARITY as u64)
        .create()
        .unwrap();
    let small = Placeholder::reserve(GRANULARITY).unwrap();
    assert_code!(section.view().map_in(small), "ERROR_INVALID_ADDRESS");
    let placeholder = Placeholder::reserve(GRANULARITY).unwrap();
    let options = Reservation::options().protection(Protection::WRITECOPY);
    assert_code!(options.reserve_in(placeholder), "ERROR_INVALID_PARAMETER");
}

#[test]
fn placeholders_come_back() {
    if !Placeholder::are_available() {
        return;
    }
    let mut first = Placeholder::reserve(2 * GRANULARITY).unwrap();
    let both = first.addresses();
    let second = first.split_off(GRANULARITY).unwrap();
    let mut reservation = Reservation::options()
        .commit(true)
        .reserve_in(first)
        .unwrap();
    reservation.write(0, &1u8).unwrap();
    let section = Section::options()
        .size(GRANULARITY as u64)
        .create()
        .unwrap();
    let view = section.view().map_in(second).unwrap();
    let mut first = reservation.into_placeholder().unwrap();
    assert_eq!(query(both.start).unwrap().state, RegionState::Reserved);
    let second = view.into_placeholder().unwrap();
    first.append(second).unwrap();
    assert_eq!(first.addresses(), both);
    let never = Reservation::new(GRANULARITY).unwrap();
    assert_code!(never.into_placeholder(), "ERROR_INVALID_ADDRESS");
    let never = section.view().map().unwrap();
    assert_code!(never.into_placeholder(), "ERROR_INVALID_ADDRESS");
}
