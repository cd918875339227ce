//! Making sections longer: NtExtendSection.

use core::sync::atomic::Ordering;

use super::create::{grow, writes};
use super::{Section, Storage};
use crate::NtStatus;
use crate::object::handle_table::Handle;
use crate::object::{self, AccessMask};

/// Makes the section of a file longer, and the file with it; mirrors NtExtendSection. Answers how
/// large the section is then: one that was larger stays as it is.
///
/// # Errors
///
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`]: the handle is none of a section.
/// * [`NtStatus::ACCESS_DENIED`]: it does not grant SECTION_EXTEND_SIZE.
/// * [`NtStatus::SECTION_NOT_EXTENDED`]: the section is not one of a file, or may not be written.
/// * [`NtStatus::DISK_FULL`], [`NtStatus::SECTION_TOO_BIG`]: the file cannot grow to the size.
pub fn extend_section(section: Handle, size: u64) -> Result<u64, NtStatus> {
    let (section, granted) = object::reference_section(section)?;
    if !granted.contains(AccessMask::SECTION_EXTEND_SIZE) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    section.extend_to(size)?;
    Ok(section.size())
}

impl Section {
    pub(super) fn extend_to(&self, size: u64) -> Result<(), NtStatus> {
        let Storage::File { file, .. } = &self.storage else {
            return Err(NtStatus::SECTION_NOT_EXTENDED);
        };
        let file = file.file();
        let now = file.size()?;
        if size > now {
            if !writes(self.protection) {
                return Err(NtStatus::SECTION_NOT_EXTENDED);
            }
            grow(file.as_fd(), now, size)?;
        }
        self.size.fetch_max(size, Ordering::Relaxed);
        Ok(())
    }
}
