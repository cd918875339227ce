//! Having another process make system calls that it knows nothing of.

use core::time::Duration;

use rustix::io::Errno;

use super::memory::Access;
use super::procmap::Maps;
use super::tracee::{SYSTEM_CALL, Tracee};
use super::watched_thread::{InjectionError, Watched};
use super::{apart, clock, descriptors, proc_text, process, process_memory};

/// How often it is tried with a process whose threads end, or that becomes another program.
const MOST_ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// The scope of Yama in which a process may trace its descendants alone.
const OF_ANCESTORS: u64 = 1;

/// Stops a thread of a process, has `task` make system calls there, and lets it go on as if nothing had been.
///
/// It is done in a child of this process, so that the thread is not left in the middle when this one is killed; where
/// the kernel lets no child do it, in the calling thread, which must let no signals through and end soon.
///
/// No first call is made after `until`, a time of the monotonic clock. Later ones are, and the thread is waited for
/// as long as it takes: who must go on has this done by [`apart::within`].
///
/// # Errors
///
/// What `task` answers, and all of [`InjectionError`].
///
/// # Safety
///
/// What the process relies on does not change by the calls. `task` must not allocate or wait for a lock, and can be
/// begun anew as long as it has made no call.
pub unsafe fn inject<R: Send>(
    process: u32,
    until: Duration,
    task: impl Fn(&mut Tracee<'_>) -> Result<R, InjectionError> + Sync,
) -> Result<R, InjectionError> {
    let mut attempts = (0..MOST_ATTEMPTS).take_while(|_| clock::monotonic() < until);
    loop {
        let watched = choose_thread(process)?;
        let Some(instruction) = find_instruction(process)? else {
            // One that is just becoming another program has no code yet.
            attempts.next().ok_or(InjectionError::Unsupported)?;
            clock::sleep(PAUSE);
            continue;
        };
        let run = || {
            let mut tracee = match Tracee::stop(&watched, instruction, until) {
                Ok(tracee) => tracee,
                Err(error) => return (false, Err(error)),
            };
            let outcome = task(&mut tracee);
            // If it has ended, that is as good a way to go on as any.
            let _ = tracee.release();
            (true, outcome)
        };
        // SAFETY: the caller vouches for the task; the rest makes system calls.
        let mut done = unsafe { apart::in_child(run) };
        let is_denied = matches!(done, Ok(Some((false, Err(InjectionError::Denied)))));
        if is_denied && process::tracing_scope() == OF_ANCESTORS {
            // This process may trace, but no child of it.
            done = Ok(Some(run()));
        }
        match done {
            // The thread has ended, or the process became another program before the thread was stopped.
            Ok(Some((false, Err(InjectionError::Gone)))) if attempts.next().is_some() => {
                clock::sleep(PAUSE);
            }
            Ok(Some((_, outcome))) => return outcome,
            Ok(None) => return Err(InjectionError::StandsStill),
            Err(errno) => return Err(InjectionError::Failed(errno)),
        }
    }
}

/// The thread that is disturbed least by being stopped. The first one, if there are more that are as good, for most
/// programs leave signals to it.
fn choose_thread(process: u32) -> Result<Watched, InjectionError> {
    /// Of so many the best is good enough.
    const MOST_CANDIDATES: usize = 32;
    let first = Watched::new(process, process)?;
    if disturbance(&first) == Some(0) {
        return Ok(first);
    }
    let directory = format!("/proc/{process}/task");
    let others = descriptors::numbers_in(directory.as_ref())
        .filter(|thread| *thread != process)
        .filter_map(|thread| Watched::new(process, thread).ok());
    core::iter::once(first)
        .chain(others)
        .take(MOST_CANDIDATES)
        .filter_map(|watched| Some((disturbance(&watched)?, watched)))
        .min_by_key(|(disturbance, _)| *disturbance)
        .map(|(_, watched)| watched)
        .ok_or(InjectionError::Gone)
}

/// How much it would disturb a thread to be stopped where it is; `None` for one that has ended.
fn disturbance(watched: &Watched) -> Option<u32> {
    const NONE: u32 = 0;
    const CUTS_CALL_SHORT: u32 = 1;
    const DOES_NOT_STOP: u32 = 2;
    if watched.state()? == b'D' {
        return Some(DOES_NOT_STOP);
    }
    let (process, thread) = (watched.process, watched.thread);
    let path = std::ffi::CString::new(format!("/proc/{process}/task/{thread}/syscall")).ok()?;
    let mut buffer = [0; 256];
    // A thread that runs has no number there.
    let call = proc_text::read(&path, &mut buffer)
        .ok()
        .and_then(|text| proc_text::number(proc_text::word(text, 0)?));
    let is_cut_short = call.is_some_and(|call| CUT_SHORT.contains(&(call as libc::c_long)));
    Some(if is_cut_short { CUTS_CALL_SHORT } else { NONE })
}

/// Calls that a stop ends before their time: they answer EINTR, or that less was done than was asked for.
const CUT_SHORT: [libc::c_long; 23] = [
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_io_getevents,
    libc::SYS_io_uring_enter,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_vmsplice,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
];

/// Where the process has an instruction that makes a system call: in the code that the kernel gives to every
/// program, else in any.
fn find_instruction(process: u32) -> Result<Option<usize>, InjectionError> {
    let maps = Maps::of(process).map_err(|errno| match errno {
        Errno::NOENT | Errno::SRCH => InjectionError::Gone,
        Errno::ACCESS | Errno::PERM => InjectionError::Denied,
        errno => InjectionError::Failed(errno),
    })?;
    let kernels = code_of_kernel(process)
        .and_then(|start| maps.covering_or_next(start).ok()?)
        .and_then(|mapping| find_in(process, mapping.start, mapping.end));
    if kernels.is_some() {
        return Ok(kernels);
    }
    let mut at = 0;
    while let Ok(Some(mapping)) = maps.covering_or_next(at) {
        if mapping.access.contains(Access::READ | Access::EXEC)
            && let Some(found) = find_in(process, mapping.start, mapping.end)
        {
            return Ok(Some(found));
        }
        at = mapping.end;
    }
    Ok(None)
}

/// The vDSO of a process, by what the kernel told it at its start.
fn code_of_kernel(process: u32) -> Option<usize> {
    let thread = process::living_thread(process)?;
    let path = std::ffi::CString::new(format!("/proc/{thread}/auxv")).ok()?;
    let mut buffer = [0; 1024];
    let text = proc_text::read(&path, &mut buffer).ok()?;
    let mut words = text
        .chunks_exact(8)
        .filter_map(|word| Some(u64::from_ne_bytes(word.try_into().ok()?)));
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        if kind == libc::AT_SYSINFO_EHDR {
            return usize::try_from(value).ok();
        }
    }
    None
}

