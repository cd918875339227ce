//! Heaps: HeapCreate, HeapAlloc and their kin.
//!
//! A pointer that is no live block of the heap is refused: FALSE, NULL or `(SIZE_T)-1`, and
//! ERROR_INVALID_PARAMETER. After HeapSetInformation(HeapEnableTerminationOnCorruption) the exception
//! STATUS_HEAP_CORRUPTION is raised instead, which cannot be continued.

use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use winpages_kernel::NtStatus;
use winpages_kernel::exception::raise_exception;
use winpages_kernel::heap::{self, HeapHandle, HeapOptions};
use winpages_kernel::sys::fault;

use crate::error_code::{ERROR_INVALID_PARAMETER, ERROR_NOACCESS, ERROR_SUCCESS};
use crate::last_error;

/// Whether the process is to end when a heap finds that it has been misused.
static ENDS_ON_CORRUPTION: AtomicBool = AtomicBool::new(false);

const EXCEPTION_NONCONTINUABLE: u32 = 1;

pub(crate) fn handle(raw: *mut c_void) -> HeapHandle {
    HeapHandle::from_raw(raw as usize)
}

pub(crate) fn options(flags: u32) -> HeapOptions {
    HeapOptions::from_bits_truncate(flags)
}

/// Sets the last error for what a heap has refused.
#[cold]
fn refuse(status: NtStatus) {
    let is_misuse = matches!(
        status,
        NtStatus::INVALID_PARAMETER | NtStatus::HEAP_CORRUPTION
    );
    if is_misuse && ENDS_ON_CORRUPTION.load(Ordering::Relaxed) {
        let code = NtStatus::HEAP_CORRUPTION.code();
        raise_exception(code, EXCEPTION_NONCONTINUABLE, &[]);
    }
    if status == NtStatus::HEAP_CORRUPTION {
        last_error::set(ERROR_INVALID_PARAMETER);
    } else {
        last_error::fail(status);
    }
}

/// The block, or NULL; where the heap or the call wants exceptions, that is raised.
#[inline]
fn block(heap: *mut c_void, flags: u32, result: Result<NonNull<u8>, NtStatus>) -> *mut c_void {
    match result {
        Ok(block) => block.as_ptr().cast(),
        Err(status) => no_block(heap, flags, status),
    }
}

#[cold]
fn no_block(heap: *mut c_void, flags: u32, status: NtStatus) -> *mut c_void {
    let status = match status {
        NtStatus::COMMITMENT_LIMIT => NtStatus::NO_MEMORY,
        status => status,
    };
    let of_heap = heap::options(handle(heap)).unwrap_or_default();
    if (of_heap | options(flags)).contains(HeapOptions::GENERATE_EXCEPTIONS) {
        let status = match status {
            NtStatus::NO_MEMORY => status,
            _ => NtStatus::ACCESS_VIOLATION,
        };
        raise_exception(status.code(), 0, &[]);
    }
    refuse(status);
    core::ptr::null_mut()
}

/// HeapCreate: `dwMaximumSize` 0 makes a heap that grows.
#[unsafe(no_mangle)]
pub extern "C" fn HeapCreate(
    flOptions: u32,
    dwInitialSize: usize,
    dwMaximumSize: usize,
) -> *mut c_void {
    match heap::create(options(flOptions), dwInitialSize, dwMaximumSize) {
        Ok(heap) => heap.as_raw() as *mut c_void,
        Err(_) => {
            last_error::fail(NtStatus::NO_MEMORY);
            core::ptr::null_mut()
        }
    }
}

/// HeapDestroy: TRUE for NULL, as on Windows; ERROR_INVALID_HANDLE for the process's heap.
#[unsafe(no_mangle)]
pub extern "C" fn HeapDestroy(hHeap: *mut c_void) -> i32 {
    if hHeap.is_null() {
        return 1;
    }
    // SAFETY: a C program answers for its blocks.
    last_error::boolean(unsafe { heap::destroy(handle(hHeap)) })
}

/// HeapAlloc: a block aligned to 16 bytes, or to 64 if it is very large. NULL, and
/// ERROR_NOT_ENOUGH_MEMORY, or the exception STATUS_NO_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn HeapAlloc(hHeap: *mut c_void, dwFlags: u32, dwBytes: usize) -> *mut c_void {
    match heap::allocate_cached(handle(hHeap), options(dwFlags), dwBytes) {
        Some(block) => block.as_ptr().cast(),
        // A tail call, so that the function above needs no frame.
        None => allocate(hHeap, dwFlags, dwBytes),
    }
}

