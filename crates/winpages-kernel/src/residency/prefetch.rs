//! Asking for pages ahead of time: NtSetInformationVirtualMemory with VmPrefetchInformation.

use super::lock::page_range;
use crate::NtStatus;
use crate::sys::residency;

/// Starts bringing pages in from where they have been paged out to, or from their file. What is not
/// committed in the range is passed over.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER_4`]: size 0, or a range outside the application's addresses.
pub fn prefetch_virtual_memory(base: usize, size: usize) -> Result<(), NtStatus> {
    let range = page_range(base, size).map_err(|_| NtStatus::INVALID_PARAMETER_4)?;
    residency::will_need(range.base, range.size);
    Ok(())
}
