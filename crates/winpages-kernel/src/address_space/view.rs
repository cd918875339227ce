//! Views of sections, as the address space sees them.

use std::sync::Arc;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::allocate::{clear_way, mapping_status, place, restore};
use super::commit_map::CommitMap;
use super::image_view::{self, ImagePart, ImageParts};
use super::layout::{PAGE_SIZE, page_up};
use super::query::{MemoryBasicInformation, MemoryKind, MemoryState};
use super::region_map::{REGIONS, Writer};
use super::run::{AllocationKind, PageState, Run};
use super::{AddressRequirements, PageRange, Protection};
use crate::NtStatus;
use crate::sys::fault;
use crate::sys::memory::{self, Access};
use crate::sys::pagemap;

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

impl View {
    /// Whether any page of the view may be one that others see change.
    fn is_shared(&self) -> bool {
        !self.mapped.is_copy_on_write() || matches!(self.pages, Pages::Image { .. })
    }

    /// The parts of the image that the view is one of, if it is.
    fn image(&self) -> Option<ImageParts<'_>> {
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

    /// Whether pages of this view may be given a protection: what reads, writes or executes more
    /// than the view was mapped for may not.
    fn allows(&self, new: Protection) -> bool {
        if let Pages::Image { no_execute, .. } = self.pages {
            return !(no_execute && new.is_executable());
        }
        let base = self.mapped.base();
        let reads = base != Protection::NOACCESS;
        let writes = base.is_written_through();
        let executes = base.is_executable();
        match new.base() {
            Protection::NOACCESS => true,
            Protection::READONLY | Protection::WRITECOPY => reads,
            Protection::READWRITE => writes,
            Protection::EXECUTE_READWRITE => writes && executes,
            _ => executes,
        }
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

    fn page_in_section(&self, base: usize, address: usize) -> u64 {
        (self.offset + (address - base) as u64) / PAGE_SIZE as u64
    }
}

/// Maps a view of `size` bytes, a multiple of the page size, at `base`, a multiple of 64 KiB, or where
/// there is room if that is 0, and the requirements are met.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if `base` is in use, [`NtStatus::INVALID_PARAMETER`] if the
/// view would pass the end of the address space, [`NtStatus::ACCESS_DENIED`] if the file does not
/// allow it, [`NtStatus::NO_MEMORY`] if there is no room.
pub fn map_view(
    base: usize,
    size: usize,
    requirements: &AddressRequirements,
    top_down: bool,
    view: Box<View>,
) -> Result<PageRange, NtStatus> {
    let map = |at: usize| {
        if let Some(image) = view.image() {
            // SAFETY: as below.
            return unsafe { image.map(at, size, view.backing.file(), view.offset) };
        }
        let access = match view.pages {
            Pages::Reserving(_) => Access::empty(),
            _ => view.mapped.access(),
        };
        let (shared, file) = (view.is_shared(), view.backing.file());
        // SAFETY: the place is free by the map of regions, and the kernel refuses it if it is not.
        unsafe { memory::map_file(at, size, access, shared, file, view.offset) }
    };
    let mut writer = REGIONS.write();
    let base = if base == 0 {
        place(&mut writer, size, requirements, top_down, false, map)?
    } else {
        let range = PageRange::touching(base, size).ok_or(NtStatus::INVALID_PARAMETER)?;
        writer.ensure_records()?;
        clear_way(&mut writer, range)?;
        map(base).map_err(|errno| mapping_status(errno, false))?;
        base
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
    writer.add_allocation(
        AllocationKind::View,
        base,
        base + size,
        state,
        protection,
        pointer,
    );
    let range = PageRange { base, size };
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

/// Unmaps the view that an address lies in.
///
/// # Errors
///
/// [`NtStatus::NOT_MAPPED_VIEW`] if there is none, [`NtStatus::NO_MEMORY`] if the kernel cannot cut
/// one mapping more.
pub fn unmap_view(address: usize) -> Result<(), NtStatus> {
    let mut writer = REGIONS.write();
    let run = view_run(&writer, address)?;
    let allocation = run.allocation;
    let (base, size) = (allocation.base(), allocation.end() - allocation.base());
    // SAFETY: the view is ours, and the caller gives it up.
    unsafe { memory::unmap(base, size) }.map_err(|_| NtStatus::NO_MEMORY)?;
    let pointer = allocation.view() as *mut View;
    writer.remove_allocation(allocation);
    drop(writer);
    // SAFETY: the pointer came from Box::into_raw in `map_view`, the allocation that held it is gone,
    // and whoever looks at a view does so under the lock that was held meanwhile.
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
    let offset = view.offset + (base - run.allocation.base()) as u64;
    Ok((range, offset, Arc::clone(&view.backing)))
}

fn view_run(writer: &Writer<'_>, address: usize) -> Result<Run, NtStatus> {
    writer
        .run_at(address)
        .filter(|run| run.allocation.kind() == AllocationKind::View)
        .ok_or(NtStatus::NOT_MAPPED_VIEW)
}

/// The view a run belongs to, for as long as the map is locked.
fn view_of<'a>(_writer: &'a Writer<'_>, run: &Run) -> &'a View {
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
        Pages::Committed | Pages::File | Pages::Image { .. } => {}
    }
    change(writer, range, &run, protection)?;
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
    let old = reported(old, range.base, run.end.min(range.end())).0;
    let mut at = range.base;
    while at < range.end() {
        let next = writer.run_at(at).ok_or(NtStatus::NOT_COMMITTED)?;
        next.state.protection().ok_or(NtStatus::NOT_COMMITTED)?;
        at = next.end;
    }
    change(writer, range, &run, protection)?;
    Ok((range, old))
}

/// Makes pages of a view committed with a protection that the view allows.
fn change(
    writer: &mut Writer<'_>,
    range: PageRange,
    run: &Run,
    protection: Protection,
) -> Result<(), NtStatus> {
    writer.ensure_records()?;
    let copies = protection.is_copy_on_write();
    let changed = if copies && view_of(writer, run).is_shared() {
        make_private(writer, range, run, protection)
    } else {
        // SAFETY: the range lies in a view of ours.
        unsafe { memory::protect(range.base, range.size, protection.access()) }
    };
    if let Err(errno) = changed {
        restore_view(writer, range);
        return Err(mapping_status(errno, true));
    }
    writer.set_states(range.base, range.end(), |state| {
        PageState::committed(protection).with_own_pages(copies || state.has_own_pages())
    });
    Ok(())
}

/// Turns pages of a shared view copy-on-write in place: they are mapped anew as private ones, except
/// where that was done before, whose copies must not be lost.
fn make_private(
    writer: &Writer<'_>,
    range: PageRange,
    run: &Run,
    protection: Protection,
) -> Result<(), Errno> {
    let view = view_of(writer, run);
    let base = run.allocation.base();
    let mut at = range.base;
    while at < range.end()
        && let Some(run) = writer.run_at(at)
    {
        let size = run.end.min(range.end()) - at;
        if run.state.has_own_pages() {
            // SAFETY: the run is part of a view of ours.
            unsafe { memory::protect(at, size, protection.access())? };
        } else {
            let offset = view.offset + (at - base) as u64;
            let file = view.backing.file();
            // SAFETY: the run is part of a view of ours, and its pages show the same bytes after.
            unsafe { memory::map_file_over(at, size, protection.access(), false, file, offset)? };
        }
        at += size;
    }
    Ok(())
}

/// As `restore`, for pages of views: an uncommitted one has nothing to be mapped anew.
fn restore_view(writer: &Writer<'_>, range: PageRange) {
    let mut at = range.base;
    while at < range.end()
        && let Some(run) = writer.run_at(at)
    {
        let end = run.end.min(range.end());
        if run.state.protection().is_some() {
            restore(
                writer,
                PageRange {
                    base: at,
                    size: end - at,
                },
            );
        } else {
            // SAFETY: the run is part of a view of ours.
            let _ = unsafe { memory::protect(at, end - at, Access::empty()) };
        }
        at = end;
    }
}

/// Learns which pages of a range of a SEC_RESERVE view have been committed meanwhile, through this or
/// another view, and makes them usable. Answers the run at the start of the range as it is now.
fn absorb(writer: &mut Writer<'_>, range: PageRange, run: Run) -> Result<Run, NtStatus> {
    let view = view_of(writer, &run);
    let Pages::Reserving(commit_map) = view.pages else {
        return Ok(run);
    };
    let (base, mapped) = (run.allocation.base(), view.mapped);
    let mut at = range.base;
    while at < range.end() {
        let here = writer.run_at(at).ok_or(NtStatus::NOT_MAPPED_VIEW)?;
        let end = here.end.min(range.end());
        if here.state != PageState::RESERVED {
            at = end;
            continue;
        }
        let view = view_of(writer, &here);
        let first = view.page_in_section(base, at);
        let limit = ((end - at) / PAGE_SIZE) as u64;
        let (committed, count) = commit_map.run(view.backing.file(), first, limit);
        let size = count.max(1) as usize * PAGE_SIZE;
        if committed {
            writer.ensure_records()?;
            // SAFETY: the pages are part of a view of ours.
            unsafe { memory::protect(at, size, mapped.access()) }
                .map_err(|errno| mapping_status(errno, true))?;
            writer.set_states(at, at + size, |_| PageState::committed(mapped));
        }
        at += size;
    }
    writer.run_at(range.base).ok_or(NtStatus::NOT_MAPPED_VIEW)
}

/// The run at a page of a SEC_RESERVE view as it is now: any view may have committed pages meanwhile,
/// and those behind a committed page may belong to its run.
fn up_to_date(writer: &mut Writer<'_>, page: usize, mut run: Run) -> Run {
    loop {
        let reserved = run.state == PageState::RESERVED;
        let base = if reserved { page } else { run.end };
        if base == run.allocation.end() {
            return run;
        }
        let Some(next) = writer.run_at(base) else {
            return run;
        };
        let range = PageRange {
            base,
            size: next.end - base,
        };
        // Failing for want of memory, it still tells what it knew.
        if next.state != PageState::RESERVED || absorb(writer, range, next).is_err() {
            return run;
        }
        let Some(now) = writer.run_at(page) else {
            return run;
        };
        if now.state == run.state && now.end <= run.end {
            return now;
        }
        run = now;
    }
}

/// Learns whether the page of a SEC_RESERVE view has been committed meanwhile; answers its protection
/// if so.
pub(super) fn absorb_page(page: usize) -> Option<Protection> {
    let mut writer = REGIONS.write();
    let run = view_run(&writer, page).ok()?;
    let range = PageRange {
        base: page,
        size: PAGE_SIZE,
    };
    absorb(&mut writer, range, run).ok()?.state.protection()
}

/// What a protection is to whoever asks, and where that changes: a copy-on-write page that has been
/// written is the process's own, and plainly writable.
fn reported(protection: Protection, start: usize, end: usize) -> (Protection, usize) {
    if !protection.is_copy_on_write() {
        return (protection, end);
    }
    let (copied, end) = pagemap::copied_run(start, end);
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
            let (protection, end) = reported(protection, page, run.end);
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
