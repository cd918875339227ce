//! Views of sections, as the address space sees them.

use std::sync::Arc;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::allocate::{self, clear_way, mapping_status};
use super::commit_map::CommitMap;
use super::image_view::{self, ImagePart, ImageParts};
use super::large_pages::LARGE_PAGE_SIZE;
use super::layout::{PAGE_SIZE, page_up};
use super::query::{MemoryBasicInformation, MemoryKind, MemoryState};
use super::region_map::{REGIONS, Writer};
use super::reserving_view::{absorb, up_to_date};
use super::run::{AllocationKind, PageState, Run};
use super::view_protection::change;
use super::{AddressRequirements, PageRange, Protection, placeholder};
use crate::NtStatus;
use crate::sys::fault;
use crate::sys::memory::{self, Access};
use crate::sys::pagemap::Pagemap;

/// What a view shows; keeps it alive as long as the view is mapped.
pub trait Backing: Send + Sync {
    /// The file whose pages the view maps.
    fn file(&self) -> BorrowedFd<'_>;

    /// Writes changed pages back to where they belong, if that is more than memory.
    ///
    /// # Errors
    ///
    /// [`NtStatus::UNSUCCESSFUL`] if they cannot be written.
    fn flush(&self, offset: u64, size: u64) -> Result<(), NtStatus>;

    /// The file of the user's that this is, or was made from; `None` for memory.
    fn mapped_file(&self) -> Option<BorrowedFd<'_>>;

    /// The parts of an image, and where the pages are that all its views share.
    fn image(&self) -> Option<(&[ImagePart], BorrowedFd<'_>)> {
        None
    }

    /// How many bytes there are to be shown now.
    fn size(&self) -> u64;

    /// Makes what is shown at least `size` bytes long, if it is shorter.
    ///
    /// # Errors
    ///
    /// [`NtStatus::DISK_FULL`], or what else keeps a file from growing.
    fn extend(&self, size: u64) -> Result<(), NtStatus>;
}

/// What the pages of a view are.
#[derive(Clone, Copy, Debug)]
pub enum Pages {
    /// Memory, all of it committed.
    Committed,
    /// Large pages, of which nothing changes until the view is unmapped.
    Large,
    /// Memory that is committed page by page.
    Reserving(CommitMap),
    /// A file's.
    File,
    /// A file's, which is to grow: those behind its end are reserved.
    GrowingFile,
    /// A program image's.
    Image {
        /// Where in the image the view begins, in bytes.
        start: u64,
        /// Whether nothing of it may be executed.
        no_execute: bool,
    },
}

/// A view of a section: what is needed to map it, and to answer for it afterwards.
pub struct View {
    /// The protection it is mapped with: what it may ever become follows from this.
    pub mapped: Protection,
    /// What its pages are.
    pub pages: Pages,
    /// Where in the file it starts, in bytes.
    pub offset: u64,
    /// What it shows.
    pub backing: Arc<dyn Backing>,
}

/// Where pages of a view come from.
pub(super) struct Source<'a> {
    /// Whether others see them change, unless their protection says otherwise.
    pub is_shared: bool,
    /// The file they are of.
    pub file: BorrowedFd<'a>,
    /// Where in it the first is, in bytes.
    pub offset: u64,
    /// The address up to which they come from there.
    pub end: usize,
}

impl View {
    /// Whether others see its pages change, if it is of no image.
    fn is_shared(&self) -> bool {
        !self.mapped.is_copy_on_write()
    }

    /// Whether nothing will have to be done for its first `size` bytes later: they are a file's or an image's, or committed,
    /// which pages of a section stay.
    pub(crate) fn is_all_there(&self, size: usize) -> bool {
        match self.pages {
            Pages::Committed | Pages::File | Pages::Image { .. } => true,
            Pages::Reserving(commit_map) => {
                let (first, count) = (self.offset / PAGE_SIZE as u64, (size / PAGE_SIZE) as u64);
                commit_map.run(self.backing.file(), first, count) == (true, count)
            }
            Pages::Large | Pages::GrowingFile => false,
        }
    }

