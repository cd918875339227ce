//! Views that are mapped where a section's own calls do not reach: in a process that knows nothing of this library.

use std::sync::Arc;

use super::image_view::Mapping;
use super::view::{size_to_map, view_to_map};
use super::{MapView, Section, ViewType};
use crate::NtStatus;
use crate::address_space::{View, ViewPlace};
use crate::object::AccessMask;

/// A view that is to be mapped elsewhere.
pub(crate) struct ViewElsewhere {
    section: Arc<Section>,
    request: MapView,
    /// How many bytes, whole pages.
    pub size: usize,
}

impl ViewElsewhere {
    /// The view of a section that somebody asks for who has a handle that grants so much.
    ///
    /// # Errors
    ///
    /// As [`super::map_view_of_section`]; [`NtStatus::NOT_SUPPORTED`] for what somebody would have to look after
    /// there: pages that are not committed yet, files that are to grow, and large pages.
    pub fn new(
        section: Arc<Section>,
        granted: AccessMask,
        request: &MapView,
    ) -> Result<Self, NtStatus> {
        let size = size_to_map(&section, granted, request)?;
        match Mapping::of(&section, request, size) {
            Some(_) if request.kind.contains(ViewType::REPLACE_PLACEHOLDER) => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            None if !view_to_map(&section, request).1.is_all_there(size) => {
                return Err(NtStatus::NOT_SUPPORTED);
            }
            _ => {}
        }
        Ok(Self {
            section,
            request: *request,
            size,
        })
    }

    /// Where it is to be, if nothing is there: the first of these.
    pub fn places(&self) -> Vec<ViewPlace> {
        match self.image() {
            Some(image) => image.places(),
            None => vec![view_to_map(&self.section, &self.request).0],
        }
    }

    /// What it shows at an address.
    ///
    /// # Errors
    ///
    /// Of an image, what keeps it from being relocated: [`NtStatus::INVALID_IMAGE_FORMAT`],
    /// [`NtStatus::COMMITMENT_LIMIT`].
    pub fn view_at(&self, at: usize) -> Result<View, NtStatus> {
        match self.image() {
            Some(image) => image.view_at(at),
            None => Ok(view_to_map(&self.section, &self.request).1),
        }
    }

    /// With which of the statuses that are successes it is mapped at an address: see [`super::map_view`].
    ///
    /// # Errors
    ///
    /// The status, if it is not the plain one.
    pub fn placement(&self, at: usize) -> Result<(), NtStatus> {
        self.image().map_or(Ok(()), |image| image.placement(at))
    }

    fn image(&self) -> Option<Mapping<'_>> {
        Mapping::of(&self.section, &self.request, self.size)
    }
}
