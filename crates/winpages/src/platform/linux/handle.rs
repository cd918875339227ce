//! Handles that are closed when dropped.

use winpages_kernel::Handle;
use winpages_kernel::object::handle_table;

/// A handle that nobody else knows.
#[derive(Debug)]
pub(crate) struct ObjectHandle(Handle);

impl ObjectHandle {
    pub(super) fn new(handle: Handle) -> Self {
        Self(handle)
    }

    #[inline]
    pub(super) fn get(&self) -> Handle {
        self.0
    }
}

impl Drop for ObjectHandle {
    fn drop(&mut self) {
        // Nobody else knows the handle: it is there and can be closed.
        let _ = handle_table::close(self.0);
    }
}
