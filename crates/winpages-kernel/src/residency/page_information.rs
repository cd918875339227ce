//! What is known of single pages: NtQueryVirtualMemory with MemoryWorkingSetExInformation.

use core::ops::Range;

use rustix::io::Errno;

use crate::NtStatus;
use crate::address_space::layout::{PAGE_SIZE, page_down};
use crate::address_space::{MemoryBasicInformation, Protection, query_virtual_memory};
use crate::sys::pagemap::{PageCounts, PageEntry, PageWindow, Pagemap};
use crate::sys::procmap::{self, Maps};
use crate::sys::residency;

/// What is known of one page: Windows' MEMORY_WORKING_SET_EX_BLOCK, without the node, which is not
/// told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageInformation {
    /// Whether it is in the working set: in memory, and usable without a page fault. If not, only
    /// `shared` is told besides.
    pub valid: bool,
    /// How many page tables map it, at most 7; 0 for a page that is not shared. More than one is
    /// answered as 2 to processes that may not know the number.
    pub share_count: u8,
    /// How it may be used.
    pub protection: Option<Protection>,
    /// Whether it is one that can be shared: of a section, an image or a file.
    pub shared: bool,
    /// Whether it is locked in memory.
    pub locked: bool,
    /// Whether it is one of the processor's larger pages.
    pub large: bool,
}

/// The most that [`PageInformation::share_count`] counts to.
const GREATEST_SHARE_COUNT: u64 = 7;

impl PageInformation {
    /// As the flags of Windows' MEMORY_WORKING_SET_EX_BLOCK.
    pub fn extended_block(self) -> u64 {
        u64::from(self.valid)
            | u64::from(self.share_count) << 1
            | u64::from(self.protection.map_or(0, |given| given.bits() & 0x7FF)) << 4
            | u64::from(self.shared) << 15
            | u64::from(self.locked) << 22
            | u64::from(self.large) << 23
    }

    /// As the flags of Windows' MEMORY_WORKING_SET_BLOCK, for the page at `address`.
    pub fn block(self, address: usize) -> u64 {
        u64::from(self.protection.map_or(0, short_protection))
            | u64::from(self.share_count) << 5
            | u64::from(self.shared) << 8
            | page_down(address) as u64
    }
}

/// The five bits that MEMORY_WORKING_SET_BLOCK has for a protection.
fn short_protection(protection: Protection) -> u8 {
    let base = match protection.base() {
        Protection::READONLY => 1,
        Protection::EXECUTE => 2,
        Protection::EXECUTE_READ => 3,
        Protection::READWRITE => 4,
        Protection::WRITECOPY => 5,
        Protection::EXECUTE_READWRITE => 6,
        Protection::EXECUTE_WRITECOPY => 7,
        _ => 0,
    };
    if protection.contains(Protection::NOCACHE) {
        base | 8
    } else {
        base
    }
}

/// What is the same for all pages of one of the kernel's mappings.
#[derive(Clone, Copy)]
struct MappingInformation {
    start: usize,
    end: usize,
    locked: bool,
    large: bool,
}

/// Tells the region at an address of a process.
pub type FindRegion<'a> = dyn Fn(usize) -> Result<MemoryBasicInformation, NtStatus> + 'a;

/// The mappings of a process that is another.
struct OtherMappings {
    maps: Maps,
    locked: Vec<Range<usize>>,
}

/// Answers for pages of a process, one after the other.
pub struct PageReader<'a> {
    find_region: &'a FindRegion<'a>,
    other: Option<OtherMappings>,
    pagemap: Pagemap,
    counts: Option<PageCounts>,
    window: PageWindow,
    region: Option<MemoryBasicInformation>,
    mapping: Option<MappingInformation>,
}

impl PageReader<'static> {
    /// Gets ready to ask the kernel about this process.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INSUFFICIENT_RESOURCES`] if it cannot be asked: no `/proc`, or no descriptor left.
    pub fn open() -> Result<Self, NtStatus> {
        let pagemap = Pagemap::open().map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        Ok(PageReader::over(&query_virtual_memory, None, pagemap))
    }
}

impl<'a> PageReader<'a> {
    /// Gets ready to ask the kernel about another process, whose regions `find_region` tells.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if this process may not look into it, or it has ended;
    /// [`NtStatus::INSUFFICIENT_RESOURCES`] as [`PageReader::open`].
    pub fn of(process: u32, find_region: &'a FindRegion<'a>) -> Result<Self, NtStatus> {
        let refused = |errno| match errno {
            Errno::ACCESS | Errno::PERM | Errno::NOENT | Errno::SRCH => NtStatus::ACCESS_DENIED,
            _ => NtStatus::INSUFFICIENT_RESOURCES,
        };
        let other = OtherMappings {
            maps: Maps::of(process).map_err(refused)?,
            locked: procmap::locked_ranges(process),
        };
        let pagemap = Pagemap::of(process).map_err(refused)?;
        Ok(Self::over(find_region, Some(other), pagemap))
    }

