//! Access control lists: ACL, and the entries in them.

use super::Sid;
use crate::NtStatus;
use crate::object::AccessMask;

/// The size of an ACL without entries, in bytes.
pub const ACL_HEADER_SIZE: usize = 8;
/// The size of an entry without what its type adds, in bytes.
pub const ACE_HEADER_SIZE: usize = 4;

const MINIMUM_REVISION: u8 = 2;
const MAXIMUM_REVISION: u8 = 4;

/// What an entry does. Numbers are Windows'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AceType(pub u8);

impl AceType {
    /// ACCESS_ALLOWED_ACE_TYPE
    pub const ACCESS_ALLOWED: Self = Self(0);
    /// ACCESS_DENIED_ACE_TYPE
    pub const ACCESS_DENIED: Self = Self(1);
    /// SYSTEM_AUDIT_ACE_TYPE
    pub const SYSTEM_AUDIT: Self = Self(2);
    /// SYSTEM_ALARM_ACE_TYPE
    pub const SYSTEM_ALARM: Self = Self(3);
    /// ACCESS_ALLOWED_OBJECT_ACE_TYPE
    pub const ACCESS_ALLOWED_OBJECT: Self = Self(5);
    /// ACCESS_DENIED_OBJECT_ACE_TYPE
    pub const ACCESS_DENIED_OBJECT: Self = Self(6);
    /// SYSTEM_AUDIT_OBJECT_ACE_TYPE
    pub const SYSTEM_AUDIT_OBJECT: Self = Self(7);
    /// SYSTEM_ALARM_OBJECT_ACE_TYPE
    pub const SYSTEM_ALARM_OBJECT: Self = Self(8);
    /// SYSTEM_MANDATORY_LABEL_ACE_TYPE
    pub const SYSTEM_MANDATORY_LABEL: Self = Self(17);

    /// Whether identifiers of object types may stand between the mask and the SID.
    fn has_object_types(self) -> bool {
        (Self::ACCESS_ALLOWED_OBJECT.0..=Self::SYSTEM_ALARM_OBJECT.0).contains(&self.0)
    }

    /// Whether this library knows that a mask and then a SID make up the entry.
    pub fn is_plain(self) -> bool {
        matches!(self.0, 0..=3 | 17)
    }
}

/// INHERIT_ONLY_ACE: the entry is for what will lie within the object, not for the object.
pub const INHERIT_ONLY: u8 = 8;

/// An entry: who, what, and whether it is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub ace_type: AceType,
    /// Windows' …_ACE bits: how it is inherited, what is audited.
    pub flags: u8,
    /// What stands behind the header: for most types a mask and a SID.
    pub body: Vec<u8>,
}

impl Ace {
    /// An entry that is made of a mask and a SID.
    pub fn new(ace_type: AceType, flags: u8, mask: AccessMask, sid: &Sid) -> Self {
        let mut body = mask.bits().to_le_bytes().to_vec();
        body.extend(sid.to_bytes());
        Self {
            ace_type,
            flags,
            body,
        }
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        ACE_HEADER_SIZE + self.body.len()
    }

    /// The rights it is about; none if it is too short for any.
    pub fn mask(&self) -> AccessMask {
        let bits = self
            .body
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        AccessMask::from_bits_retain(bits)
    }

    /// The same entry about other rights.
    #[must_use]
    pub fn with_mask(mut self, mask: AccessMask) -> Self {
        if let Some(place) = self.body.first_chunk_mut() {
            *place = mask.bits().to_le_bytes();
        }
        self
    }

    /// Where in the body the SID begins.
    fn sid_offset(&self) -> usize {
        const MASK: usize = 4;
        const GUID: usize = 16;
        if !self.ace_type.has_object_types() {
            return MASK;
        }
        let flags = self.body.get(MASK).copied().unwrap_or(0);
        MASK + 4 + (flags & 3).count_ones() as usize * GUID
    }

    /// Whether it is about parts of an object that a directory service alone has.
    pub fn is_about_parts(&self) -> bool {
        self.ace_type.has_object_types() && self.body.get(4).copied().unwrap_or(0) & 1 != 0
    }

    /// Whose rights it is about.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_SID`].
    pub fn sid(&self) -> Result<Sid, NtStatus> {
        let bytes = self.body.get(self.sid_offset()..);
        Sid::from_bytes(bytes.unwrap_or_default())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend([self.ace_type.0, self.flags]);
        bytes.extend((self.size() as u16).to_le_bytes());
        bytes.extend_from_slice(&self.body);
    }
}

/// A list of who may do what. Order matters: the first entry about a right decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// 2, or 4 if it may hold entries about object types.
    pub revision: u8,
    /// How many bytes it may take.
    pub size: u16,
    /// The entries.
    pub aces: Vec<Ace>,
}

