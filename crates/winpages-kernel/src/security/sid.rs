//! Security identifiers: SID.

use core::fmt;
use core::hash::{Hash, Hasher};

use crate::NtStatus;

/// The most sub-authorities that an identifier has.
pub const MAXIMUM_SUB_AUTHORITIES: usize = 15;

/// The revision that all identifiers have.
const REVISION: u8 = 1;

/// The size of an identifier without its sub-authorities, in bytes.
const FIXED_SIZE: usize = 8;

/// Who somebody is: a user, a group, everyone.
///
/// ```
/// use winpages_kernel::security::Sid;
/// let everyone: Sid = "S-1-1-0".parse().unwrap();
/// assert_eq!(everyone.to_bytes(), [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
/// assert_eq!(Sid::of_user(1000).to_string(), "S-1-22-1-1000");
/// ```
#[derive(Clone, Copy)]
pub struct Sid {
    authority: [u8; 6],
    count: u8,
    sub_authorities: [u32; MAXIMUM_SUB_AUTHORITIES],
}

/// The authority of Unix users and groups.
const UNIX_AUTHORITY: u8 = 22;
const UNIX_USERS: u32 = 1;
const UNIX_GROUPS: u32 = 2;

impl Sid {
    /// The identifier of an authority below 256, and at most 15 sub-authorities.
    pub const fn new(authority: u8, sub_authorities: &[u32]) -> Self {
        let mut sid = Self {
            authority: [0, 0, 0, 0, 0, authority],
            count: sub_authorities.len() as u8,
            sub_authorities: [0; MAXIMUM_SUB_AUTHORITIES],
        };
        let mut index = 0;
        while index < sub_authorities.len() {
            sid.sub_authorities[index] = sub_authorities[index];
            index += 1;
        }
        sid
    }

    /// The user of a number.
    pub const fn of_user(user: u32) -> Self {
        Self::new(UNIX_AUTHORITY, &[UNIX_USERS, user])
    }

    /// The group of a number.
    pub const fn of_group(group: u32) -> Self {
        Self::new(UNIX_AUTHORITY, &[UNIX_GROUPS, group])
    }

    /// The number of the user, if it is one of the machine's.
    pub fn as_user(&self) -> Option<u32> {
        match (self.authority, self.sub_authorities()) {
            ([0, 0, 0, 0, 0, UNIX_AUTHORITY], &[UNIX_USERS, user]) => Some(user),
            _ => None,
        }
    }

    /// The number of the group, if it is one of the machine's.
    pub fn as_group(&self) -> Option<u32> {
        match (self.authority, self.sub_authorities()) {
            ([0, 0, 0, 0, 0, UNIX_AUTHORITY], &[UNIX_GROUPS, group]) => Some(group),
            _ => None,
        }
    }

    /// The authority that gave the identifier, six bytes with the highest first.
    pub fn authority(&self) -> [u8; 6] {
        self.authority
    }

    /// What stands behind the authority.
    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities[..usize::from(self.count)]
    }

    /// The identifier with another sub-authority behind it; `None` if it has as many as it may.
    pub fn with(mut self, sub_authority: u32) -> Option<Self> {
        *self.sub_authorities.get_mut(usize::from(self.count))? = sub_authority;
        self.count += 1;
        Some(self)
    }

    /// The size in bytes of an identifier with so many sub-authorities.
    pub const fn size_of(sub_authorities: u8) -> usize {
        FIXED_SIZE + sub_authorities as usize * size_of::<u32>()
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        Self::size_of(self.count)
    }

    /// Its bytes, as programs lay it out.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![REVISION, self.count];
        bytes.extend_from_slice(&self.authority);
        for sub_authority in self.sub_authorities() {
            bytes.extend_from_slice(&sub_authority.to_le_bytes());
        }
        bytes
    }

    /// Reads the identifier at the start of `bytes`.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_SID`]: the revision is another, there are too many sub-authorities, or the
    /// bytes end before it does.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NtStatus> {
        let [REVISION, count, authority @ ..] = bytes else {
            return Err(NtStatus::INVALID_SID);
        };
        let size = Self::size_of(*count);
        if usize::from(*count) > MAXIMUM_SUB_AUTHORITIES || bytes.len() < size {
            return Err(NtStatus::INVALID_SID);
        }
        let mut sid = Self {
            authority: [0; 6],
            count: *count,
            sub_authorities: [0; MAXIMUM_SUB_AUTHORITIES],
        };
        sid.authority.copy_from_slice(&authority[..6]);
        let words = bytes[FIXED_SIZE..size].chunks_exact(size_of::<u32>());
        for (place, word) in sid.sub_authorities.iter_mut().zip(words) {
            *place = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        }
        Ok(sid)
    }
}

