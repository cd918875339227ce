//! The types of object: what the object manager knows of a kind, whatever the single object.

use super::{AccessMask, GenericMapping, Object};
use crate::file::FILE_GENERIC_MAPPING;
use crate::residency::MEMORY_NOTIFICATION_GENERIC_MAPPING;
use crate::section::SECTION_GENERIC_MAPPING;
use crate::token::TOKEN_GENERIC_MAPPING;
use crate::wait::{DISPATCHER_GENERIC_MAPPING, MUTANT_GENERIC_MAPPING};

/// What all objects of a kind have in common: Windows' OBJECT_TYPE.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name, as NtQueryObject tells it.
    pub name: &'static str,
    /// What the generic rights mean.
    pub generic_mapping: GenericMapping,
    /// The rights there are.
    pub valid_access: AccessMask,
}

/// READ_CONTROL and its siblings, and SYNCHRONIZE: rights that every kind has.
const STANDARD_RIGHTS_ALL: u32 = 0x001F_0000;

impl ObjectType {
    /// A type whose rights are the standard ones and all that the generic rights stand for.
    pub const fn new(name: &'static str, generic_mapping: GenericMapping) -> Self {
        let valid = generic_mapping.all.bits() | STANDARD_RIGHTS_ALL;
        Self {
            name,
            generic_mapping,
            valid_access: AccessMask::from_bits_retain(valid),
        }
    }

    /// The rights that `desired` comes to: generic rights replaced, MAXIMUM_ALLOWED left standing.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PRIVILEGE_NOT_HELD`](crate::NtStatus::PRIVILEGE_NOT_HELD) for
    /// ACCESS_SYSTEM_SECURITY, [`NtStatus::ACCESS_DENIED`](crate::NtStatus::ACCESS_DENIED) for a right
    /// that this kind does not have.
    pub fn map(&self, desired: AccessMask) -> Result<AccessMask, crate::NtStatus> {
        let mapped = self
            .generic_mapping
            .apply(desired.difference(AccessMask::MAXIMUM_ALLOWED));
        if mapped.contains(AccessMask::ACCESS_SYSTEM_SECURITY) {
            return Err(crate::NtStatus::PRIVILEGE_NOT_HELD);
        }
        if !self.valid_access.contains(mapped) {
            return Err(crate::NtStatus::ACCESS_DENIED);
        }
        Ok(mapped | (desired & AccessMask::MAXIMUM_ALLOWED))
    }
}

/// The type of files.
pub static FILE: ObjectType = ObjectType::new("File", FILE_GENERIC_MAPPING);
/// The type of sections.
pub static SECTION: ObjectType = ObjectType::new("Section", SECTION_GENERIC_MAPPING);
/// The type of events.
pub static EVENT: ObjectType = ObjectType::new("Event", DISPATCHER_GENERIC_MAPPING);
/// The type of mutants.
pub static MUTANT: ObjectType = ObjectType::new("Mutant", MUTANT_GENERIC_MAPPING);
/// The type of semaphores.
pub static SEMAPHORE: ObjectType = ObjectType::new("Semaphore", DISPATCHER_GENERIC_MAPPING);
/// The type of timers.
pub static TIMER: ObjectType = ObjectType::new("Timer", DISPATCHER_GENERIC_MAPPING);
/// The type of notifications of how scarce memory is, which are events on Windows.
static MEMORY_NOTIFICATION: ObjectType =
    ObjectType::new("Event", MEMORY_NOTIFICATION_GENERIC_MAPPING);
/// The type of threads.
pub static THREAD: ObjectType = ObjectType::new(
    "Thread",
    GenericMapping {
        read: AccessMask::from_bits_retain(0x0002_0048),
        write: AccessMask::from_bits_retain(0x0002_0037),
        execute: AccessMask::from_bits_retain(0x0012_1800),
        all: AccessMask::from_bits_retain(0x001F_FFFF),
    },
);
/// The type of access tokens.
pub static TOKEN: ObjectType = ObjectType::new("Token", TOKEN_GENERIC_MAPPING);

impl Object {
    /// Its type.
    pub fn object_type(&self) -> &'static ObjectType {
        match self {
            Self::File(_) => &FILE,
            Self::Section(_) => &SECTION,
            Self::Dispatcher(object) => object.kind().object_type(),
            Self::MemoryNotification(_) => &MEMORY_NOTIFICATION,
            Self::Thread(_) => &THREAD,
            Self::Token(_) => &TOKEN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NtStatus;

    #[test]
    fn rights_of_other_kinds_are_refused() {
        assert_eq!(
            SECTION.map(AccessMask::GENERIC_READ),
            Ok(SECTION_GENERIC_MAPPING.read)
        );
        let unknown = AccessMask::from_bits_retain(0x100);
        assert_eq!(SECTION.map(unknown), Err(NtStatus::ACCESS_DENIED));
        assert_eq!(
            SECTION.map(AccessMask::ACCESS_SYSTEM_SECURITY),
            Err(NtStatus::PRIVILEGE_NOT_HELD)
        );
        let maximum = AccessMask::MAXIMUM_ALLOWED;
        assert_eq!(SECTION.map(maximum), Ok(maximum));
    }
}