    /// The parts of the image that the view is one of, if it is.
    pub(crate) fn image(&self) -> Option<ImageParts<'_>> {
        let Pages::Image { start, no_execute } = self.pages else {
            return None;
        };
        let (parts, shared) = self.backing.image()?;
        Some(ImageParts {
            parts,
            shared,
            start,
            no_execute,
        })
    }

    /// Where the pages from an address of the view on come from, which starts at `base`.
    pub(super) fn source(&self, base: usize, address: usize) -> Source<'_> {
        let into_view = (address - base) as u64;
        let mut source = Source {
            is_shared: self.is_shared(),
            file: self.backing.file(),
            offset: self.offset + into_view,
            end: usize::MAX,
        };
        if let Some(image) = self.image()
            && let Some(part) = image.part_at(image.start + into_view)
        {
            source.end = base + (part.end - image.start) as usize;
            if part.is_shared {
                source.is_shared = true;
                source.file = image.shared;
                source.offset = image.start + into_view;
            }
        }
        source
    }

    /// Whether pages of this view may be given a protection: what reads, writes or executes more
    /// than the view was mapped for may not.
    fn allows(&self, new: Protection) -> bool {
        if let Pages::Image { no_execute, .. } = self.pages {
            return !(no_execute && new.is_executable());
        }
        self.mapped.allows_in_view(new)
    }

    /// Where, within a run of the view's, the pages end that there are, and those begin that a file is
    /// still to grow to; the run's end if it has only one kind.
    fn growth(&self, base: usize, run: &Run) -> usize {
        if !matches!(self.pages, Pages::GrowingFile) {
            return run.end;
        }
        let shown = self.backing.size().saturating_sub(self.offset);
        let shown = page_up(shown as usize).unwrap_or(usize::MAX);
        base.saturating_add(shown).clamp(run.start, run.end)
    }

    /// Where in the file an address of the view is.
    pub(super) fn offset_of(&self, base: usize, address: usize) -> u64 {
        self.offset + (address - base) as u64
    }

    pub(super) fn page_in_section(&self, base: usize, address: usize) -> u64 {
        self.offset_of(base, address) / PAGE_SIZE as u64
    }
}

/// Where a view is to be mapped.
#[derive(Clone, Copy, Debug)]
pub enum ViewPlace {
    /// Wherever there is room and the requirements are met.
    Anywhere {
        /// Where the view may lie.
        requirements: AddressRequirements,
        /// Whether that is to be as high as possible.
        top_down: bool,
    },
    /// At an address, a multiple of 64 KiB.
    At(usize),
    /// In the place of the placeholder that starts at this page and is as long as the view.
    Placeholder(usize),
}

/// Maps a view of `size` bytes, a multiple of the page size.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if the place is in use, or no placeholder of that size,
/// [`NtStatus::INVALID_PARAMETER`] if the view would pass the end of the address space,
/// [`NtStatus::ACCESS_DENIED`] if the file does not allow it, [`NtStatus::NO_MEMORY`] if there is no
/// room. Where a placeholder is to be replaced, it is still there then.
pub fn map_view(place: ViewPlace, size: usize, view: Box<View>) -> Result<PageRange, NtStatus> {
    let map = |at: usize, over: bool| {
        if let Some(image) = view.image() {
            // SAFETY: as below.
            return unsafe { image.map(at, size, view.backing.file(), view.offset) };
        }
        let access = match view.pages {
            Pages::Reserving(_) => Access::empty(),
            _ => view.mapped.access(),
        };
        let (shared, file) = (view.is_shared(), view.backing.file());
        if over {
            // SAFETY: a placeholder is there, whose place the view is to take.
            unsafe { memory::map_file_over(at, size, access, shared, file, view.offset) }
        } else {
            // SAFETY: the place is free by the map of regions, and the kernel refuses it if it is not.
            unsafe { memory::map_file(at, size, access, shared, file, view.offset) }
        }
    };
    let mut writer = REGIONS.write();
    let mut placeholder = None;
    let base = match place {
        ViewPlace::Anywhere {
            requirements,
            top_down,
        } => {
            let mut requirements = requirements;
            if matches!(view.pages, Pages::Large) {
                requirements.alignment = requirements.alignment.max(LARGE_PAGE_SIZE);
            }
            allocate::place(&mut writer, size, &requirements, top_down, false, |at| {
                map(at, false)
            })?
        }
        ViewPlace::At(base) => {
            let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
            writer.ensure_records()?;
            clear_way(&mut writer, range)?;
            map(base, false).map_err(|errno| mapping_status(errno, false))?;
            base
        }
        ViewPlace::Placeholder(base) => {
            placeholder = Some(placeholder::exactly_at(&writer, PageRange { base, size })?);
            writer.ensure_records()?;
            map(base, true).map_err(|errno| mapping_status(errno, false))?;
            base
        }
    };
    let state = match view.pages {
        Pages::Reserving(_) => PageState::RESERVED,
        _ => PageState::committed(view.mapped),
    };
    let protection = view.mapped;
    let reserving = matches!(view.pages, Pages::Reserving(_));
    let is_image = matches!(view.pages, Pages::Image { .. });
    if reserving {
        // Pages that others commit become usable here when they are touched.
        fault::ensure_handler();
    }
    let pointer = Box::into_raw(view) as usize;
    let kind = AllocationKind::View;
    let range = PageRange { base, size };
    match placeholder {
        Some(placeholder) => {
            writer.describe_in_place(placeholder, kind, state, protection, pointer);
        }
        None => writer.add_allocation(kind, base, range.end(), state, protection, pointer),
    }
    if reserving && let Some(run) = writer.run_at(base) {
        absorb(&mut writer, range, run)?;
    }
    if is_image && let Some(run) = writer.run_at(base) {
        enter_image(&mut writer, range, &run)?;
    }
    Ok(range)
}

