//! A section's name lives as long as its handles, on whichever side of a fork they are, and not as long as
//! its views.

#![allow(missing_docs)]

mod common;

use std::time::{Duration, Instant};

use common::*;
use winpages_kernel::NtStatus;
use winpages_kernel::object::handle_table;
use winpages_kernel::section::{Disposition, unmap_view_of_section};

fn wait_for(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: a child of this process.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
}

/// A child that does `work` and ends by itself, without the library's end of a process.
fn fork(work: impl FnOnce() -> bool) -> libc::pid_t {
    // SAFETY: the child uses the engine, whose locks are prepared for it, and leaves by _exit.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let done = std::panic::catch_unwind(core::panic::AssertUnwindSafe(work)).unwrap_or(false);
        // SAFETY: the child ends here.
        unsafe { libc::_exit(i32::from(!done)) };
    }
    child
}

/// Waits until the other side has written a byte to the view; answers whether it did in time.
fn has_become(view: *mut u8, byte: u8) -> bool {
    let began = Instant::now();
    // SAFETY: a view of this process's section, or of its parent's.
    while unsafe { view.read_volatile() } != byte {
        if began.elapsed() > Duration::from_secs(60) {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

#[test]
fn a_name_ends_with_the_last_handle() {
    if !alone("a_name_ends_with_the_last_handle") {
        return;
    }
    let (handle, _) = create("forked", 4096).unwrap();
    let view = map(handle);
    let mut pipes = [0; 2];
    // SAFETY: room for the two numbers that pipe answers.
    assert_eq!(unsafe { libc::pipe(pipes.as_mut_ptr()) }, 0);
    let [reader, writer] = pipes;
    // A child that has closed its handle, and keeps its view until it is told to end.
    let child = fork(|| {
        let closed = handle_table::close(handle).is_ok();
        let mut byte = 0u8;
        // SAFETY: the view is the child's, too; the byte is this function's.
        unsafe {
            view.write_volatile(7);
            libc::close(writer);
            libc::read(reader, (&raw mut byte).cast(), 1);
        }
        closed
    });
    assert!(has_become(view, 7));
    // The parent's handle still holds the name; when that is closed nobody does, whatever is mapped.
    close(open("forked").unwrap());
    close(handle);
    assert_eq!(open("forked"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(files(), [""; 0]);
    let (fresh, disposition) = create("forked", 4096).unwrap();
    assert_eq!(disposition, Disposition::Created);
    // SAFETY: views of this process's sections; the number is this process's.
    unsafe {
        assert_eq!(map(fresh).read_volatile(), 0);
        assert_eq!(view.read_volatile(), 7);
        libc::close(writer);
    }
    wait_for(child);
    close(fresh);
}

#[test]
fn a_child_with_a_view_and_a_handle_keeps_the_name() {
    if !alone("a_child_with_a_view_and_a_handle_keeps_the_name") {
        return;
    }
    let (handle, _) = create("kept", 4096).unwrap();
    let view = map(handle);
    let child = fork(|| {
        // SAFETY: the view is the child's, too.
        unsafe { view.write_volatile(1) };
        let told = has_become(view, 2);
        let closed = handle_table::close(handle).is_ok();
        // SAFETY: as above.
        unsafe { view.write_volatile(3) };
        told && closed && has_become(view, 4)
    });
    assert!(has_become(view, 1));
    close(handle);
    let (again, disposition) = create("kept", 4096).unwrap();
    assert_eq!(disposition, Disposition::Existing);
    close(again);
    // SAFETY: a view of this process's section.
    unsafe { view.write_volatile(2) };
    assert!(has_become(view, 3));
    // Both have views and neither has a handle.
    assert_eq!(open("kept"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    // SAFETY: as above.
    unsafe { view.write_volatile(4) };
    wait_for(child);
    unmap_view_of_section(view as usize).unwrap();
}
