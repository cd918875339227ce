//! Threads of other processes, as far as this one can reach them.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::remote::status;
use super::service::{
    Asked, CREATE_THREAD, Parcel, QUEUE_APC, RESUME_THREAD, SUSPEND_THREAD, TAKE_THREAD,
    TERMINATE_THREAD,
};
use super::{Process, STILL_ACTIVE, Target};
use crate::NtStatus;
use crate::object::{AccessMask, Object, Package};
use crate::sys;
use crate::thread::{self, Apc, CreateThread, SharedEnding, Thread};

impl AccessMask {
    /// THREAD_ALL_ACCESS
    pub const THREAD_ALL_ACCESS: Self = Self::from_bits_retain(0x001F_FFFF);

    /// The rights that take what tracing takes: suspending, ending, and changing what it does.
    const THREAD_INTRUSIVE: Self = Self::from_bits_retain(0x003B);
}

/// A thread of another process. Its number is Linux's, the first thread's that of its process.
#[derive(Debug)]
pub struct ForeignThread {
    process: Arc<Process>,
    number: u32,
    /// What means this thread alone. The first thread has none: it has ended for others when all have.
    own: Option<OwnedFd>,
    /// Where its process tells what it ended with.
    ending: Option<SharedEnding>,
    /// How often this process has had the whole of that one stand still, and not go on.
    suspensions: AtomicU32,
    handles: AtomicUsize,
}

/// How a thread travels: what comes with its numbers.
mod part {
    pub const OWN: u64 = 1;
    pub const ENDING: u64 = 2;
}

impl ForeignThread {
    /// The first thread of a process, which stands still if it was `suspended` at its start.
    pub fn first_of(process: Arc<Process>, suspended: bool) -> Self {
        Self {
            suspensions: AtomicU32::new(u32::from(suspended)),
            ..Self::new(process.number(), process)
        }
    }

    fn new(number: u32, process: Arc<Process>) -> Self {
        Self {
            process,
            number,
            own: None,
            ending: None,
            suspensions: AtomicU32::new(0),
            handles: AtomicUsize::new(0),
        }
    }

    /// A thread of this process, as others are to know it.
    pub(crate) fn of_own(process: Arc<Process>, thread: &Thread) -> Result<Self, NtStatus> {
        let ending = sys::file::duplicate(thread.share_ending()?.file());
        let ending = ending.map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        Ok(Self {
            own: descriptor_of(thread.id(), &process)?,
            ending: Some(SharedEnding::of(ending)?),
            ..Self::new(thread.id(), process)
        })
    }

    /// The same thread as one of this process's, if it is.
    pub(crate) fn as_own(&self) -> Option<Arc<Thread>> {
        if self.process.is_own() {
            thread::find(self.number)
        } else {
            None
        }
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its process.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.left_code().is_some() || sys::process::has_ended(self.descriptor())
    }

    fn left_code(&self) -> Option<u32> {
        self.ending.as_ref().and_then(SharedEnding::code)
    }

    /// What it ended with; [`STILL_ACTIVE`] as long as it runs. One that was ended with its process has ended
    /// with what that did, and so has one whose process does not tell.
    pub fn exit_code(&self) -> u32 {
        match self.left_code() {
            Some(code) => code,
            None if self.has_ended() && self.process.has_ended() => self.process.exit_code(),
            None if self.has_ended() => 0,
            None => STILL_ACTIVE,
        }
    }

