//! Several processes change several others at once, and those are killed, stopped, replaced or end at any
//! moment: whoever asks gets an answer or an error, and what he has allocated is what he finds.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::Allocate;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{AccessMask, DuplicateObject};
use winpages_kernel::process::{
    self, Target, allocate_virtual_memory, create_thread, duplicate_handle, free_virtual_memory,
    open_process, protect_virtual_memory, query_virtual_memory, read_virtual_memory,
    reference_process, write_virtual_memory,
};
use winpages_kernel::thread::CreateThread;

const TARGETS: usize = 3;
const CALLERS: usize = 3;
const TIME: Duration = Duration::from_secs(6);

unsafe extern "C-unwind" fn add_one(parameter: usize) -> u32 {
    parameter as u32 + 1
}

/// A target or a caller, if this is one.
#[test]
fn helper() {
    match common::role().as_deref() {
        Some("target") => target(),
        Some("caller") => caller(),
        _ => {}
    }
}

fn target() {
    process::serve_requests();
    println!("\nroutine {}", add_one as *const () as usize);
    let line = std::io::stdin().lines().next();
    if line.is_some_and(|line| line.unwrap() == "replace") {
        panic!("{}", Command::new("sleep").arg("1000").exec());
    }
    std::process::exit(3);
}

/// What became of a call, and how often.
type Outcomes = BTreeMap<String, u32>;

fn note<T>(outcomes: &mut Outcomes, what: &str, result: Result<T, NtStatus>) -> Option<T> {
    let said = match &result {
        Ok(_) => "done".to_owned(),
        Err(status) => format!("{status:?}"),
    };
    *outcomes.entry(format!("{what}: {said}")).or_default() += 1;
    result.ok()
}

fn caller() {
    let scratch = common::namespace();
    let mut outcomes = Outcomes::new();
    let mut turn = std::process::id();
    let before = fs::read_dir("/proc/self/fd").unwrap().count();
    while !scratch.join("stop").exists() {
        let Ok(text) = fs::read_to_string(scratch.join("targets")) else {
            continue;
        };
        let targets: Vec<(u32, usize)> = text
            .lines()
            .map(|line| {
                let (number, routine) = line.split_once(' ').unwrap();
                (number.parse().unwrap(), routine.parse().unwrap())
            })
            .collect();
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (number, routine) = targets[(turn >> 16) as usize % targets.len()];
        visit(number, routine, turn, &mut outcomes);
    }
    // What was opened is closed, however it ended; but for what is kept for the next call.
    let left = fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(left <= before + 8, "{before} descriptors, then {left}");
    for (what, count) in outcomes {
        println!("{what} {count}");
    }
}

fn visit(number: u32, routine: usize, turn: u32, outcomes: &mut Outcomes) {
    let rights = AccessMask::PROCESS_ALL_ACCESS;
    let opened = open_process(number, rights, HandleAttributes::empty());
    let Some(handle) = note(outcomes, "open", opened) else {
        return;
    };
    let target = reference_process(handle, rights).unwrap();
    let size = 0x1000 * (1 + turn as usize % 5);
    let allocated = allocate_virtual_memory(&target, &Allocate::new(0, size, 0x3000, 4));
    if let Some(there) = note(outcomes, "allocate", allocated) {
        let written = vec![turn as u8 | 1; size];
        let mut read = vec![0; size];
        // SAFETY: memory that was allocated for this, and buffers of this function's own.
        let (write, copied) = unsafe {
            (
                write_virtual_memory(&target, there.base, written.as_ptr(), size),
                read_virtual_memory(&target, there.base, read.as_mut_ptr(), size),
            )
        };
        note(outcomes, "write", write.result);
        let is_read = note(outcomes, "read", copied.result).is_some();
        if is_read && write.result.is_ok() {
            assert_eq!(read, written);
        }
        let protected = protect_virtual_memory(&target, there.base, 0x1000, 2);
        let is_protected = note(outcomes, "protect", protected).is_some();
        let region = query_virtual_memory(&target, there.base);
        if let Some(region) = note(outcomes, "query", region)
            && is_protected
            && region.allocation_base == there.base
        {
            assert_eq!(region.protection.map_or(0, |given| given.bits()), 2);
        }
        let freed = free_virtual_memory(&target, there.base, 0, 0x8000);
        note(outcomes, "free", freed);
    }
    let request = DuplicateObject {
        source: handle,
        access: None,
        attributes: None,
        close_source: false,
    };
    let duplicated = duplicate_handle(&Target::Own, &target, &request);
    if let Some(there) = note(outcomes, "duplicate", duplicated) {
        note(outcomes, "close", process::close_handle(&target, there));
    }
    run_thread(&target, routine, turn, outcomes);
    process::close_handle(&Target::Own, handle).unwrap();
}

