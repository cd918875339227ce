//! Security descriptors: who owns an object, and who may do what with it.

use super::{Acl, Sid};
use crate::NtStatus;

bitflags::bitflags! {
    /// What is in a descriptor, and where it came from: Windows' SECURITY_DESCRIPTOR_CONTROL.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Control: u16 {
        /// SE_OWNER_DEFAULTED
        const OWNER_DEFAULTED = 0x0001;
        /// SE_GROUP_DEFAULTED
        const GROUP_DEFAULTED = 0x0002;
        /// SE_DACL_PRESENT: there is a list of access, be it NULL.
        const DACL_PRESENT = 0x0004;
        /// SE_DACL_DEFAULTED
        const DACL_DEFAULTED = 0x0008;
        /// SE_SACL_PRESENT
        const SACL_PRESENT = 0x0010;
        /// SE_SACL_DEFAULTED
        const SACL_DEFAULTED = 0x0020;
        /// SE_DACL_AUTO_INHERIT_REQ
        const DACL_AUTO_INHERIT_REQ = 0x0100;
        /// SE_SACL_AUTO_INHERIT_REQ
        const SACL_AUTO_INHERIT_REQ = 0x0200;
        /// SE_DACL_AUTO_INHERITED
        const DACL_AUTO_INHERITED = 0x0400;
        /// SE_SACL_AUTO_INHERITED
        const SACL_AUTO_INHERITED = 0x0800;
        /// SE_DACL_PROTECTED
        const DACL_PROTECTED = 0x1000;
        /// SE_SACL_PROTECTED
        const SACL_PROTECTED = 0x2000;
        /// SE_RM_CONTROL_VALID
        const RM_CONTROL_VALID = 0x4000;
        /// SE_SELF_RELATIVE: offsets stand where pointers might.
        const SELF_RELATIVE = 0x8000;
    }
}

bitflags::bitflags! {
    /// Parts of a descriptor: Windows' SECURITY_INFORMATION.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SecurityInformation: u32 {
        /// OWNER_SECURITY_INFORMATION
        const OWNER = 1;
        /// GROUP_SECURITY_INFORMATION
        const GROUP = 2;
        /// DACL_SECURITY_INFORMATION
        const DACL = 4;
        /// SACL_SECURITY_INFORMATION
        const SACL = 8;
        /// LABEL_SECURITY_INFORMATION: the part of the SACL that says how trusted one must be.
        const LABEL = 0x10;
        /// UNPROTECTED_SACL_SECURITY_INFORMATION
        const UNPROTECTED_SACL = 0x1000_0000;
        /// UNPROTECTED_DACL_SECURITY_INFORMATION
        const UNPROTECTED_DACL = 0x2000_0000;
        /// PROTECTED_SACL_SECURITY_INFORMATION
        const PROTECTED_SACL = 0x4000_0000;
        /// PROTECTED_DACL_SECURITY_INFORMATION
        const PROTECTED_DACL = 0x8000_0000;
        /// Others count for nothing.
        const _ = !0;
    }
}

/// A list of access, or what it means that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dacl<'a> {
    /// Nothing is said: an object gets its creator's default.
    Absent,
    /// Everyone may do everything.
    Null,
    /// Whom the list allows it, and nobody else.
    List(&'a Acl),
}

/// The size of a self-relative descriptor without what it leads to, in bytes.
pub const RELATIVE_HEADER_SIZE: usize = 20;

const REVISION: u8 = 1;

/// A descriptor, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// What is in it, and where it came from.
    pub control: Control,
    /// The owner.
    pub owner: Option<Sid>,
    /// The primary group.
    pub group: Option<Sid>,
    /// What is audited; `None` with SE_SACL_PRESENT is a NULL list.
    pub sacl: Option<Acl>,
    /// Who may do what; `None` with SE_DACL_PRESENT is a NULL list.
    pub dacl: Option<Acl>,
}

