//! The security descriptor of a file: its owner, its mode and its POSIX access control list, in Windows'
//! terms.

use std::os::fd::AsFd;

use super::{File, status_from_errno};
use crate::NtStatus;
use crate::object::AccessMask;
use crate::object::object_type::FILE;
use crate::security::{
    Ace, AceType, Acl, Assigned, Control, SecurityDescriptor, SecurityInformation, Sid, well_known,
};
use crate::sys::acl::{self, EXECUTE, Entry, READ, Tag, WRITE};
use crate::sys::file as sys;

/// The rights that the bits of an entry amount to.
fn rights(bits: u16) -> AccessMask {
    let mut rights = AccessMask::empty();
    for (bit, meaning) in [
        (READ, FILE.generic_mapping.read),
        (WRITE, FILE.generic_mapping.write),
        (EXECUTE, FILE.generic_mapping.execute),
    ] {
        if bits & bit != 0 {
            rights |= meaning;
        }
    }
    rights
}

/// The list that says what an access control list of the kernel's says. There the first entry that is
/// about somebody decides, here they add up: so what one lacks that a later one has is denied first.
fn list_of(entries: &[Entry], owner: u32, group: u32) -> Acl {
    let mask = entries.iter().find(|entry| entry.tag == Tag::Mask);
    let mask = mask.map_or(READ | WRITE | EXECUTE, |mask| mask.bits);
    let whom = |tag| match tag {
        Tag::Owner => Some((Sid::of_user(owner), false)),
        Tag::User(user) => Some((Sid::of_user(user), true)),
        Tag::OwningGroup => Some((Sid::of_group(group), true)),
        Tag::Group(group) => Some((Sid::of_group(group), true)),
        Tag::Others => Some((well_known::EVERYONE, false)),
        Tag::Mask => None,
    };
    let effective: Vec<(Sid, u16)> = entries
        .iter()
        .filter_map(|entry| {
            let (sid, is_masked) = whom(entry.tag)?;
            Some((
                sid,
                if is_masked {
                    entry.bits & mask
                } else {
                    entry.bits
                },
            ))
        })
        .collect();
    let own = AccessMask::READ_CONTROL | AccessMask::SYNCHRONIZE | AccessMask::FILE_READ_ATTRIBUTES;
    let mut aces = Vec::new();
    for (index, (sid, bits)) in effective.iter().enumerate() {
        let later = effective[index + 1..]
            .iter()
            .fold(0, |all, (_, bits)| all | bits);
        let missing = rights(later & !bits).difference(rights(*bits) | own);
        if !missing.is_empty() {
            aces.push(Ace::new(AceType::ACCESS_DENIED, 0, missing, sid));
        }
        let mut allowed = rights(*bits) | own;
        if index == 0 {
            // Mode, list and attributes are the owner's to change.
            allowed |= AccessMask::WRITE_DAC | AccessMask::FILE_WRITE_ATTRIBUTES;
        }
        aces.push(Ace::new(AceType::ACCESS_ALLOWED, 0, allowed, sid));
    }
    Acl::new(aces)
}

impl File {
    /// Its security descriptor.
    pub(crate) fn security_descriptor(&self) -> Result<SecurityDescriptor, NtStatus> {
        let found = sys::fstat(self.as_fd()).map_err(status_from_errno)?;
        let entries = acl::get(self.as_fd()).unwrap_or_else(|| acl::of_mode(found.st_mode));
        Ok(SecurityDescriptor {
            control: Control::DACL_PRESENT,
            owner: Some(Sid::of_user(found.st_uid)),
            group: Some(Sid::of_group(found.st_gid)),
            sacl: None,
            dacl: Some(list_of(&entries, found.st_uid, found.st_gid)),
        })
    }

    /// Changes its owner, or its mode and access control list to what a descriptor's list comes to.
    pub(crate) fn set_security_descriptor(
        &self,
        changed: SecurityInformation,
        given: &SecurityDescriptor,
    ) -> Result<(), NtStatus> {
        let before = self.security_descriptor()?;
        let assigned = Assigned::changed(before, changed, given, &FILE)?;
        assigned.enforce(self.as_fd().as_fd(), changed, &FILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::sddl;

    #[test]
    fn modes_and_lists_say_the_same() {
        let path = std::env::temp_dir().join(format!("winpages-security-{}", std::process::id()));
        let descriptor = std::fs::File::create(&path).unwrap();
        let file = File::from_descriptor(descriptor.into()).unwrap();
        let mode = || sys::fstat(file.as_fd()).unwrap().st_mode & 0o777;
        for (list, expected) in [
            ("D:(A;;FA;;;WD)", 0o777),
            ("D:(A;;FR;;;WD)(A;;FW;;;OW)", 0o644),
            ("D:(A;;FRFW;;;OW)", 0o600),
            ("D:(D;;FW;;;WD)(A;;FRFX;;;WD)", 0o555),
            ("D:", 0),
        ] {
            let given = sddl::parse(list).unwrap();
            file.set_security_descriptor(SecurityInformation::DACL, &given)
                .unwrap();
            assert_eq!(mode(), expected, "{list}");
            // What is given back comes to the same mode.
            let back = file.security_descriptor().unwrap();
            file.set_security_descriptor(SecurityInformation::DACL, &back)
                .unwrap();
            assert_eq!(mode(), expected, "{list}, given back");
        }
        std::fs::remove_file(path).unwrap();
    }
}