fn run_thread(target: &Target, routine: usize, turn: u32, outcomes: &mut Outcomes) {
    let Target::Other(other) = target else {
        panic!("it is another process");
    };
    type Routine = unsafe extern "C-unwind" fn(usize) -> u32;
    let created = create_thread(
        other,
        &CreateThread {
            // SAFETY: never called here: it is the address of `add_one` in the other process.
            routine: unsafe { core::mem::transmute::<usize, Routine>(routine) },
            parameter: turn as usize,
            stack_size: 0,
            stack_size_is_reservation: false,
            suspended: turn.is_multiple_of(3),
        },
    );
    let Some(thread) = note(outcomes, "thread", created) else {
        return;
    };
    let until = Instant::now() + Duration::from_secs(30);
    if turn.is_multiple_of(3) && note(outcomes, "resume", thread.resume()).is_none() {
        return;
    }
    while !thread.has_ended() {
        assert!(Instant::now() < until, "a thread that does not end");
        std::thread::sleep(Duration::from_micros(100));
    }
    let code = thread.exit_code();
    // Or it went with its process.
    if code == turn + 1 {
        note(outcomes, "ended", Ok(()));
    }
}

struct Running {
    child: Child,
    input: ChildStdin,
    routine: usize,
    stopped_until: Option<Instant>,
}

impl Running {
    fn start() -> Self {
        let mut child = common::helper("helper", "target")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let routine = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(routine) = line.strip_prefix("routine ") {
                break routine.parse().unwrap();
            }
        };
        Self {
            input: child.stdin.take().unwrap(),
            child,
            routine,
            stopped_until: None,
        }
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a child of this process that nobody has waited for.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn tell(targets: &[Running], scratch: &Path) {
    let lines: Vec<String> = targets
        .iter()
        .map(|target| format!("{} {}", target.child.id(), target.routine))
        .collect();
    fs::write(scratch.join("new"), lines.join("\n")).unwrap();
    fs::rename(scratch.join("new"), scratch.join("targets")).unwrap();
}

#[test]
fn whoever_asks_gets_an_answer() {
    if !common::alone("whoever_asks_gets_an_answer") {
        return;
    }
    let scratch = common::namespace();
    let mut targets: Vec<Running> = (0..TARGETS).map(|_| Running::start()).collect();
    tell(&targets, &scratch);
    let callers: Vec<Child> = (0..CALLERS)
        .map(|_| {
            let mut helper = common::helper("helper", "caller");
            helper.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let until = Instant::now() + TIME;
    let mut turn = 1u32;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let target = &mut targets[(turn >> 16) as usize % TARGETS];
        if let Some(stopped_until) = target.stopped_until {
            if Instant::now() > stopped_until {
                target.signal(libc::SIGCONT);
                target.stopped_until = None;
            }
            continue;
        }
        match (turn >> 8) % 12 {
            0 => target.end(),
            1 => {
                writeln!(target.input, "end").unwrap();
                target.child.wait().unwrap();
            }
            2 => {
                target.signal(libc::SIGSTOP);
                target.stopped_until = Some(Instant::now() + Duration::from_millis(100));
                continue;
            }
            3 => {
                writeln!(target.input, "replace").unwrap();
                std::thread::sleep(Duration::from_millis(50));
                target.end();
            }
            _ => continue,
        }
        *target = Running::start();
        tell(&targets, &scratch);
    }
    for target in &mut targets {
        target.signal(libc::SIGCONT);
    }
    fs::write(scratch.join("stop"), "").unwrap();
    let mut done = Outcomes::new();
    for caller in callers {
        let output = caller.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        for line in text.lines().filter(|line| line.contains(": ")) {
            let Some((what, count)) = line.rsplit_once(' ') else {
                continue;
            };
            let count: u32 = count.parse().unwrap_or(0);
            *done.entry(what.to_owned()).or_default() += count;
        }
    }
    for target in &mut targets {
        target.end();
    }
    println!("{done:#?}");
    for what in [
        "allocate",
        "write",
        "read",
        "protect",
        "query",
        "free",
        "duplicate",
        "close",
        "thread",
        "ended",
    ] {
        assert!(done[&format!("{what}: done")] > 100, "{what}: {done:#?}");
    }
    let unexpected = done.keys().find(|what| {
        ["NOT_IMPLEMENTED", "UNSUCCESSFUL", "INVALID_PARAMETER"]
            .iter()
            .any(|status| what.ends_with(status))
    });
    assert_eq!(unexpected, None, "{done:#?}");
}