impl Acl {
    /// A list that takes just the room its entries need.
    pub fn new(aces: Vec<Ace>) -> Self {
        let has_objects = aces.iter().any(|ace| ace.ace_type.has_object_types());
        let mut acl = Self {
            revision: if has_objects {
                MAXIMUM_REVISION
            } else {
                MINIMUM_REVISION
            },
            size: 0,
            aces,
        };
        acl.size = u16::try_from(acl.bytes_in_use()).unwrap_or(u16::MAX);
        acl
    }

    /// How many of its bytes header and entries take.
    pub fn bytes_in_use(&self) -> usize {
        ACL_HEADER_SIZE + self.aces.iter().map(Ace::size).sum::<usize>()
    }

    /// Where an entry begins, in bytes from the start of the list.
    pub fn offset_of(&self, index: usize) -> Option<usize> {
        let before = self.aces.get(..index)?;
        (index < self.aces.len())
            .then(|| ACL_HEADER_SIZE + before.iter().map(Ace::size).sum::<usize>())
    }

    /// Whether a list of this revision may be.
    pub fn is_revision(revision: u32) -> bool {
        (u32::from(MINIMUM_REVISION)..=u32::from(MAXIMUM_REVISION)).contains(&revision)
    }

    /// Reads the list at the start of `bytes`.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_ACL`]: the revision is unknown, or entries lie outside its size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NtStatus> {
        let half = |bytes: &[u8], at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        if bytes.len() < ACL_HEADER_SIZE || !Self::is_revision(u32::from(bytes[0])) {
            return Err(NtStatus::INVALID_ACL);
        }
        let (size, count) = (half(bytes, 2), half(bytes, 4));
        let whole = bytes
            .get(..usize::from(size))
            .filter(|whole| whole.len() >= ACL_HEADER_SIZE)
            .ok_or(NtStatus::INVALID_ACL)?;
        let mut rest = &whole[ACL_HEADER_SIZE..];
        let mut aces = Vec::new();
        for _ in 0..count {
            if rest.len() < ACE_HEADER_SIZE {
                return Err(NtStatus::INVALID_ACL);
            }
            let (ace_size, ace_type) = (usize::from(half(rest, 2)), AceType(rest[0]));
            if ace_size < ACE_HEADER_SIZE || ace_size > rest.len() {
                return Err(NtStatus::INVALID_ACL);
            }
            aces.push(Ace {
                ace_type,
                flags: rest[1],
                body: rest[ACE_HEADER_SIZE..ace_size].to_vec(),
            });
            rest = &rest[ace_size..];
        }
        Ok(Self {
            revision: bytes[0],
            size,
            aces,
        })
    }

    /// Its bytes, as many as its size says, as programs lay it out.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.revision, 0];
        bytes.extend(self.size.to_le_bytes());
        bytes.extend((self.aces.len() as u16).to_le_bytes());
        bytes.extend([0, 0]);
        for ace in &self.aces {
            ace.write(&mut bytes);
        }
        bytes.resize(usize::from(self.size), 0);
        bytes
    }

    /// Whether all entries are well formed, too.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_ACL`].
    pub fn check_entries(&self) -> Result<(), NtStatus> {
        let is_sound = |ace: &Ace| {
            !(ace.ace_type.is_plain() || ace.ace_type.has_object_types()) || ace.sid().is_ok()
        };
        if self.aces.iter().all(is_sound) {
            Ok(())
        } else {
            Err(NtStatus::INVALID_ACL)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Acl {
        let mask = AccessMask::GENERIC_READ;
        Acl::new(vec![
            Ace::new(AceType::ACCESS_DENIED, 0, mask, &Sid::of_user(5)),
            Ace::new(AceType::ACCESS_ALLOWED, 3, mask, &Sid::new(1, &[0])),
        ])
    }

    #[test]
    fn reads_what_it_wrote() {
        let acl = example();
        assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl.clone()));
        assert_eq!(acl.aces[1].mask(), AccessMask::GENERIC_READ);
        assert_eq!(acl.aces[0].sid(), Ok(Sid::of_user(5)));
        assert_eq!(acl.offset_of(1), Some(8 + 4 + 4 + 16));
        assert_eq!(acl.offset_of(2), None);
    }

    #[test]
    fn damaged_lists_are_refused_or_read_within_their_bytes() {
        let whole = example().to_bytes();
        for length in 0..whole.len() {
            assert_eq!(
                Acl::from_bytes(&whole[..length]),
                Err(NtStatus::INVALID_ACL)
            );
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                if let Ok(acl) = Acl::from_bytes(&damaged) {
                    assert!(acl.bytes_in_use() <= damaged.len());
                    let _ = acl.check_entries();
                }
            }
        }
    }
}
