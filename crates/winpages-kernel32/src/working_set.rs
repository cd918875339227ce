//! The working set: its limits, its pages, and emptying it.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::with_page_reader;
use winpages_kernel::residency;
use winpages_kernel::{NtStatus, sys::fault};

use crate::last_error;
use crate::virtual_memory::{own_process, target};

/// # Safety
///
/// The pointers must be a C program's to write.
unsafe fn get(
    process: usize,
    minimum: *mut usize,
    maximum: *mut usize,
    flags: Option<*mut u32>,
) -> Result<(), NtStatus> {
    own_process(process)?;
    let limits = residency::working_set_limits();
    // SAFETY: the caller's pointers, for the caller's answer.
    let written = unsafe {
        fault::write(minimum, &limits.minimum)
            .and_then(|()| fault::write(maximum, &limits.maximum))
            .and_then(|()| match flags {
                Some(flags) => fault::write(flags, &limits.flags.bits()),
                None => Ok(()),
            })
    };
    written.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// GetProcessWorkingSetSize: the limits of the working set, in bytes.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessWorkingSetSize(
    hProcess: usize,
    lpMinimumWorkingSetSize: *mut usize,
    lpMaximumWorkingSetSize: *mut usize,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        get(
            hProcess,
            lpMinimumWorkingSetSize,
            lpMaximumWorkingSetSize,
            None,
        )
    })
}

/// GetProcessWorkingSetSizeEx: the limits of the working set, in bytes, and whether each binds.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessWorkingSetSizeEx(
    hProcess: usize,
    lpMinimumWorkingSetSize: *mut usize,
    lpMaximumWorkingSetSize: *mut usize,
    Flags: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        get(
            hProcess,
            lpMinimumWorkingSetSize,
            lpMaximumWorkingSetSize,
            Some(Flags),
        )
    })
}

/// SetProcessWorkingSetSize: sets the limits; -1 for both empties the working set.
///
/// The minimum decides how much VirtualLock takes. Beyond that the limits are remembered and answered,
/// and Linux shares memory out between processes as it does.
#[unsafe(no_mangle)]
pub extern "C" fn SetProcessWorkingSetSize(
    hProcess: usize,
    dwMinimumWorkingSetSize: usize,
    dwMaximumWorkingSetSize: usize,
) -> i32 {
    SetProcessWorkingSetSizeEx(
        hProcess,
        dwMinimumWorkingSetSize,
        dwMaximumWorkingSetSize,
        0,
    )
}

/// SetProcessWorkingSetSizeEx: as SetProcessWorkingSetSize, and whether each limit binds, which is
/// remembered and answered.
#[unsafe(no_mangle)]
pub extern "C" fn SetProcessWorkingSetSizeEx(
    hProcess: usize,
    dwMinimumWorkingSetSize: usize,
    dwMaximumWorkingSetSize: usize,
    Flags: u32,
) -> i32 {
    last_error::boolean(own_process(hProcess).and_then(|()| {
        residency::set_working_set_limits(dwMinimumWorkingSetSize, dwMaximumWorkingSetSize, Flags)
    }))
}

/// K32EmptyWorkingSet: pages out what can be. Private memory needs swap to go to; without it, it
/// stays.
#[unsafe(no_mangle)]
pub extern "C" fn K32EmptyWorkingSet(hProcess: usize) -> i32 {
    last_error::boolean(own_process(hProcess).map(|()| residency::empty_working_set()))
}

/// EmptyWorkingSet: K32EmptyWorkingSet by the name psapi has for it.
#[unsafe(no_mangle)]
pub extern "C" fn EmptyWorkingSet(hProcess: usize) -> i32 {
    K32EmptyWorkingSet(hProcess)
}

/// # Safety
///
/// `buffer` must be a C program's to write.
unsafe fn query(process: usize, buffer: *mut c_void, length: u32) -> Result<(), NtStatus> {
    let target = target(
        process,
        AccessMask::PROCESS_QUERY_INFORMATION | AccessMask::PROCESS_VM_READ,
    )?;
    let room = (length as usize / 8)
        .checked_sub(1)
        .ok_or(NtStatus::INFO_LENGTH_MISMATCH)?;
    let words = buffer.cast::<u64>();
    let mut count = 0;
    let mut written = Ok(());
    with_page_reader(&target, |reader| {
        reader.walk(|address, page| {
            if count < room && written.is_ok() {
                // SAFETY: the caller's buffer, for the caller's answer.
                written =
                    unsafe { fault::write(words.wrapping_add(1 + count), &page.block(address)) };
            }
            count += 1;
        });
        Ok(())
    })?;
    written
        .and_then(|()| {
            // SAFETY: as above.
            unsafe { fault::write(words, &(count as u64)) }
        })
        .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    if count > room {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    Ok(())
}

/// K32QueryWorkingSet: all pages of the working set. If the buffer is too small for them,
/// ERROR_BAD_LENGTH, and the number of pages.
///
/// # Safety
///
/// `pv` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32QueryWorkingSet(hProcess: usize, pv: *mut c_void, cb: u32) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { query(hProcess, pv, cb) })
}

/// QueryWorkingSet: K32QueryWorkingSet by the name psapi has for it.
///
/// # Safety
///
/// As [`K32QueryWorkingSet`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryWorkingSet(hProcess: usize, pv: *mut c_void, cb: u32) -> i32 {
    // SAFETY: passed on.
    unsafe { K32QueryWorkingSet(hProcess, pv, cb) }
}

/// PSAPI_WORKING_SET_EX_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PSAPI_WORKING_SET_EX_INFORMATION {
    /// The page that is asked about.
    pub VirtualAddress: usize,
    /// What is known of it.
    pub VirtualAttributes: u64,
}

/// # Safety
///
/// `entries` must be a C program's to write.
pub(crate) unsafe fn query_pages(
    process: usize,
    entries: *mut PSAPI_WORKING_SET_EX_INFORMATION,
    length: usize,
) -> Result<(), NtStatus> {
    let target = target(process, AccessMask::PROCESS_QUERY_INFORMATION)?;
    let count = length / size_of::<PSAPI_WORKING_SET_EX_INFORMATION>();
    if count == 0 {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    with_page_reader(&target, |reader| {
        for index in 0..count {
            let entry = entries.wrapping_add(index);
            // SAFETY: any bytes are an entry.
            let asked = unsafe { fault::read(entry) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
            let answer = PSAPI_WORKING_SET_EX_INFORMATION {
                VirtualAttributes: reader.page(asked.VirtualAddress).extended_block(),
                ..asked
            };
            // SAFETY: the caller's array, for the caller's answer.
            unsafe { fault::write(entry, &answer) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        }
        Ok(())
    })
}

/// K32QueryWorkingSetEx: what is known of the pages that the array names. The node is answered as 0.
///
/// # Safety
///
/// `pv` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32QueryWorkingSetEx(
    hProcess: usize,
    pv: *mut PSAPI_WORKING_SET_EX_INFORMATION,
    cb: u32,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { query_pages(hProcess, pv, cb as usize) })
}

/// QueryWorkingSetEx: K32QueryWorkingSetEx by the name psapi has for it.
///
/// # Safety
///
/// As [`K32QueryWorkingSetEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryWorkingSetEx(
    hProcess: usize,
    pv: *mut PSAPI_WORKING_SET_EX_INFORMATION,
    cb: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { K32QueryWorkingSetEx(hProcess, pv, cb) }
}
