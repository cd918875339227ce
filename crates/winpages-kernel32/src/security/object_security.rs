//! The security of objects that there are, by handle and by name.

use core::ffi::{c_char, c_void};
use std::sync::Arc;

use winpages_kernel::file::{CreateOptions, CreateRequest, Disposition, File, ShareAccess};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, Object, ObjectName};
use winpages_kernel::security::{Control, SecurityDescriptor, SecurityInformation};
use winpages_kernel::{Handle, NtStatus, section, wait};

use super::structures::{Part, local_copy, part, read_acl, read_sid, write};
use crate::dos_error;
use crate::error_code::ERROR_SUCCESS;
use crate::nt::argument;
use crate::nt::security::{NtQuerySecurityObject, NtSetSecurityObject};
use crate::{last_error, object_name, text};

const SE_FILE_OBJECT: u32 = 1;
const SE_KERNEL_OBJECT: u32 = 6;

/// GetKernelObjectSecurity: parts of an object's descriptor, self-relative.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetKernelObjectSecurity(
    Handle: usize,
    RequestedInformation: u32,
    pSecurityDescriptor: *mut c_void,
    nLength: u32,
    lpnLengthNeeded: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    let answer = unsafe {
        NtQuerySecurityObject(
            Handle,
            RequestedInformation,
            pSecurityDescriptor,
            nLength,
            lpnLengthNeeded,
        )
    };
    last_error::boolean(argument::result(answer))
}

/// SetKernelObjectSecurity: changes parts of an object's descriptor.
///
/// # Safety
///
/// `SecurityDescriptor` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetKernelObjectSecurity(
    Handle: usize,
    SecurityInformation: u32,
    SecurityDescriptor: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    let answer = unsafe { NtSetSecurityObject(Handle, SecurityInformation, SecurityDescriptor) };
    last_error::boolean(argument::result(answer))
}

/// Where the parts of a descriptor are to be told, in the order of the functions' arguments.
#[derive(Clone, Copy)]
struct Places {
    owner: *mut *mut c_void,
    group: *mut *mut c_void,
    dacl: *mut *mut c_void,
    sacl: *mut *mut c_void,
    descriptor: *mut *mut c_void,
}

/// A Win32 error code, which these functions answer and leave the last error alone.
fn code(result: Result<(), NtStatus>) -> u32 {
    match result {
        Ok(()) => ERROR_SUCCESS,
        Err(status) => dos_error::from_status(status),
    }
}

/// Hands a descriptor out in a block of LocalAlloc, and where in it the parts are.
///
/// # Safety
///
/// The places must be a C program's to write, or NULL.
unsafe fn hand_out(
    descriptor: &SecurityDescriptor,
    wanted: SecurityInformation,
    places: Places,
) -> Result<(), NtStatus> {
    let block = local_copy(&descriptor.to_self_relative());
    if block.is_null() {
        return Err(NtStatus::NO_MEMORY);
    }
    // SAFETY: passed on; the block is a descriptor of this function's own.
    let written = unsafe {
        [
            (SecurityInformation::OWNER, Part::Owner, places.owner),
            (SecurityInformation::GROUP, Part::Group, places.group),
            (SecurityInformation::DACL, Part::Dacl, places.dacl),
            (SecurityInformation::SACL, Part::Sacl, places.sacl),
        ]
        .into_iter()
        .filter(|(asked, _, place)| !place.is_null() && wanted.contains(*asked))
        .try_for_each(|(_, which, place)| write(place, part(block, which)?))
        .and_then(|()| {
            if places.descriptor.is_null() {
                Ok(())
            } else {
                write(places.descriptor, block)
            }
        })
    };
    if written.is_err() {
        crate::local_memory::LocalFree(block);
    }
    written
}

