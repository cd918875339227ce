//! Eight threads on few locks of every kind: what a lock guards is never torn, and nobody sleeps for ever.

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use kernel32::address_wait::{WaitOnAddress, WakeByAddressAll, WakeByAddressSingle};
use kernel32::condition_variable::{
    SleepConditionVariableCS, SleepConditionVariableSRW, WakeAllConditionVariable,
    WakeConditionVariable,
};
use kernel32::critical_section::{
    DeleteCriticalSection, EnterCriticalSection, InitializeCriticalSection, LeaveCriticalSection,
    TryEnterCriticalSection,
};
use kernel32::one_time_initialization::InitOnceExecuteOnce;
use kernel32::srw_lock::{
    AcquireSRWLockExclusive, AcquireSRWLockShared, ReleaseSRWLockExclusive, ReleaseSRWLockShared,
    TryAcquireSRWLockExclusive,
};

const THREADS: usize = 8;

/// Memory that the locks share with the tests.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: the locks are made for it, and what they guard they guard.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get<U>(&self) -> *mut U {
        self.0.get().cast()
    }
}

fn together(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

/// Changes two numbers in steps that anybody else would see.
///
/// # Safety
///
/// The caller holds the lock of the pair.
unsafe fn change(pair: *mut [u64; 2]) {
    // SAFETY: as the caller vouches.
    unsafe {
        (*pair)[0] += 1;
        core::hint::spin_loop();
        (*pair)[1] += 1;
    }
}

#[test]
fn critical_sections() {
    const ROUNDS: u64 = 20_000;
    let section = Shared(UnsafeCell::new([0u64; 5]));
    let pair = Shared(UnsafeCell::new([0u64; 2]));
    // SAFETY: a section's memory; the pair is used inside only.
    unsafe { InitializeCriticalSection(section.get()) };
    together(|number| {
        for round in 0..ROUNDS {
            // SAFETY: as above.
            unsafe {
                if number % 3 != 0 || TryEnterCriticalSection(section.get()) == 0 {
                    EnterCriticalSection(section.get());
                }
                EnterCriticalSection(section.get());
                change(pair.get());
                LeaveCriticalSection(section.get());
                if round % 1000 == 0 {
                    std::thread::yield_now();
                }
                LeaveCriticalSection(section.get());
            }
        }
    });
    // SAFETY: nobody is inside any more.
    unsafe { DeleteCriticalSection(section.get()) };
    assert_eq!(pair.0.into_inner(), [ROUNDS * THREADS as u64; 2]);
}

#[test]
fn reader_writer_locks() {
    const ROUNDS: u64 = 20_000;
    let lock = Shared(UnsafeCell::new(0usize));
    let pair = Shared(UnsafeCell::new([0u64; 2]));
    together(|number| {
        for _ in 0..ROUNDS {
            // SAFETY: a lock that was 0; the pair is used while it is held.
            unsafe {
                if number % 2 == 0 {
                    if TryAcquireSRWLockExclusive(lock.get()) == 0 {
                        AcquireSRWLockExclusive(lock.get());
                    }
                    change(pair.get());
                    ReleaseSRWLockExclusive(lock.get());
                } else {
                    AcquireSRWLockShared(lock.get());
                    let [first, second] = *pair.get::<[u64; 2]>();
                    assert_eq!(first, second);
                    ReleaseSRWLockShared(lock.get());
                }
            }
        }
    });
    assert_eq!(pair.0.into_inner(), [ROUNDS * THREADS as u64 / 2; 2]);
    assert_eq!(lock.0.into_inner(), 0);
}

/// A queue of a few places between producers and consumers, with each kind of lock.
fn queue(with_section: bool) {
    const EACH: usize = 5_000;
    const PLACES: usize = 3;
    let lock = Shared(UnsafeCell::new([0u64; 5]));
    let (filled, emptied) = (
        Shared(UnsafeCell::new(0usize)),
        Shared(UnsafeCell::new(0usize)),
    );
    let length = AtomicUsize::new(0);
    let taken = AtomicUsize::new(0);
    if with_section {
        // SAFETY: a section's memory.
        unsafe { InitializeCriticalSection(lock.get()) };
    }
    // SAFETY: memory of such a lock, each held as it is left.
    let (enter, leave, sleep) = (
        || unsafe {
            if with_section {
                EnterCriticalSection(lock.get());
            } else {
                AcquireSRWLockExclusive(lock.get());
            }
        },
        || unsafe {
            if with_section {
                LeaveCriticalSection(lock.get());
            } else {
                ReleaseSRWLockExclusive(lock.get());
            }
        },
        |variable: *mut usize| unsafe {
            // Some give up from time to time, and look again.
            let timeout = if length.load(Ordering::Relaxed).is_multiple_of(2) {
                u32::MAX
            } else {
                1
            };
            if with_section {
                SleepConditionVariableCS(variable, lock.get(), timeout);
            } else {
                SleepConditionVariableSRW(variable, lock.get(), timeout, 0);
            }
        },
    );
    together(|number| {
        for round in 0..EACH {
            enter();
            if number % 2 == 0 {
                while length.load(Ordering::Relaxed) == PLACES {
                    sleep(emptied.get());
                }
                length.fetch_add(1, Ordering::Relaxed);
            } else {
                while length.load(Ordering::Relaxed) == 0 {
                    sleep(filled.get());
                }
                length.fetch_sub(1, Ordering::Relaxed);
                taken.fetch_add(1, Ordering::Relaxed);
            }
            leave();
            let variable = if number % 2 == 0 { &filled } else { &emptied };
            // SAFETY: memory of a condition variable.
            unsafe {
                if round % 7 == 0 {
                    WakeAllConditionVariable(variable.get());
                } else {
                    WakeConditionVariable(variable.get());
                }
            }
        }
    });
    assert_eq!(length.into_inner(), 0);
    assert_eq!(taken.into_inner(), EACH * THREADS / 2);
}

#[test]
fn condition_variables_with_critical_sections() {
    queue(true);
}

#[test]
fn condition_variables_with_reader_writer_locks() {
    queue(false);
}

#[test]
fn one_time_initialization() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    /// Fails twice of three times.
    unsafe extern "C-unwind" fn initialize(
        _: *const winpages_kernel::synchronization::run_once::RunOnce,
        _: *mut core::ffi::c_void,
        context: *mut usize,
    ) -> i32 {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        std::thread::yield_now();
        // SAFETY: the caller's place.
        unsafe { *context = 0x100 };
        i32::from(call % 3 == 2)
    }
    const ROUNDS: usize = 500;
    let onces: Vec<Shared<usize>> = (0..ROUNDS).map(|_| Shared(UnsafeCell::new(0))).collect();
    together(|_| {
        for once in &onces {
            let mut context = 0;
            // SAFETY: memory of an INIT_ONCE, and a local.
            while unsafe {
                InitOnceExecuteOnce(
                    once.get(),
                    initialize,
                    core::ptr::null_mut(),
                    &raw mut context,
                )
            } == 0
            {}
            assert_eq!(context, 0x100);
        }
    });
    assert_eq!(CALLS.load(Ordering::Relaxed), 3 * ROUNDS as u32);
}

#[test]
fn waits_on_addresses() {
    const ROUNDS: u32 = 3_000;
    // A token goes round: each thread waits for its turn.
    let turn = AtomicU32::new(0);
    let address = turn.as_ptr().cast::<core::ffi::c_void>();
    let address = address.expose_provenance();
    together(|number| {
        let address = address as *const core::ffi::c_void;
        for round in 0..ROUNDS {
            let mine = round * THREADS as u32 + number as u32;
            loop {
                let seen = turn.load(Ordering::Acquire);
                if seen == mine {
                    break;
                }
                // SAFETY: both lead to words.
                unsafe { WaitOnAddress(address, (&raw const seen).cast(), 4, u32::MAX) };
            }
            turn.store(mine + 1, Ordering::Release);
            // All but the next look again for nothing.
            WakeByAddressAll(address);
        }
        WakeByAddressSingle(address);
    });
    assert_eq!(turn.into_inner(), ROUNDS * THREADS as u32);
}
