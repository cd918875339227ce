//! What the map of regions costs as it grows: asking what lies at an address, alone and while another
//! thread allocates, and reserving among what is there already.
//!
//! `cargo bench -p winpages-kernel32 --bench many_regions`. Figures are nanoseconds of processor time
//! per call, the least and the median of 31 turns. The calls ask about all regions in a random order, so
//! that with many regions neither the caches nor the table of translated addresses hold what a call
//! needs.

mod paired;

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kernel32::virtual_memory::*;
use paired::{compare, measure};
use rustix::mm::{MapFlags, ProtFlags};

const SIZE: usize = 64 << 10;
const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_READWRITE: u32 = 4;

fn main() {
    println!("nanoseconds of processor time per call: least and median");
    let mut regions = Vec::new();
    let mut among_ten = 0.0;
    for (count, name) in [(10, "10"), (10_000, "10,000"), (1_000_000, "1,000,000")] {
        while regions.len() < count {
            regions.push(reserve());
        }
        query_at_random(&format!("VirtualQuery, {name} regions"), &regions);
        while_another_allocates(|| {
            query_at_random(
                &format!("… while another thread allocates, {name}"),
                &regions,
            );
        });
        let cost = compare(
            &format!("reserve+release of 64 KiB among {name}"),
            2000,
            || release(reserve()),
            "mmap+munmap",
            map_and_unmap,
        );
        if count == 10 {
            among_ten = cost;
        } else {
            println!(
                "    beside the same among 10: ratio {:.2}",
                cost / among_ten
            );
        }
    }
    regions.into_iter().for_each(release);
    reservations_with_committed_pages();
    let local = 0u8;
    query_at_random("VirtualQuery of the stack", &[&raw const local as usize]);
}

fn reserve() -> usize {
    // SAFETY: nobody uses what is reserved.
    let address = unsafe { VirtualAlloc(null_mut(), SIZE, MEM_RESERVE, PAGE_READWRITE) };
    assert!(!address.is_null());
    address as usize
}

fn release(address: usize) {
    // SAFETY: as above.
    let released = unsafe { VirtualFree(address as *mut c_void, 0, MEM_RELEASE) };
    assert_eq!(released, 1);
}

fn map_and_unmap() {
    let access = ProtFlags::empty();
    // SAFETY: what is unmapped was mapped one line above.
    unsafe {
        let address = rustix::mm::mmap_anonymous(null_mut(), SIZE, access, MapFlags::PRIVATE);
        rustix::mm::munmap(address.unwrap(), SIZE).unwrap();
    }
}

/// Reservations of several runs each, as many as the kernel's limit of mappings allows.
fn reservations_with_committed_pages() {
    let regions: Vec<usize> = (0..10_000)
        .map(|_| {
            let base = reserve();
            // SAFETY: as above.
            let committed = unsafe {
                let middle = (base + SIZE / 2) as *const c_void;
                VirtualAlloc(middle.cast_mut(), 0x1000, MEM_COMMIT, PAGE_READWRITE)
            };
            assert!(!committed.is_null());
            base
        })
        .collect();
    let inside: Vec<usize> = regions.iter().map(|base| base + SIZE / 2).collect();
    query_at_random("VirtualQuery, 10,000 regions of three runs", &inside);
    regions.into_iter().for_each(release);
}

/// VirtualQuery of regions in an order that no cache can foresee. The list of their addresses is in
/// that order, so that reading the list itself costs next to nothing.
fn query_at_random(name: &str, regions: &[usize]) {
    let mut order = regions.to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for index in (1..order.len()).rev() {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        order.swap(index, (state >> 33) as usize % (index + 1));
    }
    let mut order = order.into_iter().cycle();
    // SAFETY: integers and addresses, for which zeroes will do.
    let mut region: MEMORY_BASIC_INFORMATION = unsafe { core::mem::zeroed() };
    measure(name, 100_000, || {
        let address = order.next().unwrap_or_default() as *const c_void;
        // SAFETY: the buffer is a local of that size.
        let size = unsafe {
            VirtualQuery(
                address,
                &raw mut region,
                size_of::<MEMORY_BASIC_INFORMATION>(),
            )
        };
        assert_eq!(size, 48);
        black_box(&region);
    });
}

/// Does something while another thread reserves and releases without a pause.
fn while_another_allocates(work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    let count = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                release(reserve());
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        while count.load(Ordering::Relaxed) == 0 {
            core::hint::spin_loop();
        }
        work();
        done.store(true, Ordering::Relaxed);
    });
    println!("    meanwhile {} pairs of calls", count.into_inner());
}
