//! Other processes by number: opening them, and how they end.

use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::process::{self, STILL_ACTIVE, Target};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::last_error;

/// OpenProcess: a handle to the process of a number, which is Linux's own and need not be a multiple of
/// four. What Linux allows decides: looking into a process of the same user takes what reading
/// `/proc/PID` takes, its memory what tracing it takes.
#[unsafe(no_mangle)]
pub extern "C" fn OpenProcess(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    dwProcessId: u32,
) -> usize {
    let attributes = match bInheritHandle {
        0 => HandleAttributes::empty(),
        _ => HandleAttributes::INHERIT,
    };
    let desired = AccessMask::from_bits_retain(dwDesiredAccess);
    match process::open_process(dwProcessId, desired, attributes) {
        Ok(handle) => handle.value(),
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// The process of a handle that may be asked a little.
pub(crate) fn reference_limited(handle: usize) -> Result<Target, NtStatus> {
    let handle = Handle::from_value(handle);
    let limited = AccessMask::PROCESS_QUERY_LIMITED_INFORMATION;
    // Whoever may ask much may ask little.
    process::reference_process(handle, limited).or_else(|status| match status {
        NtStatus::ACCESS_DENIED => {
            process::reference_process(handle, AccessMask::PROCESS_QUERY_INFORMATION)
        }
        _ => Err(status),
    })
}

/// GetProcessId: the number of the process that a handle leads to.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessId(Process: usize) -> u32 {
    match reference_limited(Process) {
        Ok(target) => target.number(),
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// GetExitCodeProcess: STILL_ACTIVE as long as it runs. Of the code that a process gives, Linux keeps the
/// lowest eight bits.
///
/// # Safety
///
/// `lpExitCode` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeProcess(hProcess: usize, lpExitCode: *mut u32) -> i32 {
    let answered = reference_limited(hProcess).and_then(|target| {
        let code = match target {
            Target::Own => STILL_ACTIVE,
            Target::Other(other) => other.exit_code(),
        };
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { fault::write(lpExitCode, &code) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(answered)
}

/// TerminateProcess: ends a process at once, without a word to it.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateProcess(hProcess: usize, uExitCode: u32) -> i32 {
    let right = AccessMask::PROCESS_TERMINATE;
    match process::reference_process(Handle::from_value(hProcess), right) {
        Ok(Target::Own) => process::terminate_own(uExitCode),
        Ok(Target::Other(other)) => last_error::boolean(other.terminate(uExitCode)),
        Err(status) => last_error::boolean(Err(status)),
    }
}
