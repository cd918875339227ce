//! Another process, to do things to: this program once more, in a test of the name `child`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use winpages::{Process, ProcessAccess, serve_requests};

const CHILD: &str = "WINPAGES_TEST_CHILD";
const SERVES: &str = "serves";
const IS_DEAF: &str = "is deaf";

/// What the child ends with when it is told to.
#[allow(dead_code, reason = "not every test needs it")]
pub const END: u32 = 7;

/// What the child does, if this is the child: it tells the numbers that `prepare` answers, by name, and has the
/// function that it answers, too, obey each line that it is sent, until one says `end`.
pub fn be_the_child<O: FnMut(&str)>(prepare: impl FnOnce() -> (Vec<(&'static str, usize)>, O)) {
    let Ok(kind) = std::env::var(CHILD) else {
        return;
    };
    if kind == SERVES {
        serve_requests(true);
    }
    let (told, mut obey) = prepare();
    println!();
    for (name, value) in told {
        println!("{name} {value}");
    }
    println!("ready 1");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        if line == "end" {
            std::process::exit(END as i32);
        }
        obey(&line);
    }
}

/// That child, as its parent has it.
pub struct Other {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    told: HashMap<String, usize>,
    process: Process,
}

impl Other {
    pub fn start() -> Self {
        Self::start_as(SERVES)
    }

    /// One that serves no requests.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn start_deaf() -> Self {
        Self::start_as(IS_DEAF)
    }

    fn start_as(kind: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = Process::open(child.id(), ProcessAccess::ALL).unwrap();
        let mut other = Self {
            child,
            lines,
            told: HashMap::new(),
            process,
        };
        other.wait_for("ready");
        other
    }

    /// The child, opened for everything.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// What it told when it began.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn told(&self, name: &str) -> usize {
        self.told[name]
    }

    /// Sends it a line, and answers the number that it tells by that name next.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn ask(&mut self, line: &str, name: &str) -> usize {
        self.say(line);
        self.wait_for(name)
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn wait_for(&mut self, name: &str) -> usize {
        loop {
            let line = self.lines.next().unwrap().unwrap();
            let Some((told, value)) = line.split_once(' ') else {
                continue;
            };
            let Ok(value) = value.trim().parse() else {
                continue;
            };
            self.told.insert(told.to_owned(), value);
            if told == name {
                return value;
            }
        }
    }

    /// Has it end, and waits until it has.
    pub fn end(mut self) {
        self.say("end");
        self.reap();
    }

    /// Waits until it has ended as it was told to, and takes note of it.
    pub fn reap(mut self) {
        self.process.wait().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(END as i32));
    }
}
