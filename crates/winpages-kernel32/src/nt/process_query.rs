//! What can be asked of a process: NtQueryInformationProcess.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::process::{PriorityClass, STILL_ACTIVE, Target, process_memory};
use winpages_kernel::sys;

use super::argument::{status, write_if_wanted};
use super::dispatcher_object::Answer;
use super::file_name::device_path;
use super::object_attributes::UNICODE_STRING;
use crate::process_facts::io_counters;
use crate::process_open::reference_limited;
use crate::process_times::times;

/// PROCESSINFOCLASS, as far as it is known here.
mod class {
    pub const BASIC: u32 = 0;
    pub const IO_COUNTERS: u32 = 2;
    pub const VM_COUNTERS: u32 = 3;
    pub const TIMES: u32 = 4;
    pub const DEBUG_PORT: u32 = 7;
    pub const PRIORITY_CLASS: u32 = 18;
    pub const HANDLE_COUNT: u32 = 20;
    pub const WOW64: u32 = 26;
    pub const IMAGE_FILE_NAME: u32 = 27;
    pub const BREAK_ON_TERMINATION: u32 = 29;
}

/// PROCESS_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_BASIC_INFORMATION {
    /// What it ended with; STATUS_PENDING while it runs.
    pub ExitStatus: u32,
    /// NULL: there is no process environment block.
    pub PebBaseAddress: usize,
    /// Which processors of its group it runs on.
    pub AffinityMask: usize,
    /// The priority of its normal threads.
    pub BasePriority: i32,
    /// Its number.
    pub UniqueProcessId: usize,
    /// Its parent's number.
    pub InheritedFromUniqueProcessId: usize,
}

/// VM_COUNTERS as C programs lay it out, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct VM_COUNTERS {
    /// The most addresses it ever used.
    pub PeakVirtualSize: usize,
    /// Those it uses, reserved ones among them.
    pub VirtualSize: usize,
    /// How many page faults it had.
    pub PageFaultCount: u32,
    /// The most that was ever in memory of it.
    pub PeakWorkingSetSize: usize,
    /// What is.
    pub WorkingSetSize: usize,
    /// Its page tables: Linux keeps no record of the most.
    pub QuotaPeakPagedPoolUsage: usize,
    /// Its page tables.
    pub QuotaPagedPoolUsage: usize,
    /// Always 0.
    pub QuotaPeakNonPagedPoolUsage: usize,
    /// Always 0.
    pub QuotaNonPagedPoolUsage: usize,
    /// What is committed to it alone.
    pub PagefileUsage: usize,
    /// The most that was answered so far.
    pub PeakPagefileUsage: usize,
}

/// VM_COUNTERS_EX.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct VM_COUNTERS_EX {
    /// The beginning.
    pub Counters: VM_COUNTERS,
    /// What is committed to the process alone.
    pub PrivateUsage: usize,
}

/// NtQueryInformationProcess: what GetExitCodeProcess, GetProcessAffinityMask, GetProcessIoCounters,
/// GetProcessMemoryInfo, GetProcessTimes, CheckRemoteDebuggerPresent, GetPriorityClass, GetProcessHandleCount,
/// IsWow64Process, GetProcessImageFileName and IsProcessCritical answer, and the process's parent.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryInformationProcess(
    ProcessHandle: usize,
    ProcessInformationClass: u32,
    ProcessInformation: *mut c_void,
    ProcessInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    const EXTENDED: usize = size_of::<VM_COUNTERS_EX>();
    let to = Answer {
        buffer: ProcessInformation,
        length: ProcessInformationLength,
        returned: ReturnLength,
    };
    let process = || reference_limited(ProcessHandle);
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        match ProcessInformationClass {
            class::BASIC => to.give(|| basic(&process()?)),
            class::IO_COUNTERS => to.give(|| io_counters(&process()?)),
            class::VM_COUNTERS if to.length as usize == EXTENDED => {
                to.give(|| Ok(memory(&process()?)))
            }
            class::VM_COUNTERS => to.give(|| Ok(memory(&process()?).Counters)),
            class::TIMES => to.give(|| Ok(times(&process()?))),
            // A port is what a debugger listens on; that there is one is all it says.
            class::DEBUG_PORT => to.give(|| match process()?.tracer()? {
                0 => Ok(0),
                _ => Ok(usize::MAX),
            }),
            // Whether its window is in the foreground, and its class.
            class::PRIORITY_CLASS => to.give(|| Ok([0, process()?.priority_class()? as u8])),
            class::HANDLE_COUNT => to.give(|| process()?.handle_count()),
            class::WOW64 => to.give(|| Ok(usize::from(process()?.is_32_bit()?))),
            class::IMAGE_FILE_NAME => status(image_file_name(ProcessHandle, &to)),
            class::BREAK_ON_TERMINATION => to.give(|| process().map(|_| 0_u32)),
            _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
        }
    }
}

fn basic(process: &Target) -> Result<PROCESS_BASIC_INFORMATION, NtStatus> {
    let exit_status = match process {
        Target::Own => STILL_ACTIVE,
        Target::Other(other) => other.exit_code(),
    };
    // Linux forgets these with the process.
    let processors = process.processors();
    let mask = processors.map_or(0, |processors| processors.0[processors.first_group()]);
    let class = process.priority_class().unwrap_or(PriorityClass::Normal);
    Ok(PROCESS_BASIC_INFORMATION {
        ExitStatus: exit_status,
        PebBaseAddress: 0,
        AffinityMask: mask,
        BasePriority: base_priority(class),
        UniqueProcessId: process.number() as usize,
        InheritedFromUniqueProcessId: sys::process::parent(process.number()).unwrap_or(0) as usize,
    })
}

/// The priority that Windows gives a normal thread of such a process.
pub(super) fn base_priority(class: PriorityClass) -> i32 {
    match class {
        PriorityClass::Idle => 4,
        PriorityClass::BelowNormal => 6,
        PriorityClass::Normal => 8,
        PriorityClass::AboveNormal => 10,
        PriorityClass::High => 13,
        PriorityClass::RealTime => 24,
    }
}

fn memory(process: &Target) -> VM_COUNTERS_EX {
    let memory = process_memory(process);
    VM_COUNTERS_EX {
        Counters: VM_COUNTERS {
            PeakVirtualSize: memory.peak_virtual_size as usize,
            VirtualSize: memory.virtual_size as usize,
            PageFaultCount: memory.page_faults as u32,
            PeakWorkingSetSize: memory.peak_working_set as usize,
            WorkingSetSize: memory.working_set as usize,
            QuotaPeakPagedPoolUsage: memory.page_tables as usize,
            QuotaPagedPoolUsage: memory.page_tables as usize,
            QuotaPeakNonPagedPoolUsage: 0,
            QuotaNonPagedPoolUsage: 0,
            PagefileUsage: memory.commit as usize,
            PeakPagefileUsage: memory.peak_commit as usize,
        },
        PrivateUsage: memory.commit as usize,
    }
}

/// # Safety
///
/// The buffer is overwritten.
unsafe fn image_file_name(process: usize, to: &Answer) -> Result<(), NtStatus> {
    let name = device_path(&reference_limited(process)?.program()?)?;
    let needed = UNICODE_STRING::size_with_text(&name);
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        write_if_wanted(to.returned, needed as u32)?;
        if (to.length as usize) < needed {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        UNICODE_STRING::write_with_text(to.buffer, &name)
    }
}