    /// The descriptor that becomes readable when it ends.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        match &self.own {
            Some(own) => own.as_fd(),
            None => self.process.descriptor(),
        }
    }

    /// Lets a thread that was suspended go on once it has been resumed as often; answers how often it was
    /// suspended before. Mirrors NtResumeThread.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`], [`NtStatus::ACCESS_DENIED`], and what resuming it there answers.
    pub fn resume(&self) -> Result<u32, NtStatus> {
        let before = self
            .suspensions
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                count.checked_sub(1)
            });
        match before {
            Ok(1) => {
                sys::process::continue_stopped(self.process.descriptor()).map_err(signal_status)?;
                Ok(1)
            }
            Ok(before) => Ok(before),
            Err(_) => match self.ask(RESUME_THREAD, &[]) {
                Ok(answer) => Ok(answer.constant(0)),
                Err(Asked::NotListening) => Ok(0),
                Err(Asked::Refused(status)) => Err(status),
            },
        }
    }

    /// Makes the thread stand still; answers how often it was suspended before. Mirrors NtSuspendThread. Of a
    /// process that does not do so itself, all threads stand still.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`], [`NtStatus::ACCESS_DENIED`], and what suspending it there answers.
    pub fn suspend(&self) -> Result<u32, NtStatus> {
        if self.suspensions.load(Ordering::Relaxed) == 0 {
            match self.ask(SUSPEND_THREAD, &[]) {
                Ok(answer) => return Ok(answer.constant(0)),
                Err(Asked::NotListening) => {}
                Err(Asked::Refused(status)) => return Err(status),
            }
        }
        let before = self.suspensions.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            sys::process::stop(self.process.descriptor()).map_err(signal_status)?;
        }
        Ok(before)
    }

    /// Ends the thread wherever it is; mirrors NtTerminateThread.
    ///
    /// # Errors
    ///
    /// As [`ForeignThread::suspend`]; [`NtStatus::ACCESS_DENIED`] of a process that does not do so itself.
    pub fn terminate(&self, code: u32) -> Result<(), NtStatus> {
        self.ask(TERMINATE_THREAD, &[code as usize])
            .map(drop)
            .map_err(status)
    }

    /// Queues a call to the thread; mirrors NtQueueApcThread. The function is one of its process's.
    ///
    /// # Errors
    ///
    /// As [`ForeignThread::terminate`].
    pub fn queue_apc(&self, apc: &Apc) -> Result<(), NtStatus> {
        let [first, second, third] = apc.arguments;
        self.ask(QUEUE_APC, &[apc.routine as usize, first, second, third])
            .map(drop)
            .map_err(status)
    }

    /// Has its process do something with it.
    fn ask(&self, operation: u32, arguments: &[usize]) -> Result<Parcel, Asked> {
        // The number may be another thread's by now.
        if self.has_ended() {
            return Err(Asked::Refused(NtStatus::THREAD_IS_TERMINATING));
        }
        let words = core::iter::once(u64::from(self.number));
        let words = words.chain(arguments.iter().map(|word| *word as u64));
        self.process.ask(operation, words.collect())
    }

    /// What another process needs to know it by.
    pub(crate) fn pack(&self) -> Result<Package, NtStatus> {
        let mut package = self.process.pack()?;
        let mut parts = 0;
        if let Some(own) = &self.own {
            package.put(own.as_fd())?;
            parts |= part::OWN;
        }
        if let Some(ending) = &self.ending {
            package.put(ending.file())?;
            parts |= part::ENDING;
        }
        package.words.extend([u64::from(self.number), parts]);
        Ok(package)
    }

    /// The same thread, as another process has it.
    pub(crate) fn unpack(mut package: Package) -> Result<Self, NtStatus> {
        let number = package.word(1)? as u32;
        let parts = package.word(2)?;
        let ending = match parts & part::ENDING {
            0 => None,
            _ => Some(SharedEnding::of(package.take()?)?),
        };
        let own = match parts & part::OWN {
            0 => None,
            _ => Some(package.take()?),
        };
        let process = Arc::new(Process::unpack(package)?);
        Ok(Self {
            own,
            ending,
            ..Self::new(number, process)
        })
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }
}

/// What means a thread alone; `None` for the first of its process, and for one that has ended.
fn descriptor_of(number: u32, process: &Process) -> Result<Option<OwnedFd>, NtStatus> {
    if number == process.number() {
        return Ok(None);
    }
    match sys::process::open_thread(number) {
        Ok(own) => Ok(Some(own)),
        Err(rustix::io::Errno::SRCH) => Ok(None),
        Err(rustix::io::Errno::INVAL) => Err(NtStatus::NOT_SUPPORTED),
        Err(_) => Err(NtStatus::TOO_MANY_OPENED_FILES),
    }
}

