//! Mapping sections: NtMapViewOfSection, NtUnmapViewOfSection, NtFlushVirtualMemory.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd};

use super::create::writes;
use super::image_view::Mapping;
use super::{Section, SectionFlags, Storage};
use crate::NtStatus;
use crate::address_space::layout::{
    ALLOCATION_GRANULARITY, MINIMUM_APPLICATION_ADDRESS, PAGE_SIZE, application_end, page_up,
};
use crate::address_space::{
    self, AddressRequirements, Backing, ImagePart, LARGE_PAGE_SIZE, PageRange, Pages, Protection,
    View, ViewPlace,
};
use crate::object::handle_table::Handle;
use crate::object::{self, AccessMask};
use crate::sys::shared_file;

/// What NtMapViewOfSection is told.
#[derive(Clone, Copy, Debug)]
pub struct MapView {
    /// The section.
    pub section: Handle,
    /// The address, a multiple of 64 KiB, or of the page size where a placeholder is replaced; 0 for
    /// wherever there is room.
    pub base: usize,
    /// Where in the section the view starts, in bytes, a multiple of what `base` is one of.
    pub offset: u64,
    /// How many bytes; 0 for all from the offset on.
    pub size: usize,
    /// The protection of its pages.
    pub protection: Protection,
    /// Where the engine may put it, if `base` is 0.
    pub requirements: AddressRequirements,
    /// Windows' MEM_ constants that say how to map.
    pub kind: ViewType,
}

bitflags::bitflags! {
    /// How a view is mapped: Windows' MEM_ constants.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ViewType: u32 {
        /// MEM_RESERVE: the view of a file may be longer than the file; committing its pages makes
        /// the file grow.
        const RESERVE = 0x2000;
        /// MEM_REPLACE_PLACEHOLDER: in the place of exactly one placeholder, which need not lie at a
        /// multiple of 64 KiB.
        const REPLACE_PLACEHOLDER = 0x4000;
        /// MEM_TOP_DOWN: at the highest address possible.
        const TOP_DOWN = 0x10_0000;
        /// MEM_LARGE_PAGES: of a section of large pages, whose views have them anyway; then sizes are
        /// multiples of theirs.
        const LARGE_PAGES = 0x2000_0000;
    }
}

impl ViewType {
    /// MEM_DIFFERENT_IMAGE_BASE_OK: of images alone, which may lie elsewhere anyway.
    const DIFFERENT_IMAGE_BASE_OK: u32 = 0x0080_0000;

    /// Reads what NtMapViewOfSectionEx takes.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] for an unknown bit.
    pub fn parse_ex(bits: u32) -> Result<Self, NtStatus> {
        Self::from_bits(bits & !Self::DIFFERENT_IMAGE_BASE_OK).ok_or(NtStatus::INVALID_PARAMETER)
    }

    /// Reads what NtMapViewOfSection takes, which is older than placeholders.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] for an unknown bit.
    pub fn parse(bits: u32) -> Result<Self, NtStatus> {
        Self::parse_ex(bits).and_then(|kind| {
            if kind.contains(Self::REPLACE_PLACEHOLDER) {
                Err(NtStatus::INVALID_PARAMETER)
            } else {
                Ok(kind)
            }
        })
    }
}

