//! The security descriptors of objects: NtQuerySecurityObject, NtSetSecurityObject, and what an object
//! lets this process do.

use std::os::fd::AsFd;

use super::descriptor::{Descriptor, Unreadable};
use super::handle_table::{Entry, Handle};
use super::named_file::NamedFile;
use super::{AccessMask, Object, ObjectType};
use crate::NtStatus;
use crate::file::File;
use crate::security::{
    Assigned, SecurityDescriptor, SecurityInformation, Sid, Subject, access_check,
    default_descriptor,
};
use crate::sys::lock::Lock;
use crate::sys::{account, shared_file};

/// The descriptor of an object without a name, which this process alone can reach; `None` as long as
/// nobody has given it one.
pub struct ObjectSecurity(Lock<Option<SecurityDescriptor>>);

impl ObjectSecurity {
    /// What an object is created with.
    pub fn new(assigned: Option<&Assigned>) -> Self {
        Self(Lock::new(
            assigned.map(|assigned| assigned.descriptor().clone()),
        ))
    }
}

impl core::fmt::Debug for ObjectSecurity {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Without its lock, which whoever prints the object may hold.
        formatter.write_str("ObjectSecurity")
    }
}

/// Where an object's descriptor is.
enum Place<'a> {
    /// In the file that holds its name.
    Named(&'a NamedFile),
    /// In the object.
    Unnamed(&'a ObjectSecurity),
    /// In the file's mode and access control list.
    File(&'a File),
    /// Nowhere: it is its user's, like all of its kind.
    Default,
}

impl Object {
    fn place_of_security(&self) -> Place<'_> {
        match self {
            Self::Section(section) => match section.named_file() {
                Some(file) => Place::Named(file),
                None => Place::Unnamed(section.security()),
            },
            Self::Dispatcher(object) => match object.named_file() {
                Some(file) => Place::Named(file),
                None => Place::Unnamed(object.security()),
            },
            Self::Directory(directory) => match directory.named_file() {
                Some(file) => Place::Named(file),
                None => Place::Default,
            },
            Self::File(file) => Place::File(file),
            Self::MemoryNotification(_)
            | Self::Thread(_)
            | Self::Process(_)
            | Self::ForeignThread(_)
            | Self::Token(_) => Place::Default,
        }
    }

    /// The rights that `desired`, which may hold MAXIMUM_ALLOWED but no generic right, comes to.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the object does not grant them all.
    pub(super) fn grant(&self, desired: AccessMask) -> Result<AccessMask, NtStatus> {
        let object_type = self.object_type();
        match (self, self.place_of_security()) {
            // As on Windows: what a file may be used for was settled when it was opened.
            (_, Place::File(_)) => Err(NtStatus::ACCESS_DENIED),
            (_, Place::Named(file)) => file.grant(&file.describe()?.security, desired, object_type),
            (_, Place::Unnamed(security)) => match &*security.0.lock() {
                Some(descriptor) => check(descriptor, desired, object_type),
                None => Ok(object_type.generic_mapping.apply(desired)),
            },
            // What Linux lets this process do with the other.
            (Self::Process(process), _) => {
                let desired = object_type.generic_mapping.apply(desired);
                process.check(desired).map(|()| desired)
            }
            (_, Place::Default) => Ok(object_type.generic_mapping.apply(desired)),
        }
    }

    fn security_descriptor(&self) -> Result<SecurityDescriptor, NtStatus> {
        let object_type = self.object_type();
        let default = || {
            let (user, group) = account::effective();
            default_descriptor(Sid::of_user(user), Sid::of_group(group), object_type)
        };
        match self.place_of_security() {
            Place::Named(file) => file.security_descriptor(&file.describe()?.security, object_type),
            Place::Unnamed(security) => Ok(security.0.lock().clone().unwrap_or_else(default)),
            Place::File(file) => file.security_descriptor(),
            Place::Default => Ok(default()),
        }
    }

    fn set_security_descriptor(
        &self,
        changed: SecurityInformation,
        given: &SecurityDescriptor,
    ) -> Result<(), NtStatus> {
        let object_type = self.object_type();
        match self.place_of_security() {
            Place::Named(file) => Descriptor::update(file.as_fd(), &file.leaf(), |descriptor| {
                let before = file.security_descriptor(&descriptor.security, object_type)?;
                let assigned = Assigned::changed(before, changed, given, object_type)?;
                assigned.enforce(file.as_fd(), changed, object_type)?;
                descriptor.security = assigned.descriptor().to_self_relative();
                Ok(())
            }),
            Place::Unnamed(security) => {
                let before = self.security_descriptor()?;
                let assigned = Assigned::changed(before, changed, given, object_type)?;
                *security.0.lock() = Some(assigned.descriptor().clone());
                Ok(())
            }
            Place::File(file) => file.set_security_descriptor(changed, given),
            Place::Default => Err(NtStatus::NOT_SUPPORTED),
        }
    }
}

/// The rights that a descriptor grants this process.
fn check(
    descriptor: &SecurityDescriptor,
    desired: AccessMask,
    object_type: &ObjectType,
) -> Result<AccessMask, NtStatus> {
    let mapping = &object_type.generic_mapping;
    let checked = access_check(descriptor, &Subject::current(), desired, mapping);
    checked.result.map(|()| checked.granted)
}

impl NamedFile {
    /// The rights that opening the object for `desired` comes to, by the security descriptor that is
    /// `stored` in its file and by what the kernel let this process have of the file. An object that was created without one is its
    /// user's; what the kernel allows others they were given by its mode.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if not all of them are granted, if there are no such rights, or if
    /// none are asked for; [`NtStatus::PRIVILEGE_NOT_HELD`] for ACCESS_SYSTEM_SECURITY.
    pub fn grant(
        &self,
        stored: &[u8],
        desired: AccessMask,
        object_type: &ObjectType,
    ) -> Result<AccessMask, NtStatus> {
        let desired = object_type.map(desired)?;
        let mut granted = if stored.is_empty() {
            object_type.generic_mapping.apply(desired)
        } else {
            let security = self.security_descriptor(stored, object_type)?;
            check(&security, desired, object_type)?
        };
        if object_type.needs_writing(granted) && !self.is_writable() {
            if object_type.needs_writing(desired) || !desired.contains(AccessMask::MAXIMUM_ALLOWED)
            {
                return Err(NtStatus::ACCESS_DENIED);
            }
            granted = object_type.without_writing(granted);
        }
        if granted.is_empty() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(granted)
    }

    /// What the object's file says of it now.
    fn describe(&self) -> Result<Descriptor, NtStatus> {
        let mut patience = super::patience::Patience::new();
        loop {
            let found = shared_file::stat(self).map_err(|_| NtStatus::ACCESS_DENIED)?;
            match Descriptor::of(self.as_fd(), &found) {
                Ok(descriptor) => return Ok(descriptor),
                Err(Unreadable::Refused(status)) => return Err(status),
                Err(Unreadable::Unfinished(status)) => patience.pause().map_err(|_| status)?,
            }
        }
    }

    /// The object's security descriptor. What is in its file and is none counts as none: whoever may
    /// write to the object can write that, too, and gains nothing but what he has.
    fn security_descriptor(
        &self,
        stored: &[u8],
        object_type: &ObjectType,
    ) -> Result<SecurityDescriptor, NtStatus> {
        if !stored.is_empty()
            && let Ok(stored) = SecurityDescriptor::from_self_relative(stored)
        {
            return Ok(stored);
        }
        let found = shared_file::stat(self).map_err(|_| NtStatus::ACCESS_DENIED)?;
        let (user, group) = (Sid::of_user(found.st_uid), Sid::of_group(found.st_gid));
        Ok(default_descriptor(user, group, object_type))
    }
}

/// What it takes to read parts of a descriptor.
fn rights_to_query(wanted: SecurityInformation) -> AccessMask {
    let mut needed = AccessMask::empty();
    needed.set(
        AccessMask::READ_CONTROL,
        wanted.intersects(
            SecurityInformation::OWNER
                | SecurityInformation::GROUP
                | SecurityInformation::DACL
                | SecurityInformation::LABEL,
        ),
    );
    needed.set(
        AccessMask::ACCESS_SYSTEM_SECURITY,
        wanted.contains(SecurityInformation::SACL),
    );
    needed
}

/// What it takes to change parts of a descriptor.
fn rights_to_set(changed: SecurityInformation) -> AccessMask {
    let mut needed = AccessMask::empty();
    needed.set(
        AccessMask::WRITE_OWNER,
        changed.intersects(
            SecurityInformation::OWNER | SecurityInformation::GROUP | SecurityInformation::LABEL,
        ),
    );
    needed.set(
        AccessMask::WRITE_DAC,
        changed.intersects(
            SecurityInformation::DACL
                | SecurityInformation::PROTECTED_DACL
                | SecurityInformation::UNPROTECTED_DACL,
        ),
    );
    needed.set(
        AccessMask::ACCESS_SYSTEM_SECURITY,
        changed.contains(SecurityInformation::SACL),
    );
    needed
}

fn reference(handle: Handle, needed: AccessMask) -> Result<Entry, NtStatus> {
    let entry = super::reference(handle)?;
    if entry.access.contains(needed) {
        Ok(entry)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

/// Those parts of an object's security descriptor; mirrors NtQuerySecurityObject.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], and [`NtStatus::ACCESS_DENIED`] if the handle lacks READ_CONTROL, or,
/// for what is audited, ACCESS_SYSTEM_SECURITY, which nobody has.
pub fn query_security(
    handle: Handle,
    wanted: SecurityInformation,
) -> Result<SecurityDescriptor, NtStatus> {
    let entry = reference(handle, rights_to_query(wanted))?;
    Ok(entry.object.security_descriptor()?.only(wanted))
}

/// Changes those parts of an object's security descriptor; mirrors NtSetSecurityObject. Handles that
/// there are keep their rights.
///
/// # Errors
///
/// * [`NtStatus::INVALID_HANDLE`].
/// * [`NtStatus::ACCESS_DENIED`]: the handle lacks WRITE_DAC or WRITE_OWNER, or the kernel does not let
///   this process: the object's file is another user's.
/// * [`NtStatus::NOT_SUPPORTED`]: objects of this kind have none of their own.
/// * what [`Assigned::changed`] answers.
pub fn set_security(
    handle: Handle,
    changed: SecurityInformation,
    given: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    let entry = reference(handle, rights_to_set(changed))?;
    entry.object.set_security_descriptor(changed, given)
}
