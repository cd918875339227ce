//! Address windowing: pages that a program allocates by number and maps where it likes.
//!
//! A "physical page" here is a page of one file in memory, its number the page's place in that file.
//! The kernel may page it out like any other, which on Windows it may not; and no privilege is asked
//! for, for nothing is locked. A window is a reservation that has nothing but such pages in it, and each
//! page is in one window at most.
//!
//! After a fork both processes have the same pages.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::PageRange;
use super::layout::{PAGE_SIZE, page_down, page_up};
use super::protection::Protection;
use super::region_map::{REGIONS, Writer};
use super::run::{Allocation, AllocationKind, PageState};
use crate::NtStatus;
use crate::residency::system_memory;
use crate::sys::lock::Lock;
use crate::sys::memory::{self, Access};
use crate::sys::shared_file;

/// A page number that no page has: programs that forget to fill an array in are found out.
const NO_PAGE: usize = 0;

/// A page that nobody has.
const FREE: usize = 0;
/// A page that is allocated and in no window.
const UNMAPPED: usize = 1;

/// The pages of the process. The lock is taken while that of the map of regions is held, so a fork
/// never meets it taken.
static PAGES: Lock<Pages> = Lock::new(Pages {
    file: None,
    table: 0,
    capacity: 0,
    used: 1,
    free: 0,
});

struct Pages {
    file: Option<(OwnedFd, (u64, u64))>,
    /// The address of one word for each page: `FREE`, `UNMAPPED`, or where it is mapped. In pages of
    /// the engine's own, for a window is private memory, which malloc may stand on.
    table: usize,
    capacity: usize,
    /// One more than the highest number ever given.
    used: usize,
    /// How many below that are free.
    free: usize,
}

impl Pages {
    fn words(&mut self) -> &mut [usize] {
        if self.table == 0 {
            return &mut [];
        }
        // SAFETY: `grow` mapped this many words, and they are borrowed as exclusively as the lock is.
        unsafe { core::slice::from_raw_parts_mut(self.table as *mut usize, self.capacity) }
    }

    /// What a page that is allocated is in.
    fn state(&mut self, page: usize) -> Option<&mut usize> {
        let used = self.used;
        self.words()[..]
            .get_mut(page)
            .filter(|state| page < used && **state != FREE)
    }

    /// The file, if it is still the one that was made: a program may have closed it behind the engine's
    /// back, and the number may be another file's now.
    fn file(&self) -> Option<BorrowedFd<'_>> {
        let (file, identity) = self.file.as_ref()?;
        let found = shared_file::stat(file).ok()?;
        ((found.st_dev, found.st_ino) == *identity).then(|| file.as_fd())
    }

    fn ensure_file(&mut self) -> Result<(), NtStatus> {
        if self.file.is_none() {
            let file = shared_file::create_in_memory(c"user physical pages")
                .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
            let found = shared_file::stat(&file).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
            self.file = Some((file, (found.st_dev, found.st_ino)));
        }
        Ok(())
    }

    /// Makes room in the table for one page more.
    fn grow(&mut self) -> Result<(), NtStatus> {
        const FIRST: usize = 8192;
        if self.used < self.capacity {
            return Ok(());
        }
        let capacity = (self.capacity * 2).max(FIRST);
        let table = memory::map_anywhere(capacity * size_of::<usize>())
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)? as usize;
        let (old, old_size) = (self.table, self.capacity * size_of::<usize>());
        // SAFETY: the pages are fresh, zeroed, aligned and this long.
        let words = unsafe { core::slice::from_raw_parts_mut(table as *mut usize, capacity) };
        let before = self.words();
        words[..before.len()].copy_from_slice(before);
        (self.table, self.capacity) = (table, capacity);
        if old != 0 {
            // SAFETY: the old table has just been replaced, under the lock.
            let _ = unsafe { memory::unmap(old, old_size) };
        }
        Ok(())
    }

    /// Takes a page that nobody has, zeroed and with memory behind it. Those that were freed are
    /// looked for from `hint` on, which goes past the page that was found.
    fn take(&mut self, hint: &mut usize) -> Result<usize, NtStatus> {
        let (used, start) = (self.used, *hint);
        let freed = if self.free == 0 {
            None
        } else {
            let states = &self.words()[start.min(used)..used];
            states.iter().position(|state| *state == FREE)
        };
        if freed.is_none() {
            self.grow()?;
        }
        let page = freed.map_or(used, |index| start + index);
        let file = self.file().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        shared_file::allocate(file, offset_of(page), PAGE_SIZE as u64)
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        match freed {
            Some(_) => self.free -= 1,
            None => self.used += 1,
        }
        *hint = page + 1;
        self.words()[page] = UNMAPPED;
        Ok(page)
    }
}

fn offset_of(page: usize) -> u64 {
    (page * PAGE_SIZE) as u64
}

