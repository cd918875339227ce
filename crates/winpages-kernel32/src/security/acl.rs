//! Access control lists.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::AccessMask;
use winpages_kernel::security::{ACE_HEADER_SIZE, ACL_HEADER_SIZE, Ace, AceType, Acl, Sid};

use super::structures::{read_acl, read_bytes, read_sid, write, write_bytes};
use crate::last_error;

/// ACL_SIZE_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ACL_SIZE_INFORMATION {
    /// How many entries it has.
    pub AceCount: u32,
    /// How many bytes it and they take.
    pub AclBytesInUse: u32,
    /// How many it has left.
    pub AclBytesFree: u32,
}

const ACL_REVISION_INFORMATION_CLASS: u32 = 1;
const ACL_SIZE_INFORMATION_CLASS: u32 = 2;

/// The bits of an entry's flags that say how it is inherited.
const VALID_INHERIT_FLAGS: u32 = 0x1F;
const SUCCESSFUL_ACCESS_ACE_FLAG: u32 = 0x40;
const FAILED_ACCESS_ACE_FLAG: u32 = 0x80;

/// InitializeAcl: an empty list with room for as many bytes.
///
/// # Safety
///
/// `pAcl` must be a C program's to be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeAcl(
    pAcl: *mut c_void,
    nAclLength: u32,
    dwAclRevision: u32,
) -> i32 {
    let initialize = || {
        if (nAclLength as usize) < ACL_HEADER_SIZE {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let size = u16::try_from(nAclLength & !3).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        if !Acl::is_revision(dwAclRevision) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let acl = Acl {
            revision: dwAclRevision as u8,
            size,
            aces: Vec::new(),
        };
        // SAFETY: passed on.
        unsafe { write_bytes(pAcl, &acl.to_bytes()[..ACL_HEADER_SIZE]) }
    };
    last_error::boolean(initialize())
}

/// IsValidAcl: whether its entries lie within it and are what they say. The last error stays as it is.
///
/// # Safety
///
/// `pAcl` must be a C program's; it may be wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsValidAcl(pAcl: *const c_void) -> i32 {
    // SAFETY: passed on.
    let acl = unsafe { read_acl(pAcl) };
    i32::from(acl.is_ok_and(|acl| acl.check_entries().is_ok()))
}

/// GetAclInformation: AclRevisionInformation and AclSizeInformation.
///
/// # Safety
///
/// As [`IsValidAcl`], and `pAclInformation` must be the program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAclInformation(
    pAcl: *const c_void,
    pAclInformation: *mut c_void,
    nAclInformationLength: u32,
    dwAclInformationClass: u32,
) -> i32 {
    let room = nAclInformationLength as usize;
    let query = || {
        // SAFETY: passed on.
        let acl = unsafe { read_acl(pAcl)? };
        match dwAclInformationClass {
            ACL_REVISION_INFORMATION_CLASS if room < size_of::<u32>() => {
                Err(NtStatus::BUFFER_TOO_SMALL)
            }
            // SAFETY: passed on.
            ACL_REVISION_INFORMATION_CLASS => unsafe {
                write(pAclInformation.cast(), u32::from(acl.revision))
            },
            ACL_SIZE_INFORMATION_CLASS if room < size_of::<ACL_SIZE_INFORMATION>() => {
                Err(NtStatus::BUFFER_TOO_SMALL)
            }
            ACL_SIZE_INFORMATION_CLASS => {
                let used = acl.bytes_in_use() as u32;
                let answer = ACL_SIZE_INFORMATION {
                    AceCount: acl.aces.len() as u32,
                    AclBytesInUse: used,
                    AclBytesFree: u32::from(acl.size) - used,
                };
                // SAFETY: passed on.
                unsafe { write(pAclInformation.cast(), answer) }
            }
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    };
    last_error::boolean(query())
}

/// Changes a list in its place. What is behind its entries is left alone.
///
/// # Safety
///
/// `place` must be a C program's to be overwritten.
unsafe fn edit(
    place: *mut c_void,
    change: impl FnOnce(&mut Acl) -> Result<(), NtStatus>,
) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    let mut acl = unsafe { read_acl(place)? };
    change(&mut acl)?;
    let used = acl.bytes_in_use();
    if used > usize::from(acl.size) {
        return Err(NtStatus::ALLOTTED_SPACE_EXCEEDED);
    }
    // SAFETY: passed on; the list is as long as that.
    unsafe { write_bytes(place, &acl.to_bytes()[..used]) }
}

