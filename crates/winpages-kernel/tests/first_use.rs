//! A named object's state is mapped when it is first used, and everything is as if it had been from the start.

#![allow(missing_docs)]

mod common;

use std::time::Duration;

use common::*;
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::wait::*;
use winpages_kernel::{Handle, NtStatus};

const NOW: Timeout = Timeout::After(Duration::ZERO);
const LONG: Timeout = Timeout::After(Duration::from_secs(60));

fn event(text: &str) -> Handle {
    create_event(&dispatcher(text), false, false).unwrap().0
}

fn open_named(text: &str) -> Result<Handle, NtStatus> {
    open_event(
        &name(text),
        AccessMask::GENERIC_ALL,
        HandleAttributes::empty(),
    )
}

/// How often files of the namespace are mapped.
fn mapped() -> usize {
    let namespace = namespace();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let is_ours = |line: &&str| line.contains(namespace.to_str().unwrap());
    maps.lines().filter(is_ours).count()
}

#[test]
fn nothing_is_mapped_before() {
    if !alone("nothing_is_mapped_before") {
        return;
    }
    let created = event("event");
    let opened = open_named("event").unwrap();
    let mutant = create_mutant(&dispatcher("mutant"), false).unwrap().0;
    assert_eq!(mapped(), 0);
    let all = [created, mutant];
    let outcome = wait_for_multiple_objects(&all, false, false, NOW);
    assert_eq!(outcome, Ok(Outcome::Object(1)));
    assert_eq!(mapped(), 2);
    set_event(opened).unwrap();
    assert_eq!(mapped(), 2);
    let outcome = wait_for_multiple_objects(&all, true, false, NOW);
    assert_eq!(outcome, Ok(Outcome::Object(0)));
    assert_eq!(
        wait_for_multiple_objects(&[created, opened], true, false, NOW),
        Err(NtStatus::INVALID_PARAMETER_MIX)
    );
    // Two that are the same without having been used.
    let twice = [event("other"), open_named("other").unwrap()];
    assert!(
        handle_table::lookup(twice[0])
            .unwrap()
            .object
            .is_same_as(&handle_table::lookup(twice[1]).unwrap().object)
    );
    assert_eq!(mapped(), 2);
    for _ in 0..2 {
        release_mutant(mutant).unwrap();
    }
    for handle in [created, opened, mutant, twice[0], twice[1]] {
        close(handle);
    }
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_file_that_was_cut_short_is_told() {
    if !alone("a_file_that_was_cut_short_is_told") {
        return;
    }
    let handle = event("short");
    for directory in std::fs::read_dir(namespace()).unwrap() {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            let file = std::fs::File::options()
                .write(true)
                .open(file.unwrap().path());
            file.unwrap().set_len(10).unwrap();
        }
    }
    let refused = NtStatus::REVISION_MISMATCH;
    assert_eq!(set_event(handle), Err(refused));
    assert_eq!(wait_for_single_object(handle, false, NOW), Err(refused));
    for all in [false, true] {
        let outcome = wait_for_multiple_objects(&[handle], all, false, NOW);
        assert_eq!(outcome, Err(refused));
    }
    close(handle);
    assert_eq!(files(), [""; 0]);
}

#[test]
fn no_fork_keeps_a_name_that_was_not_used_before() {
    if !alone("no_fork_keeps_a_name_that_was_not_used_before") {
        return;
    }
    let handle = event("forked");
    let (told, end) = (event("told"), event("end"));
    // SAFETY: the child uses the engine, whose locks are prepared for it, and leaves by _exit.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let done = set_event(handle).is_ok()
            && handle_table::close(handle).is_ok()
            && set_event(told).is_ok()
            && wait_for_single_object(end, false, LONG) == Ok(Outcome::Object(0));
        // SAFETY: the child ends here.
        unsafe { libc::_exit(i32::from(!done)) };
    }
    let outcome = wait_for_single_object(told, false, LONG);
    assert_eq!(outcome, Ok(Outcome::Object(0)));
    // The child has used and closed it, which left this process's hold on the name alone.
    close(open_named("forked").unwrap());
    let outcome = wait_for_single_object(handle, false, NOW);
    assert_eq!(outcome, Ok(Outcome::Object(0)));
    close(handle);
    assert_eq!(open_named("forked"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    set_event(end).unwrap();
    let mut status = 0;
    // SAFETY: a child of this process.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
    close(told);
    close(end);
    assert_eq!(files(), [""; 0]);
}

#[test]
fn a_mutant_is_given_up_with_a_handle_that_was_not_used() {
    if !alone("a_mutant_is_given_up_with_a_handle_that_was_not_used") {
        return;
    }
    for initial_owner in [false, true] {
        let used = create_mutant(&dispatcher("owned"), initial_owner)
            .unwrap()
            .0;
        let opened = open_mutant(
            &name("owned"),
            AccessMask::GENERIC_ALL,
            HandleAttributes::empty(),
        );
        let unused = opened.unwrap();
        let outcome = wait_for_single_object(used, false, NOW);
        assert_eq!(outcome, Ok(Outcome::Object(0)));
        close(used);
        assert_eq!(mapped(), 1);
        close(unused);
        // A thread that sleeps lets go of what it knows of closed handles. What it owned would stay.
        let event = event("never");
        let short = Timeout::After(Duration::from_millis(1));
        let outcome = wait_for_single_object(event, false, short);
        assert_eq!(outcome, Ok(Outcome::TimedOut));
        assert_eq!(mapped(), 1);
        close(event);
        assert_eq!(files(), [""; 0]);
    }
}
