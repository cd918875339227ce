//! Private namespaces.

use core::mem::ManuallyDrop;

use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::private_namespace::{self, Boundary};
use winpages_kernel::security::Sid;
use winpages_kernel::{Handle, NtStatus};

use super::super::{BoundaryRequest, Code};
use super::code;

/// A namespace that is open; closed when dropped.
#[derive(Debug)]
pub(crate) struct NamespaceHandle(Handle);

fn boundary(request: &BoundaryRequest) -> Result<Boundary, NtStatus> {
    let mut boundary = Boundary::new(&request.name)?;
    for sid in &request.sids {
        boundary.add(&Sid::from_bytes(bytemuck::cast_slice(sid))?);
    }
    Ok(boundary)
}

impl NamespaceHandle {
    pub(crate) fn create(prefix: &[u16], request: &BoundaryRequest) -> Result<Self, Code> {
        let attributes = HandleAttributes::empty();
        boundary(request)
            .and_then(|boundary| {
                private_namespace::create_private_namespace(&boundary, prefix, attributes)
            })
            .map(Self)
            .map_err(code)
    }

    pub(crate) fn open(prefix: &[u16], request: &BoundaryRequest) -> Result<Self, Code> {
        boundary(request)
            .and_then(|boundary| private_namespace::open_private_namespace(&boundary, prefix))
            .map(Self)
            .map_err(code)
    }

    pub(crate) fn destroy(self) -> Result<(), Code> {
        let this = ManuallyDrop::new(self);
        private_namespace::close_private_namespace(this.0, true).map_err(code)
    }
}

impl Drop for NamespaceHandle {
    fn drop(&mut self) {
        // Nobody else knows the handle: it is there and can be closed.
        let _ = private_namespace::close_private_namespace(self.0, false);
    }
}
