//! Memory offered to the system: it may take the contents when memory is scarce, and then says so.
//!
//! Linux has such memory (MADV_FREE) but does not say: a page that it took reads as zeroes. So what
//! each page holds is sampled when it is offered: where its first and its last word are that are not
//! zero. When it is reclaimed, the first of the two is read, and written back, which makes the kernel
//! keep the page from then on; then the last is read. If the page was taken before that write, one of
//! them reads as zero; or the two are one word, and then the write has brought all back that the page
//! held. A page of zeroes cannot be lost.

use core::ptr;

use super::lock::{for_each_region, locked_pages};
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::address_space::{MemoryKind, MemoryState, PageRange, write_watch};
use crate::sys::fault;
use crate::sys::lock::Lock;
use crate::sys::memory::{self, Access};
use crate::sys::pagemap::{PageWindow, Pagemap};

/// How readily offered memory is to be taken: Windows' OFFER_PRIORITY. Linux takes the pages that
/// were offered first first, whatever their priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OfferPriority {
    /// VmOfferPriorityVeryLow: first of all.
    VeryLow = 1,
    /// VmOfferPriorityLow
    Low = 2,
    /// VmOfferPriorityBelowNormal
    BelowNormal = 3,
    /// VmOfferPriorityNormal: last of all.
    Normal = 4,
}

impl OfferPriority {
    /// The priority of a number.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`].
    pub fn from_number(number: u32) -> Result<Self, NtStatus> {
        match number {
            1 => Ok(Self::VeryLow),
            2 => Ok(Self::Low),
            3 => Ok(Self::BelowNormal),
            4 => Ok(Self::Normal),
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }
}

/// What reclaimed memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reclaimed {
    /// What it held when it was offered.
    Intact,
    /// Of some page at least, nothing that can be relied upon.
    Lost,
}

/// Where the words of a page are that show whether it was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct Sample {
    /// The index of the first word that is not zero, counted from 1; 0 if there is none.
    first: u16,
    /// The index of the last.
    last: u16,
}

impl Sample {
    /// Nothing that could be lost.
    const NONE: Self = Self { first: 0, last: 0 };
    /// It was taken once, and offered again since.
    const LOST: Self = Self { first: 0, last: 1 };

    fn of(first: usize, last: usize) -> Self {
        Self {
            first: first as u16 + 1,
            last: last as u16 + 1,
        }
    }

    fn words(self) -> Option<(usize, usize)> {
        (self.first != 0).then(|| (usize::from(self.first) - 1, usize::from(self.last) - 1))
    }
}

/// A range that was offered. It begins pages of its own, in which the samples come after it.
#[repr(C)]
struct Offer {
    next: *mut Offer,
    base: usize,
    pages: usize,
    /// How many samples are not [`Sample::NONE`].
    remaining: usize,
}

impl Offer {
    fn end(&self) -> usize {
        self.base + self.pages * PAGE_SIZE
    }
}

/// The ranges that are offered, the latest first. Those of two calls may overlap; a page has a sample
/// in one of them at most.
pub(crate) struct Offers {
    first: *mut Offer,
}

// SAFETY: the list is reached only through the lock below.
unsafe impl Send for Offers {}

/// Taken inside the lock on the map of regions, never around it: memory that is offered is not touched
/// while this is held.
pub(crate) static OFFERS: Lock<Offers> = Lock::new(Offers {
    first: ptr::null_mut(),
});

fn mapped_size(pages: usize) -> usize {
    (size_of::<Offer>() + pages * size_of::<Sample>()).next_multiple_of(PAGE_SIZE)
}

impl Offers {
    /// Adds a range with the samples of its pages, unless there is nothing in them.
    fn add(&mut self, range: PageRange, samples: &[Sample; BATCH]) -> Result<(), NtStatus> {
        let pages = range.size / PAGE_SIZE;
        let samples = &samples[..pages];
        let remaining = samples.iter().filter(|one| **one != Sample::NONE).count();
        if remaining == 0 {
            return Ok(());
        }
        let offer = memory::map_anywhere(mapped_size(pages)).map_err(|_| NtStatus::NO_MEMORY)?;
        let offer = offer.cast::<Offer>();
        // SAFETY: the pages are fresh, and large enough for the offer and the samples behind it.
        unsafe {
            offer.write(Offer {
                next: self.first,
                base: range.base,
                pages,
                remaining,
            });
            let room = offer.add(1).cast::<Sample>();
            ptr::copy_nonoverlapping(samples.as_ptr(), room, pages);
        }
        self.first = offer;
        Ok(())
    }

