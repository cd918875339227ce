//! Programs that know nothing of this library, and their memory.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{AddressRequirements, Allocate, Protection};
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::process::{
    Target, allocate_virtual_memory, free_virtual_memory, open_process, protect_virtual_memory,
    query_virtual_memory, read_virtual_memory, reference_process, write_virtual_memory,
};

pub const COMMIT: u32 = 0x1000;
pub const RESERVE: u32 = 0x2000;
pub const TOP_DOWN: u32 = 0x10_0000;
pub const LARGE_PAGES: u32 = 0x2000_0000;
pub const DECOMMIT: u32 = 0x4000;
pub const RELEASE: u32 = 0x8000;

/// A program that was started for a test, and is killed with it.
pub struct Foreign {
    pub child: Child,
    pub target: Target,
}

impl Foreign {
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::spawn(&mut command)
    }

    pub fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let target = target_of(child.id()).unwrap();
        Self { child, target }
    }

    /// Waits until it waits for its standard input.
    pub fn settle(&self) {
        let path = format!("/proc/{}/syscall", self.number());
        let reads = || fs::read_to_string(&path).is_ok_and(|call| call.starts_with("0 0x0 "));
        wait_until("it reads", reads);
    }

    pub fn number(&self) -> u32 {
        self.child.id()
    }

    pub fn maps(&self) -> String {
        fs::read_to_string(format!("/proc/{}/maps", self.number())).unwrap()
    }

    /// Whether it runs or sleeps, and nobody traces it.
    pub fn assert_at_large(&self) {
        assert_at_large(self.number());
    }

    /// Gives it a line, and answers all it says until its end, which must be a good one.
    pub fn finish(mut self, line: &str) -> String {
        self.assert_at_large();
        writeln!(self.child.stdin.take().unwrap(), "{line}").unwrap();
        let mut said = String::new();
        let mut output = self.child.stdout.take().unwrap();
        output.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn target_of(number: u32) -> Result<Target, NtStatus> {
    let rights = AccessMask::PROCESS_ALL_ACCESS;
    let handle = open_process(number, rights, HandleAttributes::empty())?;
    let target = reference_process(handle, rights);
    handle_table::close(handle).unwrap();
    target
}

/// What `/proc/PID/status` says of something.
pub fn status(number: u32, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim().to_owned()
}

pub fn assert_at_large(number: u32) {
    for task in fs::read_dir(format!("/proc/{number}/task")).unwrap() {
        let thread: u32 = task.unwrap().file_name().to_str().unwrap().parse().unwrap();
        // A thread may end meanwhile.
        let tracer = status(thread, "TracerPid:");
        assert!(
            matches!(tracer.as_str(), "" | "0"),
            "{number} {thread} {tracer}"
        );
        let state = status(thread, "State:");
        assert!(!state.starts_with(['T', 't']), "{number} {thread} {state}");
    }
}

/// What the descriptors of a process lead to.
pub fn descriptors(number: u32) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(format!("/proc/{number}/fd")).unwrap();
    let mut links: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let link = fs::read_link(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), link)
        })
        .collect();
    links.sort();
    links
}

/// Waits for what must come soon.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn allocate(
    target: &Target,
    base: usize,
    size: usize,
    kind: u32,
    protection: u32,
) -> Result<usize, NtStatus> {
    allocate_virtual_memory(target, &Allocate::new(base, size, kind, protection))
        .map(|range| range.base)
}

/// Allocates below an address, at a multiple of the size.
pub fn below(target: &Target, highest: usize, size: usize) -> Result<usize, NtStatus> {
    let requirements = AddressRequirements {
        highest,
        alignment: size,
        ..AddressRequirements::default()
    };
    allocate_virtual_memory(
        target,
        &Allocate {
            requirements,
            ..Allocate::new(0, size, RESERVE, 0x04)
        },
    )
    .map(|range| range.base)
}

