//! A second handle to an object: NtDuplicateObject.

use super::handle_table::{self, Entry, Handle, HandleAttributes};
use super::{AccessMask, Object};
use crate::NtStatus;

/// What NtDuplicateObject is told.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateObject {
    /// The handle to be duplicated; a pseudo handle becomes a real one.
    pub source: Handle,
    /// The new handle's rights; `None`, DUPLICATE_SAME_ACCESS, for the source's.
    pub access: Option<AccessMask>,
    /// What is remembered of the new handle; `None`, DUPLICATE_SAME_ATTRIBUTES, for what is remembered
    /// of the source.
    pub attributes: Option<HandleAttributes>,
    /// DUPLICATE_CLOSE_SOURCE: the source is closed, whatever becomes of the rest.
    pub close_source: bool,
}

/// Makes a second handle to an object of this process; mirrors NtDuplicateObject within a process.
///
/// A source that is to be closed, and may be, keeps its place in the table: its value is the new
/// handle's.
///
/// # Errors
///
/// * [`NtStatus::INVALID_HANDLE`]: there is no such handle.
/// * [`NtStatus::ACCESS_DENIED`]: the rights are more than the source's, and the object does not grant
///   them, or there are no such rights.
/// * [`NtStatus::INSUFFICIENT_RESOURCES`]: the handle table is full.
pub fn duplicate_object(request: &DuplicateObject) -> Result<Handle, NtStatus> {
    let duplicated = duplicate(request);
    if request.close_source && duplicated != Ok(request.source) && !request.source.is_pseudo() {
        // One that is protected stays.
        let _ = handle_table::close(request.source);
    }
    duplicated
}

fn duplicate(request: &DuplicateObject) -> Result<Handle, NtStatus> {
    let source = super::reference(request.source)?;
    let access = match request.access {
        None => source.access,
        Some(desired) => duplicate_access(&source, desired)?,
    };
    let protection = HandleAttributes::PROTECT_FROM_CLOSE;
    let entry = Entry {
        access,
        attributes: request.attributes.unwrap_or(source.attributes),
        object: source.object,
    };
    let stays = source.attributes.contains(protection) || request.source.is_pseudo();
    if request.close_source && !stays {
        handle_table::replace(request.source, entry)
    } else {
        handle_table::insert(entry)
    }
}

/// The rights of a duplicate for which `desired` is asked.
pub(crate) fn duplicate_access(
    source: &Entry,
    desired: AccessMask,
) -> Result<AccessMask, NtStatus> {
    let mapped = source
        .object
        .object_type()
        .map(desired)
        .map_err(|_| NtStatus::ACCESS_DENIED)?;
    if source.access.contains(mapped) {
        return Ok(mapped);
    }
    source.object.grant(mapped)
}

impl Object {
    /// Whether two handles lead to one object. Two openings of one name do.
    pub fn is_same_as(&self, other: &Self) -> bool {
        use std::sync::Arc;
        match (self, other) {
            (Self::File(one), Self::File(two)) => {
                Arc::ptr_eq(one, two) || one.mark().is_same_as(two.mark())
            }
            (Self::Section(one), Self::Section(two)) => {
                Arc::ptr_eq(one, two)
                    || one.mark().is_same_as(two.mark())
                    || one
                        .named_file()
                        .zip(two.named_file())
                        .is_some_and(|(one, two)| one.is_same_as(two))
            }
            (Self::Dispatcher(one), Self::Dispatcher(two)) => one.is_same_as(two),
            (Self::Directory(one), Self::Directory(two)) => one.is_same_as(two),
            (Self::MemoryNotification(one), Self::MemoryNotification(two)) => {
                one.kind() == two.kind()
            }
            (Self::Thread(one), Self::Thread(two)) => Arc::ptr_eq(one, two),
            (Self::Process(one), Self::Process(two)) => one.number() == two.number(),
            (Self::ForeignThread(one), Self::ForeignThread(two)) => one.number() == two.number(),
            // A process has one that is primary.
            (Self::Token(one), Self::Token(two)) => {
                Arc::ptr_eq(one, two) || (one.level().is_none() && two.level().is_none())
            }
            _ => false,
        }
    }
}

/// Whether two handles lead to one object; mirrors NtCompareObjects.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::NOT_SAME_OBJECT`] if they do
/// not.
pub fn compare_objects(first: Handle, second: Handle) -> Result<(), NtStatus> {
    let (first, second) = (super::reference(first)?, super::reference(second)?);
    if first.object.is_same_as(&second.object) {
        Ok(())
    } else {
        Err(NtStatus::NOT_SAME_OBJECT)
    }
}
