//! The descriptor of a new object, and of one whose descriptor is changed.

use rustix::fd::BorrowedFd;

use super::{
    Ace, AceType, Acl, Control, Dacl, Permissions, SecurityDescriptor, SecurityInformation, Sid,
    Subject, well_known,
};
use crate::NtStatus;
use crate::object::{AccessMask, ObjectType};
use crate::sys::shared_file;

/// A descriptor that an object has: whole, with the rights of the object's kind, and allowed to whoever
/// gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    descriptor: SecurityDescriptor,
}

impl Assigned {
    /// What becomes of the descriptor that somebody creates an object with; `None` if it says nothing.
    /// What it leaves out is the creator's default.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::INVALID_OWNER`]: the creator may not make that one the owner.
    /// * [`NtStatus::PRIVILEGE_NOT_HELD`]: something is to be audited.
    pub fn to_new_object(
        given: &SecurityDescriptor,
        object_type: &ObjectType,
    ) -> Result<Option<Self>, NtStatus> {
        let says_nothing = given.owner.is_none()
            && given.group.is_none()
            && given.dacl() == Dacl::Absent
            && given.sacl.is_none();
        if says_nothing {
            return Ok(None);
        }
        let subject = Subject::current();
        let changed = SecurityInformation::OWNER
            | SecurityInformation::GROUP
            | SecurityInformation::DACL
            | SecurityInformation::SACL;
        let mut whole = default_descriptor(subject.user, subject.primary_group, object_type);
        let mut named = SecurityInformation::empty();
        named.set(SecurityInformation::OWNER, given.owner.is_some());
        named.set(SecurityInformation::GROUP, given.group.is_some());
        named.set(SecurityInformation::DACL, given.dacl() != Dacl::Absent);
        named.set(
            SecurityInformation::SACL,
            given.control.contains(Control::SACL_PRESENT),
        );
        whole.take_over(changed & named, given);
        Self::checked(whole, named, &subject, object_type).map(Some)
    }

    /// What becomes of an object's descriptor when parts of it are changed.
    ///
    /// # Errors
    ///
    /// As [`Assigned::to_new_object`].
    pub fn changed(
        mut before: SecurityDescriptor,
        changed: SecurityInformation,
        given: &SecurityDescriptor,
        object_type: &ObjectType,
    ) -> Result<Self, NtStatus> {
        let lacks = |part, given: bool| changed.contains(part) && !given;
        if lacks(SecurityInformation::OWNER, given.owner.is_some()) {
            return Err(NtStatus::INVALID_OWNER);
        }
        if lacks(SecurityInformation::GROUP, given.group.is_some()) {
            return Err(NtStatus::INVALID_PRIMARY_GROUP);
        }
        before.take_over(changed, given);
        Self::checked(before, changed, &Subject::current(), object_type)
    }

    fn checked(
        mut descriptor: SecurityDescriptor,
        changed: SecurityInformation,
        subject: &Subject,
        object_type: &ObjectType,
    ) -> Result<Self, NtStatus> {
        if changed.contains(SecurityInformation::OWNER) {
            let owner = descriptor
                .owner
                .filter(|owner| subject.may_make_owner(owner));
            owner.ok_or(NtStatus::INVALID_OWNER)?;
        }
        let audits = |acl: &Acl| {
            let label = AceType::SYSTEM_MANDATORY_LABEL;
            acl.aces.iter().any(|ace| ace.ace_type != label)
        };
        if descriptor.sacl.as_ref().is_some_and(audits) {
            return Err(NtStatus::PRIVILEGE_NOT_HELD);
        }
        if let Some(acl) = descriptor.dacl.take() {
            descriptor.dacl = Some(map_generic(acl, object_type));
        }
        descriptor.control &= !(Control::SELF_RELATIVE | Control::DACL_AUTO_INHERIT_REQ);
        Ok(Self { descriptor })
    }

    /// The descriptor.
    pub fn descriptor(&self) -> &SecurityDescriptor {
        &self.descriptor
    }

    /// Has the kernel enforce what of it is new on an object's file. What is not new is left as it is:
    /// the kernel's own memory of it is what nobody can have falsified.
    ///
    /// # Errors
    ///
    /// As [`Permissions::apply`].
    pub(crate) fn enforce(
        &self,
        file: BorrowedFd<'_>,
        changed: SecurityInformation,
        object_type: &ObjectType,
    ) -> Result<(), NtStatus> {
        let found = shared_file::stat(file).map_err(|_| NtStatus::ACCESS_DENIED)?;
        let owners = (found.st_uid, found.st_gid);
        let permissions = Permissions::of(&self.descriptor, object_type, owners);
        if changed.contains(SecurityInformation::OWNER) {
            permissions.give(file)?;
        }
        if changed.contains(SecurityInformation::DACL) {
            permissions.allow(file)?;
        }
        Ok(())
    }
}

/// Replaces generic rights in entries by those of the kind of object, as Windows does when a list is
/// given to one.
fn map_generic(acl: Acl, object_type: &ObjectType) -> Acl {
    let mapping = &object_type.generic_mapping;
    let aces = acl.aces.into_iter().map(|ace| {
        let mask = mapping.apply(ace.mask());
        ace.with_mask(mask)
    });
    let revision = acl.revision;
    Acl {
        revision,
        ..Acl::new(aces.collect())
    }
}

/// The descriptor of an object that was created without one: its creator may do everything with it,
/// and so may the system.
pub fn default_descriptor(user: Sid, group: Sid, object_type: &ObjectType) -> SecurityDescriptor {
    let all = object_type.generic_mapping.all;
    let allow = |sid: &Sid| Ace::new(AceType::ACCESS_ALLOWED, 0, all, sid);
    SecurityDescriptor {
        control: Control::DACL_PRESENT,
        owner: Some(user),
        group: Some(group),
        sacl: None,
        dacl: Some(Acl::new(vec![allow(&user), allow(&well_known::SYSTEM)])),
    }
}

/// The list that objects get that are created without one: everything for the user and the system.
pub fn default_dacl(user: Sid) -> Acl {
    let allow = |sid: &Sid| Ace::new(AceType::ACCESS_ALLOWED, 0, AccessMask::GENERIC_ALL, sid);
    Acl::new(vec![allow(&user), allow(&well_known::SYSTEM)])
}
