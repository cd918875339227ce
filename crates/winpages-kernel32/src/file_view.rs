//! Views of sections: MapViewOfFile and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::{AddressRequirements, PageRange, Protection};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::section::{self, MapView, ViewType};
use winpages_kernel::{Handle, NtStatus};

use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};
use crate::last_error::{self, fail};
use crate::virtual_memory::target;

const FILE_MAP_COPY: u32 = 0x01;
const FILE_MAP_WRITE: u32 = 0x02;
const FILE_MAP_READ: u32 = 0x04;
const FILE_MAP_EXECUTE: u32 = 0x20;
const FILE_MAP_LARGE_PAGES: u32 = 0x2000_0000;
const FILE_MAP_TARGETS_INVALID: u32 = 0x4000_0000;
/// Bits that say how to map, not what may be done.
const FILE_MAP_HINTS: u32 = FILE_MAP_LARGE_PAGES | FILE_MAP_TARGETS_INVALID;

/// The protection of a view for FILE_MAP_ bits: copying is asked for by FILE_MAP_COPY and nothing
/// else, and what asks for nothing known gets a view that cannot be touched.
fn view_protection(access: u32) -> Protection {
    let access = access & !FILE_MAP_HINTS;
    let executes = access & FILE_MAP_EXECUTE != 0;
    let rest = access & !FILE_MAP_EXECUTE;
    match (rest, executes) {
        (FILE_MAP_COPY, false) => Protection::WRITECOPY,
        (FILE_MAP_COPY, true) => Protection::EXECUTE_WRITECOPY,
        (rest, false) if rest & FILE_MAP_WRITE != 0 => Protection::READWRITE,
        (rest, true) if rest & FILE_MAP_WRITE != 0 => Protection::EXECUTE_READWRITE,
        (rest, false) if rest & FILE_MAP_READ != 0 => Protection::READONLY,
        (rest, true) if rest & FILE_MAP_READ != 0 => Protection::EXECUTE_READ,
        _ => Protection::NOACCESS,
    }
}

/// MapViewOfFileEx: maps a view of a section, at an address of the caller's choice.
///
/// # Safety
///
/// What the view shows may be changed by others at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFileEx(
    hFileMappingObject: usize,
    dwDesiredAccess: u32,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
    lpBaseAddress: *mut c_void,
) -> *mut c_void {
    let mut kind = ViewType::empty();
    kind.set(
        ViewType::LARGE_PAGES,
        dwDesiredAccess & FILE_MAP_LARGE_PAGES != 0,
    );
    mapped(section::map_view_of_section(&MapView {
        section: Handle::from_value(hFileMappingObject),
        base: lpBaseAddress as usize,
        offset: (u64::from(dwFileOffsetHigh) << 32) | u64::from(dwFileOffsetLow),
        size: dwNumberOfBytesToMap,
        protection: view_protection(dwDesiredAccess),
        requirements: AddressRequirements::default(),
        kind,
    }))
}

/// MapViewOfFileExNuma: as [`MapViewOfFileEx`], with a preferred node, which is a hint.
///
/// # Safety
///
/// As [`MapViewOfFileEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFileExNuma(
    hFileMappingObject: usize,
    dwDesiredAccess: u32,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
    lpBaseAddress: *mut c_void,
    nndPreferred: u32,
) -> *mut c_void {
    if let Err(status) = extended_parameter::check_node(nndPreferred) {
        return mapped(Err(status));
    }
    // SAFETY: passed on.
    unsafe {
        MapViewOfFileEx(
            hFileMappingObject,
            dwDesiredAccess,
            dwFileOffsetHigh,
            dwFileOffsetLow,
            dwNumberOfBytesToMap,
            lpBaseAddress,
        )
    }
}

/// MapViewOfFile: maps a view of a section where there is room.
///
/// # Safety
///
/// As [`MapViewOfFileEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFile(
    hFileMappingObject: usize,
    dwDesiredAccess: u32,
    dwFileOffsetHigh: u32,
    dwFileOffsetLow: u32,
    dwNumberOfBytesToMap: usize,
) -> *mut c_void {
    // SAFETY: passed on.
    unsafe {
        MapViewOfFileEx(
            hFileMappingObject,
            dwDesiredAccess,
            dwFileOffsetHigh,
            dwFileOffsetLow,
            dwNumberOfBytesToMap,
            core::ptr::null_mut(),
        )
    }
}