pub fn write(target: &Target, to: usize, bytes: &[u8]) -> Result<(), NtStatus> {
    // SAFETY: the bytes are the caller's, and what is written to the tests have allocated.
    unsafe { write_virtual_memory(target, to, bytes.as_ptr(), bytes.len()) }.result
}

pub fn read<const SIZE: usize>(target: &Target, from: usize) -> Result<[u8; SIZE], NtStatus> {
    let mut bytes = [0; SIZE];
    // SAFETY: the buffer is this function's own.
    let copied = unsafe { read_virtual_memory(target, from, bytes.as_mut_ptr(), SIZE) };
    copied.result.map(|()| bytes)
}

const ROLE: &str = "WINPAGES_TEST_FOREIGN_ROLE";

/// What this process is to be for the test that started it, if it is another.
pub fn foreign_role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// This program again, as a process in which nobody answers, and which looks at [`foreign_role`].
pub fn again_as(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role);
    command
}

/// Allocates, writes, reads, protects and frees in a process, once; answers what it was refused with.
pub fn change_memory(target: &Target) -> Result<(), NtStatus> {
    let base = allocate(target, 0, 0x2_0000, RESERVE, 0x04)?;
    allocate(target, base + 0x1000, 0x3000, COMMIT, 0x04)?;
    let number = base.to_ne_bytes();
    write(target, base + 0x1FFC, &number)?;
    let (_, old) = protect_virtual_memory(target, base + 0x1000, 0x1000, 0x02)?;
    let found: [u8; 8] = read(target, base + 0x1FFC)?;
    let region = query_virtual_memory(target, base + 0x2000)?;
    let is_as_expected = (old, found) == (Protection::READWRITE, number)
        && (region.allocation_base, region.region_size) == (base, 0x2000);
    if !is_as_expected {
        return Err(NtStatus::UNSUCCESSFUL);
    }
    free_virtual_memory(target, base, 0, RELEASE).map(drop)
}

/// Whether standard input has ended.
pub fn is_to_end() -> bool {
    let mut polled = libc::pollfd {
        fd: 0,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: a system call on a local.
    unsafe { libc::poll(&raw mut polled, 1, 0) != 0 }
}

/// Sleeps and computes, and sees whether it was disturbed.
pub fn watches_itself() {
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 3_000_000,
    };
    while !is_to_end() {
        // SAFETY: a system call on locals.
        let slept = unsafe { libc::nanosleep(&raw const time, core::ptr::null_mut()) };
        assert_eq!(slept, 0);
        let sum: u64 = (0..10_000u64).map(|number| number * number).sum();
        assert_eq!(core::hint::black_box(sum), 333_283_335_000);
    }
}

/// Computes the same over and over, until there is something to read.
pub fn computes() {
    let compute = || {
        let (mut number, mut float) = (0x9E37_79B9_7F4A_7C15u64, 1.0f64);
        let mut lanes = [1.0f32; 16];
        for step in 0..20_000u64 {
            number = (number ^ step)
                .wrapping_mul(0xBF58_476D_1CE4_E5B9)
                .rotate_left(13);
            float = (float * 1.000_01 + step as f64).sqrt();
            for (index, lane) in lanes.iter_mut().enumerate() {
                *lane = (*lane + index as f32).sqrt();
            }
        }
        (number, float.to_bits(), lanes.map(f32::to_bits))
    };
    let expected = compute();
    while !is_to_end() {
        assert_eq!(compute(), expected);
    }
}

/// Runs tests whose processes are this program again, without threads that its first one does not start. What is
/// said on the command line chooses, as elsewhere.
pub fn run_tests(tests: &[(&str, fn())]) {
    let words = std::env::args().skip(1);
    let wanted: Vec<String> = words.filter(|word| !word.starts_with('-')).collect();
    for (name, test) in tests {
        if wanted.iter().all(|word| name.contains(word.as_str())) {
            test();
            println!("{name}: ok");
        }
    }
}
