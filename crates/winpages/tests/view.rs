//! Views, on both systems.

mod common;

use std::sync::atomic::{AtomicI16, AtomicU32, AtomicU64, Ordering};

use common::{is_wine, where_there_is_room};
use winpages::{Access, Operation, Protection, RegionState, Section, Shared, View};

const PAGE: usize = 4096;
const GRANULARITY: usize = 0x1_0000;

fn section(size: usize) -> Section {
    Section::options().size(size as u64).create().unwrap()
}

fn view(size: usize) -> View {
    section(size).view().map().unwrap()
}

#[test]
fn copies_and_values() {
    #[derive(
        Clone, Copy, Debug, PartialEq, winpages::bytemuck::Pod, winpages::bytemuck::Zeroable,
    )]
    #[bytemuck(crate = "winpages::bytemuck")]
    #[repr(C)]
    struct Sample {
        time: u64,
        values: [f32; 4],
    }
    let view = view(PAGE);
    let sample = Sample {
        time: 17,
        values: [1.0, 2.0, 3.0, 4.0],
    };
    // At an odd offset, too.
    view.write(33, &sample).unwrap();
    assert_eq!(view.read::<Sample>(33).unwrap(), sample);
    assert_eq!(view.read::<u64>(33).unwrap(), 17);
    for size in [0, 1, 7, 8, 9, 511, 512, 513, 3000] {
        let bytes: Vec<u8> = (0..size).map(|n| n as u8 ^ 0x5A).collect();
        view.write_at(100, &bytes).unwrap();
        let mut back = vec![0; size];
        view.read_at(100, &mut back).unwrap();
        assert_eq!(back, bytes);
    }
}

#[test]
fn bounds_are_the_views() {
    let view = section(4 * PAGE).view().size(100).map().unwrap();
    assert_eq!(view.len(), 100);
    view.write(99, &1u8).unwrap();
    let error = assert_code!(view.write(99, &1u16), "ERROR_INVALID_ADDRESS");
    assert_eq!(error.operation(), Operation::Write);
    assert_code!(view.read::<u8>(100), "ERROR_INVALID_ADDRESS");
    assert_code!(view.read::<u8>(usize::MAX), "ERROR_INVALID_ADDRESS");
    assert_code!(view.atomic_u64(96), "ERROR_INVALID_ADDRESS");
    assert_code!(view.flush(..101), "ERROR_INVALID_ADDRESS");
    // SAFETY: it answers no slice.
    assert_code!(unsafe { view.slice(..101) }, "ERROR_INVALID_ADDRESS");
    view.write_at(100, b"").unwrap();
}

