//! What is in memory, what stays there, and what may go, on both systems.

mod common;

use common::is_wine;
use winpages::{
    Contents, MemoryNotification, OfferPriority, Operation, PhysicalPages, PhysicalWindow,
    Protection, Reservation, WorkingSetLimits,
};

const PAGE: usize = 4096;

fn committed(pages: usize) -> Reservation {
    let options = Reservation::options().size(pages * PAGE).commit(true);
    options.reserve().unwrap()
}

fn is_locked(address: usize) -> bool {
    winpages::pages(&[address]).unwrap()[0].locked
}

#[test]
fn locked_pages_are_in_memory() {
    let memory = committed(4);
    let page = |index: usize| memory.as_ptr() as usize + index * PAGE;
    memory.lock(PAGE + 1..2 * PAGE + 1).unwrap();
    // Wine 8.0 locks nothing that it would tell of.
    if !is_wine() {
        assert_eq!(
            [0, 1, 2, 3].map(|index| is_locked(page(index))),
            [false, true, true, false]
        );
        let known = winpages::pages(&[page(1)]).unwrap()[0];
        assert!(known.valid && !known.shared && !known.large);
        assert_eq!(known.protection, Some(Protection::READWRITE));
    }
    memory.unlock(PAGE..3 * PAGE).unwrap();
    if !is_wine() {
        assert!(!is_locked(page(1)));
        let error = assert_code!(memory.unlock(..), "ERROR_NOT_LOCKED");
        assert_eq!(error.operation(), Operation::Unlock);
    }
}

#[test]
fn what_cannot_be_locked() {
    let memory = Reservation::new(PAGE).unwrap();
    assert_code!(memory.lock(..=PAGE), "ERROR_INVALID_ADDRESS");
    assert_code!(memory.lock(0..0), "ERROR_INVALID_PARAMETER");
    // Wine 8.0 takes pages that are not committed.
    if !is_wine() {
        let error = assert_code!(memory.lock(..), "ERROR_NOACCESS");
        assert!(error.hint().is_some());
    }
}

