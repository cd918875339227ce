//! What an object lets this process do: asked when a handle is to have more than another had.

use super::{AccessMask, Object};
use crate::NtStatus;

impl Object {
    /// The rights that `desired`, which may hold MAXIMUM_ALLOWED but no generic right, comes to.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the object does not grant them all.
    pub(super) fn grant(&self, desired: AccessMask) -> Result<AccessMask, NtStatus> {
        match self {
            // As on Windows: what a file may be used for was settled when it was opened.
            Self::File(_) => Err(NtStatus::ACCESS_DENIED),
            Self::Section(_)
            | Self::Dispatcher(_)
            | Self::MemoryNotification(_)
            | Self::Thread(_)
            | Self::Token(_) => Ok(self.object_type().generic_mapping.apply(desired)),
        }
    }
}
