//! Who may do what with an object that has a name.

use core::str::FromStr;

use winpages_error::error_code::{ERROR_INVALID_PARAMETER, ERROR_INVALID_SECURITY_DESCR};

use crate::error::{Error, Operation};
use crate::platform::{self, SecurityBytes};

/// Whom an entry of a [`SecurityDescriptor`] is about, and who uses a [`PrivateNamespace`](crate::PrivateNamespace).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trustee {
    /// Everybody: S-1-1-0.
    Everyone,
    /// Everybody who has logged on: S-1-5-11.
    AuthenticatedUsers,
    /// Who owns the object: S-1-3-4.
    Owner,
    /// The members of the administrators' group: S-1-5-32-544; on Linux, root.
    Administrators,
}

impl Trustee {
    /// The identifier authority and the sub-authorities of the SID.
    fn sid(self) -> (u8, &'static [u32]) {
        match self {
            Self::Everyone => (1, &[0]),
            Self::AuthenticatedUsers => (5, &[11]),
            Self::Owner => (3, &[4]),
            Self::Administrators => (5, &[32, 544]),
        }
    }

    /// The SID, in words: its revision, how many parts, six bytes of authority, of which the last counts, and
    /// the parts.
    pub(crate) fn sid_words(self) -> Vec<u32> {
        let (authority, parts) = self.sid();
        let count = parts.len() as u8;
        let mut words = vec![
            u32::from_le_bytes([1, count, 0, 0]),
            u32::from_le_bytes([0, 0, 0, authority]),
        ];
        words.extend(parts);
        words
    }
}

bitflags::bitflags! {
    /// What may be done with an object: Windows' generic rights, and by their bits all others.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct AccessRights: u32 {
        /// GENERIC_READ: to look: to read a section, to ask for a state.
        const READ = 0x8000_0000;
        /// GENERIC_WRITE: to change: to write a section, to set an event.
        const WRITE = 0x4000_0000;
        /// GENERIC_EXECUTE: to wait for it, or to run code in a section.
        const EXECUTE = 0x2000_0000;
        /// GENERIC_ALL: everything.
        const ALL = 0x1000_0000;
        const _ = !0;
    }
}

/// Who may do what with a new object: given to [`SectionOptions::security`](crate::SectionOptions::security)
/// and [`ObjectOptions::security`](crate::ObjectOptions::security). Without, an object is its user's
/// alone.
///
/// What no entry allows is not allowed, but to the owner to change that. Linux keeps to it by the mode
/// and the access control list of the object's file, in the `Global\` namespace; the `Local\` one is of
/// one user anyway.
///
/// ```
/// use winpages::{AccessRights, Section, SecurityDescriptor, Trustee};
///
/// // All may read, and only this user may write.
/// let security = SecurityDescriptor::new()
///     .allow(Trustee::Everyone, AccessRights::READ)
///     .allow(Trustee::Owner, AccessRights::ALL);
/// let section = Section::options()
///     .name(r"Local\winpages-doc-security")
///     .size(4096)
///     .security(&security)
///     .create()?;
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// The text of the security descriptor definition language (SDDL) says the same, and whatever else a
/// descriptor can: owners, groups, single rights, users by their SIDs.
///
/// ```
/// use winpages::SecurityDescriptor;
///
/// let security: SecurityDescriptor = "D:(A;;GR;;;WD)(A;;GA;;;OW)".parse()?;
/// assert_eq!(security.to_sddl()?, "D:(A;;GR;;;WD)(A;;GA;;;OW)");
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// In a self-relative descriptor's form, in words so that it is aligned as it must be. The list of
    /// who may do what is last, so that entries can be added.
    words: Vec<u32>,
}

impl FromStr for SecurityDescriptor {
    type Err = Error;

    /// As [`SecurityDescriptor::from_sddl`].
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_sddl(text)
    }
}

impl Default for SecurityDescriptor {
    fn default() -> Self {
        Self::new()
    }
}

/// The sizes of the headers, in words.
const DESCRIPTOR: usize = 5;
const ACL: usize = 2;
/// Where the places of owner, group, the list of what is audited and that of who may do what stand.
const OWNER: usize = 1;
const GROUP: usize = 2;
const SACL: usize = 3;
const DACL: usize = 4;
/// SE_DACL_PRESENT, in a descriptor's first word.
const DACL_PRESENT: u32 = 4 << 16;
/// An empty list: its revision and its size.
const EMPTY_LIST: [u32; ACL] = [2 | ((size_of::<u32>() * ACL) as u32) << 16, 0];

impl SecurityDescriptor {
    /// One that allows nobody anything yet.
    pub fn new() -> Self {
        const REVISION: u32 = 1;
        const SELF_RELATIVE: u32 = 0x8000 << 16;
        // No owner and group but the caller's, and no list of what is audited.
        let mut words = vec![0; DESCRIPTOR];
        words[0] = REVISION | SELF_RELATIVE;
        let mut empty = Self { words };
        empty.begin_list();
        empty
    }

    /// Reads the text of a descriptor; mirrors ConvertStringSecurityDescriptorToSecurityDescriptor.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: it is no such text.
    /// * ERROR_INVALID_SID, ERROR_INVALID_ACL: a part of it is not.
    pub fn from_sddl(text: &str) -> Result<Self, Error> {
        let fail = |code| Error::new(Operation::SecurityText, code);
        // Windows would take the text to end there.
        if text.contains('\0') {
            return Err(fail(ERROR_INVALID_PARAMETER));
        }
        let bytes = platform::security_from_text(text).map_err(fail)?;
        Self::of_bytes(&bytes).ok_or_else(|| fail(ERROR_INVALID_SECURITY_DESCR))
    }