fn find_in(process: u32, start: usize, end: usize) -> Option<usize> {
    let mut bytes = vec![0; (16 << 10).min(end - start)];
    let mut at = start;
    while at < end {
        let size = bytes.len().min(end - at);
        // SAFETY: the buffer is this function's own.
        let copied = unsafe { process_memory::read_memory(process, at, bytes.as_mut_ptr(), size) };
        let copied = copied.ok().filter(|copied| *copied > 1)?;
        let mut pairs = bytes[..copied].windows(SYSTEM_CALL.len());
        if let Some(found) = pairs.position(|pair| pair == SYSTEM_CALL) {
            return Some(at + found);
        }
        // The instruction may lie on both sides of the border.
        at += copied - 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A program that waits for a line.
    fn start() -> Child {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().unwrap()
    }

    fn own_number_of(process: u32) -> Result<usize, InjectionError> {
        // SAFETY: the call changes nothing.
        unsafe {
            inject(process, Duration::MAX, |tracee| {
                tracee.call(libc::SYS_getpid, [0; 6])
            })
        }
    }

    #[test]
    fn a_process_says_its_own_number() {
        let mut child = start();
        for _ in 0..100 {
            assert_eq!(own_number_of(child.id()), Ok(child.id() as usize));
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        assert_eq!(own_number_of(child.id()), Err(InjectionError::Gone));
    }

    #[test]
    fn what_a_call_answers_is_told() {
        let mut child = start();
        // SAFETY: there is no such call.
        let answer = unsafe {
            inject(child.id(), Duration::MAX, |tracee| {
                tracee.call(9999, [0; 6])
            })
        };
        assert_eq!(answer, Err(InjectionError::Failed(Errno::NOSYS)));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The registers that a call needs are the thread's until it ends, however long nobody waits for it any more.
    #[test]
    fn who_waits_does_not_wait_for_a_call_without_end() {
        let mut child = start();
        let number = child.id();
        // In milliseconds: more than a thread may take to come to a call.
        const LONG: usize = 2500;
        let until = clock::monotonic() + Duration::from_millis(100);
        let call =
            move |tracee: &mut Tracee<'_>| tracee.call(libc::SYS_poll, [0, 0, LONG, 0, 0, 0]);
        // SAFETY: the call changes nothing.
        let answered = apart::within(until, move || unsafe { inject(number, until, call) });
        assert_eq!(answered, Ok(None));
        let mut own = own_number_of(number);
        while own == Err(InjectionError::Denied) {
            clock::sleep(PAUSE);
            own = own_number_of(number);
        }
        assert_eq!(own, Ok(number as usize));
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}
