//! One-time initialisation: INIT_ONCE.
//!
//! The two lowest bits of the pointer say how far it is; the others are what was initialised.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::NtStatus;
use crate::sys::futex::ANY;
use crate::sys::word::Word;

/// RTL_RUN_ONCE_CHECK_ONLY
pub const CHECK_ONLY: u32 = 1;
/// RTL_RUN_ONCE_ASYNC
pub const ASYNC: u32 = 2;
/// RTL_RUN_ONCE_INIT_FAILED
pub const INIT_FAILED: u32 = 4;

/// Nobody has begun.
const UNTOUCHED: u32 = 0;
/// Somebody is at it, and everybody else waits for him.
const IN_PROGRESS: u32 = 1;
/// Done; what the bits above are is the context.
const DONE: u32 = 2;
/// Some are at it, and the first who is done wins.
const IN_PROGRESS_ASYNC: u32 = 3;
const PHASE: u32 = 3;

/// What [`RunOnce::begin`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The caller initialises.
    Pending,
    /// It is done; this is the context.
    Done(usize),
}

/// Waits, or begins: the part of the protocol that is about the lower half of the word.
pub(super) fn begin<W: Word>(word: &W, flags: u32) -> Result<bool, NtStatus> {
    let is_async = flags & ASYNC != 0;
    let mut state = word.load();
    loop {
        let wanted = match (state & PHASE, is_async) {
            (DONE, _) => return Ok(false),
            (IN_PROGRESS_ASYNC, true) => return Ok(true),
            (IN_PROGRESS_ASYNC, false) | (IN_PROGRESS, true) => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            (IN_PROGRESS, false) => {
                word.wait(state, ANY, None);
                state = word.load();
                continue;
            }
            (_, true) => IN_PROGRESS_ASYNC,
            (_, false) => IN_PROGRESS,
        };
        match word.compare_exchange(UNTOUCHED, wanted) {
            Ok(_) => return Ok(true),
            // What is untouched must be zero to its last bit.
            Err(seen) if seen & PHASE == UNTOUCHED && seen != UNTOUCHED => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            Err(seen) => state = seen,
        }
    }
}

/// An INIT_ONCE as a program holds it.
#[repr(transparent)]
pub struct RunOnce(AtomicUsize);

impl RunOnce {
    /// Makes it one that nobody has begun; mirrors RtlRunOnceInitialize.
    pub fn initialize(&self) {
        self.0.store(0, Ordering::Release);
    }

    fn lower_half(&self) -> &AtomicU32 {
        // SAFETY: x86-64 keeps the lower half first, and it lives as long as the whole. The kernel
        // and the processor treat accesses of either width to it as one memory.
        unsafe { AtomicU32::from_ptr(self.0.as_ptr().cast()) }
    }

    /// Begins to initialise, or waits for whoever has begun; mirrors RtlRunOnceBeginInitialize.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::INVALID_PARAMETER`]: unknown flags, both flags, or others have begun in the
    ///   other way.
    /// * [`NtStatus::UNSUCCESSFUL`]: `flags` is [`CHECK_ONLY`], and it is not done.
    pub fn begin(&self, flags: u32) -> Result<Begun, NtStatus> {
        match flags {
            0 | ASYNC => {}
            CHECK_ONLY => {
                return match self.done() {
                    Some(context) => Ok(Begun::Done(context)),
                    None => Err(NtStatus::UNSUCCESSFUL),
                };
            }
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
        if let Some(context) = self.done() {
            return Ok(Begun::Done(context));
        }
        if begin(self.lower_half(), flags)? {
            return Ok(Begun::Pending);
        }
        Ok(Begun::Done(self.done().unwrap_or(0)))
    }

    /// The context, if the initialisation is done.
    #[inline]
    fn done(&self) -> Option<usize> {
        let value = self.0.load(Ordering::Acquire);
        (value as u32 & PHASE == DONE).then_some(value & !(PHASE as usize))
    }

    /// Says that the initialisation is done, or has failed; mirrors RtlRunOnceComplete.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::INVALID_PARAMETER`]: flags that do not go together, a context with a failure or
    ///   with its two lowest bits set, or it was begun in the other way.
    /// * [`NtStatus::UNSUCCESSFUL`]: nobody has begun, or somebody else was first.
    pub fn complete(&self, flags: u32, context: usize) -> Result<(), NtStatus> {
        let has_failed = flags & INIT_FAILED != 0;
        if flags & !(ASYNC | INIT_FAILED) != 0
            || context & PHASE as usize != 0
            || has_failed && (context != 0 || flags & ASYNC != 0)
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let done = if has_failed {
            0
        } else {
            context | DONE as usize
        };
        let mut value = self.0.load(Ordering::Acquire);
        loop {
            let is_async = match value as u32 & PHASE {
                IN_PROGRESS => false,
                IN_PROGRESS_ASYNC => true,
                _ => return Err(NtStatus::UNSUCCESSFUL),
            };
            if is_async != (flags & ASYNC != 0) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let exchanged =
                self.0
                    .compare_exchange(value, done, Ordering::AcqRel, Ordering::Acquire);
            match exchanged {
                Ok(_) => break,
                Err(seen) => value = seen,
            }
        }
        Word::wake_all(self.lower_half());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_initialises_and_the_others_wait() {
        static ONCE: RunOnce = RunOnce(AtomicUsize::new(0));
        static BEGUN: AtomicU32 = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| match ONCE.begin(0) {
                    Ok(Begun::Pending) => {
                        assert_eq!(BEGUN.fetch_add(1, Ordering::Relaxed), 0);
                        std::thread::yield_now();
                        ONCE.complete(0, 0x1230).unwrap();
                    }
                    found => assert_eq!(found, Ok(Begun::Done(0x1230))),
                });
            }
        });
        assert_eq!(ONCE.begin(CHECK_ONLY), Ok(Begun::Done(0x1230)));
    }

    #[test]
    fn the_two_ways_do_not_mix() {
        let once = RunOnce(AtomicUsize::new(0));
        assert_eq!(once.begin(CHECK_ONLY), Err(NtStatus::UNSUCCESSFUL));
        assert_eq!(
            once.begin(CHECK_ONLY | ASYNC),
            Err(NtStatus::INVALID_PARAMETER)
        );
        assert_eq!(once.complete(INIT_FAILED, 0), Err(NtStatus::UNSUCCESSFUL));
        assert_eq!(once.begin(ASYNC), Ok(Begun::Pending));
        assert_eq!(once.begin(ASYNC), Ok(Begun::Pending));
        assert_eq!(once.begin(0), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(once.complete(0, 0), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(once.complete(ASYNC, 4), Ok(()));
        assert_eq!(once.complete(ASYNC, 8), Err(NtStatus::UNSUCCESSFUL));
        assert_eq!(once.begin(0), Ok(Begun::Done(4)));
        once.initialize();
        assert_eq!(once.begin(0), Ok(Begun::Pending));
        assert_eq!(once.begin(ASYNC), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(
            once.complete(INIT_FAILED, 4),
            Err(NtStatus::INVALID_PARAMETER)
        );
        assert_eq!(once.complete(INIT_FAILED, 0), Ok(()));
        assert_eq!(once.begin(0), Ok(Begun::Pending));
        // A word that no program can have got from here.
        once.0.store(0x40, Ordering::Relaxed);
        assert_eq!(once.begin(0), Err(NtStatus::INVALID_PARAMETER));
    }
}
