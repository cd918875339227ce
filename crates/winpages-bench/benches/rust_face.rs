//! What the Rust face costs beside the engine below it, and beside crates that do part of its work.
//!
//! `cargo bench -p winpages-bench`. Figures are nanoseconds of processor time per operation, the least
//! and the median of 31 turns; the ratio is the median of the pairs: below 1, ours is the cheaper.

#[path = "../../winpages-kernel32/benches/paired.rs"]
mod paired;

use std::alloc::Layout;
use std::hint::black_box;
use std::sync::atomic::Ordering;

use memmap2::{MmapMut, MmapOptions};
use paired::compare;
use raw_sync::Timeout;
use raw_sync::events::{Event as RawEvent, EventInit, EventState};
use raw_sync::locks::{LockInit, Mutex as RawMutex};
use shared_memory::ShmemConf;
use winpages::{Event, Heap, Mutex, Protection, Reservation, Section};
use winpages_kernel::address_space::{
    AddressRequirements, allocate_virtual_memory, free_virtual_memory, query_virtual_memory,
};
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::section::{self, CreateSection, MapView, ViewType};
use winpages_kernel::sys::fault;
use winpages_kernel::wait::{self, CreateDispatcher, Timeout as EngineTimeout};
use winpages_kernel::{heap, residency};

const SIZE: usize = 64 << 10;
const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;
const READWRITE: u32 = 4;
const SEC_COMMIT: u32 = 0x0800_0000;

fn main() {
    println!("nanoseconds of processor time per operation: least and median");
    println!("\nthe Rust face                                                    the engine");
    private_memory();
    shared_memory();
    objects();
    println!("\nthe Rust face                                                    another crate");
    beside_memmap2();
    beside_region();
    beside_shared_memory();
    beside_raw_sync();
}

fn committed() -> Reservation {
    let options = Reservation::options().size(SIZE).commit(true);
    options.reserve().unwrap()
}

fn private_memory() {
    compare(
        "reserve and commit 64 KiB, drop",
        2000,
        || drop(committed()),
        "allocate, free",
        || {
            let range = allocate_virtual_memory(0, SIZE, RESERVE | COMMIT, READWRITE).unwrap();
            free_virtual_memory(range.base, 0, RELEASE).unwrap();
        },
    );
    let mut ours = Reservation::new(16 * SIZE).unwrap();
    let theirs = allocate_virtual_memory(0, 16 * SIZE, RESERVE, READWRITE).unwrap();
    compare(
        "commit and decommit 64 KiB",
        2000,
        || {
            ours.commit(..SIZE).unwrap();
            ours.decommit(..SIZE).unwrap();
        },
        "allocate, free",
        || {
            allocate_virtual_memory(theirs.base, SIZE, COMMIT, READWRITE).unwrap();
            free_virtual_memory(theirs.base, SIZE, DECOMMIT).unwrap();
        },
    );
    let address = ours.as_ptr() as usize;
    compare(
        "query",
        200_000,
        || _ = black_box(winpages::query(black_box(address)).unwrap()),
        "query_virtual_memory",
        || _ = black_box(query_virtual_memory(black_box(address)).unwrap()),
    );
    free_virtual_memory(theirs.base, 0, RELEASE).unwrap();
    let mut memory = committed();
    let to = memory.as_mut_ptr();
    compare(
        "write 8 bytes, checked",
        200_000,
        || memory.write(black_box(8), &black_box(7u64)).unwrap(),
        "guarded copy",
        // SAFETY: the memory is committed, and nobody has a slice of it.
        || unsafe { fault::write(black_box(to.add(8)).cast(), &black_box(7u64)).unwrap() },
    );
    compare(
        "prefetch 64 KiB",
        5000,
        || memory.prefetch(..).unwrap(),
        "prefetch_virtual_memory",
        || residency::prefetch_virtual_memory(to as usize, SIZE).unwrap(),
    );
}

fn create(name: Option<&str>) -> winpages_kernel::Handle {
    let name = name.map(|name| ObjectName::parse(&name.encode_utf16().collect::<Vec<_>>()));
    let request = CreateSection {
        name: name.transpose().unwrap(),
        access: AccessMask::GENERIC_ALL,
        attributes: HandleAttributes::empty(),
        size: SIZE as u64,
        protection: READWRITE,
        flags: SEC_COMMIT,
        file: None,
        security: None,
    };
    section::create_section(&request).unwrap().0
}

