//! Mapping images: at the base they would like, or relocated.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::image::{Image, Placed};
use super::{MapView, Section, SectionFlags, ViewType};
use crate::NtStatus;
use crate::address_space::{
    self, Backing, ImagePart, PageRange, Pages, Protection, View, ViewPlace,
};

/// The highest address that an image for 32 bits can be relocated to.
const HIGHEST_OF_32_BITS: usize = 0x7FFE_FFFF;

/// How often a place is looked for that somebody else takes while the image is being relocated to it.
const ATTEMPTS: usize = 8;

/// The pages of an image that has been relocated for one view.
struct OwnPages {
    section: Arc<Section>,
    pages: OwnedFd,
}

impl Backing for OwnPages {
    fn file(&self) -> BorrowedFd<'_> {
        self.pages.as_fd()
    }

    fn flush(&self, _offset: u64, _size: u64) -> Result<(), NtStatus> {
        Ok(())
    }

    fn mapped_file(&self) -> Option<BorrowedFd<'_>> {
        self.section.mapped_file()
    }

    fn image(&self) -> Option<(&[ImagePart], BorrowedFd<'_>)> {
        Backing::image(&*self.section)
    }

    fn size(&self) -> u64 {
        self.section.size()
    }

    fn extend(&self, _size: u64) -> Result<(), NtStatus> {
        Err(NtStatus::SECTION_NOT_EXTENDED)
    }
}

/// Maps `size` bytes of an image; answers where, and with which of the statuses that are successes.
///
/// # Errors
///
/// Those of [`super::map_view_of_section`].
pub(super) fn map(
    section: &Arc<Section>,
    image: &Image,
    request: &MapView,
    size: usize,
) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    let mapping = Mapping {
        section,
        image,
        request,
        size,
    };
    let range = mapping.place()?;
    let is_at_base = range.base as u64 == image.layout.base.wrapping_add(request.offset);
    let status = if image.layout.information.is_foreign() {
        Err(NtStatus::IMAGE_MACHINE_TYPE_MISMATCH)
    } else if is_at_base {
        Ok(())
    } else {
        Err(NtStatus::IMAGE_NOT_AT_BASE)
    };
    Ok((range, status))
}

struct Mapping<'a> {
    section: &'a Arc<Section>,
    image: &'a Image,
    request: &'a MapView,
    size: usize,
}

impl Mapping<'_> {
    fn place(&self) -> Result<PageRange, NtStatus> {
        let preferred = self.image.layout.base;
        let shared = self.image.shared_base();
        if self.request.base != 0 {
            return match (self.image_base(self.request.base), shared) {
                (base, _) if base == preferred => self.map_at(self.request.base, Placed::Shared(0)),
                (base, Some((other, offset))) if base == other => {
                    self.map_at(self.request.base, Placed::Shared(offset))
                }
                _ => self.map_relocated(self.request.base),
            };
        }
        for (base, offset) in [Some((preferred, 0)), shared].into_iter().flatten() {
            let wanted = base.checked_add(self.request.offset).map(|at| at as usize);
            let Some(at) = wanted.filter(|at| self.is_usable(*at)) else {
                continue;
            };
            match self.map_at(at, Placed::Shared(offset)) {
                Err(NtStatus::CONFLICTING_ADDRESSES | NtStatus::INVALID_PARAMETER) => {}
                answer => return answer,
            }
        }
        self.map_relocated(0)
    }

    /// Where the image's first byte would be, if the view were at an address.
    fn image_base(&self, at: usize) -> u64 {
        (at as u64).wrapping_sub(self.request.offset)
    }

    fn is_usable(&self, at: usize) -> bool {
        at >= address_space::layout::MINIMUM_APPLICATION_ADDRESS
            && at.checked_add(self.size).is_some()
            && self.request.requirements.allow(at, self.size)
    }

    /// Maps the view where the image would not like to be: at an address, or wherever there is room.
    fn map_relocated(&self, at: usize) -> Result<PageRange, NtStatus> {
        let mut last = NtStatus::CONFLICTING_ADDRESSES;
        for _ in 0..ATTEMPTS {
            // The place first, then the pages for it.
            let range = self.map_at(at, Placed::Shared(0))?;
            if self.image.layout.relocations.is_none() {
                return Ok(range);
            }
            let placed = self.image.relocated(self.image_base(range.base));
            address_space::unmap_view(range.base, false)?;
            match self.map_at(range.base, placed?) {
                Err(NtStatus::CONFLICTING_ADDRESSES) => last = NtStatus::CONFLICTING_ADDRESSES,
                answer => return answer,
            }
        }
        Err(last)
    }

    fn map_at(&self, at: usize, placed: Placed) -> Result<PageRange, NtStatus> {
        let (offset, backing): (u64, Arc<dyn Backing>) = match placed {
            Placed::Shared(offset) => (offset, Arc::clone(self.section) as _),
            Placed::Own(pages) => {
                let section = Arc::clone(self.section);
                (0, Arc::new(OwnPages { section, pages }))
            }
        };
        let mut requirements = self.request.requirements;
        let (_, base_bytes) = self.image.layout.base_field;
        if base_bytes == 4
            && (requirements.highest == 0 || requirements.highest > HIGHEST_OF_32_BITS)
        {
            requirements.highest = HIGHEST_OF_32_BITS;
        }
        let place = if at == 0 {
            ViewPlace::Anywhere {
                requirements,
                top_down: self.request.kind.contains(ViewType::TOP_DOWN),
            }
        } else {
            ViewPlace::At(at)
        };
        let view = View {
            mapped: Protection::EXECUTE_WRITECOPY,
            pages: Pages::Image {
                start: self.request.offset,
                no_execute: self.section.flags.contains(SectionFlags::NOCACHE),
            },
            offset: offset + self.request.offset,
            backing,
        };
        address_space::map_view(place, self.size, Box::new(view))
    }
}
