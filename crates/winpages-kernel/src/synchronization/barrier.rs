//! Barriers: SYNCHRONIZATION_BARRIER.

use core::sync::atomic::{AtomicU32, AtomicUsize};

use crate::NtStatus;
use crate::sys::futex::ANY;
use crate::sys::word::Word;

/// A barrier as a program holds it: as large as Windows' own.
#[repr(C)]
pub struct Barrier {
    threads: AtomicU32,
    /// How many of this round have come.
    arrived: AtomicU32,
    /// Counts the rounds: what waiters sleep on.
    round: AtomicU32,
    /// How many have not left the barrier yet, once they came.
    inside: AtomicU32,
    spins: AtomicUsize,
    reserved: AtomicUsize,
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
        Ok(Self {
            threads: AtomicU32::new(threads as u32),
            arrived: AtomicU32::new(0),
            round: AtomicU32::new(0),
            inside: AtomicU32::new(0),
            spins: AtomicUsize::new(usize::try_from(spins).unwrap_or(DEFAULT_SPINS)),
            reserved: AtomicUsize::new(0),
        })
    }

    /// Waits until all threads have come; answers true to one of them: the last.
    pub fn enter(&self, flags: u32) -> bool {
        Word::fetch_add(&self.inside, 1);
        let round = Word::load(&self.round);
        let is_last = Word::fetch_add(&self.arrived, 1) + 1 == Word::load(&self.threads);
        if is_last {
            Word::store(&self.arrived, 0);
            Word::fetch_add(&self.round, 1);
            self.round.wake_all();
        } else {
            let spins = self.spins.load(core::sync::atomic::Ordering::Relaxed) as u32;
            let spins = if flags & BLOCK_ONLY == 0 { spins } else { 0 };
            let mut seen = self.round.spin(spins, |seen| seen == round);
            while seen == round {
                if flags & SPIN_ONLY == 0 {
                    self.round.wait(round, ANY, None);
                } else {
                    core::hint::spin_loop();
                }
                seen = Word::load(&self.round);
            }
        }
        if Word::fetch_add(&self.inside, u32::MAX) == 1 && flags & NO_DELETE == 0 {
            self.inside.wake_all();
        }
        is_last
    }

    /// Waits until nobody is inside any more, so that the memory can be used for something else.
    pub fn delete(&self) {
        loop {
            let inside = Word::load(&self.inside);
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
