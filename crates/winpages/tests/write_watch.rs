//! Which pages were written, on both systems.

mod common;

use std::ops::Range;

use winpages::{Operation, Reservation};

const PAGE: usize = 4096;

fn watched(pages: usize) -> Reservation {
    Reservation::options()
        .size(pages * PAGE)
        .commit(true)
        .watch_writes(true)
        .reserve()
        .unwrap()
}

/// The first page of each run, and the one behind it.
fn pages(runs: Vec<Range<usize>>) -> Vec<(usize, usize)> {
    runs.into_iter()
        .map(|run| (run.start / PAGE, run.end / PAGE))
        .collect()
}

#[test]
fn written_pages_are_told_to_the_page() {
    let mut memory = watched(16);
    assert_eq!(memory.written(..).unwrap(), []);
    memory.write(3 * PAGE, &1u8).unwrap();
    memory.write(5 * PAGE - 1, &1u16).unwrap();
    memory.slice_mut(15 * PAGE..).unwrap().fill(1);
    assert_eq!(pages(memory.written(..).unwrap()), [(3, 6), (15, 16)]);
    // Reading is no writing.
    assert_eq!(memory.slice(8 * PAGE..9 * PAGE).unwrap(), [0; PAGE]);
    assert_eq!(pages(memory.written(..).unwrap()), [(3, 6), (15, 16)]);
    assert_eq!(
        pages(memory.written(4 * PAGE..=15 * PAGE).unwrap()),
        [(4, 6), (15, 16)]
    );
}

#[test]
fn taking_starts_over() {
    let mut memory = watched(16);
    memory.write(2 * PAGE, &1u8).unwrap();
    memory.write(9 * PAGE, &1u8).unwrap();
    assert_eq!(pages(memory.take_written(..4 * PAGE).unwrap()), [(2, 3)]);
    assert_eq!(pages(memory.take_written(..).unwrap()), [(9, 10)]);
    assert_eq!(memory.take_written(..).unwrap(), []);
    memory.write(9 * PAGE, &2u8).unwrap();
    memory.write(10 * PAGE, &2u8).unwrap();
    memory.forget_written(9 * PAGE..10 * PAGE).unwrap();
    assert_eq!(pages(memory.take_written(..).unwrap()), [(10, 11)]);
}

#[test]
fn many_pages_are_all_told() {
    let mut memory = watched(3000);
    for page in (0..3000).filter(|page| page % 3 != 0) {
        memory.write(page * PAGE, &1u8).unwrap();
    }
    let expected: Vec<_> = (0..1000).map(|run| (3 * run + 1, 3 * run + 3)).collect();
    assert_eq!(pages(memory.written(..).unwrap()), expected);
    assert_eq!(pages(memory.take_written(..).unwrap()), expected);
    assert_eq!(memory.written(..).unwrap(), []);
}

#[test]
fn what_is_not_watched() {
    let memory = Reservation::new(PAGE).unwrap();
    let error = assert_code!(memory.written(..), "ERROR_INVALID_PARAMETER");
    assert_eq!(error.operation(), Operation::WatchWrites);
    assert!(error.hint().is_some());
    assert_code!(memory.forget_written(..), "ERROR_INVALID_PARAMETER");
    let memory = watched(1);
    assert_code!(memory.written(..=PAGE), "ERROR_INVALID_ADDRESS");
}
