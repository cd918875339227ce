//! Whether a descriptor allows somebody what he wants.

use super::acl::INHERIT_ONLY;
use super::{Ace, AceType, Dacl, SecurityDescriptor, Subject, well_known};
use crate::NtStatus;
use crate::object::{AccessMask, GenericMapping};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What is granted: all that was asked for, or nothing.
    pub granted: AccessMask,
    /// Whether it is.
    pub result: Result<(), NtStatus>,
}

impl Checked {
    fn granted(access: AccessMask) -> Self {
        Self {
            granted: access,
            result: Ok(()),
        }
    }

    const DENIED: Self = Self {
        granted: AccessMask::empty(),
        result: Err(NtStatus::ACCESS_DENIED),
    };
}

/// Whether a descriptor allows somebody what he wants, entry by entry, as Windows does: the first that
/// is about a right decides on it. The owner may always read the descriptor and change the list. A
/// NULL list, and one that is absent, allow everything.
///
/// Of `desired`, generic rights must have been replaced; MAXIMUM_ALLOWED asks for all there is.
pub fn access_check(
    descriptor: &SecurityDescriptor,
    subject: &Subject,
    desired: AccessMask,
    mapping: &GenericMapping,
) -> Checked {
    if desired.contains(AccessMask::ACCESS_SYSTEM_SECURITY) {
        return Checked {
            result: Err(NtStatus::PRIVILEGE_NOT_HELD),
            ..Checked::DENIED
        };
    }
    let wants_maximum = desired.contains(AccessMask::MAXIMUM_ALLOWED);
    let wanted = desired.difference(AccessMask::MAXIMUM_ALLOWED);
    let Dacl::List(acl) = descriptor.dacl() else {
        let all = if wants_maximum {
            mapping.all
        } else {
            AccessMask::empty()
        };
        return Checked::granted(wanted | all);
    };
    let is_owner = descriptor.owner.is_some_and(|owner| subject.is(&owner));
    let entries = || {
        let here = acl.aces.iter();
        here.filter(|ace| ace.flags & INHERIT_ONLY == 0 && !ace.is_about_parts())
    };
    let about_owner = |ace: &&Ace| ace.sid() == Ok(well_known::OWNER_RIGHTS);
    let mut allowed = AccessMask::empty();
    let mut denied = AccessMask::empty();
    if is_owner && !entries().any(|ace| about_owner(&ace)) {
        allowed |= AccessMask::READ_CONTROL | AccessMask::WRITE_DAC;
    }
    for ace in entries() {
        let Ok(sid) = ace.sid() else { continue };
        if !(subject.is(&sid) || (is_owner && sid == well_known::OWNER_RIGHTS)) {
            continue;
        }
        let mask = mapping.apply(ace.mask());
        match ace.ace_type {
            AceType::ACCESS_ALLOWED | AceType::ACCESS_ALLOWED_OBJECT => {
                allowed |= mask.difference(denied);
            }
            AceType::ACCESS_DENIED | AceType::ACCESS_DENIED_OBJECT => {
                denied |= mask.difference(allowed);
            }
            _ => {}
        }
    }
    let maximum = if wants_maximum {
        allowed
    } else {
        AccessMask::empty()
    };
    if !allowed.contains(wanted) || (wanted | maximum).is_empty() {
        return Checked::DENIED;
    }
    Checked::granted(wanted | maximum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::SECTION_GENERIC_MAPPING;
    use crate::security::{Acl, Control, Sid};

    const READ: AccessMask = AccessMask::SECTION_MAP_READ;
    const WRITE: AccessMask = AccessMask::SECTION_MAP_WRITE;

    fn descriptor(aces: Vec<Ace>) -> SecurityDescriptor {
        SecurityDescriptor {
            control: Control::DACL_PRESENT,
            owner: Some(Sid::of_user(1)),
            dacl: Some(Acl::new(aces)),
            ..SecurityDescriptor::default()
        }
    }

    fn allow(mask: AccessMask, sid: Sid) -> Ace {
        Ace::new(AceType::ACCESS_ALLOWED, 0, mask, &sid)
    }

    fn deny(mask: AccessMask, sid: Sid) -> Ace {
        Ace::new(AceType::ACCESS_DENIED, 0, mask, &sid)
    }

    fn check(
        descriptor: &SecurityDescriptor,
        user: u32,
        desired: AccessMask,
    ) -> Option<AccessMask> {
        let subject = Subject::new(user, 50, &[60]);
        let checked = access_check(descriptor, &subject, desired, &SECTION_GENERIC_MAPPING);
        checked.result.ok().map(|()| checked.granted)
    }

    #[test]
    fn the_first_entry_decides() {
        let both = READ | WRITE;
        let everyone = well_known::EVERYONE;
        let denied_first = descriptor(vec![deny(WRITE, Sid::of_group(60)), allow(both, everyone)]);
        assert_eq!(check(&denied_first, 2, READ), Some(READ));
        assert_eq!(check(&denied_first, 2, both), None);
        let allowed_first = descriptor(vec![allow(both, everyone), deny(WRITE, Sid::of_group(60))]);
        assert_eq!(check(&allowed_first, 2, both), Some(both));
        // Rights may come from several entries.
        let pieces = descriptor(vec![allow(READ, Sid::of_user(2)), allow(WRITE, everyone)]);
        assert_eq!(check(&pieces, 2, both), Some(both));
        assert_eq!(check(&pieces, 3, both), None);
    }

    #[test]
    fn no_list_is_everyone_and_an_empty_one_nobody() {
        let null = SecurityDescriptor {
            dacl: None,
            ..descriptor(Vec::new())
        };
        assert_eq!(check(&null, 9, WRITE), Some(WRITE));
        let maximum = AccessMask::MAXIMUM_ALLOWED;
        assert_eq!(check(&null, 9, maximum), Some(SECTION_GENERIC_MAPPING.all));
        let empty = descriptor(Vec::new());
        assert_eq!(check(&empty, 9, READ), None);
        assert_eq!(check(&empty, 9, maximum), None);
        assert_eq!(check(&empty, 0, READ), None);
        // The owner can always mend it.
        let mend = AccessMask::READ_CONTROL | AccessMask::WRITE_DAC;
        assert_eq!(check(&empty, 1, maximum), Some(mend));
        let no_rights = AccessMask::empty();
        let owner = descriptor(vec![allow(no_rights, well_known::OWNER_RIGHTS)]);
        assert_eq!(check(&owner, 1, maximum), None);
    }

    #[test]
    fn generic_rights_of_entries_are_those_of_the_kind() {
        let generic = descriptor(vec![allow(AccessMask::GENERIC_READ, well_known::USERS)]);
        assert_eq!(check(&generic, 9, READ), Some(READ));
        assert_eq!(check(&generic, 9, WRITE), None);
        let mut inherited = allow(AccessMask::GENERIC_ALL, well_known::USERS);
        inherited.flags = INHERIT_ONLY;
        assert_eq!(check(&descriptor(vec![inherited]), 9, READ), None);
    }

    #[test]
    fn root_is_system_and_an_administrator() {
        for sid in [
            well_known::SYSTEM,
            well_known::ADMINISTRATORS,
            Sid::of_user(0),
        ] {
            let only = descriptor(vec![allow(READ, sid)]);
            assert_eq!(check(&only, 0, READ), Some(READ));
            assert_eq!(check(&only, 1000, READ), None);
        }
    }
}