/// Maps a view of a section; mirrors NtMapViewOfSection for the calling process.
///
/// # Errors
///
/// * [`NtStatus::MAPPED_ALIGNMENT`]: `offset` or `base` is not a multiple of 64 KiB, of the page size
///   where a placeholder is replaced, or of a large page's of a section that has them.
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`]: the handle is none of a section.
/// * [`NtStatus::ACCESS_DENIED`]: the handle, or the section's protection, does not allow the view's.
/// * [`NtStatus::SECTION_PROTECTION`]: the view is to be longer than a file that may not be written.
/// * [`NtStatus::INVALID_VIEW_SIZE`]: the view would not lie within the section.
/// * [`NtStatus::INVALID_PARAMETER`]: `base` is outside the application's addresses, or there is none
///   where a placeholder is to be replaced, or the section is an image, which cannot replace one; large
///   pages are asked for of a section that has none, or a size that is no multiple of theirs.
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: copies of large pages.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: something is at `base`, or not exactly the placeholder that
///   is to be replaced.
/// * [`NtStatus::NO_MEMORY`]: no room in the address space.
pub fn map_view_of_section(request: &MapView) -> Result<PageRange, NtStatus> {
    map_view(request).map(|(range, _)| range)
}

/// As [`map_view_of_section`]; also answers, as the error of the inner result, with which of the
/// statuses that are successes Windows maps an image: [`NtStatus::IMAGE_NOT_AT_BASE`],
/// [`NtStatus::IMAGE_MACHINE_TYPE_MISMATCH`].
///
/// # Errors
///
/// As [`map_view_of_section`].
pub fn map_view(request: &MapView) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    let (section, granted) = section_to_map(request)?;
    map_section(section, granted, request)
}

/// The section of which a view is to be mapped, and what its handle grants, if the view's place is one that it
/// can have.
///
/// # Errors
///
/// As [`map_view_of_section`].
pub(crate) fn section_to_map(request: &MapView) -> Result<(Arc<Section>, AccessMask), NtStatus> {
    let granularity = if request.kind.contains(ViewType::REPLACE_PLACEHOLDER) {
        PAGE_SIZE
    } else {
        ALLOCATION_GRANULARITY
    };
    if !request.base.is_multiple_of(granularity)
        || !request.offset.is_multiple_of(granularity as u64)
    {
        return Err(NtStatus::MAPPED_ALIGNMENT);
    }
    object::reference_section(request.section)
}

/// Maps a view of a section for whoever has a handle that grants so much, whatever `request` says of the
/// handle.
///
/// # Errors
///
/// As [`map_view_of_section`].
pub(crate) fn map_section(
    section: Arc<Section>,
    granted: AccessMask,
    request: &MapView,
) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    let size = size_to_map(&section, granted, request)?;
    if let Some(image) = Mapping::of(&section, request, size) {
        if request.kind.contains(ViewType::REPLACE_PLACEHOLDER) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        return image.map();
    }
    let (place, view) = view_to_map(&section, request);
    address_space::map_view(place, size, Box::new(view)).map(|range| (range, Ok(())))
}

/// How large the view is to be, in bytes, if the section has such a one and the handle grants it.
pub(super) fn size_to_map(
    section: &Section,
    granted: AccessMask,
    request: &MapView,
) -> Result<usize, NtStatus> {
    let replaces = request.kind.contains(ViewType::REPLACE_PLACEHOLDER);
    if !granted.contains(rights_for(request.protection))
        || !is_within(request.protection, section.protection)
    {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let grows =
        request.kind.contains(ViewType::RESERVE) && matches!(section.storage, Storage::File { .. });
    if grows && !writes(section.protection) {
        return Err(NtStatus::SECTION_PROTECTION);
    }
    let rest = section
        .size()
        .checked_sub(request.offset)
        .filter(|rest| *rest > 0)
        .ok_or(NtStatus::INVALID_VIEW_SIZE)?;
    let size = if request.size == 0 {
        rest
    } else {
        request.size as u64
    };
    if size > rest && !grows {
        return Err(NtStatus::INVALID_VIEW_SIZE);
    }
    let is_large = section.flags.contains(SectionFlags::LARGE_PAGES);
    let size = if is_large {
        check_large(request)?;
        (size as usize).checked_next_multiple_of(LARGE_PAGE_SIZE)
    } else if request.kind.contains(ViewType::LARGE_PAGES) {
        return Err(NtStatus::INVALID_PARAMETER);
    } else {
        page_up(size as usize)
    };
    let size = size.ok_or(NtStatus::NO_MEMORY)?;
    if request.base < MINIMUM_APPLICATION_ADDRESS && (request.base != 0 || replaces) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if size > application_end() {
        return Err(NtStatus::NO_MEMORY);
    }
    Ok(size)
}

/// The view that is to be mapped, of a section that is no image, and where.
pub(super) fn view_to_map(section: &Arc<Section>, request: &MapView) -> (ViewPlace, View) {
    let place = if request.kind.contains(ViewType::REPLACE_PLACEHOLDER) {
        ViewPlace::Placeholder(request.base)
    } else if request.base != 0 {
        ViewPlace::At(request.base)
    } else {
        ViewPlace::Anywhere {
            requirements: request.requirements,
            top_down: request.kind.contains(ViewType::TOP_DOWN),
        }
    };
    let caching = if section.flags.contains(SectionFlags::NOCACHE) {
        Protection::NOCACHE
    } else if section.flags.contains(SectionFlags::WRITECOMBINE) {
        Protection::WRITECOMBINE
    } else {
        Protection::empty()
    };
    let grows = request.kind.contains(ViewType::RESERVE);
    let is_large = section.flags.contains(SectionFlags::LARGE_PAGES);
    let pages = match (&section.storage, section.commit_map) {
        (Storage::File { .. }, _) if grows => Pages::GrowingFile,
        (Storage::File { .. }, _) => Pages::File,
        (_, Some(commit_map)) => Pages::Reserving(commit_map),
        (_, None) if is_large => Pages::Large,
        (_, None) => Pages::Committed,
    };
    if let Storage::Named(file) = &section.storage {
        file.open_for_views();
    }
    let view = View {
        mapped: request.protection | caching,
        pages,
        offset: request.offset,
        backing: Arc::clone(section) as _,
    };
    (place, view)
}

/// What large pages ask of a view.
///
/// # Errors
///
/// [`NtStatus::MAPPED_ALIGNMENT`], [`NtStatus::INVALID_PARAMETER`] for a size that is no multiple of theirs
/// where large pages are asked for, [`NtStatus::INVALID_PAGE_PROTECTION`] for a view of copies.
fn check_large(request: &MapView) -> Result<(), NtStatus> {
    if request.protection.is_copy_on_write() {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    if !request.base.is_multiple_of(LARGE_PAGE_SIZE)
        || !request.offset.is_multiple_of(LARGE_PAGE_SIZE as u64)
    {
        return Err(NtStatus::MAPPED_ALIGNMENT);
    }
    let is_asked_for = request.kind.contains(ViewType::LARGE_PAGES);
    if is_asked_for && !request.size.is_multiple_of(LARGE_PAGE_SIZE) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(())
}

impl Backing for Section {
    fn file(&self) -> BorrowedFd<'_> {
        match &self.storage {
            Storage::Named(file) => file.for_views(),
            Storage::Memory { .. } | Storage::File { .. } | Storage::Image { .. } => self.as_fd(),
        }
    }

    fn flush(&self, offset: u64, size: u64) -> Result<(), NtStatus> {
        match self.storage {
            Storage::File { .. } => shared_file::write_back(self.as_fd(), offset, size)
                .map_err(|_| NtStatus::UNSUCCESSFUL),
            // Memory has nothing to be written back to.
            Storage::Named(_) | Storage::Memory { .. } => Ok(()),
            // What is written to an image never reaches its file.
            Storage::Image { .. } => Ok(()),
        }
    }

    fn mapped_file(&self) -> Option<BorrowedFd<'_>> {
        match &self.storage {
            Storage::File { file, .. } => Some(file.file().as_fd()),
            Storage::Image { file, .. } => file.as_ref().map(|file| file.file().as_fd()),
            Storage::Named(_) | Storage::Memory { .. } => None,
        }
    }

    fn image(&self) -> Option<(&[ImagePart], BorrowedFd<'_>)> {
        match &self.storage {
            Storage::Image { image, .. } => Some((&image.layout.parts, image.as_fd())),
            _ => None,
        }
    }

    fn size(&self) -> u64 {
        match &self.storage {
            // Somebody else may have made the file longer.
            Storage::File { file, .. } => file.file().size().unwrap_or_else(|_| self.size()),
            Storage::Named(_) | Storage::Memory { .. } | Storage::Image { .. } => self.size(),
        }
    }

    fn extend(&self, size: u64) -> Result<(), NtStatus> {
        self.extend_to(size)
    }
}

/// What a handle must grant for a view of a protection.
fn rights_for(protection: Protection) -> AccessMask {
    let mut rights = if protection.is_written_through() {
        AccessMask::SECTION_MAP_WRITE
    } else {
        AccessMask::SECTION_MAP_READ
    };
    rights.set(AccessMask::SECTION_MAP_EXECUTE, protection.is_executable());
    rights
}

/// Whether a section of one protection may have views of another.
fn is_within(view: Protection, section: Protection) -> bool {
    let writes = view.is_written_through();
    let may_write = section.is_written_through();
    (!writes || may_write) && (!view.is_executable() || section.is_executable())
}

/// Unmaps the view that an address lies in; mirrors NtUnmapViewOfSection for the calling process.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if it lies in none, [`NtStatus::NO_MEMORY`] if the kernel cannot cut
/// one mapping more.
pub fn unmap_view_of_section(address: usize) -> Result<(), NtStatus> {
    address_space::unmap_view(address, false)
}

bitflags::bitflags! {
    /// How a view is unmapped: Windows' MEM_ constants.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct UnmapType: u32 {
        /// MEM_UNMAP_WITH_TRANSIENT_BOOST: the pages are about to be used through another view. Linux
        /// keeps them in memory as it is.
        const WITH_TRANSIENT_BOOST = 0x1;
        /// MEM_PRESERVE_PLACEHOLDER: leave the placeholder whose place the view took.
        const PRESERVE_PLACEHOLDER = 0x2;
    }
}

/// As [`unmap_view_of_section`], with flags; mirrors NtUnmapViewOfSectionEx for the calling process.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] for an unknown flag, [`NtStatus::CONFLICTING_ADDRESSES`] if the view
/// did not take the place of a placeholder and is to leave one; otherwise as [`unmap_view_of_section`].
pub fn unmap_view_of_section_ex(address: usize, flags: u32) -> Result<(), NtStatus> {
    let flags = UnmapType::from_bits(flags).ok_or(NtStatus::INVALID_PARAMETER)?;
    address_space::unmap_view(address, flags.contains(UnmapType::PRESERVE_PLACEHOLDER))
}

/// Writes the changed pages of a view of a file to it; mirrors NtFlushVirtualMemory. `size` 0 means
/// to the end of the view. Waits until the device has the data, but not for its own cache: that is
/// what FlushFileBuffers is for.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if the range does not lie in one view, [`NtStatus::UNSUCCESSFUL`] if
/// the file cannot be written.
pub fn flush_view(address: usize, size: usize) -> Result<(), NtStatus> {
    let (rest, offset, backing) = address_space::view_at(address)?;
    let end = address.checked_add(size).ok_or(NtStatus::NOT_MAPPED_VIEW)?;
    if end > rest.base + rest.size {
        return Err(NtStatus::NOT_MAPPED_VIEW);
    }
    let length = if size == 0 {
        rest.size
    } else {
        end - rest.base
    };
    backing.flush(offset, length as u64)
}

/// Sections are shared between the threads of a process.
const _: fn() = || {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Arc<Section>>();
};
