//! What a child finds around it: standard streams, arguments, environment, directory. This program is its own
//! child.

mod common;

use std::ffi::OsString;
use std::fs::File;
use std::io::{PipeReader, Read, Seek, Write, pipe};
use std::path::{Path, PathBuf};
use std::time::Duration;

use winpages::{Event, Operation, Process, ProcessOptions};

const TASK: &str = "WINPAGES_TEST_TASK";
const EMPTY: &str = "WINPAGES_TEST_EMPTY";
const LIMIT: Duration = Duration::from_secs(60);

/// What the child does, if this is the child. It leaves the test harness no time to print more.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let mut output = std::io::stdout();
    let mut read = Vec::new();
    match task.as_str() {
        "copy" => {
            std::io::stdin().read_to_end(&mut read).unwrap();
            output.write_all(&read).unwrap();
            output.flush().unwrap();
            std::io::stderr().write_all(b"complaint").unwrap();
        }
        "describe" => {
            let directory = std::env::current_dir().unwrap();
            writeln!(output, "\ndirectory {}", directory.display()).unwrap();
            for argument in std::env::args_os() {
                writeln!(output, "argument {argument:?}").unwrap();
            }
            for (name, value) in std::env::vars_os() {
                writeln!(output, "variable {name:?} {value:?}").unwrap();
            }
        }
        "wait" => {
            let value = std::env::var("WINPAGES_TEST_EVENT").unwrap();
            // SAFETY: the parent's value, of an event, taken over once.
            let event = unsafe { Event::from_inherited(value.parse().unwrap()) }.unwrap();
            assert!(event.wait_timeout(LIMIT).unwrap());
        }
        other => panic!("unknown task {other}"),
    }
    output.flush().unwrap();
    std::process::exit(21);
}

fn options<'a>(task: &str) -> ProcessOptions<'a> {
    Process::options(std::env::current_exe().unwrap())
        .argument("--exact")
        .argument("child")
        .argument("--nocapture")
        .environment(TASK, task)
}

fn finish(child: &Process) {
    assert!(child.wait_timeout(LIMIT).unwrap());
    assert_eq!(child.exit_code().unwrap(), Some(21));
}

fn text_of(mut from: PipeReader) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}

/// What a child describes of itself.
fn describe(options: ProcessOptions<'_>) -> String {
    let (from, output) = pipe().unwrap();
    let child = options.standard_output(&output).start().unwrap();
    drop(output);
    let text = text_of(from);
    finish(&child);
    text
}

#[test]
fn all_three_streams_are_pipes() {
    let (input, mut to_child) = pipe().unwrap();
    let (from_output, output) = pipe().unwrap();
    let (from_error, error) = pipe().unwrap();
    let child = options("copy")
        .standard_input(&input)
        .standard_output(&output)
        .standard_error(&error)
        .start()
        .unwrap();
    drop((input, output, error));
    to_child.write_all(b"into the child").unwrap();
    drop(to_child);
    let text = text_of(from_output);
    assert!(text.ends_with("into the child"), "{text}");
    let text = text_of(from_error);
    assert!(text.ends_with("complaint"), "{text}");
    finish(&child);
}

#[test]
fn streams_are_files_and_one_file_serves_twice() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from"), directory.path().join("to"));
    std::fs::write(&from, "from a file").unwrap();
    let input = File::open(&from).unwrap();
    let mut both = File::create_new(&to).unwrap();
    let child = options("copy")
        .standard_input(&input)
        .standard_output(&both)
        .standard_error(&both)
        .start()
        .unwrap();
    finish(&child);
    let text = std::fs::read_to_string(&to).unwrap();
    // The two share a position, so nothing was overwritten.
    assert!(text.ends_with("from a filecomplaint"), "{text}");
    // So does this process.
    assert_eq!(both.stream_position().unwrap(), text.len() as u64);
}

#[test]
fn streams_and_handles_are_inherited_together() {
    let event = Event::new().unwrap();
    let (from, output) = pipe().unwrap();
    // An event that is named twice is inherited once.
    let child = options("wait")
        .environment("WINPAGES_TEST_EVENT", event.inherited_value().to_string())
        .inherit(&event)
        .inherit(&event)
        .standard_output(&output)
        .start()
        .unwrap();
    drop(output);
    assert!(!child.wait_timeout(Duration::from_millis(100)).unwrap());
    event.set().unwrap();
    finish(&child);
    drop(text_of(from));
}

#[test]
fn a_pipe_ends_with_the_child() {
    // A child of another thread's that runs meanwhile has not got the pipe by accident.
    let event = Event::new().unwrap();
    let (from, output) = pipe().unwrap();
    let other = options("wait")
        .environment("WINPAGES_TEST_EVENT", event.inherited_value().to_string())
        .inherit(&event)
        .start()
        .unwrap();
    let child = options("describe")
        .standard_output(&output)
        .start()
        .unwrap();
    drop(output);
    assert!(text_of(from).contains("argument"));
    finish(&child);
    event.set().unwrap();
    finish(&other);
}