    /// The text of owner, group and entries; mirrors ConvertSecurityDescriptorToStringSecurityDescriptor.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ACL: an entry is of a kind that has no letters.
    pub fn to_sddl(&self) -> Result<String, Error> {
        let text = platform::text_of_security(self.bytes());
        text.map_err(|code| Error::new(Operation::SecurityText, code))
    }

    /// Takes a self-relative descriptor over, its parts in the order that this type keeps.
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let mut words: Vec<u32> = (0..DESCRIPTOR).map_while(|place| word(4 * place)).collect();
        let places = words.get(..DESCRIPTOR)?.to_vec();
        for place in [OWNER, GROUP, SACL, DACL] {
            let at = places[place] as usize;
            if at == 0 {
                continue;
            }
            let size = match place {
                OWNER | GROUP => 8 + 4 * usize::from(*bytes.get(at + 1)?),
                _ => (word(at)? >> 16) as usize,
            };
            words[place] = (words.len() * size_of::<u32>()) as u32;
            let part = bytes.get(at..at.checked_add(size)?)?;
            words.extend(part.chunks(size_of::<u32>()).map(|chunk| {
                let mut word = [0; size_of::<u32>()];
                word[..chunk.len()].copy_from_slice(chunk);
                u32::from_le_bytes(word)
            }));
        }
        Some(Self { words })
    }

    /// Adds an empty list of who may do what.
    fn begin_list(&mut self) {
        self.words[0] |= DACL_PRESENT;
        self.words[DACL] = (self.words.len() * size_of::<u32>()) as u32;
        self.words.extend(EMPTY_LIST);
    }

    /// Adds an entry: somebody may do something. A descriptor that has no list of entries, and so allows
    /// everything, allows from then on what its entries do.
    pub fn allow(self, trustee: Trustee, rights: AccessRights) -> Self {
        const ACCESS_ALLOWED: u8 = 0;
        self.entry(ACCESS_ALLOWED, trustee, rights)
    }

    /// Adds an entry: somebody may not do something, whatever entries behind this one allow.
    pub fn deny(self, trustee: Trustee, rights: AccessRights) -> Self {
        const ACCESS_DENIED: u8 = 1;
        self.entry(ACCESS_DENIED, trustee, rights)
    }

    fn entry(mut self, kind: u8, trustee: Trustee, rights: AccessRights) -> Self {
        if self.words[DACL] == 0 {
            self.begin_list();
        }
        let sid = trustee.sid_words();
        let size = ((2 + sid.len()) * size_of::<u32>()) as u32;
        self.words
            .extend([u32::from(kind) | size << 16, rights.bits()]);
        self.words.extend(sid);
        let list = self.words[DACL] as usize / size_of::<u32>();
        self.words[list] += size << 16;
        self.words[list + 1] += 1;
        self
    }

    pub(crate) fn bytes(&self) -> SecurityBytes<'_> {
        bytemuck::cast_slice(&self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_a_self_relative_descriptor() {
        let descriptor = SecurityDescriptor::new()
            .deny(Trustee::Administrators, AccessRights::WRITE)
            .allow(Trustee::Everyone, AccessRights::READ);
        let expected: [u8; 72] = [
            1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, // descriptor
            2, 0, 52, 0, 2, 0, 0, 0, // list
            1, 0, 24, 0, 0, 0, 0, 0x40, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, 0, 0,
            20, 0, 0, 0, 0, 0x80, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
        ];
        assert_eq!(descriptor.bytes(), expected);
    }

    #[test]
    fn text_and_entries_say_the_same() {
        let built = SecurityDescriptor::new()
            .deny(Trustee::Administrators, AccessRights::WRITE)
            .allow(Trustee::Everyone, AccessRights::READ)
            .allow(Trustee::Owner, AccessRights::ALL);
        let text = "D:(D;;GW;;;BA)(A;;GR;;;WD)(A;;GA;;;OW)";
        assert_eq!(SecurityDescriptor::from_sddl(text).unwrap(), built);
        assert_eq!(built.to_sddl().unwrap(), text);
    }

    #[test]
    fn entries_can_be_added_to_a_text() {
        let read: SecurityDescriptor = "O:SYG:BAD:P(A;;GR;;;S-1-5-21-1-2-3-1004)".parse().unwrap();
        let more = read.allow(Trustee::AuthenticatedUsers, AccessRights::EXECUTE);
        let text = "O:SYG:BAD:P(A;;GR;;;S-1-5-21-1-2-3-1004)(A;;GX;;;AU)";
        assert_eq!(more.to_sddl().unwrap(), text);
        // Without a list everything is allowed; with the first entry there is one.
        let owner: SecurityDescriptor = "O:SY".parse().unwrap();
        assert_eq!(owner.to_sddl().unwrap(), "O:SY");
        let entry = owner.allow(Trustee::Everyone, AccessRights::READ);
        assert_eq!(entry.to_sddl().unwrap(), "O:SYD:(A;;GR;;;WD)");
    }

    #[test]
    fn what_is_no_such_text_is_refused() {
        for text in [
            "X:",
            "D:(A;;GR;;;WD",
            "D:(A;;GR;;;S-1-)",
            "O:SY\0G:BA",
            "nonsense",
        ] {
            let error = SecurityDescriptor::from_sddl(text).unwrap_err();
            assert_eq!(error.operation(), Operation::SecurityText);
            assert_ne!(error.code(), 0, "{text}");
        }
    }
}
