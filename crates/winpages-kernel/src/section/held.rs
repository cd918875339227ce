//! The named sections that this process has handles to.
//!
//! Opening one of them once more needs none of the steps that find out whether anybody holds it: this
//! process does. One question remains for the kernel, whether the name still leads to that very file
//! and nothing about it has changed since: somebody may have taken the name away by hand, or granted
//! other rights.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Section;
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{
    AccessMask, Descriptor, NamedFileState, Object, ObjectName, namespace, object_type,
};
use crate::sys::lock::Lock;

struct Held {
    section: Weak<Section>,
    state: NamedFileState,
    /// What its file says of it: rights among it.
    descriptor: Arc<Descriptor>,
}

static HELD: Lock<Option<HashMap<ObjectName, Held>>> = Lock::new(None);

/// Remembers a section that has a name and a handle.
pub(super) fn note(section: &Arc<Section>, descriptor: Descriptor) {
    let (Some(name), Some(file)) = (section.name(), section.named_file()) else {
        return;
    };
    let held = Held {
        section: Arc::downgrade(section),
        state: file.state(),
        descriptor: Arc::new(descriptor),
    };
    let mut known = HELD.lock();
    known
        .get_or_insert_with(HashMap::new)
        .insert(name.clone(), held);
}

/// Forgets a section whose last handle is closed.
pub(super) fn forget(section: &Section) {
    let Some(name) = section.name() else {
        return;
    };
    let mut known = HELD.lock();
    if let Some(known) = known.as_mut()
        && known
            .get(name)
            .is_some_and(|held| core::ptr::eq(held.section.as_ptr(), section))
    {
        known.remove(name);
    }
}

/// A new handle to the section of a name, if this process has one already and the name still leads
/// there.
pub(super) fn open(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Option<Result<Handle, NtStatus>> {
    let (section, state, descriptor) = {
        let known = HELD.lock();
        let held = known.as_ref()?.get(name)?;
        let descriptor = Arc::clone(&held.descriptor);
        (held.section.upgrade()?, held.state, descriptor)
    };
    if namespace::state_of(name)? != state {
        return None;
    }
    let file = section.named_file()?;
    let access = match file.grant(&descriptor, access, &object_type::SECTION) {
        Ok(access) => access,
        Err(status) => return Some(Err(status)),
    };
    handle_table::insert_beside_others(Entry {
        object: Object::Section(section),
        access,
        attributes,
    })
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    HELD.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { HELD.unlock_after_fork() };
}
