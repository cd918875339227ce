//! How a command ends when it could not do what was asked.

use std::fmt::Display;
use std::process::ExitCode;

/// The command's own exit codes, beside 0 (done) and clap's 2 (usage).
#[derive(Clone, Copy, Debug)]
pub enum Reason {
    /// The arguments contradict each other: 2, as clap answers.
    Usage = 2,
    /// What was named, or is needed, is not there: 3.
    NotFound = 3,
    /// The system refused: 4.
    Denied = 4,
}

/// An ending to report: what is said on standard error, and the exit code.
#[derive(Debug)]
pub struct Failure {
    reason: Reason,
    message: String,
}

impl Failure {
    /// A failure that says `message`, which may have several lines.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// A failure of the operating system while doing `what`.
    pub fn from_io(what: impl Display, error: &std::io::Error) -> Self {
        let reason = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Reason::Denied,
            _ => Reason::NotFound,
        };
        Self::new(reason, format!("{what}: {error}"))
    }

    /// Says it and gives the exit code.
    pub fn report(&self) -> ExitCode {
        say(&self.message);
        ExitCode::from(self.reason as u8)
    }
}

/// Writes `message` to standard error, each further line indented under the first.
pub fn say(message: &str) {
    eprintln!("winpages: {}", message.replace('\n', "\n          "));
}
