//! Placeholders: addresses that are kept free for what is to come.

use std::ops::Range;

use winpages_error::error_code::ERROR_INVALID_ADDRESS;

use crate::error::{Error, Operation};
use crate::memory::Memory;
use crate::memory_flag::{MEM_PRESERVE_PLACEHOLDER, MEM_RESERVE, MEM_RESERVE_PLACEHOLDER};
use crate::platform::{self, Allocation};
use crate::protection::Protection;
use crate::system::page_size;

/// Addresses at which nobody else puts anything, to be cut into pieces and replaced, piece by piece, by
/// [reservations](crate::ReservationOptions::reserve_in) and [views](crate::ViewOptions::map_in).
/// Dropping it gives them back. Mirrors VirtualAlloc2 with MEM_RESERVE_PLACEHOLDER.
///
/// ```
/// # if !winpages::Placeholder::are_available() { return Ok(()); }
/// use winpages::{Placeholder, Reservation, Section};
///
/// // Private memory and a view, side by side, whatever other threads do meanwhile.
/// let mut first = Placeholder::reserve(128 << 10)?;
/// let second = first.split_off(64 << 10)?;
/// let section = Section::options().size(64 << 10).create()?;
/// let private = Reservation::options().commit(true).reserve_in(first)?;
/// let view = section.view().map_in(second)?;
/// assert_eq!(private.as_ptr() as usize + private.len(), view.as_ptr() as usize);
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Placeholder {
    memory: Memory,
}

impl Placeholder {
    /// Reserves a placeholder of `size` bytes, rounded up to whole pages, where there is room.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no size, or more than there are addresses.
    /// * ERROR_NOT_ENOUGH_MEMORY: no room in the address space.
    /// * ERROR_CALL_NOT_IMPLEMENTED: a Windows before 10, version 1803.
    pub fn reserve(size: usize) -> Result<Self, Error> {
        let fail = |code| Error::new(Operation::Reserve, code);
        let base = platform::allocate(&Allocation {
            size,
            kind: MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
            protection: Protection::NOACCESS.bits(),
            ..Allocation::default()
        })
        .map_err(fail)?;
        let size = size.next_multiple_of(page_size());
        let memory = Memory::new(base, size).ok_or_else(|| fail(ERROR_INVALID_ADDRESS))?;
        Ok(Self { memory })
    }

    /// Whether this system has placeholders: Linux, and Windows since 10, version 1803.
    pub fn are_available() -> bool {
        Self::reserve(page_size()).is_ok()
    }

    /// The placeholder that has come back in the place of something.
    pub(crate) fn at(base: usize, size: usize) -> Option<Self> {
        let memory = Memory::new(base, size.next_multiple_of(page_size()))?;
        Some(Self { memory })
    }

    /// How many bytes: whole pages.
    #[allow(
        clippy::len_without_is_empty,
        reason = "there is no placeholder without a byte"
    )]
    pub fn len(&self) -> usize {
        self.memory.size()
    }

    /// Its addresses.
    pub fn addresses(&self) -> Range<usize> {
        self.memory.addresses_of(&(0..self.len()))
    }

    pub(crate) fn base(&self) -> usize {
        self.memory.base()
    }

    /// Cuts it in two: this one ends at an offset, and the other that is answered begins there. Mirrors
    /// VirtualFree with MEM_PRESERVE_PLACEHOLDER.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS: the offset is not a multiple of [`page_size`], or
    /// leaves nothing on one side.
    pub fn split_off(&mut self, offset: usize) -> Result<Self, Error> {
        let addresses = self.addresses();
        let fail = |code| Error::new(Operation::ChangePlaceholder, code).at(addresses.clone());
        if offset == 0 || offset >= self.len() || !offset.is_multiple_of(page_size()) {
            return Err(fail(ERROR_INVALID_ADDRESS));
        }
        let memory = Memory::new(self.base() + offset, self.len() - offset);
        let memory = memory.ok_or_else(|| fail(ERROR_INVALID_ADDRESS))?;
        // SAFETY: both are this value's own.
        unsafe { platform::change_placeholder(self.base(), offset, MEM_PRESERVE_PLACEHOLDER) }
            .map_err(fail)?;
        self.memory.set_size(offset);
        Ok(Self { memory })
    }

    /// Joins the placeholder that begins where this one ends to it. Mirrors VirtualFree with
    /// MEM_COALESCE_PLACEHOLDERS. If it fails, the other is given up.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_ADDRESS: the other does not begin there.
    pub fn append(&mut self, other: Self) -> Result<(), Error> {
        const MEM_COALESCE_PLACEHOLDERS: u32 = 1;
        let addresses = self.addresses();
        let end = addresses.end;
        let fail = |code| Error::new(Operation::ChangePlaceholder, code).at(addresses.clone());
        if other.base() != end {
            return Err(fail(ERROR_INVALID_ADDRESS));
        }
        let size = self.len() + other.len();
        // SAFETY: both are the caller's.
        unsafe { platform::change_placeholder(self.base(), size, MEM_COALESCE_PLACEHOLDERS) }
            .map_err(fail)?;
        // It is part of this one now.
        core::mem::forget(other);
        self.memory.set_size(size);
        Ok(())
    }
}

impl Drop for Placeholder {
    fn drop(&mut self) {
        // SAFETY: nobody uses what nobody can use.
        let released = unsafe { platform::release(self.memory.base()) };
        debug_assert_eq!(released, Ok(()), "the placeholder was released by others");
    }
}
