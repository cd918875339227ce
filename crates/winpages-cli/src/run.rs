//! `winpages run`: compile and run in one step.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::compile::{compile, exit_code};
use crate::compiler_arguments::{CompilerArguments, Product};
use crate::failure::{Failure, Reason};

/// `winpages run COMPILER-ARGUMENTS [-- PROGRAM-ARGUMENTS]`: the exit code is the program's, or the
/// compiler's when that fails.
pub fn run(mut arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let program_arguments = match arguments.iter().position(|argument| argument == "--") {
        Some(dashes) => arguments.split_off(dashes).split_off(1),
        None => Vec::new(),
    };
    let mut compiler_arguments = CompilerArguments::read(arguments);
    if compiler_arguments.product != Product::Program {
        return Err(Failure::new(
            Reason::Usage,
            "`winpages run` makes a program of whole sources and runs it\n\
             Name at least one file, and use `winpages cc` for -c, -S, -E, -shared and the like.",
        ));
    }
    if compiler_arguments
        .passed
        .iter()
        .any(|argument| argument == "-o")
    {
        return Err(Failure::new(
            Reason::Usage,
            "`winpages run` keeps no program\nUse `winpages cc` to make one with -o.",
        ));
    }

    let scratch = tempfile::Builder::new()
        .prefix("winpages-run-")
        .tempdir()
        .map_err(|error| Failure::from_io("cannot make a temporary directory", &error))?;
    let program = scratch.path().join("program");
    compiler_arguments.passed.push("-o".into());
    compiler_arguments.passed.push(program.clone().into());
    let status = compile(compiler_arguments)?;
    if !status.success() {
        return Ok(exit_code(status));
    }
    let status = run_to_its_end(Command::new(&program).args(program_arguments))
        .map_err(|error| Failure::from_io("cannot run the compiled program", &error))?;
    Ok(exit_code(status))
}

/// Runs `program` so that a signal meant to end it does, and this process lives on to tidy up.
fn run_to_its_end(program: &mut Command) -> std::io::Result<ExitStatus> {
    // A terminal sends SIGINT and SIGQUIT to the program as well; the others only came here.
    let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP])?;
    let mut child = program.spawn()?;
    let process = Pid::from_child(&child);
    let handle = signals.handle();
    let forwarder = thread::spawn(move || {
        for number in signals.forever() {
            let signal = match number {
                SIGTERM => Signal::TERM,
                SIGHUP => Signal::HUP,
                _ => continue,
            };
            // It fails when the program has just ended, which is what was wanted.
            let _ = kill_process(process, signal);
        }
    });
    let status = child.wait();
    handle.close();
    let _ = forwarder.join();
    status
}
