//! What lies in the address space.

use core::iter::FusedIterator;
use std::ops::Range;
use std::path::PathBuf;

use crate::error::{Error, Operation};
use crate::platform::{self, BasicInformation};
use crate::protection::Protection;

/// Whether there is memory at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegionState {
    /// MEM_COMMIT: there is memory.
    Committed,
    /// MEM_RESERVE: the addresses are taken, but there is no memory.
    Reserved,
    /// MEM_FREE: nothing is there.
    Free,
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegionKind {
    /// MEM_PRIVATE: this process's alone.
    Private,
    /// MEM_MAPPED: a view of a section. On Linux also what others mapped with `mmap` as shared, or of a
    /// file.
    Mapped,
    /// MEM_IMAGE: part of a program or library.
    Image,
}

/// Pages that are alike: of one allocation, in one state, with one protection. Windows'
/// MEMORY_BASIC_INFORMATION.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Region {
    /// The address of the first page.
    pub base: usize,
    /// How many bytes: whole pages.
    pub size: usize,
    /// The address of the reservation or view that the pages belong to; `None` if free.
    pub allocation_base: Option<usize>,
    /// The protection that was given when it was reserved or mapped; `None` if free.
    pub allocation_protection: Option<Protection>,
    /// Whether there is memory.
    pub state: RegionState,
    /// What may be done with it; `None` unless committed.
    pub protection: Option<Protection>,
    /// Whose it is; `None` if free.
    pub kind: Option<RegionKind>,
}

impl Region {
    #[inline]
    pub(crate) fn new(basic: BasicInformation) -> Self {
        const COMMIT: u32 = 0x1000;
        const RESERVE: u32 = 0x2000;
        const IMAGE: u32 = 0x100_0000;
        const MAPPED: u32 = 0x4_0000;
        let state = match basic.state {
            COMMIT => RegionState::Committed,
            RESERVE => RegionState::Reserved,
            _ => RegionState::Free,
        };
        let is_taken = state != RegionState::Free;
        let kind = match basic.kind {
            IMAGE => RegionKind::Image,
            MAPPED => RegionKind::Mapped,
            _ => RegionKind::Private,
        };
        let protection = Protection::from_bits_retain(basic.protection);
        let at_allocation = Protection::from_bits_retain(basic.allocation_protection);
        Self {
            base: basic.base,
            size: basic.size,
            allocation_base: is_taken.then_some(basic.allocation_base),
            allocation_protection: is_taken.then_some(at_allocation),
            state,
            protection: (state == RegionState::Committed).then_some(protection),
            kind: is_taken.then_some(kind),
        }
    }

    /// The addresses of its bytes.
    #[inline]
    pub fn addresses(&self) -> Range<usize> {
        self.base..self.base + self.size
    }

    /// Whether its bytes can be read, as far as protections tell.
    pub fn is_readable(&self) -> bool {
        self.protection.is_some_and(Protection::is_readable)
    }

    /// Whether its bytes can be written, as far as protections tell.
    pub fn is_writable(&self) -> bool {
        self.protection.is_some_and(Protection::is_writable)
    }
}

/// Tells what lies at an address, and how far it goes on like that. Mirrors VirtualQuery.
///
/// The region starts at the page of the address, though pages before it may be alike. Every address of
/// the program's part of the address space has an answer, whoever put there what is there; on Linux
/// that includes stacks, `malloc`'s memory, libraries and mappings of others, in Windows' terms.
///
/// # Errors
///
/// ERROR_INVALID_PARAMETER beyond the end of [`application_addresses`](crate::application_addresses).
///
/// ```
/// let local = 5;
/// let region = winpages::query(&raw const local as usize)?;
/// assert!(region.is_readable() && region.is_writable());
/// assert_eq!(region.kind, Some(winpages::RegionKind::Private));
/// # Ok::<(), winpages::Error>(())
/// ```
#[inline]
pub fn query(address: usize) -> Result<Region, Error> {
    platform::query(address)
        .map(Region::new)
        .map_err(|code| Error::new(Operation::Query, code).at(address..address.saturating_add(1)))
}

/// All regions of the address space, from address 0 to the last that a program may have, without a gap
/// or an overlap. Mirrors a walk with VirtualQuery.
///
/// Other threads may change what lies where meanwhile; each region was so when it was asked for.
///
/// ```
/// use winpages::RegionState;
/// let committed: usize = winpages::regions()
///     .filter(|region| region.state == RegionState::Committed)
///     .map(|region| region.size)
///     .sum();
/// println!("{} KiB are committed", committed / 1024);
/// # assert!(committed > 0);
/// ```
pub fn regions() -> Regions {
    Regions { next: Some(0) }
}

/// The iterator that [`regions`] answers.
#[derive(Clone, Debug)]
pub struct Regions {
    next: Option<usize>,
}

impl Iterator for Regions {
    type Item = Region;

    fn next(&mut self) -> Option<Region> {
        let region = query(self.next.take()?).ok()?;
        self.next = region.base.checked_add(region.size);
        Some(region)
    }
}

impl FusedIterator for Regions {}

/// A whole reservation, view or image. Windows' MEMORY_REGION_INFORMATION.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AllocationInformation {
    /// The address of its first byte.
    pub base: usize,
    /// How many bytes it takes.
    pub size: usize,
    /// How many of them are committed.
    pub committed: usize,
    /// The protection that was given when it was reserved or mapped.
    pub protection: Protection,
    /// Whose it is.
    pub kind: RegionKind,
}

/// Tells of the whole reservation, view or image that an address lies in; `None` if nothing is there.
/// Mirrors QueryVirtualMemoryInformation with MemoryRegionInfo.
///
/// # Errors
///
/// As [`query`].
///
/// ```
/// let mut reservation = winpages::Reservation::new(1 << 30)?;
/// reservation.commit(1 << 20..2 << 20)?;
/// let whole = winpages::allocation(reservation.as_ptr() as usize + (1 << 29))?.unwrap();
/// assert_eq!((whole.size, whole.committed), (1 << 30, 1 << 20));
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn allocation(address: usize) -> Result<Option<AllocationInformation>, Error> {
    let here = query(address)?;
    let (Some(base), Some(protection), Some(kind)) =
        (here.allocation_base, here.allocation_protection, here.kind)
    else {
        return Ok(None);
    };
    let (mut end, mut committed) = (base, 0);
    while let Ok(region) = query(end)
        && region.allocation_base == Some(base)
    {
        if region.state == RegionState::Committed {
            committed += region.size;
        }
        end = region.addresses().end;
    }
    Ok(Some(AllocationInformation {
        base,
        size: end - base,
        committed,
        protection,
        kind,
    }))
}

/// The file whose pages lie at an address. Mirrors GetMappedFileName: on Windows the path begins with
/// a device, as in `\Device\HarddiskVolume3\data.bin`.
///
/// # Errors
///
/// ERROR_INVALID_ADDRESS, or on some versions of Windows another: no file's pages are there.
pub fn mapped_file(address: usize) -> Result<PathBuf, Error> {
    platform::mapped_file(address)
        .map_err(|code| Error::new(Operation::Query, code).at(address..address.saturating_add(1)))
}
