//! Objects and the handles that lead to them.

mod descriptor;
mod duplicate;
pub mod handle_table;
mod name;
mod named_file;
pub mod namespace;
mod namespace_directory;
pub mod object_directory;
pub mod object_type;
mod patience;
mod plain_section;
pub mod private_namespace;
mod query;
mod security;
mod transfer;

pub use descriptor::{Descriptor, ObjectKind, PAYLOAD_SIZE, Unreadable};
pub(crate) use duplicate::duplicate_access;
pub use duplicate::{DuplicateObject, compare_objects, duplicate_object};
pub use name::{ObjectName, SESSION_ID, Scope};
pub use named_file::NamedFile;
pub use namespace_directory::{NAMESPACE_VARIABLE, NamespaceDirectory};
pub use object_type::ObjectType;
pub use plain_section::PlainSection;
pub use query::{
    BasicInformation, NameInformation, TypeInformation, basic_information, object_name,
    type_information,
};
pub use security::{ObjectSecurity, query_security, set_security};
pub(crate) use transfer::{Mark, Package};

use core::sync::atomic::AtomicUsize;
use std::sync::Arc;

use object_directory::ObjectDirectory;

use crate::NtStatus;
use crate::file::File;
use crate::process::{ForeignThread, Process};
use crate::residency::MemoryNotification;
use crate::section::Section;
use crate::thread::Thread;
use crate::token::Token;
use crate::wait::Dispatcher;

bitflags::bitflags! {
    /// What a handle may do: Windows' ACCESS_MASK, standard and generic rights here, the specific
    /// rights of each kind of object beside that kind.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[repr(transparent)]
    pub struct AccessMask: u32 {
        /// DELETE
        const DELETE = 0x0001_0000;
        /// READ_CONTROL
        const READ_CONTROL = 0x0002_0000;
        /// WRITE_DAC
        const WRITE_DAC = 0x0004_0000;
        /// WRITE_OWNER
        const WRITE_OWNER = 0x0008_0000;
        /// SYNCHRONIZE: the handle may be waited on.
        const SYNCHRONIZE = 0x0010_0000;
        /// STANDARD_RIGHTS_REQUIRED
        const STANDARD_RIGHTS_REQUIRED = 0x000F_0000;
        /// ACCESS_SYSTEM_SECURITY: reading and changing what is audited.
        const ACCESS_SYSTEM_SECURITY = 0x0100_0000;
        /// MAXIMUM_ALLOWED: whatever the object grants.
        const MAXIMUM_ALLOWED = 0x0200_0000;
        /// GENERIC_ALL
        const GENERIC_ALL = 0x1000_0000;
        /// GENERIC_EXECUTE
        const GENERIC_EXECUTE = 0x2000_0000;
        /// GENERIC_WRITE
        const GENERIC_WRITE = 0x4000_0000;
        /// GENERIC_READ
        const GENERIC_READ = 0x8000_0000;
        /// The specific rights of a kind of object are bits too.
        const _ = !0;
    }
}

/// What the generic rights mean for one kind of object: Windows' GENERIC_MAPPING.
#[derive(Clone, Copy, Debug)]
pub struct GenericMapping {
    /// What GENERIC_READ stands for.
    pub read: AccessMask,
    /// What GENERIC_WRITE stands for.
    pub write: AccessMask,
    /// What GENERIC_EXECUTE stands for.
    pub execute: AccessMask,
    /// What GENERIC_ALL and MAXIMUM_ALLOWED stand for.
    pub all: AccessMask,
}

impl GenericMapping {
    /// Replaces the generic rights in `desired` by the specific ones they stand for.
    pub fn apply(&self, desired: AccessMask) -> AccessMask {
        let generic = AccessMask::GENERIC_READ
            | AccessMask::GENERIC_WRITE
            | AccessMask::GENERIC_EXECUTE
            | AccessMask::GENERIC_ALL
            | AccessMask::MAXIMUM_ALLOWED;
        let mut mapped = desired.difference(generic);
        for (right, meaning) in [
            (AccessMask::GENERIC_READ, self.read),
            (AccessMask::GENERIC_WRITE, self.write),
            (AccessMask::GENERIC_EXECUTE, self.execute),
            (AccessMask::GENERIC_ALL, self.all),
            (AccessMask::MAXIMUM_ALLOWED, self.all),
        ] {
            if desired.contains(right) {
                mapped |= meaning;
            }
        }
        mapped
    }
}

