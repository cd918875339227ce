//! Boost.Interprocess in a process of its own, if the machine has it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The peer: told what to do how often, it answers how long that took.
pub struct BoostPeer {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl BoostPeer {
    /// Builds and starts it; says so if that is not possible.
    pub fn start() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/boost_peer.cpp");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("boost_peer");
        let built = Command::new("g++")
            .args(["-O2", "-o"])
            .arg(&program)
            .arg(&source)
            .stderr(Stdio::null())
            .status();
        if !built.is_ok_and(|status| status.success()) {
            println!("skipped: Boost.Interprocess (libboost-dev) and g++ are not here");
            return None;
        }
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        Some(Self {
            commands: child.stdin.take(),
            answers: BufReader::new(child.stdout.take()?),
            child,
        })
    }

    /// Nanoseconds of processor time per operation.
    pub fn time(&mut self, operation: &str, count: u32) -> f64 {
        let commands = self.commands.as_mut().expect("it has not been told to end");
        writeln!(commands, "{operation} {count}").expect("the peer reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        line.trim().parse().expect("a number")
    }
}

impl Drop for BoostPeer {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}