/// Allocates up to `count` pages and hands out their numbers; mirrors NtAllocateUserPhysicalPages for
/// the calling process. Answers how many there were: fewer than asked for, if memory ran out.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`] if there is not one; what `give` answers: then none is
/// allocated from there on.
pub fn allocate_user_physical_pages(
    count: usize,
    mut give: impl FnMut(usize, usize) -> Result<(), NtStatus>,
) -> Result<usize, NtStatus> {
    let room = room();
    if count > 0 && room == 0 {
        return Err(NtStatus::INSUFFICIENT_RESOURCES);
    }
    let count = count.min(room);
    let mut hint = 1;
    for index in 0..count {
        // `give` writes to the program's memory: no lock is held meanwhile.
        let taken = {
            let _regions = REGIONS.write();
            let mut pages = PAGES.lock();
            pages.ensure_file().and_then(|()| pages.take(&mut hint))
        };
        match taken {
            Ok(page) => give(index, page).inspect_err(|_| {
                let _ = free_user_physical_page(page);
            })?,
            Err(_) if index > 0 => return Ok(index),
            Err(status) => return Err(status),
        }
    }
    Ok(count)
}

/// How many pages can be had. The kernel would not refuse the one too many: it would end a process.
fn room() -> usize {
    let memory = system_memory();
    if memory.physical_total == 0 {
        // It cannot be asked.
        return usize::MAX;
    }
    let spare = memory.physical_total / SPARE_PART;
    memory.physical_available.saturating_sub(spare) as usize / PAGE_SIZE
}

/// Which part of the machine's memory is left to everybody else.
const SPARE_PART: u64 = 32;

/// Frees a page, out of its window if it is in one; mirrors NtFreeUserPhysicalPages, which does this
/// with each page of an array.
///
/// # Errors
///
/// [`NtStatus::CONFLICTING_ADDRESSES`] if the page is not allocated, [`NtStatus::NO_MEMORY`] if the
/// kernel cannot cut one mapping more.
pub fn free_user_physical_page(page: usize) -> Result<(), NtStatus> {
    let mut writer = REGIONS.write();
    let mut pages = PAGES.lock();
    let state = *pages.state(page).ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
    if state != UNMAPPED {
        clear(&mut writer, &mut pages, state)?;
    }
    if let Some(file) = pages.file() {
        // Without memory behind it, it reads as zeroes to its next owner.
        let _ = shared_file::punch(file, offset_of(page), PAGE_SIZE as u64);
    }
    pages.words()[page] = FREE;
    pages.free += 1;
    Ok(())
}

/// Enters a reservation for physical pages that has just been mapped; answers what the allocation is to
/// know its table by.
pub(super) fn begin(range: PageRange) -> Result<usize, NtStatus> {
    let table = memory::map_anywhere(table_size(range.size)).map_err(|_| NtStatus::NO_MEMORY)?;
    Ok(table as usize)
}

fn table_size(window: usize) -> usize {
    // A table is far smaller than the address space.
    page_up(window / PAGE_SIZE * size_of::<usize>()).unwrap_or(usize::MAX)
}

/// Ends a window that has been unmapped; its pages are in none now.
pub(super) fn end(allocation: &Allocation) {
    let mut pages = PAGES.lock();
    for entry in window_table(allocation) {
        if *entry != NO_PAGE
            && let Some(state) = pages.state(*entry)
        {
            *state = UNMAPPED;
        }
    }
    let size = table_size(allocation.end() - allocation.base());
    // SAFETY: the table is `begin`'s, and the caller removes the allocation.
    let _ = unsafe { memory::unmap(allocation.view(), size) };
}

/// Which page is where in a window.
#[expect(
    clippy::mut_from_ref,
    reason = "the table is not part of the allocation, but behind it"
)]
fn window_table(allocation: &Allocation) -> &mut [usize] {
    let count = (allocation.end() - allocation.base()) / PAGE_SIZE;
    // SAFETY: a window's allocation holds the address of the table that `begin` made, of this many
    // words; whoever uses it holds the locks of the map of regions and of `PAGES`, for one statement.
    unsafe { core::slice::from_raw_parts_mut(allocation.view() as *mut usize, count) }
}

/// The window an address lies in, and the number of its page in it.
fn window(writer: &Writer<'_>, address: usize) -> Result<(&'static Allocation, usize), NtStatus> {
    let run = writer
        .run_at(address)
        .filter(|run| run.allocation.kind() == AllocationKind::Physical)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let index = (page_down(address) - run.allocation.base()) / PAGE_SIZE;
    Ok((run.allocation, index))
}

/// Takes whatever is mapped at a page of a window out of it.
fn clear(writer: &mut Writer<'_>, pages: &mut Pages, address: usize) -> Result<(), NtStatus> {
    let (allocation, index) = window(writer, address)?;
    let page = window_table(allocation)[index];
    if page == NO_PAGE {
        return Ok(());
    }
    writer.ensure_records()?;
    // SAFETY: the address is a page of a window of ours; its contents stay in the file.
    unsafe { memory::map_reserved_over(address, PAGE_SIZE) }.map_err(|_| NtStatus::NO_MEMORY)?;
    writer.set_states(address, address + PAGE_SIZE, |_| PageState::RESERVED);
    window_table(allocation)[index] = NO_PAGE;
    if let Some(state) = pages.state(page) {
        *state = UNMAPPED;
    }
    Ok(())
}

