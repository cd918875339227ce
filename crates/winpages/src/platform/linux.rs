//! Linux: over the engine.

use std::fs::File;
use std::ops::RangeInclusive;
use std::os::fd::AsFd;
use std::sync::Arc;

use winpages_error::error_code::ERROR_NOACCESS;
use winpages_error::status;
use winpages_kernel::address_space::layout::{
    ALLOCATION_GRANULARITY, MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, maximum_application_address,
};
use winpages_kernel::address_space::{
    self, AddressRequirements, AllocationType, FreeType, Protection,
};
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, Object, ObjectName};
use winpages_kernel::section::{self, CreateSection, Disposition, MapView, ViewType};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use super::{Allocation, BasicInformation, Code, Mapping, SectionRequest};

fn code(status: NtStatus) -> Code {
    status::to_win32(status.code())
}

pub(crate) fn page_size() -> usize {
    PAGE_SIZE
}

pub(crate) fn allocation_granularity() -> usize {
    ALLOCATION_GRANULARITY
}

pub(crate) fn application_addresses() -> RangeInclusive<usize> {
    MINIMUM_APPLICATION_ADDRESS..=maximum_application_address()
}

pub(crate) fn allocate(request: &Allocation) -> Result<usize, Code> {
    let mut kind = AllocationType::RESERVE;
    kind.set(AllocationType::COMMIT, request.commit);
    kind.set(AllocationType::TOP_DOWN, request.top_down);
    let (base, size) = (request.base, request.size);
    address_space::allocate_virtual_memory(base, size, kind.bits(), request.protection)
        .map(|range| range.base)
        .map_err(code)
}

pub(crate) fn commit(base: usize, size: usize, protection: u32) -> Result<(), Code> {
    let kind = AllocationType::COMMIT.bits();
    address_space::allocate_virtual_memory(base, size, kind, protection)
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// The pages must be given up by whoever uses them.
pub(crate) unsafe fn decommit(base: usize, size: usize) -> Result<(), Code> {
    address_space::free_virtual_memory(base, size, FreeType::DECOMMIT.bits())
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// As [`decommit`], of the whole allocation.
pub(crate) unsafe fn release(base: usize) -> Result<(), Code> {
    address_space::free_virtual_memory(base, 0, FreeType::RELEASE.bits())
        .map(drop)
        .map_err(code)
}

/// # Safety
///
/// Nobody may rely on the old protection.
pub(crate) unsafe fn protect(base: usize, size: usize, protection: u32) -> Result<u32, Code> {
    address_space::protect_virtual_memory(base, size, protection)
        .map(|(_, old)| old.bits())
        .map_err(code)
}

pub(crate) fn query(address: usize) -> Result<BasicInformation, Code> {
    let bits = |protection: Option<Protection>| protection.map_or(0, |given| given.bits());
    address_space::query_virtual_memory(address)
        .map(|region| BasicInformation {
            base: region.base_address,
            size: region.region_size,
            allocation_base: region.allocation_base,
            allocation_protection: bits(region.allocation_protection),
            state: region.state as u32,
            protection: bits(region.protection),
            kind: region.kind as u32,
        })
        .map_err(code)
}

/// # Safety
///
/// What is written from `to` on must be the caller's to write.
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, size: usize) -> Result<(), Code> {
    // SAFETY: the caller's.
    unsafe { fault::copy(to, from, size) }.map_err(|_| ERROR_NOACCESS)
}

/// A handle to a section.
#[derive(Debug)]
pub(crate) struct SectionHandle(Handle);

impl SectionHandle {
    /// Answers the handle, and whether the section is new.
    pub(crate) fn create(request: &SectionRequest<'_>) -> Result<(Self, bool), Code> {
        let name = request
            .name
            // Like NULL, an empty name leaves a new section without.
            .filter(|units| !units.is_empty())
            .map(ObjectName::parse)
            .transpose()
            .map_err(code)?;
        let file = request.file.map(FileHandle::to).transpose().map_err(code)?;
        section::create_section(&CreateSection {
            name,
            access: rights_for(request.protection) | AccessMask::STANDARD_RIGHTS_REQUIRED,
            attributes: HandleAttributes::empty(),
            size: request.size,
            protection: request.protection,
            flags: request.flags,
            file: file.as_ref().map(|file| file.0),
        })
        .map(|(handle, disposition)| (Self(handle), disposition == Disposition::Created))
        .map_err(code)
    }

    /// Opens a section with the rights that a protection takes.
    pub(crate) fn open(name: &[u16], protection: u32) -> Result<Self, Code> {
        let rights = rights_for(protection);
        ObjectName::parse(name)
            .and_then(|name| section::open_section(&name, rights, HandleAttributes::empty()))
            .map(Self)
            .map_err(code)
    }

    pub(crate) fn size(&self) -> Result<u64, Code> {
        object::reference_section(self.0)
            .map(|(section, _)| section.size())
            .map_err(code)
    }
}

impl Drop for SectionHandle {
    fn drop(&mut self) {
        // Nobody else knows the handle: it is there and can be closed.
        let _ = handle_table::close(self.0);
    }
}

/// A handle to an open file, for the time of a call.
struct FileHandle(Handle);

impl FileHandle {
    fn to(file: &File) -> Result<Self, NtStatus> {
        let (file, access) = winpages_kernel::file::File::beside(file.as_fd())?;
        handle_table::insert(Entry {
            object: Object::File(Arc::new(file)),
            access,
            attributes: HandleAttributes::empty(),
        })
        .map(Self)
    }
}

impl Drop for FileHandle {
    fn drop(&mut self) {
        // As above.
        let _ = handle_table::close(self.0);
    }
}

/// The rights to a section that views of a protection take.
fn rights_for(protection: u32) -> AccessMask {
    let protection = Protection::from_bits_retain(protection);
    let writes = protection.intersects(Protection::READWRITE | Protection::EXECUTE_READWRITE);
    let mut access = AccessMask::SECTION_QUERY | AccessMask::SECTION_MAP_READ;
    access.set(AccessMask::SECTION_MAP_WRITE, writes);
    access.set(AccessMask::SECTION_MAP_EXECUTE, protection.is_executable());
    access
}

pub(crate) fn map(section: &SectionHandle, request: &Mapping) -> Result<usize, Code> {
    section::map_view_of_section(&MapView {
        section: section.0,
        base: request.base,
        offset: request.offset,
        size: request.size,
        protection: Protection::from_bits_retain(request.protection),
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    })
    .map(|range| range.base)
    .map_err(code)
}

/// # Safety
///
/// Nobody may use the view any more.
pub(crate) unsafe fn unmap(base: usize) -> Result<(), Code> {
    section::unmap_view_of_section(base).map_err(code)
}

pub(crate) fn flush(base: usize, size: usize) -> Result<(), Code> {
    section::flush_view(base, size).map_err(code)
}
