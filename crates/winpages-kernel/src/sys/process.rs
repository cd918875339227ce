//! Other processes: descriptors that mean one process for good, their end, and their memory.

use core::sync::atomic::{AtomicU32, Ordering};

use rustix::event::{PollFd, PollFlags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::ioctl;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended by itself; of the code it gave, Linux keeps the lowest eight bits.
    Exited(u8),
    /// A signal of that number ended it.
    Killed(u32),
}

/// The number of this process.
pub fn own_number() -> u32 {
    rustix::process::getpid().as_raw_nonzero().get() as u32
}

/// The number of this process, remembered: 0 until it is first asked for.
static KNOWN_OWN: AtomicU32 = AtomicU32::new(0);

/// Whether the number is this process's. Takes no system call but the first time.
pub fn is_own_number(process: u32) -> bool {
    let known = KNOWN_OWN.load(Ordering::Relaxed);
    if known != 0 {
        return process == known;
    }
    let own = own_number();
    KNOWN_OWN.store(own, Ordering::Relaxed);
    process == own
}

/// The child of a fork has another number.
pub fn forget_own_number_after_fork() {
    KNOWN_OWN.store(0, Ordering::Relaxed);
}

/// The user that a process acts for; `None` if there is no such process, or the kernel does not tell.
pub fn user(process: u32) -> Option<u32> {
    const EFFECTIVE: usize = 1;
    status_number(process, b"Uid:", EFFECTIVE)
}

/// The number of the process that a thread is of; `None` if there is no such thread.
pub fn of_thread(thread: u32) -> Option<u32> {
    status_number(thread, b"Tgid:", 0)
}

/// The number of a process's parent, 0 if it has none; `None` if there is no such process.
pub fn parent(process: u32) -> Option<u32> {
    status_number(process, b"PPid:", 0)
}

/// A number in a line of what the kernel says of a thread.
fn status_number(thread: u32, line: &[u8], index: usize) -> Option<u32> {
    let mut buffer = [0; 1024];
    let path = std::ffi::CString::new(format!("/proc/{thread}/status")).ok()?;
    let text = super::proc_text::read(&path, &mut buffer).ok()?;
    let mut lines = text.split(|byte| *byte == b'\n');
    let numbers = lines.find_map(|found| found.strip_prefix(line))?;
    let number = super::proc_text::number(super::proc_text::word(numbers, index)?)?;
    u32::try_from(number).ok()
}

fn number(process: u32) -> Result<Pid, Errno> {
    i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(Errno::SRCH)
}

/// A descriptor that stays that process's, even when its number is given to another.
///
/// # Errors
///
/// `ESRCH` if there is no process of that number, `EINVAL` or `ENOENT` if it is that of a thread.
pub fn open(process: u32) -> Result<OwnedFd, Errno> {
    rustix::process::pidfd_open(number(process)?, PidfdFlags::empty())
}

/// A descriptor that stays that thread's. Before Linux 6.9 there are none of threads but the first.
///
/// # Errors
///
/// `ESRCH` if there is no thread of that number; `EINVAL` on older kernels.
pub fn open_thread(thread: u32) -> Result<OwnedFd, Errno> {
    let of_thread = PidfdFlags::from_bits_retain(libc::O_EXCL as u32);
    rustix::process::pidfd_open(number(thread)?, of_thread)
}

/// Whether the process has ended. All its threads have, then; somebody may still have to take note.
pub fn has_ended(process: BorrowedFd<'_>) -> bool {
    let mut question = [PollFd::from_borrowed_fd(process, PollFlags::IN)];
    let now = rustix::time::Timespec::default();
    matches!(rustix::event::poll(&mut question, Some(&now)), Ok(1))
}

/// Ends this process without running anything any more; of the code, Linux keeps the lowest eight bits.
pub fn exit_at_once(code: u32) -> ! {
    loop {
        // SAFETY: nothing of the process is left to be unsafe for.
        unsafe { libc::syscall(libc::SYS_exit_group, code as libc::c_ulong) };
    }
}

