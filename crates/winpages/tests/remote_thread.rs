//! Threads that are started in another process, on both systems.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use other_process::{Other, be_the_child};
use winpages::{
    Event, Operation, Process, ProcessAccess, RemoteThread, Reservation, wait_all, wait_any,
};

static_assertions::assert_impl_all!(RemoteThread: Send, Sync, std::panic::UnwindSafe);

const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

extern "system" fn double(parameter: usize) -> u32 {
    2 * parameter as u32
}

/// Counts at an address.
extern "system" fn count(address: usize) -> u32 {
    let word = core::ptr::with_exposed_provenance::<AtomicU32>(address);
    // SAFETY: the child has a word there.
    unsafe { &*word }.fetch_add(1, Ordering::Relaxed)
}

type Function = extern "system" fn(usize) -> u32;

/// It tells where it has functions, and a word.
#[test]
fn child() {
    be_the_child(|| {
        let memory = Reservation::options().size(1).commit(true).reserve();
        let memory = memory.unwrap();
        let told = vec![
            ("double", double as Function as usize),
            ("count", count as Function as usize),
            ("word", memory.as_ptr() as usize),
        ];
        (told, move |_: &str| {
            let _kept = &memory;
        })
    });
}

#[test]
fn a_function_of_it_runs_there() {
    let other = Other::start();
    let process = other.process();
    // SAFETY: the child's functions, with parameters that they take.
    let thread = unsafe { process.start_thread(other.told("double"), 21) }.unwrap();
    thread.wait().unwrap();
    assert_eq!(thread.exit_code().unwrap(), Some(42));
    assert!(thread.wait_timeout(Duration::ZERO).unwrap());
    let word = other.told("word");
    // SAFETY: as above.
    let thread = || unsafe { process.start_thread(other.told("count"), word) }.unwrap();
    let (one, two) = (thread(), thread());
    assert_ne!(one.id(), two.id());
    wait_all(&[&one, &two], LIMIT).unwrap().unwrap();
    let codes = [one, two].map(|thread| thread.exit_code().unwrap());
    assert!(
        codes.contains(&Some(0)) && codes.contains(&Some(1)),
        "{codes:?}"
    );
    assert_eq!(process.read::<u32>(word).unwrap(), 2);
    other.end();
}

#[test]
fn a_thread_starts_suspended() {
    let other = Other::start();
    let process = other.process();
    let word = other.told("word");
    // SAFETY: the child's function, with a parameter that it takes.
    let thread = unsafe { process.start_thread_suspended(other.told("count"), word) };
    let thread = thread.unwrap();
    assert!(!thread.wait_timeout(Duration::from_millis(100)).unwrap());
    assert_eq!(thread.exit_code().unwrap(), None);
    assert_eq!(process.read::<u32>(word).unwrap(), 0);
    assert!(process.threads().unwrap().contains(&thread.id()));
    assert_eq!(thread.resume().unwrap(), 1);
    let never = Event::new().unwrap();
    let ended = wait_any(&[&never, &thread], LIMIT).unwrap().unwrap();
    assert_eq!(ended.index(), 1);
    assert_eq!(thread.exit_code().unwrap(), Some(0));
    assert_eq!(process.read::<u32>(word).unwrap(), 1);
    other.end();
}

#[test]
fn what_cannot_be_started() {
    let other = Other::start();
    // SAFETY: nothing is started.
    let start = |process: &Process, address| unsafe { process.start_thread(address, 1) };
    assert_code!(start(other.process(), 0), "ERROR_INVALID_PARAMETER");
    let all = ProcessAccess::ALL.difference(ProcessAccess::CREATE_THREAD);
    let blind = Process::open(other.process().id(), all).unwrap();
    let error = assert_code!(start(&blind, other.told("double")), "ERROR_ACCESS_DENIED");
    assert_eq!(error.operation(), Operation::StartThread);
    assert!(error.hint().is_some());
    other.end();
}

#[test]
fn a_deaf_process_starts_none_on_linux() {
    let other = Other::start_deaf();
    // SAFETY: the child's function, with a parameter that it takes.
    let started = unsafe { other.process().start_thread(other.told("double"), 2) };
    if std::env::consts::OS == "linux" {
        let error = assert_code!(started, "ERROR_ACCESS_DENIED");
        assert!(error.hint().unwrap().contains("serve_requests"));
    } else {
        started.unwrap().wait().unwrap();
    }
    other.end();
}

#[test]
fn this_process_has_threads_too() {
    let this = Process::open(std::process::id(), ProcessAccess::ALL).unwrap();
    // SAFETY: it takes any number.
    let thread = unsafe { this.start_thread(double as Function as usize, 4) }.unwrap();
    assert!(wait_any(&[&thread], LIMIT).unwrap().is_some());
    assert_eq!(thread.exit_code().unwrap(), Some(8));
}