#[cold]
extern "C" fn allocate(heap: *mut c_void, flags: u32, size: usize) -> *mut c_void {
    let result = heap::allocate(handle(heap), options(flags), size);
    block(heap, flags, result)
}

/// HeapReAlloc: NULL for the block NULL, and the last error is then 0, as on Windows.
///
/// # Safety
///
/// If `lpMem` is a live block, nobody else may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapReAlloc(
    hHeap: *mut c_void,
    dwFlags: u32,
    lpMem: *mut c_void,
    dwBytes: usize,
) -> *mut c_void {
    if lpMem.is_null() {
        last_error::set(ERROR_SUCCESS);
        return lpMem;
    }
    // SAFETY: passed on.
    let result =
        unsafe { heap::reallocate(handle(hHeap), options(dwFlags), lpMem.cast(), dwBytes) };
    block(hHeap, dwFlags, result)
}

/// HeapFree: TRUE for the block NULL; FALSE, and ERROR_INVALID_PARAMETER, for what is no live block of
/// the heap.
///
/// # Safety
///
/// If `lpMem` is a live block, nobody may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapFree(hHeap: *mut c_void, dwFlags: u32, lpMem: *mut c_void) -> i32 {
    // SAFETY: passed on.
    if unsafe { heap::free_cached(handle(hHeap), lpMem.cast()) } {
        1
    } else {
        free(hHeap, dwFlags, lpMem)
    }
}

#[cold]
extern "C" fn free(heap: *mut c_void, flags: u32, block: *mut c_void) -> i32 {
    if block.is_null() {
        return 1;
    }
    // SAFETY: HeapFree's caller vouches for the block.
    match unsafe { heap::free(handle(heap), options(flags), block.cast()) } {
        Ok(()) => 1,
        Err(status) => {
            refuse(status);
            0
        }
    }
}

/// HeapSize: the size that was asked for; `(SIZE_T)-1`, and ERROR_INVALID_PARAMETER, for what is no live
/// block of the heap.
#[unsafe(no_mangle)]
pub extern "C" fn HeapSize(hHeap: *mut c_void, dwFlags: u32, lpMem: *const c_void) -> usize {
    match heap::size(handle(hHeap), options(dwFlags), lpMem.cast()) {
        Ok(size) => size,
        Err(status) => {
            refuse(status);
            usize::MAX
        }
    }
}

/// HeapValidate: whether a block, or with NULL the whole heap, is whole. Sets the last error for a
/// pointer that cannot be read, alone.
#[unsafe(no_mangle)]
pub extern "C" fn HeapValidate(hHeap: *mut c_void, dwFlags: u32, lpMem: *const c_void) -> i32 {
    let asked = (!lpMem.is_null()).then_some(lpMem.cast::<u8>());
    let is_whole = heap::validate(handle(hHeap), options(dwFlags), asked).unwrap_or(false);
    if !is_whole && let Some(asked) = asked {
        // SAFETY: any bytes are an integer.
        if unsafe { fault::read(asked) }.is_err() {
            last_error::set(ERROR_NOACCESS);
        }
    }
    i32::from(is_whole)
}

/// HeapCompact: gives free memory back; answers the size of the largest free piece that is committed.
#[unsafe(no_mangle)]
pub extern "C" fn HeapCompact(hHeap: *mut c_void, dwFlags: u32) -> usize {
    let _ = dwFlags;
    heap::compact(handle(hHeap)).unwrap_or_else(|status| {
        last_error::fail(status);
        0
    })
}

/// HeapLock: keeps other threads out until HeapUnlock.
#[unsafe(no_mangle)]
pub extern "C" fn HeapLock(hHeap: *mut c_void) -> i32 {
    last_error::boolean(heap::lock(handle(hHeap)))
}

/// HeapUnlock: FALSE, and ERROR_NOT_OWNER, if the calling thread has not locked the heap.
#[unsafe(no_mangle)]
pub extern "C" fn HeapUnlock(hHeap: *mut c_void) -> i32 {
    last_error::boolean(heap::unlock(handle(hHeap)))
}

/// GetProcessHeap: the heap that every process has.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessHeap() -> *mut c_void {
    match heap::process_heap() {
        Ok(heap) => heap.as_raw() as *mut c_void,
        Err(status) => {
            last_error::fail(status);
            core::ptr::null_mut()
        }
    }
}