#[test]
fn locking_is_limited_by_the_working_set() {
    // Wine 8.0 has no limit.
    if is_wine() {
        return;
    }
    let limits = winpages::working_set_limits().unwrap();
    let memory = committed(limits.minimum / PAGE + 64);
    let error = assert_code!(memory.lock(..), "ERROR_WORKING_SET_QUOTA");
    assert_eq!(
        std::io::Error::from(error).kind(),
        std::io::ErrorKind::OutOfMemory
    );
    // Other tests lock, too: nothing is made smaller than it was.
    let more = WorkingSetLimits {
        minimum: limits.minimum + (1 << 20),
        maximum: limits.maximum + (4 << 20),
        ..limits
    };
    winpages::set_working_set_limits(&more).unwrap();
    assert_eq!(winpages::working_set_limits().unwrap(), more);
    let wrong = WorkingSetLimits {
        minimum: 0,
        ..limits
    };
    assert_code!(
        winpages::set_working_set_limits(&wrong),
        "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn addresses_are_locked_whoever_has_them() {
    let bytes = vec![1u8; 2 * PAGE];
    let start = bytes.as_ptr() as usize;
    winpages::lock(start..start + 1).unwrap();
    winpages::unlock(start..start + 1).unwrap();
    assert_code!(winpages::lock(start..start), "ERROR_INVALID_PARAMETER");
}

#[test]
fn prefetching_changes_nothing() {
    let mut memory = committed(4);
    memory.write(PAGE, &7u8).unwrap();
    memory.prefetch(..).unwrap();
    let start = memory.as_ptr() as usize;
    winpages::prefetch(&[start..start + 1, start + PAGE..start + 2 * PAGE]).unwrap();
    assert_eq!(memory.read::<u8>(PAGE).unwrap(), 7);
    assert_code!(memory.prefetch(0..0), "ERROR_INVALID_PARAMETER");
    assert_code!(memory.prefetch(..=4 * PAGE), "ERROR_INVALID_ADDRESS");
    assert_code!(
        winpages::prefetch(std::slice::from_ref(&(start..start))),
        "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn offered_pages_have_no_slices() {
    let mut memory = committed(4);
    memory.write_at(PAGE, b"cached").unwrap();
    // Wine 8.0 has none of the three.
    if is_wine() {
        assert_code!(
            memory.offer(.., OfferPriority::Normal),
            "ERROR_CALL_NOT_IMPLEMENTED"
        );
        assert_code!(memory.reclaim(..), "ERROR_CALL_NOT_IMPLEMENTED");
        assert_code!(memory.discard(..), "ERROR_CALL_NOT_IMPLEMENTED");
        return;
    }
    for priority in [
        OfferPriority::VeryLow,
        OfferPriority::Low,
        OfferPriority::BelowNormal,
        OfferPriority::Normal,
    ] {
        memory.offer(PAGE..PAGE + 1, priority).unwrap();
    }
    let error = assert_code!(memory.slice(..), "ERROR_NOACCESS");
    assert!(error.hint().unwrap().contains("offered"));
    assert_code!(memory.slice_mut(2 * PAGE - 1..2 * PAGE), "ERROR_NOACCESS");
    assert_eq!(memory.slice(..PAGE).unwrap(), [0; PAGE]);
    assert_eq!(memory.slice(2 * PAGE..).unwrap(), [0; 2 * PAGE]);
    // Nobody was short of memory meanwhile.
    assert_eq!(memory.reclaim(PAGE..2 * PAGE).unwrap(), Contents::Intact);
    assert_eq!(memory.slice(PAGE..PAGE + 6).unwrap(), b"cached");
    memory.offer(.., OfferPriority::Low).unwrap();
    memory.discard(..2 * PAGE).unwrap();
    assert!(memory.slice(..2 * PAGE).is_ok());
    assert_code!(memory.slice(..2 * PAGE + 1), "ERROR_NOACCESS");
    memory.decommit(2 * PAGE..).unwrap();
    memory.commit(..).unwrap();
    assert_eq!(memory.slice(2 * PAGE..).unwrap(), [0; 2 * PAGE]);
}

#[test]
fn what_cannot_be_offered() {
    if is_wine() {
        return;
    }
    let mut memory = committed(2);
    assert_code!(
        memory.offer(0..0, OfferPriority::Low),
        "ERROR_INVALID_PARAMETER"
    );
    memory.lock(..PAGE).unwrap();
    let error = assert_code!(
        memory.offer(.., OfferPriority::Low),
        "ERROR_INVALID_PARAMETER"
    );
    assert_eq!(error.operation(), Operation::Offer);
    memory.decommit(PAGE..).unwrap();
    assert!(memory.offer(PAGE.., OfferPriority::Low).is_err());
    assert_eq!(memory.slice(..PAGE).unwrap(), [0; PAGE]);
}

#[test]
fn reset_pages_have_no_slices() {
    let mut memory = committed(2);
    memory.write_at(0, b"scratch").unwrap();
    memory.reset(..1).unwrap();
    assert_code!(memory.slice(..1), "ERROR_NOACCESS");
    assert!(memory.slice(PAGE..).is_ok());
    // Copies are allowed: old bytes or zeroes.
    memory.read::<u8>(0).unwrap();
    memory.decommit(..).unwrap();
    memory.commit(..).unwrap();
    assert_eq!(memory.slice(..1).unwrap(), [0]);
    memory.reset(0..0).unwrap();
    assert!(memory.slice(..).is_ok());
}

#[test]
fn a_reset_can_be_undone() {
    let mut memory = committed(2);
    memory.write_at(0, b"wanted").unwrap();
    memory.reset(..).unwrap();
    if is_wine() {
        // Wine 8.0 knows no MEM_RESET_UNDO; Windows does since 8.
        assert_code!(memory.undo_reset(..), "ERROR_INVALID_PARAMETER");
        return;
    }
    // Nobody was short of memory meanwhile.
    assert_eq!(memory.undo_reset(..).unwrap(), Contents::Intact);
    assert_eq!(memory.slice(..6).unwrap(), b"wanted");
}

#[test]
fn the_working_set_has_what_was_touched() {
    let mut memory = committed(1);
    memory.write(0, &1u8).unwrap();
    let address = memory.as_ptr() as usize;
    // Wine 8.0 has no working set to tell of.
    if is_wine() {
        assert_code!(winpages::working_set(), "ERROR_INVALID_PARAMETER");
        return;
    }
    let pages = winpages::working_set().unwrap();
    let page = pages.iter().find(|page| page.address == address).unwrap();
    assert_eq!(page.protection, Some(Protection::READWRITE));
    assert!(!page.shared);
    assert_eq!(winpages::pages(&[]).unwrap(), []);
    winpages::empty_working_set().unwrap();
    assert_eq!(memory.read::<u8>(0).unwrap(), 1);
}

#[test]
fn the_machine_has_memory() {
    let status = winpages::memory_status().unwrap();
    assert!(status.load <= 100);
    assert!(status.physical_available <= status.physical_total);
    assert!(status.commit_available <= status.commit_limit);
    assert!(status.address_available < status.address_total);
    assert!(status.physical_total > 64 << 20);
    assert!(winpages::installed_memory().unwrap() >= status.physical_total);
    let process = winpages::process_memory().unwrap();
    let performance = winpages::performance_information().unwrap();
    // Wine 8.0 answers less than there is.
    if !is_wine() {
        assert_eq!(performance.physical_total, status.physical_total);
        assert!(performance.processes >= 1 && performance.threads >= performance.processes);
        assert!(process.commit > 0 && process.page_faults > 0);
    }
    assert!(process.peak_working_set >= process.working_set);
    assert!(process.working_set > 0);
}

#[test]
fn memory_is_scarce_or_plenty_or_neither() {
    let low = MemoryNotification::low().unwrap();
    let high = MemoryNotification::high().unwrap();
    if is_wine() {
        // Wine 8.0 creates them, and cannot be asked.
        return;
    }
    let (low, high) = (low.is_signalled().unwrap(), high.is_signalled().unwrap());
    assert!(!(low && high));
}

#[test]
fn physical_pages_move_between_windows() {
    if is_wine() {
        // Wine 8.0 has no pages by number.
        assert!(PhysicalPages::allocate(1).is_err());
        assert_code!(PhysicalWindow::new(PAGE), "ERROR_INVALID_PARAMETER");
        return;
    }
    let pages = PhysicalPages::allocate(4).unwrap();
    assert_eq!(pages.len(), 4);
    assert!(!pages.is_empty());
    let one = PhysicalWindow::new(2 * PAGE).unwrap();
    let other = PhysicalWindow::new(4 * PAGE).unwrap();
    assert_code!(one.write(0, &1u8), "ERROR_NOACCESS");
    one.map(0, &pages, 0..2).unwrap();
    one.write(0, b"zero").unwrap();
    one.write(PAGE, b"one!").unwrap();
    // They are there already.
    assert_code!(other.map(0, &pages, 1..3), "ERROR_INVALID_PARAMETER");
    one.unmap(1, 1).unwrap();
    assert_code!(one.read::<u8>(PAGE), "ERROR_NOACCESS");
    other.map(2, &pages, 1..3).unwrap();
    assert_eq!(&other.read::<[u8; 4]>(2 * PAGE).unwrap(), b"one!");
    assert_eq!(&one.read::<[u8; 4]>(0).unwrap(), b"zero");
    // Again, and in another order of windows.
    other.map(2, &pages, 1..3).unwrap();
    assert_code!(other.map(3, &pages, 2..4), "ERROR_INVALID_PARAMETER");
    assert_code!(other.map(4, &pages, 3..4), "ERROR_INVALID_PARAMETER");
    assert_code!(other.map(0, &pages, 3..5), "ERROR_INVALID_PARAMETER");
    assert_code!(other.unmap(3, 2), "ERROR_INVALID_PARAMETER");
    one.unmap(0, 2).unwrap();
    other.unmap(0, 4).unwrap();
    other.map_scattered(&pages, &[(3, 0), (0, 1)]).unwrap();
    assert_eq!(&other.read::<[u8; 4]>(3 * PAGE).unwrap(), b"zero");
    assert_eq!(&other.read::<[u8; 4]>(0).unwrap(), b"one!");
    assert_code!(
        other.map_scattered(&pages, &[(1, 2), (2, 2)]),
        "ERROR_INVALID_PARAMETER"
    );
    assert_code!(
        other.map_scattered(&pages, &[(4, 2)]),
        "ERROR_INVALID_PARAMETER"
    );
    assert_code!(other.read::<u8>(PAGE), "ERROR_NOACCESS");
    drop(pages);
    assert_code!(other.read::<u8>(3 * PAGE), "ERROR_NOACCESS");
    assert_code!(one.read::<u8>(0), "ERROR_NOACCESS");
    assert_code!(other.read::<u8>(2 * PAGE), "ERROR_NOACCESS");
}
