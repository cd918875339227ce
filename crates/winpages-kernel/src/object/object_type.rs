//! The types of object: what the object manager knows of a kind, whatever the single object.

use super::object_directory::{DIRECTORY_GENERIC_MAPPING, SYMBOLIC_LINK_GENERIC_MAPPING};
use super::{AccessMask, GenericMapping, Object};
use crate::file::FILE_GENERIC_MAPPING;
use crate::process::PROCESS_GENERIC_MAPPING;
use crate::residency::MEMORY_NOTIFICATION_GENERIC_MAPPING;
use crate::section::SECTION_GENERIC_MAPPING;
use crate::sys::acl::{EXECUTE, READ, WRITE};
use crate::token::TOKEN_GENERIC_MAPPING;
use crate::wait::{
    DISPATCHER_GENERIC_MAPPING, KEYED_EVENT_GENERIC_MAPPING, MUTANT_GENERIC_MAPPING,
};

/// What all objects of a kind have in common: Windows' OBJECT_TYPE.
#[derive(Debug)]
pub struct ObjectType {
    /// Its name, as NtQueryObject tells it.
    pub name: &'static str,
    /// What the generic rights mean.
    pub generic_mapping: GenericMapping,
    /// The rights there are.
    pub valid_access: AccessMask,
    /// The rights that need the object's file to be read and no more.
    reads: AccessMask,
    /// The rights that need the object's file to be read and written.
    writes: AccessMask,
}

/// The rights that each kind has for itself.
const SPECIFIC_RIGHTS_ALL: u32 = 0xFFFF;

/// READ_CONTROL and its siblings, and SYNCHRONIZE: rights that every kind has.
const STANDARD_RIGHTS_ALL: u32 = 0x001F_0000;

impl ObjectType {
    /// A type whose rights are the standard ones and all that the generic rights stand for. All but
    /// the standard ones need the object's file to be written: what state an object is in stands there,
    /// and changes with a wait.
    pub const fn new(name: &'static str, generic_mapping: GenericMapping) -> Self {
        let valid = generic_mapping.all.bits() | STANDARD_RIGHTS_ALL;
        Self {
            name,
            generic_mapping,
            valid_access: AccessMask::from_bits_retain(valid),
            reads: AccessMask::empty(),
            writes: AccessMask::from_bits_retain(
                valid & (SPECIFIC_RIGHTS_ALL | AccessMask::SYNCHRONIZE.bits()),
            ),
        }
    }

    /// The same type, with objects whose file needs to be read for the one rights, and to be written for
    /// the others.
    const fn with_file_access(mut self, reads: AccessMask, writes: AccessMask) -> Self {
        self.reads = reads;
        self.writes = writes;
        self
    }

    /// Whether these rights cannot be used without writing to the object's file.
    pub fn needs_writing(&self, access: AccessMask) -> bool {
        access.intersects(self.writes)
    }

    /// Those of the rights that can be used without.
    pub(super) fn without_writing(&self, access: AccessMask) -> AccessMask {
        access.difference(self.writes)
    }

    /// The permissions on its file, [`READ`], [`WRITE`] and [`EXECUTE`], that these rights need.
    pub fn permission_bits(&self, access: AccessMask) -> u16 {
        if core::ptr::eq(self, &raw const FILE) {
            let bit = |right, bit| if access.contains(right) { bit } else { 0 };
            return bit(AccessMask::FILE_READ_DATA, READ)
                | bit(AccessMask::FILE_WRITE_DATA, WRITE)
                | bit(AccessMask::FILE_EXECUTE, EXECUTE);
        }
        // The descriptor in the file must be read, too, whatever is written.
        if self.needs_writing(access) {
            READ | WRITE
        } else if access.intersects(self.reads) {
            READ
        } else {
            0
        }
    }

    /// Whether the owner of such an object's file can always use it: whoever can change a list can give
    /// himself everything. Not so of files of the user's, whose mode is his to see.
    pub(crate) fn owner_is_free(&self) -> bool {
        !core::ptr::eq(self, &raw const FILE)
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
pub static SECTION: ObjectType = ObjectType::new("Section", SECTION_GENERIC_MAPPING)
    .with_file_access(
        AccessMask::SECTION_MAP_READ.union(AccessMask::SECTION_MAP_EXECUTE),
        AccessMask::SECTION_MAP_WRITE.union(AccessMask::SECTION_EXTEND_SIZE),
    );
/// The type of events.
pub static EVENT: ObjectType = ObjectType::new("Event", DISPATCHER_GENERIC_MAPPING);
/// The type of mutants.
pub static MUTANT: ObjectType = ObjectType::new("Mutant", MUTANT_GENERIC_MAPPING);
/// The type of semaphores.
pub static SEMAPHORE: ObjectType = ObjectType::new("Semaphore", DISPATCHER_GENERIC_MAPPING);
/// The type of keyed events.
pub static KEYED_EVENT: ObjectType = ObjectType::new("KeyedEvent", KEYED_EVENT_GENERIC_MAPPING);
/// The type of the object manager's directories.
pub static DIRECTORY: ObjectType = ObjectType::new("Directory", DIRECTORY_GENERIC_MAPPING);
/// The type of the object manager's links.
pub static SYMBOLIC_LINK: ObjectType =
    ObjectType::new("SymbolicLink", SYMBOLIC_LINK_GENERIC_MAPPING);
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
/// The type of processes.
pub static PROCESS: ObjectType = ObjectType::new("Process", PROCESS_GENERIC_MAPPING);
/// The type of access tokens.
pub static TOKEN: ObjectType = ObjectType::new("Token", TOKEN_GENERIC_MAPPING);

impl Object {
    /// Its type.
    pub fn object_type(&self) -> &'static ObjectType {
        match self {
            Self::File(_) => &FILE,
            Self::Section(_) => &SECTION,
            Self::Dispatcher(object) => object.kind().object_type(),
            Self::Directory(directory) => super::object_directory::type_of(directory),
            Self::MemoryNotification(_) => &MEMORY_NOTIFICATION,
            Self::Thread(_) | Self::ForeignThread(_) => &THREAD,
            Self::Process(_) => &PROCESS,
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
