//! A range of the address space that a reservation or a view owns, and safe ways to its bytes.

use core::ptr::NonNull;
use std::ops::{Bound, Range, RangeBounds};

use winpages_error::error_code::{ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER, ERROR_NOACCESS};

use crate::error::{Error, Operation};
use crate::platform;
use crate::protection::Protection;
use crate::region;
use crate::shared::Shared;
use crate::system::page_size;

/// Where the owned bytes are.
#[derive(Debug)]
pub(crate) struct Memory {
    base: NonNull<u8>,
    size: usize,
}

// SAFETY: an address and a number; what is done through them from several threads is the affair of
// those who hand out references.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// What a range is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Reading,
    Writing,
}

impl Memory {
    /// `base` is the address the system answered, which is never 0.
    pub(crate) fn new(base: usize, size: usize) -> Option<Self> {
        let base = NonNull::new(core::ptr::with_exposed_provenance_mut(base))?;
        Some(Self { base, size })
    }

    pub(crate) fn pointer(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub(crate) fn base(&self) -> usize {
        self.base.addr().get()
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Corrects the size, once it is known.
    pub(crate) fn set_size(&mut self, size: usize) {
        self.size = size;
    }

    /// The offsets that a range of them means, if they lie within.
    #[inline]
    pub(crate) fn offsets(
        &self,
        operation: Operation,
        range: impl RangeBounds<usize>,
    ) -> Result<Range<usize>, Error> {
        let start = match range.start_bound() {
            Bound::Included(start) => Some(*start),
            Bound::Excluded(before) => before.checked_add(1),
            Bound::Unbounded => Some(0),
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.checked_add(1),
            Bound::Excluded(end) => Some(*end),
            Bound::Unbounded => Some(self.size),
        };
        match (start, end) {
            (Some(start), Some(end)) if start <= end && end <= self.size => Ok(start..end),
            _ => {
                let address = |offset: Option<usize>| {
                    self.base().saturating_add(offset.unwrap_or(usize::MAX))
                };
                let addresses = address(start)..address(end);
                Err(Error::new(operation, ERROR_INVALID_ADDRESS).at(addresses))
            }
        }
    }

    /// The offsets of `size` bytes from one on.
    #[inline]
    pub(crate) fn span(
        &self,
        operation: Operation,
        offset: usize,
        size: usize,
    ) -> Result<Range<usize>, Error> {
        self.offsets(operation, offset..offset.saturating_add(size))
    }

    /// The addresses of offsets.
    #[inline]
    pub(crate) fn addresses_of(&self, offsets: &Range<usize>) -> Range<usize> {
        self.base() + offsets.start..self.base() + offsets.end
    }

    /// The offsets of all pages that a range of offsets touches.
    pub(crate) fn pages_of(&self, offsets: &Range<usize>) -> Range<usize> {
        let page = page_size();
        // Reservations and views begin with a page.
        offsets.start / page * page..offsets.end.next_multiple_of(page)
    }

    /// A pointer to one of the bytes, or to the end.
    #[inline]
    pub(crate) fn pointer_to(&self, offset: usize) -> *mut u8 {
        self.pointer().wrapping_add(offset)
    }

    #[inline]
    pub(crate) fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let offsets = self.span(Operation::Read, offset, buffer.len())?;
        let from = self.pointer_to(offsets.start);
        // SAFETY: what is written is the buffer.
        unsafe { platform::copy(buffer.as_mut_ptr(), from, buffer.len()) }
            .map_err(|code| Error::new(Operation::Read, code).at(self.addresses_of(&offsets)))
    }

    /// # Safety
    ///
    /// No reference to the bytes may exist, unless one that allows them to be changed.
    #[inline]
    pub(crate) unsafe fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        let offsets = self.span(Operation::Write, offset, bytes.len())?;
        let to = self.pointer_to(offsets.start);
        // SAFETY: the range is owned, and the caller vouches for references to it.
        unsafe { platform::copy(to, bytes.as_ptr(), bytes.len()) }
            .map_err(|code| Error::new(Operation::Write, code).at(self.addresses_of(&offsets)))
    }

    /// Makes sure that all pages of a range can be used so now.
    pub(crate) fn check(
        &self,
        operation: Operation,
        offsets: &Range<usize>,
        what: Use,
    ) -> Result<(), Error> {
        let addresses = self.addresses_of(offsets);
        let mut at = addresses.start;
        while at < addresses.end {
            let region = region::query(at)?;
            let fits = match what {
                Use::Reading => region.is_readable(),
                Use::Writing => region.is_writable(),
            };
            if !fits {
                return Err(Error::new(operation, ERROR_NOACCESS).at(addresses));
            }
            at = region.addresses().end;
        }
        Ok(())
    }
}

