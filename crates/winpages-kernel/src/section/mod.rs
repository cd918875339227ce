//! Sections: memory that can be mapped, by this process and by others.

mod backing;
mod create;
mod description;
mod extend;
mod held;
mod image;
mod image_layout;
mod image_sharing;
mod image_view;
mod new_file;
mod open;
mod payload;
mod relocation;
mod transfer;
mod view;
mod view_elsewhere;

use core::fmt;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

pub(crate) use backing::lend_backing;
pub use create::{CreateSection, Disposition, create_section};
pub use description::{DescribedFile, SectionDescription};
pub use extend::extend_section;
pub use image_layout::ImageInformation;
pub(crate) use image_view::in_first_free;
pub use open::open_section;
pub use view::{
    MapView, UnmapType, ViewType, flush_view, map_view, map_view_of_section, unmap_view_of_section,
    unmap_view_of_section_ex,
};
pub(crate) use view::{map_section, section_to_map};
pub(crate) use view_elsewhere::ViewElsewhere;

use self::image::Image;
use crate::NtStatus;
use crate::address_space::{CommitMap, Protection};
use crate::file::MappingGuard;
use crate::object::{AccessMask, GenericMapping, Mark, NamedFile, ObjectName, ObjectSecurity};

bitflags::bitflags! {
    /// How a section is made: Windows' SEC_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SectionFlags: u32 {
        /// SEC_FILE: answered for sections of files, never asked for.
        const FILE = 0x0080_0000;
        /// SEC_IMAGE
        const IMAGE = 0x0100_0000;
        /// SEC_RESERVE: pages are committed later, by VirtualAlloc on a view.
        const RESERVE = 0x0400_0000;
        /// SEC_COMMIT: all pages are committed at once.
        const COMMIT = 0x0800_0000;
        /// SEC_NOCACHE
        const NOCACHE = 0x1000_0000;
        /// SEC_WRITECOMBINE
        const WRITECOMBINE = 0x4000_0000;
        /// SEC_LARGE_PAGES
        const LARGE_PAGES = 0x8000_0000;
    }
}

impl AccessMask {
    /// SECTION_QUERY
    pub const SECTION_QUERY: Self = Self::from_bits_retain(0x01);
    /// SECTION_MAP_WRITE
    pub const SECTION_MAP_WRITE: Self = Self::from_bits_retain(0x02);
    /// SECTION_MAP_READ
    pub const SECTION_MAP_READ: Self = Self::from_bits_retain(0x04);
    /// SECTION_MAP_EXECUTE
    pub const SECTION_MAP_EXECUTE: Self = Self::from_bits_retain(0x08);
    /// SECTION_EXTEND_SIZE
    pub const SECTION_EXTEND_SIZE: Self = Self::from_bits_retain(0x10);
    /// SECTION_ALL_ACCESS
    pub const SECTION_ALL_ACCESS: Self = Self::from_bits_retain(0x000F_001F);
}

/// What the generic rights mean for a section.
pub const SECTION_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0005),
    write: AccessMask::from_bits_retain(0x0002_0002),
    execute: AccessMask::from_bits_retain(0x0002_0008),
    all: AccessMask::SECTION_ALL_ACCESS,
};

/// Where the pages of a section are.
enum Storage {
    /// In a named object's own file on tmpfs.
    Named(NamedFile),
    /// In memory that has no name; the section may have one, if its pages are large.
    Memory {
        pages: OwnedFd,
        name: Option<NamedFile>,
    },
    /// In a file of the user's; with a name, if the section has one.
    File {
        file: MappingGuard,
        name: Option<NamedFile>,
    },
    /// In memory that a program image has been laid out in. Who opened the section by its name may not
    /// have come by the file.
    Image {
        image: Box<Image>,
        file: Option<MappingGuard>,
        name: Option<NamedFile>,
    },
}

/// A section object of this process.
pub struct Section {
    storage: Storage,
    /// Grows with a file, never shrinks.
    size: AtomicU64,
    protection: Protection,
    flags: SectionFlags,
    commit_map: Option<CommitMap>,
    name: Option<ObjectName>,
    /// The security descriptor that the file of its name held when it was created or opened, if any.
    stored_security: Vec<u8>,
    security: ObjectSecurity,
    handles: AtomicUsize,
    mark: Mark,
}

impl Section {
    /// What an unnamed section is known by where it is duplicated to.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The section's size in bytes: whole pages of memory, or as many bytes of a file as it was
    /// created with.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// The protection it was created with: no view may have more.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// How it was made, as NtQuerySection reports it.
    pub fn flags(&self) -> SectionFlags {
        if self.flags.contains(SectionFlags::IMAGE) {
            self.flags.difference(SectionFlags::NOCACHE)
        } else {
            self.flags
        }
    }

    /// Where an image would like to be, and what its headers say besides.
    ///
    /// # Errors
    ///
    /// [`NtStatus::SECTION_NOT_IMAGE`] if it is none.
    pub fn image(&self) -> Result<(u64, ImageInformation), NtStatus> {
        match &self.storage {
            Storage::Image { image, .. } => Ok((image.layout.base, image.layout.information)),
            _ => Err(NtStatus::SECTION_NOT_IMAGE),
        }
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&ObjectName> {
        self.name.as_ref()
    }

    /// Its descriptor, if it has no name.
    pub(crate) fn security(&self) -> &ObjectSecurity {
        &self.security
    }

    /// The file that holds its name, if it has one.
    pub(crate) fn named_file(&self) -> Option<&NamedFile> {
        match &self.storage {
            Storage::Named(file) => Some(file),
            Storage::Memory { name, .. }
            | Storage::File { name, .. }
            | Storage::Image { name, .. } => name.as_ref(),
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    pub(crate) fn last_handle_closed(&self) {
        if let Some(file) = self.named_file() {
            held::forget(self);
            file.release();
        }
    }
}

impl AsFd for Section {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.storage {
            Storage::Named(file) => file.as_fd(),
            Storage::Memory { pages, .. } => pages.as_fd(),
            Storage::File { file, .. } => file.file().as_fd(),
            Storage::Image { image, .. } => image.as_fd(),
        }
    }
}

/// Gives up, at the end of the process, what views hold beside their sections' handles.
pub(crate) fn run_down() {
    image_sharing::run_down();
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    held::lock_for_fork();
    image_sharing::lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe {
        image_sharing::unlock_after_fork();
        held::unlock_after_fork();
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Section")
            .field("name", &self.name.as_ref().map(ToString::to_string))
            .field("size", &self.size())
            .field("protection", &self.protection)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}
