//! What the tests of the command share.

#[path = "../../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::process::{Command, Output};

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
