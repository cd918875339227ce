//! Views of sections in another process: NtMapViewOfSection and its kin with a process handle.
//!
//! The section travels as a duplicated handle does, and the process maps it itself; or is made to map its file.

use std::sync::Arc;

use super::remote::{range, status, words};
use super::service::{Asked, MAP_VIEW, Parcel, UNMAP_VIEW};
use super::{Target, injection};
use crate::NtStatus;
use crate::address_space::{AddressRequirements, PageRange, Protection};
use crate::object::handle_table::Handle;
use crate::object::{AccessMask, Object};
use crate::section::{self, MapView, UnmapType, ViewElsewhere, ViewType};

/// Maps a view in a process; see [`section::map_view`]. `request` names a section of this one's.
///
/// # Errors
///
/// As [`section::map_view`]; [`NtStatus::PROCESS_IS_TERMINATING`] for a process that has ended,
/// [`NtStatus::ACCESS_DENIED`] for one that refuses, [`NtStatus::IO_TIMEOUT`] for one that stands still;
/// [`NtStatus::NOT_SUPPORTED`] for what only a winpages process can map.
pub fn map_view(
    target: &Target,
    request: &MapView,
) -> Result<(PageRange, Result<(), NtStatus>), NtStatus> {
    let Target::Other(other) = target else {
        return section::map_view(request);
    };
    let (section, granted) = section::section_to_map(request)?;
    let MapView {
        base,
        offset,
        size,
        protection,
        requirements,
        kind,
        ..
    } = *request;
    let asked = other.ask_with(Parcel {
        number: MAP_VIEW,
        words: words(&[
            granted.bits() as usize,
            base,
            offset as usize,
            size,
            protection.bits() as usize,
            kind.bits() as usize,
            requirements.lowest,
            requirements.highest,
            requirements.alignment,
        ]),
        object: Some(Object::Section(Arc::clone(&section)).pack()?),
    });
    if asked.as_ref().err() == Some(&Asked::NotListening) {
        let view = ViewElsewhere::new(section, granted, request)?;
        return injection::map_view(other, view);
    }
    let answer = asked.map_err(status)?;
    let placement = match answer.constant(2) {
        0 => Ok(()),
        status => Err(NtStatus::from_code(status)),
    };
    Ok((range(&answer), placement))
}

/// Maps the view that another process has asked for.
pub(super) fn answer_map(request: &mut Parcel) -> Result<Vec<u64>, NtStatus> {
    let (kind, package) = request.object.take().ok_or(NtStatus::INVALID_PARAMETER)?;
    let Object::Section(section) = Object::unpack(kind, package)? else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    let granted = AccessMask::from_bits_retain(request.constant(0));
    let (view, placement) = section::map_section(
        section,
        granted,
        &MapView {
            section: Handle::from_value(0),
            base: request.address(1),
            offset: request.word(2),
            size: request.address(3),
            protection: Protection::parse(request.constant(4))?,
            kind: ViewType::parse_ex(request.constant(5))?,
            requirements: AddressRequirements {
                lowest: request.address(6),
                highest: request.address(7),
                alignment: request.address(8),
            },
        },
    )?;
    let placement = placement.map_or_else(|status| status.code(), |()| 0);
    Ok(vec![
        view.base as u64,
        view.size as u64,
        u64::from(placement),
    ])
}

/// Unmaps the view of a process that an address lies in; see [`section::unmap_view_of_section_ex`].
///
/// # Errors
///
/// As that, and as [`map_view`].
pub fn unmap_view(target: &Target, address: usize, flags: u32) -> Result<(), NtStatus> {
    let Target::Other(other) = target else {
        return section::unmap_view_of_section_ex(address, flags);
    };
    let how = UnmapType::from_bits(flags).ok_or(NtStatus::INVALID_PARAMETER)?;
    match other.ask(UNMAP_VIEW, words(&[address, flags as usize])) {
        Err(Asked::NotListening) => {
            let preserve = how.contains(UnmapType::PRESERVE_PLACEHOLDER);
            injection::unmap_view(other, address, preserve)
        }
        answer => answer.map(drop).map_err(status),
    }
}