/// Has `note` told the code when the process ends by returning from `main` or by calling `exit`.
///
/// Only one function, and for good: what is loaded with the program stays.
pub fn at_exit(note: fn(u32)) {
    unsafe extern "C" {
        /// glibc's; unlike atexit it hands on the code, all 32 bits of it.
        fn on_exit(
            function: extern "C" fn(libc::c_int, *mut libc::c_void),
            argument: *mut libc::c_void,
        ) -> libc::c_int;
    }

    extern "C" fn tell(code: libc::c_int, note: *mut libc::c_void) {
        // SAFETY: the function that was handed over below.
        let note = unsafe { core::mem::transmute::<*mut libc::c_void, fn(u32)>(note) };
        note(code as u32);
    }

    // SAFETY: `tell` has the type asked for. If it is refused, nobody is told.
    unsafe { on_exit(tell, note as *mut libc::c_void) };
}

/// Ends the process at once.
///
/// # Errors
///
/// `ESRCH` if it has ended, `EPERM` if this process may not.
pub fn kill(process: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::process::pidfd_send_signal(process, Signal::KILL)
}

/// Whether this process may send signals to the other.
///
/// # Errors
///
/// As [`kill`].
pub fn may_kill(process: u32) -> Result<(), Errno> {
    rustix::process::test_kill_process(number(process)?)
}

/// Whether this process may look into the other: its program, its mappings.
///
/// # Errors
///
/// `EACCES` or `EPERM` if not.
pub fn may_look_into(process: u32) -> Result<(), Errno> {
    let mut path = [0; 1];
    match rustix::fs::readlinkat_raw(rustix::fs::CWD, format!("/proc/{process}/exe"), &mut path) {
        Err(errno @ (Errno::ACCESS | Errno::PERM)) => Err(errno),
        // The kernel's own threads have no program.
        _ => Ok(()),
    }
}

/// Whether this process may trace the other, which is what it takes to read its memory.
///
/// # Errors
///
/// `EPERM` if not, `ESRCH` if it has ended.
pub fn may_trace(process: u32) -> Result<(), Errno> {
    let mut byte = 0;
    // The kernel asks whether it may before it finds that there is no memory at 0.
    // SAFETY: one byte of this function's own.
    match unsafe { super::process_memory::read_memory(process, 0, &raw mut byte, 1) } {
        Err(errno @ (Errno::PERM | Errno::SRCH)) => Err(errno),
        _ => Ok(()),
    }
}

/// How far Yama narrows who may trace whom: 0 not at all, 1 to ancestors, 2 to root, 3 to nobody.
pub fn tracing_scope() -> u64 {
    let mut buffer = [0; 16];
    super::proc_text::read(c"/proc/sys/kernel/yama/ptrace_scope", &mut buffer)
        .ok()
        .and_then(|text| super::proc_text::number(super::proc_text::word(text, 0)?))
        .unwrap_or(0)
}

/// How a process ended, if it has, and the kernel tells: its parent always, others from Linux 6.15 on.
pub fn ending(process: BorrowedFd<'_>) -> Option<Ending> {
    // The parent looks without taking note, so that the number is not given away yet.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    if let Ok(status) = rustix::process::waitid(WaitId::PidFd(process), options) {
        return status.as_ref().and_then(ending_of);
    }
    has_ended(process).then(|| told_by_descriptor(process))?
}

/// Takes note of the end of a child of this process, which is then forgotten by the kernel.
pub fn reap(process: BorrowedFd<'_>) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    // Somebody else's child, or one that still runs, is not ours to take note of.
    let _ = rustix::process::waitid(WaitId::PidFd(process), options);
}

/// Waits for the end of a child of this process, which is sure to come, and takes note of it.
pub fn reap_waiting(process: &OwnedFd) {
    let wait = || rustix::process::waitid(WaitId::PidFd(process.as_fd()), WaitIdOptions::EXITED);
    while wait().is_err_and(|errno| errno == Errno::INTR) {}
}

