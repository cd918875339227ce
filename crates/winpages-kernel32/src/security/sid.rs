//! Security identifiers.

use core::ffi::{c_char, c_void};

use winpages_kernel::NtStatus;
use winpages_kernel::security::Sid;
use winpages_kernel::security::well_known::{self, WellKnownKind};

use super::structures::{hand_out, local_copy, read, read_sid, write, write_bytes};
use crate::error_code::{ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY};
use crate::{last_error, text};

const MAXIMUM_SUB_AUTHORITIES: u8 = 15;

/// IsValidSid: whether it is one that this library understands.
///
/// # Safety
///
/// `pSid` must be a C program's; it may be wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsValidSid(pSid: *const c_void) -> i32 {
    // SAFETY: passed on.
    i32::from(unsafe { read_sid(pSid) }.is_ok())
}

/// EqualSid. What is no SID is equal to nothing.
///
/// # Safety
///
/// As [`IsValidSid`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EqualSid(pSid1: *const c_void, pSid2: *const c_void) -> i32 {
    // SAFETY: passed on.
    let (one, two) = unsafe { (read_sid(pSid1), read_sid(pSid2)) };
    last_error::set(0);
    i32::from(one.is_ok() && one == two)
}

/// EqualPrefixSid: whether two are the same up to their last sub-authority.
///
/// # Safety
///
/// As [`IsValidSid`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EqualPrefixSid(pSid1: *const c_void, pSid2: *const c_void) -> i32 {
    // SAFETY: passed on.
    let (Ok(one), Ok(two)) = (unsafe { (read_sid(pSid1), read_sid(pSid2)) }) else {
        return 0;
    };
    let prefix = |sid: &Sid| {
        let parts = sid.sub_authorities();
        let prefix = parts.split_last().map(|(_, rest)| rest.to_vec());
        (sid.authority(), parts.len(), prefix)
    };
    i32::from(prefix(&one) == prefix(&two))
}

/// GetLengthSid: its size in bytes, by its own count.
///
/// # Safety
///
/// As [`IsValidSid`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLengthSid(pSid: *const c_void) -> u32 {
    // SAFETY: any bytes are a revision and a count.
    match unsafe { read(pSid.cast::<[u8; 2]>()) } {
        Ok([_, count]) => Sid::size_of(count) as u32,
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// GetSidLengthRequired: the size in bytes of one with so many sub-authorities.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidLengthRequired(nSubAuthorityCount: u8) -> u32 {
    Sid::size_of(nSubAuthorityCount) as u32
}

/// CopySid.
///
/// # Safety
///
/// As [`IsValidSid`], and `pDestinationSid` must be the program's to be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CopySid(
    nDestinationSidLength: u32,
    pDestinationSid: *mut c_void,
    pSourceSid: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    let copied = unsafe { read_sid(pSourceSid) }.and_then(|sid| {
        if (nDestinationSidLength as usize) < sid.size() {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        // SAFETY: passed on; it is as long as that.
        unsafe { write_bytes(pDestinationSid, &sid.to_bytes()) }
    });
    last_error::boolean(copied)
}

/// Reads the six bytes of an authority.
///
/// # Safety
///
/// As [`IsValidSid`].
unsafe fn read_authority(from: *const c_void) -> Result<[u8; 6], NtStatus> {
    // SAFETY: any bytes are an authority.
    unsafe { read(from.cast()) }
}

/// The bytes of a SID of this authority, with sub-authorities of 0.
fn empty_sid(authority: [u8; 6], count: u8) -> Vec<u8> {
    let mut bytes = vec![1, count];
    bytes.extend(authority);
    bytes.resize(Sid::size_of(count), 0);
    bytes
}

