//! The conformance programs, compiled by `winpages cc`, must print what Windows' API printed.
//!
//! `conformance/*.c` at the root of the repository are the programs; `conformance/expected` holds
//! what `conformance/windows` recorded when it ran the same sources as Windows programs.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most differing lines that a failure shows.
const SHOWN: usize = 40;

fn conformance() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance")
}

/// A directory of one test's own: its programs, its files and its named objects.
struct Workplace {
    directory: PathBuf,
}

impl Workplace {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("conformance-{name}-{}", std::process::id()));
        fs::create_dir_all(directory.join("names")).expect("a directory for the test");
        Self { directory }
    }

    fn compile(&self, program: &str) {
        let (code, output, messages) = common::finish(
            common::winpages()
                .arg("cc")
                .args(["-O1", "-w"])
                .arg(conformance().join(format!("{program}.c")))
                .arg("-o")
                .arg(self.directory.join(program)),
        );
        assert_eq!(code, 0, "winpages cc {program}.c:\n{output}{messages}");
    }

    fn start(&self, program: &str) -> Child {
        self.command(program)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.directory.join(program));
        command
            .current_dir(&self.directory)
            .env("WINPAGES_NAMESPACE", self.directory.join("names"))
            .env("WINPAGES_DRIVES", self.directory.join("drives"))
            // Cargo's names its target directory, where an older libkernel32 may lie.
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Runs a program to its end and returns what it printed.
    fn run(&self, program: &str) -> String {
        self.run_to_end(program, self.start(program))
    }

    fn run_to_end(&self, program: &str, mut child: Child) -> String {
        drop(child.stdin.take());
        let mut output = child.stdout.take().expect("a piped output");
        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = output.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let ended = end(program, child);
        reader.join().expect("the output is read") + &ended
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Waits for a program's end; says what was wrong with it, or nothing.
fn end(program: &str, mut child: Child) -> String {
    let started = Instant::now();
    loop {
        match child.try_wait().expect("a child to wait for") {
            Some(status) if status.success() => return String::new(),
            Some(status) => return format!("{program} did not end well: {status}\n"),
            None if started.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return format!("{program} hangs\n");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Compares line by line, and shows the lines that differ.
fn compare(program: &str, actual: &str) {
    let path = conformance().join(format!("expected/{program}.txt"));
    let expected =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if actual == expected {
        return;
    }
    let expected: Vec<&str> = expected.lines().collect();
    let actual: Vec<&str> = actual.lines().collect();
    let same_length = expected.len() == actual.len();
    let mut report = String::new();
    let mut different = 0;
    for line in 0..expected.len().max(actual.len()) {
        let (windows, ours) = (expected.get(line), actual.get(line));
        if windows == ours {
            continue;
        }
        different += 1;
        if different <= SHOWN {
            report += &format!(
                "{}:{}\n  Windows: {}\n  ours:    {}\n",
                path.display(),
                line + 1,
                windows.unwrap_or(&"(nothing)"),
                ours.unwrap_or(&"(nothing)"),
            );
        }
        if !same_length && different == SHOWN {
            break;
        }
    }
    panic!(
        "{program} prints something else than on Windows ({} lines there, {} here):\n{report}",
        expected.len(),
        actual.len(),
    );
}

fn single(program: &str) {
    let workplace = Workplace::new(program);
    workplace.compile(program);
    compare(program, &workplace.run(program));
}

/// Kernels before 6.7 have no write watch, and some sandboxes forbid it.
#[test]
fn write_watch_without_the_kernel() {
    let program = "write_watch";
    let workplace = Workplace::new("write_watch_without_the_kernel");
    workplace.compile(program);
    let child = workplace
        .command(program)
        .env("WINPAGES_WRITE_WATCH", "faults")
        .spawn()
        .expect("the program starts");
    compare(program, &workplace.run_to_end(program, child));
}

/// The reader runs while the writer waits for a line, and once more after the writer has ended.
fn pair(name: &str) {
    let (writer, reader) = (format!("{name}_writer"), format!("{name}_reader"));
    let workplace = Workplace::new(name);
    workplace.compile(&writer);
    workplace.compile(&reader);

    let mut child = workplace.start(&writer);
    let mut input = child.stdin.take().expect("a piped input");
    let mut output = BufReader::new(child.stdout.take().expect("a piped output"));
    let mut written = String::new();
    while !written.ends_with("ready\n") {
        let read = output.read_line(&mut written).expect("lines of the writer");
        assert_ne!(read, 0, "{writer} ended before it was ready:\n{written}");
    }
    let mut read = workplace.run(&reader);
    input.write_all(b"\n").expect("the writer waits for a line");
    drop(input);
    output
        .read_to_string(&mut written)
        .expect("the rest of the writer");
    written += &end(&writer, child);
    read += &workplace.run(&reader);
    compare(&writer, &written);
    compare(&reader, &read);
}

macro_rules! programs {
    ($how:ident: $($program:ident)*) => {
        $(
            #[test]
            fn $program() {
                $how(stringify!($program));
            }
        )*
    };
}

programs! { single:
    access_check
    acls
    address_waits
    bad_pointers
    command_lines
    completion_routines
    copy_on_write
    create_file_mapping
    create_file_mapping2
    create_process
    critical_sections
    directories
    duplicate_between
    duplicate_handle
    duplicate_pseudo_handle
    event_handover
    events
    exceptions
    file_locks
    file_facts
    file_information
    files
    file_times
    flush_view_of_file
    format_message
    from_app
    full_path_name
    guard_pages
    handles
    hardware_exceptions
    heaps
    image_damage
    image_view
    interlocked_lists
    last_error
    map_view_of_file
    map_view_of_file3
    mapped_file_name
    mapped_files
    memory_nodes
    memory_status
    modules
    movable_memory
    mutexes
    nt_directories
    nt_keyed_events
    nt_memory
    nt_objects
    nt_processes
    nt_residency
    nt_section
    nt_strings
    nt_waits
    object_security
    offer_virtual_memory
    one_time_initialization
    open_file_mapping
    overlapped
    paths
    pipes
    placeholder_views
    placeholders
    pointer_probes
    printf_formats
    private_namespaces
    privileges
    process_attributes
    process_facts
    process_images
    process_inspection
    processor_affinity
    processor_topology
    remote_memory
    remote_threads
    reset_undo
    ring_buffer
    sddl
    sec_reserve
    section_lifetime
    section_names
    section_table
    semaphores
    sids
    small_helpers
    srw_locks
    stack_overflow
    standard_handles
    system_info
    temp_files
    thread_storage
    threads
    toolhelp
    unmap_view_of_file
    user_physical_pages
    view_protect
    virtual_alloc
    virtual_ex
    virtual_free
    virtual_lock
    virtual_protect
    virtual_query
    wait_threads
    waitable_timers
    waits
    wide_crt
    working_set
    write_watch
}

programs! { pair:
    pair_file
    pair_mutex
    pair_reserve
    pair_section
}

/// A program that somebody adds must not be forgotten here.
#[test]
fn every_program_is_run() {
    let this = include_str!("conformance.rs");
    for entry in fs::read_dir(conformance()).expect("the conformance programs") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        let test = name.trim_end_matches("_writer").trim_end_matches("_reader");
        assert!(
            this.lines().any(|line| line.trim() == test),
            "{name}.c is not listed in this file"
        );
    }
}
