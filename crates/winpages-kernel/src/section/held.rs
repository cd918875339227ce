//! The named sections that this process has handles to.
//!
//! Opening one of them once more needs none of the steps that find out whether anybody holds it: this
//! process does. One question remains for the kernel, whether the name still leads to that very file
//! and nothing about it has changed since: somebody may have taken the name away by hand, or granted
//! other rights.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Weak};

use super::Section;
use crate::NtStatus;
use crate::object::handle_table::{self, Handle, HandleAttributes};
use crate::object::{AccessMask, Object, ObjectName, object_type};
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

/// Of four units at a time: all of a word's bits come to bear on all of the hash's.
fn hash(name: &ObjectName) -> u64 {
    let word = |[a, b, c, d]: [u16; 4]| {
        u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48
    };
    let step = |hash: u64, units: [u16; 4]| {
        let product = (hash ^ word(units)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        product ^ product >> 32
    };
    let (fours, rest) = name.leaf().as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    let hash = fours
        .iter()
        .fold(name.scope() as u64 + 1, |hash, four| step(hash, *four));
    step(hash, last)
}

/// What is to be remembered of a section, if it has a name.
pub(super) struct Note(u64, Weak<Section>);

impl Note {
    pub fn of(section: &Arc<Section>) -> Option<Self> {
        let key = hash(section.name()?);
        Some(Self(key, Arc::downgrade(section)))
    }

    /// Remembers the section, which has a handle by now.
    pub fn keep(self) {
        let replaced = HELD.lock().insert(self.0, self.1);
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
    if let Entry::Occupied(held) = known.entry(key)
        && core::ptr::eq(held.get().as_ptr(), section)
    {
        let removed = held.remove();
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
    let file = section.named_file()?;
    if section.name() != Some(name) || !file.is_unchanged() {
        return None;
    }
    let access = match file.grant(&section.stored_security, access, &object_type::SECTION) {
        Ok(access) => access,
        Err(status) => return Some(Err(status)),
    };
    handle_table::insert_beside_others(handle_table::Entry {
        object: Object::Section(section),
        access,
        attributes,
    })
}

/// For fork: see [`crate::sys::fork`].
pub(super) fn lock_for_fork() {
    HELD.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { HELD.unlock_after_fork() };
}
