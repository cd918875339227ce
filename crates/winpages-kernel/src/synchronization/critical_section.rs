//! Critical sections: CRITICAL_SECTION.
//!
//! `LockCount` is the word that Microsoft documents for debuggers: bit 0 is clear while somebody is
//! inside, bit 1 is clear while somebody who has been woken has not looked yet, and the other bits
//! are the one's complement of the number of waiters. Waiters sleep on `LockSemaphore`, which holds
//! one permit at most.

use core::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use crate::sys::futex::ANY;
use crate::sys::word::Word;
use crate::thread;

const FREE: u32 = 1;
const NOBODY_WOKEN: u32 = 2;
const WAITER: u32 = 4;
/// Free, nobody woken, no waiters: -1.
const INITIAL: u32 = u32::MAX;

/// How often a section without a spin count of its own looks before it sleeps.
const SPINS: u32 = 100;

/// The part that the protocol is of.
pub(super) struct Gate<'a, W> {
    pub(super) lock_count: &'a W,
    pub(super) semaphore: &'a W,
}

impl<W: Word> Gate<'_, W> {
    #[inline]
    pub(super) fn try_enter(&self) -> bool {
        let mut count = self.lock_count.load();
        while count & FREE != 0 {
            match self.lock_count.compare_exchange(count, count & !FREE) {
                Ok(_) => return true,
                Err(seen) => count = seen,
            }
        }
        false
    }

    #[cold]
    pub(super) fn enter_contended(&self, spins: u32) {
        let mut count = self.lock_count.spin(spins, |count| count & FREE == 0);
        loop {
            let is_free = count & FREE != 0;
            let new = if is_free {
                count & !FREE
            } else {
                count.wrapping_sub(WAITER)
            };
            match self.lock_count.compare_exchange(count, new) {
                Ok(_) if is_free => return,
                Ok(_) => break,
                Err(seen) => count = seen,
            }
        }
        loop {
            while self.semaphore.swap(0) == 0 {
                self.semaphore.wait(0, ANY, None);
            }
            // The permit is this thread's: nobody else is woken until it has either entered or said
            // that it sleeps again.
            let mut count = self.lock_count.load();
            loop {
                let is_free = count & FREE != 0;
                let new = if is_free {
                    (count & !FREE).wrapping_add(WAITER) | NOBODY_WOKEN
                } else {
                    count | NOBODY_WOKEN
                };
                match self.lock_count.compare_exchange(count, new) {
                    Ok(_) if is_free => return,
                    Ok(_) => break,
                    Err(seen) => count = seen,
                }
            }
        }
    }

    #[inline]
    pub(super) fn leave(&self) {
        let count = self.lock_count.fetch_or(FREE) | FREE;
        if count != INITIAL {
            self.wake(count);
        }
    }

    #[cold]
    fn wake(&self, mut count: u32) {
        loop {
            let has_waiters = count | (FREE | NOBODY_WOKEN) != INITIAL;
            // Whoever is inside by now, or has been woken, wakes the next in his turn.
            if !has_waiters || count & FREE == 0 || count & NOBODY_WOKEN == 0 {
                return;
            }
            match self
                .lock_count
                .compare_exchange(count, count & !NOBODY_WOKEN)
            {
                Ok(_) => break,
                Err(seen) => count = seen,
            }
        }
        self.semaphore.swap(1);
        self.semaphore.wake(1, ANY);
    }
}

/// A CRITICAL_SECTION, laid out as Windows' own.
#[repr(C)]
pub struct CriticalSection {
    debug_info: AtomicUsize,
    lock_count: AtomicU32,
    recursion_count: AtomicI32,
    owning_thread: AtomicUsize,
    lock_semaphore: AtomicU32,
    lock_semaphore_high: AtomicU32,
    spin_count: AtomicUsize,
}

const _: () = assert!(size_of::<CriticalSection>() == 40);

/// What `DebugInfo` is when there is none: Windows keeps none either, unless a debugger asks.
const NO_DEBUG_INFO: usize = usize::MAX;

