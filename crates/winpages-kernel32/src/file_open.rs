//! CreateFile: opening and creating files.

use core::ffi::c_char;
use std::sync::Arc;

use winpages_kernel::file::{
    CreateOptions, CreateRequest, Disposition, File, Outcome, ShareAccess,
};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{AccessMask, Object};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::error_code::{ERROR_ALREADY_EXISTS, ERROR_FILE_EXISTS, ERROR_SUCCESS};
use crate::security_attributes::{self, SECURITY_ATTRIBUTES};
use crate::{last_error, text};

/// INVALID_HANDLE_VALUE: what CreateFile answers for failure.
pub const INVALID_HANDLE_VALUE: usize = usize::MAX;

const CREATE_NEW: u32 = 1;
const FILE_ATTRIBUTE_READONLY: u32 = 0x1;
const FILE_FLAG_WRITE_THROUGH: u32 = 0x8000_0000;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// CREATEFILE2_EXTENDED_PARAMETERS as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CREATEFILE2_EXTENDED_PARAMETERS {
    /// The size of this structure.
    pub dwSize: u32,
    /// FILE_ATTRIBUTE_ values.
    pub dwFileAttributes: u32,
    /// FILE_FLAG_ values.
    pub dwFileFlags: u32,
    /// SECURITY_ values, which mean something for named pipes only.
    pub dwSecurityQosFlags: u32,
    /// As CreateFile's.
    pub lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
    /// As CreateFile's.
    pub hTemplateFile: usize,
}

fn disposition_of(number: u32, access: u32) -> Result<Disposition, NtStatus> {
    const GENERIC_WRITE: u32 = AccessMask::GENERIC_WRITE.bits();
    match number {
        CREATE_NEW => Ok(Disposition::Create),
        2 => Ok(Disposition::OverwriteIf),
        3 => Ok(Disposition::Open),
        4 => Ok(Disposition::OpenIf),
        // Emptying is writing.
        5 if access & GENERIC_WRITE != 0 => Ok(Disposition::Overwrite),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

struct Arguments {
    path: Result<String, NtStatus>,
    access: u32,
    share: u32,
    disposition: u32,
    flags: u32,
    attributes: Result<HandleAttributes, NtStatus>,
}

/// # Safety
///
/// As [`CreateFileW`].
unsafe fn attributes(given: *const SECURITY_ATTRIBUTES) -> Result<HandleAttributes, NtStatus> {
    // SAFETY: passed on.
    unsafe { security_attributes::given(given) }.map(|given| given.attributes)
}

fn create(arguments: Arguments) -> usize {
    match try_create(&arguments) {
        Ok((handle, outcome)) => {
            // A success says here whether the file was there before, and forgets earlier errors.
            let existed = match outcome {
                Outcome::Overwritten => arguments.disposition == 2,
                Outcome::Opened => arguments.disposition == 4,
                Outcome::Created => false,
            };
            last_error::set(if existed {
                ERROR_ALREADY_EXISTS
            } else {
                ERROR_SUCCESS
            });
            handle.value()
        }
        Err(NtStatus::OBJECT_NAME_COLLISION) if arguments.disposition == CREATE_NEW => {
            last_error::set(ERROR_FILE_EXISTS);
            INVALID_HANDLE_VALUE
        }
        Err(status) => {
            last_error::fail(status);
            INVALID_HANDLE_VALUE
        }
    }
}

fn try_create(arguments: &Arguments) -> Result<(Handle, Outcome), NtStatus> {
    let path = arguments.path.as_ref().map_err(|status| *status)?;
    let disposition = disposition_of(arguments.disposition, arguments.access)?;
    let attributes = arguments.attributes?;
    let has = |flag| arguments.flags & flag != 0;
    let mut options = CreateOptions::empty();
    options.set(CreateOptions::WRITE_THROUGH, has(FILE_FLAG_WRITE_THROUGH));
    options.set(
        CreateOptions::NON_DIRECTORY_FILE,
        !has(FILE_FLAG_BACKUP_SEMANTICS),
    );
    let mut access = AccessMask::from_bits_retain(arguments.access)
        | AccessMask::SYNCHRONIZE
        | AccessMask::FILE_READ_ATTRIBUTES;
    if has(FILE_FLAG_DELETE_ON_CLOSE) {
        options |= CreateOptions::DELETE_ON_CLOSE;
        access |= AccessMask::DELETE;
    }
    let (file, access, outcome) = File::create(&CreateRequest {
        path,
        access,
        share: ShareAccess::from_bits_truncate(arguments.share),
        disposition,
        options,
        read_only: has(FILE_ATTRIBUTE_READONLY),
    })?;
    let handle = handle_table::insert(Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes,
    })?;
    Ok((handle, outcome))
}

/// CreateFileW: opens or creates a file, a directory (with FILE_FLAG_BACKUP_SEMANTICS) or a device.
///
/// # Safety
///
/// The pointers must be a C program's to read; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileW(
    lpFileName: *const u16,
    dwDesiredAccess: u32,
    dwShareMode: u32,
    lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
    dwCreationDisposition: u32,
    dwFlagsAndAttributes: u32,
    _hTemplateFile: usize,
) -> usize {
    // SAFETY: passed on.
    unsafe {
        create(Arguments {
            path: text::path(text::wide(lpFileName)),
            access: dwDesiredAccess,
            share: dwShareMode,
            disposition: dwCreationDisposition,
            flags: dwFlagsAndAttributes,
            attributes: attributes(lpSecurityAttributes),
        })
    }
}

/// CreateFileA: [`CreateFileW`] for a path in the ANSI code page.
///
/// # Safety
///
/// As [`CreateFileW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFileA(
    lpFileName: *const c_char,
    dwDesiredAccess: u32,
    dwShareMode: u32,
    lpSecurityAttributes: *const SECURITY_ATTRIBUTES,
    dwCreationDisposition: u32,
    dwFlagsAndAttributes: u32,
    _hTemplateFile: usize,
) -> usize {
    // SAFETY: passed on.
    unsafe {
        create(Arguments {
            path: text::path(text::ansi(lpFileName)),
            access: dwDesiredAccess,
            share: dwShareMode,
            disposition: dwCreationDisposition,
            flags: dwFlagsAndAttributes,
            attributes: attributes(lpSecurityAttributes),
        })
    }
}

/// CreateFile2: [`CreateFileW`] with the rarer arguments in a structure.
///
/// # Safety
///
/// As [`CreateFileW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateFile2(
    lpFileName: *const u16,
    dwDesiredAccess: u32,
    dwShareMode: u32,
    dwCreationDisposition: u32,
    pCreateExParams: *const CREATEFILE2_EXTENDED_PARAMETERS,
) -> usize {
    let mut flags = 0;
    let mut security = Ok(core::ptr::null());
    if !pCreateExParams.is_null() {
        // SAFETY: nothing is assumed of the pointer, and any bytes are a value of the structure.
        match unsafe { fault::read(pCreateExParams) } {
            Ok(extended) => {
                flags = extended.dwFileAttributes | extended.dwFileFlags;
                security = Ok(extended.lpSecurityAttributes);
            }
            Err(_) => security = Err(NtStatus::ACCESS_VIOLATION),
        }
    }
    // SAFETY: passed on.
    unsafe {
        create(Arguments {
            path: text::path(text::wide(lpFileName)),
            access: dwDesiredAccess,
            share: dwShareMode,
            disposition: dwCreationDisposition,
            flags,
            attributes: security.and_then(|security| attributes(security)),
        })
    }
}