/// Takes apart entries that stand one behind the other.
fn parse_aces(bytes: &[u8]) -> Result<Vec<Ace>, NtStatus> {
    let mut aces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let header = rest.first_chunk::<ACE_HEADER_SIZE>();
        let [ace_type, flags, low, high] = *header.ok_or(NtStatus::INVALID_PARAMETER)?;
        let size = usize::from(u16::from_le_bytes([low, high]));
        let body = rest
            .get(ACE_HEADER_SIZE..size)
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        aces.push(Ace {
            ace_type: AceType(ace_type),
            flags,
            body: body.to_vec(),
        });
        rest = &rest[size..];
    }
    Ok(aces)
}

/// AddAce: entries at a place in the list, or at its end with MAXDWORD.
///
/// # Safety
///
/// `pAcl` must be a C program's to be overwritten, `pAceList` its to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAce(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    dwStartingAceIndex: u32,
    pAceList: *const c_void,
    nAceListLength: u32,
) -> i32 {
    let add = |acl: &mut Acl| {
        if nAceListLength > u32::from(u16::MAX) {
            return Err(NtStatus::ALLOTTED_SPACE_EXCEEDED);
        }
        // SAFETY: passed on.
        let bytes = unsafe { read_bytes(pAceList, nAceListLength as usize)? };
        let aces = parse_aces(&bytes)?;
        if !Acl::is_revision(dwAceRevision) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        acl.revision = acl.revision.max(dwAceRevision as u8);
        let at = (dwStartingAceIndex as usize).min(acl.aces.len());
        acl.aces.splice(at..at, aces);
        Ok(())
    };
    // SAFETY: passed on.
    last_error::boolean(unsafe { edit(pAcl, add) })
}

/// GetAce: where in the list an entry stands.
///
/// # Safety
///
/// `pAcl` must be a C program's to read, `pAce` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAce(
    pAcl: *const c_void,
    dwAceIndex: u32,
    pAce: *mut *const c_void,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        read_acl(pAcl).and_then(|acl| {
            let offset = acl.offset_of(dwAceIndex as usize);
            let offset = offset.ok_or(NtStatus::INVALID_PARAMETER)?;
            write(pAce, pAcl.wrapping_byte_add(offset))
        })
    })
}

/// DeleteAce: takes an entry out of the list.
///
/// # Safety
///
/// As [`AddAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteAce(pAcl: *mut c_void, dwAceIndex: u32) -> i32 {
    let delete = |acl: &mut Acl| {
        let index = dwAceIndex as usize;
        if index >= acl.aces.len() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        acl.aces.remove(index);
        Ok(())
    };
    // SAFETY: passed on.
    last_error::boolean(unsafe { edit(pAcl, delete) })
}

/// FindFirstFreeAce: where the next entry would stand; NULL if the list is full.
///
/// # Safety
///
/// As [`GetAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFreeAce(pAcl: *const c_void, pAce: *mut *const c_void) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        read_acl(pAcl).and_then(|acl| {
            let used = acl.bytes_in_use();
            let free = if used < usize::from(acl.size) {
                pAcl.wrapping_byte_add(used)
            } else {
                core::ptr::null()
            };
            write(pAce, free)
        })
    })
}

