//! AccessCheck and MapGenericMask.

use core::ffi::c_void;

use winpages_kernel::object::{AccessMask, GenericMapping};
use winpages_kernel::security::{Subject, access_check};
use winpages_kernel::token::{self, ImpersonationLevel};
use winpages_kernel::{Handle, NtStatus};

use super::structures::{read, read_descriptor, write};
use crate::last_error;

/// GENERIC_MAPPING as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct GENERIC_MAPPING {
    /// What GENERIC_READ stands for.
    pub GenericRead: u32,
    /// What GENERIC_WRITE stands for.
    pub GenericWrite: u32,
    /// What GENERIC_EXECUTE stands for.
    pub GenericExecute: u32,
    /// What GENERIC_ALL stands for.
    pub GenericAll: u32,
}

impl From<GENERIC_MAPPING> for GenericMapping {
    fn from(given: GENERIC_MAPPING) -> Self {
        Self {
            read: AccessMask::from_bits_retain(given.GenericRead),
            write: AccessMask::from_bits_retain(given.GenericWrite),
            execute: AccessMask::from_bits_retain(given.GenericExecute),
            all: AccessMask::from_bits_retain(given.GenericAll),
        }
    }
}

const GENERIC_RIGHTS: u32 = 0xF000_0000;

/// The size of PRIVILEGE_SET with one privilege.
const PRIVILEGE_SET_SIZE: u32 = 20;

/// MapGenericMask: replaces generic rights by those they stand for.
///
/// # Safety
///
/// `AccessMask` must be a C program's to write, `GenericMapping` to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MapGenericMask(
    AccessMask: *mut u32,
    GenericMapping: *const GENERIC_MAPPING,
) {
    // SAFETY: passed on; any bytes are rights.
    let mapped = unsafe {
        read(AccessMask).and_then(|mask| {
            let mapping: self::GenericMapping = read(GenericMapping)?.into();
            let maximum = self::AccessMask::MAXIMUM_ALLOWED;
            let mask = self::AccessMask::from_bits_retain(mask);
            let mapped = mapping.apply(mask.difference(maximum)) | (mask & maximum);
            write(AccessMask, mapped.bits())
        })
    };
    if let Err(status) = mapped {
        last_error::fail(status);
    }
}

/// AreAllAccessesGranted.
#[unsafe(no_mangle)]
pub extern "C" fn AreAllAccessesGranted(GrantedAccess: u32, DesiredAccess: u32) -> i32 {
    i32::from(DesiredAccess & !GrantedAccess == 0)
}

/// AreAnyAccessesGranted.
#[unsafe(no_mangle)]
pub extern "C" fn AreAnyAccessesGranted(GrantedAccess: u32, DesiredAccess: u32) -> i32 {
    i32::from(DesiredAccess & GrantedAccess != 0)
}

/// AccessCheck: whether a descriptor allows the user of an impersonation token what he wants. Of
/// privileges, none is ever used.
///
/// # Safety
///
/// The first pointer and the mapping must be a C program's to read, the others to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AccessCheck(
    pSecurityDescriptor: *const c_void,
    ClientToken: usize,
    DesiredAccess: u32,
    GenericMapping: *const GENERIC_MAPPING,
    PrivilegeSet: *mut c_void,
    PrivilegeSetLength: *mut u32,
    GrantedAccess: *mut u32,
    AccessStatus: *mut i32,
) -> i32 {
    let check = || {
        // SAFETY: passed on; any bytes are rights and lengths.
        unsafe {
            if DesiredAccess & GENERIC_RIGHTS != 0 {
                return Err(NtStatus::GENERIC_NOT_MAPPED);
            }
            let room = read(PrivilegeSetLength)?;
            let mapping: self::GenericMapping = read(GenericMapping)?.into();
            let handle = Handle::from_value(ClientToken);
            let token = token::reference_token(handle, AccessMask::TOKEN_QUERY)?;
            let level = token.level().ok_or(NtStatus::NO_IMPERSONATION_TOKEN)?;
            if level < ImpersonationLevel::Identification {
                return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
            }
            let descriptor = read_descriptor(pSecurityDescriptor)
                .map_err(|_| NtStatus::INVALID_SECURITY_DESCR)?;
            if descriptor.owner.is_none() || descriptor.group.is_none() {
                return Err(NtStatus::INVALID_SECURITY_DESCR);
            }
            if room < PRIVILEGE_SET_SIZE {
                write(PrivilegeSetLength, PRIVILEGE_SET_SIZE)?;
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            // No privilege and no control bit.
            write(PrivilegeSet.cast(), [0u32; 2])?;
            let desired = AccessMask::from_bits_retain(DesiredAccess);
            let checked = access_check(&descriptor, &Subject::current(), desired, &mapping);
            write(GrantedAccess, checked.granted.bits())?;
            write(AccessStatus, i32::from(checked.result.is_ok()))?;
            Ok(checked.result)
        }
    };
    match check() {
        Ok(outcome) => {
            if let Err(status) = outcome {
                last_error::fail(status);
            }
            1
        }
        Err(status) => last_error::boolean(Err(status)),
    }
}