    /// Calls `work` for each sample of a page in a range, with the page's address; then lets go of
    /// the offers that have none left.
    fn for_each_sample(&mut self, range: PageRange, mut work: impl FnMut(usize, &mut Sample)) {
        let mut link = &raw mut self.first;
        loop {
            // SAFETY: `link` leads to this list's head or into an offer of it, which live while the
            // lock is held, and so does what it leads to.
            let Some(offer) = (unsafe { (*link).as_mut() }) else {
                return;
            };
            let start = offer.base.max(range.base);
            let end = offer.end().min(range.end());
            // SAFETY: `add` wrote one sample a page behind the offer.
            let samples = unsafe {
                let first = ptr::from_mut(offer).add(1).cast::<Sample>();
                core::slice::from_raw_parts_mut(first, offer.pages)
            };
            let mut page = start;
            while page < end {
                let sample = &mut samples[(page - offer.base) / PAGE_SIZE];
                let had_one = *sample != Sample::NONE;
                work(page, sample);
                match (had_one, *sample != Sample::NONE) {
                    (true, false) => offer.remaining -= 1,
                    (false, true) => offer.remaining += 1,
                    _ => {}
                }
                page += PAGE_SIZE;
            }
            if offer.remaining == 0 && start < end {
                let size = mapped_size(offer.pages);
                let spent = ptr::from_mut(offer);
                // SAFETY: the offer leaves the list, and nobody else knows of its pages.
                unsafe {
                    *link = (*spent).next;
                    let _ = memory::unmap(spent as usize, size);
                }
            } else {
                link = &raw mut offer.next;
            }
        }
    }

    /// Takes the samples of up to [`BATCH`] pages out.
    fn take(&mut self, range: PageRange) -> [Sample; BATCH] {
        let mut samples = [Sample::NONE; BATCH];
        self.for_each_sample(range, |page, sample| {
            if *sample != Sample::NONE {
                samples[(page - range.base) / PAGE_SIZE] = *sample;
                *sample = Sample::NONE;
            }
        });
        samples
    }
}

/// How many pages are dealt with in one go.
const BATCH: usize = 512;

fn batches(range: PageRange) -> impl Iterator<Item = PageRange> {
    const SIZE: usize = BATCH * PAGE_SIZE;
    (range.base..range.end())
        .step_by(SIZE)
        .map(move |base| PageRange {
            base,
            size: (range.end() - base).min(SIZE),
        })
}

/// Forgets what was offered of a range that is being freed.
pub(crate) fn forget_offers(range: PageRange) {
    let mut offers = OFFERS.lock();
    if !offers.first.is_null() {
        offers.for_each_sample(range, |_, sample| *sample = Sample::NONE);
    }
}

/// Offers private pages to the system: it may take their contents until they are reclaimed.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: address or size is no multiple of the page size, or the size is
///   0, or pages are locked.
/// * [`NtStatus::CONFLICTING_ADDRESSES`]: the range is not private memory of one allocation.
/// * [`NtStatus::NOT_COMMITTED`]: a page is not committed.
/// * [`NtStatus::INVALID_PAGE_PROTECTION`]: a page cannot be read and written.
/// * [`NtStatus::NO_MEMORY`]: no room for what must be remembered of it.
pub fn offer_virtual_memory(
    base: usize,
    size: usize,
    _priority: OfferPriority,
) -> Result<(), NtStatus> {
    let range = offerable(base, size)?;
    let pagemap = Pagemap::open().map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    for batch in batches(range) {
        offer_batch(&pagemap, batch)?;
    }
    Ok(())
}

