//! What kinds of dispatcher object there are.

use super::word::Discipline;
use crate::NtStatus;
use crate::object::{AccessMask, Descriptor, ObjectKind, ObjectType, PAYLOAD_SIZE, object_type};

/// What a dispatcher object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatcherKind {
    /// A mutant, which Win32 calls a mutex.
    Mutant,
    /// An event; a notification event stays signalled until it is reset.
    Event {
        /// Whether it is one.
        notification: bool,
    },
    /// A semaphore.
    Semaphore {
        /// The count that it cannot pass.
        maximum: u32,
    },
    /// A timer; a notification timer stays signalled until it is set again.
    Timer {
        /// Whether it is one.
        notification: bool,
    },
    /// A keyed event, which is not waited for as the others are.
    KeyedEvent,
}

impl DispatcherKind {
    /// What the namespace knows it as.
    pub(super) fn object_kind(self) -> ObjectKind {
        match self {
            Self::Mutant => ObjectKind::Mutant,
            Self::Event { .. } => ObjectKind::Event,
            Self::Semaphore { .. } => ObjectKind::Semaphore,
            Self::Timer { .. } => ObjectKind::Timer,
            Self::KeyedEvent => ObjectKind::KeyedEvent,
        }
    }

    /// Its type.
    pub(crate) fn object_type(self) -> &'static ObjectType {
        match self {
            Self::Mutant => &object_type::MUTANT,
            Self::Event { .. } => &object_type::EVENT,
            Self::Semaphore { .. } => &object_type::SEMAPHORE,
            Self::Timer { .. } => &object_type::TIMER,
            Self::KeyedEvent => &object_type::KEYED_EVENT,
        }
    }

    /// The rights of a handle for which `desired` is asked.
    pub(super) fn granted(self, desired: AccessMask) -> Result<AccessMask, NtStatus> {
        let object_type = self.object_type();
        let mapped = object_type.map(desired)?;
        Ok(object_type.generic_mapping.apply(mapped))
    }

    pub(super) fn discipline(self) -> Discipline {
        match self {
            Self::Mutant => Discipline::Owned,
            Self::Event { notification: true } | Self::Timer { notification: true } => {
                Discipline::Notification
            }
            Self::Event { .. } | Self::Timer { .. } | Self::Semaphore { .. } | Self::KeyedEvent => {
                Discipline::Counted
            }
        }
    }

    /// What is to be remembered of it besides its state, by a file or by another process.
    pub(super) fn parameter(self) -> u32 {
        match self {
            Self::Mutant | Self::KeyedEvent => 0,
            Self::Event { notification } | Self::Timer { notification } => notification.into(),
            Self::Semaphore { maximum } => maximum,
        }
    }

    /// What the namespace knows as `kind`, with that parameter.
    ///
    /// # Errors
    ///
    /// [`NtStatus::OBJECT_TYPE_MISMATCH`] if it is no dispatcher object.
    pub(super) fn from_parts(kind: ObjectKind, parameter: u32) -> Result<Self, NtStatus> {
        let notification = parameter != 0;
        match kind {
            ObjectKind::Mutant => Ok(Self::Mutant),
            ObjectKind::Event => Ok(Self::Event { notification }),
            ObjectKind::Semaphore => Ok(Self::Semaphore { maximum: parameter }),
            ObjectKind::Timer => Ok(Self::Timer { notification }),
            ObjectKind::KeyedEvent => Ok(Self::KeyedEvent),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    pub(super) fn to_payload(self) -> [u8; PAYLOAD_SIZE] {
        let mut payload = [0; PAYLOAD_SIZE];
        payload[..4].copy_from_slice(&self.parameter().to_ne_bytes());
        payload
    }

    pub(super) fn from_descriptor(descriptor: &Descriptor) -> Result<Self, NtStatus> {
        let [first, second, third, fourth, ..] = descriptor.payload;
        let parameter = u32::from_ne_bytes([first, second, third, fourth]);
        Self::from_parts(descriptor.kind, parameter)
    }
}
