//! What sections cost beside the system calls that share memory with less, and beside
//! Boost.Interprocess, in one run.
//!
//! `cargo bench -p winpages-kernel32 --bench sections`. Figures are nanoseconds of processor time per
//! operation, the least and the median of 31 turns; the ratio is the median of the pairs.

#[path = "boost_peer.rs"]
mod boost_peer;
#[path = "paired.rs"]
mod paired;

use core::hint::black_box;
use core::ptr::{null, null_mut};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use boost_peer::BoostPeer;
use kernel32::file_mapping::*;
use kernel32::file_view::*;
use paired::{compare, compare_timings, measure, time};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FallocateFlags, FlockOperation, MemfdFlags, Mode, OFlags};
use rustix::mm::{MapFlags, ProtFlags};
use winpages_kernel::Handle;
use winpages_kernel::object::handle_table;

const SIZE: usize = 64 << 10;
const PAGE_READWRITE: u32 = 4;
const SEC_RESERVE: u32 = 0x0400_0000;
const FILE_MAP_ALL_ACCESS: u32 = 0xF001F;
const RAW: &str = "/dev/shm/winpages-bench-raw";
const HOLDER: &str = "WINPAGES_BENCH_HOLDER";

fn wide(name: &str) -> Vec<u16> {
    name.encode_utf16().chain([0]).collect()
}

fn create(size: usize, name: &[u16]) -> usize {
    create_as(PAGE_READWRITE, size, name)
}

fn create_as(protection: u32, size: usize, name: &[u16]) -> usize {
    let name = if name.is_empty() {
        null()
    } else {
        name.as_ptr()
    };
    // SAFETY: a name with a NUL, or none.
    let handle =
        unsafe { CreateFileMappingW(usize::MAX, null(), protection, 0, size as u32, name) };
    assert_ne!(handle, 0);
    handle
}

fn open(name: &[u16]) -> usize {
    // SAFETY: a name with a NUL.
    let handle = unsafe { OpenFileMappingW(FILE_MAP_ALL_ACCESS, 0, name.as_ptr()) };
    assert_ne!(handle, 0);
    handle
}

fn close(handle: usize) {
    handle_table::close(Handle::from_value(handle)).unwrap();
}

fn create_raw(size: usize) -> OwnedFd {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = rustix::fs::open(RAW, flags, Mode::RWXU).unwrap();
    rustix::fs::ftruncate(&file, size as u64).unwrap();
    file
}

fn open_raw(path: &str) {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = rustix::fs::open(path, flags, Mode::empty()).unwrap();
    rustix::fs::fstat(&file).unwrap();
}

/// The system calls that named sections cannot do without, in a directory that is open, as the namespace's is.
struct Floor {
    directory: OwnedFd,
}

impl Floor {
    const NAME: &str = "winpages-bench-floor";

    fn new() -> Self {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open("/dev/shm", flags, Mode::empty()).unwrap();
        let floor = Self { directory };
        floor.forget();
        floor
    }

    fn forget(&self) {
        let _ = rustix::fs::unlinkat(&self.directory, Self::NAME, AtFlags::empty());
    }

    fn create_file(&self) -> OwnedFd {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        rustix::fs::openat(&self.directory, Self::NAME, flags, Mode::RWXU).unwrap()
    }

    /// Creating and closing: a lock that says that somebody holds it; its pages, if they are promised;
    /// whether it still has its name, when that was taken and again when it is given up; and whether anybody
    /// else has it.
    fn create(&self, size: usize, is_promised: bool) {
        let file = self.create_file();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).unwrap();
        if is_promised {
            rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, size as u64).unwrap();
        } else {
            rustix::fs::ftruncate(&file, size as u64).unwrap();
        }
        rustix::fs::fstat(&file).unwrap();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        rustix::fs::fstat(&file).unwrap();
        rustix::fs::unlinkat(&self.directory, Self::NAME, AtFlags::empty()).unwrap();
    }

    /// Opening a section that another process holds and closing it again: does anybody hold it, a hold of
    /// its own, has it still its name; and does anybody else hold it.
    fn open(&self) {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(&self.directory, Self::NAME, flags, Mode::empty()).unwrap();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap_err();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).unwrap();
        rustix::fs::fstat(&file).unwrap();
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap_err();
    }
}