/// Adds an entry about a SID at the end of a list.
///
/// # Safety
///
/// `acl` must be a C program's to be overwritten, `sid` its to read.
unsafe fn add(
    acl: *mut c_void,
    revision: u32,
    (ace_type, flags, valid): (AceType, u32, u32),
    mask: u32,
    sid: *const c_void,
) -> i32 {
    /// ACL_REVISION_DS, the latest.
    const LATEST: u32 = 4;
    // SAFETY: passed on.
    let sid: Result<Sid, NtStatus> = unsafe { read_sid(sid) };
    let added = sid.and_then(|sid| {
        if revision > LATEST {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        if flags & !valid != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on.
        unsafe {
            edit(acl, |acl| {
                let mask = AccessMask::from_bits_retain(mask);
                acl.revision = acl.revision.max(revision as u8);
                acl.aces.push(Ace::new(ace_type, flags as u8, mask, &sid));
                Ok(())
            })
        }
    });
    last_error::boolean(added)
}

/// AddAccessAllowedAce.
///
/// # Safety
///
/// `pAcl` must be a C program's to be overwritten, `pSid` its to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAccessAllowedAce(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AccessMask: u32,
    pSid: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { AddAccessAllowedAceEx(pAcl, dwAceRevision, 0, AccessMask, pSid) }
}

/// AddAccessAllowedAceEx.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAccessAllowedAceEx(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AceFlags: u32,
    AccessMask: u32,
    pSid: *const c_void,
) -> i32 {
    let kind = (AceType::ACCESS_ALLOWED, AceFlags, VALID_INHERIT_FLAGS);
    // SAFETY: passed on.
    unsafe { add(pAcl, dwAceRevision, kind, AccessMask, pSid) }
}

/// AddAccessDeniedAce.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAccessDeniedAce(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AccessMask: u32,
    pSid: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { AddAccessDeniedAceEx(pAcl, dwAceRevision, 0, AccessMask, pSid) }
}

/// AddAccessDeniedAceEx.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAccessDeniedAceEx(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AceFlags: u32,
    AccessMask: u32,
    pSid: *const c_void,
) -> i32 {
    let kind = (AceType::ACCESS_DENIED, AceFlags, VALID_INHERIT_FLAGS);
    // SAFETY: passed on.
    unsafe { add(pAcl, dwAceRevision, kind, AccessMask, pSid) }
}

/// AddAuditAccessAce.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAuditAccessAce(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    dwAccessMask: u32,
    pSid: *const c_void,
    bAuditSuccess: i32,
    bAuditFailure: i32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        AddAuditAccessAceEx(
            pAcl,
            dwAceRevision,
            0,
            dwAccessMask,
            pSid,
            bAuditSuccess,
            bAuditFailure,
        )
    }
}

/// AddAuditAccessAceEx.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddAuditAccessAceEx(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AceFlags: u32,
    dwAccessMask: u32,
    pSid: *const c_void,
    bAuditSuccess: i32,
    bAuditFailure: i32,
) -> i32 {
    let mut flags = AceFlags;
    if bAuditSuccess != 0 {
        flags |= SUCCESSFUL_ACCESS_ACE_FLAG;
    }
    if bAuditFailure != 0 {
        flags |= FAILED_ACCESS_ACE_FLAG;
    }
    let valid = VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG;
    // SAFETY: passed on.
    unsafe {
        add(
            pAcl,
            dwAceRevision,
            (AceType::SYSTEM_AUDIT, flags, valid),
            dwAccessMask,
            pSid,
        )
    }
}

/// AddMandatoryAce: how trusted one must be.
///
/// # Safety
///
/// As [`AddAccessAllowedAce`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddMandatoryAce(
    pAcl: *mut c_void,
    dwAceRevision: u32,
    AceFlags: u32,
    MandatoryPolicy: u32,
    pLabelSid: *const c_void,
) -> i32 {
    let kind = (
        AceType::SYSTEM_MANDATORY_LABEL,
        AceFlags,
        VALID_INHERIT_FLAGS,
    );
    // SAFETY: passed on.
    unsafe { add(pAcl, dwAceRevision, kind, MandatoryPolicy, pLabelSid) }
}
