//! What reaching another process costs beside the system calls it comes down to, in one run.
//!
//! `cargo bench -p winpages-kernel32 --bench other_processes`. The other process is this program once more; in it
//! runs the thread that answers, and 10,000 regions lie in it.

mod paired;

use core::ffi::c_void;
use core::ptr::null_mut;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use kernel32::process_memory_transfer::ReadProcessMemory;
use kernel32::process_open::OpenProcess;
use kernel32::virtual_memory::*;
use paired::compare;
use winpages_kernel::address_space::MemoryState;

const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_READWRITE: u32 = 4;
const PAGE_READONLY: u32 = 2;
const PROCESS_ALL_ACCESS: u32 = 0x1F_FFFF;

const LARGE: usize = 64 << 20;
const REGIONS: usize = 10_000;

fn main() {
    match std::env::args().find(|argument| argument == "other") {
        Some(_) => other(),
        None => bench(),
    }
}

/// The other process: says where its memory is, and sends back each byte that it gets over a socket.
fn other() {
    winpages_kernel::process::serve_requests();
    // SAFETY: memory of this process's own, used by nobody else here.
    let large = unsafe {
        for index in 0..REGIONS {
            let protection = if index % 2 == 0 {
                PAGE_READWRITE
            } else {
                PAGE_READONLY
            };
            VirtualAlloc(null_mut(), 0x1000, MEM_RESERVE | MEM_COMMIT, protection);
        }
        let large = VirtualAlloc(null_mut(), LARGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        large.cast::<u8>().write_bytes(1, LARGE);
        large as usize
    };
    println!("{large}");
    let path = std::env::args().next_back().unwrap_or_default();
    let mut socket = UnixStream::connect(path).expect("the bench listens");
    let mut byte = [0];
    while socket.read_exact(&mut byte).is_ok() {
        socket.write_all(&byte).expect("the bench reads");
    }
}

/// Keeps this process, and those that it starts, on one processor. Else the scheduler chooses for each conversation
/// whether both sides are on one or on two, and waking a processor that sleeps costs several times what is measured.
fn stay_on_one_processor() {
    // SAFETY: the set is a local, and zeroes are an empty one.
    unsafe {
        let mut processors: libc::cpu_set_t = core::mem::zeroed();
        let here = usize::try_from(libc::sched_getcpu()).expect("the kernel says where this runs");
        libc::CPU_SET(here, &mut processors);
        let size = size_of_val(&processors);
        let kept = libc::sched_setaffinity(0, size, &raw const processors);
        assert_eq!(kept, 0);
    }
}

fn bench() {
    stay_on_one_processor();
    println!("nanoseconds of processor time per operation: least and median");
    let path = format!("/tmp/winpages-bench-{}", std::process::id());
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let mut child = start(&path);
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("a line");
    let from: usize = line.trim().parse().expect("an address");
    let (mut echo, _) = listener.accept().expect("the other process");
    std::fs::remove_file(&path).expect("the socket's file");
    let process = OpenProcess(PROCESS_ALL_ACCESS, 0, child.id());
    assert_ne!(process, 0);

    read(process, child.id(), from, 4096, 2000);
    read(process, child.id(), from, LARGE, 2);
    // What the processor does in the other process is not in these figures, on either side.
    compare(
        "VirtualAllocEx+VirtualFreeEx 64 KiB (two questions)",
        500,
        // SAFETY: what is freed was allocated in the same line.
        || unsafe {
            let kind = MEM_RESERVE | MEM_COMMIT;
            let there = VirtualAllocEx(process, null_mut(), 0x1_0000, kind, PAGE_READWRITE);
            assert_eq!(VirtualFreeEx(process, there, 0, MEM_RELEASE), 1);
        },
        "two round trips over a socket",
        || {
            for _ in 0..2 {
                echo.write_all(&[7]).expect("the other process reads");
                echo.read_exact(&mut [0]).expect("and answers");
            }
        },
    );
    compare(
        "VirtualQueryEx of all its regions",
        2,
        || assert!(walk(process) > REGIONS),
        "reading /proc/PID/maps",
        || {
            let text = std::fs::read(format!("/proc/{}/maps", child.id())).expect("its mappings");
            assert!(text.len() > REGIONS);
        },
    );
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

fn start(path: &str) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["other", path])
        .stdout(Stdio::piped())
        .spawn()
        .expect("once more")
}

fn read(process: usize, number: u32, from: usize, size: usize, turns: u32) {
    let mut ours = vec![0u8; size];
    let mut theirs = vec![0u8; size];
    compare(
        &format!("ReadProcessMemory {} KiB", size >> 10),
        turns,
        || {
            let (to, from) = (ours.as_mut_ptr().cast::<c_void>(), from as *const c_void);
            // SAFETY: the buffer is this function's own.
            let answer = unsafe { ReadProcessMemory(process, from, to, size, null_mut()) };
            assert_eq!(answer, 1);
        },
        "process_vm_readv",
        || {
            let local = libc::iovec {
                iov_base: theirs.as_mut_ptr().cast(),
                iov_len: size,
            };
            let remote = libc::iovec {
                iov_base: from as *mut c_void,
                iov_len: size,
            };
            // SAFETY: likewise.
            let copied = unsafe {
                libc::process_vm_readv(number as i32, &raw const local, 1, &raw const remote, 1, 0)
            };
            assert_eq!(copied as usize, size);
        },
    );
}

fn walk(process: usize) -> usize {
    let mut at = 0usize;
    let mut taken = 0;
    // SAFETY: integers, for the call to fill.
    let mut region: MEMORY_BASIC_INFORMATION = unsafe { core::mem::zeroed() };
    let size = size_of::<MEMORY_BASIC_INFORMATION>();
    // SAFETY: as above.
    while unsafe { VirtualQueryEx(process, at as *const c_void, &raw mut region, size) } == size {
        taken += usize::from(region.State != MemoryState::Free as u32);
        at = region.BaseAddress + region.RegionSize;
    }
    taken
}