impl PartialEq for Sid {
    fn eq(&self, other: &Self) -> bool {
        self.authority == other.authority && self.sub_authorities() == other.sub_authorities()
    }
}

impl Eq for Sid {}

impl Hash for Sid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.authority.hash(state);
        self.sub_authorities().hash(state);
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self
            .authority
            .iter()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        // Windows writes an authority of more than 32 bits in hexadecimal.
        if value <= u64::from(u32::MAX) {
            write!(formatter, "S-{REVISION}-{value}")?;
        } else {
            write!(formatter, "S-{REVISION}-0x{value:x}")?;
        }
        for sub_authority in self.sub_authorities() {
            write!(formatter, "-{sub_authority}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A number in decimal, or in hexadecimal behind `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()
        }
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

impl core::str::FromStr for Sid {
    type Err = NtStatus;

    /// Reads `S-1-…`: numbers in decimal, or in hexadecimal behind `0x`.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_SID`].
    fn from_str(text: &str) -> Result<Self, NtStatus> {
        let parse = || {
            let rest = text
                .strip_prefix("S-")
                .or_else(|| text.strip_prefix("s-"))?;
            let mut parts = rest.split('-');
            if number(parts.next()?)? != u64::from(REVISION) {
                return None;
            }
            let authority = number(parts.next()?).filter(|value| *value < 1 << 48)?;
            let mut sid = Self::new(0, &[]);
            sid.authority.copy_from_slice(&authority.to_be_bytes()[2..]);
            for part in parts {
                sid = sid.with(u32::try_from(number(part)?).ok()?)?;
            }
            // Without a sub-authority it would be an authority, and nobody's name.
            (sid.count > 0).then_some(sid)
        };
        parse().ok_or(NtStatus::INVALID_SID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        for text in [
            "S-1-1-0",
            "S-1-5-32-544",
            "S-1-22-1-4294967295",
            "S-1-0x123456789ab-1",
            "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15",
        ] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid));
        }
        assert_eq!("S-1-0x5-0x20".parse(), "S-1-5-32".parse::<Sid>());
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "S",
            "S-1",
            "S-1-5",
            "S-2-5-1",
            "S-1-5-",
            "S-1-5-x",
            "S-1-5-4294967296",
            "S-1-281474976710656-1",
            "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
            "S-1-5--1",
            "S-1-5-1 ",
            "S-1-+5-1",
        ] {
            assert_eq!(text.parse::<Sid>(), Err(NtStatus::INVALID_SID), "{text}");
        }
        for bytes in [
            &[][..],
            &[1],
            &[1, 0],
            &[2, 0, 0, 0, 0, 0, 0, 5],
            &[1, 16, 0, 0, 0, 0, 0, 5],
        ] {
            assert_eq!(Sid::from_bytes(bytes), Err(NtStatus::INVALID_SID));
        }
        let mut bytes = Sid::of_user(1).to_bytes();
        bytes.pop();
        assert_eq!(Sid::from_bytes(&bytes), Err(NtStatus::INVALID_SID));
    }

    #[test]
    fn users_and_groups_are_told_apart() {
        assert_eq!(Sid::of_user(7).as_user(), Some(7));
        assert_eq!(Sid::of_user(7).as_group(), None);
        assert_eq!(Sid::of_group(7).as_group(), Some(7));
        assert_eq!(Sid::new(5, &[1, 7]).as_user(), None);
    }
}
