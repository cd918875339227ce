//! Waiting until the value at an address changes: WaitOnAddress.
//!
//! The kernel sleeps on aligned words of four bytes only, and these values have one to eight, so the
//! engine keeps the sleepers itself: in lists by address, each entry on the stack of its sleeper.

use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::time::Duration;

use crate::NtStatus;
use crate::sys::fault;
use crate::sys::futex::{ANY, Awoken};
use crate::sys::lock::Lock;
use crate::sys::word::Word;

/// A thread that waits, in the list of its bucket.
struct Waiter<W> {
    address: usize,
    /// 0 until the waiter has been woken; it is off the list then.
    woken: W,
    next: UnsafeCell<*const Waiter<W>>,
}

/// The list of those who wait at addresses that have one hash, first come first.
struct Queue<W> {
    first: *const Waiter<W>,
    last: *const Waiter<W>,
}

// SAFETY: the waiters' threads leave only after they have seen that they are off the list, and
// whoever uses the list holds the lock around it.
unsafe impl<W> Send for Queue<W> {}

impl<W> Queue<W> {
    const EMPTY: Self = Self {
        first: ptr::null(),
        last: ptr::null(),
    };

    fn push(&mut self, waiter: &Waiter<W>) {
        // SAFETY: the last waiter is still there: it is on the list.
        match unsafe { self.last.as_ref() } {
            // SAFETY: only used under the lock.
            Some(last) => unsafe { *last.next.get() = waiter },
            None => self.first = waiter,
        }
        self.last = waiter;
    }

    /// Takes the first waiter off the list that `wanted` picks.
    fn take(&mut self, wanted: impl Fn(&Waiter<W>) -> bool) -> Option<*const Waiter<W>> {
        let mut previous: *const Waiter<W> = ptr::null();
        let mut here = self.first;
        // SAFETY: waiters on the list are still there; `next` is only used under the lock.
        unsafe {
            while let Some(waiter) = here.as_ref() {
                let next = *waiter.next.get();
                if wanted(waiter) {
                    match previous.as_ref() {
                        Some(previous) => *previous.next.get() = next,
                        None => self.first = next,
                    }
                    if next.is_null() {
                        self.last = previous;
                    }
                    return Some(here);
                }
                previous = here;
                here = next;
            }
        }
        None
    }
}

pub(super) struct Bucket<W: Word> {
    /// How many wait here, or are about to: a waker that reads 0 need not look.
    waiting: W,
    queue: Lock<Queue<W>, W>,
}

impl<W: Word> Bucket<W> {
    pub(super) const fn over(waiting: W, lock: W) -> Self {
        Self {
            waiting,
            queue: Lock::over(lock, Queue::EMPTY),
        }
    }

    /// Waits with a word of its own, unless `is_unchanged` finds that there is nothing to wait for.
    pub(super) fn wait(
        &self,
        address: usize,
        word: W,
        is_unchanged: impl FnOnce() -> bool,
        deadline: Option<Duration>,
    ) -> Awoken {
        let waiter = Waiter {
            address,
            woken: word,
            next: UnsafeCell::new(ptr::null()),
        };
        let mut queue = self.queue.lock();
        self.waiting.fetch_add(1);
        // Against the one in `wake`: either the waker sees that somebody waits, or the waiter sees
        // the value that the waker wrote before.
        W::fence();
        let is_unchanged = is_unchanged();
        if is_unchanged {
            queue.push(&waiter);
        }
        drop(queue);
        let mut answer = Awoken::LookAgain;
        if is_unchanged {
            while waiter.woken.load() == 0 {
                if waiter.woken.wait(0, ANY, deadline) == Awoken::LookAgain {
                    continue;
                }
                let mut queue = self.queue.lock();
                if queue
                    .take(|other| ptr::eq(other, &raw const waiter))
                    .is_some()
                {
                    answer = Awoken::TimedOut;
                    break;
                }
                // Somebody has just taken it off the list, to wake it.
            }
        }
        self.waiting.fetch_add(u32::MAX);
        answer
    }

    /// Whether nobody waits here.
    #[cfg(test)]
    pub(super) fn is_deserted(&self) -> bool {
        self.waiting.load() == 0 && self.queue.lock().first.is_null()
    }

    /// Wakes up to `count` of those who wait at `address`.
    pub(super) fn wake(&self, address: usize, count: usize) {
        W::fence();
        if self.waiting.load() == 0 {
            return;
        }
        // All at once: one that is woken may come back, and is not to be woken again.
        let mut taken = Queue::EMPTY;
        {
            let mut queue = self.queue.lock();
            for _ in 0..count {
                let Some(waiter) = queue.take(|waiter| waiter.address == address) else {
                    break;
                };
                // SAFETY: a waiter stays until its word says that it was woken, and nobody but the one
                // who took it off the list uses its link from then on.
                unsafe {
                    *(*waiter).next.get() = ptr::null();
                    taken.push(&*waiter);
                }
            }
        }
        while let Some(waiter) = taken.take(|_| true) {
            // SAFETY: a waiter stays until its word says that it was woken. From then on it may be
            // gone, and only its address is used.
            let woken = unsafe {
                let woken = &raw const (*waiter).woken;
                (*woken).store(1);
                woken
            };
            W::wake_gone(woken);
        }
    }
}

const BUCKETS: usize = 256;