impl Memory {
    /// # Safety
    ///
    /// The pages must stay as they are while the reference lives, and whoever else reaches them knows
    /// that others do.
    pub(crate) unsafe fn shared<T: Shared>(&self, offset: usize) -> Result<&T, Error> {
        let offsets = self.span(Operation::Atomic, offset, size_of::<T>())?;
        let address = self.pointer_to(offset).cast::<T>();
        if !address.is_aligned() {
            let addresses = self.addresses_of(&offsets);
            return Err(Error::new(Operation::Atomic, ERROR_NOACCESS).at(addresses));
        }
        self.check(Operation::Atomic, &offsets, Use::Writing)?;
        // SAFETY: the bytes lie within, aligned, committed and writable, and the caller sees to it that
        // they stay so. Any bytes make a `T`, and it is not changed but by atomics, by copies that no
        // reference is made for, or under the promise of an unsafe slice.
        Ok(unsafe { &*address })
    }

    /// # Safety
    ///
    /// No reference to the pages may exist.
    pub(crate) unsafe fn protect(
        &self,
        offsets: &Range<usize>,
        protection: Protection,
    ) -> Result<Protection, Error> {
        let addresses = self.addresses_of(offsets);
        let changed = if offsets.is_empty() {
            Err(ERROR_INVALID_PARAMETER)
        } else {
            // SAFETY: the pages are owned, and the caller vouches for references to them.
            unsafe { platform::protect(addresses.start, offsets.len(), protection.bits()) }
        };
        changed
            .map(Protection::from_bits_retain)
            .map_err(|code| Error::new(Operation::Protect, code).at(addresses))
    }

    /// # Safety
    ///
    /// The offsets must lie within, the pages be readable and stay so, and the bytes not change while
    /// the slice lives.
    pub(crate) unsafe fn slice(&self, offsets: &Range<usize>) -> &[u8] {
        // SAFETY: the caller's.
        unsafe { core::slice::from_raw_parts(self.pointer_to(offsets.start), offsets.len()) }
    }

    /// # Safety
    ///
    /// The offsets must lie within, the pages be writable and stay so, and the bytes be used by nobody
    /// else while the slice lives.
    #[allow(
        clippy::mut_from_ref,
        reason = "the bytes are not part of this value; who owns it hands them out"
    )]
    pub(crate) unsafe fn slice_mut(&self, offsets: &Range<usize>) -> &mut [u8] {
        // SAFETY: the caller's.
        unsafe { core::slice::from_raw_parts_mut(self.pointer_to(offsets.start), offsets.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lie_within_or_are_refused() {
        let memory = Memory::new(0x1_0000, 0x3000).unwrap();
        let offsets = |range| memory.offsets(Operation::Read, range);
        assert_eq!(offsets(0..0x3000).unwrap(), 0..0x3000);
        assert_eq!(offsets(0x3000..0x3000).unwrap(), 0x3000..0x3000);
        let error = offsets(5..0x3001).unwrap_err();
        assert_eq!(error.addresses(), Some(0x1_0005..0x1_3001));
        assert_eq!(error.code(), ERROR_INVALID_ADDRESS);
        let whole = memory.offsets(Operation::Read, ..).unwrap();
        assert_eq!(memory.addresses_of(&whole), 0x1_0000..0x1_3000);
        assert_eq!(memory.offsets(Operation::Read, ..=1).unwrap(), 0..2);
        let excluded = (Bound::Excluded(1), Bound::Unbounded);
        assert_eq!(
            memory.offsets(Operation::Read, excluded).unwrap(),
            2..0x3000
        );
        let beyond = (Bound::Excluded(usize::MAX), Bound::Unbounded);
        assert!(memory.offsets(Operation::Read, beyond).is_err());
        assert!(memory.offsets(Operation::Read, ..=usize::MAX).is_err());
        assert!(memory.span(Operation::Read, usize::MAX, 2).is_err());
        assert_eq!(memory.pages_of(&(0xFFF..0x1001)), 0..0x2000);
        assert!(Memory::new(0, 1).is_none());
    }

    #[test]
    fn slices_are_of_the_bytes() {
        let mut bytes = [1u8, 2, 3, 4];
        let memory = Memory::new(bytes.as_mut_ptr().expose_provenance(), bytes.len()).unwrap();
        // SAFETY: the bytes are the array's, and are used in turn.
        unsafe {
            memory.slice_mut(&(1..3)).copy_from_slice(&[7, 8]);
            assert_eq!(memory.slice(&(0..4)), [1, 7, 8, 4]);
        }
    }
}
