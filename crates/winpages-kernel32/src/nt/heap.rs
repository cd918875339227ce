//! RtlAllocateHeap and its kin: what kernel32's heap functions stand on.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::heap;
use winpages_kernel::sys::fault;

use super::argument::status;
use crate::heap::*;
use crate::heap_walk::{PROCESS_HEAP_ENTRY, of_entry, to_entry};

/// RtlCreateHeap: memory of the caller's own, a lock and parameters are not taken.
#[unsafe(no_mangle)]
pub extern "C" fn RtlCreateHeap(
    Flags: u32,
    HeapBase: *mut c_void,
    ReserveSize: usize,
    CommitSize: usize,
    Lock: *mut c_void,
    Parameters: *mut c_void,
) -> *mut c_void {
    /// HEAP_GROWABLE
    const GROWABLE: u32 = 2;
    let _ = Parameters;
    if !HeapBase.is_null() || !Lock.is_null() {
        return core::ptr::null_mut();
    }
    let (initial, maximum) = if Flags & GROWABLE != 0 {
        (CommitSize, 0)
    } else {
        // A heap that cannot grow has the size it is given, or a default.
        const DEFAULT: usize = 1 << 20;
        let reserve = if ReserveSize == 0 {
            DEFAULT
        } else {
            ReserveSize
        };
        (CommitSize, reserve)
    };
    let heap = heap::create(options(Flags), initial, maximum);
    heap.map_or(core::ptr::null_mut(), |heap| heap.as_raw() as *mut c_void)
}

/// RtlDestroyHeap: NULL; or the heap, if it was not destroyed.
#[unsafe(no_mangle)]
pub extern "C" fn RtlDestroyHeap(HeapHandle: *mut c_void) -> *mut c_void {
    // SAFETY: a C program answers for its blocks.
    match unsafe { heap::destroy(handle(HeapHandle)) } {
        Err(_) if !HeapHandle.is_null() => HeapHandle,
        _ => core::ptr::null_mut(),
    }
}

/// RtlAllocateHeap: as HeapAlloc.
#[unsafe(no_mangle)]
pub extern "C" fn RtlAllocateHeap(HeapHandle: *mut c_void, Flags: u32, Size: usize) -> *mut c_void {
    HeapAlloc(HeapHandle, Flags, Size)
}

/// RtlReAllocateHeap: as HeapReAlloc.
///
/// # Safety
///
/// As [`HeapReAlloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlReAllocateHeap(
    HeapHandle: *mut c_void,
    Flags: u32,
    BaseAddress: *mut c_void,
    Size: usize,
) -> *mut c_void {
    // SAFETY: passed on.
    unsafe { HeapReAlloc(HeapHandle, Flags, BaseAddress, Size) }
}

/// RtlFreeHeap: as HeapFree, with a BOOLEAN.
///
/// # Safety
///
/// As [`HeapFree`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFreeHeap(
    HeapHandle: *mut c_void,
    Flags: u32,
    BaseAddress: *mut c_void,
) -> u8 {
    // SAFETY: passed on.
    u8::from(unsafe { HeapFree(HeapHandle, Flags, BaseAddress) } != 0)
}

/// RtlSizeHeap: as HeapSize.
#[unsafe(no_mangle)]
pub extern "C" fn RtlSizeHeap(
    HeapHandle: *mut c_void,
    Flags: u32,
    BaseAddress: *const c_void,
) -> usize {
    HeapSize(HeapHandle, Flags, BaseAddress)
}

/// RtlValidateHeap: as HeapValidate, with a BOOLEAN.
#[unsafe(no_mangle)]
pub extern "C" fn RtlValidateHeap(
    HeapHandle: *mut c_void,
    Flags: u32,
    BaseAddress: *const c_void,
) -> u8 {
    u8::from(HeapValidate(HeapHandle, Flags, BaseAddress) != 0)
}

/// RtlCompactHeap: as HeapCompact.
#[unsafe(no_mangle)]
pub extern "C" fn RtlCompactHeap(HeapHandle: *mut c_void, Flags: u32) -> u32 {
    u32::try_from(HeapCompact(HeapHandle, Flags)).unwrap_or(u32::MAX)
}

/// RtlLockHeap: whether the heap is locked now.
#[unsafe(no_mangle)]
pub extern "C" fn RtlLockHeap(HeapHandle: *mut c_void) -> u8 {
    u8::from(heap::lock(handle(HeapHandle)).is_ok())
}

