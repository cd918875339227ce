//! What can be asked of a process in a word: its handles, its session, its machine, what it has read and written.

use winpages_error::error_code::ERROR_INVALID_PARAMETER;
use winpages_kernel::NtStatus;
use winpages_kernel::object::SESSION_ID;
use winpages_kernel::process::{Process, Target};
use winpages_kernel::sys;

use crate::last_error;
use crate::nt::argument::{write, write_if_wanted};
use crate::process_open::reference_limited;

/// GetProcessHandleCount: how many handles the process has. Of another process, how many files it has open: of the
/// handles that lead to them only it knows.
///
/// # Safety
///
/// `pdwHandleCount` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessHandleCount(hProcess: usize, pdwHandleCount: *mut u32) -> i32 {
    let count = reference_limited(hProcess).and_then(|process| process.handle_count());
    // SAFETY: passed on.
    last_error::boolean(count.and_then(|count| unsafe { write(pdwHandleCount, count) }))
}

/// Whether there is a process of that number; 0 is the calling one.
fn exists(number: u32) -> Result<(), NtStatus> {
    if number == 0 || sys::process::is_own_number(number) {
        Ok(())
    } else {
        Process::find(number).map(|_| ())
    }
}

/// ProcessIdToSessionId: the one session there is. ERROR_INVALID_PARAMETER if there is no such process.
///
/// # Safety
///
/// `pSessionId` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ProcessIdToSessionId(dwProcessId: u32, pSessionId: *mut u32) -> i32 {
    // SAFETY: passed on.
    let told = exists(dwProcessId).and_then(|()| unsafe { write(pSessionId, SESSION_ID) });
    last_error::boolean(told)
}

/// GetProcessVersion: the version of Windows that the program expects, which is the one that this library answers;
/// the major one is in the upper half. 0 if there is no such process.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessVersion(ProcessId: u32) -> u32 {
    match exists(ProcessId) {
        Ok(()) => 10 << 16,
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// IsProcessCritical: FALSE. No process brings the machine down by ending.
///
/// # Safety
///
/// `Critical` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsProcessCritical(hProcess: usize, Critical: *mut i32) -> i32 {
    // SAFETY: passed on.
    let told = reference_limited(hProcess).and_then(|_| unsafe { write(Critical, 0) });
    last_error::boolean(told)
}

/// IO_COUNTERS as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IO_COUNTERS {
    /// How often the process read.
    pub ReadOperationCount: u64,
    /// How often it wrote.
    pub WriteOperationCount: u64,
    /// What else it did; Linux does not count it.
    pub OtherOperationCount: u64,
    /// How many bytes it read.
    pub ReadTransferCount: u64,
    /// How many bytes it wrote.
    pub WriteTransferCount: u64,
    /// 0, as above.
    pub OtherTransferCount: u64,
}

/// How much a process has read and written.
pub(crate) fn io_counters(process: &Target) -> Result<IO_COUNTERS, NtStatus> {
    let transfers = process.transfers()?;
    Ok(IO_COUNTERS {
        ReadOperationCount: transfers.reads,
        WriteOperationCount: transfers.writes,
        ReadTransferCount: transfers.read_bytes,
        WriteTransferCount: transfers.written_bytes,
        ..IO_COUNTERS::default()
    })
}

/// GetProcessIoCounters: how much the process has read and written by system calls; what it did by mapped files
/// nobody counts.
///
/// # Safety
///
/// `lpIoCounters` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessIoCounters(
    hProcess: usize,
    lpIoCounters: *mut IO_COUNTERS,
) -> i32 {
    let counters = reference_limited(hProcess).and_then(|process| io_counters(&process));
    // SAFETY: passed on.
    last_error::boolean(counters.and_then(|counters| unsafe { write(lpIoCounters, counters) }))
}

/// IsWow64Process: whether the process's program is one of 32 bits.
///
/// # Safety
///
/// `Wow64Process` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsWow64Process(hProcess: usize, Wow64Process: *mut i32) -> i32 {
    let is_32_bit = reference_limited(hProcess).and_then(|process| process.is_32_bit());
    // SAFETY: passed on.
    last_error::boolean(is_32_bit.and_then(|is| unsafe { write(Wow64Process, is.into()) }))
}

/// IsWow64Process2: the machine that the process's program is for, if it is not the one there is, which is told
/// where `pNativeMachine` is not NULL.
///
/// # Safety
///
/// The pointers must be a C program's to write; the second may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsWow64Process2(
    hProcess: usize,
    pProcessMachine: *mut u16,
    pNativeMachine: *mut u16,
) -> i32 {
    const IMAGE_FILE_MACHINE_UNKNOWN: u16 = 0;
    const IMAGE_FILE_MACHINE_I386: u16 = 0x014C;
    const IMAGE_FILE_MACHINE_AMD64: u16 = 0x8664;
    let told = reference_limited(hProcess).and_then(|process| {
        let machine = match process.is_32_bit()? {
            true => IMAGE_FILE_MACHINE_I386,
            false => IMAGE_FILE_MACHINE_UNKNOWN,
        };
        // SAFETY: passed on.
        unsafe {
            write(pProcessMachine, machine)?;
            write_if_wanted(pNativeMachine, IMAGE_FILE_MACHINE_AMD64)
        }
    });
    last_error::boolean(told)
}

/// CheckRemoteDebuggerPresent: whether another process traces this one. ERROR_INVALID_PARAMETER if either argument
/// is NULL.
///
/// # Safety
///
/// `pbDebuggerPresent` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CheckRemoteDebuggerPresent(
    hProcess: usize,
    pbDebuggerPresent: *mut i32,
) -> i32 {
    if hProcess == 0 || pbDebuggerPresent.is_null() {
        return last_error::boolean_of_code(Err(ERROR_INVALID_PARAMETER));
    }
    let tracer = reference_limited(hProcess).and_then(|process| process.tracer());
    // SAFETY: passed on.
    let told = tracer.and_then(|tracer| unsafe { write(pbDebuggerPresent, (tracer != 0).into()) });
    last_error::boolean(told)
}
