//! The same loops on the Windows API of Wine, if the machine has it.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a C program of this directory measured on Wine: nanoseconds of the clock on the wall per
/// operation, by name.
pub struct OnWine(Vec<(String, f64)>);

impl OnWine {
    /// Builds the program and runs it in a fresh prefix; says so if that is not possible.
    pub fn run(program: &str) -> Self {
        let measured = Self::measure(program).unwrap_or_default();
        if measured.is_empty() {
            println!("skipped: Wine, or a compiler for it (mingw-w64), is not here");
        }
        Self(measured)
    }

    fn measure(program: &str) -> Option<Vec<(String, f64)>> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let built = directory.join(program).with_extension("exe");
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches")
            .join(program);
        let compiled = Command::new("x86_64-w64-mingw32-gcc")
            .args(["-O2", "-o"])
            .arg(&built)
            .arg(&source)
            .stderr(Stdio::null())
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            return None;
        }
        let prefix = directory.join(format!("wine-{}", std::process::id()));
        std::fs::create_dir_all(&prefix).ok()?;
        let wine = |program: &str| {
            let mut command = Command::new(program);
            command.env("WINEPREFIX", &prefix).env("WINEDEBUG", "-all");
            command.stdin(Stdio::null()).stderr(Stdio::null());
            command
        };
        // The first start fills the prefix.
        let _ = wine("wineboot")
            .arg("--init")
            .stdout(Stdio::null())
            .status();
        let output = wine("wine").arg(&built).output();
        let _ = wine("wineserver").arg("-k").status();
        let _ = std::fs::remove_dir_all(&prefix);
        let text = String::from_utf8(output.ok()?.stdout).ok()?;
        Some(text.lines().filter_map(measurement).collect())
    }

    /// Prints what one of them took there, and how many times as long as `ours` that is.
    pub fn beside(&self, name: &str, ours: f64) {
        if let Some((_, theirs)) = self.0.iter().find(|(measured, _)| measured == name) {
            let times = theirs / ours;
            println!("{name:44} {ours:8.1}   on Wine {theirs:10.1}   {times:.0} times as long");
        }
    }
}

/// A line: a name, nanoseconds, and `ns`.
fn measurement(line: &str) -> Option<(String, f64)> {
    let (name, nanoseconds) = line.trim().strip_suffix("ns")?.trim().rsplit_once(' ')?;
    Some((name.trim().to_owned(), nanoseconds.parse().ok()?))
}