fn map(section: winpages_kernel::Handle) -> usize {
    section::map_view_of_section(&MapView {
        section,
        base: 0,
        offset: 0,
        size: SIZE,
        protection: winpages_kernel::address_space::Protection::READWRITE,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    })
    .unwrap()
    .base
}

fn shared_memory() {
    let options = || Section::options().size(SIZE as u64);
    compare(
        "unnamed section: create, map, drop",
        1000,
        || drop(options().create().unwrap().view().size(SIZE).map().unwrap()),
        "create, map, close, unmap",
        || {
            let section = create(None);
            let view = map(section);
            handle_table::close(section).unwrap();
            section::unmap_view_of_section(view).unwrap();
        },
    );
    const NAME: &str = r"Local\winpages-bench";
    compare(
        "named section: create, map, drop",
        500,
        || {
            let section = options().name(NAME).create().unwrap();
            drop(section.view().size(SIZE).map().unwrap());
        },
        "create, map, unmap, close",
        || {
            let section = create(Some(NAME));
            section::unmap_view_of_section(map(section)).unwrap();
            handle_table::close(section).unwrap();
        },
    );
    let view = options().create().unwrap().view().map().unwrap();
    let from = view.as_ptr().cast_const().cast::<u64>();
    compare(
        "read 8 bytes of a view, checked",
        200_000,
        || _ = black_box(view.read::<u64>(black_box(8)).unwrap()),
        "guarded copy",
        // SAFETY: any bytes are a number.
        || _ = black_box(unsafe { fault::read(black_box(from.wrapping_add(1))).unwrap() }),
    );
    let word = view.atomic_u64(64).unwrap();
    let local = std::sync::atomic::AtomicU64::new(0);
    compare(
        "add to an atomic of a view",
        200_000,
        || _ = black_box(word.fetch_add(1, Ordering::Relaxed)),
        "add to one of the program's own",
        || _ = black_box(local.fetch_add(1, Ordering::Relaxed)),
    );
}

fn unnamed() -> CreateDispatcher {
    CreateDispatcher {
        name: None,
        access: AccessMask::GENERIC_ALL,
        attributes: HandleAttributes::empty(),
        security: None,
    }
}

fn objects() {
    let ours = Mutex::new().unwrap();
    let (theirs, _) = wait::create_mutant(&unnamed(), false).unwrap();
    compare(
        "mutex: lock, let go",
        100_000,
        || drop(ours.lock().unwrap()),
        "wait, release_mutant",
        || {
            wait::wait_for_single_object(theirs, false, EngineTimeout::Infinite).unwrap();
            wait::release_mutant(theirs).unwrap();
        },
    );
    let ours = Event::new().unwrap();
    let (theirs, _) = wait::create_event(&unnamed(), false, false).unwrap();
    compare(
        "event: set, wait",
        100_000,
        || {
            ours.set().unwrap();
            ours.wait().unwrap();
        },
        "set_event, wait",
        || {
            wait::set_event(theirs).unwrap();
            wait::wait_for_single_object(theirs, false, EngineTimeout::Infinite).unwrap();
        },
    );
    let ours = Heap::new().unwrap();
    let layout = Layout::new::<[u64; 8]>();
    let none = heap::HeapOptions::empty();
    let theirs = heap::create(none, 0, 0).unwrap();
    compare(
        "heap: allocate 64 bytes, free",
        100_000,
        || {
            let block = black_box(ours.allocate(black_box(layout)).unwrap());
            // SAFETY: it has just been allocated so.
            unsafe { ours.deallocate(block, layout) };
        },
        "allocate, free",
        || {
            let block = black_box(heap::allocate(theirs, none, black_box(64)).unwrap());
            // SAFETY: allocated in the line above.
            unsafe { heap::free(theirs, none, block.as_ptr()) }.unwrap();
        },
    );
    // SAFETY: no block is left.
    unsafe { heap::destroy(theirs) }.unwrap();
}

