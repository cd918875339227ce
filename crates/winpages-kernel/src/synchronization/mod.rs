//! The locks of one process, which live in memory of the program's own: critical sections,
//! slim reader-writer locks, condition variables, one-time initialisation, waits on an address,
//! lock-free lists, barriers.
//!
//! Each takes and frees its lock with one atomic instruction when nobody else wants it, and calls the
//! kernel only to sleep and to wake. None allocates: an allocator may stand on them.
//!
//! The protocols are generic over [`Word`](crate::sys::word::Word), so that the tests can run them
//! over a model of memory that tries every order of their steps.

pub mod address_wait;
pub mod barrier;
pub mod condition_variable;
pub mod critical_section;
pub mod interlocked_list;
pub mod run_once;
pub mod srw_lock;

#[cfg(test)]
mod models;

use core::sync::atomic::AtomicU32;
use core::time::Duration;

use crate::sys::clock;

/// When something that may take `timeout` is late, on the monotonic clock; `None` is never.
pub fn deadline_after(timeout: Option<Duration>) -> Option<Duration> {
    timeout.and_then(|timeout| clock::monotonic().checked_add(timeout))
}

/// The aligned word in a lock of a pointer's size, which programs may have put anywhere: one that
/// begins at any byte has four bytes in it that begin at a multiple of four.
///
/// # Safety
///
/// `lock` leads to eight bytes that stay a lock as long as `'a`, and that nobody uses otherwise.
unsafe fn aligned_word<'a>(lock: *mut usize) -> &'a AtomicU32 {
    let word = lock.cast::<u8>().map_addr(|address| (address + 3) & !3);
    // SAFETY: at most three bytes further, of eight; aligned now; the caller vouches for the rest.
    unsafe { AtomicU32::from_ptr(word.cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lock_has_a_word_of_its_own() {
        let mut memory = [0usize; 4];
        let start = memory.as_mut_ptr().cast::<u8>();
        for offset in 0..8 {
            // SAFETY: within the array; nobody else uses it.
            let (first, second) = unsafe {
                let lock = start.add(offset);
                (
                    aligned_word(lock.cast()).as_ptr().addr() - lock.addr(),
                    aligned_word(lock.add(8).cast()).as_ptr().addr() - lock.addr(),
                )
            };
            assert!(first <= 4);
            assert_eq!(second, first + 8);
        }
    }
}