fn check_type(object_type: u32) -> Result<(), NtStatus> {
    match object_type {
        SE_KERNEL_OBJECT | SE_FILE_OBJECT => Ok(()),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// GetSecurityInfo: parts of the descriptor of the object that a handle leads to. All are in one block,
/// which LocalFree gives back.
///
/// # Safety
///
/// The pointers must be NULL or a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityInfo(
    handle: usize,
    ObjectType: u32,
    SecurityInfo: u32,
    ppsidOwner: *mut *mut c_void,
    ppsidGroup: *mut *mut c_void,
    ppDacl: *mut *mut c_void,
    ppSacl: *mut *mut c_void,
    ppSecurityDescriptor: *mut *mut c_void,
) -> u32 {
    let places = Places {
        owner: ppsidOwner,
        group: ppsidGroup,
        dacl: ppDacl,
        sacl: ppSacl,
        descriptor: ppSecurityDescriptor,
    };
    let wanted = SecurityInformation::from_bits_retain(SecurityInfo);
    let query = || {
        check_type(ObjectType)?;
        let descriptor = object::query_security(Handle::from_value(handle), wanted)?;
        // SAFETY: passed on.
        unsafe { hand_out(&descriptor, wanted, places) }
    };
    code(query())
}

/// The descriptor that the arguments of a Set function come to.
///
/// # Safety
///
/// The pointers must be NULL or a C program's to read.
unsafe fn given(
    changed: SecurityInformation,
    owner: *const c_void,
    group: *const c_void,
    dacl: *const c_void,
    sacl: *const c_void,
) -> Result<SecurityDescriptor, NtStatus> {
    let mut descriptor = SecurityDescriptor::default();
    // SAFETY: passed on.
    unsafe {
        if changed.contains(SecurityInformation::OWNER) && !owner.is_null() {
            descriptor.owner = Some(read_sid(owner)?);
        }
        if changed.contains(SecurityInformation::GROUP) && !group.is_null() {
            descriptor.group = Some(read_sid(group)?);
        }
        if changed.contains(SecurityInformation::DACL) {
            descriptor.control |= Control::DACL_PRESENT;
            descriptor.dacl = (!dacl.is_null()).then(|| read_acl(dacl)).transpose()?;
        }
        if changed.intersects(SecurityInformation::SACL | SecurityInformation::LABEL) {
            descriptor.control |= Control::SACL_PRESENT;
            descriptor.sacl = (!sacl.is_null()).then(|| read_acl(sacl)).transpose()?;
        }
    }
    Ok(descriptor)
}

/// SetSecurityInfo: changes parts of the descriptor of the object that a handle leads to.
///
/// # Safety
///
/// The pointers must be NULL or a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityInfo(
    handle: usize,
    ObjectType: u32,
    SecurityInfo: u32,
    psidOwner: *const c_void,
    psidGroup: *const c_void,
    pDacl: *const c_void,
    pSacl: *const c_void,
) -> u32 {
    let changed = SecurityInformation::from_bits_retain(SecurityInfo);
    let set = || {
        check_type(ObjectType)?;
        // SAFETY: passed on.
        let given = unsafe { given(changed, psidOwner, psidGroup, pDacl, pSacl)? };
        object::set_security(Handle::from_value(handle), changed, &given)
    };
    code(set())
}

/// Opens the object of a name, of whichever kind it is.
fn open_kernel_object(name: &ObjectName, access: AccessMask) -> Result<Handle, NtStatus> {
    let none = HandleAttributes::empty();
    let kinds = [
        section::open_section,
        wait::open_event,
        wait::open_mutant,
        wait::open_semaphore,
        wait::open_timer,
    ];
    let mut result = Err(NtStatus::OBJECT_TYPE_MISMATCH);
    for open in kinds {
        result = open(name, access, none);
        if result != Err(NtStatus::OBJECT_TYPE_MISMATCH) {
            break;
        }
    }
    result
}

/// Opens the file of a path.
fn open_file(path: &str, access: AccessMask) -> Result<Handle, NtStatus> {
    let (file, access, _) = File::create(&CreateRequest {
        path,
        access,
        share: ShareAccess::all(),
        disposition: Disposition::Open,
        options: CreateOptions::empty(),
        read_only: false,
    })?;
    handle_table::insert(Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes: HandleAttributes::empty(),
    })
}

/// Does something with the object of a name.
fn with_named<T>(
    name: object_name::GivenName,
    object_type: u32,
    access: AccessMask,
    work: impl FnOnce(Handle) -> Result<T, NtStatus>,
) -> Result<T, NtStatus> {
    let handle = match object_type {
        SE_KERNEL_OBJECT => open_kernel_object(&object_name::to_open(name)?, access)?,
        SE_FILE_OBJECT => open_file(&text::path(name)?, access)?,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    let result = work(handle);
    let _ = handle_table::close(handle);
    result
}

/// # Safety
///
/// As [`GetNamedSecurityInfoW`].
unsafe fn get_named(
    name: object_name::GivenName,
    object_type: u32,
    wanted: u32,
    places: Places,
) -> u32 {
    let wanted = SecurityInformation::from_bits_retain(wanted);
    let query = |handle| {
        let descriptor = object::query_security(handle, wanted)?;
        // SAFETY: passed on.
        unsafe { hand_out(&descriptor, wanted, places) }
    };
    code(with_named(
        name,
        object_type,
        AccessMask::READ_CONTROL,
        query,
    ))
}

/// GetNamedSecurityInfoA: as the W function, with a name in the ANSI code page.
///
/// # Safety
///
/// As [`GetNamedSecurityInfoW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedSecurityInfoA(
    pObjectName: *const c_char,
    ObjectType: u32,
    SecurityInfo: u32,
    ppsidOwner: *mut *mut c_void,
    ppsidGroup: *mut *mut c_void,
    ppDacl: *mut *mut c_void,
    ppSacl: *mut *mut c_void,
    ppSecurityDescriptor: *mut *mut c_void,
) -> u32 {
    let places = Places {
        owner: ppsidOwner,
        group: ppsidGroup,
        dacl: ppDacl,
        sacl: ppSacl,
        descriptor: ppSecurityDescriptor,
    };
    // SAFETY: passed on.
    unsafe {
        get_named(
            object_name::ansi(pObjectName),
            ObjectType,
            SecurityInfo,
            places,
        )
    }
}

