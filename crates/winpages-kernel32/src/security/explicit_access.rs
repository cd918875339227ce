//! SetEntriesInAcl: lists made of who shall have which access.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::AccessMask;
use winpages_kernel::security::{Ace, AceType, Acl, Sid, Subject};

use super::account;
use super::structures::{local_copy, read, read_acl, read_sid, write};
use crate::dos_error;
use crate::error_code::ERROR_SUCCESS;
use crate::text;

/// TRUSTEE as C programs lay it out; the A and the W form differ in what their name leads to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TRUSTEE {
    /// NULL.
    pub pMultipleTrustee: *mut c_void,
    /// NO_MULTIPLE_TRUSTEE
    pub MultipleTrusteeOperation: u32,
    /// Whether the name is a name or a SID.
    pub TrusteeForm: u32,
    /// What kind of account it is, which counts for nothing.
    pub TrusteeType: u32,
    /// The name or the SID.
    pub ptstrName: *mut c_void,
}

/// EXPLICIT_ACCESS as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct EXPLICIT_ACCESS {
    /// The rights.
    pub grfAccessPermissions: u32,
    /// What becomes of them.
    pub grfAccessMode: u32,
    /// How the entry is inherited: an entry's flags.
    pub grfInheritance: u32,
    /// Whose they are.
    pub Trustee: TRUSTEE,
}

const TRUSTEE_IS_SID: u32 = 0;
const TRUSTEE_IS_NAME: u32 = 1;

const GRANT_ACCESS: u32 = 1;
const SET_ACCESS: u32 = 2;
const DENY_ACCESS: u32 = 3;
const REVOKE_ACCESS: u32 = 4;
const SET_AUDIT_SUCCESS: u32 = 5;
const SET_AUDIT_FAILURE: u32 = 6;

const SUCCESSFUL_ACCESS_ACE_FLAG: u8 = 0x40;
const FAILED_ACCESS_ACE_FLAG: u8 = 0x80;

/// Windows' own limit is memory; this one keeps a wild count from being believed.
const MAXIMUM_COUNT: u32 = 0x1_0000;

/// # Safety
///
/// The trustee's name must be a C program's to read.
unsafe fn sid_of(trustee: &TRUSTEE, wide: bool) -> Result<Sid, NtStatus> {
    match trustee.TrusteeForm {
        // SAFETY: passed on.
        TRUSTEE_IS_SID => unsafe { read_sid(trustee.ptstrName) },
        TRUSTEE_IS_NAME => {
            // SAFETY: passed on.
            let name = unsafe {
                if wide {
                    text::wide(trustee.ptstrName.cast())
                } else {
                    text::ansi(trustee.ptstrName.cast())
                }
            };
            let units = name?.ok_or(NtStatus::NONE_MAPPED)?;
            if String::from_utf16_lossy(&units).eq_ignore_ascii_case("CURRENT_USER") {
                return Ok(Subject::current().user);
            }
            account::find(Ok(Some(units))).map(|found| found.sid)
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Puts one entry into a list. Entries that deny come first.
fn put(aces: &mut Vec<Ace>, entry: &EXPLICIT_ACCESS, sid: &Sid) -> Result<(), NtStatus> {
    let flags = entry.grfInheritance as u8;
    let mask = AccessMask::from_bits_retain(entry.grfAccessPermissions);
    let is_about = |ace: &Ace| ace.sid() == Ok(*sid);
    let new = |ace_type, flags| Ace::new(ace_type, flags, mask, sid);
    match entry.grfAccessMode {
        GRANT_ACCESS => {
            let alike = aces.iter().position(|ace| {
                ace.ace_type == AceType::ACCESS_ALLOWED && ace.flags == flags && is_about(ace)
            });
            match alike {
                Some(index) => {
                    let both = aces[index].mask() | mask;
                    aces[index] = aces[index].clone().with_mask(both);
                }
                None => {
                    let denies = |ace: &Ace| ace.ace_type == AceType::ACCESS_DENIED;
                    let first = aces.iter().position(|ace| !denies(ace));
                    let allowed = new(AceType::ACCESS_ALLOWED, flags);
                    aces.insert(first.unwrap_or(aces.len()), allowed);
                }
            }
        }
        SET_ACCESS => {
            aces.retain(|ace| !is_about(ace));
            aces.push(new(AceType::ACCESS_ALLOWED, flags));
        }
        DENY_ACCESS => aces.insert(0, new(AceType::ACCESS_DENIED, flags)),
        REVOKE_ACCESS => aces.retain(|ace| !is_about(ace)),
        SET_AUDIT_SUCCESS => {
            aces.push(new(
                AceType::SYSTEM_AUDIT,
                flags | SUCCESSFUL_ACCESS_ACE_FLAG,
            ));
        }
        SET_AUDIT_FAILURE => {
            aces.push(new(AceType::SYSTEM_AUDIT, flags | FAILED_ACCESS_ACE_FLAG));
        }
        _ => return Err(NtStatus::INVALID_PARAMETER),
    }
    Ok(())
}

/// # Safety
///
/// As [`SetEntriesInAclW`].
unsafe fn set_entries(
    count: u32,
    entries: *const EXPLICIT_ACCESS,
    old: *const c_void,
    new: *mut *mut c_void,
    wide: bool,
) -> u32 {
    let set = || {
        if count > MAXIMUM_COUNT {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on; any bytes are integers and pointers.
        unsafe {
            write(new, core::ptr::null_mut())?;
            if count == 0 && old.is_null() {
                return Ok(());
            }
            let mut aces = if old.is_null() {
                Vec::new()
            } else {
                read_acl(old)?.aces
            };
            for index in 0..count as usize {
                let entry = read(entries.wrapping_add(index))?;
                let sid = sid_of(&entry.Trustee, wide)?;
                put(&mut aces, &entry, &sid)?;
            }
            let acl = Acl::new(aces);
            if acl.bytes_in_use() > usize::from(acl.size) {
                return Err(NtStatus::ALLOTTED_SPACE_EXCEEDED);
            }
            let block = local_copy(&acl.to_bytes());
            if block.is_null() {
                return Err(NtStatus::NO_MEMORY);
            }
            write(new, block)
        }
    };
    match set() {
        Ok(()) => ERROR_SUCCESS,
        Err(status) => dos_error::from_status(status),
    }
}

/// SetEntriesInAclA: as the W function, with names in the ANSI code page.
///
/// # Safety
///
/// As [`SetEntriesInAclW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEntriesInAclA(
    cCountOfExplicitEntries: u32,
    pListOfExplicitEntries: *const EXPLICIT_ACCESS,
    OldAcl: *const c_void,
    NewAcl: *mut *mut c_void,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        set_entries(
            cCountOfExplicitEntries,
            pListOfExplicitEntries,
            OldAcl,
            NewAcl,
            false,
        )
    }
}

/// SetEntriesInAclW: a new list, in a block that LocalFree gives back: the old one with entries added,
/// replaced or taken out. Trustees are named or given by their SID; CURRENT_USER is the process's user.
///
/// # Safety
///
/// `pListOfExplicitEntries` and `OldAcl` must be a C program's to read, `NewAcl` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEntriesInAclW(
    cCountOfExplicitEntries: u32,
    pListOfExplicitEntries: *const EXPLICIT_ACCESS,
    OldAcl: *const c_void,
    NewAcl: *mut *mut c_void,
) -> u32 {
    // SAFETY: passed on.
    unsafe {
        set_entries(
            cCountOfExplicitEntries,
            pListOfExplicitEntries,
            OldAcl,
            NewAcl,
            true,
        )
    }
}
