//! Sections: NtCreateSection, NtOpenSection, NtExtendSection.

use winpages_kernel::object::AccessMask;
use winpages_kernel::section::{self, CreateSection};
use winpages_kernel::{Handle, NtStatus};

use super::answer_handle::{answer_handle, created};
use super::argument::{read, read_writable, status, write};
use super::object_attributes::{Attributes, OBJECT_ATTRIBUTES};
use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};

/// NtCreateSection: makes a section of memory or of a file. With OBJ_OPENIF, one of that name will do,
/// and STATUS_OBJECT_NAME_EXISTS says so.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateSection(
    SectionHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    MaximumSize: *const i64,
    SectionPageProtection: u32,
    AllocationAttributes: u32,
    FileHandle: usize,
) -> i32 {
    let create = || {
        // SAFETY: the caller's pointers.
        let (attributes, size) = unsafe {
            let size = if MaximumSize.is_null() {
                0
            } else {
                read(MaximumSize)?
            };
            (Attributes::for_creation(ObjectAttributes)?, size)
        };
        let size = u64::try_from(size).map_err(|_| NtStatus::INVALID_PARAMETER_4)?;
        let file = (FileHandle != 0).then(|| Handle::from_value(FileHandle));
        let made = section::create_section(&CreateSection {
            name: attributes.name,
            access: AccessMask::from_bits_retain(DesiredAccess),
            attributes: attributes.handle,
            security: attributes.security,
            size,
            protection: SectionPageProtection,
            flags: AllocationAttributes,
            file,
        })?;
        created(made, attributes.open_if)
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(SectionHandle, create) }
}

/// NtCreateSectionEx: the same with extended parameters, of which a preferred node is taken.
///
/// # Safety
///
/// As [`NtCreateSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateSectionEx(
    SectionHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    MaximumSize: *const i64,
    SectionPageProtection: u32,
    AllocationAttributes: u32,
    FileHandle: usize,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ExtendedParameterCount: u32,
) -> i32 {
    // SAFETY: the caller's pointer.
    let parameters =
        unsafe { extended_parameter::of_section(ExtendedParameters, ExtendedParameterCount) };
    if let Err(error) = parameters {
        return status(Err(error));
    }
    // SAFETY: passed on.
    unsafe {
        NtCreateSection(
            SectionHandle,
            DesiredAccess,
            ObjectAttributes,
            MaximumSize,
            SectionPageProtection,
            AllocationAttributes,
            FileHandle,
        )
    }
}

/// NtOpenSection: opens the section of a name.
///
/// # Safety
///
/// As [`NtCreateSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenSection(
    SectionHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    let open = || {
        // SAFETY: the caller's pointer.
        let (name, attributes) = unsafe { Attributes::for_opening(ObjectAttributes)? };
        let access = AccessMask::from_bits_retain(DesiredAccess);
        Ok((section::open_section(&name, access, attributes)?, Ok(())))
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(SectionHandle, open) }
}

/// NtExtendSection: makes the section of a file longer, and the file with it.
///
/// # Safety
///
/// As [`NtCreateSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtExtendSection(SectionHandle: usize, NewSectionSize: *mut i64) -> i32 {
    let extend = || {
        // SAFETY: the caller's pointer.
        let size = unsafe { read_writable(NewSectionSize)? };
        let size = u64::try_from(size).map_err(|_| NtStatus::INVALID_PARAMETER_2)?;
        let size = section::extend_section(Handle::from_value(SectionHandle), size)?;
        // SAFETY: as above.
        unsafe { write(NewSectionSize, size as i64) }
    };
    status(extend())
}
