//! Who may do what with an object that has a name.

use crate::platform::SecurityBytes;

/// Whom an entry of a [`SecurityDescriptor`] is about.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// In a self-relative descriptor's form, in words so that it is aligned as it must be.
    words: Vec<u32>,
}

impl Default for SecurityDescriptor {
    fn default() -> Self {
        Self::new()
    }
}

/// The sizes of the headers, in words.
const DESCRIPTOR: usize = 5;
const ACL: usize = 2;

impl SecurityDescriptor {
    /// One that allows nobody anything yet.
    pub fn new() -> Self {
        const REVISION: u32 = 1;
        /// SE_DACL_PRESENT | SE_SELF_RELATIVE
        const CONTROL: u32 = 0x8004;
        const ACL_REVISION: u32 = 2;
        let list = size_of::<u32>() * DESCRIPTOR;
        Self {
            words: vec![
                REVISION | CONTROL << 16,
                // No owner and group but the caller's, and no list of what is audited.
                0,
                0,
                0,
                list as u32,
                ACL_REVISION | ((size_of::<u32>() * ACL) as u32) << 16,
                0,
            ],
        }
    }

    /// Adds an entry: somebody may do something.
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
        let (authority, parts) = trustee.sid();
        let words = 4 + parts.len();
        let size = (words * size_of::<u32>()) as u32;
        let count = parts.len() as u8;
        self.words.extend([
            u32::from(kind) | size << 16,
            rights.bits(),
            // A SID: its revision, how many parts, and six bytes of authority, of which the last counts.
            u32::from_le_bytes([1, count, 0, 0]),
            u32::from_le_bytes([0, 0, 0, authority]),
        ]);
        self.words.extend(parts);
        self.words[DESCRIPTOR] += size << 16;
        self.words[DESCRIPTOR + 1] += 1;
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
}
