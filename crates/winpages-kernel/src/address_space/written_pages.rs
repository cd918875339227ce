//! Which pages of an allocation have been written: a table of bits.

use core::sync::atomic::{AtomicU64, Ordering};

use super::PageRange;
use super::layout::{PAGE_SIZE, page_up};
use crate::NtStatus;
use crate::sys::memory;

/// One bit for each page of an allocation, in pages of the engine's own: the table may be as large as
/// the reservation wants it, and costs memory only where pages have been written.
///
/// Used under the lock of the map of regions.
#[derive(Clone, Copy, Debug)]
pub struct WrittenPages {
    words: &'static [AtomicU64],
    base: usize,
}

const BITS: usize = 64;

impl WrittenPages {
    /// A table for a range, nothing written.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_MEMORY`].
    pub fn create(range: PageRange) -> Result<Self, NtStatus> {
        let count = (range.size / PAGE_SIZE).div_ceil(BITS);
        let words = memory::map_anywhere(table_size(count)).map_err(|_| NtStatus::NO_MEMORY)?;
        // SAFETY: the pages are fresh, zeroed, aligned and as long as the table, zeroes are atomic
        // words, and nobody unmaps them but `destroy`.
        let words = unsafe { core::slice::from_raw_parts(words.cast(), count) };
        Ok(Self {
            words,
            base: range.base,
        })
    }

    /// Gives the table's pages back.
    ///
    /// # Safety
    ///
    /// The table and its copies are not used again.
    pub unsafe fn destroy(self) {
        let address = self.words.as_ptr() as usize;
        // SAFETY: `create` mapped these pages, and the caller gives them up.
        let _ = unsafe { memory::unmap(address, table_size(self.words.len())) };
    }

    /// Marks the pages of a range as written, or as not.
    pub fn set(&self, range: PageRange, written: bool) {
        self.each_word(range, |word, mask| {
            if written {
                word.fetch_or(mask, Ordering::Relaxed);
            } else if word.load(Ordering::Relaxed) & mask != 0 {
                // Looked at first: a table of nothing stays without memory.
                word.fetch_and(!mask, Ordering::Relaxed);
            }
        });
    }

    /// The first written page from `start` on, below `end`.
    pub fn next_written(&self, start: usize, end: usize) -> Option<usize> {
        self.next(start, end, true)
    }

    /// Whether the page at `start` is written, and where the run of pages like it ends, at most at
    /// `end`.
    pub fn run(&self, start: usize, end: usize) -> (bool, usize) {
        let index = (start - self.base) / PAGE_SIZE;
        let written = self.words[index / BITS].load(Ordering::Relaxed) >> (index % BITS) & 1 != 0;
        (written, self.next(start, end, !written).unwrap_or(end))
    }

    fn next(&self, start: usize, end: usize, written: bool) -> Option<usize> {
        let mut index = (start - self.base) / PAGE_SIZE;
        let last = (end - self.base) / PAGE_SIZE;
        while index < last {
            let word = self.words[index / BITS].load(Ordering::Relaxed);
            let word = if written { word } else { !word } >> (index % BITS);
            if word != 0 {
                index += word.trailing_zeros() as usize;
                return (index < last).then(|| self.base + index * PAGE_SIZE);
            }
            index = (index / BITS + 1) * BITS;
        }
        None
    }

    fn each_word(&self, range: PageRange, work: impl Fn(&AtomicU64, u64)) {
        let mut index = (range.base - self.base) / PAGE_SIZE;
        let last = (range.end() - self.base) / PAGE_SIZE;
        while index < last {
            let first_bit = index % BITS;
            let count = (BITS - first_bit).min(last - index);
            let mask = (u64::MAX >> (BITS - count)) << first_bit;
            work(&self.words[index / BITS], mask);
            index += count;
        }
    }
}

fn table_size(words: usize) -> usize {
    // A table is far smaller than the address space.
    page_up(words * size_of::<u64>()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_list() {
        const PAGES: usize = 200;
        let base = 0x7_0000;
        let page = |index: usize| base + index * PAGE_SIZE;
        let size = PAGES * PAGE_SIZE;
        let table = WrittenPages::create(PageRange { base, size }).unwrap();
        let mut list = [false; PAGES];
        let mut state = 12345usize;
        for _ in 0..2000 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let first = (state >> 33) % PAGES;
            let count = 1 + (state >> 20) % (PAGES - first);
            let written = state >> 50 & 1 == 0;
            list[first..first + count].fill(written);
            let size = count * PAGE_SIZE;
            table.set(
                PageRange {
                    base: page(first),
                    size,
                },
                written,
            );
            let mut found = Vec::new();
            let mut at = base;
            while let Some(next) = table.next_written(at, base + PAGES * PAGE_SIZE) {
                found.push(next);
                at = next + PAGE_SIZE;
            }
            let expected: Vec<usize> = (0..PAGES).filter(|index| list[*index]).map(page).collect();
            assert_eq!(found, expected);
            let like = list[first..]
                .iter()
                .take_while(|other| **other == list[first])
                .count();
            assert_eq!(
                table.run(page(first), page(PAGES)),
                (list[first], page(first + like))
            );
        }
        // SAFETY: it is not used again.
        unsafe { table.destroy() };
    }
}