/// Starts a thread in another process, which does it itself; mirrors NtCreateThreadEx. `request` names a function
/// of that process.
///
/// # Errors
///
/// What [`thread::create`] answers there; [`NtStatus::PROCESS_IS_TERMINATING`] for a process that has ended,
/// [`NtStatus::ACCESS_DENIED`] for one that is no winpages process, or that refuses, [`NtStatus::IO_TIMEOUT`]
/// for one that stands still; [`NtStatus::NOT_SUPPORTED`] before Linux 6.9.
pub fn create_thread(
    process: &Arc<Process>,
    request: &CreateThread,
) -> Result<ForeignThread, NtStatus> {
    let words = [
        request.routine as usize,
        request.parameter,
        request.stack_size,
        usize::from(request.stack_size_is_reservation),
        usize::from(request.suspended),
    ];
    let answer = process.ask(CREATE_THREAD, super::remote::words(&words));
    unpack_answer(process, answer.map_err(status)?)
}

/// Starts a thread in a process, this one or another; answers what a handle to it leads to, and its number.
///
/// # Errors
///
/// As [`thread::create`] and [`create_thread`].
pub fn start_thread(target: &Target, request: &CreateThread) -> Result<(Object, u32), NtStatus> {
    Ok(match target {
        Target::Own => {
            let thread = thread::create(request)?;
            let number = thread.id();
            (Object::Thread(thread), number)
        }
        Target::Other(other) => {
            let thread = create_thread(other, request)?;
            let number = thread.number();
            (Object::ForeignThread(Arc::new(thread)), number)
        }
    })
}

/// A thread out of what its process answers.
fn unpack_answer(process: &Arc<Process>, mut answer: Parcel) -> Result<ForeignThread, NtStatus> {
    let (_, package) = answer.object.take().ok_or(NtStatus::UNSUCCESSFUL)?;
    let thread = ForeignThread::unpack(package)?;
    // It is that process's own word; what it may do is asked of the process that was meant.
    Ok(ForeignThread {
        process: Arc::clone(process),
        ..thread
    })
}

/// Finds a thread by its number, in this process or another; mirrors NtOpenThread.
///
/// # Errors
///
/// [`NtStatus::INVALID_CID`] if no thread has the number that could be waited for, [`NtStatus::ACCESS_DENIED`] if
/// the kernel does not allow what `access` asks for.
pub fn open_thread(number: u32, access: AccessMask) -> Result<Object, NtStatus> {
    if let Some(own) = thread::find(number) {
        return Ok(Object::Thread(own));
    }
    let process = sys::process::of_thread(number).ok_or(NtStatus::INVALID_CID)?;
    if sys::process::is_own_number(process) {
        return Err(NtStatus::INVALID_CID);
    }
    let process = Arc::new(Process::find(process)?);
    let mut rights = AccessMask::PROCESS_QUERY_INFORMATION;
    if access.intersects(AccessMask::THREAD_INTRUSIVE) {
        rights |= AccessMask::PROCESS_SUSPEND_RESUME | AccessMask::PROCESS_TERMINATE;
    }
    process.check(rights)?;
    let thread = match process.ask(TAKE_THREAD, vec![u64::from(number)]) {
        Ok(answer) => unpack_answer(&process, answer)?,
        // One that its engine has never met, or that nobody tells of: the kernel knows it.
        Err(_) => ForeignThread {
            own: descriptor_of(number, &process)?,
            ..ForeignThread::new(number, process)
        },
    };
    let is_there = thread.own.is_some() || number == thread.process.number();
    if is_there || thread.has_ended() {
        Ok(Object::ForeignThread(Arc::new(thread)))
    } else {
        Err(NtStatus::INVALID_CID)
    }
}

fn signal_status(errno: rustix::io::Errno) -> NtStatus {
    match errno {
        rustix::io::Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
        _ => NtStatus::ACCESS_DENIED,
    }
}