impl SecurityDescriptor {
    /// The list of access, if there is any.
    pub fn dacl(&self) -> Dacl<'_> {
        match &self.dacl {
            _ if !self.control.contains(Control::DACL_PRESENT) => Dacl::Absent,
            None => Dacl::Null,
            Some(acl) => Dacl::List(acl),
        }
    }

    /// Reads a self-relative descriptor, which may have anything behind it.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_SECURITY_DESCR`]: it is of another revision, not self-relative, or leads
    /// outside its bytes or to what is no SID or list.
    pub fn from_self_relative(bytes: &[u8]) -> Result<Self, NtStatus> {
        let invalid = NtStatus::INVALID_SECURITY_DESCR;
        let header = bytes.first_chunk::<RELATIVE_HEADER_SIZE>().ok_or(invalid)?;
        let control = Control::from_bits_truncate(u16::from_le_bytes([header[2], header[3]]));
        if header[0] != REVISION || !control.contains(Control::SELF_RELATIVE) {
            return Err(invalid);
        }
        let part = |index: usize| {
            let at = 4 + index * 4;
            let offset =
                u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            if offset == 0 {
                return Ok(None);
            }
            bytes.get(offset as usize..).map(Some).ok_or(invalid)
        };
        let sid = |index| {
            let sid = part(index)?.map(Sid::from_bytes).transpose();
            sid.map_err(|_| invalid)
        };
        let acl = |index, present| {
            if !control.contains(present) {
                return Ok(None);
            }
            let acl = part(index)?.map(Acl::from_bytes).transpose();
            acl.map_err(|_| invalid)
        };
        Ok(Self {
            control: control.difference(Control::SELF_RELATIVE),
            owner: sid(0)?,
            group: sid(1)?,
            sacl: acl(2, Control::SACL_PRESENT)?,
            dacl: acl(3, Control::DACL_PRESENT)?,
        })
    }

    /// Its bytes in self-relative form.
    pub fn to_self_relative(&self) -> Vec<u8> {
        let parts = [
            self.owner.as_ref().map(Sid::to_bytes),
            self.group.as_ref().map(Sid::to_bytes),
            self.sacl.as_ref().map(Acl::to_bytes),
            self.dacl.as_ref().map(Acl::to_bytes),
        ];
        let control = self.control | Control::SELF_RELATIVE;
        let mut bytes = vec![REVISION, 0];
        bytes.extend(control.bits().to_le_bytes());
        bytes.resize(RELATIVE_HEADER_SIZE, 0);
        for (index, part) in parts.into_iter().enumerate() {
            let Some(mut part) = part else { continue };
            let at = 4 + index * 4;
            let offset = bytes.len() as u32;
            bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
            part.resize(part.len().next_multiple_of(4), 0);
            bytes.extend(part);
        }
        bytes
    }

    /// The parts that were asked for.
    #[must_use]
    pub fn only(&self, wanted: SecurityInformation) -> Self {
        let mut answer = Self::default();
        let mut copied = Control::empty();
        if wanted.contains(SecurityInformation::OWNER) {
            answer.owner = self.owner;
            copied |= Control::OWNER_DEFAULTED;
        }
        if wanted.contains(SecurityInformation::GROUP) {
            answer.group = self.group;
            copied |= Control::GROUP_DEFAULTED;
        }
        if wanted.contains(SecurityInformation::DACL) {
            answer.dacl = self.dacl.clone();
            copied |= Control::DACL_PRESENT
                | Control::DACL_DEFAULTED
                | Control::DACL_AUTO_INHERITED
                | Control::DACL_PROTECTED;
        }
        if wanted.intersects(SecurityInformation::SACL | SecurityInformation::LABEL) {
            answer.sacl = self.sacl.clone();
            copied |= Control::SACL_PRESENT
                | Control::SACL_DEFAULTED
                | Control::SACL_AUTO_INHERITED
                | Control::SACL_PROTECTED;
        }
        answer.control = self.control & copied;
        answer
    }

    /// Takes those parts over from another.
    pub fn take_over(&mut self, changed: SecurityInformation, from: &Self) {
        let mut copied = Control::empty();
        if changed.contains(SecurityInformation::OWNER) {
            self.owner = from.owner;
            copied |= Control::OWNER_DEFAULTED;
        }
        if changed.contains(SecurityInformation::GROUP) {
            self.group = from.group;
            copied |= Control::GROUP_DEFAULTED;
        }
        if changed.contains(SecurityInformation::DACL) {
            self.dacl.clone_from(&from.dacl);
            copied |=
                Control::DACL_DEFAULTED | Control::DACL_AUTO_INHERITED | Control::DACL_PROTECTED;
            // A list that is set is there, if only as NULL.
            self.control |= Control::DACL_PRESENT;
        }
        if changed.intersects(SecurityInformation::SACL | SecurityInformation::LABEL) {
            self.sacl.clone_from(&from.sacl);
            copied |= Control::SACL_PRESENT
                | Control::SACL_DEFAULTED
                | Control::SACL_AUTO_INHERITED
                | Control::SACL_PROTECTED;
        }
        self.control = self.control.difference(copied) | (from.control & copied);
        for (asked, bit, value) in [
            (
                SecurityInformation::PROTECTED_DACL,
                Control::DACL_PROTECTED,
                true,
            ),
            (
                SecurityInformation::UNPROTECTED_DACL,
                Control::DACL_PROTECTED,
                false,
            ),
            (
                SecurityInformation::PROTECTED_SACL,
                Control::SACL_PROTECTED,
                true,
            ),
            (
                SecurityInformation::UNPROTECTED_SACL,
                Control::SACL_PROTECTED,
                false,
            ),
        ] {
            if changed.contains(asked) {
                self.control.set(bit, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::AccessMask;
    use crate::security::{Ace, AceType};

    fn example() -> SecurityDescriptor {
        let everyone = Sid::new(1, &[0]);
        let mask = AccessMask::GENERIC_ALL;
        SecurityDescriptor {
            control: Control::DACL_PRESENT | Control::SACL_PRESENT,
            owner: Some(Sid::of_user(1000)),
            group: Some(Sid::of_group(100)),
            sacl: None,
            dacl: Some(Acl::new(vec![Ace::new(
                AceType::ACCESS_ALLOWED,
                0,
                mask,
                &everyone,
            )])),
        }
    }

    #[test]
    fn reads_what_it_wrote() {
        let descriptor = example();
        let mut bytes = descriptor.to_self_relative();
        assert_eq!(
            SecurityDescriptor::from_self_relative(&bytes),
            Ok(descriptor.clone())
        );
        bytes.extend([0; 30]);
        assert_eq!(
            SecurityDescriptor::from_self_relative(&bytes),
            Ok(descriptor)
        );
    }

    #[test]
    fn null_is_not_absent() {
        let mut descriptor = SecurityDescriptor::default();
        assert_eq!(descriptor.dacl(), Dacl::Absent);
        descriptor.control |= Control::DACL_PRESENT;
        assert_eq!(descriptor.dacl(), Dacl::Null);
        let again = SecurityDescriptor::from_self_relative(&descriptor.to_self_relative()).unwrap();
        assert_eq!(again.dacl(), Dacl::Null);
    }

    #[test]
    fn damaged_descriptors_never_lead_outside() {
        let whole = example().to_self_relative();
        for length in 0..whole.len() {
            let _ = SecurityDescriptor::from_self_relative(&whole[..length]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 4, 0x15, 0x7F, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = SecurityDescriptor::from_self_relative(&damaged);
            }
        }
    }

    #[test]
    fn parts_are_taken_over_alone() {
        let mut descriptor = example();
        let other = SecurityDescriptor {
            owner: Some(Sid::of_user(1)),
            group: Some(Sid::of_group(1)),
            ..SecurityDescriptor::default()
        };
        let changed = SecurityInformation::DACL | SecurityInformation::PROTECTED_DACL;
        descriptor.take_over(changed, &other);
        assert_eq!(descriptor.owner, Some(Sid::of_user(1000)));
        assert_eq!(descriptor.dacl(), Dacl::Null);
        assert!(descriptor.control.contains(Control::DACL_PROTECTED));
        let shown = descriptor.only(SecurityInformation::OWNER);
        assert_eq!(
            (shown.owner, shown.dacl()),
            (Some(Sid::of_user(1000)), Dacl::Absent)
        );
    }
}
