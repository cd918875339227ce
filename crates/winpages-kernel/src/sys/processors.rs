//! The machine's processors, and which of them threads may run on.

use core::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

use super::proc_text;

/// How many processors one mask names.
pub const GROUP: usize = usize::BITS as usize;

/// How many groups of processors are told apart.
pub const GROUPS: usize = CpuSet::MAX_CPU / GROUP;

/// Processors by number, in groups of [`GROUP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processors(pub [usize; GROUPS]);

impl Processors {
    /// None.
    pub const NONE: Self = Self([0; GROUPS]);

    /// Those of one group.
    #[must_use]
    pub fn of_group(group: usize, mask: usize) -> Self {
        let mut processors = Self::NONE;
        if let Some(place) = processors.0.get_mut(group) {
            *place = mask;
        }
        processors
    }

    /// Those that a list of the kernel's names, such as "0-3,8".
    #[must_use]
    pub fn of_list(list: &[u8]) -> Self {
        let mut processors = Self::NONE;
        for (first, last) in proc_text::ranges(list) {
            for number in first..=last.min(GROUPS * GROUP - 1) {
                processors.0[number / GROUP] |= 1 << (number % GROUP);
            }
        }
        processors
    }

    /// Those that are among `others`, too.
    #[must_use]
    pub fn among(&self, others: &Self) -> Self {
        Self(core::array::from_fn(|group| {
            self.0[group] & others.0[group]
        }))
    }

    fn of_set(set: &CpuSet) -> Self {
        let mut processors = Self::NONE;
        for number in (0..CpuSet::MAX_CPU).filter(|number| set.is_set(*number)) {
            processors.0[number / GROUP] |= 1 << (number % GROUP);
        }
        processors
    }

    fn to_set(self) -> CpuSet {
        let mut set = CpuSet::new();
        for number in (0..CpuSet::MAX_CPU).filter(|number| self.contains(*number)) {
            set.set(number);
        }
        set
    }

    /// Whether the processor of that number is among them.
    #[must_use]
    pub fn contains(&self, number: usize) -> bool {
        let group = self.0.get(number / GROUP);
        group.is_some_and(|mask| mask >> (number % GROUP) & 1 != 0)
    }

    /// Whether they are all among `others`.
    #[must_use]
    pub fn are_among(&self, others: &Self) -> bool {
        self.0
            .iter()
            .zip(others.0)
            .all(|(own, other)| own & !other == 0)
    }

    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|mask| mask.count_ones() as usize).sum()
    }

    /// The first group of which there are any.
    #[must_use]
    pub fn first_group(&self) -> usize {
        self.0.iter().position(|mask| *mask != 0).unwrap_or(0)
    }
}

/// The processors that this process was given when it first asked. Does not allocate.
pub fn given() -> Processors {
    /// The same, and 0 while nobody has asked.
    static GIVEN: [AtomicUsize; GROUPS] = [const { AtomicUsize::new(0) }; GROUPS];
    let known = Processors(core::array::from_fn(|group| {
        GIVEN[group].load(Ordering::Acquire)
    }));
    if known != Processors::NONE {
        return known;
    }
    // The first thread's: another may have been kept to one processor by whoever started it.
    let process = rustix::process::getpid();
    let given = sched_getaffinity(Some(process))
        .or_else(|_| sched_getaffinity(None))
        .map_or_else(
            |_| Processors::of_group(0, 1),
            |set| Processors::of_set(&set),
        );
    for (place, mask) in GIVEN.iter().zip(given.0) {
        place.store(mask, Ordering::Release);
    }
    given
}

/// Which processors a thread may run on.
///
/// # Errors
///
/// `ESRCH` if there is no such thread.
pub fn of_thread(id: u32) -> Result<Processors, Errno> {
    let set = sched_getaffinity(Pid::from_raw(id as i32))?;
    Ok(Processors::of_set(&set))
}

/// Says which processors a thread may run on.
///
/// # Errors
///
/// `ESRCH` if there is no such thread, `EPERM` if it is another user's, `EINVAL` if the machine has none
/// of them.
pub fn set_of_thread(id: u32, processors: Processors) -> Result<(), Errno> {
    sched_setaffinity(Pid::from_raw(id as i32), &processors.to_set())
}

/// The number of the processor that the calling thread runs on just now.
pub fn current() -> usize {
    rustix::thread::sched_getcpu()
}
