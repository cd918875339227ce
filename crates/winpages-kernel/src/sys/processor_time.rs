//! How much of the processors' time threads have used.

use core::time::Duration;

use super::proc_text;

/// Time that a thread or a process has run, in the kernel and outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorTime {
    /// In the kernel.
    pub kernel: Duration,
    /// Outside.
    pub user: Duration,
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
}

fn usage(who: libc::c_int) -> ProcessorTime {
    // SAFETY: zeroes are valid, and the kernel writes to a local. Both of the callers' numbers are
    // known to it.
    let usage = unsafe {
        let mut usage: libc::rusage = core::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    ProcessorTime {
        kernel: duration(usage.ru_stime),
        user: duration(usage.ru_utime),
    }
}

/// What all threads of this process have used so far.
pub fn of_process() -> ProcessorTime {
    usage(libc::RUSAGE_SELF)
}

/// What the calling thread has used so far.
pub fn of_current_thread() -> ProcessorTime {
    usage(libc::RUSAGE_THREAD)
}

/// What another thread of this process has used so far; `None` if there is none of that number.
pub fn of_thread(id: u32) -> Option<ProcessorTime> {
    told_by(&format!("/proc/self/task/{id}/stat")).map(|(_, used)| used)
}

/// When another process was started, on the clock that [`super::clock::since_boot`] reads, and what it has
/// used so far; `None` if there is none of that number.
pub fn of_other_process(process: u32) -> Option<(Duration, ProcessorTime)> {
    told_by(&format!("/proc/{process}/stat"))
}

fn told_by(path: &str) -> Option<(Duration, ProcessorTime)> {
    let path = std::ffi::CString::new(path).ok()?;
    let mut buffer = [0; 1024];
    let text = proc_text::read(&path, &mut buffer).ok()?;
    let ticks = |index| field(text, index).map(from_ticks);
    let used = ProcessorTime {
        user: ticks(14)?,
        kernel: ticks(15)?,
    };
    Some((ticks(22)?, used))
}

/// When this process was started, on the clock that [`super::clock::since_boot`] reads.
pub fn process_start() -> Option<Duration> {
    let mut buffer = [0; 1024];
    let text = proc_text::read(c"/proc/self/stat", &mut buffer).ok()?;
    field(text, 22).map(from_ticks)
}

fn field(text: &[u8], number: usize) -> Option<u64> {
    proc_text::number(proc_text::stat_field(text, number)?)
}

fn from_ticks(ticks: u64) -> Duration {
    let in_a_second = rustix::param::clock_ticks_per_second();
    Duration::from_secs(ticks / in_a_second)
        + Duration::from_nanos(ticks % in_a_second * 1_000_000_000 / in_a_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_takes_time() {
        let before = of_current_thread();
        let mut number = 1u64;
        while of_current_thread() == before {
            number = core::hint::black_box(number.wrapping_mul(3));
        }
        assert!(of_process().user + of_process().kernel > before.user + before.kernel);
        assert!(of_thread(crate::sys::thread::id()).is_some());
        assert_eq!(of_thread(0), None);
        assert!(process_start().unwrap() <= crate::sys::clock::since_boot());
    }
}
