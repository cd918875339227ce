//! Handles that are closed when dropped.

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};

/// A handle of this value's own.
#[derive(Debug)]
pub(crate) struct ObjectHandle(HANDLE);

// SAFETY: a handle is a number that belongs to the process; every call on it is safe on any thread.
unsafe impl Send for ObjectHandle {}
// SAFETY: as above.
unsafe impl Sync for ObjectHandle {}

impl ObjectHandle {
    pub(super) fn new(handle: HANDLE) -> Self {
        Self(handle)
    }

    #[inline]
    pub(super) fn get(&self) -> HANDLE {
        self.0
    }
}

impl Drop for ObjectHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own.
        unsafe { CloseHandle(self.0) };
    }
}