/// Makes a process stand still.
///
/// # Errors
///
/// As [`kill`].
pub fn stop(process: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::process::pidfd_send_signal(process, Signal::STOP)
}

/// Lets a process that stands still go on.
///
/// # Errors
///
/// As [`kill`].
pub fn continue_stopped(process: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::process::pidfd_send_signal(process, Signal::CONT)
}

fn ending_of(status: &WaitIdStatus) -> Option<Ending> {
    status
        .exit_status()
        .map(|code| Ending::Exited(code as u8))
        .or_else(|| {
            let signal = status.terminating_signal()?;
            Some(Ending::Killed(signal as u32))
        })
}

/// `struct pidfd_info` of `linux/pidfd.h`, in its first size.
#[repr(C)]
#[derive(Default)]
struct Information {
    mask: u64,
    control_group: u64,
    numbers: [u32; 3],
    credentials: [u32; 8],
    exit_status: i32,
}

const PIDFD_INFO_EXIT: u64 = 1 << 3;
const PIDFD_GET_INFO: ioctl::Opcode = ioctl::opcode::read_write::<Information>(0xFF, 11);

fn told_by_descriptor(process: BorrowedFd<'_>) -> Option<Ending> {
    let mut information = Information {
        mask: PIDFD_INFO_EXIT,
        ..Information::default()
    };
    // SAFETY: PIDFD_GET_INFO reads and writes one `struct pidfd_info` of the size that is part of
    // the operation's number.
    unsafe {
        ioctl::ioctl(
            process,
            ioctl::Updater::<PIDFD_GET_INFO, Information>::new(&mut information),
        )
    }
    .ok()?;
    if information.mask & PIDFD_INFO_EXIT == 0 {
        return None;
    }
    let status = information.exit_status;
    Some(match status & 0x7F {
        0 => Ending::Exited((status >> 8) as u8),
        signal => Ending::Killed(signal as u32),
    })
}

/// A thread of a process that has not ended, the first one if that has not.
pub fn living_thread(process: u32) -> Option<u32> {
    const STATE: usize = 3;
    let lives = |thread: &u32| {
        let mut buffer = [0; 512];
        let path = std::ffi::CString::new(format!("/proc/{process}/task/{thread}/stat"));
        let text = path.map(|path| super::proc_text::read(&path, &mut buffer));
        let Ok(Ok(text)) = text else { return false };
        let state = super::proc_text::stat_field(text, STATE);
        !matches!(state, None | Some(b"Z" | b"X"))
    };
    let directory = format!("/proc/{process}/task");
    let others = || super::descriptors::numbers_in(directory.as_ref()).find(lives);
    Some(process).filter(lives).or_else(others)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn tells_how_a_child_ended() {
        let spawn = |command: &str| {
            let child = Command::new("sh")
                .args(["-c", command])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let descriptor = open(child.id()).unwrap();
            (child, descriptor)
        };
        let (mut child, descriptor) = spawn("read line; exit 7");
        assert!(!has_ended(descriptor.as_fd()));
        assert_eq!(ending(descriptor.as_fd()), None);
        drop(child.stdin.take());
        while !has_ended(descriptor.as_fd()) {
            std::thread::yield_now();
        }
        assert_eq!(ending(descriptor.as_fd()), Some(Ending::Exited(7)));
        child.wait().unwrap();
        // Its number is free again; the descriptor still means it.
        assert!(matches!(
            ending(descriptor.as_fd()),
            None | Some(Ending::Exited(7))
        ));
        let (mut child, descriptor) = spawn("read line");
        kill(descriptor.as_fd()).unwrap();
        child.wait().unwrap();
        assert!(matches!(
            ending(descriptor.as_fd()),
            None | Some(Ending::Killed(9))
        ));
    }
}