fn place(
    writer: &mut Writer<'_>,
    pages: &mut Pages,
    address: usize,
    page: usize,
) -> Result<(), NtStatus> {
    let (allocation, index) = window(writer, address)?;
    clear(writer, pages, address)?;
    writer.ensure_records()?;
    let access = Access::READ | Access::WRITE;
    let file = pages.file().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
    // SAFETY: the address is a page of a window of ours with nothing in it.
    unsafe { memory::map_file_over(address, PAGE_SIZE, access, true, file, offset_of(page)) }
        .map_err(|_| NtStatus::NO_MEMORY)?;
    let committed = PageState::committed(Protection::READWRITE);
    writer.set_states(address, address + PAGE_SIZE, |_| committed);
    window_table(allocation)[index] = page;
    if let Some(state) = pages.state(page) {
        *state = address;
    }
    Ok(())
}

/// Maps pages side by side from `base` on in one window, or, where there is no page, takes out what is
/// there; mirrors NtMapUserPhysicalPages. `page` tells the page for each place of `count`.
///
/// # Errors
///
/// As [`map_user_physical_pages_scattered`], and [`NtStatus::INVALID_PARAMETER`] if the range passes the
/// end of its window.
pub fn map_user_physical_pages(
    base: usize,
    count: usize,
    page: impl Fn(usize) -> Result<Option<usize>, NtStatus>,
) -> Result<(), NtStatus> {
    let address = |index: usize| base.wrapping_add(index.wrapping_mul(PAGE_SIZE));
    map(count, true, |index| Ok((address(index), page(index)?)))
}

/// Maps pages into windows, each at its address, or, where there is no page, takes out what is there;
/// mirrors NtMapUserPhysicalPagesScatter. `entry` tells the address and the page of each of `count`.
/// Everything is checked before anything is changed.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: an address lies in no window, or a page is mapped already, or is
///   named twice.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: a page is not allocated.
/// * [`NtStatus::NO_MEMORY`]: the kernel has no room for one mapping more; those before it are done.
/// * What `entry` answers.
pub fn map_user_physical_pages_scattered(
    count: usize,
    entry: impl Fn(usize) -> Result<(usize, Option<usize>), NtStatus>,
) -> Result<(), NtStatus> {
    map(count, false, entry)
}

fn map(
    count: usize,
    side_by_side: bool,
    entry: impl Fn(usize) -> Result<(usize, Option<usize>), NtStatus>,
) -> Result<(), NtStatus> {
    // The arrays are the program's, who may change them meanwhile: they are read once. And no lock is
    // held when they are.
    let size = page_up(count.saturating_mul(2 * size_of::<usize>()))
        .filter(|_| count > 0)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let copy = memory::map_anywhere(size).map_err(|_| NtStatus::NO_MEMORY)?;
    // SAFETY: the pages are fresh, zeroed, aligned and long enough for this many pairs.
    let entries = unsafe { core::slice::from_raw_parts_mut(copy.cast::<[usize; 2]>(), count) };
    let mapped = fill(entries, entry).and_then(|()| {
        let mut writer = REGIONS.write();
        let mut pages = PAGES.lock();
        if side_by_side {
            let (first, _) = window(&writer, entries[0][0])?;
            let (last, _) = window(&writer, entries[count - 1][0])?;
            if !core::ptr::eq(first, last) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
        }
        check(&writer, &mut pages, entries)?;
        entries.iter().try_for_each(|&[address, page]| match page {
            NO_PAGE => clear(&mut writer, &mut pages, address),
            page => place(&mut writer, &mut pages, address, page),
        })
    });
    // SAFETY: nobody else knows of these pages.
    let _ = unsafe { memory::unmap(copy as usize, size) };
    mapped
}

fn fill(
    entries: &mut [[usize; 2]],
    entry: impl Fn(usize) -> Result<(usize, Option<usize>), NtStatus>,
) -> Result<(), NtStatus> {
    for (index, place) in entries.iter_mut().enumerate() {
        let (address, page) = entry(index)?;
        if page == Some(NO_PAGE) {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        *place = [page_down(address), page.unwrap_or(NO_PAGE)];
    }
    Ok(())
}

/// Marks a page that the check has seen, so that it finds it when it is named again. No page of a
/// program has this address.
const SEEN: usize = 2;

fn check(writer: &Writer<'_>, pages: &mut Pages, entries: &[[usize; 2]]) -> Result<(), NtStatus> {
    let mut seen = 0;
    let checked = entries.iter().try_for_each(|&[address, page]| {
        window(writer, address)?;
        if page != NO_PAGE {
            let state = pages.state(page).ok_or(NtStatus::CONFLICTING_ADDRESSES)?;
            if *state != UNMAPPED {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            *state = SEEN;
        }
        seen += 1;
        Ok(())
    });
    for &[_, page] in &entries[..seen] {
        if let Some(state) = pages.state(page).filter(|state| **state == SEEN) {
            *state = UNMAPPED;
        }
    }
    checked
}

#[cfg(test)]
#[path = "user_physical_pages_tests.rs"]
mod tests;
