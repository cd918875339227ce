//! Names of users, groups and well-known identifiers.
//!
//! Users of the machine are accounts of the domain `Unix User`, groups of `Unix Group`, as Samba has
//! it.

use std::ffi::CString;

use super::{Sid, well_known};
use crate::sys::account;

/// What an account is: Windows' SID_NAME_USE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AccountUse {
    /// SidTypeUser
    User = 1,
    /// SidTypeGroup
    Group = 2,
    /// SidTypeAlias
    Alias = 4,
    /// SidTypeWellKnownGroup
    WellKnownGroup = 5,
    /// SidTypeLabel
    Label = 10,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its identifier.
    pub sid: Sid,
    /// Its name.
    pub name: String,
    /// Whom it belongs to; empty for those that belong to nobody.
    pub domain: String,
    /// What it is.
    pub account_use: AccountUse,
}

const USERS: &str = "Unix User";
const GROUPS: &str = "Unix Group";
const NT: &str = "NT AUTHORITY";
const BUILTIN: &str = "BUILTIN";
const LABELS: &str = "Mandatory Label";

/// Accounts that are the same on every machine.
const WELL_KNOWN: &[(Sid, &str, &str, AccountUse)] = {
    use AccountUse::{Alias, Label, WellKnownGroup};
    &[
        (Sid::new(0, &[0]), "", "NULL SID", WellKnownGroup),
        (well_known::EVERYONE, "", "Everyone", WellKnownGroup),
        (well_known::LOCAL, "", "LOCAL", WellKnownGroup),
        (Sid::new(3, &[0]), "", "CREATOR OWNER", WellKnownGroup),
        (Sid::new(3, &[1]), "", "CREATOR GROUP", WellKnownGroup),
        (well_known::OWNER_RIGHTS, "", "OWNER RIGHTS", WellKnownGroup),
        (Sid::new(5, &[1]), NT, "DIALUP", WellKnownGroup),
        (Sid::new(5, &[2]), NT, "NETWORK", WellKnownGroup),
        (Sid::new(5, &[3]), NT, "BATCH", WellKnownGroup),
        (well_known::INTERACTIVE, NT, "INTERACTIVE", WellKnownGroup),
        (Sid::new(5, &[6]), NT, "SERVICE", WellKnownGroup),
        (Sid::new(5, &[7]), NT, "ANONYMOUS LOGON", WellKnownGroup),
        (Sid::new(5, &[10]), NT, "SELF", WellKnownGroup),
        (
            well_known::AUTHENTICATED_USERS,
            NT,
            "Authenticated Users",
            WellKnownGroup,
        ),
        (Sid::new(5, &[12]), NT, "RESTRICTED", WellKnownGroup),
        (well_known::SYSTEM, NT, "SYSTEM", WellKnownGroup),
        (Sid::new(5, &[19]), NT, "LOCAL SERVICE", WellKnownGroup),
        (Sid::new(5, &[20]), NT, "NETWORK SERVICE", WellKnownGroup),
        (well_known::ADMINISTRATORS, BUILTIN, "Administrators", Alias),
        (well_known::USERS, BUILTIN, "Users", Alias),
        (Sid::new(5, &[32, 546]), BUILTIN, "Guests", Alias),
        (Sid::new(5, &[32, 547]), BUILTIN, "Power Users", Alias),
        (Sid::new(16, &[4096]), LABELS, "Low Mandatory Level", Label),
        (
            well_known::MEDIUM_LABEL,
            LABELS,
            "Medium Mandatory Level",
            Label,
        ),
        (
            well_known::HIGH_LABEL,
            LABELS,
            "High Mandatory Level",
            Label,
        ),
        (
            Sid::new(16, &[16384]),
            LABELS,
            "System Mandatory Level",
            Label,
        ),
    ]
};

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn user(number: u32, name: &[u8]) -> Account {
    Account {
        sid: Sid::of_user(number),
        name: text(name),
        domain: USERS.to_owned(),
        account_use: AccountUse::User,
    }
}

fn group(number: u32, name: &[u8]) -> Account {
    Account {
        sid: Sid::of_group(number),
        name: text(name),
        domain: GROUPS.to_owned(),
        account_use: AccountUse::Group,
    }
}

/// The account of an identifier, if there is one.
pub fn of_sid(sid: &Sid) -> Option<Account> {
    if let Some(number) = sid.as_user() {
        return account::user(number).map(|found| user(number, &found.name));
    }
    if let Some(number) = sid.as_group() {
        return account::group_name(number).map(|name| group(number, &name));
    }
    let found = WELL_KNOWN.iter().find(|(known, ..)| known == sid);
    found.map(|(sid, domain, name, account_use)| Account {
        sid: *sid,
        name: (*name).to_owned(),
        domain: (*domain).to_owned(),
        account_use: *account_use,
    })
}

/// The account of a name, with or without its domain before a backslash. Of a user and a group of one
/// name, the user is meant.
///
/// ```
/// use winpages_kernel::security::{Sid, account};
/// assert_eq!(account::named("root").unwrap().sid, Sid::of_user(0));
/// assert_eq!(account::named(r"Unix Group\root").unwrap().sid, Sid::of_group(0));
/// assert_eq!(account::named(r"nt authority\system").unwrap().sid.to_string(), "S-1-5-18");
/// ```
pub fn named(name: &str) -> Option<Account> {
    let (domain, leaf) = match name.split_once('\\') {
        Some((domain, leaf)) => (Some(domain), leaf),
        None => (None, name),
    };
    let is_of = |one: &str| domain.is_none_or(|domain| domain.eq_ignore_ascii_case(one));
    let fixed = WELL_KNOWN
        .iter()
        .find(|(_, domain, known, _)| is_of(domain) && known.eq_ignore_ascii_case(leaf));
    if let Some((sid, ..)) = fixed {
        return of_sid(sid);
    }
    let leaf = CString::new(leaf).ok().filter(|leaf| !leaf.is_empty())?;
    let found_user = || account::user_named(&leaf).map(|found| user(found.user, &found.name));
    let found_group = || account::group_named(&leaf).map(|number| group(number, leaf.to_bytes()));
    let as_user = if is_of(USERS) { found_user() } else { None };
    as_user.or_else(|| if is_of(GROUPS) { found_group() } else { None })
}
