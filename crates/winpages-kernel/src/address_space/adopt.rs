//! Taking over what others allocated in this process before it could be asked.

use super::allocate::clear_way;
use super::region_map::REGIONS;
use super::run::{AllocationKind, PageState};
use super::{PageRange, Protection};
use crate::NtStatus;

/// Enters private pages that are mapped already: an allocation with its protection, and the pages of it that are
/// committed, with theirs.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if something of this process's own lies there; [`NtStatus::NO_MEMORY`].
pub(crate) fn adopt(
    range: PageRange,
    protection: Protection,
    committed: impl Iterator<Item = (PageRange, Protection)>,
) -> Result<(), NtStatus> {
    let mut writer = REGIONS.write();
    writer.ensure_records()?;
    clear_way(&mut writer, range)?;
    let (base, end) = (range.base, range.end());
    let kind = AllocationKind::Private;
    writer.add_allocation(kind, base, end, PageState::RESERVED, protection, 0);
    for (part, protection) in committed {
        writer.ensure_records()?;
        protection.prepare();
        writer.set_states(part.base, part.end(), |_| PageState::committed(protection));
    }
    Ok(())
}
