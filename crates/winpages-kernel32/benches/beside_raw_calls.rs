//! What the Win32 calls cost beside the system calls they come down to, in one run.
//!
//! `cargo bench -p winpages-kernel32`. Figures are nanoseconds of processor time per operation, the
//! least and the median of 31 turns; the ratio is the median of the pairs.

mod pagemap_scan;
mod paired;

use core::ffi::c_void;
use core::ptr::null_mut;

use kernel32::virtual_memory::*;
use kernel32::write_watch::*;
use pagemap_scan::PagemapScan;
use paired::compare;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

const SIZE: usize = 64 << 10;
const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_DECOMMIT: u32 = 0x4000;
const MEM_WRITE_WATCH: u32 = 0x20_0000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;

fn main() {
    println!("nanoseconds of processor time per operation: least and median");
    private_memory();
    write_watch();
}

fn map(size: usize, access: ProtFlags) -> *mut c_void {
    // SAFETY: the kernel picks an unused range.
    unsafe { rustix::mm::mmap_anonymous(null_mut(), size, access, MapFlags::PRIVATE).unwrap() }
}

fn private_memory() {
    let both = ProtFlags::READ | ProtFlags::WRITE;
    compare(
        "VirtualAlloc+VirtualFree 64 KiB",
        2000,
        // SAFETY: what is freed was allocated in the same line.
        || unsafe {
            let address = VirtualAlloc(null_mut(), SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            assert_eq!(VirtualFree(address, 0, MEM_RELEASE), 1);
        },
        "mmap+munmap",
        // SAFETY: likewise.
        || unsafe { rustix::mm::munmap(map(SIZE, both), SIZE).unwrap() },
    );
    // SAFETY: the memory is used by these lines alone.
    unsafe {
        let ours = VirtualAlloc(null_mut(), 16 * SIZE, MEM_RESERVE, PAGE_READWRITE);
        let theirs = map(16 * SIZE, ProtFlags::empty());
        compare(
            "commit+decommit 64 KiB of a reservation",
            2000,
            || {
                VirtualAlloc(ours, SIZE, MEM_COMMIT, PAGE_READWRITE);
                assert_eq!(VirtualFree(ours, SIZE, MEM_DECOMMIT), 1);
            },
            "mprotect+mmap over",
            || {
                let access = MprotectFlags::READ | MprotectFlags::WRITE;
                rustix::mm::mprotect(theirs, SIZE, access).unwrap();
                let flags = MapFlags::PRIVATE | MapFlags::FIXED;
                rustix::mm::mmap_anonymous(theirs, SIZE, ProtFlags::empty(), flags).unwrap();
            },
        );
        VirtualAlloc(ours, 16 * SIZE, MEM_COMMIT, PAGE_READWRITE);
        rustix::mm::mprotect(
            theirs,
            16 * SIZE,
            MprotectFlags::READ | MprotectFlags::WRITE,
        )
        .unwrap();
        let mut old = 0;
        compare(
            "VirtualProtect 64 KiB, twice",
            2000,
            || {
                VirtualProtect(ours, SIZE, PAGE_READONLY, &raw mut old);
                assert_eq!(VirtualProtect(ours, SIZE, PAGE_READWRITE, &raw mut old), 1);
            },
            "mprotect, twice",
            || {
                rustix::mm::mprotect(theirs, SIZE, MprotectFlags::READ).unwrap();
                let access = MprotectFlags::READ | MprotectFlags::WRITE;
                rustix::mm::mprotect(theirs, SIZE, access).unwrap();
            },
        );
        VirtualFree(ours, 0, MEM_RELEASE);
        rustix::mm::munmap(theirs, 16 * SIZE).unwrap();
    }
}

fn write_watch() {
    const WATCHED: usize = 256 << 20;
    const PAGE_SIZE: usize = 4096;
    const WRITTEN: usize = 100;
    let kind = MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH;
    // SAFETY: the memory is used by these lines alone.
    unsafe {
        let memory = VirtualAlloc(null_mut(), WATCHED, kind, PAGE_READWRITE);
        let pages = WATCHED / PAGE_SIZE;
        let write = |page: usize| memory.cast::<u8>().add(page * PAGE_SIZE).write_volatile(1);
        (0..pages).for_each(write);
        assert_eq!(ResetWriteWatch(memory, WATCHED), 0);
        (0..WRITTEN).for_each(|index| write(index * (pages / WRITTEN)));
        let scan = PagemapScan::open();
        if scan.written_runs(memory, WATCHED) != Some(WRITTEN) {
            println!("GetWriteWatch: this kernel has no write watch of its own");
            return;
        }
        compare(
            "GetWriteWatch of 256 MiB, 100 pages written",
            20,
            || {
                let mut addresses = [null_mut(); 2 * WRITTEN];
                let (mut count, mut granularity) = (addresses.len(), 0);
                let (count, granularity) = (&raw mut count, &raw mut granularity);
                let addresses = addresses.as_mut_ptr();
                GetWriteWatch(0, memory, WATCHED, addresses, count, granularity);
                assert_eq!(*count, WRITTEN);
            },
            "PAGEMAP_SCAN",
            || assert_eq!(scan.written_runs(memory, WATCHED), Some(WRITTEN)),
        );
        VirtualFree(memory, 0, MEM_RELEASE);
    }
}
