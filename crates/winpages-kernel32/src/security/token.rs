//! Tokens: who the user is, and which groups he belongs to.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::security::{GroupAttributes, Sid, Subject, default_dacl, well_known};
use winpages_kernel::token::{self, ImpersonationLevel, Privilege, Token};
use winpages_kernel::{Handle, NtStatus};

use super::structures::{read, read_sid, write, write_bytes};
use crate::last_error;

const SE_PRIVILEGE_ENABLED: u32 = 2;
const SE_PRIVILEGE_USED_FOR_ACCESS: u32 = 0x8000_0000;
const SE_GROUP_INTEGRITY: u32 = 0x20;
const SE_GROUP_INTEGRITY_ENABLED: u32 = 0x40;

/// Bytes that go to a certain address, with pointers among them to what comes later.
struct Answer {
    base: usize,
    bytes: Vec<u8>,
    /// Where pointers stand, and what they are to lead to.
    pointers: Vec<(usize, Vec<u8>)>,
}

impl Answer {
    fn at(base: usize) -> Self {
        Self {
            base,
            bytes: Vec::new(),
            pointers: Vec::new(),
        }
    }

    fn number(mut self, number: u32) -> Self {
        self.bytes.extend(number.to_ne_bytes());
        self
    }

    fn pointer(mut self, to: Vec<u8>) -> Self {
        let place = self.bytes.len().next_multiple_of(size_of::<usize>());
        self.bytes.resize(place + size_of::<usize>(), 0);
        self.pointers.push((place, to));
        self
    }

    /// SID_AND_ATTRIBUTES
    fn sid(self, sid: &Sid, attributes: u32) -> Self {
        self.pointer(sid.to_bytes()).number(attributes).number(0)
    }

    fn finish(mut self) -> Vec<u8> {
        for (place, to) in core::mem::take(&mut self.pointers) {
            let start = self.bytes.len().next_multiple_of(4);
            self.bytes.resize(start, 0);
            self.bytes.extend(to);
            let address = self.base.wrapping_add(start);
            self.bytes[place..place + size_of::<usize>()].copy_from_slice(&address.to_ne_bytes());
        }
        self.bytes
    }
}

/// The trust that the user's programs have.
fn label(subject: &Subject) -> Sid {
    if subject.is_root() {
        well_known::HIGH_LABEL
    } else {
        well_known::MEDIUM_LABEL
    }
}

fn level_of(token: &Token) -> u32 {
    token
        .level()
        .map_or(ImpersonationLevel::Anonymous as u32, |level| level as u32)
}

