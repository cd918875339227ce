//! What of a descriptor the file system can express: mode and POSIX access control list.
//!
//! The kernel then enforces it, whatever program asks. A file knows reading and writing only, so each
//! kind of object says which of its rights need which. Of a user who is named, and of each group, it
//! is worked out what the whole list allows him, so that entries that deny count too. Two things are
//! coarser than the list, and the check at each opening, which goes by the list itself, is finer: a
//! member of two groups gets what either gets, and an owner can always read and write what is his, as
//! he can always change the list.

use std::collections::BTreeSet;

use rustix::fd::BorrowedFd;

use super::{Dacl, SecurityDescriptor, Sid, Subject, access_check};
use crate::NtStatus;
use crate::object::{AccessMask, ObjectType};
use crate::sys::acl::{self, Entry, READ, Tag, WRITE};

/// Mode and access control list of an object's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The user the file is to be given to.
    owner: Option<u32>,
    entries: Vec<Entry>,
}

impl Permissions {
    /// What a descriptor comes to for an object of a type, whose file belongs to `file_owner` and
    /// `file_group`.
    pub fn of(
        descriptor: &SecurityDescriptor,
        object_type: &ObjectType,
        (file_owner, file_group): (u32, u32),
    ) -> Self {
        let owner = descriptor.owner.and_then(|owner| owner.as_user());
        let new_owner = owner.filter(|owner| *owner != file_owner);
        let owner = owner.unwrap_or(file_owner);
        let bits = |subject: &Subject| {
            let mapping = &object_type.generic_mapping;
            let maximum = AccessMask::MAXIMUM_ALLOWED;
            let checked = access_check(descriptor, subject, maximum, mapping);
            object_type.permission_bits(checked.granted)
        };
        let (users, groups) = named(descriptor);
        let owner_bits = if object_type.owner_is_free() {
            READ | WRITE
        } else {
            bits(&Subject::of_user(owner))
        };
        let mut entries = vec![Entry::new(Tag::Owner, owner_bits)];
        for user in users.into_iter().filter(|user| *user != owner) {
            entries.push(Entry::new(Tag::User(user), bits(&Subject::of_user(user))));
        }
        let of_group = |group| bits(&Subject::somebody(Some(group)));
        entries.push(Entry::new(Tag::OwningGroup, of_group(file_group)));
        for group in groups.into_iter().filter(|group| *group != file_group) {
            entries.push(Entry::new(Tag::Group(group), of_group(group)));
        }
        let most = entries[1..].iter().fold(0, |bits, entry| bits | entry.bits);
        if entries.len() > 2 {
            entries.push(Entry::new(Tag::Mask, most));
        }
        entries.push(Entry::new(Tag::Others, bits(&Subject::somebody(None))));
        Self {
            owner: new_owner,
            entries,
        }
    }

    /// Gives a file to the owner that the descriptor names, if he is a user of the machine.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_OWNER`]: only root may give files away.
    pub(super) fn give(&self, file: BorrowedFd<'_>) -> Result<(), NtStatus> {
        match self.owner {
            Some(owner) => acl::give_to(file, owner).map_err(|_| NtStatus::INVALID_OWNER),
            None => Ok(()),
        }
    }

    /// Sets a file's mode and list.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`]: the file is another user's; [`NtStatus::NOT_SUPPORTED`]: the file
    /// system has no lists, and the descriptor needs one.
    pub(super) fn allow(&self, file: BorrowedFd<'_>) -> Result<(), NtStatus> {
        acl::set(file, &self.entries).map_err(|errno| match errno {
            rustix::io::Errno::OPNOTSUPP => NtStatus::NOT_SUPPORTED,
            _ => NtStatus::ACCESS_DENIED,
        })
    }
}

/// The users and groups of the machine that a list is about.
fn named(descriptor: &SecurityDescriptor) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let Dacl::List(list) = descriptor.dacl() else {
        return Default::default();
    };
    let sids: Vec<Sid> = list.aces.iter().filter_map(|ace| ace.sid().ok()).collect();
    // Root needs no entry: the kernel refuses it nothing.
    let users = sids
        .iter()
        .filter_map(Sid::as_user)
        .filter(|user| *user != 0);
    let groups = sids.iter().filter_map(Sid::as_group);
    (users.collect(), groups.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::object_type::SECTION;
    use crate::security::{Ace, AceType, Acl, Control, well_known};

    fn permissions(aces: Vec<Ace>) -> Vec<Entry> {
        let descriptor = SecurityDescriptor {
            control: Control::DACL_PRESENT,
            owner: Some(Sid::of_user(1)),
            dacl: Some(Acl::new(aces)),
            ..SecurityDescriptor::default()
        };
        Permissions::of(&descriptor, &SECTION, (1, 1)).entries
    }

    fn ace(ace_type: AceType, mask: AccessMask, sid: Sid) -> Ace {
        Ace::new(ace_type, 0, mask, &sid)
    }

    #[test]
    fn everyone_is_the_mode() {
        let read = ace(
            AceType::ACCESS_ALLOWED,
            AccessMask::GENERIC_READ,
            well_known::EVERYONE,
        );
        assert_eq!(
            permissions(vec![read]),
            [
                Entry::new(Tag::Owner, READ | WRITE),
                Entry::new(Tag::OwningGroup, READ),
                Entry::new(Tag::Others, READ),
            ]
        );
        assert_eq!(
            permissions(Vec::new()),
            [
                Entry::new(Tag::Owner, READ | WRITE),
                Entry::new(Tag::OwningGroup, 0),
                Entry::new(Tag::Others, 0),
            ]
        );
    }

    #[test]
    fn those_who_are_named_have_entries() {
        let aces = vec![
            ace(
                AceType::ACCESS_DENIED,
                AccessMask::GENERIC_ALL,
                Sid::of_user(77),
            ),
            ace(
                AceType::ACCESS_ALLOWED,
                AccessMask::GENERIC_ALL,
                Sid::of_group(9),
            ),
            ace(
                AceType::ACCESS_ALLOWED,
                AccessMask::GENERIC_READ,
                well_known::EVERYONE,
            ),
        ];
        assert_eq!(
            permissions(aces),
            [
                Entry::new(Tag::Owner, READ | WRITE),
                Entry::new(Tag::User(77), 0),
                Entry::new(Tag::OwningGroup, READ),
                Entry::new(Tag::Group(9), READ | WRITE),
                Entry::new(Tag::Mask, READ | WRITE),
                Entry::new(Tag::Others, READ),
            ]
        );
    }

    #[test]
    fn the_right_to_write_does_not_come_from_that_to_look() {
        let query = ace(
            AceType::ACCESS_ALLOWED,
            AccessMask::SECTION_QUERY,
            well_known::EVERYONE,
        );
        assert_eq!(permissions(vec![query])[2], Entry::new(Tag::Others, 0));
    }
}
