//! Handles that are taken from another process, and closed there, on both systems.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use std::time::Duration;

use other_process::{Other, be_the_child};
use winpages::{
    Event, Mutex, Operation, Process, ProcessAccess, Protection, Section, Semaphore, Timer,
};

const PAGE: usize = 4096;
/// No handle has it.
const NONE: usize = 0x7FFF_FFF0;

/// It has one object of each kind, tells how it knows them, and on request whether its event is set.
#[test]
fn child() {
    be_the_child(|| {
        let event = Event::options().manual_reset(true).create().unwrap();
        let mutex = Mutex::new().unwrap();
        let semaphore = Semaphore::options().initial(1).maximum(5).create().unwrap();
        let timer = Timer::new().unwrap();
        let section = Section::options().size(PAGE as u64).create().unwrap();
        section
            .view()
            .map()
            .unwrap()
            .write_at(0, b"theirs")
            .unwrap();
        let told = vec![
            ("event", event.inherited_value()),
            ("mutex", mutex.inherited_value()),
            ("semaphore", semaphore.inherited_value()),
            ("timer", timer.inherited_value()),
            ("section", section.inherited_value()),
        ];
        (told, move |_: &str| {
            let _kept = (&mutex, &semaphore, &timer, &section);
            let is_set = event.wait_timeout(Duration::ZERO).unwrap();
            println!("set {}", u32::from(is_set));
        })
    });
}

#[test]
fn objects_are_duplicated_from_it() {
    let mut other = Other::start();
    assert_eq!(other.ask("look", "set"), 0);
    let value = other.told("event");
    let event: Event = other.process().duplicate_from(value).unwrap();
    event.set().unwrap();
    assert_eq!(other.ask("look", "set"), 1);
    let process = other.process();
    let mutex: Mutex = process.duplicate_from(other.told("mutex")).unwrap();
    drop(mutex.try_lock().unwrap().unwrap());
    let semaphore: Semaphore = process.duplicate_from(other.told("semaphore")).unwrap();
    assert_eq!(semaphore.release(4).unwrap(), 1);
    let timer: Timer = process.duplicate_from(other.told("timer")).unwrap();
    timer.cancel().unwrap();
    let value = other.told("section");
    let section = process.duplicate_section_from(value, Protection::READWRITE);
    let section = section.unwrap();
    assert_eq!(section.size().unwrap(), PAGE as u64);
    let text: [u8; 6] = section.view().map().unwrap().read(0).unwrap();
    assert_eq!(&text, b"theirs");
    // It goes on when the other has ended.
    other.end();
    assert!(event.wait_timeout(Duration::ZERO).unwrap());
}

#[test]
fn what_is_of_another_kind_is_refused() {
    let other = Other::start();
    let process = other.process();
    let (event, section) = (other.told("event"), other.told("section"));
    let error = assert_code!(
        process.duplicate_from::<Mutex>(event),
        "ERROR_INVALID_HANDLE"
    );
    assert_eq!(error.operation(), Operation::DuplicateFrom);
    assert!(error.hint().is_some());
    assert_code!(
        process.duplicate_from::<Event>(section),
        "ERROR_INVALID_HANDLE"
    );
    assert_code!(
        process.duplicate_from::<Event>(other.told("timer")),
        "ERROR_INVALID_HANDLE"
    );
    assert_code!(
        process.duplicate_from::<Event>(NONE),
        "ERROR_INVALID_HANDLE"
    );
    assert_code!(
        process.duplicate_section_from(event, Protection::READWRITE),
        "ERROR_INVALID_HANDLE"
    );
    other.end();
}

#[test]
fn a_handle_is_closed_there() {
    let other = Other::start();
    let process = other.process();
    let value = other.told("semaphore");
    let semaphore: Semaphore = process.duplicate_from(value).unwrap();
    // SAFETY: the child does nothing with it.
    unsafe { process.close_handle(value) }.unwrap();
    assert_code!(
        process.duplicate_from::<Semaphore>(value),
        "ERROR_INVALID_HANDLE"
    );
    // The value may be another handle's by now.
    // SAFETY: nothing is closed.
    let error = assert_code!(
        unsafe { process.close_handle(NONE) },
        "ERROR_INVALID_HANDLE"
    );
    assert_eq!(error.operation(), Operation::CloseHandle);
    assert_eq!(semaphore.release(1).unwrap(), 1);
    other.end();
}

#[test]
fn it_takes_the_access() {
    let other = Other::start();
    let all = ProcessAccess::ALL.difference(ProcessAccess::DUPLICATE);
    let blind = Process::open(other.process().id(), all).unwrap();
    let value = other.told("event");
    assert_code!(blind.duplicate_from::<Event>(value), "ERROR_ACCESS_DENIED");
    // SAFETY: nothing is closed.
    assert_code!(unsafe { blind.close_handle(value) }, "ERROR_ACCESS_DENIED");
    let event: Event = other.process().duplicate_from(value).unwrap();
    assert_code!(blind.duplicate(&event), "ERROR_ACCESS_DENIED");
    other.end();
}

#[test]
fn a_deaf_process_gives_none_on_linux() {
    let other = Other::start_deaf();
    let duplicated = other.process().duplicate_from::<Event>(other.told("event"));
    if std::env::consts::OS == "linux" {
        let error = assert_code!(duplicated, "ERROR_ACCESS_DENIED");
        assert!(error.hint().unwrap().contains("serve_requests"));
    } else {
        duplicated.unwrap();
    }
    other.end();
}
