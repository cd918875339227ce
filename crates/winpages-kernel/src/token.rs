//! Access tokens: which privileges the process holds. Who its user is, [`crate::security::Subject`]
//! tells.
//!
//! A privilege here is no power: what the process may do is Linux's to say. The token answers the
//! question that programs ask before they use large pages or lock physical memory, and answers it as
//! Windows does for an ordinary user: those privileges are not held. But where the administrator has
//! set huge pages aside, the one to lock pages in memory is: that is how it is granted here.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;

use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{self, AccessMask, GenericMapping, Object};
use crate::sys::memory;

impl AccessMask {
    /// TOKEN_QUERY
    pub const TOKEN_QUERY: Self = Self::from_bits_retain(0x08);
    /// TOKEN_DUPLICATE
    pub const TOKEN_DUPLICATE: Self = Self::from_bits_retain(0x02);
    /// TOKEN_QUERY_SOURCE
    pub const TOKEN_QUERY_SOURCE: Self = Self::from_bits_retain(0x10);
    /// TOKEN_ADJUST_PRIVILEGES
    pub const TOKEN_ADJUST_PRIVILEGES: Self = Self::from_bits_retain(0x20);
}

/// What the generic rights mean for a token.
pub const TOKEN_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0008),
    write: AccessMask::from_bits_retain(0x0002_00E0),
    execute: AccessMask::from_bits_retain(0x0002_0000),
    all: AccessMask::from_bits_retain(0x000F_01FF),
};

/// A privilege: the low part of the LUID that Windows gave it. The high part is 0 for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege(u32);

/// The names of the privileges, from LUID 2 on.
const NAMES: [&str; 35] = [
    "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeMachineAccountPrivilege",
    "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
];

const FIRST: u32 = 2;

impl Privilege {
    /// SeLockMemoryPrivilege, which large pages and physical pages need.
    pub const LOCK_MEMORY: Self = Self(4);
    /// SeChangeNotifyPrivilege, which everybody has.
    pub const CHANGE_NOTIFY: Self = Self(23);
    /// SeIncreaseWorkingSetPrivilege, which users have.
    pub const INCREASE_WORKING_SET: Self = Self(33);

    /// The privilege of that name, in whichever case.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_SUCH_PRIVILEGE`].
    ///
    /// ```
    /// use winpages_kernel::token::Privilege;
    /// assert_eq!(Privilege::named("SeLockMemoryPrivilege"), Ok(Privilege::LOCK_MEMORY));
    /// ```
    pub fn named(name: &str) -> Result<Self, NtStatus> {
        NAMES
            .iter()
            .position(|one| one.eq_ignore_ascii_case(name))
            .map(|index| Self(index as u32 + FIRST))
            .ok_or(NtStatus::NO_SUCH_PRIVILEGE)
    }

    /// The privilege of a LUID; one that nobody ever had is one that is not held.
    pub fn from_luid(low: u32, high: i32) -> Option<Self> {
        (high == 0 && (FIRST..FIRST + NAMES.len() as u32).contains(&low)).then_some(Self(low))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES[(self.0 - FIRST) as usize]
    }

    /// The low part of its LUID.
    pub fn luid(self) -> u32 {
        self.0
    }

    fn bit(self) -> u64 {
        1 << self.0
    }
}

/// The privileges that everybody holds.
const EVERYBODYS: u64 = 1 << Privilege::CHANGE_NOTIFY.0 | 1 << Privilege::INCREASE_WORKING_SET.0;

/// Those that the process has given away.
static REMOVED: AtomicU64 = AtomicU64::new(0);

/// The privileges that the process holds.
fn held() -> u64 {
    let locks = if memory::has_huge_pages() {
        Privilege::LOCK_MEMORY.bit()
    } else {
        0
    };
    (EVERYBODYS | locks) & !REMOVED.load(Ordering::Relaxed)
}

/// Those of them that are enabled.
static ENABLED: AtomicU64 = AtomicU64::new(1 << Privilege::CHANGE_NOTIFY.0);

/// What a privilege is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Attributes 0.
    Disable,
    /// SE_PRIVILEGE_ENABLED
    Enable,
    /// SE_PRIVILEGE_REMOVED: given away until the process ends.
    Remove,
}

/// How far one may go who acts with a token: Windows' SECURITY_IMPERSONATION_LEVEL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum ImpersonationLevel {
    /// SecurityAnonymous
    Anonymous = 0,
    /// SecurityIdentification
    Identification = 1,
    /// SecurityImpersonation
    Impersonation = 2,
    /// SecurityDelegation
    Delegation = 3,
}

impl ImpersonationLevel {
    /// The level of a number.
    ///
    /// # Errors
    ///
    /// [`NtStatus::BAD_IMPERSONATION_LEVEL`].
    pub fn from_number(number: u32) -> Result<Self, NtStatus> {
        match number {
            0 => Ok(Self::Anonymous),
            1 => Ok(Self::Identification),
            2 => Ok(Self::Impersonation),
            3 => Ok(Self::Delegation),
            _ => Err(NtStatus::BAD_IMPERSONATION_LEVEL),
        }
    }
}

