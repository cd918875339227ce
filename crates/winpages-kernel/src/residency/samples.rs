//! Whether the kernel has taken the contents of pages that were left to it.
//!
//! Linux takes such pages (MADV_FREE) without saying so: one that it took reads as zeroes. So what
//! each page holds is sampled before: where its first and its last word are that are not zero. When it
//! is to be kept again, the first of the two is read, and written back, which makes the kernel keep the
//! page from then on; then the last is read. If the page was taken before that write, one of them reads
//! as zero; or the two are one word, and then the write has brought all back that the page held. A page
//! of zeroes cannot be lost.
//!
//! Who writes over such a page without asking for it back may find it counted as lost.

use core::ptr;

use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::address_space::{PageRange, write_watch};
use crate::sys::fault;
use crate::sys::lock::Lock;
use crate::sys::memory;
use crate::sys::pagemap::{PageWindow, Pagemap};

/// What memory holds that was left to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reclaimed {
    /// What it held before.
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
    /// It was taken once, and left to the kernel again since.
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

/// How many bytes of the address space one table of samples is for: a process that leaves memory to the
/// kernel in many small pieces, and never asks for it back, has few tables all the same.
const WINDOW: usize = 1 << 30;

const WINDOW_PAGES: usize = WINDOW / PAGE_SIZE;

/// The samples of the pages of one window. It lies in pages of its own, of which only those are in
/// memory that have been written.
#[repr(C)]
struct Window {
    next: *mut Window,
    base: usize,
    /// How many samples are not [`Sample::NONE`].
    remaining: usize,
    samples: [Sample; WINDOW_PAGES],
}

/// The windows that have samples.
pub(crate) struct Samples {
    first: *mut Window,
}

// SAFETY: the list is reached only through the lock below.
unsafe impl Send for Samples {}

/// Taken inside the lock on the map of regions, never around it: memory that is sampled is not touched
/// while this is held.
pub(crate) static SAMPLES: Lock<Samples> = Lock::new(Samples {
    first: ptr::null_mut(),
});

impl Samples {
    /// Enters the samples of the pages of a range, if they hold anything.
    fn put(&mut self, range: PageRange, samples: &[Sample; BATCH]) -> Result<(), NtStatus> {
        let pages = range.size / PAGE_SIZE;
        if samples[..pages].iter().all(|one| *one == Sample::NONE) {
            return Ok(());
        }
        let windows = (range.base / WINDOW..=(range.end() - 1) / WINDOW).map(|n| n * WINDOW);
        for base in windows {
            self.ensure_window(base)?;
        }
        self.for_each(range, |page, sample| {
            *sample = samples[(page - range.base) / PAGE_SIZE];
        });
        Ok(())
    }

    fn ensure_window(&mut self, base: usize) -> Result<(), NtStatus> {
        let mut next = self.first;
        // SAFETY: all windows of the list live while the lock is held.
        while let Some(window) = unsafe { next.as_ref() } {
            if window.base == base {
                return Ok(());
            }
            next = window.next;
        }
        let window = memory::map_anywhere(size_of::<Window>()).map_err(|_| NtStatus::NO_MEMORY)?;
        let window = window.cast::<Window>();
        // SAFETY: the pages are fresh and large enough, and their zeroes are samples of nothing.
        unsafe {
            (*window).next = self.first;
            (*window).base = base;
        }
        self.first = window;
        Ok(())
    }

    /// Calls `work` for each page of a range that a sample may be kept of, with its address; then lets
    /// go of the windows that have none left.
    fn for_each(&mut self, range: PageRange, mut work: impl FnMut(usize, &mut Sample)) {
        let mut link = &raw mut self.first;
        loop {
            // SAFETY: `link` leads to this list's head or into a window of it, which live while the
            // lock is held, and so does what it leads to.
            let Some(window) = (unsafe { (*link).as_mut() }) else {
                return;
            };
            let start = window.base.max(range.base);
            let end = (window.base + WINDOW).min(range.end());
            for page in (start..end).step_by(PAGE_SIZE) {
                let sample = &mut window.samples[(page - window.base) / PAGE_SIZE];
                let had_one = *sample != Sample::NONE;
                work(page, sample);
                match (had_one, *sample != Sample::NONE) {
                    (true, false) => window.remaining -= 1,
                    (false, true) => window.remaining += 1,
                    _ => {}
                }
            }
            if window.remaining == 0 && start < end {
                let spent = ptr::from_mut(window);
                // SAFETY: the window leaves the list, and nobody else knows of its pages.
                unsafe {
                    *link = (*spent).next;
                    let _ = memory::unmap(spent as usize, size_of::<Window>());
                }
            } else {
                link = &raw mut window.next;
            }
        }
    }

    /// Takes the samples of up to [`BATCH`] pages out.
    fn take(&mut self, range: PageRange) -> [Sample; BATCH] {
        let mut samples = [Sample::NONE; BATCH];
        self.for_each(range, |page, sample| {
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

/// Forgets what is known of a range that is being freed.
pub(crate) fn forget_samples(range: PageRange) {
    let mut samples = SAMPLES.lock();
    if !samples.first.is_null() {
        samples.for_each(range, |_, sample| *sample = Sample::NONE);
    }
}

/// Leaves the contents of private pages that can be read and written to the kernel, which may take them
/// until [`keep`] is called.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`], [`NtStatus::NO_MEMORY`]: no room for what must be remembered of
/// them. [`NtStatus::NOT_COMMITTED`]: they are gone meanwhile.
pub(super) fn leave_to_kernel(range: PageRange) -> Result<(), NtStatus> {
    let pagemap = Pagemap::open().map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    for batch in batches(range) {
        leave_batch(&pagemap, batch)?;
    }
    Ok(())
}

/// Has the kernel keep pages again, and says whether they hold what they did.
pub(super) fn keep(range: PageRange) -> Reclaimed {
    let mut outcome = Reclaimed::Intact;
    for batch in batches(range) {
        let samples = SAMPLES.lock().take(batch);
        for (index, sample) in samples.into_iter().enumerate() {
            if keep_page(batch.base + index * PAGE_SIZE, sample) == Reclaimed::Lost {
                outcome = Reclaimed::Lost;
            }
        }
    }
    outcome
}

fn leave_batch(pagemap: &Pagemap, batch: PageRange) -> Result<(), NtStatus> {
    let page = |index: usize| batch.base + index * PAGE_SIZE;
    let mut samples = SAMPLES.lock().take(batch);
    for (index, sample) in samples.iter_mut().enumerate() {
        // A page that is left a second time may have been taken since the first.
        *sample = match keep_page(page(index), *sample) {
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
    SAMPLES.lock().put(batch, &samples)?;
    write_watch::keep_marks_of(batch);
    let mut index = 0;
    for run in present.chunk_by(|left, right| left == right) {
        if run[0] {
            // SAFETY: the caller gives the contents up. What the kernel does
            // not take, for it cannot, stays as it is.
            let _ = unsafe { memory::free_lazily(page(index), run.len() * PAGE_SIZE) };
        }
        index += run.len();
    }
    Ok(())
}

/// Whether a page still holds what its sample says; the kernel keeps it from then on.
fn keep_page(page: usize, sample: Sample) -> Reclaimed {
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
    // SAFETY: the word is written as it was, in memory that its owner does not use meanwhile.
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
