//! The machine's memory: NtQuerySystemInformation with SystemPerformanceInformation.

use crate::sys::proc_text::{self, bytes, number, word};

/// What the machine has of memory and has promised of it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemMemory {
    /// The memory the kernel manages.
    pub physical_total: u64,
    /// What can be had of it without paging: free, or a cache of files.
    pub physical_available: u64,
    /// How much can be committed: by the kernel's limit where it keeps to one
    /// (`vm.overcommit_memory` 2), and all memory and swap together where it does not.
    pub commit_limit: u64,
    /// How much of that can still be.
    pub commit_available: u64,
    /// Caches of files.
    pub system_cache: u64,
    /// The kernel's own memory that it can give back.
    pub kernel_paged: u64,
    /// The kernel's own memory that it cannot.
    pub kernel_nonpaged: u64,
}

/// Asks the kernel; where it cannot be asked, for `/proc` is not mounted, all is 0.
pub fn system_memory() -> SystemMemory {
    let mut buffer = [0; 4096];
    let text = proc_text::read(c"/proc/meminfo", &mut buffer).unwrap_or_default();
    let field = |name: &str| bytes(text, name).unwrap_or(0);
    let mut policy = [0; 16];
    let policy = proc_text::read(c"/proc/sys/vm/overcommit_memory", &mut policy);
    let keeps_a_limit = policy.is_ok_and(|text| word(text, 0) == Some(b"2"));
    let (commit_limit, commit_available) = if keeps_a_limit {
        let limit = field("CommitLimit:");
        (limit, limit.saturating_sub(field("Committed_AS:")))
    } else {
        (
            field("MemTotal:") + field("SwapTotal:"),
            field("MemAvailable:") + field("SwapFree:"),
        )
    };
    SystemMemory {
        physical_total: field("MemTotal:"),
        physical_available: field("MemAvailable:"),
        commit_limit,
        commit_available,
        system_cache: field("Cached:") + field("Buffers:"),
        kernel_paged: field("SReclaimable:"),
        kernel_nonpaged: field("SUnreclaim:") + field("KernelStack:") + field("PageTables:"),
    }
}

/// How many handles, processes and threads there are on the machine. Handles are open files here:
/// what else has a handle, only its process knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemObjects {
    /// Open files of all processes.
    pub handles: u32,
    /// Processes that this one may see.
    pub processes: u32,
    /// Threads of all processes.
    pub threads: u32,
}

/// Counts them; what cannot be asked is 0.
pub fn system_objects() -> SystemObjects {
    let mut buffer = [0; 128];
    let handles = proc_text::read(c"/proc/sys/fs/file-nr", &mut buffer)
        .ok()
        .and_then(|text| number(word(text, 0)?))
        .unwrap_or(0);
    // "0.00 0.01 0.05 2/123 4567": of 123 threads, 2 run.
    let threads = proc_text::read(c"/proc/loadavg", &mut buffer)
        .ok()
        .and_then(|text| number(word(text, 3)?.split(|byte| *byte == b'/').nth(1)?))
        .unwrap_or(0);
    let processes = std::fs::read_dir("/proc").map_or(0, |entries| {
        entries
            .flatten()
            .filter(|entry| number(entry.file_name().as_encoded_bytes()).is_some())
            .count()
    });
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    SystemObjects {
        handles: count(handles),
        processes: count(processes as u64),
        threads: count(threads),
    }
}