    fn over(
        find_region: &'a FindRegion<'a>,
        other: Option<OtherMappings>,
        pagemap: Pagemap,
    ) -> Self {
        Self {
            find_region,
            other,
            pagemap,
            counts: PageCounts::open(),
            window: PageWindow::new(),
            region: None,
            mapping: None,
        }
    }

    /// What is known of the page at an address; one outside the application's addresses is not valid.
    pub fn page(&mut self, address: usize) -> PageInformation {
        let page = page_down(address);
        let known = self.region.filter(|region| {
            region.base_address <= page && page - region.base_address < region.region_size
        });
        let Some(region) = known.or_else(|| (self.find_region)(page).ok()) else {
            return PageInformation::default();
        };
        self.region = Some(region);
        let entry = self
            .pagemap
            .read(page, page + PAGE_SIZE, &mut self.window)
            .next()
            .unwrap_or_default();
        self.describe(&region, page, entry)
    }

    /// Calls `found` for each page of the working set with its address, from the lowest on.
    pub fn walk(&mut self, mut found: impl FnMut(usize, PageInformation)) {
        let mut at = 0;
        while let Ok(region) = (self.find_region)(at) {
            self.walk_region(&region, &mut found);
            at = region.base_address + region.region_size;
        }
    }

    fn walk_region(
        &mut self,
        region: &MemoryBasicInformation,
        found: &mut impl FnMut(usize, PageInformation),
    ) {
        if !is_usable(region) {
            return;
        }
        let mut at = region.base_address;
        let end = at + region.region_size;
        while at < end
            && let Some((first, run_end)) = self.pagemap.next_present(at, end)
        {
            at = first;
            while at < run_end {
                let mut window = PageWindow::new();
                let before = at;
                for entry in self.pagemap.read(at, run_end, &mut window) {
                    let information = self.describe(region, at, entry);
                    if information.valid {
                        found(at, information);
                    }
                    at += PAGE_SIZE;
                }
                if at == before {
                    return;
                }
            }
        }
    }

    fn describe(
        &mut self,
        region: &MemoryBasicInformation,
        page: usize,
        entry: PageEntry,
    ) -> PageInformation {
        let shared = entry.is_file_or_shared();
        if !entry.is_present() || !is_usable(region) {
            return PageInformation {
                shared,
                ..PageInformation::default()
            };
        }
        let share_count = if shared { self.share_count(entry) } else { 0 };
        let mapping = self.mapping_of(page);
        PageInformation {
            valid: true,
            share_count,
            protection: region.protection,
            shared,
            locked: mapping.is_some_and(|mapping| mapping.locked),
            large: mapping.is_some_and(|mapping| mapping.large),
        }
    }

    fn share_count(&self, entry: PageEntry) -> u8 {
        let least = if entry.is_exclusive() { 1 } else { 2 };
        let counts = self.counts.as_ref();
        let exact = entry
            .frame()
            .and_then(|frame| counts.and_then(|counts| counts.of(frame)));
        exact.unwrap_or(least).clamp(1, GREATEST_SHARE_COUNT) as u8
    }

    fn mapping_of(&mut self, page: usize) -> Option<MappingInformation> {
        let known = self
            .mapping
            .filter(|mapping| (mapping.start..mapping.end).contains(&page));
        self.mapping = known.or_else(|| {
            let mapping = match &self.other {
                None => procmap::covering_or_next(page),
                Some(other) => other.maps.covering_or_next(page),
            };
            let mapping = mapping.ok().flatten()?;
            (mapping.start <= page).then(|| MappingInformation {
                start: mapping.start,
                end: mapping.end,
                locked: match &self.other {
                    None => residency::is_locked(page),
                    Some(other) => other.locked.iter().any(|range| range.contains(&page)),
                },
                large: mapping.page_size > PAGE_SIZE as u64,
            })
        });
        self.mapping
    }
}

/// Whether the processor may use the pages of a region at all: on Windows, one that it may not use is
/// in no working set.
fn is_usable(region: &MemoryBasicInformation) -> bool {
    region
        .protection
        .is_some_and(|protection| !protection.access().is_empty())
}
