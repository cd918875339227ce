//! What the tests of the command share.

#[path = "../../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

/// The command under test, with none of the settings of whoever runs the tests.
pub fn winpages() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_winpages"));
    for variable in [
        "CC",
        "CXX",
        "WINPAGES_HOME",
        "WINPAGES_DRIVES",
        "WINPAGES_NAMESPACE",
        // Cargo's names its target directory, where an older libkernel32 may lie.
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(variable);
    }
    // The compiler's messages, as the tests know them.
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Runs to the end, and gives exit code, standard output and standard error.
pub fn finish(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the command starts");
    (
        status.code().expect("no signal ends the command"),
        String::from_utf8(stdout).expect("output is UTF-8"),
        String::from_utf8(stderr).expect("messages are UTF-8"),
    )
}

/// Compiles and runs a program, which must end well, and gives what it says.
#[allow(dead_code)]
pub fn run(program: &str) -> String {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let source = scratch.path().join("program.c");
    std::fs::write(&source, program).expect("the program");
    let (code, output, messages) = finish(winpages().arg("run").arg(&source));
    assert_eq!(code, 0, "{messages}");
    output
}

/// Has a program do to a process that knows nothing of winpages what it does to one that answers, and sees that it says
/// the same of both, in at least so many lines. Without arguments the program says its number and waits for its
/// standard input to end; with a number it changes that process. It may include `changed_process.h`, which does that.
#[allow(dead_code)]
pub fn assert_alike_elsewhere(program: &str, least: usize) {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let source = scratch.path().join("changes.c");
    std::fs::write(&source, program).expect("the program");
    let shared = scratch.path().join("changed_process.h");
    std::fs::write(shared, include_str!("changed_process.h")).expect("what it includes");
    let program = scratch.path().join("changes");
    let compiled = winpages()
        .arg("cc")
        .args([source.as_os_str(), "-o".as_ref(), program.as_os_str()])
        .status();
    assert!(compiled.expect("the compiler").success());
    let run = || {
        let mut command = Command::new(&program);
        // As for the command: an older library may lie there.
        command.env_remove("LD_LIBRARY_PATH");
        command
    };
    let changed = |number: u32| {
        let (code, output, messages) = finish(run().arg(number.to_string()));
        assert_eq!(code, 0, "{messages}");
        output
    };
    let mut of_us = run()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process of ours");
    let mut line = String::new();
    let mut output = BufReader::new(of_us.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("its number");
    let expected = changed(line.trim().parse().expect("a number"));
    drop(of_us.stdin.take());
    assert!(of_us.wait().expect("its end").success());

    let mut of_others = Command::new("sleep").arg("60").spawn().expect("sleep");
    let found = changed(of_others.id());
    of_others.kill().expect("it still sleeps");
    of_others.wait().expect("its end");
    assert!(expected.lines().count() > least, "{expected}");
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}