/// Gives each page of a new view of an image the state of its part; unmaps the view if that fails.
fn enter_image(writer: &mut Writer<'_>, range: PageRange, run: &Run) -> Result<(), NtStatus> {
    let backing = Arc::clone(&view_of(writer, run).backing);
    let Pages::Image { start, no_execute } = view_of(writer, run).pages else {
        return Ok(());
    };
    let Some((parts, shared)) = backing.image() else {
        return Ok(());
    };
    let image = ImageParts {
        parts,
        shared,
        start,
        no_execute,
    };
    image
        .enter(writer, range.base, range.size)
        .inspect_err(|_| {
            // SAFETY: the view has just been mapped, and nobody knows of it.
            let _ = unsafe { memory::unmap(range.base, range.size) };
            let pointer = run.allocation.view() as *mut View;
            writer.remove_allocation(run.allocation);
            // SAFETY: as in `unmap_view`.
            drop(unsafe { Box::from_raw(pointer) });
        })
}

/// Unmaps the view that an address lies in, and leaves a placeholder behind if told to.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if there is none, [`NtStatus::CONFLICTING_ADDRESSES`] if a
/// placeholder is to be left of a view that did not take the place of one, [`NtStatus::NO_MEMORY`] if
/// the kernel cannot cut one mapping more: then the view is still there.
pub fn unmap_view(address: usize, preserve_placeholder: bool) -> Result<(), NtStatus> {
    let mut writer = REGIONS.write();
    let run = view_run(&writer, address)?;
    let allocation = run.allocation;
    if preserve_placeholder && !allocation.is_in_placeholder() {
        return Err(NtStatus::CONFLICTING_ADDRESSES);
    }
    let PageRange { base, size } = allocation.range();
    // SAFETY: the view is ours, and the caller gives it up.
    let unmapped = unsafe {
        if preserve_placeholder {
            memory::map_reserved_over(base, size)
        } else {
            memory::unmap(base, size)
        }
    };
    unmapped.map_err(|_| NtStatus::NO_MEMORY)?;
    let pointer = allocation.view() as *mut View;
    if preserve_placeholder {
        placeholder::become_placeholder(&mut writer, allocation);
    } else {
        writer.remove_allocation(allocation);
    }
    drop(writer);
    // SAFETY: the pointer came from Box::into_raw in `map_view`, no allocation holds it any more, and
    // whoever looks at a view does so under the lock that was held meanwhile.
    drop(unsafe { Box::from_raw(pointer) });
    Ok(())
}

/// The range from an address's page to the end of its view, where in the section that is, in bytes,
/// and what the view shows.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if the address lies in no view.
pub fn view_at(address: usize) -> Result<(PageRange, u64, Arc<dyn Backing>), NtStatus> {
    let writer = REGIONS.write();
    let run = view_run(&writer, address)?;
    let base = super::layout::page_down(address);
    let range = PageRange {
        base,
        size: run.allocation.end() - base,
    };
    let view = view_of(&writer, &run);
    let offset = view.offset_of(run.allocation.base(), base);
    Ok((range, offset, Arc::clone(&view.backing)))
}

pub(super) fn view_run(writer: &Writer<'_>, address: usize) -> Result<Run, NtStatus> {
    writer
        .run_at(address)
        .filter(|run| run.allocation.kind() == AllocationKind::View)
        .ok_or(NtStatus::NOT_MAPPED_VIEW)
}

/// The view a run belongs to, for as long as the map is locked.
pub(super) fn view_of<'a>(_writer: &'a Writer<'_>, run: &Run) -> &'a View {
    // SAFETY: a view's allocation holds the pointer that `map_view` made of its box, and the box is
    // not opened before the allocation has left the map, which takes the lock that the writer holds.
    unsafe { &*(run.allocation.view() as *const View) }
}

