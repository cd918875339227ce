//! Security descriptors as text.

use core::ffi::{c_char, c_void};

use winpages_kernel::NtStatus;
use winpages_kernel::security::{SecurityInformation, sddl};

use super::sid::hand_out_text;
use super::structures::{local_copy, read_descriptor, write};
use crate::{last_error, text};

const SDDL_REVISION_1: u32 = 1;

/// # Safety
///
/// As [`ConvertStringSecurityDescriptorToSecurityDescriptorW`].
unsafe fn from_text(
    given: Result<Option<Vec<u16>>, NtStatus>,
    revision: u32,
    place: *mut *mut c_void,
    size: *mut u32,
) -> i32 {
    let parsed = given.and_then(|given| {
        let units = given
            .filter(|_| !place.is_null())
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        if revision != SDDL_REVISION_1 {
            return Err(NtStatus::UNKNOWN_REVISION);
        }
        sddl::parse(&String::from_utf16_lossy(&units))
    });
    let descriptor = match parsed {
        Ok(descriptor) => descriptor.to_self_relative(),
        Err(status) => return last_error::boolean(Err(status)),
    };
    let block = local_copy(&descriptor);
    if block.is_null() {
        return 0;
    }
    // SAFETY: passed on.
    let written = unsafe {
        write(place, block).and_then(|()| {
            if size.is_null() {
                Ok(())
            } else {
                write(size, descriptor.len() as u32)
            }
        })
    };
    if written.is_err() {
        crate::local_memory::LocalFree(block);
    }
    last_error::boolean(written)
}

/// ConvertStringSecurityDescriptorToSecurityDescriptorA: as the W function, of text in the ANSI code
/// page.
///
/// # Safety
///
/// As [`ConvertStringSecurityDescriptorToSecurityDescriptorW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertStringSecurityDescriptorToSecurityDescriptorA(
    StringSecurityDescriptor: *const c_char,
    StringSDRevision: u32,
    SecurityDescriptor: *mut *mut c_void,
    SecurityDescriptorSize: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        from_text(
            text::ansi(StringSecurityDescriptor),
            StringSDRevision,
            SecurityDescriptor,
            SecurityDescriptorSize,
        )
    }
}

/// ConvertStringSecurityDescriptorToSecurityDescriptorW: reads SDDL. The descriptor is self-relative, in
/// a block that LocalFree gives back.
///
/// # Safety
///
/// `StringSecurityDescriptor` must be a C program's string, the other pointers its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertStringSecurityDescriptorToSecurityDescriptorW(
    StringSecurityDescriptor: *const u16,
    StringSDRevision: u32,
    SecurityDescriptor: *mut *mut c_void,
    SecurityDescriptorSize: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        from_text(
            text::wide(StringSecurityDescriptor),
            StringSDRevision,
            SecurityDescriptor,
            SecurityDescriptorSize,
        )
    }
}

/// # Safety
///
/// As [`ConvertSecurityDescriptorToStringSecurityDescriptorW`].
unsafe fn to_text(
    descriptor: *const c_void,
    revision: u32,
    wanted: u32,
    wide: bool,
    (place, length): (*mut *mut c_void, *mut u32),
) -> i32 {
    let written = || {
        if revision != SDDL_REVISION_1 {
            return Err(NtStatus::UNKNOWN_REVISION);
        }
        // SAFETY: passed on.
        let descriptor = unsafe { read_descriptor(descriptor)? };
        sddl::format(&descriptor, SecurityInformation::from_bits_retain(wanted))
    };
    let units: Vec<u16> = match written() {
        Ok(text) => text.encode_utf16().collect(),
        Err(status) => return last_error::boolean(Err(status)),
    };
    // SAFETY: passed on.
    unsafe {
        if !length.is_null()
            && let Err(status) = write(length, units.len() as u32 + 1)
        {
            return last_error::boolean(Err(status));
        }
        hand_out_text(&units, wide, place)
    }
}

/// ConvertSecurityDescriptorToStringSecurityDescriptorA: as the W function, in the ANSI code page.
///
/// # Safety
///
/// As [`ConvertSecurityDescriptorToStringSecurityDescriptorW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertSecurityDescriptorToStringSecurityDescriptorA(
    SecurityDescriptor: *const c_void,
    RequestedStringSDRevision: u32,
    SecurityInformation: u32,
    StringSecurityDescriptor: *mut *mut c_void,
    StringSecurityDescriptorLen: *mut u32,
) -> i32 {
    let places = (StringSecurityDescriptor, StringSecurityDescriptorLen);
    let (revision, wanted) = (RequestedStringSDRevision, SecurityInformation);
    // SAFETY: passed on.
    unsafe { to_text(SecurityDescriptor, revision, wanted, false, places) }
}

/// ConvertSecurityDescriptorToStringSecurityDescriptorW: writes parts of a descriptor in SDDL, in a block
/// that LocalFree gives back.
///
/// # Safety
///
/// `SecurityDescriptor` must be a C program's to read, the last two pointers its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertSecurityDescriptorToStringSecurityDescriptorW(
    SecurityDescriptor: *const c_void,
    RequestedStringSDRevision: u32,
    SecurityInformation: u32,
    StringSecurityDescriptor: *mut *mut c_void,
    StringSecurityDescriptorLen: *mut u32,
) -> i32 {
    let places = (StringSecurityDescriptor, StringSecurityDescriptorLen);
    let (revision, wanted) = (RequestedStringSDRevision, SecurityInformation);
    // SAFETY: passed on.
    unsafe { to_text(SecurityDescriptor, revision, wanted, true, places) }
}
