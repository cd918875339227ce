//! Accounts: from names to security identifiers and back.

use core::ffi::{c_char, c_void};

use winpages_kernel::NtStatus;
use winpages_kernel::security::account::{self, Account};

use super::structures::{hand_out, read, read_sid, write, write_bytes};
use crate::{last_error, text};

/// A buffer for text, as both forms of these functions take it: room in characters, and told how many.
struct Place {
    buffer: *mut c_void,
    size: *mut u32,
}

/// Text with a NUL behind it, as it is handed out.
fn encode(string: &str, wide: bool) -> (Vec<u8>, usize) {
    if wide {
        let units = string.encode_utf16().chain([0]);
        let bytes: Vec<u8> = units.flat_map(u16::to_ne_bytes).collect();
        let count = bytes.len() / 2;
        (bytes, count)
    } else {
        let bytes: Vec<u8> = string.bytes().chain([0]).collect();
        let count = bytes.len();
        (bytes, count)
    }
}

/// Hands both texts out, or tells how much room they need. What fits is told without its NUL.
///
/// # Safety
///
/// The places must be a C program's to write.
unsafe fn hand_out_texts(
    texts: [(&str, Place); 2],
    wide: bool,
    fits_otherwise: bool,
) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    unsafe {
        let mut fits = fits_otherwise;
        let mut ready = Vec::new();
        for (string, place) in texts {
            let (bytes, count) = encode(string, wide);
            fits &= read(place.size)? as usize >= count;
            ready.push((bytes, count, place));
        }
        for (bytes, count, place) in ready {
            if fits {
                write_bytes(place.buffer, &bytes)?;
                write(place.size, count as u32 - 1)?;
            } else {
                write(place.size, count as u32)?;
            }
        }
        if fits {
            Ok(())
        } else {
            Err(NtStatus::BUFFER_TOO_SMALL)
        }
    }
}

/// # Safety
///
/// As [`LookupAccountSidW`].
unsafe fn by_sid(
    sid: *const c_void,
    wide: bool,
    name: Place,
    domain: Place,
    account_use: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    let found = unsafe {
        read_sid(sid)
            .map_err(|_| NtStatus::INVALID_PARAMETER)
            .and_then(|sid| account::of_sid(&sid).ok_or(NtStatus::NONE_MAPPED))
            .and_then(|found| {
                let texts = [(&*found.name, name), (&*found.domain, domain)];
                hand_out_texts(texts, wide, true)?;
                write(account_use, found.account_use as u32)
            })
    };
    last_error::boolean(found)
}

/// LookupAccountSidA: as the W function, in the ANSI code page.
///
/// # Safety
///
/// As [`LookupAccountSidW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupAccountSidA(
    _lpSystemName: *const c_char,
    Sid: *const c_void,
    Name: *mut c_void,
    cchName: *mut u32,
    ReferencedDomainName: *mut c_void,
    cchReferencedDomainName: *mut u32,
    peUse: *mut u32,
) -> i32 {
    let name = Place {
        buffer: Name,
        size: cchName,
    };
    let domain = Place {
        buffer: ReferencedDomainName,
        size: cchReferencedDomainName,
    };
    // SAFETY: passed on.
    unsafe { by_sid(Sid, false, name, domain, peUse) }
}

/// LookupAccountSidW: the name of a user or group of the machine (whose domains are `Unix User` and
/// `Unix Group`), or of one that is the same everywhere. On this machine whatever the name of the system.
///
/// # Safety
///
/// `Sid` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupAccountSidW(
    _lpSystemName: *const u16,
    Sid: *const c_void,
    Name: *mut c_void,
    cchName: *mut u32,
    ReferencedDomainName: *mut c_void,
    cchReferencedDomainName: *mut u32,
    peUse: *mut u32,
) -> i32 {
    let name = Place {
        buffer: Name,
        size: cchName,
    };
    let domain = Place {
        buffer: ReferencedDomainName,
        size: cchReferencedDomainName,
    };
    // SAFETY: passed on.
    unsafe { by_sid(Sid, true, name, domain, peUse) }
}

/// The account of a name that a program gave.
pub(super) fn find(name: Result<Option<Vec<u16>>, NtStatus>) -> Result<Account, NtStatus> {
    let units = name?.ok_or(NtStatus::NONE_MAPPED)?;
    account::named(&String::from_utf16_lossy(&units)).ok_or(NtStatus::NONE_MAPPED)
}

/// # Safety
///
/// As [`LookupAccountNameW`].
unsafe fn by_name(
    name: Result<Option<Vec<u16>>, NtStatus>,
    wide: bool,
    (sid, sid_size): (*mut c_void, *mut u32),
    domain: Place,
    account_use: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    let found = unsafe {
        find(name).and_then(|found| {
            let bytes = found.sid.to_bytes();
            let fits = read(sid_size)? as usize >= bytes.len();
            let (encoded, count) = encode(&found.domain, wide);
            let domain_fits = read(domain.size)? as usize >= count;
            if !(fits && domain_fits) {
                write(sid_size, bytes.len() as u32)?;
                write(domain.size, count as u32)?;
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            hand_out(sid, sid_size, &bytes)?;
            write_bytes(domain.buffer, &encoded)?;
            write(domain.size, count as u32 - 1)?;
            write(account_use, found.account_use as u32)
        })
    };
    last_error::boolean(found)
}

/// LookupAccountNameA: as the W function, in the ANSI code page.
///
/// # Safety
///
/// As [`LookupAccountNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupAccountNameA(
    _lpSystemName: *const c_char,
    lpAccountName: *const c_char,
    Sid: *mut c_void,
    cbSid: *mut u32,
    ReferencedDomainName: *mut c_void,
    cchReferencedDomainName: *mut u32,
    peUse: *mut u32,
) -> i32 {
    let domain = Place {
        buffer: ReferencedDomainName,
        size: cchReferencedDomainName,
    };
    // SAFETY: passed on.
    unsafe {
        by_name(
            text::ansi(lpAccountName),
            false,
            (Sid, cbSid),
            domain,
            peUse,
        )
    }
}

/// LookupAccountNameW: the identifier of a user or group of the machine, or of one that is the same
/// everywhere, with or without its domain before a backslash.
///
/// # Safety
///
/// `lpAccountName` must be a C program's string, the other pointers its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupAccountNameW(
    _lpSystemName: *const u16,
    lpAccountName: *const u16,
    Sid: *mut c_void,
    cbSid: *mut u32,
    ReferencedDomainName: *mut c_void,
    cchReferencedDomainName: *mut u32,
    peUse: *mut u32,
) -> i32 {
    let domain = Place {
        buffer: ReferencedDomainName,
        size: cchReferencedDomainName,
    };
    // SAFETY: passed on.
    unsafe { by_name(text::wide(lpAccountName), true, (Sid, cbSid), domain, peUse) }
}
