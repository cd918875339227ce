//! Private namespaces: directories that a program finds by a boundary, and calls by a prefix of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::handle_table::{self, Handle, HandleAttributes};
use super::name::{ObjectName, Scope, hash};
use super::namespace;
use super::object_directory::{self, ObjectDirectory};
use super::{AccessMask, ObjectKind};
use crate::NtStatus;
use crate::section::Disposition;
use crate::security::{Sid, Subject};
use crate::sys::lock::Lock;

/// What a private namespace is found by: a name, and the groups that whoever uses it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    name: Vec<u16>,
    sids: BTreeSet<Vec<u8>>,
}

impl Boundary {
    /// A boundary with a name and no groups yet.
    ///
    /// # Errors
    ///
    /// [`NtStatus::OBJECT_NAME_INVALID`] for an empty name.
    pub fn new(name: &[u16]) -> Result<Self, NtStatus> {
        if name.is_empty() {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        Ok(Self {
            name: name.to_vec(),
            sids: BTreeSet::new(),
        })
    }

    /// Adds a user, a group or a level of integrity.
    pub fn add(&mut self, sid: &Sid) {
        self.sids.insert(sid.to_bytes());
    }

    /// The name of the directory: one that no other boundary has, and no other object can have.
    fn directory_name(&self) -> ObjectName {
        let mut units = self.name.clone();
        for sid in &self.sids {
            units.push(0);
            units.extend(sid.iter().map(|byte| u16::from(*byte)));
        }
        let text = format!("boundary\\{:032x}", hash(&units));
        ObjectName::from_parts(Scope::Local, text.encode_utf16().collect())
    }

    /// Whether the calling process lies within the boundary.
    fn holds_caller(&self) -> bool {
        /// SECURITY_MANDATORY_LABEL_AUTHORITY: levels, not groups. Every process has the same here.
        const LEVELS: [u8; 6] = [0, 0, 0, 0, 0, 16];
        let subject = Subject::current();
        let own: BTreeSet<Vec<u8>> = subject
            .groups
            .iter()
            .map(|(group, _)| group)
            .chain([&subject.user])
            .map(Sid::to_bytes)
            .collect();
        self.sids.iter().all(|sid| {
            own.contains(sid) || Sid::from_bytes(sid).is_ok_and(|sid| sid.authority() == LEVELS)
        })
    }
}

/// The boundaries that a program has made and not deleted yet: the face above knows them by their places.
static BOUNDARIES: Lock<Vec<Option<Boundary>>> = Lock::new(Vec::new());

/// The list of boundaries.
pub fn boundaries() -> &'static Lock<Vec<Option<Boundary>>> {
    &BOUNDARIES
}

/// What this process calls the private namespaces that it has open.
struct Alias {
    prefix: Vec<u16>,
    handle: Handle,
    directory: Arc<ObjectDirectory>,
}

static ALIASES: Lock<Vec<Alias>> = Lock::new(Vec::new());

/// The rights of a namespace's handle.
const ACCESS: AccessMask = AccessMask::GENERIC_ALL;

/// Makes a private namespace, which this process calls `prefix`; mirrors NtCreatePrivateNamespace and what
/// CreatePrivateNamespace does beside it.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_NAME_COLLISION`]: there is one with that boundary.
/// * [`NtStatus::DUPLICATE_NAME`]: this process calls another one so.
/// * [`NtStatus::ACCESS_DENIED`]: the caller does not belong to all groups of the boundary.
/// * [`NtStatus::INVALID_PARAMETER`]: the prefix is empty, or holds a backslash.
/// * what [`namespace::create_or_open`] answers.
pub fn create_private_namespace(
    boundary: &Boundary,
    prefix: &[u16],
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    check(boundary, prefix)?;
    let name = boundary.directory_name();
    let (handle, disposition) =
        object_directory::create_directory(Some(&name), ACCESS, attributes)?;
    if disposition == Disposition::Existing {
        let _ = handle_table::close(handle);
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    call(prefix, handle)
}

/// Opens a private namespace, which this process calls `prefix`; mirrors NtOpenPrivateNamespace and what
/// OpenPrivateNamespace does beside it.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if there is none with that boundary, and as
/// [`create_private_namespace`].
pub fn open_private_namespace(boundary: &Boundary, prefix: &[u16]) -> Result<Handle, NtStatus> {
    check(boundary, prefix)?;
    let handle = open_by_name(&boundary.directory_name())?;
    call(prefix, handle)
}

fn open_by_name(name: &ObjectName) -> Result<Handle, NtStatus> {
    // Whether it is there; creating would make it.
    let found = namespace::open(name, ObjectKind::Directory, false);
    let _held = found.map_err(|status| match status {
        NtStatus::OBJECT_NAME_NOT_FOUND => NtStatus::OBJECT_PATH_NOT_FOUND,
        other => other,
    })?;
    let attributes = HandleAttributes::empty();
    Ok(object_directory::create_directory(Some(name), ACCESS, attributes)?.0)
}

fn check(boundary: &Boundary, prefix: &[u16]) -> Result<(), NtStatus> {
    if prefix.is_empty() || prefix.contains(&super::name::BACKSLASH) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if !boundary.holds_caller() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok(())
}

fn call(prefix: &[u16], handle: Handle) -> Result<Handle, NtStatus> {
    let directory = object_directory::reference_directory(handle, AccessMask::empty())?;
    let mut aliases = ALIASES.lock();
    if aliases.iter().any(|alias| alias.prefix == prefix) {
        drop(aliases);
        let _ = handle_table::close(handle);
        return Err(NtStatus::DUPLICATE_NAME);
    }
    aliases.push(Alias {
        prefix: prefix.to_vec(),
        handle,
        directory,
    });
    Ok(handle)
}

/// Closes a private namespace; mirrors ClosePrivateNamespace. With `destroy` its boundary leads to a new one
/// from now on, whoever has this one open.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if it is none.
pub fn close_private_namespace(handle: Handle, destroy: bool) -> Result<(), NtStatus> {
    let alias = {
        let mut aliases = ALIASES.lock();
        let place = aliases.iter().position(|alias| alias.handle == handle);
        aliases.remove(place.ok_or(NtStatus::INVALID_HANDLE)?)
    };
    if destroy {
        alias.directory.remove();
    }
    handle_table::close(handle)
}

/// The object that `rest` means in the private namespace that this process calls `prefix`.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if it calls none so.
pub(super) fn object_name(prefix: &[u16], rest: &[u16]) -> Result<ObjectName, NtStatus> {
    let directory = ALIASES
        .lock()
        .iter()
        .find(|alias| alias.prefix == prefix)
        .map(|alias| Arc::clone(&alias.directory));
    directory
        .ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?
        .object_name(rest)
}

pub(super) fn lock_for_fork() {
    BOUNDARIES.lock_for_fork();
    ALIASES.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe {
        ALIASES.unlock_after_fork();
        BOUNDARIES.unlock_after_fork();
    }
}
