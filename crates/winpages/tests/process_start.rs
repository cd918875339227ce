//! Starting processes, what they inherit, and what they are given later. This program is its own child.

mod common;

use std::time::Duration;

use static_assertions::assert_impl_all;
use winpages::{
    Event, Operation, Process, ProcessOptions, Protection, RegionKind, RegionState, Section,
    SuspendedProcess, serve_requests,
};

assert_impl_all!(ProcessOptions<'_>: Send, Sync);
assert_impl_all!(SuspendedProcess: Send, Sync);

const PAGE: usize = 4096;
const VALUES: &str = "WINPAGES_TEST_INHERITED";
const LIMIT: Duration = Duration::from_secs(60);

/// What the child does, if this is the child: says in the section what it has got, waits, and ends.
#[test]
fn child() {
    let Ok(values) = std::env::var(VALUES) else {
        return;
    };
    serve_requests(true);
    let mut values = values.split(' ').map(|value| value.parse().unwrap());
    let mut next = || values.next().unwrap();
    // SAFETY: the parent's values, of objects of these kinds, taken over once.
    let (ready, go_on, section) = unsafe {
        (
            Event::from_inherited(next()).unwrap(),
            Event::from_inherited(next()).unwrap(),
            Section::from_inherited(next(), Protection::READWRITE).unwrap(),
        )
    };
    let view = section.view().map().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    view.write_at(0, arguments.last().unwrap().as_bytes())
        .unwrap();
    ready.set().unwrap();
    assert!(go_on.wait_timeout(LIMIT).unwrap());
    // Where a view is that was mapped from outside, and an event that was duplicated into this process.
    let (there, given): (usize, usize) = (view.read(PAGE).unwrap(), view.read(PAGE + 8).unwrap());
    if there != 0 {
        // SAFETY: the parent has mapped so much there.
        let text = unsafe { core::slice::from_raw_parts(there as *const u8, 5) };
        view.write_at(0, text).unwrap();
        // SAFETY: the parent has duplicated it for this process.
        unsafe { Event::from_inherited(given) }
            .unwrap()
            .set()
            .unwrap();
        assert!(go_on.wait_timeout(LIMIT).unwrap());
    }
    std::process::exit(11);
}

struct Shared {
    ready: Event,
    go_on: Event,
    section: Section,
}

impl Shared {
    fn new() -> Self {
        Self {
            ready: Event::new().unwrap(),
            go_on: Event::new().unwrap(),
            section: Section::options().size(2 * PAGE as u64).create().unwrap(),
        }
    }

    fn options(&self) -> ProcessOptions<'_> {
        let values = [
            self.ready.inherited_value(),
            self.go_on.inherited_value(),
            self.section.inherited_value(),
        ];
        Process::options(std::env::current_exe().unwrap())
            .argument("--exact")
            .argument("child")
            .argument("--nocapture")
            .argument("--skip")
            .argument(r#"a "word" and one\\"#)
            .environment(VALUES, values.map(|value| value.to_string()).join(" "))
            .inherit(&self.ready)
            .inherit(&self.go_on)
            .inherit_section(&self.section)
    }
}

#[test]
fn handles_are_inherited() {
    let shared = Shared::new();
    let child = shared.options().start().unwrap();
    assert!(shared.ready.wait_timeout(LIMIT).unwrap());
    let view = shared.section.view().map().unwrap();
    let mut text = [0; 17];
    view.read_at(0, &mut text).unwrap();
    assert_eq!(&text, br#"a "word" and one\"#);
    assert_eq!(child.exit_code().unwrap(), None);
    shared.go_on.set().unwrap();
    assert!(child.wait_timeout(LIMIT).unwrap());
    assert_eq!(child.exit_code().unwrap(), Some(11));
}

#[test]
fn a_process_starts_suspended() {
    let shared = Shared::new();
    let child = shared.options().start_suspended().unwrap();
    assert!(
        !shared
            .ready
            .wait_timeout(Duration::from_millis(200))
            .unwrap()
    );
    assert_eq!(child.process().exit_code().unwrap(), None);
    // It may be given memory before it has done anything.
    let there = child.process().allocate(PAGE, Protection::READWRITE);
    let there = there.unwrap().start;
    // SAFETY: the child does not know of it.
    unsafe { child.process().write(there, &9u64) }.unwrap();
    let child = child.resume().unwrap();
    assert!(shared.ready.wait_timeout(LIMIT).unwrap());
    assert_eq!(child.read::<u64>(there).unwrap(), 9);
    // SAFETY: as above.
    unsafe { child.release(there) }.unwrap();
    child.terminate(7).unwrap();
    assert!(child.wait_timeout(LIMIT).unwrap());
    assert_eq!(child.exit_code().unwrap(), Some(7));
}

#[test]
fn views_and_handles_are_given() {
    let shared = Shared::new();
    let child = shared.options().start().unwrap();
    assert!(shared.ready.wait_timeout(LIMIT).unwrap());
    let other = Section::options().size(PAGE as u64).create().unwrap();
    other.view().map().unwrap().write_at(0, b"given").unwrap();
    let there = child.map(&other, Protection::READONLY).unwrap();
    assert_eq!(there.len(), PAGE);
    let region = child.query(there.start).unwrap();
    assert_eq!(region.kind, Some(RegionKind::Mapped));
    assert_eq!(region.protection, Some(Protection::READONLY));
    let answer = Event::new().unwrap();
    let given = child.duplicate(&answer).unwrap();
    let view = shared.section.view().map().unwrap();
    view.write(PAGE, &there.start).unwrap();
    view.write(PAGE + 8, &given).unwrap();
    shared.go_on.set().unwrap();
    assert!(answer.wait_timeout(LIMIT).unwrap());
    let mut text = [0; 5];
    view.read_at(0, &mut text).unwrap();
    assert_eq!(&text, b"given");
    // SAFETY: the child is done with it.
    unsafe { child.unmap(there.start).unwrap() };
    assert_eq!(child.query(there.start).unwrap().state, RegionState::Free);
    shared.go_on.set().unwrap();
    assert!(child.wait_timeout(LIMIT).unwrap());
    assert_eq!(child.exit_code().unwrap(), Some(11));
}

#[test]
fn what_cannot_be_started_is_told() {
    let missing = std::env::current_exe().unwrap().with_file_name("missing");
    let error = assert_code!(Process::options(missing).start(), "ERROR_FILE_NOT_FOUND");
    assert_eq!(error.operation(), Operation::StartProcess);
    // SAFETY: there is no such handle.
    let none = unsafe { Event::from_inherited(0x7FFF_FFF0) };
    assert_code!(none, "ERROR_INVALID_HANDLE");
}
