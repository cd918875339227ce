//! What may be done with a thread, and finding the thread that a handle leads to.

use std::sync::Arc;

use super::object::Thread;
use crate::NtStatus;
use crate::object::handle_table::Handle;
use crate::object::{self, AccessMask, Object};

impl AccessMask {
    /// THREAD_TERMINATE
    pub const THREAD_TERMINATE: Self = Self::from_bits_retain(0x1);
    /// THREAD_SUSPEND_RESUME
    pub const THREAD_SUSPEND_RESUME: Self = Self::from_bits_retain(0x2);
    /// THREAD_GET_CONTEXT
    pub const THREAD_GET_CONTEXT: Self = Self::from_bits_retain(0x8);
    /// THREAD_SET_CONTEXT: also to queue calls to it.
    pub const THREAD_SET_CONTEXT: Self = Self::from_bits_retain(0x10);
    /// THREAD_SET_INFORMATION
    pub const THREAD_SET_INFORMATION: Self = Self::from_bits_retain(0x20);
    /// THREAD_QUERY_INFORMATION
    pub const THREAD_QUERY_INFORMATION: Self = Self::from_bits_retain(0x40);
    /// THREAD_SET_LIMITED_INFORMATION
    pub const THREAD_SET_LIMITED_INFORMATION: Self = Self::from_bits_retain(0x400);
    /// THREAD_QUERY_LIMITED_INFORMATION
    pub const THREAD_QUERY_LIMITED_INFORMATION: Self = Self::from_bits_retain(0x800);
}

/// Finds the thread that a handle leads to, if the handle grants one of `rights`: the wider right
/// includes the limited one.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it
/// is of another kind, [`NtStatus::ACCESS_DENIED`] if it grants none of them.
pub fn reference(handle: Handle, rights: AccessMask) -> Result<Arc<Thread>, NtStatus> {
    let entry = object::reference(handle)?;
    let Object::Thread(thread) = entry.object else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    if entry.access.intersects(rights) {
        Ok(thread)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}
