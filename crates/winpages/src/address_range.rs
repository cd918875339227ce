//! Memory by its addresses, whoever allocated it.

use std::ops::Range;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::platform;
use crate::protection::Protection;

/// Changes what may be done with all pages that a range of addresses touches, and answers the
/// protection that the first of them had. Mirrors VirtualProtect, which does this to anybody's memory:
/// a library's code, a stack, the heap.
///
/// [`Reservation::protect`](crate::Reservation::protect) and
/// [`View::protect`](crate::View::protect) are the safe ways to their own memory.
///
/// # Safety
///
/// Whoever uses the pages does not rely on what the new protection forbids: no reference to them is
/// used in such a way until they are protected as before.
///
/// # Errors
///
/// * ERROR_INVALID_ADDRESS: not all of the range is committed, or it passes the end of an allocation.
/// * ERROR_INVALID_PARAMETER: an empty range, or a protection that the pages cannot have.
/// * ERROR_COMMITMENT_LIMIT: the kernel cannot keep account of one more change.
///
/// ```
/// use winpages::{Protection, protect};
///
/// #[repr(align(4096))]
/// struct Page([u8; 4096]);
/// let page = Box::new(Page([7; 4096]));
/// let start = &raw const *page as usize;
/// // SAFETY: nobody writes to the page meanwhile.
/// let old = unsafe { protect(start..start + 4096, Protection::READONLY)? };
/// assert_eq!(page.0[0], 7);
/// // SAFETY: it is as it was.
/// unsafe { protect(start..start + 4096, old)? };
/// # Ok::<(), winpages::Error>(())
/// ```
pub unsafe fn protect(
    addresses: Range<usize>,
    protection: Protection,
) -> Result<Protection, Error> {
    on_range(Operation::Protect, addresses, |base, size| {
        // SAFETY: the caller's.
        unsafe { platform::protect(base, size, protection.bits()) }
    })
    .map(Protection::from_bits_retain)
}

/// Keeps the pages that a range of addresses touches in memory. Mirrors VirtualLock.
///
/// # Errors
///
/// As [`Reservation::lock`](crate::Reservation::lock), and ERROR_INVALID_PARAMETER for addresses that no
/// program has.
pub fn lock(addresses: Range<usize>) -> Result<(), Error> {
    on_range(Operation::Lock, addresses, platform::lock)
}

/// Lets the pages that a range of addresses touches be paged out again. Mirrors VirtualUnlock.
///
/// # Errors
///
/// As [`Reservation::unlock`](crate::Reservation::unlock).
pub fn unlock(addresses: Range<usize>) -> Result<(), Error> {
    on_range(Operation::Unlock, addresses, platform::unlock)
}

/// Starts bringing ranges of addresses into memory. Mirrors PrefetchVirtualMemory.
///
/// # Errors
///
/// ERROR_INVALID_PARAMETER: no range, or an empty one.
pub fn prefetch(ranges: &[Range<usize>]) -> Result<(), Error> {
    let fail = |code| Error::new(Operation::Prefetch, code);
    if let Some(empty) = ranges.iter().find(|range| range.is_empty()) {
        return Err(fail(ERROR_INVALID_PARAMETER).at(empty.clone()));
    }
    platform::prefetch(ranges).map_err(fail)
}

fn on_range<T>(
    operation: Operation,
    addresses: Range<usize>,
    call: impl FnOnce(usize, usize) -> Result<T, platform::Code>,
) -> Result<T, Error> {
    let done = if addresses.is_empty() {
        Err(ERROR_INVALID_PARAMETER)
    } else {
        call(addresses.start, addresses.len())
    };
    done.map_err(|code| Error::new(operation, code).at(addresses))
}