/// GetProcessHeaps: answers how many heaps there are, and writes as many handles as there is room for,
/// the process's own first.
///
/// # Safety
///
/// `ProcessHeaps` must have room for `NumberOfHeaps` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessHeaps(
    NumberOfHeaps: u32,
    ProcessHeaps: *mut *mut c_void,
) -> u32 {
    let mut count = 0u32;
    let mut written = Ok(());
    heap::for_each(|heap| {
        if count < NumberOfHeaps {
            let heap = heap.as_raw() as *mut c_void;
            // SAFETY: the caller gives room for that many.
            written = written
                .and(unsafe { fault::write(ProcessHeaps.wrapping_add(count as usize), &heap) });
        }
        count += 1;
    });
    if written.is_err() {
        last_error::fail(NtStatus::ACCESS_VIOLATION);
        return 0;
    }
    count
}

/// HeapCompatibilityInformation
const COMPATIBILITY: u32 = 0;
/// HeapEnableTerminationOnCorruption
const END_ON_CORRUPTION: u32 = 1;
/// HeapOptimizeResources
const OPTIMIZE_RESOURCES: u32 = 3;

pub(crate) fn query(
    raw: *mut c_void,
    class: u32,
    information: *mut c_void,
    length: usize,
    return_length: *mut usize,
) -> Result<(), NtStatus> {
    if class != COMPATIBILITY {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if raw.is_null() {
        return Err(NtStatus::ACCESS_VIOLATION);
    }
    let value = heap::compatibility(handle(raw))?;
    let bad = |_| NtStatus::ACCESS_VIOLATION;
    if !return_length.is_null() {
        // SAFETY: the caller's to write.
        unsafe { fault::write(return_length, &size_of::<u32>()) }.map_err(bad)?;
    }
    if length < size_of::<u32>() {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    // SAFETY: the caller's to write.
    unsafe { fault::write(information.cast(), &value) }.map_err(bad)
}

pub(crate) fn set(
    raw: *mut c_void,
    class: u32,
    information: *const c_void,
    length: usize,
) -> Result<(), NtStatus> {
    let bad = |_| NtStatus::ACCESS_VIOLATION;
    match class {
        COMPATIBILITY if length < size_of::<u32>() => Err(NtStatus::BUFFER_TOO_SMALL),
        COMPATIBILITY => {
            // SAFETY: any bytes are an integer.
            let value = unsafe { fault::read(information.cast()) }.map_err(bad)?;
            heap::set_compatibility(handle(raw), value)
        }
        END_ON_CORRUPTION => {
            ENDS_ON_CORRUPTION.store(true, Ordering::Relaxed);
            Ok(())
        }
        OPTIMIZE_RESOURCES => {
            /// HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION
            const VERSION: u32 = 1;
            if length < size_of::<[u32; 2]>() {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            // SAFETY: any bytes are integers.
            let [version, _] =
                unsafe { fault::read::<[u32; 2]>(information.cast()) }.map_err(bad)?;
            if version != VERSION {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            optimize(raw)
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Makes a heap, or with NULL all heaps, as small as can be.
fn optimize(raw: *mut c_void) -> Result<(), NtStatus> {
    if !raw.is_null() {
        return heap::compact(handle(raw)).map(drop);
    }
    // One after the other: compacting takes the lock that listing holds.
    let mut index = 0;
    loop {
        let mut at = 0;
        let mut found = None;
        heap::for_each(|heap| {
            if at == index {
                found = Some(heap);
            }
            at += 1;
        });
        let Some(heap) = found else { return Ok(()) };
        // A heap that has gone meanwhile is as small as can be.
        let _ = heap::compact(heap);
        index += 1;
    }
}

/// HeapQueryInformation: HeapCompatibilityInformation, which is 0 or 2.
///
/// # Safety
///
/// The two pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapQueryInformation(
    HeapHandle: *mut c_void,
    HeapInformationClass: u32,
    HeapInformation: *mut c_void,
    HeapInformationLength: usize,
    ReturnLength: *mut usize,
) -> i32 {
    last_error::boolean(query(
        HeapHandle,
        HeapInformationClass,
        HeapInformation,
        HeapInformationLength,
        ReturnLength,
    ))
}

/// HeapSetInformation: HeapCompatibilityInformation, HeapEnableTerminationOnCorruption,
/// HeapOptimizeResources.
///
/// # Safety
///
/// `HeapInformation` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapSetInformation(
    HeapHandle: *mut c_void,
    HeapInformationClass: u32,
    HeapInformation: *const c_void,
    HeapInformationLength: usize,
) -> i32 {
    last_error::boolean(set(
        HeapHandle,
        HeapInformationClass,
        HeapInformation,
        HeapInformationLength,
    ))
}
