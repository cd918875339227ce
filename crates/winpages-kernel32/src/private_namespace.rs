//! Private namespaces: CreatePrivateNamespace and its family.

use core::ffi::{c_char, c_void};

use winpages_kernel::object::private_namespace::{self, Boundary, boundaries};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::object_name::{self, GivenName, handle_value};
use crate::security::structures::read_sid;
use crate::security_attributes::{SECURITY_ATTRIBUTES, given};
use crate::text;

/// Boundary descriptors are told from handles, which are multiples of four.
const FIRST: usize = 0x4000_0001;

fn slot(descriptor: usize) -> Option<usize> {
    let distance = descriptor.checked_sub(FIRST)?;
    (distance.is_multiple_of(4)).then_some(distance / 4)
}

fn find(descriptor: usize) -> Result<Boundary, NtStatus> {
    let boundaries = boundaries().lock();
    let found = slot(descriptor).and_then(|slot| boundaries.get(slot)?.clone());
    found.ok_or(NtStatus::INVALID_PARAMETER)
}

fn create_boundary(name: GivenName, flags: u32) -> usize {
    /// CREATE_BOUNDARY_DESCRIPTOR_ADD_APPCONTAINER_SID: there are no such containers here.
    const ADD_APPCONTAINER_SID: u32 = 1;
    let create = || {
        let name = name?.ok_or(NtStatus::INVALID_PARAMETER)?;
        if flags & !ADD_APPCONTAINER_SID != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let boundary = Boundary::new(&name)?;
        let mut boundaries = boundaries().lock();
        let slot = match boundaries.iter().position(Option::is_none) {
            Some(slot) => slot,
            None => {
                boundaries.push(None);
                boundaries.len() - 1
            }
        };
        boundaries[slot] = Some(boundary);
        Ok(Handle::from_value(FIRST + slot * 4))
    };
    handle_value(create())
}

/// CreateBoundaryDescriptorW: what a private namespace is found by.
///
/// # Safety
///
/// `Name` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateBoundaryDescriptorW(Name: *const u16, Flags: u32) -> usize {
    // SAFETY: the caller's pointer.
    create_boundary(unsafe { text::wide(Name) }, Flags)
}

/// CreateBoundaryDescriptorA: the same with a name in the ANSI code page.
///
/// # Safety
///
/// As [`CreateBoundaryDescriptorW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateBoundaryDescriptorA(Name: *const c_char, Flags: u32) -> usize {
    // SAFETY: the caller's pointer.
    create_boundary(unsafe { object_name::ansi(Name) }, Flags)
}

/// # Safety
///
/// The pointers must be what a C program passes.
unsafe fn add(descriptor: *const usize, sid: *const c_void) -> i32 {
    let add = || {
        // SAFETY: the caller's pointers.
        let (number, sid) = unsafe {
            let number = winpages_kernel::sys::fault::read(descriptor)
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
            (number, read_sid(sid)?)
        };
        let mut boundaries = boundaries().lock();
        let found = slot(number).and_then(|slot| boundaries.get_mut(slot)?.as_mut());
        found.ok_or(NtStatus::INVALID_PARAMETER)?.add(&sid);
        Ok(())
    };
    last_error::boolean(add())
}

/// AddSIDToBoundaryDescriptor: whoever uses the namespace must belong to this group, too.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddSIDToBoundaryDescriptor(
    BoundaryDescriptor: *mut usize,
    RequiredSid: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { add(BoundaryDescriptor, RequiredSid) }
}

/// AddIntegrityLabelToBoundaryDescriptor: the same of a level of integrity, which is one and the same for
/// every process here.
///
/// # Safety
///
/// As [`AddSIDToBoundaryDescriptor`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddIntegrityLabelToBoundaryDescriptor(
    BoundaryDescriptor: *mut usize,
    IntegrityLabel: *const c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe { add(BoundaryDescriptor, IntegrityLabel) }
}

/// DeleteBoundaryDescriptor.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteBoundaryDescriptor(BoundaryDescriptor: usize) {
    let mut boundaries = boundaries().lock();
    if let Some(boundary) = slot(BoundaryDescriptor).and_then(|slot| boundaries.get_mut(slot)) {
        *boundary = None;
    }
}

/// # Safety
///
/// `attributes` must be NULL or what a C program passes.
unsafe fn create(
    attributes: *const SECURITY_ATTRIBUTES,
    boundary: usize,
    prefix: GivenName,
) -> usize {
    let create = || {
        // SAFETY: the caller's pointer.
        let given = unsafe { given(attributes)? };
        let prefix = prefix?.ok_or(NtStatus::INVALID_PARAMETER)?;
        private_namespace::create_private_namespace(&find(boundary)?, &prefix, given.attributes)
    };
    handle_value(create())
}

/// CreatePrivateNamespaceW: makes a private namespace; this process calls what lies in it by the prefix and
/// a backslash.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreatePrivateNamespaceW(
    lpPrivateNamespaceAttributes: *const SECURITY_ATTRIBUTES,
    lpBoundaryDescriptor: usize,
    lpAliasPrefix: *const u16,
) -> usize {
    // SAFETY: the caller's pointers.
    unsafe {
        let prefix = text::wide(lpAliasPrefix);
        create(lpPrivateNamespaceAttributes, lpBoundaryDescriptor, prefix)
    }
}

/// CreatePrivateNamespaceA: the same with a prefix in the ANSI code page.
///
/// # Safety
///
/// As [`CreatePrivateNamespaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreatePrivateNamespaceA(
    lpPrivateNamespaceAttributes: *const SECURITY_ATTRIBUTES,
    lpBoundaryDescriptor: usize,
    lpAliasPrefix: *const c_char,
) -> usize {
    // SAFETY: the caller's pointers.
    unsafe {
        let prefix = object_name::ansi(lpAliasPrefix);
        create(lpPrivateNamespaceAttributes, lpBoundaryDescriptor, prefix)
    }
}

fn open(boundary: usize, prefix: GivenName) -> usize {
    let open = || {
        let prefix = prefix?.ok_or(NtStatus::INVALID_PARAMETER)?;
        private_namespace::open_private_namespace(&find(boundary)?, &prefix)
    };
    handle_value(open())
}

/// OpenPrivateNamespaceW: opens a private namespace that is there.
///
/// # Safety
///
/// As [`CreatePrivateNamespaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenPrivateNamespaceW(
    lpBoundaryDescriptor: usize,
    lpAliasPrefix: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    open(lpBoundaryDescriptor, unsafe { text::wide(lpAliasPrefix) })
}

/// OpenPrivateNamespaceA: the same with a prefix in the ANSI code page.
///
/// # Safety
///
/// As [`CreatePrivateNamespaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenPrivateNamespaceA(
    lpBoundaryDescriptor: usize,
    lpAliasPrefix: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    open(lpBoundaryDescriptor, unsafe {
        object_name::ansi(lpAliasPrefix)
    })
}

/// ClosePrivateNamespace: closes a private namespace; with PRIVATE_NAMESPACE_FLAG_DESTROY its boundary leads
/// to a new one from now on.
#[unsafe(no_mangle)]
pub extern "C" fn ClosePrivateNamespace(Handle: usize, Flags: u32) -> u8 {
    const PRIVATE_NAMESPACE_FLAG_DESTROY: u32 = 1;
    let closed = if Flags & !PRIVATE_NAMESPACE_FLAG_DESTROY == 0 {
        let handle = self::Handle::from_value(Handle);
        private_namespace::close_private_namespace(handle, Flags != 0)
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    };
    last_error::boolean(closed) as u8
}