#[test]
fn offsets_and_sizes_lie_within_the_section() {
    let section = section(4 * GRANULARITY);
    let whole = section.view().map().unwrap();
    whole.write(2 * GRANULARITY, &9u8).unwrap();
    let part = section.view().offset(2 * GRANULARITY as u64).map().unwrap();
    assert_eq!(part.len(), 2 * GRANULARITY);
    assert_eq!(part.read::<u8>(0).unwrap(), 9);
    assert_code!(
        section.view().offset(PAGE as u64).map(),
        "ERROR_MAPPED_ALIGNMENT"
    );
    assert_code!(
        section.view().size(4 * GRANULARITY + 1).map(),
        "ERROR_ACCESS_DENIED"
    );
    // Wine 8.0 answers ERROR_INVALID_PARAMETER.
    assert_code!(
        section.view().offset(4 * GRANULARITY as u64).map(),
        "ERROR_ACCESS_DENIED" | "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn addresses_can_be_chosen() {
    let section = section(GRANULARITY);
    let (free, view) = where_there_is_room(|address| section.view().address(address).map());
    assert_eq!(view.as_ptr() as usize, free);
    let error = assert_code!(section.view().address(free).map(), "ERROR_INVALID_ADDRESS");
    assert_eq!(error.operation(), Operation::MapView);
    assert_code!(
        section.view().address(free + PAGE).map(),
        "ERROR_MAPPED_ALIGNMENT"
    );
}

#[test]
fn views_of_one_section_agree_and_outlive_it() {
    let section = section(PAGE);
    let (one, other) = (section.view().map().unwrap(), section.view().map().unwrap());
    drop(section);
    assert_ne!(one.as_ptr(), other.as_ptr());
    one.write(0, &5u32).unwrap();
    assert_eq!(other.read::<u32>(0).unwrap(), 5);
    drop(one);
    assert_eq!(other.atomic_u32(0).unwrap().load(Ordering::Relaxed), 5);
}

#[test]
fn atomics() {
    let view = view(PAGE);
    view.atomic_u8(1).unwrap().store(1, Ordering::Relaxed);
    view.atomic_u16(2).unwrap().store(2, Ordering::Relaxed);
    view.atomic_u32(4).unwrap().fetch_add(3, Ordering::Relaxed);
    view.atomic_u64(8).unwrap().fetch_or(4, Ordering::Relaxed);
    assert_eq!(
        view.read::<[u8; 16]>(0).unwrap(),
        [0, 1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_code!(view.atomic_u16(1), "ERROR_NOACCESS");
    assert_code!(view.atomic_u32(2), "ERROR_NOACCESS");
    let error = assert_code!(view.atomic_u64(4), "ERROR_NOACCESS");
    assert!(error.hint().unwrap().contains("multiple"));
}

#[test]
fn atomics_between_threads() {
    let section = section(PAGE);
    let view = section.view().map().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let own = section.view().map().unwrap();
                for _ in 0..1000 {
                    own.atomic_u64(64).unwrap().fetch_add(1, Ordering::Relaxed);
                    view.atomic_u64(64).unwrap().fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(view.read::<u64>(64).unwrap(), 8000);
}

#[test]
fn no_atomics_where_they_would_be_traps() {
    let section = section(PAGE);
    let reader = section.view().access(Access::Read).map().unwrap();
    assert_code!(reader.atomic_u32(0), "ERROR_NOACCESS");
    let mut writer = section.view().map().unwrap();
    writer.protect(.., Protection::READONLY).unwrap();
    assert_code!(writer.atomic_u32(0), "ERROR_NOACCESS");
    let reserved = Section::options()
        .size(PAGE as u64)
        .reserve(true)
        .create()
        .unwrap();
    let view = reserved.view().map().unwrap();
    assert_code!(view.atomic_u32(0), "ERROR_NOACCESS");
    view.commit(..).unwrap();
    view.atomic_u32(0).unwrap();
}

#[test]
fn copies_on_write_are_private() {
    let section = section(2 * PAGE);
    let shared = section.view().map().unwrap();
    let copy = section.view().access(Access::Copy).map().unwrap();
    shared.write(0, b"shared").unwrap();
    assert_eq!(&copy.read::<[u8; 6]>(0).unwrap(), b"shared");
    copy.write(0, b"copied").unwrap();
    assert_eq!(&shared.read::<[u8; 6]>(0).unwrap(), b"shared");
    shared.write(0, b"again!").unwrap();
    assert_eq!(&copy.read::<[u8; 6]>(0).unwrap(), b"copied");
    // The other page still shows what others write.
    shared.write(PAGE, b"second").unwrap();
    assert_eq!(&copy.read::<[u8; 6]>(PAGE).unwrap(), b"second");
    copy.atomic_u8(PAGE).unwrap().store(b'X', Ordering::Relaxed);
    assert_eq!(shared.read::<u8>(PAGE).unwrap(), b's');
}

#[test]
fn protections_are_of_one_view() {
    let section = section(2 * PAGE);
    let mut one = section.view().map().unwrap();
    let other = section.view().map().unwrap();
    let old = one.protect(..1, Protection::READONLY).unwrap();
    assert_eq!(old, Protection::READWRITE);
    assert_code!(one.write(0, &1u8), "ERROR_NOACCESS");
    one.write(PAGE, &1u8).unwrap();
    other.write(0, &1u8).unwrap();
    one.protect(..1, Protection::NOACCESS).unwrap();
    assert_code!(one.read::<u8>(0), "ERROR_NOACCESS");
    let mut reader = section.view().access(Access::Read).map().unwrap();
    assert_code!(
        reader.protect(.., Protection::READWRITE),
        "ERROR_INVALID_PARAMETER"
    );
    assert_code!(
        reader.protect(0..0, Protection::READONLY),
        "ERROR_INVALID_PARAMETER"
    );
}

#[test]
fn reserved_pages_are_committed_for_all() {
    let size = 1 << 20;
    let section = Section::options()
        .size(size)
        .reserve(true)
        .create()
        .unwrap();
    let (one, other) = (section.view().map().unwrap(), section.view().map().unwrap());
    assert_eq!(one.len() as u64, size);
    assert_eq!(one.query(0).unwrap().state, RegionState::Reserved);
    // Wine 8.0 lets uncommitted pages of a view be used; the documentation has it a fault.
    if !is_wine() {
        assert_code!(one.write(PAGE, &3u8), "ERROR_NOACCESS");
        assert_code!(other.read::<u8>(PAGE), "ERROR_NOACCESS");
    }
    one.commit(PAGE..PAGE + 1).unwrap();
    one.write(PAGE, &3u8).unwrap();
    assert_eq!(other.read::<u8>(PAGE).unwrap(), 3);
    let region = other.query(PAGE).unwrap();
    assert_eq!((region.state, region.size), (RegionState::Committed, PAGE));
    other.atomic_u8(PAGE).unwrap();
    // Mapped afterwards.
    assert_eq!(section.view().map().unwrap().read::<u8>(PAGE).unwrap(), 3);
    one.commit(0..0).unwrap();
    assert_eq!(one.query(0).unwrap().state, RegionState::Reserved);
    assert_code!(one.commit(..=size as usize), "ERROR_INVALID_ADDRESS");
}

#[test]
fn files_have_nothing_to_commit() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(10).unwrap();
    let section = Section::options().file(&file).create().unwrap();
    let view = section.view().map().unwrap();
    assert_code!(view.commit(..), "ERROR_ACCESS_DENIED");
}

#[test]
fn files_cut_short_are_an_error_and_not_a_signal() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(2 * PAGE as u64).unwrap();
    let section = Section::options().file(&file).create().unwrap();
    let view = section.view().map().unwrap();
    view.write(PAGE, &1u8).unwrap();
    // Windows lets nobody cut it.
    if file.set_len(PAGE as u64).is_ok() {
        assert_code!(view.read::<u8>(PAGE), "ERROR_NOACCESS");
        assert_code!(view.write(PAGE, &1u8), "ERROR_NOACCESS");
    }
    view.write(PAGE - 1, &1u8).unwrap();
}

#[test]
fn slices() {
    let mut view = view(PAGE);
    // SAFETY: the section has no name, and its handle is closed.
    unsafe {
        view.slice_mut(10..15).unwrap().copy_from_slice(b"slice");
        assert_eq!(view.slice(9..16).unwrap(), b"\0slice\0");
        assert_eq!(view.slice(..).unwrap().len(), PAGE);
    }
    view.protect(.., Protection::READONLY).unwrap();
    // SAFETY: as above.
    unsafe {
        assert_code!(view.slice_mut(..), "ERROR_NOACCESS");
        assert_eq!(view.slice(10..11).unwrap(), b"s");
    }
}

#[test]
fn unmapping_frees_the_addresses() {
    let view = view(PAGE);
    let address = view.as_ptr() as usize;
    drop(view);
    let region = winpages::query(address).unwrap();
    // Another thread may have taken them meanwhile.
    assert!(region.state == RegionState::Free || region.allocation_base.is_some());
}

#[test]
fn structs_of_atomics_are_shared() {
    #[repr(C, align(64))]
    struct Queue {
        head: AtomicU32,
        tail: AtomicU64,
        slots: [AtomicI16; 8],
    }
    // SAFETY: it consists of atomic numbers.
    unsafe impl Shared for Queue {}
    let section = section(PAGE);
    let (one, other) = (section.view().map().unwrap(), section.view().map().unwrap());
    let queue: &Queue = one.shared(128).unwrap();
    queue.head.store(1, Ordering::Relaxed);
    queue.tail.store(2, Ordering::Relaxed);
    queue.slots[7].store(-3, Ordering::Relaxed);
    let same: &Queue = other.shared(128).unwrap();
    assert_eq!(same.head.load(Ordering::Relaxed), 1);
    assert_eq!(same.tail.load(Ordering::Relaxed), 2);
    assert_eq!(same.slots[7].load(Ordering::Relaxed), -3);
    // An alignment of its own, and no room.
    assert_code!(one.shared::<Queue>(64 + 8), "ERROR_NOACCESS");
    assert_code!(one.shared::<Queue>(PAGE), "ERROR_INVALID_ADDRESS");
    assert_code!(one.shared::<Queue>(usize::MAX), "ERROR_INVALID_ADDRESS");
    let words: &[AtomicU64; PAGE / 8] = one.shared(0).unwrap();
    assert_eq!(words[17].load(Ordering::Relaxed), 2);
}

#[test]
fn views_are_locked_and_prefetched() {
    let view = view(2 * PAGE);
    view.lock(..1).unwrap();
    view.unlock(..1).unwrap();
    view.prefetch(..).unwrap();
    assert_code!(view.lock(0..0), "ERROR_INVALID_PARAMETER");
    assert_code!(view.prefetch(..=2 * PAGE), "ERROR_INVALID_ADDRESS");
    let error = assert_code!(view.unlock(2 * PAGE + 1..), "ERROR_INVALID_ADDRESS");
    assert_eq!(error.operation(), Operation::Unlock);
}

#[test]
fn requirements_are_met() {
    let section = section(PAGE);
    let low = section.view().within(..1 << 32).map().unwrap();
    assert!((low.as_ptr() as usize) < 1 << 32);
    let aligned = section.view().alignment(1 << 24).map().unwrap();
    let between = 0x2000_0000_0000..0x2000_4000_0000;
    let placed = section.view().within(between.clone()).map().unwrap();
    // Wine 8.0 heeds the upper end only.
    if !is_wine() {
        assert!((aligned.as_ptr() as usize).is_multiple_of(1 << 24));
        assert!(between.contains(&(placed.as_ptr() as usize)));
        assert_code!(
            section.view().alignment(PAGE).map(),
            "ERROR_INVALID_PARAMETER"
        );
    }
    let view = section.view().node(0).map().unwrap();
    view.write(0, &1u8).unwrap();
}

#[test]
fn an_address_leaves_no_choice() {
    let section = section(PAGE);
    let (_, view) = where_there_is_room(|address| section.view().address(address).map());
    let address = view.as_ptr() as usize;
    drop(view);
    // Wine 8.0 takes the address.
    if !is_wine() {
        let both = section.view().address(address).alignment(1 << 20);
        assert_code!(both.map(), "ERROR_INVALID_PARAMETER");
    }
}
