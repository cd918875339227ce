//! Sections and their views.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::Protection;
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, Object, ObjectName};
use winpages_kernel::section::{self, CreateSection, Disposition, MapView, UnmapType, ViewType};

use super::super::{Code, Mapping, Requirements, SectionRequest};
use super::handle::ObjectHandle;
use super::security::security_descriptor;
use super::{code, requirements};

/// A handle to a section.
#[derive(Debug)]
pub(crate) struct SectionHandle(ObjectHandle);

/// The name of a new object. Like NULL, an empty one leaves it without.
pub(super) fn parse_name(name: Option<&[u16]>) -> Result<Option<ObjectName>, Code> {
    name.filter(|units| !units.is_empty())
        .map(ObjectName::parse)
        .transpose()
        .map_err(code)
}

impl SectionHandle {
    pub(crate) fn of(handle: ObjectHandle) -> Self {
        Self(handle)
    }

    pub(crate) fn object(&self) -> &ObjectHandle {
        &self.0
    }

    /// Answers the handle, and whether the section is new.
    pub(crate) fn create(request: &SectionRequest<'_>) -> Result<(Self, bool), Code> {
        let name = parse_name(request.name)?;
        let file = request.file.map(FileHandle::to).transpose().map_err(code)?;
        section::create_section(&CreateSection {
            name,
            access: rights_for(request.protection) | AccessMask::STANDARD_RIGHTS_REQUIRED,
            attributes: HandleAttributes::empty(),
            security: security_descriptor(request.security)?,
            size: request.size,
            protection: request.protection,
            flags: request.flags,
            file: file.as_ref().map(|file| file.0.get()),
        })
        .map(|(handle, disposition)| {
            let is_new = disposition == Disposition::Created;
            (Self(ObjectHandle::new(handle)), is_new)
        })
        .map_err(code)
    }

    /// Opens a section with the rights that a protection takes.
    pub(crate) fn open(name: &[u16], protection: u32) -> Result<Self, Code> {
        let rights = rights_for(protection);
        ObjectName::parse(name)
            .and_then(|name| section::open_section(&name, rights, HandleAttributes::empty()))
            .map(|handle| Self(ObjectHandle::new(handle)))
            .map_err(code)
    }

    pub(crate) fn size(&self) -> Result<u64, Code> {
        object::reference_section(self.0.get())
            .map(|(section, _)| section.size())
            .map_err(code)
    }
}

/// A handle to an open file, for the time of a call.
struct FileHandle(ObjectHandle);

impl FileHandle {
    fn to(file: &File) -> Result<Self, NtStatus> {
        let (file, access) = winpages_kernel::file::File::beside(file.as_fd())?;
        handle_table::insert(Entry {
            object: Object::File(Arc::new(file)),
            access,
            attributes: HandleAttributes::empty(),
        })
        .map(|handle| Self(ObjectHandle::new(handle)))
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
    section::map_view_of_section(&view_to_map(section, request)?)
        .map(|range| range.base)
        .map_err(code)
}

pub(super) fn view_to_map(section: &SectionHandle, request: &Mapping) -> Result<MapView, Code> {
    let kind = ViewType::from_bits(request.kind).ok_or(ERROR_INVALID_PARAMETER)?;
    if request.base != 0 && request.requirements != Requirements::default() {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let requirements = requirements(request.requirements);
    requirements.check().map_err(code)?;
    Ok(MapView {
        section: section.0.get(),
        base: request.base,
        offset: request.offset,
        size: request.size,
        protection: Protection::parse(request.protection).map_err(code)?,
        requirements,
        kind,
    })
}

/// # Safety
///
/// Nobody may use the view any more.
pub(crate) unsafe fn unmap(base: usize) -> Result<(), Code> {
    section::unmap_view_of_section(base).map_err(code)
}

/// # Safety
///
/// Nobody may use the view any more.
pub(crate) unsafe fn unmap_to_placeholder(base: usize) -> Result<(), Code> {
    let flags = UnmapType::PRESERVE_PLACEHOLDER.bits();
    section::unmap_view_of_section_ex(base, flags).map_err(code)
}

pub(crate) fn flush(base: usize, size: usize) -> Result<(), Code> {
    section::flush_view(base, size).map_err(code)
}
