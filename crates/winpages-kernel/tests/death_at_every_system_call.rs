//! A process killed at every single system call of creating, opening, mapping and closing: what it
//! leaves is never taken for an object that exists.

#![allow(missing_docs)]

mod common;

use std::os::unix::process::CommandExt;

use common::*;
use winpages_kernel::object::namespace;
use winpages_kernel::section::{self, Disposition};

/// A system call that nothing else makes: it marks where the life to be cut short begins.
const MARKER: i64 = libc::SYS_getpgid;

fn life() {
    // SAFETY: getpgid only answers.
    unsafe { libc::syscall(MARKER, 0) };
    let (created, _) = create("short life", 0x3000).unwrap();
    let opened = open("short life").unwrap();
    let view = map(opened);
    // SAFETY: the view was mapped one line above, writable.
    unsafe { view.write_volatile(1) };
    close(created);
    section::unmap_view_of_section(view as usize).unwrap();
    close(opened);
}

/// Runs the life under ptrace and kills it at the given stop, of two for each system call; answers
/// whether it got as far.
#[expect(
    clippy::zombie_processes,
    reason = "waitpid collects it, with the stops between"
)]
fn killed_at(stop: usize) -> bool {
    let mut command = helper("dies", "life");
    // SAFETY: ptrace(TRACEME) is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
            Ok(())
        });
    }
    let child = command.spawn().unwrap();
    let pid = child.id() as i32;
    let mut stops_after_marker = None;
    loop {
        let mut status = 0;
        // SAFETY: plain calls on a child of ours; `registers` is large enough for the answer.
        unsafe {
            assert_eq!(libc::waitpid(pid, &raw mut status, libc::__WALL), pid);
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                assert!(
                    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
                    "{status:#x}"
                );
                return false;
            }
            let mut registers: libc::user_regs_struct = std::mem::zeroed();
            libc::ptrace(libc::PTRACE_GETREGS, pid, 0, &raw mut registers);
            match &mut stops_after_marker {
                Some(count) => *count += 1,
                None if registers.orig_rax as i64 == MARKER => stops_after_marker = Some(0),
                None => {}
            }
            if stops_after_marker == Some(stop + 2) {
                libc::kill(pid, libc::SIGKILL);
                libc::waitpid(pid, &raw mut status, libc::__WALL);
                return true;
            }
            let signal = libc::WSTOPSIG(status);
            let delivered = if signal == libc::SIGTRAP { 0 } else { signal };
            libc::ptrace(libc::PTRACE_SYSCALL, pid, 0, delivered);
        }
    }
}

fn main() {
    if role().as_deref() == Some("life") {
        return life();
    }
    if !alone("dies") {
        return;
    }
    let mut stop = 0;
    while killed_at(stop) {
        let (handle, disposition) = create("short life", 0x1000).unwrap();
        assert_eq!(disposition, Disposition::Created, "killed at stop {stop}");
        close(handle);
        assert_eq!(files(), [""; 0], "killed at stop {stop}");
        stop += 1;
    }
    assert!(stop > 40, "only {stop} stops were seen");
    assert_eq!(namespace::list().unwrap().len(), 0);
    println!("killed at each of {stop} stops");
}