/// MEM_COMMIT on part of a view.
pub(super) fn commit(
    writer: &mut Writer<'_>,
    range: PageRange,
    run: Run,
    protection: Protection,
) -> Result<PageRange, NtStatus> {
    let view = view_of(writer, &run);
    let base = run.allocation.base();
    if matches!(view.pages, Pages::File | Pages::Image { .. }) {
        return Err(NtStatus::ALREADY_COMMITTED);
    }
    if !view.allows(protection) {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    match view.pages {
        Pages::Reserving(commit_map) => {
            let first = view.page_in_section(base, range.base);
            let count = (range.size / PAGE_SIZE) as u64;
            commit_map.commit(view.backing.file(), first, count)?;
        }
        Pages::GrowingFile => {
            let end = view.offset + (range.end() - base) as u64;
            view.backing.extend(end)?;
        }
        Pages::Large if run.state != PageState::committed(protection) => {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        Pages::Committed | Pages::Large | Pages::File | Pages::Image { .. } => {}
    }
    change(writer, range, protection)?;
    Ok(range)
}

/// VirtualProtect on part of a view.
pub(super) fn protect(
    writer: &mut Writer<'_>,
    range: PageRange,
    run: Run,
    protection: Protection,
) -> Result<(PageRange, Protection), NtStatus> {
    let run = absorb(writer, range, run)?;
    let view = view_of(writer, &run);
    if !view.allows(protection) {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    let last = writer
        .run_at(range.end() - PAGE_SIZE)
        .ok_or(NtStatus::NOT_COMMITTED)?;
    if range.end() > view.growth(run.allocation.base(), &last).max(last.start) {
        return Err(NtStatus::NOT_COMMITTED);
    }
    let protection = if matches!(view.pages, Pages::Image { .. }) && run.state.has_own_pages() {
        image_view::copying(protection)
    } else {
        protection
    };
    let old = run.state.protection().ok_or(NtStatus::NOT_COMMITTED)?;
    if matches!(view.pages, Pages::Large) {
        return if protection.with_caching_of(old) == old {
            Ok((range, old))
        } else {
            Err(NtStatus::CONFLICTING_ADDRESSES)
        };
    }
    let first = PageRange {
        base: range.base,
        size: run.end.min(range.end()) - range.base,
    };
    let (old, _) = reported(old, first, Pagemap::open);
    let mut at = range.base;
    while at < range.end() {
        let next = writer.run_at(at).ok_or(NtStatus::NOT_COMMITTED)?;
        next.state.protection().ok_or(NtStatus::NOT_COMMITTED)?;
        at = next.end;
    }
    change(writer, range, protection)?;
    Ok((range, old))
}

/// What a protection is to whoever asks, and where that changes: a copy-on-write page that has been
/// written is the process's own, and plainly writable.
/// `pagemap` says what the process has copied.
pub(crate) fn reported(
    protection: Protection,
    range: PageRange,
    pagemap: impl FnOnce() -> Result<Pagemap, Errno>,
) -> (Protection, usize) {
    let (start, end) = (range.base, range.end());
    if !protection.is_copy_on_write() {
        return (protection, end);
    }
    let copied = pagemap().ok().and_then(|map| map.copied_run(start, end));
    let (copied, end) = copied.unwrap_or((false, end));
    if !copied {
        return (protection, end);
    }
    let modifiers = protection.difference(protection.base());
    let plain = if protection.is_executable() {
        Protection::EXECUTE_READWRITE
    } else {
        Protection::READWRITE
    };
    (plain | modifiers, end)
}

/// Describes a page of a view.
pub(super) fn query(page: usize) -> MemoryBasicInformation {
    let mut writer = REGIONS.write();
    let Some(mut run) = writer.run_at(page) else {
        // Unmapped since it was looked up.
        return MemoryBasicInformation::free(page, page + PAGE_SIZE);
    };
    if run.allocation.kind() == AllocationKind::View
        && matches!(view_of(&writer, &run).pages, Pages::Reserving(_))
    {
        run = up_to_date(&mut writer, page, run);
    }
    let mut kind = MemoryKind::Private;
    if run.allocation.kind() == AllocationKind::View {
        kind = match view_of(&writer, &run).pages {
            Pages::Image { .. } => MemoryKind::Image,
            _ => MemoryKind::Mapped,
        };
        let growth = view_of(&writer, &run).growth(run.allocation.base(), &run);
        if growth <= page {
            run.state = PageState::RESERVED;
        } else {
            run.end = growth;
        }
    }
    let (protection, end) = match run.state.protection() {
        Some(protection) => {
            let rest = PageRange {
                base: page,
                size: run.end - page,
            };
            let (protection, end) = reported(protection, rest, Pagemap::open);
            (Some(protection), end)
        }
        None => (None, run.end),
    };
    MemoryBasicInformation {
        base_address: page,
        allocation_base: run.allocation.base(),
        allocation_protection: Some(run.allocation.protection()),
        region_size: end - page,
        state: if protection.is_some() {
            MemoryState::Commit
        } else {
            MemoryState::Reserve
        },
        protection,
        kind,
    }
}
