//! The same bytes twice, side by side, on both systems.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use winpages::{Access, MirroredView, Protection, Section, query};

const GRANULARITY: usize = 0x1_0000;
const PAGE: usize = 4096;

fn section(size: usize) -> Section {
    Section::options().size(size as u64).create().unwrap()
}

fn ring(size: usize) -> MirroredView {
    section(size).view().map_mirrored().unwrap()
}

#[test]
fn both_halves_are_the_same_bytes() {
    let ring = ring(GRANULARITY);
    assert_eq!(ring.len(), GRANULARITY);
    ring.write(5, &7u8).unwrap();
    assert_eq!(ring.read::<u8>(GRANULARITY + 5).unwrap(), 7);
    ring.write(2 * GRANULARITY - 1, &8u8).unwrap();
    assert_eq!(ring.read::<u8>(GRANULARITY - 1).unwrap(), 8);
    // Across the seam.
    ring.write_at(GRANULARITY - 2, b"seam").unwrap();
    assert_eq!(&ring.read::<[u8; 2]>(0).unwrap(), b"am");
    let one: &AtomicU32 = ring.shared(8).unwrap();
    let other: &AtomicU32 = ring.shared(GRANULARITY + 8).unwrap();
    one.store(9, Ordering::Relaxed);
    assert_eq!(other.fetch_add(1, Ordering::Relaxed), 9);
    assert_eq!(one.load(Ordering::Relaxed), 10);
    let mut all = vec![0; 2 * GRANULARITY];
    ring.read_at(0, &mut all).unwrap();
    assert_eq!(all[..GRANULARITY], all[GRANULARITY..]);
}

#[test]
fn slices_go_across_the_seam() {
    let mut ring = ring(4 * GRANULARITY);
    let end = ring.len();
    // SAFETY: the section has no name, and its handle is closed.
    unsafe {
        ring.slice_mut(end - 3..end + 3)
            .unwrap()
            .copy_from_slice(b"across");
        assert_eq!(ring.slice(..3).unwrap(), b"oss");
        assert_eq!(ring.slice(2 * end - 3..).unwrap(), b"acr");
        assert_eq!(ring.slice(..).unwrap().len(), 2 * end);
        assert_eq!(ring.slice_mut(1..end + 1).unwrap().len(), end);
        assert_code!(ring.slice_mut(1..end + 2), "ERROR_INVALID_PARAMETER");
        assert_code!(ring.slice(..=2 * end), "ERROR_INVALID_ADDRESS");
    }
}

#[test]
fn a_part_of_a_section_can_be_mirrored() {
    let section = section(4 * GRANULARITY);
    let options = section.view().offset(GRANULARITY as u64);
    let ring = options
        .clone()
        .size(2 * GRANULARITY)
        .map_mirrored()
        .unwrap();
    assert_eq!(ring.len(), 2 * GRANULARITY);
    ring.write(2 * GRANULARITY, &1u8).unwrap();
    let whole = section.view().map().unwrap();
    assert_eq!(whole.read::<u8>(GRANULARITY).unwrap(), 1);
    assert_eq!(options.map_mirrored().unwrap().len(), 3 * GRANULARITY);
    let reader = section.view().access(Access::Read).map_mirrored().unwrap();
    assert_eq!(
        query(reader.as_ptr() as usize).unwrap().protection,
        Some(Protection::READONLY)
    );
    assert_code!(reader.write(0, &1u8), "ERROR_NOACCESS");
}

#[test]
fn what_cannot_be_mirrored() {
    let whole = section(PAGE);
    assert_code!(whole.view().map_mirrored(), "ERROR_MAPPED_ALIGNMENT");
    let whole = section(2 * GRANULARITY);
    let view = whole.view().size(GRANULARITY + 1);
    assert_code!(view.map_mirrored(), "ERROR_MAPPED_ALIGNMENT");
    let view = whole.view().size(3 * GRANULARITY);
    assert_code!(view.map_mirrored(), "ERROR_ACCESS_DENIED");
}

#[test]
fn many_threads_find_room() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let ring = ring(GRANULARITY);
                    ring.write(0, &1u8).unwrap();
                    assert_eq!(ring.read::<u8>(GRANULARITY).unwrap(), 1);
                }
            });
        }
    });
}

#[test]
fn dropping_unmaps_both() {
    let ring = ring(GRANULARITY);
    let second = ring.as_ptr() as usize + GRANULARITY;
    assert_eq!(query(second).unwrap().allocation_base, Some(second));
    drop(ring);
    // Another thread may have taken the place meanwhile.
    let there = query(second).unwrap();
    assert!(there.allocation_base != Some(second) || there.size != GRANULARITY);
}
