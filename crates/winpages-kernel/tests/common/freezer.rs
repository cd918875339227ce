//! Control groups whose processes can be frozen, as containers and sessions are.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::foreign::wait_until;

/// How the kernel freezes a control group.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// The type of its file system, and the option that it is mounted with.
    mount: (&'static str, &'static str),
    /// The file that says it, and what it says.
    file: &'static str,
    frozen: &'static str,
    thawed: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        mount: ("cgroup2", "rw"),
        file: "cgroup.freeze",
        frozen: "1",
        thawed: "0",
    },
    Kind {
        mount: ("cgroup", "freezer"),
        file: "freezer.state",
        frozen: "FROZEN",
        thawed: "THAWED",
    },
];

/// A control group of a test's own. It is thawed and goes when it is dropped, for which its processes must have ended.
pub struct Freezer {
    kind: Kind,
    directory: PathBuf,
}

impl Freezer {
    /// One of each kind that there is on this machine; says which there are not.
    pub fn all() -> Vec<Self> {
        let found: Vec<Self> = KINDS.into_iter().filter_map(Self::new).collect();
        let names: Vec<_> = found.iter().map(|freezer| freezer.kind.file).collect();
        println!(
            "control groups are frozen by {names:?} of {:?}",
            KINDS.map(|kind| kind.file)
        );
        found
    }

    fn new(kind: Kind) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        let (wanted, option) = kind.mount;
        let at = mounts.lines().find_map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            let fits = words[2] == wanted && words[3].split(',').any(|one| one == option);
            fits.then(|| PathBuf::from(words[1]))
        })?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = at.join(format!("winpages-test-{}-{count}", std::process::id()));
        fs::create_dir(&directory).ok()?;
        let freezer = Self { kind, directory };
        let can_freeze = freezer.set(kind.thawed).is_ok();
        can_freeze.then_some(freezer)
    }

    fn set(&self, state: &str) -> std::io::Result<()> {
        fs::write(self.directory.join(self.kind.file), state)
    }

    /// Has it hold a process.
    pub fn take(&self, process: u32) {
        fs::write(self.directory.join("cgroup.procs"), process.to_string()).unwrap();
    }

    pub fn freeze(&self) {
        self.set(self.kind.frozen).unwrap();
    }

    pub fn thaw(&self) {
        self.set(self.kind.thawed).unwrap();
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let _ = self.set(self.kind.thawed);
        if !std::thread::panicking() {
            wait_until("the control group goes", || {
                !self.directory.exists() || fs::remove_dir(&self.directory).is_ok()
            });
        }
    }
}
