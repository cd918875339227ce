//! Two views of the same bytes, side by side.

use std::ops::RangeBounds;

use bytemuck::Pod;
use winpages_error::error_code::{
    ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER, ERROR_MAPPED_ALIGNMENT,
};

use super::{View, ViewOptions};
use crate::error::{Error, Operation};
use crate::memory::{Memory, Use};
use crate::placeholder::Placeholder;
use crate::reservation::Reservation;
use crate::shared::Shared;
use crate::system::allocation_granularity;

/// The same part of a section twice, side by side: byte `len() + n` is byte `n`. Made by
/// [`ViewOptions::map_mirrored`].
///
/// Whatever is at most [`len`](MirroredView::len) bytes long is in one piece, wherever in a ring it
/// begins.
///
/// ```
/// use winpages::Section;
///
/// let section = Section::options().size(64 << 10).create()?;
/// let ring = section.view().map_mirrored()?;
/// ring.write_at(ring.len() - 3, b"across")?;
/// assert_eq!(&ring.read::<[u8; 3]>(0)?, b"oss");
/// // SAFETY: nobody else has the section.
/// assert_eq!(unsafe { ring.slice(ring.len() - 3..ring.len() + 3)? }, b"across");
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct MirroredView {
    /// Of both.
    memory: Memory,
    /// The first and the second, which unmap themselves.
    _views: [View; 2],
}

impl MirroredView {
    pub(super) fn map(options: &ViewOptions<'_>) -> Result<Self, Error> {
        let size = options.view_size()?;
        if !size.is_multiple_of(allocation_granularity()) {
            return Err(options.fail(0, ERROR_MAPPED_ALIGNMENT));
        }
        let both = size
            .checked_mul(2)
            .ok_or_else(|| options.fail(0, ERROR_INVALID_PARAMETER))?;
        let options = options.clone().size(size);
        let views = match Placeholder::reserve(both) {
            Ok(placeholder) => in_placeholders(&options, placeholder)?,
            Err(_) => by_trying(&options, both)?,
        };
        let memory = Memory::new(views[0].memory.base(), both);
        let memory = memory.ok_or_else(|| options.fail(0, ERROR_INVALID_ADDRESS))?;
        Ok(Self {
            memory,
            _views: views,
        })
    }

    /// How many bytes there are, each of which is seen twice.
    #[allow(
        clippy::len_without_is_empty,
        reason = "there is no view without a byte"
    )]
    pub fn len(&self) -> usize {
        self.memory.size() / 2
    }

    /// The address of the first byte. As [`View::as_ptr`], and the bytes go on for twice
    /// [`len`](MirroredView::len).
    pub fn as_ptr(&self) -> *mut u8 {
        self.memory.pointer()
    }

    /// Copies bytes out. As [`View::read_at`], with offsets up to twice [`len`](MirroredView::len).
    ///
    /// # Errors
    ///
    /// As [`View::read_at`].
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        self.memory.read(offset, buffer)
    }

    /// Copies bytes in. As [`View::write_at`], with offsets up to twice [`len`](MirroredView::len).
    ///
    /// # Errors
    ///
    /// As [`View::write_at`].
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: what safe references there are to a view's bytes are atomics.
        unsafe { self.memory.write(offset, bytes) }
    }

    /// Copies a value of plain data out. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`View::read_at`].
    pub fn read<T: Pod>(&self, offset: usize) -> Result<T, Error> {
        let mut value = T::zeroed();
        self.read_at(offset, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Copies a value of plain data in. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`View::write_at`].
    pub fn write<T: Pod>(&self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, bytemuck::bytes_of(value))
    }

    /// What lies at an offset, as a reference that everybody can have at once. As [`View::shared`].
    ///
    /// # Errors
    ///
    /// As [`View::shared`].
    pub fn shared<T: Shared>(&self, offset: usize) -> Result<&T, Error> {
        // SAFETY: the pages stay as they are until the views are dropped.
        unsafe { self.memory.shared(offset) }
    }

    /// The bytes of a range, as a slice.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody writes to its bytes: not through this view, at either of their two
    /// places, nor another, nor from another process, nor to the file behind it; and nobody cuts that
    /// file short.
    ///
    /// # Errors
    ///
    /// As [`View::slice`].
    pub unsafe fn slice(&self, range: impl RangeBounds<usize>) -> Result<&[u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        self.memory
            .check(Operation::Borrow, &offsets, Use::Reading)?;
        // SAFETY: the pages are readable and stay so while `self` is borrowed; the caller vouches for
        // who writes.
        Ok(unsafe { self.memory.slice(&offsets) })
    }

    /// The bytes of a range, as a slice to write to.
    ///
    /// # Safety
    ///
    /// While the slice lives, nobody else reads or writes its bytes, wherever they are seen; and nobody
    /// cuts the file behind them short.
    ///
    /// # Errors
    ///
    /// As [`View::slice_mut`]; ERROR_INVALID_PARAMETER if the range has more bytes than
    /// [`len`](MirroredView::len), for then some would be in it twice.
    pub unsafe fn slice_mut(&mut self, range: impl RangeBounds<usize>) -> Result<&mut [u8], Error> {
        let offsets = self.memory.offsets(Operation::Borrow, range)?;
        if offsets.len() > self.len() {
            let addresses = self.memory.addresses_of(&offsets);
            return Err(Error::new(Operation::Borrow, ERROR_INVALID_PARAMETER).at(addresses));
        }
        self.memory
            .check(Operation::Borrow, &offsets, Use::Writing)?;
        // SAFETY: the pages are writable and stay so while `self` is borrowed; the caller vouches for
        // everybody else.
        Ok(unsafe { self.memory.slice_mut(&offsets) })
    }
}

fn in_placeholders(options: &ViewOptions<'_>, mut first: Placeholder) -> Result<[View; 2], Error> {
    let second = first.split_off(first.len() / 2)?;
    Ok([options.map_in(first)?, options.map_in(second)?])
}

/// Finds room for both, lets go of it, and maps them there, unless another thread was faster.
fn by_trying(options: &ViewOptions<'_>, both: usize) -> Result<[View; 2], Error> {
    const ENOUGH: usize = 100;
    let mut tried = 0;
    loop {
        let base = Reservation::new(both)?.as_ptr() as usize;
        let views = options
            .map_as(base, 0)
            .and_then(|first| Ok([first, options.map_as(base + both / 2, 0)?]));
        tried += 1;
        match views {
            Err(error) if error.code() == ERROR_INVALID_ADDRESS && tried < ENOUGH => {}
            views => return views,
        }
    }
}
