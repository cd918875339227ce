//! Other processes, on both systems. This program is its own child.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use std::time::Duration;

use common::is_wine;
use other_process::{END, Other, be_the_child};
use static_assertions::assert_impl_all;
use winpages::{
    Event, Operation, Process, ProcessAccess, Protection, RegionKind, RegionState, Reservation,
    wait_any,
};

assert_impl_all!(Process: Send, Sync, std::panic::UnwindSafe, std::panic::RefUnwindSafe);

const PAGE: usize = 4096;

/// It says where its memory is, and for each line what is there.
#[test]
fn child() {
    be_the_child(|| {
        let mut memory = Reservation::options()
            .size(4 * PAGE)
            .commit(true)
            .reserve()
            .unwrap();
        memory.write(0, &0x1234_5678u32).unwrap();
        let told = vec![("memory", memory.as_ptr() as usize)];
        (told, move |_: &str| {
            println!("holds {}", memory.read::<u32>(0).unwrap());
        })
    });
}

#[test]
fn memory_is_read_and_written() {
    let mut other = Other::start();
    let memory = other.told("memory");
    let process = other.process();
    assert_eq!(process.read::<u32>(memory).unwrap(), 0x1234_5678);
    // SAFETY: the child looks at it when it is told to.
    unsafe { process.write(memory, &42u32).unwrap() };
    assert_eq!(other.ask("look", "holds"), 42);
    let process = other.process();
    let mut bytes = [0; 8];
    // Wine 8.0 answers ERROR_NOACCESS where nothing can be read.
    let error = assert_code!(
        process.read_at(1, &mut bytes),
        "ERROR_PARTIAL_COPY" | "ERROR_NOACCESS"
    );
    assert!(is_wine() || error.code_name() == Some("ERROR_PARTIAL_COPY"));
    assert_eq!(
        (error.operation(), error.addresses()),
        (Operation::Read, Some(1..9))
    );
    other.end();
}

#[test]
fn regions_are_described() {
    let other = Other::start();
    let (process, memory) = (other.process(), other.told("memory"));
    let region = process.query(memory).unwrap();
    assert_eq!((region.base, region.size), (memory, 4 * PAGE));
    assert_eq!(region.state, RegionState::Committed);
    assert_eq!(region.kind, Some(RegionKind::Private));
    assert_eq!(region.protection, Some(Protection::READWRITE));
    let mut end = 0;
    let mut found = false;
    for region in process.regions() {
        assert_eq!(region.base, end);
        end = region.addresses().end;
        found |= region.base == memory;
    }
    assert!(found && end > memory);
    other.end();
}

#[test]
fn memory_is_allocated_there() {
    let other = Other::start();
    let process = other.process();
    let there = process
        .allocate(2 * PAGE + 1, Protection::READWRITE)
        .unwrap();
    assert_eq!(there.len(), 3 * PAGE);
    // SAFETY: the child does not know of it.
    unsafe {
        process.write(there.start + PAGE, &5u64).unwrap();
        assert_eq!(process.read::<u64>(there.start + PAGE).unwrap(), 5);
        let old = process
            .protect(there.clone(), Protection::READONLY)
            .unwrap();
        assert_eq!(old, Protection::READWRITE);
        // Wine 8.0 writes there all the same.
        assert!(is_wine() || process.write(there.start, &5u64).is_err());
        process.release(there.start).unwrap();
    }
    // On Wine, the thread that has freed it takes its place.
    if !is_wine() {
        assert!(process.read::<u64>(there.start).is_err());
        assert_eq!(process.query(there.start).unwrap().state, RegionState::Free);
    }
    other.end();
}

#[test]
fn an_end_is_waited_for() {
    let mut other = Other::start();
    let never = Event::new().unwrap();
    assert_eq!(other.process().exit_code().unwrap(), None);
    assert!(!other.process().wait_timeout(Duration::ZERO).unwrap());
    other.say("end");
    let process = other.process();
    let limit = Some(Duration::from_secs(60));
    let ended = wait_any(&[&never, process], limit).unwrap().unwrap();
    assert_eq!(ended.index(), 1);
    assert_eq!(process.exit_code().unwrap(), Some(END));

    let other = Other::start();
    let process = other.process();
    process.terminate(9).unwrap();
    process.wait().unwrap();
}

#[test]
fn this_process_is_one_too() {
    let access = ProcessAccess::READ | ProcessAccess::QUERY;
    let this = Process::open(std::process::id(), access).unwrap();
    let local = 17u64;
    assert_eq!(this.read::<u64>(&raw const local as usize).unwrap(), 17);
    assert!(this.query(&raw const local as usize).unwrap().is_writable());
    // It was not opened for that.
    assert_code!(
        this.allocate(PAGE, Protection::READWRITE),
        "ERROR_ACCESS_DENIED"
    );
    let error = assert_code!(this.terminate(1), "ERROR_ACCESS_DENIED");
    assert!(error.to_string().contains(&std::process::id().to_string()));
}

#[test]
fn nobody_has_that_number() {
    let opened = Process::open(0x7FFF_FFF0, ProcessAccess::QUERY);
    let error = assert_code!(opened, "ERROR_INVALID_PARAMETER");
    assert!(error.hint().is_some());
}
