//! Memory and views in another process, whether or not it serves requests, on both systems.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use common::is_wine;
use other_process::{Other, be_the_child};
use winpages::{
    Access, Operation, Placeholder, Process, ProcessAccess, Protection, RegionKind, RegionState,
    Reservation, Section, allocation_granularity,
};

const PAGE: usize = 4096;

/// It tells what is at an address that it is sent.
#[test]
fn child() {
    be_the_child(|| {
        (Vec::new(), |line: &str| {
            let address = line.parse().unwrap();
            // SAFETY: the parent has allocated there.
            let value = unsafe { core::ptr::with_exposed_provenance::<u32>(address).read() };
            println!("value {value}");
        })
    });
}

/// The same in a process that serves requests and in one that does not.
fn in_both(test: impl Fn(&mut Other)) {
    for mut other in [Other::start(), Other::start_deaf()] {
        test(&mut other);
        other.end();
    }
}

#[test]
fn memory_is_reserved_then_committed_then_decommitted() {
    in_both(|other| {
        let options = Reservation::options()
            .size(4 * PAGE)
            .protection(Protection::READONLY);
        let there = options.reserve_in_process(other.process()).unwrap();
        assert_eq!(there.len(), 4 * PAGE);
        let process = other.process();
        let whole = process.query(there.start).unwrap();
        assert_eq!((whole.size, whole.state), (4 * PAGE, RegionState::Reserved));
        assert_eq!(whole.allocation_protection, Some(Protection::READONLY));
        let second = there.start + PAGE..there.start + PAGE + 1;
        // SAFETY: the child does not know of it.
        unsafe { process.commit(second.clone(), Protection::READWRITE) }.unwrap();
        let region = process.query(second.start).unwrap();
        assert_eq!((region.size, region.state), (PAGE, RegionState::Committed));
        assert_eq!(region.protection, Some(Protection::READWRITE));
        assert_eq!(region.allocation_base, Some(there.start));
        // SAFETY: the child looks at it when it is told to.
        unsafe { process.write(second.start, &77u32) }.unwrap();
        assert_eq!(other.ask(&second.start.to_string(), "value"), 77);
        let process = other.process();
        // SAFETY: the child is done with it.
        unsafe {
            process.commit(0..0, Protection::READWRITE).unwrap();
            process.decommit(there.end..there.end).unwrap();
            assert!(process.query(second.start).unwrap().is_writable());
            process.decommit(second.clone()).unwrap();
        }
        assert_eq!(
            process.query(second.start).unwrap().state,
            RegionState::Reserved
        );
        // Wine 8.0 tells pages that were decommitted from those that never were committed.
        assert!(is_wine() || process.query(there.start).unwrap() == whole);
        // SAFETY: the child has never used it.
        unsafe {
            process
                .commit(there.clone(), Protection::READWRITE)
                .unwrap();
            assert_eq!(process.read::<u32>(second.start).unwrap(), 0);
            process.release(there.start).unwrap();
        }
        // On Wine, the thread that has freed it takes its place.
        if !is_wine() {
            let freed = process.query(there.start).unwrap();
            assert_eq!(freed.state, RegionState::Free);
            // SAFETY: nothing is there.
            let error = assert_code!(
                unsafe { process.commit(there.clone(), Protection::READWRITE) },
                "ERROR_INVALID_ADDRESS"
            );
            let addresses = error.addresses();
            assert_eq!(
                (error.operation(), addresses),
                (Operation::Commit, Some(there))
            );
        }
    });
}

