//! Taking over what others allocated in this process before it could be asked.

use super::allocate::clear_way;
use super::region_map::REGIONS;
use super::run::{AllocationKind, PageState};
use super::{PageRange, Protection};
use crate::NtStatus;

/// What pages are that are mapped already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adopted {
    /// Private ones.
    Private,
    /// Private ones that took the place of a placeholder.
    InPlaceholder,
    /// A placeholder.
    Placeholder,
}

/// Enters private pages that are mapped already: an allocation with its protection, and the pages of it that are
/// committed, with theirs.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if something of this process's own lies there; [`NtStatus::NO_MEMORY`].
pub(crate) fn adopt(
    range: PageRange,
    protection: Protection,
    adopted: Adopted,
    committed: impl Iterator<Item = (PageRange, Protection)>,
) -> Result<(), NtStatus> {
    let mut writer = REGIONS.write();
    writer.ensure_records()?;
    clear_way(&mut writer, range)?;
    let (base, end) = (range.base, range.end());
    let reserved = PageState::RESERVED;
    let kind = match adopted {
        Adopted::Private => AllocationKind::Private,
        Adopted::InPlaceholder | Adopted::Placeholder => AllocationKind::Placeholder,
    };
    writer.add_allocation(kind, base, end, reserved, protection, 0);
    if adopted == Adopted::InPlaceholder
        && let Some(run) = writer.run_at(base)
    {
        writer.ensure_records()?;
        let kind = AllocationKind::Private;
        writer.describe_in_place(run.allocation, kind, reserved, protection, 0);
    }
    for (part, protection) in committed {
        writer.ensure_records()?;
        protection.prepare();
        writer.set_states(part.base, part.end(), |_| PageState::committed(protection));
    }
    Ok(())
}