/// TOKEN_STATISTICS: identifiers of the token and of the logon, which the user's number stands for; when
/// it ends, which is never; its kind; and how much it holds.
fn statistics(subject: &Subject, token: &Token) -> Vec<u8> {
    const PRIMARY: u32 = 1;
    const IMPERSONATION: u32 = 2;
    const NEVER: [u32; 2] = [u32::MAX, i32::MAX as u32];
    let user = subject.user.as_user().unwrap_or(0);
    let kind = if token.level().is_some() {
        IMPERSONATION
    } else {
        PRIMARY
    };
    let groups = subject.groups.len() as u32;
    let privileges = token.privileges().count() as u32;
    let words = [
        std::process::id(),
        0,
        user,
        0,
        NEVER[0],
        NEVER[1],
        kind,
        level_of(token),
        0,
        0,
        groups,
        privileges,
        0,
        0,
    ];
    words.into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// What GetTokenInformation answers at that address.
fn information(token: &Token, class: u32, base: usize) -> Result<Vec<u8>, NtStatus> {
    let subject = Subject::current();
    let answer = Answer::at(base);
    let number = |number: u32| Ok(Answer::at(base).number(number).finish());
    match class {
        // TokenUser
        1 => Ok(answer.sid(&subject.user, 0).finish()),
        // TokenGroups
        2 => {
            let mut answer = answer.number(subject.groups.len() as u32).number(0);
            for (group, attributes) in &subject.groups {
                answer = answer.sid(group, attributes.bits());
            }
            Ok(answer.finish())
        }
        // TokenPrivileges: packed to four bytes.
        3 => {
            let privileges: Vec<(Privilege, bool)> = token.privileges().collect();
            let mut answer = answer.number(privileges.len() as u32);
            for (privilege, enabled) in privileges {
                let attributes = if enabled { SE_PRIVILEGE_ENABLED } else { 0 };
                answer = answer.number(privilege.luid()).number(0).number(attributes);
            }
            Ok(answer.finish())
        }
        // TokenOwner
        4 => Ok(answer.pointer(subject.user.to_bytes()).finish()),
        // TokenPrimaryGroup
        5 => Ok(answer.pointer(subject.primary_group.to_bytes()).finish()),
        // TokenDefaultDacl
        6 => Ok(answer
            .pointer(default_dacl(subject.user).to_bytes())
            .finish()),
        // TokenSource: a name of eight characters, and a LUID.
        7 => Ok([&b"Linux\0\0\0"[..], &[0; 8]].concat()),
        // TokenType
        8 => number(if token.level().is_some() { 2 } else { 1 }),
        // TokenImpersonationLevel
        9 if token.level().is_none() => Err(NtStatus::INVALID_PARAMETER),
        9 => number(level_of(token)),
        // TokenStatistics
        10 => Ok(statistics(&subject, token)),
        // TokenRestrictedSids, TokenLogonSid: none.
        11 | 28 => Ok(answer.number(0).number(0).finish()),
        // TokenSessionId
        12 => number(winpages_kernel::object::SESSION_ID),
        // TokenElevationType: TokenElevationTypeDefault, for nobody has two tokens.
        18 => number(1),
        // TokenElevation
        20 => number(u32::from(subject.is_root())),
        // TokenIntegrityLevel
        25 => {
            let attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
            Ok(answer.sid(&label(&subject), attributes).finish())
        }
        // TokenMandatoryPolicy: TOKEN_MANDATORY_POLICY_NO_WRITE_UP, though nothing is enforced by labels.
        27 => number(1),
        // TokenSandBoxInert, TokenHasRestrictions, TokenVirtualizationAllowed,
        // TokenVirtualizationEnabled, TokenUIAccess, TokenIsAppContainer
        15 | 21 | 23 | 24 | 26 | 29 => number(0),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// GetTokenInformation: of the user, his groups, the privileges, what new objects get, and whether he is
/// root, which counts as elevated.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTokenInformation(
    TokenHandle: usize,
    TokenInformationClass: u32,
    TokenInformation: *mut c_void,
    TokenInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    const TOKEN_SOURCE: u32 = 7;
    let query = || {
        let needed = if TokenInformationClass == TOKEN_SOURCE {
            AccessMask::TOKEN_QUERY_SOURCE
        } else {
            AccessMask::TOKEN_QUERY
        };
        let token = token::reference_token(Handle::from_value(TokenHandle), needed)?;
        let bytes = information(&token, TokenInformationClass, TokenInformation as usize)?;
        // SAFETY: passed on.
        unsafe {
            write(ReturnLength, bytes.len() as u32)?;
            if (TokenInformationLength as usize) < bytes.len() {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            write_bytes(TokenInformation, &bytes)
        }
    };
    last_error::boolean(query())
}

/// CheckTokenMembership: whether the user is that one, or belongs to that group.
///
/// # Safety
///
/// `SidToCheck` must be a C program's to read, `IsMember` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CheckTokenMembership(
    TokenHandle: usize,
    SidToCheck: *const c_void,
    IsMember: *mut i32,
) -> i32 {
    let check = || {
        if TokenHandle != 0 {
            let handle = Handle::from_value(TokenHandle);
            let token = token::reference_token(handle, AccessMask::TOKEN_QUERY)?;
            if token.level().is_none() {
                return Err(NtStatus::NO_IMPERSONATION_TOKEN);
            }
        }
        let subject = Subject::current();
        // SAFETY: passed on.
        unsafe {
            let sid = read_sid(SidToCheck)?;
            let enabled = |(group, attributes): &(Sid, GroupAttributes)| {
                *group == sid && attributes.contains(GroupAttributes::ENABLED)
            };
            let is_member = subject.user == sid || subject.groups.iter().any(enabled);
            write(IsMember, i32::from(is_member))
        }
    };
    last_error::boolean(check())
}

/// DuplicateToken: an impersonation token of the process's user.
///
/// # Safety
///
/// `DuplicateTokenHandle` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DuplicateToken(
    ExistingTokenHandle: usize,
    ImpersonationLevel: u32,
    DuplicateTokenHandle: *mut usize,
) -> i32 {
    const IMPERSONATION: u32 = 2;
    let access = AccessMask::from_bits_retain(0xC); // TOKEN_IMPERSONATE | TOKEN_QUERY
    // SAFETY: passed on.
    unsafe {
        DuplicateTokenEx(
            ExistingTokenHandle,
            access.bits(),
            core::ptr::null(),
            ImpersonationLevel,
            IMPERSONATION,
            DuplicateTokenHandle,
        )
    }
}

/// DuplicateTokenEx: a token of the process's user, primary or for impersonation.
///
/// # Safety
///
/// As [`DuplicateToken`]; the attributes must be NULL or a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DuplicateTokenEx(
    hExistingToken: usize,
    dwDesiredAccess: u32,
    lpTokenAttributes: *const crate::security_attributes::SECURITY_ATTRIBUTES,
    ImpersonationLevel: u32,
    TokenType: u32,
    phNewToken: *mut usize,
) -> i32 {
    let duplicate = || {
        // SAFETY: passed on.
        unsafe { crate::security_attributes::given(lpTokenAttributes)? };
        let level = match TokenType {
            1 => None,
            2 => Some(self::ImpersonationLevel::from_number(ImpersonationLevel)?),
            _ => return Err(NtStatus::INVALID_PARAMETER),
        };
        // 0 is for the rights of the source.
        let access = (dwDesiredAccess != 0).then(|| AccessMask::from_bits_retain(dwDesiredAccess));
        let handle = token::duplicate_token(Handle::from_value(hExistingToken), access, level)?;
        // SAFETY: passed on.
        unsafe { write(phNewToken, handle.value()) }
    };
    last_error::boolean(duplicate())
}

