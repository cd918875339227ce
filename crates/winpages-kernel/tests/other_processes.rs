//! Looking at processes that know nothing of this library, and changing their memory: what is found must be
//! what the kernel says, and they must go on as if nothing had been.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use winpages_kernel::address_space::{MemoryKind, MemoryState};
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::process::{
    self, STILL_ACTIVE, Target, open_process, query_virtual_memory, read_virtual_memory,
    reference_process, write_virtual_memory,
};
use winpages_kernel::{Handle, NtStatus};

/// A shell that answers what it is asked, so that one sees whether it is well.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn start() -> Self {
        let mut child = Command::new("bash")
            .args(["--norc", "--noprofile"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut shell = Self {
            child,
            input,
            output,
        };
        shell.is_well(0);
        shell
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn is_well(&mut self, number: u32) {
        assert_eq!(
            self.ask(&format!("echo $(({number} + 1))")),
            (number + 1).to_string()
        );
    }

    fn open(&self) -> (Handle, Target) {
        let rights = AccessMask::PROCESS_ALL_ACCESS;
        let handle = open_process(self.child.id(), rights, HandleAttributes::empty()).unwrap();
        (handle, reference_process(handle, rights).unwrap())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `/proc/PID/maps`.
struct Line {
    start: usize,
    end: usize,
    permissions: String,
    inode: u64,
    path: String,
}

fn maps(process: u32) -> Vec<Line> {
    let text = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    text.lines()
        .map(|line| {
            let mut fields = line.split_whitespace();
            let (start, end) = fields.next().unwrap().split_once('-').unwrap();
            let number = |text| usize::from_str_radix(text, 16).unwrap();
            let permissions = fields.next().unwrap().to_owned();
            let inode = fields.nth(2).unwrap().parse().unwrap();
            Line {
                start: number(start),
                end: number(end),
                permissions,
                inode,
                path: fields.collect(),
            }
        })
        .collect()
}

#[test]
fn the_walk_agrees_with_the_kernel() {
    let mut shell = Shell::start();
    let (handle, target) = shell.open();
    let lines = maps(shell.child.id());
    let mut at = 0;
    let mut images = 0;
    while let Ok(region) = query_virtual_memory(&target, at) {
        assert_eq!(region.base_address, at);
        assert!(region.region_size > 0);
        let end = at + region.region_size;
        let line = lines
            .iter()
            .find(|line| (line.start..line.end).contains(&at));
        match line {
            None => {
                assert_eq!(region.state, MemoryState::Free, "{at:#x}");
                assert!(lines.iter().all(|line| line.end <= at || end <= line.start));
            }
            Some(line) => {
                assert_eq!(end, line.end, "{at:#x}");
                let protection = region.protection.map_or(0, |given| given.bits());
                let expected: &[u32] = match &line.permissions[..3] {
                    "---" => &[0, 0x01],
                    "r--" => &[0x02],
                    "rw-" => &[0x04, 0x08],
                    "r-x" => &[0x20],
                    "--x" => &[0x10],
                    _ => &[0x40, 0x80],
                };
                assert!(expected.contains(&protection), "{at:#x} {protection:#x}");
                if line.path.contains("/bash") || line.path.contains("/libc.so") {
                    assert_eq!(region.kind, MemoryKind::Image, "{at:#x} {}", line.path);
                    images += 1;
                } else if line.path.contains("/locale") {
                    assert_eq!(region.kind, MemoryKind::Mapped, "{at:#x} {}", line.path);
                } else if line.inode == 0 && line.path == "[heap]" {
                    assert_eq!(region.kind, MemoryKind::Private, "{at:#x}");
                }
            }
        }
        at = end;
    }
    assert_eq!(at, 0x7FFF_FFFF_0000);
    assert!(images >= 8);
    shell.is_well(1);
    handle_table::close(handle).unwrap();
}

#[test]
fn memory_is_read_and_written_and_the_shell_goes_on() {
    let mut shell = Shell::start();
    shell.ask("greeting=a_word_that_is_looked_for_$((20 + 3)); echo");
    let (handle, target) = shell.open();
    let wanted = b"a_word_that_is_looked_for_23";
    let mut found = None;
    for line in maps(shell.child.id()) {
        if !line.permissions.starts_with("rw") || line.inode != 0 {
            continue;
        }
        let mut bytes = vec![0; line.end - line.start];
        // SAFETY: the buffer is this function's own.
        let copied =
            unsafe { read_virtual_memory(&target, line.start, bytes.as_mut_ptr(), bytes.len()) };
        assert_eq!(copied.bytes, bytes.len());
        for at in 0..bytes.len().saturating_sub(wanted.len()) {
            if bytes[at..].starts_with(wanted) && bytes[at + wanted.len()] == 0 {
                // SAFETY: the word is this test's own, and is replaced by one as long.
                let copied = unsafe {
                    write_virtual_memory(&target, line.start + at, b"A_WORD".as_ptr(), 6)
                };
                assert_eq!(copied.result, Ok(()));
                found = Some(line.start + at);
            }
        }
    }
    assert!(found.is_some());
    assert_eq!(shell.ask("echo $greeting"), "A_WORD_that_is_looked_for_23");
    shell.is_well(5);
    handle_table::close(handle).unwrap();
}

#[test]
fn code_can_be_written_and_what_is_only_read_cannot() {
    let mut shell = Shell::start();
    let (handle, target) = shell.open();
    let lines = maps(shell.child.id());
    let program = |permissions: &str| {
        let mut lines = lines.iter();
        let line = lines
            .find(|line| line.path.contains("/bash") && line.permissions.starts_with(permissions));
        line.unwrap().start
    };
    let mut byte = 0u8;
    for (permissions, expected) in [("r-x", Ok(())), ("r--", Err(NtStatus::ACCESS_VIOLATION))] {
        let at = program(permissions);
        // SAFETY: one byte of this function's own; and the byte that is there is written again.
        unsafe {
            let copied = read_virtual_memory(&target, at, &raw mut byte, 1);
            assert_eq!(copied.result, Ok(()));
            let copied = write_virtual_memory(&target, at, &raw const byte, 1);
            assert_eq!(copied.result, expected, "{permissions}");
        }
    }
    let hole = lines.windows(2).find(|pair| pair[0].end < pair[1].start);
    let hole = hole.unwrap()[0].end;
    // SAFETY: as above.
    let copied = unsafe { read_virtual_memory(&target, hole, &raw mut byte, 1) };
    assert_eq!(
        (copied.bytes, copied.result),
        (0, Err(NtStatus::PARTIAL_COPY))
    );
    // SAFETY: as above.
    let copied = unsafe { write_virtual_memory(&target, hole, &raw const byte, 1) };
    assert_eq!(
        (copied.bytes, copied.result),
        (0, Err(NtStatus::PARTIAL_COPY))
    );
    shell.is_well(9);
    handle_table::close(handle).unwrap();
}

#[test]
fn a_process_that_ends_is_told() {
    let mut shell = Shell::start();
    let (handle, target) = shell.open();
    let Target::Other(other) = &target else {
        panic!("it is another process");
    };
    assert_eq!(other.exit_code(), STILL_ACTIVE);
    writeln!(shell.input, "exit 77").unwrap();
    shell.child.wait().unwrap();
    assert!(other.has_ended());
    // Before Linux 6.15 nobody but the parent is told.
    assert!([77, 0].contains(&other.exit_code()));
    let ended = Err(NtStatus::PROCESS_IS_TERMINATING);
    assert_eq!(query_virtual_memory(&target, 0).map(drop), ended);
    let mut byte = 0u8;
    // SAFETY: one byte of this function's own.
    let copied = unsafe { read_virtual_memory(&target, 0x1000, &raw mut byte, 1) };
    assert_eq!(copied.result, ended);
    assert_eq!(other.terminate(1), ended);
    // It is still held here, so that it can be opened.
    let rights = AccessMask::PROCESS_QUERY_LIMITED_INFORMATION;
    let again = open_process(shell.child.id(), rights, HandleAttributes::empty()).unwrap();
    handle_table::close(again).unwrap();
    handle_table::close(handle).unwrap();
    let none = open_process(shell.child.id(), rights, HandleAttributes::empty());
    assert_eq!(none, Err(NtStatus::INVALID_CID));
}

#[test]
fn the_lists_know_it() {
    let mut shell = Shell::start();
    let number = shell.child.id();
    let all = process::processes();
    let listed = all.iter().find(|one| one.number == number).unwrap();
    assert_eq!(listed.parent, std::process::id());
    assert_eq!((listed.threads, listed.name.as_str()), (1, "bash"));
    assert_eq!(process::threads(number), [number]);
    let (handle, target) = shell.open();
    let images = target.images().unwrap();
    assert_eq!(images[0].path, target.program().unwrap());
    let libc = images.iter().find(|image| {
        let name = image.path.file_name().unwrap_or_default();
        name == "libc.so.6"
    });
    let libc = libc.unwrap();
    let lines = maps(number);
    let of_libc = lines.iter().filter(|line| line.path.ends_with("libc.so.6"));
    let (start, end) = of_libc.fold((usize::MAX, 0), |(start, end), line| {
        (start.min(line.start), end.max(line.end))
    });
    assert_eq!(libc.base, start);
    assert!(libc.base + libc.size >= end);
    shell.is_well(3);
    handle_table::close(handle).unwrap();
}