/// What a handle leads to.
#[derive(Clone, Debug)]
pub enum Object {
    /// An open file.
    File(Arc<File>),
    /// A section.
    Section(Arc<Section>),
    /// A mutant, an event, a semaphore or a timer.
    Dispatcher(Arc<Dispatcher>),
    /// A directory of the object manager, or a link to one.
    Directory(Arc<ObjectDirectory>),
    /// A notification of how scarce memory is.
    MemoryNotification(Arc<MemoryNotification>),
    /// A thread.
    Thread(Arc<Thread>),
    /// A process.
    Process(Arc<Process>),
    /// A thread of another process.
    ForeignThread(Arc<ForeignThread>),
    /// An access token.
    Token(Arc<Token>),
}

impl Object {
    /// Called once, when the last handle of this process to the object is closed. Views and waits
    /// in progress may still use the object; its name must be given up now.
    fn last_handle_closed(&self) {
        match self {
            Self::File(file) => file.last_handle_closed(),
            Self::Section(section) => section.last_handle_closed(),
            Self::Dispatcher(object) => object.last_handle_closed(),
            Self::Directory(directory) => directory.last_handle_closed(),
            Self::Process(process) => process.last_handle_closed(),
            Self::MemoryNotification(_)
            | Self::Thread(_)
            | Self::ForeignThread(_)
            | Self::Token(_) => {}
        }
    }

    /// How many handles of this process lead to the object.
    fn handle_count(&self) -> &AtomicUsize {
        match self {
            Self::File(file) => file.handle_count(),
            Self::Section(section) => section.handle_count(),
            Self::Dispatcher(object) => object.handle_count(),
            Self::Directory(directory) => directory.handle_count(),
            Self::MemoryNotification(notification) => notification.handle_count(),
            Self::Thread(thread) => thread.handle_count(),
            Self::Process(process) => process.handle_count(),
            Self::ForeignThread(thread) => thread.handle_count(),
            Self::Token(token) => token.handle_count(),
        }
    }
}

/// What a handle leads to, and what it grants. The pseudo handles of the process, of the
/// calling thread and of the process's token lead there.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle.
pub fn reference(handle: handle_table::Handle) -> Result<handle_table::Entry, NtStatus> {
    const CURRENT_PROCESS_TOKEN: isize = -4;
    const CURRENT_THREAD_EFFECTIVE_TOKEN: isize = -6;
    match handle.value() as isize {
        CURRENT_PROCESS_TOKEN | CURRENT_THREAD_EFFECTIVE_TOKEN => Ok(handle_table::Entry {
            object: Object::Token(Arc::default()),
            access: AccessMask::TOKEN_QUERY | AccessMask::TOKEN_QUERY_SOURCE,
            attributes: handle_table::HandleAttributes::empty(),
        }),
        _ if handle == handle_table::Handle::CURRENT_PROCESS => {
            let process = Process::find(crate::sys::process::own_number())?;
            Ok(handle_table::Entry {
                object: Object::Process(Arc::new(process)),
                access: AccessMask::PROCESS_ALL_ACCESS,
                attributes: handle_table::HandleAttributes::empty(),
            })
        }
        _ if handle == handle_table::Handle::CURRENT_THREAD => {
            let object = Object::Thread(crate::thread::current());
            Ok(handle_table::Entry {
                access: object.object_type().generic_mapping.all,
                attributes: handle_table::HandleAttributes::empty(),
                object,
            })
        }
        _ => handle_table::lookup(handle),
    }
}

/// Gives up what must not outlive the process: the names of its objects, and files that are to go
/// with their last handle. For the end of the process; one that is killed leaves stale names, which
/// whoever comes next takes away.
pub fn run_down() {
    for object in handle_table::objects() {
        object.last_handle_closed();
    }
    crate::section::run_down();
}

/// Finds the section that a handle leads to, and what the handle grants.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it
/// is of another kind.
pub fn reference_section(
    handle: handle_table::Handle,
) -> Result<(Arc<Section>, AccessMask), NtStatus> {
    let entry = handle_table::lookup(handle)?;
    match entry.object {
        Object::Section(section) => Ok((section, entry.access)),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// Finds the file that a handle leads to, if the handle grants `desired`.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it
/// is of another kind, [`NtStatus::ACCESS_DENIED`] if it does not grant `desired`.
pub fn reference_file(
    handle: handle_table::Handle,
    desired: AccessMask,
) -> Result<(Arc<File>, AccessMask), NtStatus> {
    let entry = handle_table::lookup(handle)?;
    let Object::File(file) = entry.object else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    if !entry.access.contains(desired) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok((file, entry.access))
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    private_namespace::lock_for_fork();
    namespace_directory::lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe {
        namespace_directory::unlock_after_fork();
        private_namespace::unlock_after_fork();
    }
}