fn offer_batch(pagemap: &Pagemap, batch: PageRange) -> Result<(), NtStatus> {
    let page = |index: usize| batch.base + index * PAGE_SIZE;
    let mut samples = OFFERS.lock().take(batch);
    for (index, sample) in samples.iter_mut().enumerate() {
        // A page that is offered a second time may have been taken since the first.
        *sample = match keep(page(index), *sample) {
            Reclaimed::Intact => Sample::NONE,
            Reclaimed::Lost => Sample::LOST,
        };
    }
    let mut present = [false; BATCH];
    let mut window = PageWindow::new();
    let entries = pagemap.read(batch.base, batch.end(), &mut window);
    for (present, entry) in present.iter_mut().zip(entries) {
        // What has been paged out takes no memory, and would be lost at once.
        *present = entry.is_present();
    }
    for (index, sample) in samples.iter_mut().enumerate() {
        if present[index] && *sample == Sample::NONE {
            *sample = take_sample(page(index))?;
        }
    }
    OFFERS.lock().add(batch, &samples)?;
    write_watch::keep_marks_of(batch);
    let mut index = 0;
    for run in present.chunk_by(|left, right| left == right) {
        if run[0] {
            // SAFETY: the caller gives the contents up until it reclaims them. What the kernel does
            // not take, for it cannot, stays as it is.
            let _ = unsafe { memory::free_lazily(page(index), run.len() * PAGE_SIZE) };
        }
        index += run.len();
    }
    Ok(())
}

/// Takes offered pages back.
///
/// # Errors
///
/// As [`offer_virtual_memory`], but for pages that are locked.
pub fn reclaim_virtual_memory(base: usize, size: usize) -> Result<Reclaimed, NtStatus> {
    let range = private_pages(base, size)?;
    let mut outcome = Reclaimed::Intact;
    for batch in batches(range) {
        let samples = OFFERS.lock().take(batch);
        for (index, sample) in samples.into_iter().enumerate() {
            if keep(batch.base + index * PAGE_SIZE, sample) == Reclaimed::Lost {
                outcome = Reclaimed::Lost;
            }
        }
    }
    Ok(outcome)
}

/// Throws the contents of private pages away; they stay committed, and hold zeroes.
///
/// # Errors
///
/// As [`offer_virtual_memory`].
pub fn discard_virtual_memory(base: usize, size: usize) -> Result<(), NtStatus> {
    let range = offerable(base, size)?;
    forget_offers(range);
    write_watch::keep_marks_of(range);
    // SAFETY: the caller gives the contents up.
    unsafe { memory::discard(range.base, range.size) }.map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Whether a page still holds what its sample says; the kernel keeps it from then on.
fn keep(page: usize, sample: Sample) -> Reclaimed {
    if sample == Sample::LOST {
        return Reclaimed::Lost;
    }
    let Some((first, last)) = sample.words() else {
        return Reclaimed::Intact;
    };
    let first = (page as *mut u64).wrapping_add(first);
    let last = (page as *const u64).wrapping_add(last);
    // SAFETY: any bytes are a number, and a page that is gone is an answer.
    let Ok(word) = (unsafe { fault::read(first) }) else {
        return Reclaimed::Lost;
    };
    // SAFETY: the word is written as it was, in memory that its owner does not use while it is offered.
    if word == 0 || unsafe { fault::write(first, &word) }.is_err() {
        return Reclaimed::Lost;
    }
    // SAFETY: as above.
    match unsafe { fault::read(last) } {
        Ok(word) if word != 0 => Reclaimed::Intact,
        _ => Reclaimed::Lost,
    }
}

/// Samples a page.
fn take_sample(page: usize) -> Result<Sample, NtStatus> {
    // SAFETY: any bytes are numbers, and a page that is gone is an answer.
    let words = unsafe { fault::read(page as *const [u64; PAGE_SIZE / 8]) }
        .map_err(|_| NtStatus::NOT_COMMITTED)?;
    let first = words.iter().position(|word| *word != 0);
    let last = words.iter().rposition(|word| *word != 0);
    Ok(first
        .zip(last)
        .map_or(Sample::NONE, |(first, last)| Sample::of(first, last)))
}

/// Checks that a range is made of whole pages that can be offered.
fn private_pages(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = PageRange::touching(base, size)
        .filter(|range| size != 0 && range.base == base && range.size == size)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let mut allocation = None;
    for_each_region(range, |region, _, _| {
        let same = *allocation.get_or_insert(region.allocation_base) == region.allocation_base;
        if region.kind != MemoryKind::Private || !same {
            return Err(NtStatus::CONFLICTING_ADDRESSES);
        }
        if region.state != MemoryState::Commit {
            return Err(NtStatus::NOT_COMMITTED);
        }
        let usable = region
            .protection
            .is_some_and(|given| given.access().contains(Access::READ | Access::WRITE));
        if usable {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PAGE_PROTECTION)
        }
    })?;
    Ok(range)
}

/// As [`private_pages`], and none of them locked.
fn offerable(base: usize, size: usize) -> Result<PageRange, NtStatus> {
    let range = private_pages(base, size)?;
    if locked_pages(range) > 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(range)
}
