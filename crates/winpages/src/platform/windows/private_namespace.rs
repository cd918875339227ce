//! Private namespaces.

use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ptr;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Threading::{
    AddSIDToBoundaryDescriptor, ClosePrivateNamespace, CreateBoundaryDescriptorW,
    CreatePrivateNamespaceW, DeleteBoundaryDescriptor, OpenPrivateNamespaceW,
};

use super::super::{BoundaryRequest, Code};
use super::section::terminated;
use super::{last_error, succeeded};

/// A namespace that is open; closed when dropped.
#[derive(Debug)]
pub(crate) struct NamespaceHandle(HANDLE);

// SAFETY: a handle is a number that belongs to the process; every call on it is safe on any thread.
unsafe impl Send for NamespaceHandle {}
// SAFETY: as above.
unsafe impl Sync for NamespaceHandle {}

/// A boundary descriptor; deleted when dropped.
struct Boundary(HANDLE);

impl Boundary {
    fn new(request: &BoundaryRequest) -> Result<Self, Code> {
        let name = terminated(&request.name);
        // SAFETY: the name is terminated and outlives the call.
        let descriptor = unsafe { CreateBoundaryDescriptorW(name.as_ptr(), 0) };
        if descriptor.is_null() {
            return Err(last_error());
        }
        let mut boundary = Self(descriptor);
        for sid in &request.sids {
            let sid = sid.as_ptr().cast_mut().cast::<c_void>();
            // SAFETY: a whole SID, which is only read; the descriptor, which may move, is this value's own.
            succeeded(unsafe { AddSIDToBoundaryDescriptor(&raw mut boundary.0, sid) })?;
        }
        Ok(boundary)
    }
}

impl Drop for Boundary {
    fn drop(&mut self) {
        // SAFETY: the descriptor is this value's own.
        unsafe { DeleteBoundaryDescriptor(self.0) };
    }
}

impl NamespaceHandle {
    fn of(handle: HANDLE) -> Result<Self, Code> {
        if handle.is_null() {
            Err(last_error())
        } else {
            Ok(Self(handle))
        }
    }

    pub(crate) fn create(prefix: &[u16], request: &BoundaryRequest) -> Result<Self, Code> {
        let boundary = Boundary::new(request)?;
        let prefix = terminated(prefix);
        // SAFETY: the prefix is terminated, and it and the boundary outlive the call.
        Self::of(unsafe { CreatePrivateNamespaceW(ptr::null(), boundary.0, prefix.as_ptr()) })
    }

    pub(crate) fn open(prefix: &[u16], request: &BoundaryRequest) -> Result<Self, Code> {
        let boundary = Boundary::new(request)?;
        let prefix = terminated(prefix);
        // SAFETY: as above.
        Self::of(unsafe { OpenPrivateNamespaceW(boundary.0, prefix.as_ptr()) })
    }

    pub(crate) fn destroy(self) -> Result<(), Code> {
        const PRIVATE_NAMESPACE_FLAG_DESTROY: u32 = 1;
        let this = ManuallyDrop::new(self);
        // SAFETY: the handle is this value's own.
        let closed = unsafe { ClosePrivateNamespace(this.0, PRIVATE_NAMESPACE_FLAG_DESTROY) };
        succeeded(closed.into())
    }
}

impl Drop for NamespaceHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own.
        unsafe { ClosePrivateNamespace(self.0, 0) };
    }
}
