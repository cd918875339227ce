//! A [`Word`] whose threads take their steps in every order there is: for the tests of the protocols
//! that are written over that trait, inside `loom::model`.

use core::num::NonZeroU32;
use core::time::Duration;

use loom::sync::atomic::{AtomicU32, Ordering, fence};
use loom::sync::{Arc, Condvar, Mutex};

use super::futex::Awoken;
use super::word::Word;

struct Sleeper {
    address: usize,
    kind: NonZeroU32,
    bed: Arc<Condvar>,
}

loom::lazy_static! {
    /// The kernel's table of who sleeps where, in the order in which they lay down.
    static ref SLEEPERS: Mutex<Vec<Sleeper>> = Mutex::new(Vec::new());
}

/// A word of the model. A sleep with a deadline can end at any moment from then on.
pub struct ModelWord(AtomicU32);

impl ModelWord {
    /// A word of that value.
    pub fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    fn wake_address(address: usize, count: u32, kind: NonZeroU32) -> usize {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let mut woken = 0;
        sleepers.retain(|sleeper| {
            let wakes = woken < count as usize
                && sleeper.address == address
                && sleeper.kind.get() & kind.get() != 0;
            if wakes {
                woken += 1;
                sleeper.bed.notify_one();
            }
            !wakes
        });
        woken
    }
}

impl Word for ModelWord {
    fn load(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    fn store(&self, value: u32) {
        self.0.store(value, Ordering::Release);
    }

    fn swap(&self, value: u32) -> u32 {
        self.0.swap(value, Ordering::AcqRel)
    }

    fn compare_exchange(&self, current: u32, new: u32) -> Result<u32, u32> {
        self.0
            .compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire)
    }

    fn fetch_add(&self, value: u32) -> u32 {
        self.0.fetch_add(value, Ordering::AcqRel)
    }

    fn fetch_or(&self, bits: u32) -> u32 {
        self.0.fetch_or(bits, Ordering::AcqRel)
    }

    fn wait(&self, expected: u32, kind: NonZeroU32, deadline: Option<Duration>) -> Awoken {
        let address = core::ptr::from_ref(self).addr();
        let mut sleepers = SLEEPERS.lock().unwrap();
        if self.0.load(Ordering::SeqCst) != expected {
            return Awoken::LookAgain;
        }
        let bed = Arc::new(Condvar::new());
        sleepers.push(Sleeper {
            address,
            kind,
            bed: Arc::clone(&bed),
        });
        let is_mine = |sleeper: &Sleeper| Arc::ptr_eq(&sleeper.bed, &bed);
        if deadline.is_some() {
            drop(sleepers);
            loom::thread::yield_now();
            let mut sleepers = SLEEPERS.lock().unwrap();
            let place = sleepers.iter().position(is_mine);
            return match place {
                Some(place) => {
                    sleepers.remove(place);
                    Awoken::TimedOut
                }
                None => Awoken::LookAgain,
            };
        }
        while sleepers.iter().any(is_mine) {
            sleepers = bed.wait(sleepers).unwrap();
        }
        Awoken::LookAgain
    }

    fn wake(&self, count: u32, kind: NonZeroU32) -> usize {
        Self::wake_address(core::ptr::from_ref(self).addr(), count, kind)
    }

    fn wake_gone(word: *const Self) {
        Self::wake_address(word.addr(), 1, super::futex::ANY);
    }

    fn fence() {
        fence(Ordering::SeqCst);
    }

    fn spin(&self, _times: u32, _is_worth_it: impl Fn(u32) -> bool) -> u32 {
        self.load()
    }
}

/// Runs `threads` in every order of their steps that changes threads at most `preemptions` times
/// where none had to wait.
pub fn explore(preemptions: usize, threads: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(threads);
}

/// The models' threads run on stacks whose overflow a handler of their own looks for. It passes
/// nothing on, so it must be there before the engine's: before any test begins.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_ALL_TESTS: extern "C" fn() = {
    extern "C" fn first_model() {
        loom::model(|| {});
    }
    first_model
};