#[test]
fn its_address_is_chosen() {
    in_both(|other| {
        let process = other.process();
        let size = 64 << 10;
        let options = Reservation::options().size(size);
        let lowest = options.reserve_in_process(process).unwrap();
        let highest = options.clone().top_down(true);
        let highest = highest.reserve_in_process(process).unwrap();
        assert!(highest.start > lowest.end);
        // In the middle of addresses that were free a moment ago.
        let room = options.clone().size(1 << 20).reserve_in_process(process);
        let room = room.unwrap();
        // SAFETY: the child does not know of it.
        unsafe { process.release(room.start) }.unwrap();
        let chosen = options.clone().address(room.start + (512 << 10) + PAGE);
        let chosen = chosen.reserve_in_process(process).unwrap();
        // It begins where it can begin, and is longer by as much.
        assert_eq!(
            chosen,
            room.start + (512 << 10)..room.start + (512 << 10) + size + PAGE
        );
        let taken = options.clone().address(chosen.start);
        let error = assert_code!(taken.reserve_in_process(process), "ERROR_INVALID_ADDRESS");
        assert_eq!(error.operation(), Operation::Reserve);
        let node = options.clone().node(0).reserve_in_process(process).unwrap();
        assert_eq!(
            process.query(node.start).unwrap().state,
            RegionState::Reserved
        );
        if Placeholder::are_available() {
            let low = options.clone().within(..1 << 32);
            assert!(low.reserve_in_process(process).unwrap().end <= 1 << 32);
            let aligned = options.clone().alignment(1 << 30);
            let aligned = aligned.reserve_in_process(process).unwrap();
            assert!(aligned.start.is_multiple_of(1 << 30));
            let both = options.clone().alignment(1 << 30).address(chosen.start);
            assert_code!(both.reserve_in_process(process), "ERROR_INVALID_PARAMETER");
        }
    });
}

#[test]
fn a_part_of_a_section_is_mapped_where_it_shall_be() {
    in_both(|other| {
        let granularity = allocation_granularity();
        let section = Section::options().size(1 << 20).create().unwrap();
        let own = section.view().map().unwrap();
        own.write(granularity, &5u32).unwrap();
        let part = section.view().offset(granularity as u64).size(PAGE + 1);
        let there = part.map_in_process(other.process()).unwrap();
        assert_eq!(there.len(), 2 * PAGE);
        let region = other.process().query(there.start).unwrap();
        assert_eq!(region.kind, Some(RegionKind::Mapped));
        assert_eq!(region.protection, Some(Protection::READWRITE));
        assert_eq!(region.size, 2 * PAGE);
        assert_eq!(other.ask(&there.start.to_string(), "value"), 5);
        let process = other.process();
        // SAFETY: the child does not use it any more.
        unsafe { process.unmap(there.start) }.unwrap();
        let elsewhere = there.start + (8 << 20);
        let copy = part.access(Access::Copy).address(elsewhere);
        let there = copy.map_in_process(process).unwrap();
        assert_eq!(there.start, elsewhere);
        let region = process.query(elsewhere).unwrap();
        assert_eq!(region.protection, Some(Protection::WRITECOPY));
        let error = assert_code!(copy.map_in_process(process), "ERROR_INVALID_ADDRESS");
        assert_eq!(error.operation(), Operation::MapView);
        let odd = section.view().offset(1);
        assert_code!(odd.map_in_process(process), "ERROR_MAPPED_ALIGNMENT");
    });
}

#[test]
fn it_takes_the_access() {
    let other = Other::start();
    let blind = Process::open(other.process().id(), ProcessAccess::QUERY).unwrap();
    let options = Reservation::options().size(PAGE);
    let error = assert_code!(options.reserve_in_process(&blind), "ERROR_ACCESS_DENIED");
    assert!(error.hint().unwrap().contains("OPERATE"));
    // SAFETY: nothing is there.
    unsafe {
        assert_code!(blind.decommit(PAGE..2 * PAGE), "ERROR_ACCESS_DENIED");
        assert_code!(
            blind.commit(PAGE..2 * PAGE, Protection::READWRITE),
            "ERROR_ACCESS_DENIED"
        );
    }
    let section = Section::options().size(PAGE as u64).create().unwrap();
    assert_code!(section.view().map_in_process(&blind), "ERROR_ACCESS_DENIED");
    other.end();
}