fn beside_memmap2() {
    compare(
        "64 KiB of memory, one byte written",
        2000,
        || committed().write(0, &1u8).unwrap(),
        "memmap2: map_anon",
        || MmapMut::map_anon(SIZE).unwrap()[0] = 1,
    );
    let file = tempfile::tempfile_in("/dev/shm").unwrap();
    file.set_len(SIZE as u64).unwrap();
    compare(
        "map a file, write one byte, unmap",
        1000,
        || {
            let section = Section::options().file(&file).create().unwrap();
            section.view().map().unwrap().write(0, &1u8).unwrap();
        },
        "memmap2: map_mut",
        // SAFETY: nobody else has the file.
        || unsafe { MmapMut::map_mut(&file).unwrap()[0] = 1 },
    );
    let section = Section::options().file(&file).create().unwrap();
    compare(
        "map a section once more, write, unmap",
        1000,
        || section.view().map().unwrap().write(0, &1u8).unwrap(),
        "memmap2: map_mut",
        // SAFETY: as above.
        || unsafe { MmapMut::map_mut(&file).unwrap()[0] = 1 },
    );
    let view = section.view().map().unwrap();
    // SAFETY: as above.
    let map = unsafe { MmapOptions::new().map_mut(&file).unwrap() };
    compare(
        "flush one page",
        1000,
        || view.flush(..4096).unwrap(),
        "memmap2: flush_range",
        || map.flush_range(0, 4096).unwrap(),
    );
}

fn beside_region() {
    let mut memory = committed();
    let address = memory.as_ptr();
    compare(
        "query one address of our own",
        2000,
        || _ = black_box(winpages::query(address as usize).unwrap()),
        "region::query",
        || _ = black_box(region::query(address).unwrap()),
    );
    let local = 5u64;
    let local = &raw const local;
    compare(
        "query one address of the stack",
        2000,
        || _ = black_box(winpages::query(local as usize).unwrap()),
        "region::query",
        || _ = black_box(region::query(local).unwrap()),
    );
    let theirs = MmapMut::map_anon(SIZE).unwrap();
    compare(
        "protect 64 KiB, and back",
        2000,
        || {
            memory.protect(.., Protection::READONLY).unwrap();
            memory.protect(.., Protection::READWRITE).unwrap();
        },
        "region::protect",
        // SAFETY: nobody uses the pages meanwhile.
        || unsafe {
            region::protect(theirs.as_ptr(), SIZE, region::Protection::READ).unwrap();
            region::protect(theirs.as_ptr(), SIZE, region::Protection::READ_WRITE).unwrap();
        },
    );
    compare(
        "allocate 64 KiB, free",
        2000,
        || drop(committed()),
        "region::alloc",
        || drop(region::alloc(SIZE, region::Protection::READ_WRITE).unwrap()),
    );
}

fn beside_shared_memory() {
    const NAME: &str = r"Local\winpages-bench";
    let options = || Section::options().name(NAME).size(SIZE as u64);
    let theirs = || ShmemConf::new().os_id("winpages-bench").size(SIZE);
    compare(
        "create by name and map, drop",
        500,
        || drop(options().create().unwrap().view().map().unwrap()),
        "shared_memory: create",
        || drop(theirs().create().unwrap()),
    );
    compare(
        "... and write all of it",
        200,
        || {
            let view = options().create().unwrap().view().map().unwrap();
            view.write_at(0, &[1; SIZE]).unwrap();
        },
        "shared_memory: create, write",
        || {
            let memory = theirs().create().unwrap();
            // SAFETY: it is as long as said, and nobody else has it.
            unsafe { memory.as_ptr().write_bytes(1, SIZE) };
        },
    );
    let _ours = options().create().unwrap();
    let _theirs = theirs().create().unwrap();
    compare(
        "open by name and map, drop",
        500,
        || {
            drop(
                Section::options()
                    .name(NAME)
                    .open()
                    .unwrap()
                    .view()
                    .map()
                    .unwrap(),
            )
        },
        "shared_memory: open",
        || drop(ShmemConf::new().os_id("winpages-bench").open().unwrap()),
    );
}

fn beside_raw_sync() {
    let ours = Mutex::new().unwrap();
    let mut place = [0u64; 64];
    let mut protected = 0u64;
    // SAFETY: there is room for the mutex, which lives as long as the place.
    let (theirs, _) =
        unsafe { RawMutex::new(place.as_mut_ptr().cast(), (&raw mut protected).cast()).unwrap() };
    compare(
        "mutex: lock, let go",
        100_000,
        || drop(ours.lock().unwrap()),
        "raw_sync: Mutex (knows no owner's death)",
        || drop(theirs.lock().unwrap()),
    );
    let ours = Event::new().unwrap();
    let mut place = [0u64; 64];
    // SAFETY: as above.
    let (theirs, _) = unsafe { RawEvent::new(place.as_mut_ptr().cast(), true).unwrap() };
    compare(
        "event: set, wait",
        100_000,
        || {
            ours.set().unwrap();
            ours.wait().unwrap();
        },
        "raw_sync: Event",
        || {
            theirs.set(EventState::Signaled).unwrap();
            theirs.wait(Timeout::Infinite).unwrap();
        },
    );
}
