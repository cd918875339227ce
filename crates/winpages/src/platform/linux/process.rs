//! Processes, and their memory.

use winpages_kernel::address_space::FreeType;
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::process::{self, STILL_ACTIVE, Target};

use super::super::{Allocation, BasicInformation, Code, Mapping};
use super::code;
use super::handle::ObjectHandle;
use super::memory::{asked, basic_information};
use super::section::{SectionHandle, view_to_map};

pub(crate) fn open_process(id: u32, rights: u32) -> Result<ObjectHandle, Code> {
    let rights = AccessMask::from_bits_retain(rights);
    process::open_process(id, rights, HandleAttributes::empty())
        .map(ObjectHandle::new)
        .map_err(code)
}

pub(super) fn target(process: &ObjectHandle, right: AccessMask) -> Result<Target, Code> {
    process::reference_process(process.get(), right).map_err(code)
}

pub(crate) fn read_process(
    process: &ObjectHandle,
    from: usize,
    buffer: &mut [u8],
) -> Result<(), Code> {
    let target = target(process, AccessMask::PROCESS_VM_READ)?;
    // SAFETY: the buffer is the caller's to write.
    unsafe { process::read_virtual_memory(&target, from, buffer.as_mut_ptr(), buffer.len()) }
        .result
        .map_err(code)
}

/// # Safety
///
/// Nobody there may rely on what is overwritten.
pub(crate) unsafe fn write_process(
    process: &ObjectHandle,
    to: usize,
    bytes: &[u8],
) -> Result<(), Code> {
    let rights = AccessMask::PROCESS_VM_WRITE | AccessMask::PROCESS_VM_OPERATION;
    let target = target(process, rights)?;
    // SAFETY: the caller's.
    unsafe { process::write_virtual_memory(&target, to, bytes.as_ptr(), bytes.len()) }
        .result
        .map_err(code)
}

pub(crate) fn query_process(
    process: &ObjectHandle,
    address: usize,
) -> Result<BasicInformation, Code> {
    let target = target(process, AccessMask::PROCESS_QUERY_INFORMATION)?;
    process::query_virtual_memory(&target, address)
        .map(basic_information)
        .map_err(code)
}

pub(crate) fn allocate_in_process(
    process: &ObjectHandle,
    request: &Allocation,
) -> Result<usize, Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::allocate_virtual_memory(&target, &asked(request))
        .map(|range| range.base)
        .map_err(code)
}

/// # Safety
///
/// Nobody there may use the pages any more.
pub(crate) unsafe fn decommit_in_process(
    process: &ObjectHandle,
    base: usize,
    size: usize,
) -> Result<(), Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::free_virtual_memory(&target, base, size, FreeType::DECOMMIT.bits())
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// Nobody there may use the allocation any more.
pub(crate) unsafe fn release_in_process(process: &ObjectHandle, base: usize) -> Result<(), Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::free_virtual_memory(&target, base, 0, FreeType::RELEASE.bits())
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// Nobody there may rely on the old protection.
pub(crate) unsafe fn protect_in_process(
    process: &ObjectHandle,
    base: usize,
    size: usize,
    protection: u32,
) -> Result<u32, Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::protect_virtual_memory(&target, base, size, protection)
        .map(|(_, old)| old.bits())
        .map_err(code)
}

pub(crate) fn map_in_process(
    process: &ObjectHandle,
    section: &SectionHandle,
    request: &Mapping,
) -> Result<usize, Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::map_view(&target, &view_to_map(section, request)?)
        .map(|(range, _)| range.base)
        .map_err(code)
}

/// # Safety
///
/// Nobody there may use the view any more.
pub(crate) unsafe fn unmap_in_process(process: &ObjectHandle, base: usize) -> Result<(), Code> {
    let target = target(process, AccessMask::PROCESS_VM_OPERATION)?;
    process::unmap_view(&target, base, 0).map_err(code)
}

/// `None` while it runs.
pub(crate) fn exit_code(process: &ObjectHandle) -> Result<Option<u32>, Code> {
    let right = AccessMask::PROCESS_QUERY_LIMITED_INFORMATION;
    Ok(match target(process, right)? {
        Target::Own => None,
        Target::Other(other) if !other.has_ended() => None,
        Target::Other(other) => Some(other.exit_code()).filter(|code| *code != STILL_ACTIVE),
    })
}

pub(crate) fn terminate(process: &ObjectHandle, exit_code: u32) -> Result<(), Code> {
    match target(process, AccessMask::PROCESS_TERMINATE)? {
        Target::Own => process::terminate_own(exit_code),
        Target::Other(other) => other.terminate(exit_code).map_err(code),
    }
}

pub(crate) fn serve_requests(serve: bool) {
    process::refuse_requests(!serve);
    if serve {
        process::serve_requests();
    }
}
