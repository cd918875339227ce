//! Asking about a whole allocation: NtQueryVirtualMemory's region information and file names.

use core::fmt::Display;
use std::path::PathBuf;

use rustix::io::Errno;

use super::layout::page_down;
use super::query::{MemoryKind, MemoryState, query_virtual_memory};
use super::{Protection, image_label, view};
use crate::NtStatus;
use crate::sys::descriptors;
use crate::sys::procmap::{self, Mapping};

/// What an address's whole allocation is: Windows' MEMORY_REGION_INFORMATION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRegionInformation {
    /// The first byte of the allocation.
    pub allocation_base: usize,
    /// The protection given at allocation.
    pub allocation_protection: Protection,
    /// How many bytes the allocation takes.
    pub region_size: usize,
    /// How many of them are committed.
    pub commit_size: usize,
    /// Private, mapped or image.
    pub kind: MemoryKind,
}

/// Describes the allocation that an address lies in; mirrors NtQueryVirtualMemory with
/// MemoryRegionInformation for the calling process.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] above the maximum application address,
/// [`NtStatus::INVALID_ADDRESS`] if there is no allocation.
pub fn query_region(address: usize) -> Result<MemoryRegionInformation, NtStatus> {
    let here = query_virtual_memory(address)?;
    let protection = here
        .allocation_protection
        .ok_or(NtStatus::INVALID_ADDRESS)?;
    let mut at = here.allocation_base;
    let mut commit_size = 0;
    while let Ok(run) = query_virtual_memory(at) {
        if run.state == MemoryState::Free || run.allocation_base != here.allocation_base {
            break;
        }
        if run.state == MemoryState::Commit {
            commit_size += run.region_size;
        }
        at += run.region_size;
    }
    Ok(MemoryRegionInformation {
        allocation_base: here.allocation_base,
        allocation_protection: protection,
        region_size: at - here.allocation_base,
        commit_size,
        kind: here.kind,
    })
}

/// The Linux path of the file whose pages are mapped at an address; mirrors NtQueryVirtualMemory with
/// MemoryMappedFilenameInformation for the calling process.
///
/// # Errors
///
/// * [`NtStatus::INVALID_ADDRESS`]: nothing is mapped there, or private memory.
/// * [`NtStatus::FILE_INVALID`]: a section is mapped there that has no file.
pub fn mapped_file(address: usize) -> Result<PathBuf, NtStatus> {
    if let Ok((_, _, backing)) = view::view_at(address) {
        let file = backing.mapped_file().ok_or(NtStatus::FILE_INVALID)?;
        return descriptors::path_of(file).map_err(|_| NtStatus::FILE_INVALID);
    }
    let page = page_down(address);
    file_of_mapping("self", page, procmap::covering_or_next(page))
}

/// The file that the kernel says a process, by its number or `self`, has mapped at a page, from what was
/// `found` there.
///
/// # Errors
///
/// As [`mapped_file`].
pub(crate) fn file_of_mapping(
    process: impl Display,
    page: usize,
    found: Result<Option<Mapping>, Errno>,
) -> Result<PathBuf, NtStatus> {
    match found {
        Ok(Some(mapping)) if mapping.start <= page => match (mapping.inode, mapping.shared) {
            (0, false) => Err(NtStatus::INVALID_ADDRESS),
            (0, true) => Err(NtStatus::FILE_INVALID),
            _ => procmap::path_of(process, mapping.start..mapping.end)
                .ok()
                .and_then(image_label::mapped_file)
                .ok_or(NtStatus::FILE_INVALID),
        },
        _ => Err(NtStatus::INVALID_ADDRESS),
    }
}
