//! The named sections that this process has handles to.
//!
//! Opening one of them once more needs none of the steps that find out whether anybody holds it: this
//! process does. One question remains for the kernel, whether the name still leads to that very file
//! and nothing about it has changed since: somebody may have taken the name away by hand, or granted
//! other rights.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Section;
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, Object, ObjectName, namespace, object_type};
use crate::sys::lock::Lock;

/// By a hash of the name. Of two names with one hash, the section that was opened last is known.
type Known = HashMap<u64, Weak<Section>, BuildHasherDefault<Hashed>>;

static HELD: Lock<Known> = Lock::new(HashMap::with_hasher(BuildHasherDefault::new()));

/// Passes on what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// FNV-1a over units.
fn hash(name: &ObjectName) -> u64 {
    let units = name.leaf().iter().map(|unit| u64::from(*unit));
    units.fold(0xCBF2_9CE4_8422_2325 ^ name.scope() as u64, |hash, unit| {
        (hash ^ unit).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Remembers a section that has a name and a handle.
pub(super) fn note(section: &Arc<Section>) {
    if let Some(name) = section.name() {
        let key = hash(name);
        let replaced = HELD.lock().insert(key, Arc::downgrade(section));
        // The last trace of a section frees memory: not under the lock.
        drop(replaced);
    }
}

/// Forgets a section whose last handle is closed.
pub(super) fn forget(section: &Section) {
    let Some(name) = section.name() else {
        return;
    };
    let key = hash(name);
    let mut known = HELD.lock();
    let is_known = |held: &Weak<Section>| core::ptr::eq(held.as_ptr(), section);
    if known.get(&key).is_some_and(is_known) {
        let removed = known.remove(&key);
        drop(known);
        drop(removed);
    }
}

/// A new handle to the section of a name, if this process has one already and the name still leads
/// there.
pub(super) fn open(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Option<Result<Handle, NtStatus>> {
    let section = HELD.lock().get(&hash(name))?.upgrade()?;
    let (file, descriptor) = (section.named_file()?, section.descriptor.as_ref()?);
    if section.name() != Some(name) || namespace::state_of(name)? != file.state() {
        return None;
    }
    let access = match file.grant(descriptor, access, &object_type::SECTION) {
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
