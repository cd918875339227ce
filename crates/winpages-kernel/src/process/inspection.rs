//! What the kernel knows of another process: its memory, its pages, the files it has mapped, the time it has
//! used.

use core::time::Duration;
use std::path::PathBuf;

use super::{Process, Target, query_virtual_memory};
use crate::NtStatus;
use crate::address_space::{self, layout::page_down};
use crate::residency::{self, PageReader, ProcessMemory};
use crate::sys::processor_time::{self, ProcessorTime};
use crate::sys::procmap::Maps;

/// What a process has of memory; nothing once it has ended. Mirrors NtQueryInformationProcess with
/// ProcessVmCounters.
pub fn process_memory(target: &Target) -> ProcessMemory {
    match target {
        Target::Own => residency::process_memory(),
        Target::Other(other) => {
            let memory = residency::memory_of_process(other.number());
            other.unless_ended(memory).unwrap_or_default()
        }
    }
}

/// Has `work` ask about pages of a process, one after the other.
///
/// # Errors
///
/// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended; [`NtStatus::ACCESS_DENIED`] if this process may not
/// look into it; [`NtStatus::INSUFFICIENT_RESOURCES`] if the kernel cannot be asked; what `work` answers.
pub fn with_page_reader<T>(
    target: &Target,
    work: impl FnOnce(&mut PageReader<'_>) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let Target::Other(other) = target else {
        return work(&mut PageReader::open()?);
    };
    let find_region = |address| query_virtual_memory(target, address);
    let outcome =
        PageReader::of(other.number(), &find_region).and_then(|mut reader| work(&mut reader));
    other
        .unless_ended(outcome)
        .unwrap_or(Err(NtStatus::PROCESS_IS_TERMINATING))
}

/// The file that a process has mapped at an address; see [`address_space::mapped_file`].
///
/// # Errors
///
/// As that, and as [`with_page_reader`].
pub fn mapped_file(target: &Target, address: usize) -> Result<PathBuf, NtStatus> {
    let Target::Other(other) = target else {
        return address_space::mapped_file(address);
    };
    let page = page_down(address);
    let maps = Maps::of(other.number()).map_err(|_| NtStatus::ACCESS_DENIED)?;
    let found = maps.covering_or_next(page);
    let file = address_space::file_of_mapping(other.number(), page, found);
    other
        .unless_ended(file)
        .unwrap_or(Err(NtStatus::PROCESS_IS_TERMINATING))
}

/// When a process was started, on the clock since the machine was, and how much time it has used; `None` if
/// nothing is known of it any more.
pub fn process_times(target: &Target) -> Option<(Duration, ProcessorTime)> {
    match target {
        Target::Own => Some((
            processor_time::process_start()?,
            processor_time::of_process(),
        )),
        Target::Other(other) => {
            other.unless_ended(processor_time::of_other_process(other.number())?)
        }
    }
}

impl Process {
    /// What was learnt by its number, if that was its own all the time.
    fn unless_ended<T>(&self, learnt: T) -> Option<T> {
        // A child whose end nobody has taken note of keeps its number.
        (self.is_own_child || !self.has_ended()).then_some(learnt)
    }
}