/// A token of the process's user. All of them are one: what a handle leads to holds nothing of its own
/// but what it may be used for.
#[derive(Debug, Default)]
pub struct Token {
    handles: AtomicUsize,
    /// `None` for the primary token.
    level: Option<ImpersonationLevel>,
}

thread_local! {
    // How far this thread acts with a token of its own, whose user is the process's all the same.
    static ACTING: core::cell::Cell<Option<ImpersonationLevel>> = const { core::cell::Cell::new(None) };
}

/// Gives the calling thread a token of its own; mirrors ImpersonateSelf.
pub fn impersonate_self(level: ImpersonationLevel) {
    ACTING.set(Some(level));
}

/// Takes the calling thread's own token away; mirrors RevertToSelf.
pub fn revert_to_self() {
    ACTING.set(None);
}

/// Opens the calling thread's own token; mirrors NtOpenThreadToken.
///
/// # Errors
///
/// [`NtStatus::NO_TOKEN`] if it has none, and as [`open_process_token`].
pub fn open_thread_token(desired: AccessMask) -> Result<Handle, NtStatus> {
    open(desired, Some(ACTING.get().ok_or(NtStatus::NO_TOKEN)?))
}

/// Makes a token of another; mirrors NtDuplicateToken. Without a level, a primary one.
///
/// # Errors
///
/// As [`reference_token`], which must grant TOKEN_DUPLICATE; [`NtStatus::BAD_IMPERSONATION_LEVEL`] if an
/// impersonation token is to let one go further.
pub fn duplicate_token(
    handle: Handle,
    desired: Option<AccessMask>,
    level: Option<ImpersonationLevel>,
) -> Result<Handle, NtStatus> {
    let source = reference_token(handle, AccessMask::TOKEN_DUPLICATE)?;
    if source
        .level
        .is_some_and(|own| level.is_none_or(|level| level > own))
    {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
    }
    let desired = match desired {
        Some(desired) => desired,
        None => object::reference(handle)?.access,
    };
    open(desired, level)
}

impl Token {
    /// How far one may go with it; `None` for the primary token.
    pub fn level(&self) -> Option<ImpersonationLevel> {
        self.level
    }

    /// All privileges that are held, and whether each is enabled.
    pub fn privileges(&self) -> impl Iterator<Item = (Privilege, bool)> {
        let (held, enabled) = (held(), ENABLED.load(Ordering::Relaxed));
        (0..u64::BITS)
            .map(Privilege)
            .filter(move |privilege| held & privilege.bit() != 0)
            .map(move |privilege| (privilege, enabled & privilege.bit() != 0))
    }

    /// Changes a privilege; answers whether it was enabled, or `None` if it is not held.
    pub fn adjust(&self, privilege: Privilege, change: Change) -> Option<bool> {
        let bit = privilege.bit();
        if held() & bit == 0 {
            return None;
        }
        let before = match change {
            Change::Enable => ENABLED.fetch_or(bit, Ordering::Relaxed),
            Change::Disable => ENABLED.fetch_and(!bit, Ordering::Relaxed),
            Change::Remove => {
                REMOVED.fetch_or(bit, Ordering::Relaxed);
                ENABLED.fetch_and(!bit, Ordering::Relaxed)
            }
        };
        Some(before & bit != 0)
    }

    /// Whether a privilege is held, and if so, enabled.
    pub fn state(&self, privilege: Privilege) -> Option<bool> {
        let is_held = held() & privilege.bit() != 0;
        is_held.then(|| ENABLED.load(Ordering::Relaxed) & privilege.bit() != 0)
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }
}

/// Opens the token of the calling process; mirrors NtOpenProcessToken.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`] when the handle table is full.
pub fn open_process_token(desired: AccessMask) -> Result<Handle, NtStatus> {
    open(desired, None)
}

fn open(desired: AccessMask, level: Option<ImpersonationLevel>) -> Result<Handle, NtStatus> {
    handle_table::insert(Entry {
        object: Object::Token(Arc::new(Token {
            level,
            ..Token::default()
        })),
        access: TOKEN_GENERIC_MAPPING.apply(desired),
        attributes: HandleAttributes::empty(),
    })
}

/// Finds the token that a handle leads to, if the handle grants `desired`.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it
/// is of another kind, [`NtStatus::ACCESS_DENIED`] if it does not grant `desired`.
pub fn reference_token(handle: Handle, desired: AccessMask) -> Result<Arc<Token>, NtStatus> {
    let entry = object::reference(handle)?;
    let Object::Token(token) = entry.object else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    if !entry.access.contains(desired) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok(token)
}
