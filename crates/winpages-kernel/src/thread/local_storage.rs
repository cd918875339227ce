//! Thread-local storage: TlsAlloc's indexes, and a slot for each in every thread.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::block::{self, Block, TLS_EXPANSION_SLOTS};
use super::environment_block::TLS_SLOTS;
use crate::NtStatus;

/// How many indexes there are.
const INDEXES: usize = TLS_SLOTS + TLS_EXPANSION_SLOTS;

/// A bit for each index that is in use. Index 0 never is handed out: programs take it for none.
static IN_USE: Indexes<{ INDEXES.div_ceil(64) }> = Indexes::new(INDEXES);

/// A set of small numbers that threads take from and give back to without a lock.
pub(super) struct Indexes<const WORDS: usize> {
    in_use: [AtomicU64; WORDS],
    count: usize,
}

impl<const WORDS: usize> Indexes<WORDS> {
    /// The numbers from 1 to below `count`.
    pub(super) const fn new(count: usize) -> Self {
        let in_use = [const { AtomicU64::new(0) }; WORDS];
        Self { in_use, count }
    }

    /// Takes the lowest number that is not in use.
    pub(super) fn take(&self) -> Option<usize> {
        for (word_index, word) in self.in_use.iter().enumerate() {
            let reserved = u64::from(word_index == 0);
            let mut bits = word.load(Ordering::Relaxed);
            while bits | reserved != u64::MAX {
                let bit = (bits | reserved).trailing_ones() as usize;
                let index = word_index * 64 + bit;
                if index >= self.count {
                    return None;
                }
                let taken = bits | 1 << bit;
                match word.compare_exchange(bits, taken, Ordering::AcqRel, Ordering::Relaxed) {
                    Ok(_) => return Some(index),
                    Err(seen) => bits = seen,
                }
            }
        }
        None
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        let word = self.in_use.get(index / 64);
        word.is_some_and(|word| word.load(Ordering::Acquire) & 1 << (index % 64) != 0)
    }

    /// Gives a number back; answers whether it was in use.
    pub(super) fn give_back(&self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        let word = self.in_use.get(index / 64);
        word.is_some_and(|word| word.fetch_and(!bit, Ordering::AcqRel) & bit != 0)
    }
}

impl Block {
    /// The slot of an index; `None` if there is no such index.
    fn tls_slot(&self, index: usize) -> Option<&AtomicUsize> {
        match index.checked_sub(TLS_SLOTS) {
            None => self.environment.tls_slots.get(index),
            Some(index) => self.tls_expansion.get(index),
        }
    }
}

fn clear_everywhere(index: usize) {
    block::for_each(|block| {
        if let Some(slot) = block.tls_slot(index) {
            // Most threads' slots have never been written, and their pages need not be there.
            if slot.load(Ordering::Relaxed) != 0 {
                slot.store(0, Ordering::Relaxed);
            }
        }
    });
}

/// Takes an index, whose slot is 0 in every thread; mirrors TlsAlloc. `None` if all are in use.
pub fn allocate() -> Option<usize> {
    let index = IN_USE.take()?;
    // A thread may have written to the slot while nobody had the index.
    clear_everywhere(index);
    Some(index)
}

/// Gives an index back; mirrors TlsFree.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if it is not in use.
pub fn free(index: usize) -> Result<(), NtStatus> {
    if !IN_USE.contains(index) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    clear_everywhere(index);
    if IN_USE.give_back(index) {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

/// The value in the calling thread's slot; mirrors TlsGetValue, which does not ask whether the index
/// is in use either.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if there is no such index.
#[inline]
pub fn get(index: usize) -> Result<usize, NtStatus> {
    let slot = block::current().tls_slot(index);
    let slot = slot.ok_or(NtStatus::INVALID_PARAMETER)?;
    Ok(slot.load(Ordering::Relaxed))
}

/// Sets the value in the calling thread's slot; mirrors TlsSetValue.
///
/// # Errors
///
/// As [`get`].
#[inline]
pub fn set(index: usize, value: usize) -> Result<(), NtStatus> {
    let block = block::current();
    let slot = block.tls_slot(index);
    let slot = slot.ok_or(NtStatus::INVALID_PARAMETER)?;
    if index >= TLS_SLOTS {
        // Code that reads the environment block itself looks for them here.
        let address = block.tls_expansion.as_ptr().addr();
        let leads_there = &block.environment.tls_expansion_slots;
        leads_there.store(address, Ordering::Relaxed);
    }
    slot.store(value, Ordering::Relaxed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_lowest_first() {
        let indexes = Indexes::<2>::new(70);
        let taken: Vec<usize> = core::iter::from_fn(|| indexes.take()).collect();
        assert_eq!(taken, (1..70).collect::<Vec<_>>());
        assert!(indexes.give_back(64));
        assert!(!indexes.give_back(64));
        assert!(!indexes.contains(64) && indexes.contains(65));
        assert_eq!(indexes.take(), Some(64));
        assert!(!indexes.give_back(1000));
    }

    #[test]
    fn a_new_index_is_zero_in_every_thread() {
        let index = allocate().unwrap();
        set(index, 1).unwrap();
        let (ask, asked) = std::sync::mpsc::channel();
        let (answer, answered) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            assert_eq!(get(index), Ok(0));
            set(index, 2).unwrap();
            answer.send(get(index)).unwrap();
            asked.recv().unwrap();
            answer.send(get(index)).unwrap();
        });
        assert_eq!(answered.recv().unwrap(), Ok(2));
        assert_eq!(get(index), Ok(1));
        free(index).unwrap();
        ask.send(()).unwrap();
        assert_eq!(answered.recv().unwrap(), Ok(0));
        assert_eq!(get(index), Ok(0));
        thread.join().unwrap();
        assert_eq!(get(INDEXES), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(set(INDEXES, 1), Err(NtStatus::INVALID_PARAMETER));
    }

    #[test]
    fn the_block_leads_to_the_expansion_slots() {
        std::thread::spawn(|| {
            let block = block::current();
            let leads_to = || {
                let word = &block.environment.tls_expansion_slots;
                word.load(Ordering::Relaxed)
            };
            assert_eq!(leads_to(), 0);
            set(INDEXES - 1, 7).unwrap();
            let slot = leads_to() + (TLS_EXPANSION_SLOTS - 1) * 8;
            // SAFETY: the slot that was set just now.
            assert_eq!(unsafe { *(slot as *const usize) }, 7);
            set(INDEXES - 1, 0).unwrap();
        })
        .join()
        .unwrap();
    }
}