impl CriticalSection {
    /// A section that nobody is in; mirrors RtlInitializeCriticalSectionEx.
    pub fn new(spin_count: u32) -> Self {
        Self {
            debug_info: AtomicUsize::new(NO_DEBUG_INFO),
            lock_count: AtomicU32::new(INITIAL),
            recursion_count: AtomicI32::new(0),
            owning_thread: AtomicUsize::new(0),
            lock_semaphore: AtomicU32::new(0),
            lock_semaphore_high: AtomicU32::new(0),
            spin_count: AtomicUsize::new(spin_count as usize),
        }
    }

    fn gate(&self) -> Gate<'_, AtomicU32> {
        Gate {
            lock_count: &self.lock_count,
            semaphore: &self.lock_semaphore,
        }
    }

    /// Sets the spin count; answers the one before.
    pub fn set_spin_count(&self, spin_count: u32) -> u32 {
        self.spin_count.swap(spin_count as usize, Ordering::Relaxed) as u32
    }

    /// Waits until nobody else is inside; mirrors RtlEnterCriticalSection. A thread that is inside
    /// enters once more.
    #[inline]
    pub fn enter(&self) {
        let this = thread::current_id() as usize;
        if self.has_entered_again(this) {
            return;
        }
        let gate = self.gate();
        if !gate.try_enter() {
            let spins = (self.spin_count.load(Ordering::Relaxed) as u32 & 0x00FF_FFFF).max(SPINS);
            gate.enter_contended(spins);
        }
        self.has_entered(this);
    }

    /// Enters if nobody else is inside; mirrors RtlTryEnterCriticalSection.
    #[inline]
    pub fn try_enter(&self) -> bool {
        let this = thread::current_id() as usize;
        if self.has_entered_again(this) {
            return true;
        }
        let is_inside = self.gate().try_enter();
        if is_inside {
            self.has_entered(this);
        }
        is_inside
    }

    fn has_entered_again(&self, this: usize) -> bool {
        let is_inside = self.owning_thread.load(Ordering::Relaxed) == this;
        if is_inside {
            self.add_recursion(1);
        }
        is_inside
    }

    fn has_entered(&self, this: usize) {
        self.owning_thread.store(this, Ordering::Relaxed);
        self.recursion_count.store(1, Ordering::Relaxed);
    }

    fn add_recursion(&self, difference: i32) -> i32 {
        // Only the thread inside writes it.
        let count = self.recursion_count.load(Ordering::Relaxed) + difference;
        self.recursion_count.store(count, Ordering::Relaxed);
        count
    }

    /// Leaves once; mirrors RtlLeaveCriticalSection. As on Windows, nobody asks whether the thread is
    /// the one that entered; a section that nobody is in stays as it is.
    #[inline]
    pub fn leave(&self) {
        if self.recursion_count.load(Ordering::Relaxed) <= 0 {
            return;
        }
        if self.add_recursion(-1) == 0 {
            self.owning_thread.store(0, Ordering::Relaxed);
            self.gate().leave();
        }
    }

    /// Makes the section one that nobody is in, without debug information.
    pub fn delete(&self) {
        self.debug_info.store(0, Ordering::Relaxed);
        self.recursion_count.store(0, Ordering::Relaxed);
        self.owning_thread.store(0, Ordering::Relaxed);
        self.lock_semaphore.store(0, Ordering::Relaxed);
        self.lock_semaphore_high.store(0, Ordering::Relaxed);
        self.spin_count.store(0, Ordering::Relaxed);
        self.lock_count.store(INITIAL, Ordering::Release);
    }

    /// Whether anybody is inside.
    pub fn is_locked(&self) -> bool {
        self.recursion_count.load(Ordering::Relaxed) != 0
    }

    /// How often the calling thread is inside.
    pub fn own_recursion(&self) -> i32 {
        let is_inside = self.owning_thread.load(Ordering::Relaxed) == thread::current_id() as usize;
        if is_inside {
            self.recursion_count.load(Ordering::Relaxed)
        } else {
            0
        }
    }
}
