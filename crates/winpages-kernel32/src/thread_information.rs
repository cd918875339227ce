//! What is known of a thread, and what it can be told: times, priority, description.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::AccessMask;
use winpages_kernel::sys::fault;
use winpages_kernel::thread::Thread;

use crate::local_memory::LocalAlloc;
use crate::nt::argument::write;
use crate::thread::reference;
use crate::time::{FILETIME, file_time, units};
use crate::{last_error, text};

/// THREAD_PRIORITY_ERROR_RETURN
const THREAD_PRIORITY_ERROR_RETURN: i32 = i32::MAX;

const QUERY: AccessMask =
    AccessMask::THREAD_QUERY_INFORMATION.union(AccessMask::THREAD_QUERY_LIMITED_INFORMATION);
const SET: AccessMask =
    AccessMask::THREAD_SET_INFORMATION.union(AccessMask::THREAD_SET_LIMITED_INFORMATION);

/// When a thread began and ended, and the times it has used in the kernel and outside.
pub(crate) fn times(thread: &Thread) -> [FILETIME; 4] {
    let times = thread.times();
    [
        file_time(times.created),
        times.ended.map_or_else(FILETIME::default, file_time),
        FILETIME::of_units(units(times.used.kernel)),
        FILETIME::of_units(units(times.used.user)),
    ]
}

/// GetThreadTimes.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadTimes(
    hThread: usize,
    lpCreationTime: *mut FILETIME,
    lpExitTime: *mut FILETIME,
    lpKernelTime: *mut FILETIME,
    lpUserTime: *mut FILETIME,
) -> i32 {
    let result = reference(hThread, QUERY).and_then(|thread| {
        let [created, ended, kernel, user] = times(&thread);
        // SAFETY: passed on.
        unsafe {
            write(lpCreationTime, created)?;
            write(lpExitTime, ended)?;
            write(lpKernelTime, kernel)?;
            write(lpUserTime, user)
        }
    });
    last_error::boolean(result)
}

/// GetThreadPriority: THREAD_PRIORITY_ERROR_RETURN if it fails.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadPriority(hThread: usize) -> i32 {
    match reference(hThread, QUERY) {
        Ok(thread) => thread.priority(),
        Err(status) => {
            last_error::fail(status);
            THREAD_PRIORITY_ERROR_RETURN
        }
    }
}

/// SetThreadPriority: it is remembered, and the kernel's scheduler told where the process has the right
/// to raise a priority, too.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriority(hThread: usize, nPriority: i32) -> i32 {
    /// Other programs' ground: the thread's memory and its files matter less as well.
    const THREAD_MODE_BACKGROUND_BEGIN: i32 = 0x1_0000;
    const THREAD_MODE_BACKGROUND_END: i32 = 0x2_0000;
    let result = reference(hThread, SET).and_then(|thread| match nPriority {
        THREAD_MODE_BACKGROUND_BEGIN | THREAD_MODE_BACKGROUND_END => Ok(()),
        priority => thread.set_priority(priority),
    });
    last_error::boolean(result)
}

/// GetThreadPriorityBoost.
///
/// # Safety
///
/// `pDisablePriorityBoost` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadPriorityBoost(
    hThread: usize,
    pDisablePriorityBoost: *mut i32,
) -> i32 {
    let result = reference(hThread, QUERY).and_then(|thread| {
        // SAFETY: passed on.
        unsafe { write(pDisablePriorityBoost, thread.is_boost_disabled().into()) }
    });
    last_error::boolean(result)
}

/// SetThreadPriorityBoost: it is remembered. Linux' scheduler favours threads that have waited by rules
/// of its own.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadPriorityBoost(hThread: usize, bDisablePriorityBoost: i32) -> i32 {
    let result = reference(hThread, SET);
    last_error::boolean(result.map(|thread| thread.disable_boost(bDisablePriorityBoost != 0)))
}

/// HRESULT_FROM_NT
fn result_code(result: Result<(), NtStatus>) -> i32 {
    const FACILITY_NT_BIT: u32 = 0x1000_0000;
    match result {
        Ok(()) => 0,
        Err(status) => (status.code() | FACILITY_NT_BIT) as i32,
    }
}

/// SetThreadDescription: debuggers and `ps` show its first fifteen bytes.
///
/// # Safety
///
/// `lpThreadDescription` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadDescription(
    hThread: usize,
    lpThreadDescription: *const u16,
) -> i32 {
    // SAFETY: passed on.
    let description = unsafe { text::wide(lpThreadDescription) };
    result_code(description.and_then(|description| {
        let thread = reference(hThread, SET)?;
        thread.set_description(description.unwrap_or_default());
        Ok(())
    }))
}

/// GetThreadDescription: the text is to be freed by LocalFree.
///
/// # Safety
///
/// `ppszThreadDescription` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadDescription(
    hThread: usize,
    ppszThreadDescription: *mut *mut u16,
) -> i32 {
    let result = reference(hThread, QUERY).and_then(|thread| {
        let mut description = thread.description();
        description.push(0);
        let size = description.len() * size_of::<u16>();
        let copy: *mut c_void = LocalAlloc(0, size);
        if copy.is_null() {
            return Err(NtStatus::NO_MEMORY);
        }
        // SAFETY: the copy has the size, and the pointer is the program's.
        unsafe {
            fault::copy(copy.cast(), description.as_ptr().cast(), size)
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
            write(ppszThreadDescription, copy.cast())
        }
    });
    result_code(result)
}