/// ImpersonateSelf: gives the calling thread a token of its own, of the same user.
#[unsafe(no_mangle)]
pub extern "C" fn ImpersonateSelf(ImpersonationLevel: u32) -> i32 {
    let level = self::ImpersonationLevel::from_number(ImpersonationLevel);
    last_error::boolean(level.map(token::impersonate_self))
}

/// RevertToSelf: takes the calling thread's own token away.
#[unsafe(no_mangle)]
pub extern "C" fn RevertToSelf() -> i32 {
    token::revert_to_self();
    1
}

/// PrivilegeCheck: whether privileges are enabled; all of them, or one of them.
///
/// # Safety
///
/// `RequiredPrivileges` must be a C program's to read and write, `pfResult` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PrivilegeCheck(
    ClientToken: usize,
    RequiredPrivileges: *mut u32,
    pfResult: *mut i32,
) -> i32 {
    const PRIVILEGE_SET_ALL_NECESSARY: u32 = 1;
    const MAXIMUM_COUNT: u32 = 1024;
    /// Words before the first privilege, and words of each: its LUID and its attributes.
    const WORDS: usize = 2;
    const EACH: usize = 3;
    let check = || {
        let handle = Handle::from_value(ClientToken);
        let token = token::reference_token(handle, AccessMask::TOKEN_QUERY)?;
        // SAFETY: passed on; any bytes are integers.
        unsafe {
            let count = read(RequiredPrivileges)?;
            let control = read(RequiredPrivileges.wrapping_add(1))?;
            if count > MAXIMUM_COUNT {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let mut held = 0;
            for index in 0..count as usize {
                let place = RequiredPrivileges.wrapping_add(WORDS + index * EACH);
                let [low, high, attributes] = read(place.cast::<[u32; EACH]>())?;
                let privilege = Privilege::from_luid(low, high as i32);
                if privilege.and_then(|privilege| token.state(privilege)) == Some(true) {
                    held += 1;
                    let used = attributes | SE_PRIVILEGE_USED_FOR_ACCESS;
                    write(place.wrapping_add(2), used)?;
                }
            }
            let is_enough = if control & PRIVILEGE_SET_ALL_NECESSARY != 0 {
                held == count
            } else {
                held > 0
            };
            write(pfResult, i32::from(is_enough))
        }
    };
    last_error::boolean(check())
}
