//! What the kernel's text files say of a process: what it has read and written, what it has open, who traces it,
//! and for which machine its program is.

use std::ffi::CString;
use std::path::Path;

use super::Target;
use crate::NtStatus;
use crate::object::handle_table;
use crate::sys::{descriptors, proc_text};

/// How often a process has read and written, and how many bytes; mirrors IO_COUNTERS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// How often it read.
    pub reads: u64,
    /// How often it wrote.
    pub writes: u64,
    /// How many bytes it read.
    pub read_bytes: u64,
    /// How many bytes it wrote.
    pub written_bytes: u64,
}

/// The number behind a name in a file of lines such as `rchar: 123`.
fn number_of_line(text: &[u8], name: &str) -> Option<u64> {
    let line = text
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes()))?;
    proc_text::number(proc_text::word(line, 0)?)
}

impl Target {
    fn told_by<T>(&self, file: &str, tell: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, NtStatus> {
        let denied = NtStatus::ACCESS_DENIED;
        let path = CString::new(format!("/proc/{}/{file}", self.number())).map_err(|_| denied)?;
        let mut buffer = [0; 8192];
        let told = proc_text::read(&path, &mut buffer).ok().and_then(tell);
        match self {
            Self::Other(other) if other.has_ended() => Err(NtStatus::PROCESS_IS_TERMINATING),
            _ => told.ok_or(denied),
        }
    }

    /// How much the process has read and written; mirrors NtQueryInformationProcess(ProcessIoCounters).
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if this process may not look into that one,
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended.
    pub fn transfers(&self) -> Result<Transfers, NtStatus> {
        self.told_by("io", |text| {
            Some(Transfers {
                reads: number_of_line(text, "syscr:")?,
                writes: number_of_line(text, "syscw:")?,
                read_bytes: number_of_line(text, "rchar:")?,
                written_bytes: number_of_line(text, "wchar:")?,
            })
        })
    }

    /// The number of the process that traces it, 0 if none does.
    ///
    /// # Errors
    ///
    /// As [`Target::transfers`].
    pub fn tracer(&self) -> Result<u32, NtStatus> {
        self.told_by("status", |text| {
            number_of_line(text, "TracerPid:").map(|number| number as u32)
        })
    }

    /// Whether its program is one of 32 bits.
    ///
    /// # Errors
    ///
    /// As [`Target::transfers`].
    pub fn is_32_bit(&self) -> Result<bool, NtStatus> {
        /// Where a program says so, and how.
        const CLASS: (usize, u8) = (4, 1);
        self.told_by("exe", |text| Some(*text.get(CLASS.0)? == CLASS.1))
    }

    /// How many handles the process has; mirrors NtQueryInformationProcess(ProcessHandleCount). Of another
    /// process, how many files it has open: how many handles lead to them only it knows.
    ///
    /// # Errors
    ///
    /// As [`Target::transfers`].
    pub fn handle_count(&self) -> Result<u32, NtStatus> {
        let Self::Other(other) = self else {
            return Ok(handle_table::count());
        };
        let directory = format!("/proc/{}/fd", other.number());
        if std::fs::read_dir(&directory).is_err() {
            return Err(match other.has_ended() {
                true => NtStatus::PROCESS_IS_TERMINATING,
                false => NtStatus::ACCESS_DENIED,
            });
        }
        Ok(descriptors::numbers_in(Path::new(&directory)).count() as u32)
    }
}
