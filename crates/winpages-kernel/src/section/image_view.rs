//! Mapping images: at the base they would like, or relocated.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::image::{Image, Placed};
use super::{MapView, Section, SectionFlags, Storage, ViewType};
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

/// A view of an image that is to be mapped.
pub(super) struct Mapping<'a> {
    section: &'a Arc<Section>,
    image: &'a Image,
    request: &'a MapView,
    size: usize,
}

impl<'a> Mapping<'a> {
    /// The view of `size` bytes of a section that is asked for, if the section is an image.
    pub fn of(section: &'a Arc<Section>, request: &'a MapView, size: usize) -> Option<Self> {
        let Storage::Image { image, .. } = &section.storage else {
            return None;
        };
        Some(Self {
            section,
            image,
            request,
            size,
        })
    }

    /// Maps it in this process; answers where, and with which of the statuses that are successes.
    ///
    /// # Errors
    ///
    /// Those of [`super::map_view_of_section`].
    pub fn map(&self) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
        let range = in_first_free(&self.places(), |place| self.map_in(place))?;
        Ok((range, self.placement(range.base)))
    }

    /// With which of the statuses that are successes it is mapped at an address.
    ///
    /// # Errors
    ///
    /// [`NtStatus::IMAGE_MACHINE_TYPE_MISMATCH`], [`NtStatus::IMAGE_NOT_AT_BASE`].
    pub fn placement(&self, at: usize) -> Result<(), NtStatus> {
        if self.image.layout.information.is_foreign() {
            Err(NtStatus::IMAGE_MACHINE_TYPE_MISMATCH)
        } else if self.image_base(at) == self.image.layout.base {
            Ok(())
        } else {
            Err(NtStatus::IMAGE_NOT_AT_BASE)
        }
    }

    /// Where it is to be, if nothing is there: the first of these.
    pub fn places(&self) -> Vec<ViewPlace> {
        if self.request.base != 0 {
            return vec![ViewPlace::At(self.request.base)];
        }
        let shared = self.image.shared_base();
        let liked = [
            Some(self.image.layout.base),
            shared.map(|(base, _offset)| base),
        ];
        let liked = liked.into_iter().flatten();
        let addresses =
            liked.filter_map(|base| Some(base.checked_add(self.request.offset)? as usize));
        let usable = addresses.filter(|at| self.is_usable(*at));
        usable.map(ViewPlace::At).chain([self.anywhere()]).collect()
    }

    /// What it shows at an address. This may mean to relocate the image.
    ///
    /// # Errors
    ///
    /// Those of [`Image::relocated`].
    pub fn view_at(&self, at: usize) -> Result<View, NtStatus> {
        let placed = match self.ready(at) {
            Some(placed) => placed,
            None => self.image.relocated(self.image_base(at))?,
        };
        Ok(self.view(placed))
    }

    fn map_in(&self, place: ViewPlace) -> Result<PageRange, NtStatus> {
        let map = |place, view| address_space::map_view(place, self.size, Box::new(view));
        if let ViewPlace::At(at) = place
            && let Some(placed) = self.ready(at)
        {
            return map(place, self.view(placed));
        }
        let mut last = NtStatus::CONFLICTING_ADDRESSES;
        for _ in 0..ATTEMPTS {
            // The place first, then the pages for it.
            let range = map(place, self.view(Placed::Shared(0)))?;
            if matches!(self.ready(range.base), Some(Placed::Shared(0))) {
                return Ok(range);
            }
            let view = self.view_at(range.base);
            address_space::unmap_view(range.base, false)?;
            match map(ViewPlace::At(range.base), view?) {
                Err(NtStatus::CONFLICTING_ADDRESSES) => last = NtStatus::CONFLICTING_ADDRESSES,
                answer => return answer,
            }
        }
        Err(last)
    }

    /// The pages that it shows at an address, if nothing has to be relocated for that.
    fn ready(&self, at: usize) -> Option<Placed> {
        let layout = &self.image.layout;
        let base = self.image_base(at);
        if base == layout.base || layout.relocations.is_none() {
            return Some(Placed::Shared(0));
        }
        let shared = self.image.shared_base();
        let there = shared.filter(|(shared, _offset)| *shared == base);
        there.map(|(_, offset)| Placed::Shared(offset))
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

    fn anywhere(&self) -> ViewPlace {
        let mut requirements = self.request.requirements;
        let (_, base_bytes) = self.image.layout.base_field;
        if base_bytes == 4
            && (requirements.highest == 0 || requirements.highest > HIGHEST_OF_32_BITS)
        {
            requirements.highest = HIGHEST_OF_32_BITS;
        }
        ViewPlace::Anywhere {
            requirements,
            top_down: self.request.kind.contains(ViewType::TOP_DOWN),
        }
    }

    fn view(&self, placed: Placed) -> View {
        let (offset, backing): (u64, Arc<dyn Backing>) = match placed {
            Placed::Shared(offset) => (offset, Arc::clone(self.section) as _),
            Placed::Own(pages) => {
                let section = Arc::clone(self.section);
                (0, Arc::new(OwnPages { section, pages }))
            }
        };
        View {
            mapped: Protection::EXECUTE_WRITECOPY,
            pages: Pages::Image {
                start: self.request.offset,
                no_execute: self.section.flags.contains(SectionFlags::NOCACHE),
            },
            offset: offset + self.request.offset,
            backing,
        }
    }
}

/// Has `map` try places one after the other, until it answers of one other than that it is taken.
///
/// # Errors
///
/// Those of `map`.
pub(crate) fn in_first_free(
    places: &[ViewPlace],
    mut map: impl FnMut(ViewPlace) -> Result<PageRange, NtStatus>,
) -> Result<PageRange, NtStatus> {
    let mut answer = Err(NtStatus::CONFLICTING_ADDRESSES);
    for place in places {
        answer = map(*place);
        let is_taken =
            [NtStatus::CONFLICTING_ADDRESSES, NtStatus::INVALID_PARAMETER].map(Err::<PageRange, _>);
        if !is_taken.contains(&answer) {
            break;
        }
    }
    answer
}
