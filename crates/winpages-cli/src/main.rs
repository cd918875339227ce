//! The `winpages` command: compile and run Win32 programs on Linux, and see the objects that they
//! share.

mod compile;
mod compiler_arguments;
mod diagnosis;
mod drives;
mod failure;
mod holders;
mod home;
mod layout;
mod objects;
mod output;
mod run;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use failure::Failure;

/// The Windows memory model, native on Linux.
#[derive(Parser)]
#[command(name = "winpages", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile Win32 C and C++ sources into a Linux program
    ///
    /// Every argument goes to the system's compiler as it is: gcc, or g++ as soon as a C++ source
    /// or object is named, or what CC and CXX say. winpages adds its windows.h, a 16-bit wchar_t
    /// and libkernel32, and the program starts without further settings.
    ///
    /// Sources written for Visual C++ may need `-fpermissive`, and `-w` silences the warnings.
    #[command(override_usage = "winpages cc [COMPILER FLAGS] FILE... [-o OUT]")]
    Cc {
        /// What the compiler is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        arguments: Vec<OsString>,
    },
    /// Compile Win32 sources and run the program at once
    ///
    /// The exit code is the program's, or 128 and the signal's number when a signal ended it.
    #[command(override_usage = "winpages run [COMPILER FLAGS] FILE... [-- ARGUMENTS]")]
    Run {
        /// What the compiler is given, then `--` and what the program is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        arguments: Vec<OsString>,
    },
    /// List the drive letters and the directories they stand for, or change them
    #[command(args_conflicts_with_subcommands = true)]
    Drives {
        #[command(subcommand)]
        action: Option<drives::Action>,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the named objects: kind, size, protection, and which processes hold handles or views
    Objects {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the partitions of a process's address space, of 32 and of 64 bits
    Layout {
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Sweep the named objects that dead processes left behind
    Gc,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Cc { arguments } => compile::cc(arguments),
        Command::Run { arguments } => run::run(arguments),
        Command::Drives { action, json } => drives::drives(action, json),
        Command::Objects { json } => objects::objects(json),
        Command::Layout { json } => layout::layout(json),
        Command::Gc => objects::gc(),
    };
    outcome.unwrap_or_else(|failure: Failure| failure.report())
}