/// Another process that holds sections until it is told to end.
struct Holder(Child);

impl Holder {
    fn start(count: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(HOLDER, count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }

    fn hold(count: usize) {
        for index in 0..count {
            create(4096, &held_name(index));
        }
        println!("ready");
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn held_name(index: usize) -> Vec<u16> {
    wide(&format!("winpages bench held {index}"))
}

fn main() {
    if let Ok(count) = std::env::var(HOLDER) {
        return Holder::hold(count.parse().unwrap());
    }
    let _ = rustix::fs::unlink(RAW);
    println!("nanoseconds of processor time per operation: least and median");
    let mut boost = BoostPeer::start();
    creating(boost.as_mut());
    opening(boost.as_mut());
    views(boost.as_mut());
    touching();
    std::io::stdout().flush().unwrap();
}

fn creating(boost: Option<&mut BoostPeer>) {
    let name = wide("winpages bench");
    let floor = Floor::new();
    let bare = |size| {
        drop(create_raw(size));
        rustix::fs::unlink(RAW).unwrap();
    };
    for (size, label) in [(4096, "4 KiB"), (SIZE, "64 KiB")] {
        compare(
            &format!("create+close of a named section, {label}"),
            500,
            || close(create(size, &name)),
            "shm_open+ftruncate+shm_unlink+close",
            || bare(size),
        );
        compare(
            &format!("the same, {label}, beside the same promise"),
            500,
            || close(create(size, &name)),
            "… with posix_fallocate",
            || {
                let file = create_raw(size);
                let flags = FallocateFlags::empty();
                rustix::fs::fallocate(&file, flags, 0, size as u64).unwrap();
                rustix::fs::unlink(RAW).unwrap();
            },
        );
        compare(
            &format!("the calls that creating needs, {label}"),
            500,
            || floor.create(size, true),
            "shm_open+ftruncate+shm_unlink+close",
            || bare(size),
        );
        compare(
            &format!("create+close of a named SEC_RESERVE, {label}"),
            500,
            || close(create_as(PAGE_READWRITE | SEC_RESERVE, size, &name)),
            "shm_open+ftruncate+shm_unlink+close",
            || bare(size),
        );
        compare(
            &format!("the calls that it needs, {label}"),
            500,
            || floor.create(size, false),
            "shm_open+ftruncate+shm_unlink+close",
            || bare(size),
        );
    }
    if let Some(boost) = boost {
        compare_timings(
            "create+close of a named section, 64 KiB",
            || time(500, &mut || close(create(SIZE, &name))),
            "Boost: create+truncate+remove",
            || boost.time("create", 500),
        );
    }
    compare(
        "create+close of an unnamed section, 64 KiB",
        500,
        || close(create(SIZE, &[])),
        "memfd_create+ftruncate+close",
        || {
            let file = rustix::fs::memfd_create("raw", MemfdFlags::CLOEXEC).unwrap();
            rustix::fs::ftruncate(&file, SIZE as u64).unwrap();
        },
    );
}

fn opening(mut boost: Option<&mut BoostPeer>) {
    let name = wide("winpages bench");
    let held = create(SIZE, &name);
    let raw = create_raw(SIZE);
    compare(
        "open+close, held by this process, too",
        1000,
        || close(open(&name)),
        "shm_open+fstat+close",
        || open_raw(RAW),
    );
    let floor = Floor::new();
    let another = floor.create_file();
    rustix::fs::flock(&another, FlockOperation::NonBlockingLockShared).unwrap();
    compare(
        "the calls that opening needs",
        1000,
        || floor.open(),
        "shm_open+fstat+close",
        || open_raw(RAW),
    );
    floor.forget();
    for count in [10, 10_000] {
        let holder = Holder::start(count);
        let raws: Vec<_> = (0..count).map(|index| format!("{RAW}-{index}")).collect();
        let create = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        for path in &raws {
            drop(rustix::fs::open(path.as_str(), create, Mode::RWXU).unwrap());
        }
        let mut next_raw = 0;
        let names: Vec<_> = (0..count).map(held_name).collect();
        let mut next = 0;
        let mut any = || {
            next = (next + 7919) % count;
            close(open(&names[next]));
        };
        compare(
            &format!("open+close, held by another, one of {count}"),
            1000,
            &mut any,
            "shm_open+fstat+close, one of as many",
            || {
                next_raw = (next_raw + 7919) % count;
                open_raw(&raws[next_raw]);
            },
        );
        if let Some(boost) = boost.as_deref_mut() {
            compare_timings(
                &format!("open+close, held by another, one of {count}"),
                || time(1000, &mut any),
                "Boost: open_only+get_size",
                || boost.time("open", 1000),
            );
        }
        drop(holder);
        for path in &raws {
            rustix::fs::unlink(path.as_str()).unwrap();
        }
    }
    drop(raw);
    rustix::fs::unlink(RAW).unwrap();
    close(held);
}

fn views(boost: Option<&mut BoostPeer>) {
    let held = create(SIZE, &wide("winpages bench"));
    let raw = create_raw(SIZE);
    // SAFETY: views are unmapped where they were mapped.
    let mut map = || unsafe {
        let view = MapViewOfFile(held, FILE_MAP_ALL_ACCESS, 0, 0, SIZE);
        assert_eq!(UnmapViewOfFile(view), 1);
    };
    compare("map+unmap of 64 KiB", 2000, &mut map, "mmap+munmap", || {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: as above.
        unsafe {
            let view =
                rustix::mm::mmap(null_mut(), SIZE, access, MapFlags::SHARED, &raw, 0).unwrap();
            rustix::mm::munmap(view, SIZE).unwrap();
        }
    });
    if let Some(boost) = boost {
        compare_timings(
            "map+unmap of 64 KiB",
            || time(2000, &mut map),
            "Boost: mapped_region",
            || boost.time("map", 2000),
        );
    }
    drop(raw);
    rustix::fs::unlink(RAW).unwrap();
    close(held);
}

/// Reading and writing through a view, beside memory of the heap.
fn touching() {
    const LARGE: usize = 8 << 20;
    let held = create(LARGE, &[]);
    // SAFETY: the view stays mapped as long as its bytes are used, and nobody else has the section.
    let view = unsafe {
        let view = MapViewOfFile(held, FILE_MAP_ALL_ACCESS, 0, 0, LARGE).cast::<u8>();
        core::slice::from_raw_parts_mut(view, LARGE)
    };
    let mut heap = vec![0u8; LARGE];
    compare(
        "filling 8 MiB of a view",
        4,
        || view.fill(black_box(1)),
        "filling 8 MiB of the heap",
        || heap.fill(black_box(1)),
    );
    let sum = |bytes: &[u8]| {
        let (_, words, _) = {
            // SAFETY: any bytes are integers.
            unsafe { bytes.align_to::<u64>() }
        };
        words.iter().fold(0u64, |sum, word| sum.wrapping_add(*word))
    };
    compare(
        "reading 8 MiB of a view",
        4,
        || {
            black_box(sum(black_box(view)));
        },
        "reading 8 MiB of the heap",
        || {
            black_box(sum(black_box(&heap)));
        },
    );
    measure("reading one word of a view", 1_000_000, || {
        black_box(black_box(&*view)[4096]);
    });
    // SAFETY: nobody uses the view any more.
    assert_eq!(unsafe { UnmapViewOfFile(view.as_ptr().cast()) }, 1);
    close(held);
}
