//! Which processes there are, what they have loaded, and what they have of memory, on both systems.

mod common;
#[path = "common/other_process.rs"]
mod other_process;

use common::is_wine;
use other_process::{Other, be_the_child};
use winpages::{
    ListedProcess, LoadedModule, Operation, Process, ProcessAccess, Protection, Reservation,
    processes,
};

static_assertions::assert_impl_all!(ListedProcess: Send, Sync, Clone);
static_assertions::assert_impl_all!(LoadedModule: Send, Sync, Clone);

const PAGE: usize = 4096;

/// It has memory, of which it has written a page, and starts a thread.
#[test]
fn child() {
    be_the_child(|| {
        let options = Reservation::options().size(4 * PAGE).commit(true);
        let mut memory = options.reserve().unwrap();
        memory.write(PAGE, &1u8).unwrap();
        let thread = std::thread::spawn(std::thread::park);
        let told = vec![
            ("memory", memory.as_ptr() as usize),
            ("code", an_address_of_code()),
        ];
        (told, move |_: &str| {
            let _keep = (&memory, &thread);
        })
    });
}

/// An address in the program.
fn an_address_of_code() -> usize {
    common::unique_name as fn(&str) -> String as usize
}

#[test]
fn another_process_is_listed() {
    let mut other = Other::start();
    let all = processes().unwrap();
    let listed = all
        .iter()
        .find(|one| one.id == other.process().id())
        .unwrap();
    assert_eq!(listed.parent, std::process::id());
    assert!(listed.threads >= 3, "{listed:?}");
    let program = std::env::current_exe().unwrap();
    assert_eq!(*listed.name, *program.file_name().unwrap());
    let own = all.iter().find(|one| one.id == std::process::id()).unwrap();
    assert_eq!(own.name, listed.name);
    let threads = other.process().threads().unwrap();
    assert!(threads.len() >= listed.threads as usize, "{threads:?}");
    let id = other.process().id();
    let process = Process::open(id, ProcessAccess::WAIT).unwrap();
    other.say("end");
    process.wait().unwrap();
    assert_eq!(process.threads().unwrap(), []);
    other.reap();
    assert!(processes().unwrap().iter().all(|one| one.id != id));
}

#[test]
fn its_modules_are_told() {
    let other = Other::start();
    let process = other.process();
    let program = std::env::current_exe().unwrap();
    assert_eq!(process.program().unwrap(), program);
    let modules = process.modules().unwrap();
    assert!(modules.len() > 1);
    assert_eq!(modules[0].path.file_name(), program.file_name());
    assert!(modules[0].addresses().contains(&other.told("code")));
    for module in &modules {
        let region = process.query(module.base).unwrap();
        assert_eq!(region.allocation_base, Some(module.base));
    }
    let process = Process::open(process.id(), ProcessAccess::QUERY).unwrap();
    assert_eq!(process.program().unwrap(), program);
    let error = assert_code!(process.modules(), "ERROR_ACCESS_DENIED");
    assert_eq!(error.operation(), Operation::QueryProcess);
    assert!(error.hint().is_some());
    other.end();
}

#[test]
fn its_memory_is_told() {
    let other = Other::start();
    let (process, memory) = (other.process(), other.told("memory"));
    let counters = process.memory().unwrap();
    assert!(counters.working_set > 0);
    assert!(counters.peak_working_set >= counters.working_set);
    assert!(is_wine() || counters.commit > 0);
    let blind = Process::open(process.id(), ProcessAccess::WAIT).unwrap();
    assert_code!(blind.memory(), "ERROR_ACCESS_DENIED");
    assert_eq!(process.pages(&[]).unwrap(), []);
    // Wine 8.0 tells nothing of another process's pages.
    if !is_wine() {
        let pages = process.pages(&[memory, memory + PAGE]).unwrap();
        assert!(!pages[0].valid);
        assert!(pages[1].valid && !pages[1].shared);
        assert_eq!(pages[1].protection, Some(Protection::READWRITE));
        let all = process.working_set().unwrap();
        let mut found = all.iter().filter(|page| page.address == memory + PAGE);
        assert_eq!(
            found.next().unwrap().protection,
            Some(Protection::READWRITE)
        );
        assert!(all.iter().all(|page| page.address != memory));
        assert_code!(blind.pages(&[memory]), "ERROR_ACCESS_DENIED");
        assert_code!(blind.working_set(), "ERROR_ACCESS_DENIED");
    }
    other.end();
}