/// GetNamedSecurityInfoW: parts of the descriptor of a file, or of the object of a name: a section, an
/// event, a mutex, a semaphore or a timer.
///
/// # Safety
///
/// `pObjectName` must be a C program's string, the other pointers NULL or its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedSecurityInfoW(
    pObjectName: *const u16,
    ObjectType: u32,
    SecurityInfo: u32,
    ppsidOwner: *mut *mut c_void,
    ppsidGroup: *mut *mut c_void,
    ppDacl: *mut *mut c_void,
    ppSacl: *mut *mut c_void,
    ppSecurityDescriptor: *mut *mut c_void,
) -> u32 {
    let places = Places {
        owner: ppsidOwner,
        group: ppsidGroup,
        dacl: ppDacl,
        sacl: ppSacl,
        descriptor: ppSecurityDescriptor,
    };
    // SAFETY: passed on.
    unsafe { get_named(text::wide(pObjectName), ObjectType, SecurityInfo, places) }
}

/// # Safety
///
/// As [`SetNamedSecurityInfoW`].
unsafe fn set_named(
    name: object_name::GivenName,
    object_type: u32,
    changed: SecurityInformation,
    given: Result<SecurityDescriptor, NtStatus>,
) -> u32 {
    let set = || {
        let given = given?;
        let mut access = AccessMask::READ_CONTROL;
        access.set(
            AccessMask::WRITE_OWNER,
            changed.intersects(SecurityInformation::OWNER | SecurityInformation::GROUP),
        );
        access.set(
            AccessMask::WRITE_DAC,
            changed.contains(SecurityInformation::DACL),
        );
        with_named(name, object_type, access, |handle| {
            object::set_security(handle, changed, &given)
        })
    };
    code(set())
}

/// SetNamedSecurityInfoA: as the W function, with a name in the ANSI code page.
///
/// # Safety
///
/// As [`SetNamedSecurityInfoW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetNamedSecurityInfoA(
    pObjectName: *const c_char,
    ObjectType: u32,
    SecurityInfo: u32,
    psidOwner: *const c_void,
    psidGroup: *const c_void,
    pDacl: *const c_void,
    pSacl: *const c_void,
) -> u32 {
    let changed = SecurityInformation::from_bits_retain(SecurityInfo);
    // SAFETY: passed on.
    unsafe {
        let given = given(changed, psidOwner, psidGroup, pDacl, pSacl);
        set_named(object_name::ansi(pObjectName), ObjectType, changed, given)
    }
}

/// SetNamedSecurityInfoW: changes parts of the descriptor of the object of a name.
///
/// # Safety
///
/// The pointers must be NULL or a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetNamedSecurityInfoW(
    pObjectName: *const u16,
    ObjectType: u32,
    SecurityInfo: u32,
    psidOwner: *const c_void,
    psidGroup: *const c_void,
    pDacl: *const c_void,
    pSacl: *const c_void,
) -> u32 {
    let changed = SecurityInformation::from_bits_retain(SecurityInfo);
    // SAFETY: passed on.
    unsafe {
        let given = given(changed, psidOwner, psidGroup, pDacl, pSacl);
        set_named(text::wide(pObjectName), ObjectType, changed, given)
    }
}

/// # Safety
///
/// As [`GetFileSecurityW`].
unsafe fn file_security(
    path: object_name::GivenName,
    wanted: u32,
    (descriptor, length, needed): (*mut c_void, u32, *mut u32),
) -> i32 {
    let access = AccessMask::READ_CONTROL;
    let answered = with_named(path, SE_FILE_OBJECT, access, |handle| {
        // SAFETY: passed on.
        argument::result(unsafe {
            NtQuerySecurityObject(handle.value(), wanted, descriptor, length, needed)
        })
    });
    last_error::boolean(answered)
}

/// GetFileSecurityA: as the W function, with a path in the ANSI code page.
///
/// # Safety
///
/// As [`GetFileSecurityW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSecurityA(
    lpFileName: *const c_char,
    RequestedInformation: u32,
    pSecurityDescriptor: *mut c_void,
    nLength: u32,
    lpnLengthNeeded: *mut u32,
) -> i32 {
    let answer = (pSecurityDescriptor, nLength, lpnLengthNeeded);
    // SAFETY: passed on.
    unsafe { file_security(text::ansi(lpFileName), RequestedInformation, answer) }
}

/// GetFileSecurityW: parts of a file's descriptor, self-relative: its owner, its mode and its access
/// control list in Windows' terms.
///
/// # Safety
///
/// `lpFileName` must be a C program's string, the other pointers its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSecurityW(
    lpFileName: *const u16,
    RequestedInformation: u32,
    pSecurityDescriptor: *mut c_void,
    nLength: u32,
    lpnLengthNeeded: *mut u32,
) -> i32 {
    let answer = (pSecurityDescriptor, nLength, lpnLengthNeeded);
    // SAFETY: passed on.
    unsafe { file_security(text::wide(lpFileName), RequestedInformation, answer) }
}