#[test]
fn arguments_arrive_as_they_are() {
    let arguments = [
        "",
        "two words",
        r"back\slash",
        r"at the end\",
        r"at the end \",
        r#"quoted "word""#,
        r#"\"\\"\\\"#,
        "\"",
        "tab\tand\nline",
        "Überraschung 共享 🦀",
        "*",
        "%PATH%",
    ];
    let mut started = options("describe").argument("--skip");
    for argument in arguments {
        // The harness takes each second one for a name.
        started = started.argument(argument).argument("--skip");
    }
    let text = describe(started.argument("last"));
    let found: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("argument "))
        .collect();
    let found: Vec<&str> = found[4..].iter().skip(1).step_by(2).copied().collect();
    let expected: Vec<String> = arguments
        .iter()
        .chain([&"last"])
        .map(|argument| format!("{:?}", OsString::from(argument)))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn variables_are_added_replaced_and_taken_out() {
    let text = describe(
        options("describe")
            .environment("WINPAGES_TEST_ONE", "first")
            .environment("WINPAGES_TEST_ONE", "ä = 共享")
            .environment(EMPTY, "")
            .without_environment("CARGO_PKG_NAME"),
    );
    assert!(
        text.contains("variable \"WINPAGES_TEST_ONE\" \"ä = 共享\""),
        "{text}"
    );
    assert!(!text.contains("first"), "{text}");
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
    assert!(!text.contains("CARGO_PKG_NAME"), "{text}");
    // Whatever this process has besides, the child has.
    let (name, value) = std::env::vars_os()
        .find(|(name, _)| name == "WINEPREFIX" || name == "CARGO_MANIFEST_DIR")
        .unwrap();
    assert!(
        text.contains(&format!("variable {name:?} {value:?}")),
        "{text}"
    );
}

#[test]
fn names_differ_in_case_on_linux_alone() {
    let text = describe(
        options("describe")
            .environment("WINPAGES_TEST_CASE", "upper")
            .environment("winpages_test_case", "lower"),
    );
    assert!(text.contains("\"lower\""), "{text}");
    assert_eq!(
        text.contains("\"upper\""),
        std::env::consts::OS == "linux",
        "{text}"
    );
}

#[test]
fn an_environment_begins_empty() {
    let mut options = options("describe")
        .environment("WINPAGES_TEST_ONE", "goes")
        .empty_environment()
        .environment(TASK, "describe");
    // A Windows program does not begin without these.
    for name in ["SystemRoot", "WINEPREFIX", "WINEPATH", "PATH"] {
        if let Some(value) = std::env::var_os(name)
            && std::env::consts::OS == "windows"
        {
            options = options.environment(name, value);
        }
    }
    let text = describe(options);
    assert!(text.contains(TASK), "{text}");
    assert!(!text.contains("WINPAGES_TEST_ONE"), "{text}");
    assert!(!text.contains("CARGO_MANIFEST_DIR"), "{text}");
}

fn directory_in(text: &str) -> PathBuf {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("directory "));
    Path::new(line.unwrap()).canonicalize().unwrap()
}

#[test]
fn the_directory_is_chosen() {
    let directory = tempfile::tempdir().unwrap();
    let text = describe(options("describe").directory(directory.path()));
    assert_eq!(
        directory_in(&text),
        directory.path().canonicalize().unwrap()
    );
    let text = describe(options("describe"));
    assert_eq!(
        directory_in(&text),
        std::env::current_dir().unwrap().canonicalize().unwrap()
    );
}

#[test]
fn what_cannot_be_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("text.exe");
    std::fs::write(&file, "This is no program.").unwrap();
    let missing = directory.path().join("missing");
    let error = assert_code!(
        options("copy").directory(&missing).start(),
        "ERROR_DIRECTORY"
    );
    assert_eq!(error.operation(), Operation::StartProcess);
    assert_code!(options("copy").directory(&file).start(), "ERROR_DIRECTORY");
    assert_code!(
        Process::options(missing.join("program")).start(),
        "ERROR_PATH_NOT_FOUND"
    );
    assert_code!(Process::options(&missing).start(), "ERROR_FILE_NOT_FOUND");
    // Wine has its loader look only later, and says of a directory that its handle is invalid.
    if !common::is_wine() {
        assert_code!(
            Process::options(directory.path()).start(),
            "ERROR_ACCESS_DENIED"
        );
        assert_code!(Process::options(&file).start(), "ERROR_BAD_EXE_FORMAT");
    }
    for (name, value) in [("", "x"), ("a=b", "x"), ("a\0b", "x"), ("a", "x\0y")] {
        assert_code!(
            options("copy").environment(name, value).start(),
            "ERROR_INVALID_PARAMETER"
        );
    }
    assert_code!(
        options("copy").argument("a\0b").start(),
        "ERROR_INVALID_PARAMETER"
    );
}