/// UnmapViewOfFile: unmaps the view that an address lies in.
///
/// # Safety
///
/// Nobody may use the view afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnmapViewOfFile(lpBaseAddress: *const c_void) -> i32 {
    last_error::boolean(section::unmap_view_of_section(lpBaseAddress as usize))
}

/// The address of a view, or NULL and the last error.
fn mapped(result: Result<PageRange, NtStatus>) -> *mut c_void {
    match result {
        Ok(range) => range.base as *mut c_void,
        Err(status) => {
            fail(status);
            core::ptr::null_mut()
        }
    }
}

/// MapViewOfFileNuma2: maps a view into a process, with a protection in place of FILE_MAP_ bits, and
/// a preferred node, which is a hint. MapViewOfFile2 is this without one.
///
/// Microsoft says that the address is rounded down to a multiple of 64 KiB, here and of
/// NtMapViewOfSection, which does the work; that call is known to refuse what is none.
///
/// # Safety
///
/// As [`MapViewOfFileEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFileNuma2(
    FileMappingHandle: usize,
    ProcessHandle: usize,
    Offset: u64,
    BaseAddress: *mut c_void,
    ViewSize: usize,
    AllocationType: u32,
    PageProtection: u32,
    PreferredNode: u32,
) -> *mut c_void {
    let map = || {
        extended_parameter::check_node(PreferredNode)?;
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let request = MapView {
            section: Handle::from_value(FileMappingHandle),
            base: BaseAddress as usize,
            offset: Offset,
            size: ViewSize,
            protection: Protection::parse(PageProtection)?,
            requirements: AddressRequirements::default(),
            kind: ViewType::parse(AllocationType)?,
        };
        process::map_view(&process, &request).map(|(view, _)| view)
    };
    mapped(map())
}

/// MapViewOfFile3: maps a view where the requirements among the parameters are met, or in the place of
/// a placeholder. A process of NULL is the calling one.
///
/// # Safety
///
/// As [`MapViewOfFileEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapViewOfFile3(
    FileMapping: usize,
    Process: usize,
    BaseAddress: *mut c_void,
    Offset: u64,
    ViewSize: usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ParameterCount: u32,
) -> *mut c_void {
    let map = || {
        let base = BaseAddress as usize;
        // SAFETY: the caller's pointer.
        let requirements =
            unsafe { extended_parameter::of_view(ExtendedParameters, ParameterCount, base)? };
        let process = match Process {
            0 => Target::Own,
            handle => target(handle, AccessMask::PROCESS_VM_OPERATION)?,
        };
        let request = MapView {
            section: Handle::from_value(FileMapping),
            base,
            offset: Offset,
            size: ViewSize,
            protection: Protection::parse(PageProtection)?,
            requirements,
            kind: ViewType::parse_ex(AllocationType)?,
        };
        process::map_view(&process, &request).map(|(view, _)| view)
    };
    mapped(map())
}

/// UnmapViewOfFileEx: unmaps the view that an address lies in, and leaves the placeholder whose place
/// it took, if told to.
///
/// # Safety
///
/// As [`UnmapViewOfFile`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnmapViewOfFileEx(BaseAddress: *mut c_void, UnmapFlags: u32) -> i32 {
    last_error::boolean(section::unmap_view_of_section_ex(
        BaseAddress as usize,
        UnmapFlags,
    ))
}

/// UnmapViewOfFile2: the same in a process.
///
/// # Safety
///
/// As [`UnmapViewOfFile`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnmapViewOfFile2(
    Process: usize,
    BaseAddress: *mut c_void,
    UnmapFlags: u32,
) -> i32 {
    last_error::boolean(
        target(Process, AccessMask::PROCESS_VM_OPERATION)
            .and_then(|process| process::unmap_view(&process, BaseAddress as usize, UnmapFlags)),
    )
}

/// FlushViewOfFile: writes changed pages of a view of a file to it.
///
/// # Safety
///
/// None of its own: an address outside any view is ERROR_INVALID_ADDRESS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FlushViewOfFile(
    lpBaseAddress: *const c_void,
    dwNumberOfBytesToFlush: usize,
) -> i32 {
    last_error::boolean(section::flush_view(
        lpBaseAddress as usize,
        dwNumberOfBytesToFlush,
    ))
}
