//! Barriers: SYNCHRONIZATION_BARRIER.

use core::sync::atomic::AtomicU32;

use crate::NtStatus;
use crate::sys::futex::ANY;
use crate::sys::lock::Lock;
use crate::sys::word::Word;

/// A barrier as a program holds it: as large as Windows' own.
#[repr(C)]
pub struct Barrier<W: Word = AtomicU32> {
    threads: u32,
    /// How many of this round have come. Under a lock, because more threads may use a barrier than it
    /// waits for: whoever comes belongs to the round that is not full yet.
    arrived: Lock<u32, W>,
    /// Counts the rounds: what waiters sleep on. Changed under the lock.
    round: W,
    /// How many have not left the barrier yet, once they came.
    inside: W,
    spins: usize,
}

const _: () = assert!(size_of::<Barrier>() == 32);

/// SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY
pub const SPIN_ONLY: u32 = 1;
/// SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY
pub const BLOCK_ONLY: u32 = 2;
/// SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE
pub const NO_DELETE: u32 = 4;

/// How often a waiter looks before it sleeps, unless the program says.
const DEFAULT_SPINS: usize = 2000;

impl Barrier {
    /// A barrier for so many threads; a negative spin count is the default.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] if `threads` is not positive, or `spins` is below -1.
    pub fn new(threads: i32, spins: i32) -> Result<Self, NtStatus> {
        if threads <= 0 || spins < -1 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let spins = usize::try_from(spins).unwrap_or(DEFAULT_SPINS);
        Ok(Self::over(|| AtomicU32::new(0), threads as u32, spins))
    }
}

impl<W: Word> Barrier<W> {
    /// A barrier over words that are 0.
    pub(super) fn over(word: impl Fn() -> W, threads: u32, spins: usize) -> Self {
        Self {
            threads,
            arrived: Lock::over(word(), 0),
            round: word(),
            inside: word(),
            spins,
        }
    }

    /// Waits until all threads have come; answers true to one of them: the last.
    pub fn enter(&self, flags: u32) -> bool {
        self.inside.fetch_add(1);
        let (round, is_last) = self.arrive();
        if is_last {
            self.round.wake_all();
        } else {
            let spins = if flags & BLOCK_ONLY == 0 {
                self.spins as u32
            } else {
                0
            };
            let mut seen = self.round.spin(spins, |seen| seen == round);
            while seen == round {
                if flags & SPIN_ONLY == 0 {
                    self.round.wait(round, ANY, None);
                } else {
                    core::hint::spin_loop();
                }
                seen = self.round.load();
            }
        }
        let inside = &raw const self.inside;
        if self.inside.fetch_add(u32::MAX) == 1 && flags & NO_DELETE == 0 {
            // Whoever deletes the barrier may have seen that by now, and be gone with it.
            W::wake_gone(inside);
        }
        is_last
    }

    /// Counts the thread among those of its round; answers which that is, and whether it is full.
    fn arrive(&self) -> (u32, bool) {
        let mut arrived = self.arrived.lock();
        *arrived += 1;
        let is_last = *arrived == self.threads;
        if !is_last {
            return (self.round.load(), false);
        }
        *arrived = 0;
        (self.round.fetch_add(1), true)
    }

    /// Waits until nobody is inside any more, so that the memory can be used for something else.
    pub fn delete(&self) {
        loop {
            let inside = self.inside.load();
            if inside == 0 {
                return;
            }
            // Whoever leaves with NO_DELETE wakes nobody: look again from time to time.
            let soon = super::deadline_after(Some(core::time::Duration::from_millis(1)));
            self.inside.wait(inside, ANY, soon);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn more_threads_than_it_waits_for_go_through_in_turn() {
        const EACH: u32 = 2000;
        let barrier = Barrier::new(2, 0).unwrap();
        let entered = AtomicU32::new(0);
        let lasts = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while entered.fetch_add(1, Ordering::Relaxed) < 2 * EACH {
                        lasts.fetch_add(barrier.enter(0).into(), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(lasts.load(Ordering::Relaxed), EACH);
    }

    #[test]
    fn one_of_each_round_is_the_last() {
        let barrier = Barrier::new(4, -1).unwrap();
        let lasts = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..500 {
                        if barrier.enter(0) {
                            assert_eq!(lasts.fetch_add(1, Ordering::Relaxed), round);
                        }
                        barrier.enter(BLOCK_ONLY);
                        assert_eq!(lasts.load(Ordering::Relaxed), round + 1);
                        barrier.enter(0);
                    }
                });
            }
        });
        barrier.delete();
        assert_eq!(lasts.load(Ordering::Relaxed), 500);
        assert!(Barrier::new(0, -1).is_err());
        assert!(Barrier::new(1, -2).is_err());
    }
}
