//! Sections and views: CreateFileMapping and its family.

use core::ffi::{c_char, c_void};

use winpages_kernel::address_space::{AddressRequirements, Protection};
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::section::{self, CreateSection, Disposition, MapView, ViewType};
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_ALREADY_EXISTS, ERROR_SUCCESS};
use crate::last_error::{self, fail};
use crate::object_name::{self, GivenName, handle_value};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

/// The SEC_ bits of CreateFileMapping's protection argument; the others are PAGE_ bits.
const SECTION_BITS: u32 = 0xFF80_0000;
const SEC_COMMIT: u32 = 0x0800_0000;

const FILE_MAP_COPY: u32 = 0x01;
const FILE_MAP_WRITE: u32 = 0x02;
const FILE_MAP_READ: u32 = 0x04;
const FILE_MAP_EXECUTE: u32 = 0x20;
/// Bits that say how to map, not what may be done: FILE_MAP_LARGE_PAGES and
/// FILE_MAP_TARGETS_INVALID.
const FILE_MAP_HINTS: u32 = 0x6000_0000;

/// The rights CreateFileMapping's handle has: what the protection it names allows.
fn rights_of(protection: u32) -> AccessMask {
    let protection = Protection::from_bits_retain(protection);
    let mut access = AccessMask::STANDARD_RIGHTS_REQUIRED
        | AccessMask::SECTION_QUERY
        | AccessMask::SECTION_MAP_READ;
    let writes = protection.is_written_through();
    access.set(AccessMask::SECTION_MAP_WRITE, writes);
    access.set(AccessMask::SECTION_MAP_EXECUTE, protection.is_executable());
    access
}

fn create(
    file: usize,
    given: Result<Given, NtStatus>,
    protect: u32,
    size: u64,
    name: GivenName,
) -> usize {
    let protection = protect & !SECTION_BITS;
    let flags = match protect & SECTION_BITS {
        0 => SEC_COMMIT,
        flags => flags,
    };
    // NULL means the paging file, too: kernel32 hands NtCreateSection no file in both cases.
    let file = match Handle::from_value(file) {
        Handle::CURRENT_PROCESS => None,
        handle if handle.value() == 0 => None,
        handle => Some(handle),
    };
    let created = object_name::to_create(name).and_then(|name| {
        let given = given?;
        section::create_section(&CreateSection {
            name,
            access: rights_of(protection),
            attributes: given.attributes,
            security: given.security,
            size,
            protection,
            flags,
            file,
        })
    });
    handle_value(created.map(|(handle, disposition)| {
        last_error::set(match disposition {
            Disposition::Created => ERROR_SUCCESS,
            Disposition::Existing => ERROR_ALREADY_EXISTS,
        });
        handle
    }))
}

/// CreateFileMappingW: makes a section of memory or of a file, or opens the one of that name.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingW(
    hFile: usize,
    lpFileMappingAttributes: *const SECURITY_ATTRIBUTES,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: *const u16,
) -> usize {
    let size = (u64::from(dwMaximumSizeHigh) << 32) | u64::from(dwMaximumSizeLow);
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpFileMappingAttributes), text::wide(lpName)) };
    create(hFile, given, flProtect, size, name)
}

/// CreateFileMappingA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingA(
    hFile: usize,
    lpFileMappingAttributes: *const SECURITY_ATTRIBUTES,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: *const c_char,
) -> usize {
    let size = (u64::from(dwMaximumSizeHigh) << 32) | u64::from(dwMaximumSizeLow);
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpFileMappingAttributes), object_name::ansi(lpName)) };
    create(hFile, given, flProtect, size, name)
}

fn open(access: u32, inherit: i32, name: GivenName) -> usize {
    // The bits of FILE_MAP_HINTS are generic rights here.
    let mut rights = AccessMask::from_bits_retain(access & !FILE_MAP_EXECUTE);
    if access == FILE_MAP_COPY {
        // Copying takes no more than reading.
        rights = AccessMask::SECTION_MAP_READ;
    }
    rights.set(
        AccessMask::SECTION_MAP_EXECUTE,
        access & FILE_MAP_EXECUTE != 0 || rights.contains(AccessMask::SECTION_MAP_EXECUTE),
    );
    let attributes = if inherit != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    };
    handle_value(
        object_name::to_open(name)
            .and_then(|name| section::open_section(&name, rights, attributes)),
    )
}

/// OpenFileMappingW: opens the section of a name.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenFileMappingW(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    open(dwDesiredAccess, bInheritHandle, unsafe {
        text::wide(lpName)
    })
}

/// OpenFileMappingA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenFileMappingA(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    open(dwDesiredAccess, bInheritHandle, unsafe {
        object_name::ansi(lpName)
    })
}

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
    let mapped = section::map_view_of_section(&MapView {
        section: Handle::from_value(hFileMappingObject),
        base: lpBaseAddress as usize,
        offset: (u64::from(dwFileOffsetHigh) << 32) | u64::from(dwFileOffsetLow),
        size: dwNumberOfBytesToMap,
        protection: view_protection(dwDesiredAccess),
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    });
    match mapped {
        Ok(range) => range.base as *mut c_void,
        Err(status) => {
            fail(status);
            core::ptr::null_mut()
        }
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
