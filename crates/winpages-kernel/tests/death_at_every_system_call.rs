//! A process killed at every single system call of creating, opening, mapping, waiting, signalling and
//! closing: what it leaves is never taken for an object that exists, and what it shared can be used.

#![allow(missing_docs)]

mod common;

use std::os::unix::process::CommandExt;

use common::*;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{AccessMask, namespace};
use winpages_kernel::section::{self, Disposition};
use winpages_kernel::wait::*;
use winpages_kernel::{Handle, NtStatus};

/// A system call that nothing else makes: it marks where the life to be cut short begins.
const MARKER: i64 = libc::SYS_getpgid;

fn life(create: impl Fn(&str, u64) -> Result<(Handle, Disposition), NtStatus>) {
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

const NOW: Timeout = Timeout::After(std::time::Duration::ZERO);

/// Creates, takes, signals and closes an object of each kind, and wakes a sleeper with each.
fn waiting_life() {
    // What the process has once and for all.
    let (first, _) = create_mutant(&dispatcher("first"), true).unwrap();
    close(first);
    // SAFETY: getpgid only answers.
    unsafe { libc::syscall(MARKER, 0) };
    let (mutant, _) = create_mutant(&dispatcher("mutant"), true).unwrap();
    let (event, _) = create_event(&dispatcher("event"), false, false).unwrap();
    let (semaphore, _) = create_semaphore(&dispatcher("semaphore"), 1, 5).unwrap();
    let (timer, _) = create_timer(&dispatcher("timer"), true).unwrap();
    let soon = Timeout::After(std::time::Duration::from_millis(1));
    let opened = open_mutant(
        &name("mutant"),
        AccessMask::SYNCHRONIZE,
        HandleAttributes::empty(),
    );
    let opened = opened.unwrap();
    wait_for_single_object(opened, false, NOW).unwrap();
    release_mutant(mutant).unwrap();
    wait_for_single_object(event, false, soon).unwrap();
    set_event(event).unwrap();
    wait_for_multiple_objects(&[mutant, event, semaphore], true, false, soon).unwrap();
    wait_for_multiple_objects(&[event, semaphore, timer], false, false, soon).unwrap();
    release_semaphore(semaphore, 1).unwrap();
    let due = Due::After(std::time::Duration::from_millis(1));
    let request = SetTimer {
        due,
        period: 0,
        apc: None,
    };
    set_timer(timer, &request).unwrap();
    wait_for_single_object(timer, false, Timeout::Infinite).unwrap();
    release_mutant(opened).unwrap();
    close(opened);
    // It is owned once more only if it was new.
    let _ = release_mutant(mutant);
    for handle in [mutant, event, semaphore, timer] {
        close(handle);
    }
}

/// What the dead leave of objects that others have open, too: a mutant that can be taken, and objects that
/// can be used.
fn check_what_is_left(stop: usize) {
    let objects = Left::open();
    for _ in 0..2 {
        let taken = wait_for_single_object(objects.mutant, false, NOW).unwrap();
        assert_ne!(taken, Outcome::TimedOut, "killed at stop {stop}");
        release_mutant(objects.mutant).unwrap();
    }
    set_event(objects.event).unwrap();
    release_semaphore(objects.semaphore, 1).unwrap();
    let all = [objects.mutant, objects.event, objects.semaphore];
    let taken = wait_for_multiple_objects(&all, true, false, NOW).unwrap();
    assert_eq!(taken, Outcome::Object(0), "killed at stop {stop}");
    release_mutant(objects.mutant).unwrap();
    for handle in all {
        close(handle);
    }
}

/// The objects of a [`waiting_life`], held by another process.
struct Left {
    mutant: Handle,
    event: Handle,
    semaphore: Handle,
}

impl Left {
    fn open() -> Self {
        Self {
            mutant: create_mutant(&dispatcher("mutant"), false).unwrap().0,
            event: create_event(&dispatcher("event"), false, false).unwrap().0,
            semaphore: create_semaphore(&dispatcher("semaphore"), 1, 5).unwrap().0,
        }
    }
}

/// Runs the life under ptrace and kills it at the given stop, of two for each system call; answers
/// whether it got as far.
#[expect(
    clippy::zombie_processes,
    reason = "waitpid collects it, with the stops between"
)]
fn killed_at(stop: usize, role: &str) -> bool {
    let mut command = helper("dies", role);
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
    match role().as_deref() {
        Some("life") => return life(create),
        Some("described life") => return life(create_described),
        Some("waiting life") => return waiting_life(),
        _ => {}
    }
    if !alone("dies") {
        return;
    }
    for role in ["life", "described life"] {
        let mut stop = 0;
        while killed_at(stop, role) {
            let (handle, disposition) = create("short life", 0x1000).unwrap();
            assert_eq!(disposition, Disposition::Created, "{role}, stop {stop}");
            close(handle);
            assert_eq!(files(), [""; 0], "{role}, killed at stop {stop}");
            stop += 1;
        }
        assert!(stop > 40, "only {stop} stops were seen");
        assert_eq!(namespace::list().unwrap().len(), 0);
        println!("{role}: killed at each of {stop} stops");
    }
    let mut stop = 0;
    loop {
        // Every other time somebody else has the objects open.
        let others = (stop % 2 == 1).then(Left::open);
        if !killed_at(stop, "waiting life") {
            break;
        }
        check_what_is_left(stop);
        if let Some(others) = others {
            for handle in [others.mutant, others.event, others.semaphore] {
                close(handle);
            }
        }
        namespace::sweep().unwrap();
        assert_eq!(files(), [""; 0], "killed at stop {stop}");
        stop += 1;
    }
    assert!(stop > 80, "only {stop} stops were seen");
    println!("killed while waiting at each of {stop} stops");
}
