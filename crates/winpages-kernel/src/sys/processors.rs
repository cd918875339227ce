//! The machine's processors.

/// How many processors this process may run on, at least one. Does not allocate.
pub fn online() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count().max(1) as usize)
}

/// The number of the processor that the calling thread runs on just now.
pub fn current() -> usize {
    rustix::thread::sched_getcpu()
}