static TABLE: [Bucket<AtomicU32>; BUCKETS] =
    [const { Bucket::over(AtomicU32::new(0), AtomicU32::new(0)) }; BUCKETS];

fn bucket(address: usize) -> &'static Bucket<AtomicU32> {
    let hash = (address >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - 8);
    &TABLE[hash % BUCKETS]
}

/// Reads a value of 1, 2, 4 or 8 bytes, in one piece if it is aligned.
///
/// # Safety
///
/// As [`fault::read`].
unsafe fn read(address: *const u8, size: usize) -> Result<u64, NtStatus> {
    // SAFETY: passed on; any bytes are a number.
    unsafe {
        match size {
            1 => fault::read(address).map(u64::from),
            2 => fault::read(address.cast::<u16>()).map(u64::from),
            4 => fault::read(address.cast::<u32>()).map(u64::from),
            _ => fault::read(address.cast::<u64>()),
        }
    }
    .map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Waits while the value at `address` is the one at `compare`; mirrors RtlWaitOnAddress. May return
/// early.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PARAMETER`]: no address, or a size other than 1, 2, 4 or 8.
/// * [`NtStatus::ACCESS_VIOLATION`]: a pointer leads nowhere.
/// * [`NtStatus::TIMEOUT`]: `deadline` is past.
///
/// # Safety
///
/// The pointers are a C program's; they may lead nowhere.
pub unsafe fn wait(
    address: *const u8,
    compare: *const u8,
    size: usize,
    deadline: Option<Duration>,
) -> Result<(), NtStatus> {
    if address.is_null() || !matches!(size, 1 | 2 | 4 | 8) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: passed on.
    let undesired = unsafe { read(compare, size)? };
    // SAFETY: as above. Most callers' values have changed by now.
    if unsafe { read(address, size)? } != undesired {
        return Ok(());
    }
    // SAFETY: as above.
    let is_unchanged = || unsafe { read(address, size) } == Ok(undesired);
    match bucket(address.addr()).wait(address.addr(), AtomicU32::new(0), is_unchanged, deadline) {
        Awoken::LookAgain => Ok(()),
        Awoken::TimedOut => Err(NtStatus::TIMEOUT),
    }
}

/// Wakes the one who has waited at `address` for longest; mirrors RtlWakeAddressSingle.
pub fn wake_one(address: usize) {
    bucket(address).wake(address, 1);
}

/// Wakes all who wait at `address`; mirrors RtlWakeAddressAll.
pub fn wake_all(address: usize) {
    bucket(address).wake(address, usize::MAX);
}

/// For fork: see [`crate::sys::fork`]. The stacks of those who wait are in the child, the threads
/// are not; and whoever held a bucket's lock is gone.
pub(crate) fn after_fork_in_child() {
    for bucket in &TABLE {
        bucket
            .waiting
            .store(0, core::sync::atomic::Ordering::Relaxed);
        // SAFETY: the child has one thread, and it is here.
        unsafe { bucket.queue.reset_after_fork(Queue::EMPTY) };
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::synchronization::deadline_after;

    fn wait_at<T>(address: *const T, compare: T, timeout: Option<u64>) -> Result<(), NtStatus> {
        let deadline = deadline_after(timeout.map(Duration::from_millis));
        let compare = (&raw const compare).cast();
        // SAFETY: valid pointers.
        unsafe { wait(address.cast(), compare, size_of::<T>(), deadline) }
    }

    #[test]
    fn only_the_value_s_own_bytes_count() {
        let value = [7u8, 1, 2, 3];
        let address = value.as_ptr();
        assert_eq!(wait_at(address, 8, None), Ok(()));
        assert_eq!(wait_at(address, 7, Some(1)), Err(NtStatus::TIMEOUT));
        let odd = address.wrapping_add(1).cast::<u16>();
        assert_eq!(wait_at(odd, 0x0201, Some(0)), Err(NtStatus::TIMEOUT));
        assert_eq!(wait_at(odd, 0x0200, None), Ok(()));
    }

    #[test]
    fn arguments_are_checked() {
        let nothing = ptr::null::<u8>();
        assert_eq!(wait_at(nothing, 0, None), Err(NtStatus::INVALID_PARAMETER));
        let three = [0u8; 3];
        assert_eq!(
            wait_at(&raw const three, three, None),
            Err(NtStatus::INVALID_PARAMETER)
        );
        let wild = 0x10 as *const u32;
        assert_eq!(wait_at(wild, 0, None), Err(NtStatus::ACCESS_VIOLATION));
    }

    #[test]
    fn all_are_woken_and_single_ones_one_by_one() {
        static VALUE: AtomicU8 = AtomicU8::new(0);
        static DONE: AtomicU32 = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while VALUE.load(Ordering::Acquire) == 0 {
                        wait_at(VALUE.as_ptr(), 0, None).unwrap();
                    }
                    DONE.fetch_add(1, Ordering::Release);
                });
            }
            std::thread::sleep(Duration::from_millis(5));
            VALUE.store(1, Ordering::Release);
            wake_one(VALUE.as_ptr().addr());
            while DONE.load(Ordering::Acquire) == 0 {
                std::thread::yield_now();
            }
            wake_all(VALUE.as_ptr().addr());
        });
        assert_eq!(DONE.load(Ordering::Relaxed), 4);
    }
}