/// RtlUnlockHeap: whether the calling thread had locked it.
#[unsafe(no_mangle)]
pub extern "C" fn RtlUnlockHeap(HeapHandle: *mut c_void) -> u8 {
    u8::from(heap::unlock(handle(HeapHandle)).is_ok())
}

/// RtlGetProcessHeaps: as GetProcessHeaps.
///
/// # Safety
///
/// As [`GetProcessHeaps`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlGetProcessHeaps(
    NumberOfHeaps: u32,
    ProcessHeaps: *mut *mut c_void,
) -> u32 {
    // SAFETY: passed on.
    unsafe { GetProcessHeaps(NumberOfHeaps, ProcessHeaps) }
}

/// RtlQueryHeapInformation: as HeapQueryInformation.
///
/// # Safety
///
/// As [`HeapQueryInformation`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlQueryHeapInformation(
    HeapHandle: *mut c_void,
    HeapInformationClass: u32,
    HeapInformation: *mut c_void,
    HeapInformationLength: usize,
    ReturnLength: *mut usize,
) -> i32 {
    status(query(
        HeapHandle,
        HeapInformationClass,
        HeapInformation,
        HeapInformationLength,
        ReturnLength,
    ))
}

/// RtlSetHeapInformation: as HeapSetInformation.
///
/// # Safety
///
/// As [`HeapSetInformation`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlSetHeapInformation(
    HeapHandle: *mut c_void,
    HeapInformationClass: u32,
    HeapInformation: *const c_void,
    HeapInformationLength: usize,
) -> i32 {
    status(set(
        HeapHandle,
        HeapInformationClass,
        HeapInformation,
        HeapInformationLength,
    ))
}

/// RTL_HEAP_WALK_ENTRY
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTL_HEAP_WALK_ENTRY {
    /// As PROCESS_HEAP_ENTRY has it.
    pub DataAddress: *mut c_void,
    /// Its size.
    pub DataSize: usize,
    /// How many bytes beside them serve the heap.
    pub OverheadBytes: u8,
    /// The segment.
    pub SegmentIndex: u8,
    /// RTL_HEAP_ flags.
    pub Flags: u16,
    /// `Segment`, for a segment: as PROCESS_HEAP_ENTRY has it.
    pub Segment: crate::heap_walk::HEAP_REGION,
}

/// The flags that RTL_HEAP_WALK_ENTRY numbers otherwise than PROCESS_HEAP_ENTRY, in pairs.
const FLAGS: [(u16, u16); 3] = [(0x1, 0x4), (0x2, 0x1), (0x100, 0x2)];

/// RtlWalkHeap: as HeapWalk. STATUS_NO_MORE_ENTRIES at the end.
///
/// # Safety
///
/// `Entry` must be a C program's to read and write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlWalkHeap(
    HeapHandle: *mut c_void,
    Entry: *mut RTL_HEAP_WALK_ENTRY,
) -> i32 {
    let step = || {
        let bad = |_| NtStatus::INVALID_PARAMETER;
        // SAFETY: any bytes are integers and pointers, and nothing is assumed of the pointer.
        let shown = unsafe { fault::read(Entry) }.map_err(bad)?;
        let of_process = FLAGS.iter().filter(|(own, _)| shown.Flags & own != 0);
        let shown = PROCESS_HEAP_ENTRY {
            lpData: shown.DataAddress,
            cbData: u32::try_from(shown.DataSize).unwrap_or(u32::MAX),
            cbOverhead: shown.OverheadBytes,
            iRegionIndex: shown.SegmentIndex,
            wFlags: of_process.map(|(_, other)| other).sum(),
            Region: shown.Segment,
        };
        let next = heap::walk(handle(HeapHandle), to_entry(&shown))?;
        let next = next.ok_or(NtStatus::NO_MORE_ENTRIES)?;
        let size = next.size;
        let next = of_entry(&next);
        let own = FLAGS.iter().filter(|(_, other)| next.wFlags & other != 0);
        let next = RTL_HEAP_WALK_ENTRY {
            DataAddress: next.lpData,
            DataSize: size,
            OverheadBytes: next.cbOverhead,
            SegmentIndex: next.iRegionIndex,
            Flags: own.map(|(own, _)| own).sum(),
            Segment: next.Region,
        };
        // SAFETY: the caller's to write.
        unsafe { fault::write(Entry, &next) }.map_err(bad)
    };
    status(step())
}
