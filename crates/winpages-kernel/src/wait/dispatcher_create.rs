//! Creating dispatcher objects, and opening them by their names.

use std::sync::Arc;

use rustix::fd::BorrowedFd;

use super::dispatcher::Dispatcher;
use super::dispatcher_kind::DispatcherKind;
use super::mutant;
use super::record::RECORD_SIZE;
use super::record_memory::RecordMemory;
use super::this_thread::ThisThread;
use super::word::Word;
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::namespace::{self, Found};
use crate::object::{
    AccessMask, Descriptor, NamedFile, Object, ObjectKind, ObjectName, ObjectSecurity,
};
use crate::section::Disposition;
use crate::security::{Assigned, SecurityDescriptor};
use crate::sys::{fork, shared_file};

/// What is told to whatever creates a dispatcher object.
#[derive(Clone, Debug)]
pub struct CreateDispatcher {
    /// The name, for one that others are to find.
    pub name: Option<ObjectName>,
    /// The rights of the handle.
    pub access: AccessMask,
    /// What is remembered of the handle besides.
    pub attributes: HandleAttributes,
    /// Who may do what with the object, if it is new; without, it is the user's alone. Others find it
    /// only under a name in `Global\`.
    pub security: Option<SecurityDescriptor>,
}

impl Dispatcher {
    /// Creates an object, or opens the one that has the name already. `initial` is its state when it
    /// is new, if nobody owns it; a new mutant is owned by `first_owner` before anybody else can open it.
    pub(super) fn create(
        request: &CreateDispatcher,
        kind: DispatcherKind,
        initial: Word,
        first_owner: Option<&ThisThread>,
    ) -> Result<(Handle, Disposition), NtStatus> {
        let access = kind.granted(request.access)?;
        let security = request.security.as_ref();
        let security = security.map(|given| Assigned::to_new_object(given, kind.object_type()));
        let security = security.transpose()?.flatten();
        let (object, disposition, access) = match &request.name {
            None => {
                let memory = RecordMemory::unnamed()?;
                memory.record().initialise(initial);
                if let Some(owner) = first_owner {
                    mutant::take_new(owner, &memory)?;
                }
                let mut object = Self::unnamed(kind, memory);
                object.security = ObjectSecurity::new(security.as_ref());
                (object, Disposition::Created, access)
            }
            Some(name) => {
                let asked = (request.access, security.as_ref());
                let created = Self::create_named(name, kind, asked, initial, first_owner);
                let (object, existing) = created?;
                match existing {
                    Some(access) => (object, Disposition::Existing, access),
                    None => (object, Disposition::Created, access),
                }
            }
        };
        let handle = handle_table::insert(Entry {
            object: Object::Dispatcher(Arc::new(object)),
            access,
            attributes: request.attributes,
        })?;
        Ok((handle, disposition))
    }

    /// Answers the object and, if it was there, what of `desired` it grants.
    fn create_named(
        name: &ObjectName,
        kind: DispatcherKind,
        (desired, security): (AccessMask, Option<&Assigned>),
        initial: Word,
        first_owner: Option<&ThisThread>,
    ) -> Result<(Self, Option<AccessMask>), NtStatus> {
        let mut start = [0; RECORD_SIZE];
        start[..8].copy_from_slice(&initial.0.to_ne_bytes());
        let descriptor = descriptor(name, kind, security);
        let mut owned: Option<Arc<RecordMemory>> = None;
        let fill = |file: BorrowedFd<'_>| {
            let Some(owner) = first_owner else {
                // The page is set aside now: a full file system is an error here, not a SIGBUS.
                return descriptor.write_behind(file, &start);
            };
            if let Some(memory) = owned.take() {
                mutant::give_up_new(owner, &memory);
            }
            // Others can open it once its owner's death would be told to them.
            shared_file::write_all_at(file, &start, 0).map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
            let memory = RecordMemory::map(file, fork::generation())?;
            mutant::take_new(owner, &memory)?;
            owned = Some(memory);
            descriptor.write(file)
        };
        let enforced = security.map(|assigned| (assigned, kind.object_type()));
        let found = namespace::create_or_open(name, kind.object_kind(), None, enforced, fill);
        if !matches!(found, Ok(Found::Created(_)))
            && let Some((owner, memory)) = first_owner.zip(owned)
        {
            mutant::give_up_new(owner, &memory);
        }
        match found? {
            Found::Created(file) => Ok((Self::named(kind, name, file), None)),
            Found::Existing(file, found) => {
                let access = file.grant(&found.security, desired, kind.object_type())?;
                Ok((Self::existing(name, file, &found)?, Some(access)))
            }
        }
    }

    pub(super) fn existing(
        name: &ObjectName,
        file: NamedFile,
        descriptor: &Descriptor,
    ) -> Result<Self, NtStatus> {
        let kind = DispatcherKind::from_descriptor(descriptor)?;
        if descriptor.data_size < RECORD_SIZE as u64 {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        if !file.is_writable() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(Self::named(kind, name, file))
    }

    /// Opens an object by its name.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::OBJECT_NAME_NOT_FOUND`]: no object has the name.
    /// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: one of another kind has it.
    /// * [`NtStatus::ACCESS_DENIED`]: no right is asked for, or one that there is not.
    /// * what [`namespace::open`] answers.
    pub(super) fn open(
        name: &ObjectName,
        kind: ObjectKind,
        access: AccessMask,
        attributes: HandleAttributes,
    ) -> Result<Handle, NtStatus> {
        let (file, descriptor) = namespace::open(name, kind, true)?;
        let found = DispatcherKind::from_descriptor(&descriptor)?;
        let access = file.grant(&descriptor.security, access, found.object_type())?;
        let object = Self::existing(name, file, &descriptor)?;
        handle_table::insert(Entry {
            object: Object::Dispatcher(Arc::new(object)),
            access,
            attributes,
        })
    }
}

fn descriptor(name: &ObjectName, kind: DispatcherKind, security: Option<&Assigned>) -> Descriptor {
    Descriptor {
        kind: kind.object_kind(),
        plain: None,
        data_size: RECORD_SIZE as u64,
        name: name.leaf().to_vec(),
        payload: kind.to_payload(),
        extra: Vec::new(),
        security: security
            .map(|assigned| assigned.descriptor().to_self_relative())
            .unwrap_or_default(),
        creator: std::process::id(),
    }
}