/// InitializeSid: an identifier whose sub-authorities are still to be set.
///
/// # Safety
///
/// As [`CopySid`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSid(
    Sid: *mut c_void,
    pIdentifierAuthority: *const c_void,
    nSubAuthorityCount: u8,
) -> i32 {
    if nSubAuthorityCount > MAXIMUM_SUB_AUTHORITIES {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    // SAFETY: passed on. The sub-authorities themselves are left alone.
    last_error::boolean(unsafe {
        read_authority(pIdentifierAuthority).and_then(|authority| {
            let bytes = empty_sid(authority, nSubAuthorityCount);
            write_bytes(Sid, &bytes[..8])
        })
    })
}

/// AllocateAndInitializeSid: an identifier in memory of its own, which FreeSid gives back.
///
/// # Safety
///
/// `pIdentifierAuthority` must be a C program's to read, `pSid` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AllocateAndInitializeSid(
    pIdentifierAuthority: *const c_void,
    nSubAuthorityCount: u8,
    nSubAuthority0: u32,
    nSubAuthority1: u32,
    nSubAuthority2: u32,
    nSubAuthority3: u32,
    nSubAuthority4: u32,
    nSubAuthority5: u32,
    nSubAuthority6: u32,
    nSubAuthority7: u32,
    pSid: *mut *mut c_void,
) -> i32 {
    const MOST: u8 = 8;
    if nSubAuthorityCount > MOST {
        return last_error::boolean(Err(NtStatus::INVALID_SID));
    }
    let parts = [
        nSubAuthority0,
        nSubAuthority1,
        nSubAuthority2,
        nSubAuthority3,
        nSubAuthority4,
        nSubAuthority5,
        nSubAuthority6,
        nSubAuthority7,
    ];
    // SAFETY: passed on.
    let authority = match unsafe { read_authority(pIdentifierAuthority) } {
        Ok(authority) => authority,
        Err(status) => return last_error::boolean(Err(status)),
    };
    let mut bytes = empty_sid(authority, nSubAuthorityCount);
    let places = bytes[8..].chunks_exact_mut(4);
    for (place, part) in places.zip(parts) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    let sid = local_copy(&bytes);
    if sid.is_null() {
        return 0;
    }
    // SAFETY: passed on.
    let written = unsafe { write(pSid, sid) };
    if written.is_err() {
        crate::local_memory::LocalFree(sid);
    }
    last_error::boolean(written)
}

/// FreeSid: gives back what AllocateAndInitializeSid took; NULL.
#[unsafe(no_mangle)]
pub extern "C" fn FreeSid(pSid: *mut c_void) -> *mut c_void {
    crate::local_memory::LocalFree(pSid);
    core::ptr::null_mut()
}

/// GetSidIdentifierAuthority: where in it the authority stands.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidIdentifierAuthority(pSid: *mut c_void) -> *mut c_void {
    last_error::set(0);
    pSid.wrapping_byte_add(2)
}

/// GetSidSubAuthority: where in it a sub-authority stands.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidSubAuthority(pSid: *mut c_void, nSubAuthority: u32) -> *mut u32 {
    last_error::set(0);
    pSid.wrapping_byte_add(8 + nSubAuthority as usize * 4)
        .cast()
}

/// GetSidSubAuthorityCount: where in it their number stands.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidSubAuthorityCount(pSid: *mut c_void) -> *mut u8 {
    last_error::set(0);
    pSid.wrapping_byte_add(1).cast()
}

/// CreateWellKnownSid.
///
/// # Safety
///
/// `DomainSid` must be NULL or a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWellKnownSid(
    WellKnownSidType: u32,
    DomainSid: *const c_void,
    pSid: *mut c_void,
    cbSid: *mut u32,
) -> i32 {
    let sid = match well_known::kind(WellKnownSidType) {
        Some(WellKnownKind::Fixed(sid)) => Ok(sid),
        Some(WellKnownKind::OfDomain(last)) if !DomainSid.is_null() => {
            // SAFETY: passed on.
            unsafe { read_sid(DomainSid) }
                .and_then(|domain| domain.with(last).ok_or(NtStatus::INVALID_PARAMETER))
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    // SAFETY: passed on.
    last_error::boolean(sid.and_then(|sid| unsafe {
        if pSid.is_null() {
            let room = read(cbSid)?;
            write(cbSid, sid.size() as u32)?;
            return Err(if (room as usize) < sid.size() {
                NtStatus::BUFFER_TOO_SMALL
            } else {
                NtStatus::INVALID_PARAMETER
            });
        }
        hand_out(pSid, cbSid, &sid.to_bytes())
    }))
}

/// IsWellKnownSid.
///
/// # Safety
///
/// As [`IsValidSid`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsWellKnownSid(pSid: *const c_void, WellKnownSidType: u32) -> i32 {
    /// The domain part of an identifier: S-1-5-21 and three numbers.
    const DOMAIN: usize = 4;
    // SAFETY: passed on.
    let Ok(sid) = (unsafe { read_sid(pSid) }) else {
        last_error::set(ERROR_INVALID_PARAMETER);
        return 0;
    };
    let parts = sid.sub_authorities();
    i32::from(match well_known::kind(WellKnownSidType) {
        Some(WellKnownKind::Fixed(fixed)) => fixed == sid,
        Some(WellKnownKind::OfDomain(last)) => {
            sid.authority() == [0, 0, 0, 0, 0, 5]
                && parts.len() == DOMAIN + 1
                && parts[0] == 21
                && parts[DOMAIN] == last
        }
        None => false,
    })
}

/// GetWindowsAccountDomainSid: the part of a domain account's identifier that is the domain's.
///
/// # Safety
///
/// `pSid` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetWindowsAccountDomainSid(
    pSid: *const c_void,
    pDomainSid: *mut c_void,
    cbDomainSid: *mut u32,
) -> i32 {
    const DOMAIN: usize = 4;
    // SAFETY: passed on.
    let domain = unsafe { read_sid(pSid) }.and_then(|sid| {
        let parts = sid.sub_authorities();
        let is_of_domain =
            sid.authority() == [0, 0, 0, 0, 0, 5] && parts.len() >= DOMAIN && parts[0] == 21;
        is_of_domain
            .then(|| Sid::new(5, &parts[..DOMAIN]))
            .ok_or(NtStatus::INVALID_SID)
    });
    // SAFETY: passed on.
    last_error::boolean(
        domain.and_then(|domain| unsafe { hand_out(pDomainSid, cbDomainSid, &domain.to_bytes()) }),
    )
}

