//! A thread of another process, and what the kernel tells of it.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::proc_text;

/// Why a thread could not be made to make system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectionError {
    /// It has ended, or become another program.
    Gone,
    /// The kernel does not allow it, somebody else traces it, or it has limited what system calls it makes.
    Denied,
    /// It does not come to where it can be stopped.
    StandsStill,
    /// It is no thread of a 64-bit program, or has no code that makes system calls.
    Unsupported,
    /// A system call answered that.
    Failed(Errno),
}

/// A thread, and what is needed to watch it.
#[derive(Debug)]
pub struct Watched {
    /// The number of its process.
    pub process: u32,
    /// Its own.
    pub thread: u32,
    stat: OwnedFd,
    status: OwnedFd,
}

impl Watched {
    /// Begins to watch a thread.
    ///
    /// # Errors
    ///
    /// [`InjectionError::Gone`], [`InjectionError::Denied`]; [`InjectionError::Failed`] without a descriptor.
    pub fn new(process: u32, thread: u32) -> Result<Self, InjectionError> {
        let open = |name: &str| {
            let path = format!("/proc/{process}/task/{thread}/{name}");
            let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC;
            rustix::fs::open(path, flags, rustix::fs::Mode::empty()).map_err(|errno| match errno {
                Errno::NOENT | Errno::SRCH => InjectionError::Gone,
                Errno::ACCESS | Errno::PERM => InjectionError::Denied,
                errno => InjectionError::Failed(errno),
            })
        };
        Ok(Self {
            process,
            thread,
            stat: open("stat")?,
            status: open("status")?,
        })
    }

    /// The letter that the kernel has for what it is doing; `None` if it does no more.
    pub fn state(&self) -> Option<u8> {
        const STATE: usize = 3;
        let mut buffer = [0; 512];
        let got = rustix::io::pread(&self.stat, &mut buffer, 0).ok()?;
        let state = *proc_text::stat_field(&buffer[..got], STATE)?.first()?;
        (!b"ZXx".contains(&state)).then_some(state)
    }

    /// What it is asked through for its state.
    pub(super) fn stat(&self) -> BorrowedFd<'_> {
        self.stat.as_fd()
    }

    /// Whether it has limited what system calls it makes.
    pub(super) fn is_confined(&self) -> bool {
        let mut buffer = [0; 4096];
        let got = rustix::io::pread(self.status.as_fd(), &mut buffer, 0).unwrap_or(0);
        let mut lines = buffer[..got].split(|byte| *byte == b'\n');
        let mode = lines.find_map(|line| line.strip_prefix(b"Seccomp:"));
        mode.is_some_and(|mode| proc_text::word(mode, 0) != Some(b"0"))
    }
}
