//! What the Win32 calls cost beside the system calls they come down to, in one run.
//!
//! `cargo bench -p winpages-kernel32`. Figures are nanoseconds of processor time per operation, the
//! least and the median of 31 turns; the ratio is the median of the pairs.

mod pagemap_scan;
mod paired;

use core::ffi::c_void;
use core::ptr::null_mut;

use kernel32::file_mapping::*;
use kernel32::file_view::*;
use kernel32::virtual_memory::*;
use kernel32::write_watch::*;
use pagemap_scan::PagemapScan;
use paired::compare;
use rustix::fs::{Mode, OFlags};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

const SIZE: usize = 64 << 10;
const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_DECOMMIT: u32 = 0x4000;
const MEM_WRITE_WATCH: u32 = 0x20_0000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;
const FILE_MAP_ALL_ACCESS: u32 = 0xF001F;

fn main() {
    println!("nanoseconds of processor time per operation: least and median");
    private_memory();
    write_watch();
    sections();
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

fn sections() {
    let name: Vec<u16> = "winpages bench\0".encode_utf16().collect();
    let shm_open = || {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::open("/dev/shm/winpages-bench-raw", flags, Mode::RWXU).unwrap();
        rustix::fs::ftruncate(&file, SIZE as u64).unwrap();
        file
    };
    // SAFETY: handles and views are closed where they were made.
    unsafe {
        let create = |size: u32, name: *const u16| {
            CreateFileMappingW(usize::MAX, core::ptr::null(), PAGE_READWRITE, 0, size, name)
        };
        let close = |handle: usize| {
            winpages_kernel::object::handle_table::close(winpages_kernel::Handle::from_value(
                handle,
            ))
            .unwrap();
        };
        for (label, size) in [
            ("create+close of a named section, 4 KiB", 4096),
            ("create+close of a named section, 64 KiB", SIZE as u32),
        ] {
            compare(
                label,
                500,
                || close(create(size, name.as_ptr())),
                "shm_open+ftruncate+shm_unlink+close",
                || {
                    drop(shm_open());
                    rustix::fs::unlink("/dev/shm/winpages-bench-raw").unwrap();
                },
            );
        }
        compare(
            "the same, 64 KiB, beside room set aside",
            500,
            || close(create(SIZE as u32, name.as_ptr())),
            "… with posix_fallocate",
            || {
                let file = shm_open();
                let flags = rustix::fs::FallocateFlags::empty();
                rustix::fs::fallocate(&file, flags, 0, SIZE as u64).unwrap();
                rustix::fs::unlink("/dev/shm/winpages-bench-raw").unwrap();
            },
        );
        compare(
            "create+close of an unnamed section, 64 KiB",
            500,
            || close(create(SIZE as u32, core::ptr::null())),
            "memfd_create+ftruncate+close",
            || {
                let file =
                    rustix::fs::memfd_create("raw", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
                rustix::fs::ftruncate(&file, SIZE as u64).unwrap();
            },
        );
        let held = create(SIZE as u32, name.as_ptr());
        let file = shm_open();
        compare(
            "open+close of a named section",
            1000,
            || close(OpenFileMappingW(FILE_MAP_ALL_ACCESS, 0, name.as_ptr())),
            "shm_open+fstat+close",
            || {
                let flags = OFlags::RDWR | OFlags::CLOEXEC;
                let file =
                    rustix::fs::open("/dev/shm/winpages-bench-raw", flags, Mode::empty()).unwrap();
                rustix::fs::fstat(&file).unwrap();
            },
        );
        compare(
            "map+unmap of 64 KiB",
            2000,
            || {
                let view = MapViewOfFile(held, FILE_MAP_ALL_ACCESS, 0, 0, SIZE);
                assert_eq!(UnmapViewOfFile(view), 1);
            },
            "mmap+munmap",
            || {
                let access = ProtFlags::READ | ProtFlags::WRITE;
                let view =
                    rustix::mm::mmap(null_mut(), SIZE, access, MapFlags::SHARED, &file, 0).unwrap();
                rustix::mm::munmap(view, SIZE).unwrap();
            },
        );
        close(held);
        rustix::fs::unlink("/dev/shm/winpages-bench-raw").unwrap();
    }
}
