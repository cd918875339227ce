//! Processes that answer others, and that say and are told something by the test that has started them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use winpages_kernel::process::{Process, Target};

use super::credentials::{Credentials, command};

/// A process that answers: the helper `target` of a test program.
pub struct Asked {
    pub child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Asked {
    pub fn start(credentials: Credentials) -> Self {
        Self::spawn(&mut command("target", credentials))
    }

    pub fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut asked = Self {
            child,
            input,
            output,
        };
        assert_eq!(asked.says(), "ready");
        asked
    }

    /// The next thing it says that is meant for the test.
    pub fn says(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0);
            if let Some(said) = line.strip_prefix("says: ") {
                return said.trim_end().to_owned();
            }
        }
    }

    pub fn told(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        self.says()
    }

    pub fn number(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process as one reaches it who has no handle, for which the kernel would have been asked before.
pub fn reach(number: u32) -> Target {
    Target::Other(Arc::new(Process::find(number).unwrap()))
}

/// What a process says to the test that has started it.
pub fn say(what: &str) {
    println!("\nsays: {what}");
}