/// Text in a block of LocalAlloc, where `place` leads to it.
///
/// # Safety
///
/// `place` must be a C program's to write.
pub(super) unsafe fn hand_out_text(units: &[u16], wide: bool, place: *mut *mut c_void) -> i32 {
    let bytes: Vec<u8> = if wide {
        units
            .iter()
            .chain([&0])
            .flat_map(|unit| unit.to_ne_bytes())
            .collect()
    } else {
        let mut bytes = text::to_utf8(units);
        bytes.push(0);
        bytes
    };
    let block = local_copy(&bytes);
    if block.is_null() {
        last_error::set(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    // SAFETY: passed on.
    let written = unsafe { write(place, block) };
    if written.is_err() {
        crate::local_memory::LocalFree(block);
    }
    last_error::boolean(written)
}

/// # Safety
///
/// As [`ConvertSidToStringSidW`].
unsafe fn sid_to_text(sid: *const c_void, text: *mut *mut c_void, wide: bool) -> i32 {
    if text.is_null() {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    if sid.is_null() {
        return last_error::boolean(Err(NtStatus::INVALID_SID));
    }
    // SAFETY: passed on.
    match unsafe { read_sid(sid) } {
        Ok(sid) => {
            let units: Vec<u16> = sid.to_string().encode_utf16().collect();
            // SAFETY: passed on.
            unsafe { hand_out_text(&units, wide, text) }
        }
        Err(status) => last_error::boolean(Err(status)),
    }
}

/// ConvertSidToStringSidA: `S-1-…`, in a block that LocalFree gives back.
///
/// # Safety
///
/// As [`ConvertSidToStringSidW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertSidToStringSidA(
    Sid: *const c_void,
    StringSid: *mut *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { sid_to_text(Sid, StringSid, false) }
}

/// ConvertSidToStringSidW: `S-1-…`, in a block that LocalFree gives back.
///
/// # Safety
///
/// `Sid` must be a C program's to read, `StringSid` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertSidToStringSidW(
    Sid: *const c_void,
    StringSid: *mut *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { sid_to_text(Sid, StringSid, true) }
}

/// # Safety
///
/// As [`ConvertStringSidToSidW`].
unsafe fn text_to_sid(given: Result<Option<Vec<u16>>, NtStatus>, place: *mut *mut c_void) -> i32 {
    let parsed = given.and_then(|given| {
        let given = given.filter(|_| !place.is_null());
        let units = given.ok_or(NtStatus::INVALID_PARAMETER)?;
        let text = String::from_utf16_lossy(&units);
        well_known::of_alias(&text).map_or_else(|| text.parse::<Sid>(), Ok)
    });
    match parsed {
        Ok(sid) => {
            let block = local_copy(&sid.to_bytes());
            if block.is_null() {
                return 0;
            }
            // SAFETY: passed on.
            last_error::boolean(unsafe { write(place, block) })
        }
        Err(status) => last_error::boolean(Err(status)),
    }
}

/// ConvertStringSidToSidA: the identifier that `S-1-…` or two letters of SDDL mean, in a block that
/// LocalFree gives back.
///
/// # Safety
///
/// As [`ConvertStringSidToSidW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertStringSidToSidA(
    StringSid: *const c_char,
    Sid: *mut *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { text_to_sid(text::ansi(StringSid), Sid) }
}

/// ConvertStringSidToSidW: the identifier that `S-1-…` or two letters of SDDL mean, in a block that
/// LocalFree gives back.
///
/// # Safety
///
/// `StringSid` must be a C program's string, `Sid` its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConvertStringSidToSidW(
    StringSid: *const u16,
    Sid: *mut *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { text_to_sid(text::wide(StringSid), Sid) }
}
