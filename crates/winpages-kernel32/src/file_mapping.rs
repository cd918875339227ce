//! Sections: CreateFileMapping and OpenFileMapping.

use core::ffi::c_char;

use winpages_kernel::address_space::Protection;
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::section::{self, CreateSection, Disposition};
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_ALREADY_EXISTS, ERROR_SUCCESS};
use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};
use crate::last_error;
use crate::object_name::{self, GivenName, handle_value};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

/// The SEC_ bits of CreateFileMapping's protection argument; the others are PAGE_ bits.
const SECTION_BITS: u32 = 0xFF80_0000;
const SEC_COMMIT: u32 = 0x0800_0000;

const FILE_MAP_COPY: u32 = 0x01;
const FILE_MAP_EXECUTE: u32 = 0x20;

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

/// What a section is made of, of the arguments of all functions that make one.
struct Request {
    file: usize,
    given: Result<Given, NtStatus>,
    access: AccessMask,
    protection: u32,
    flags: u32,
    size: u64,
    name: GivenName,
}

impl Request {
    /// The request of a function that takes PAGE_ and SEC_ bits as one argument.
    fn from_protect(
        file: usize,
        given: Result<Given, NtStatus>,
        protect: u32,
        size: u64,
        name: GivenName,
    ) -> Self {
        let protection = protect & !SECTION_BITS;
        Self {
            file,
            given,
            access: rights_of(protection),
            protection,
            flags: protect & SECTION_BITS,
            size,
            name,
        }
    }

    fn create(self) -> usize {
        // NULL means the paging file, too: kernel32 hands NtCreateSection no file in both cases.
        let file = match Handle::from_value(self.file) {
            Handle::CURRENT_PROCESS => None,
            handle if handle.value() == 0 => None,
            handle => Some(handle),
        };
        let flags = if self.flags == 0 {
            SEC_COMMIT
        } else {
            self.flags
        };
        let created = object_name::to_create(self.name).and_then(|name| {
            let given = self.given?;
            section::create_section(&CreateSection {
                name,
                access: self.access,
                attributes: given.attributes,
                security: given.security,
                size: self.size,
                protection: self.protection,
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
    Request::from_protect(hFile, given, flProtect, size, name).create()
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
    Request::from_protect(hFile, given, flProtect, size, name).create()
}

/// CreateFileMappingNumaW: as [`CreateFileMappingW`], with a preferred node, which is a hint.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingNumaW(
    hFile: usize,
    lpFileMappingAttributes: *const SECURITY_ATTRIBUTES,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: *const u16,
    nndPreferred: u32,
) -> usize {
    if let Err(status) = extended_parameter::check_node(nndPreferred) {
        return handle_value(Err(status));
    }
    // SAFETY: passed on.
    unsafe {
        CreateFileMappingW(
            hFile,
            lpFileMappingAttributes,
            flProtect,
            dwMaximumSizeHigh,
            dwMaximumSizeLow,
            lpName,
        )
    }
}

/// CreateFileMappingNumaA: as [`CreateFileMappingA`], with a preferred node, which is a hint.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMappingNumaA(
    hFile: usize,
    lpFileMappingAttributes: *const SECURITY_ATTRIBUTES,
    flProtect: u32,
    dwMaximumSizeHigh: u32,
    dwMaximumSizeLow: u32,
    lpName: *const c_char,
    nndPreferred: u32,
) -> usize {
    if let Err(status) = extended_parameter::check_node(nndPreferred) {
        return handle_value(Err(status));
    }
    // SAFETY: passed on.
    unsafe {
        CreateFileMappingA(
            hFile,
            lpFileMappingAttributes,
            flProtect,
            dwMaximumSizeHigh,
            dwMaximumSizeLow,
            lpName,
        )
    }
}

/// CreateFileMapping2: as [`CreateFileMappingW`], with the rights of the handle, and extended
/// parameters, of which a preferred node is taken.
///
/// # Safety
///
/// As [`CreateFileMappingW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileMapping2(
    File: usize,
    SecurityAttributes: *const SECURITY_ATTRIBUTES,
    DesiredAccess: u32,
    PageProtection: u32,
    AllocationAttributes: u32,
    MaximumSize: u64,
    Name: *const u16,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ParameterCount: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (parameters, given, name) = unsafe {
        (
            extended_parameter::of_section(ExtendedParameters, ParameterCount),
            given(SecurityAttributes),
            text::wide(Name),
        )
    };
    if let Err(status) = parameters {
        return handle_value(Err(status));
    }
    let request = Request {
        file: File,
        given,
        access: rights_asked_for(DesiredAccess),
        protection: PageProtection,
        flags: AllocationAttributes,
        size: MaximumSize,
        name,
    };
    request.create()
}

/// The rights that FILE_MAP_ bits ask for: FILE_MAP_EXECUTE is none of a section's own.
fn rights_asked_for(access: u32) -> AccessMask {
    let mut rights = AccessMask::from_bits_retain(access & !FILE_MAP_EXECUTE);
    if access & FILE_MAP_EXECUTE != 0 {
        rights |= AccessMask::SECTION_MAP_EXECUTE;
    }
    rights
}

fn open(access: u32, inherit: i32, name: GivenName) -> usize {
    // FILE_MAP_LARGE_PAGES and FILE_MAP_TARGETS_INVALID are generic rights here.
    let rights = if access == FILE_MAP_COPY {
        // Copying takes no more than reading.
        AccessMask::SECTION_MAP_READ
    } else {
        rights_asked_for(access)
    };
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
