//! A process's memory: NtQueryInformationProcess with ProcessVmCounters.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::ffi::CString;

use crate::sys::proc_text::{self, bytes, number, stat_field};

/// What a process has of memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessMemory {
    /// How many page faults it had.
    pub page_faults: u64,
    /// What is in memory of it.
    pub working_set: u64,
    /// The most that ever was.
    pub peak_working_set: u64,
    /// What is in memory of its private pages.
    pub private_working_set: u64,
    /// What is promised to it: its private pages that can be written, used or not.
    pub commit: u64,
    /// The most that was answered so far: Linux keeps no record of it.
    pub peak_commit: u64,
    /// Its page tables, which the kernel keeps for it.
    pub page_tables: u64,
    /// The addresses it uses, reserved ones among them.
    pub virtual_size: u64,
    /// The most that ever were.
    pub peak_virtual_size: u64,
}

static PEAK_COMMIT: AtomicU64 = AtomicU64::new(0);

/// Asks the kernel; where it cannot be asked, for `/proc` is not mounted, all is 0.
pub fn process_memory() -> ProcessMemory {
    let mut memory = told_by(c"/proc/self/status", c"/proc/self/stat");
    let before = PEAK_COMMIT.fetch_max(memory.commit, Ordering::Relaxed);
    memory.peak_commit = memory.peak_commit.max(before);
    memory
}

/// Asks the kernel about the process of a number; where there is none, all is 0.
pub fn memory_of_process(process: u32) -> ProcessMemory {
    let file = |name: &str| CString::new(format!("/proc/{process}/{name}")).unwrap_or_default();
    told_by(&file("status"), &file("stat"))
}

fn told_by(status: &CStr, stat: &CStr) -> ProcessMemory {
    let mut buffer = [0; 4096];
    let text = proc_text::read(status, &mut buffer).unwrap_or_default();
    let field = |name: &str| bytes(text, name).unwrap_or(0);
    let commit = field("VmData:") + field("VmStk:");
    ProcessMemory {
        page_faults: page_faults(stat),
        working_set: field("VmRSS:"),
        peak_working_set: field("VmHWM:"),
        private_working_set: field("RssAnon:"),
        commit,
        peak_commit: commit,
        page_tables: field("VmPTE:"),
        virtual_size: field("VmSize:"),
        peak_virtual_size: field("VmPeak:"),
    }
}

/// Those that waited for the disk, and those that did not.
fn page_faults(stat: &CStr) -> u64 {
    let mut buffer = [0; 1024];
    let text = proc_text::read(stat, &mut buffer).unwrap_or_default();
    const WITHOUT_THE_DISK: usize = 10;
    const WITH_THE_DISK: usize = 12;
    [WITHOUT_THE_DISK, WITH_THE_DISK]
        .into_iter()
        .filter_map(|field| number(stat_field(text, field)?))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_process_does() {
        const SIZE: usize = 8 << 20;
        let before = process_memory();
        let touched = vec![1u8; SIZE];
        let after = process_memory();
        assert_eq!(touched[SIZE / 2], 1);
        assert!(after.commit >= before.commit + (SIZE as u64) / 2);
        assert!(after.working_set >= before.working_set + (SIZE as u64) / 2);
        assert!(after.page_faults > before.page_faults);
        assert!(after.peak_working_set >= after.working_set);
        assert!(after.peak_commit >= after.commit);
    }
}
