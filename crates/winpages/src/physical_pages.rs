//! Pages that a program allocates by number and maps where it likes: Address Windowing Extensions.

use std::ops::Range;

use bytemuck::Pod;
use winpages_error::error_code::{ERROR_INVALID_ADDRESS, ERROR_INVALID_PARAMETER};

use crate::error::{Error, Operation};
use crate::memory::Memory;
use crate::memory_flag::{MEM_PHYSICAL, MEM_RESERVE};
use crate::platform::{self, Allocation};
use crate::protection::Protection;
use crate::system::page_size;

/// Pages of physical memory, to be mapped into [`PhysicalWindow`]s. Dropping them frees them, out of
/// whatever window they are in. Mirrors AllocateUserPhysicalPages.
///
/// On Linux they are pages of a file in memory, and can be paged out; no privilege is needed there.
#[derive(Debug)]
pub struct PhysicalPages {
    numbers: Vec<usize>,
}

impl PhysicalPages {
    /// Allocates up to `count` pages: fewer, if there are not so many.
    ///
    /// # Errors
    ///
    /// * ERROR_PRIVILEGE_NOT_HELD: the process may not lock pages in memory, on Windows.
    /// * ERROR_NO_SYSTEM_RESOURCES: there is not one page.
    pub fn allocate(count: usize) -> Result<Self, Error> {
        platform::allocate_physical(count)
            .map(|numbers| Self { numbers })
            .map_err(fail)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none, as none was asked for.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

impl Drop for PhysicalPages {
    fn drop(&mut self) {
        // SAFETY: a window makes no reference to what is in it, unless its caller vouches for that.
        let freed = unsafe { platform::free_physical(&self.numbers) };
        debug_assert_eq!(freed, Ok(()), "the pages were freed by others");
    }
}

/// Addresses into which [`PhysicalPages`] are mapped and out of which they are taken, faster than
/// memory could be copied. Mirrors VirtualAlloc with MEM_PHYSICAL.
///
/// ```
/// use winpages::{PhysicalPages, PhysicalWindow};
///
/// // Two sets of pages take turns in one window.
/// # if std::env::consts::OS == "windows" && std::env::var_os("WINEPREFIX").is_some() { return Ok(()); }
/// let window = PhysicalWindow::new(4 * 4096)?;
/// let (first, second) = (PhysicalPages::allocate(4)?, PhysicalPages::allocate(4)?);
/// window.map(0, &first, 0..4)?;
/// window.write(0, b"first")?;
/// window.map(0, &second, 0..4)?;
/// window.write(0, b"other")?;
/// window.map(0, &first, 0..4)?;
/// assert_eq!(&window.read::<[u8; 5]>(0)?, b"first");
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct PhysicalWindow {
    memory: Memory,
}

impl PhysicalWindow {
    /// Reserves a window of `size` bytes.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: no size, or more than there are addresses; Wine, which has none.
    /// * ERROR_NOT_ENOUGH_MEMORY: no room in the address space.
    pub fn new(size: usize) -> Result<Self, Error> {
        let fail = |code| Error::new(Operation::Reserve, code);
        let base = platform::allocate(&Allocation {
            size,
            kind: MEM_RESERVE | MEM_PHYSICAL,
            protection: Protection::READWRITE.bits(),
            ..Allocation::default()
        })
        .map_err(fail)?;
        let size = size.next_multiple_of(page_size());
        let memory = Memory::new(base, size).ok_or_else(|| fail(ERROR_INVALID_ADDRESS))?;
        Ok(Self { memory })
    }

    /// How many bytes: whole pages.
    #[allow(clippy::len_without_is_empty, reason = "there is no window of no size")]
    pub fn len(&self) -> usize {
        self.memory.size()
    }

    /// The address of the first byte. Whoever reads or writes through it sees to it that pages are
    /// mapped there meanwhile.
    pub fn as_ptr(&self) -> *mut u8 {
        self.memory.pointer()
    }

    /// Maps some of the pages side by side, from the window's page `at` on, in place of what is there.
    /// Mirrors MapUserPhysicalPages.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_PARAMETER: there are not so many pages, or the window ends before them, or one of
    /// them is mapped elsewhere.
    pub fn map(&self, at: usize, pages: &PhysicalPages, which: Range<usize>) -> Result<(), Error> {
        let numbers = pages.numbers.get(which);
        let numbers = numbers.ok_or_else(|| fail(ERROR_INVALID_PARAMETER))?;
        let base = self.page(at, numbers.len())?;
        if numbers.is_empty() {
            return Ok(());
        }
        // What is among them already may be put elsewhere in one step only if it is taken out first.
        // SAFETY: safe code has no references to what is mapped.
        unsafe {
            platform::unmap_physical(base, numbers.len()).map_err(fail)?;
            platform::map_physical(base, numbers).map_err(fail)
        }
    }

    /// Maps pages one by one, each at a place of its own: pairs of the window's page and the number of the
    /// page among the others. In each place there must be none. Mirrors MapUserPhysicalPagesScatter.
    ///
    /// # Errors
    ///
    /// As [`PhysicalWindow::map`]; then none is mapped.
    pub fn map_scattered(
        &self,
        pages: &PhysicalPages,
        places: &[(usize, usize)],
    ) -> Result<(), Error> {
        let mut addresses = Vec::with_capacity(places.len());
        let mut numbers = Vec::with_capacity(places.len());
        for (at, which) in places {
            let number = pages.numbers.get(*which);
            numbers.push(*number.ok_or_else(|| fail(ERROR_INVALID_PARAMETER))?);
            addresses.push(self.page(*at, 1)?);
        }
        if places.is_empty() {
            return Ok(());
        }
        // SAFETY: safe code has no references to what is mapped.
        unsafe { platform::map_physical_scattered(&addresses, &numbers) }.map_err(fail)
    }

    /// Takes `count` pages out, from the window's page `at` on; they keep their contents. Mirrors
    /// MapUserPhysicalPages without an array.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_PARAMETER: the window ends before that.
    pub fn unmap(&self, at: usize, count: usize) -> Result<(), Error> {
        let base = self.page(at, count)?;
        if count == 0 {
            return Ok(());
        }
        // SAFETY: safe code has no references to what is mapped.
        unsafe { platform::unmap_physical(base, count) }.map_err(fail)
    }

    fn page(&self, at: usize, count: usize) -> Result<usize, Error> {
        let pages = self.memory.size() / page_size();
        match at.checked_add(count) {
            Some(end) if end <= pages => Ok(self.memory.base() + at * page_size()),
            _ => Err(fail(ERROR_INVALID_PARAMETER)),
        }
    }

    /// Copies bytes out.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_ADDRESS: the bytes would pass the end of the window.
    /// * ERROR_NOACCESS: no page is mapped at some of them.
    pub fn read_at(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        self.memory.read(offset, buffer)
    }

    /// Copies bytes in.
    ///
    /// # Errors
    ///
    /// As [`PhysicalWindow::read_at`].
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: there are no safe references to the bytes.
        unsafe { self.memory.write(offset, bytes) }
    }

    /// Copies a value of plain data out. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`PhysicalWindow::read_at`].
    pub fn read<T: Pod>(&self, offset: usize) -> Result<T, Error> {
        let mut value = T::zeroed();
        self.read_at(offset, bytemuck::bytes_of_mut(&mut value))?;
        Ok(value)
    }

    /// Copies a value of plain data in. The offset needs no alignment.
    ///
    /// # Errors
    ///
    /// As [`PhysicalWindow::read_at`].
    pub fn write<T: Pod>(&self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, bytemuck::bytes_of(value))
    }
}

impl Drop for PhysicalWindow {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference to what is dropped.
        let released = unsafe { platform::release(self.memory.base()) };
        debug_assert_eq!(released, Ok(()), "the window was released by others");
    }
}

fn fail(code: platform::Code) -> Error {
    Error::new(Operation::PhysicalPages, code)
}
