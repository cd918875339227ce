//! What an object is: NtQueryObject.

use std::path::PathBuf;

use super::handle_table::{self, Handle, HandleAttributes};
use super::{AccessMask, Object, ObjectName, ObjectType, SESSION_ID, Scope};
use crate::NtStatus;
use crate::residency::MemoryNotificationKind;
use crate::sys::descriptors;

/// What OBJECT_BASIC_INFORMATION tells.
#[derive(Clone, Copy, Debug)]
pub struct BasicInformation {
    /// What is remembered of the handle.
    pub attributes: HandleAttributes,
    /// What the handle grants.
    pub access: AccessMask,
    /// How many handles of this process lead to the object. Handles of other processes are theirs to
    /// count.
    pub handles: usize,
}

/// What is known of all objects of a type.
#[derive(Clone, Copy, Debug)]
pub struct TypeInformation {
    /// The type.
    pub object_type: &'static ObjectType,
    /// How many objects of it this process has handles to.
    pub objects: usize,
    /// How many handles of this process lead to one.
    pub handles: usize,
}

/// Mirrors NtQueryObject with ObjectBasicInformation.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle.
pub fn basic_information(handle: Handle) -> Result<BasicInformation, NtStatus> {
    let entry = super::reference(handle)?;
    let handles = handle_table::objects()
        .iter()
        .filter(|object| object.is_same_as(&entry.object))
        .count();
    Ok(BasicInformation {
        attributes: entry.attributes,
        access: entry.access,
        handles,
    })
}

/// Mirrors NtQueryObject with ObjectTypeInformation.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle.
pub fn type_information(handle: Handle) -> Result<TypeInformation, NtStatus> {
    let object_type = super::reference(handle)?.object.object_type();
    let mut handles = handle_table::objects();
    handles.retain(|object| core::ptr::eq(object.object_type(), object_type));
    let first_of_its_object = |(index, object): &(usize, &Object)| {
        !handles[..*index]
            .iter()
            .any(|other| other.is_same_as(object))
    };
    Ok(TypeInformation {
        object_type,
        objects: handles
            .iter()
            .enumerate()
            .filter(first_of_its_object)
            .count(),
        handles: handles.len(),
    })
}

/// What an object is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameInformation {
    /// It has no name.
    None,
    /// Its full name, from the root of the object manager's directories.
    Name(Vec<u16>),
    /// It is the Linux file of that path.
    File(PathBuf),
}

/// The name of the object that a handle leads to; mirrors NtQueryObject with ObjectNameInformation.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle.
pub fn object_name(handle: Handle) -> Result<NameInformation, NtStatus> {
    let entry = super::reference(handle)?;
    Ok(match &entry.object {
        Object::File(file) => {
            descriptors::path_of(file.as_fd()).map_or(NameInformation::None, NameInformation::File)
        }
        Object::MemoryNotification(notification) => {
            let name = match notification.kind() {
                MemoryNotificationKind::Low => r"\KernelObjects\LowMemoryCondition",
                MemoryNotificationKind::High => r"\KernelObjects\HighMemoryCondition",
            };
            NameInformation::Name(name.encode_utf16().collect())
        }
        other => other.name().map_or(NameInformation::None, |name| {
            NameInformation::Name(full_name(name))
        }),
    })
}

/// The name of an object from the root directory on.
fn full_name(name: &ObjectName) -> Vec<u16> {
    let directory = match name.scope() {
        Scope::Local => format!(r"\Sessions\{SESSION_ID}\BaseNamedObjects\"),
        Scope::Global => r"\BaseNamedObjects\".to_owned(),
    };
    let mut full: Vec<u16> = directory.encode_utf16().collect();
    full.extend_from_slice(name.leaf());
    full
}

impl Object {
    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&ObjectName> {
        match self {
            Self::Section(section) => section.name(),
            Self::Dispatcher(object) => object.name(),
            Self::File(_)
            | Self::Directory(_)
            | Self::MemoryNotification(_)
            | Self::Thread(_)
            | Self::ForeignThread(_)
            | Self::Process(_)
            | Self::Token(_) => None,
        }
    }
}
