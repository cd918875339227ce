//! A thread of another process that is made to stand still and to make system calls, and goes on as if nothing
//! had been.
//!
//! What a stopped thread was about to do stands in its registers: a system call that was interrupted is made again,
//! or answers `EINTR` to a handler, by what the kernel finds there when it lets the thread go on. So they are put
//! back as they were in a stop of the same kind, in which the kernel has yet to look at them. A signal that comes
//! in between is delivered to the thread with its own registers, and only then others are set again. Neither the
//! thread's signal mask, nor its stack, nor its code is touched; of the other registers a system call changes none.
//!
//! All of this is done by one thread of the tracer, which must end soon after: the kernel then lets go of a tracee
//! that could not be waited for. That is only done as long as it has its own registers. With others it is waited for,
//! however long it takes (a control group can be frozen for days), and what was begun is carried through.

use core::time::Duration;

use rustix::io::Errno;

use super::watched_thread::{InjectionError, Watched};
use super::{clock, descriptors, process_memory};

/// How long a thread may take to stop. It is some microseconds, unless it waits for a device, or is starting
/// another program.
const PATIENCE: Duration = Duration::from_secs(2);

/// The registers of a thread, as its `NT_PRSTATUS` set has them.
type Registers = libc::user_regs_struct;

/// Why a thread has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// It was asked to, or its whole process was.
    Asked,
    /// Before or after a system call.
    Call,
    /// A signal of that number is to be delivered to it.
    Signal(i32),
}

/// A thread that this one has stopped.
#[derive(Debug)]
pub struct Tracee<'a> {
    watched: &'a Watched,
    /// Up to when, by the monotonic clock, somebody waits for what comes of it.
    until: Duration,
    /// Where the instruction is that makes a system call.
    instruction: usize,
    /// What it goes on with.
    saved: Registers,
    /// Whether it has other registers than those.
    is_altered: bool,
    /// Whether it has come to the first call, after which it does not stay in the middle.
    is_underway: bool,
    /// Whether nobody waits any more.
    is_left_behind: bool,
}

/// What the kernel calls stops that were asked for.
const EVENT_STOP: i32 = 128;
const CALL_STOP: i32 = libc::SIGTRAP | 0x80;
/// The code segment of 64-bit programs.
const CODE_64: u64 = 0x33;

impl<'a> Tracee<'a> {
    /// Stops a thread where it is. `until` is up to when, by the monotonic clock, a first call may be begun.
    ///
    /// # Errors
    ///
    /// All but [`InjectionError::Failed`].
    pub fn stop(
        watched: &'a Watched,
        instruction: usize,
        until: Duration,
    ) -> Result<Self, InjectionError> {
        let mut tracee = Self {
            watched,
            until,
            instruction,
            // SAFETY: numbers, for which zero is a value.
            saved: unsafe { core::mem::zeroed() },
            is_altered: false,
            is_underway: false,
            is_left_behind: false,
        };
        let options = libc::PTRACE_O_TRACESYSGOOD as usize;
        tracee
            .request(libc::PTRACE_SEIZE, 0, options)
            .map_err(|errno| match errno {
                Errno::SRCH => InjectionError::Gone,
                _ => InjectionError::Denied,
            })?;
        tracee.interrupt()?;
        loop {
            match tracee.wait(Some(PATIENCE))? {
                Stop::Asked => break,
                Stop::Signal(signal) => tracee.resume(libc::PTRACE_CONT, signal)?,
                Stop::Call => tracee.resume(libc::PTRACE_CONT, 0)?,
            }
        }
        tracee.save()?;
        let refusal = if watched.is_confined() || tracee.dispatches_calls() {
            InjectionError::Denied
        } else if tracee.read(instruction) != Some(SYSTEM_CALL) {
            // It has become another program since the place was looked up.
            InjectionError::Gone
        } else {
            return Ok(tracee);
        };
        tracee.release()?;
        Err(refusal)
    }

    /// Has the thread make a system call. The first one is given up if the thread does not come to it soon; from then
    /// on it is waited for as long as it takes.
    ///
    /// # Errors
    ///
    /// [`InjectionError::Failed`] with what the call answers; [`InjectionError::Gone`], and
    /// [`InjectionError::StandsStill`] instead of a first call.
    pub fn call(
        &mut self,
        number: libc::c_long,
        arguments: [usize; 6],
    ) -> Result<usize, InjectionError> {
        loop {
            let patience = self.patience();
            if patience == Some(Duration::ZERO) {
                return Err(InjectionError::StandsStill);
            }
            let mut registers = self.saved;
            registers.rip = self.instruction as u64;
            registers.rax = number as u64;
            // The kernel must not take this for a call that it has to make again.
            registers.orig_rax = NO_CALL;
            let places = [
                &mut registers.rdi,
                &mut registers.rsi,
                &mut registers.rdx,
                &mut registers.r10,
                &mut registers.r8,
                &mut registers.r9,
            ];
            for (place, argument) in places.into_iter().zip(arguments) {
                *place = argument as u64;
            }
            self.is_altered = true;
            self.set_registers(&registers)?;
            self.resume(libc::PTRACE_SYSCALL, 0)?;
            match self.wait(patience) {
                Ok(Stop::Call) => break,
                // Its process was stopped or continued, which the kernel remembers.
                Ok(Stop::Asked) => {}
                Ok(Stop::Signal(signal)) => self.deliver(signal)?,
                Err(InjectionError::StandsStill) => {
                    self.take_back()?;
                    return Err(InjectionError::StandsStill);
                }
                Err(error) => return Err(error),
            }
        }
        self.is_underway = true;
        self.resume(libc::PTRACE_SYSCALL, 0)?;
        // Nothing but the call itself lies between here and its end.
        self.wait(None)?;
        let answer = self.registers()?.rax as i64;
        if (-4095..0).contains(&answer) {
            return Err(InjectionError::Failed(Errno::from_raw_os_error(
                -answer as i32,
            )));
        }
        Ok(answer as usize)
    }

    /// How long the thread may take to come to where a call begins; `None` if it was in one before: who calls relies
    /// on making others that take back what those before them did.
    fn patience(&self) -> Option<Duration> {
        let left = self.until.saturating_sub(clock::monotonic());
        (!self.is_underway).then(|| left.min(PATIENCE))
    }

    /// Takes back a call that the thread has not come to: its control group may be frozen.
    fn take_back(&mut self) -> Result<(), InjectionError> {
        self.interrupt()?;
        match self.wait(None)? {
            Stop::Call => {
                // It has come to it after all, and passes it by.
                let mut registers = self.registers()?;
                registers.orig_rax = NO_CALL;
                self.set_registers(&registers)
            }
            stop => self.settle(stop),
        }
    }

    /// Lets the thread go on as if nothing had been.
    ///
    /// # Errors
    ///
    /// [`InjectionError::Gone`], [`InjectionError::StandsStill`].
    pub fn release(mut self) -> Result<(), InjectionError> {
        if self.is_altered {
            // After a call the kernel does not look at the registers, unless there is something to stop for. When it
            // lets go of a tracee it does so far, but has not promised it.
            self.interrupt()?;
            self.resume(libc::PTRACE_CONT, 0)?;
            let stop = self.wait(None)?;
            self.settle(stop)?;
        }
        self.set_registers(&self.saved)?;
        self.resume(libc::PTRACE_DETACH, 0)
    }

    /// Copies bytes of the thread's process.
    pub fn read<const SIZE: usize>(&self, from: usize) -> Option<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        // SAFETY: a buffer of this function's own.
        let copied = unsafe {
            process_memory::read_memory_of(self.watched.thread, from, bytes.as_mut_ptr(), SIZE)
        };
        (copied == Ok(SIZE)).then_some(bytes)
    }

    /// Copies bytes into memory of the thread's process.
    ///
    /// # Errors
    ///
    /// [`InjectionError::Failed`].
    ///
    /// # Safety
    ///
    /// The process relies on nothing there.
    pub unsafe fn write(&self, to: usize, bytes: &[u8]) -> Result<(), InjectionError> {
        let thread = self.watched.thread;
        // SAFETY: passed on.
        let copied =
            unsafe { process_memory::write_memory_of(thread, to, bytes.as_ptr(), bytes.len()) };
        match copied {
            Ok(copied) if copied == bytes.len() => Ok(()),
            Ok(_) => Err(InjectionError::Failed(Errno::FAULT)),
            Err(Errno::SRCH) => Err(InjectionError::Gone),
            Err(errno) => Err(InjectionError::Failed(errno)),
        }
    }

    /// Gives the thread its own registers in a stop in which the kernel has yet to look at them.
    fn settle(&mut self, stop: Stop) -> Result<(), InjectionError> {
        if let Stop::Signal(signal) = stop {
            return self.deliver(signal);
        }
        self.set_registers(&self.saved)?;
        self.is_altered = false;
        Ok(())
    }

    /// Has a signal delivered to the thread where it was, and stops it again where that leads to.
    fn deliver(&mut self, mut signal: i32) -> Result<(), InjectionError> {
        self.set_registers(&self.saved)?;
        self.is_altered = false;
        loop {
            self.interrupt()?;
            self.resume(libc::PTRACE_CONT, signal)?;
            match self.wait(self.patience())? {
                Stop::Asked => return self.save(),
                Stop::Signal(next) => signal = next,
                Stop::Call => signal = 0,
            }
        }
    }

    /// Keeps what the thread is to go on with.
    fn save(&mut self) -> Result<(), InjectionError> {
        self.saved = self.registers()?;
        if is_cut_short(&self.saved) {
            self.saved.rax = -RESTART_UNLESS_HANDLED as u64;
        }
        if (self.saved.orig_rax as i64) < 0
            && let Some(abort) = self.abort_of_sequence()
        {
            self.saved.rip = abort;
        }
        Ok(())
    }

    /// Where the kernel would have the thread go on if it was in the middle of a restartable sequence, as it does
    /// whenever it takes the processor away. It will not see that any more: when it looks, the thread is at the
    /// instruction that makes our call.
    fn abort_of_sequence(&self) -> Option<u64> {
        /// `struct ptrace_rseq_configuration`.
        #[repr(C)]
        struct Configuration {
            address: u64,
            size: u32,
            signature: u32,
            flags: u32,
            padding: u32,
        }
        const PTRACE_GET_RSEQ_CONFIGURATION: u32 = 0x420F;
        let mut configuration = Configuration {
            address: 0,
            size: 0,
            signature: 0,
            flags: 0,
            padding: 0,
        };
        // Kernels before 5.13 do not tell.
        self.request(
            PTRACE_GET_RSEQ_CONFIGURATION,
            size_of::<Configuration>(),
            &raw mut configuration as usize,
        )
        .ok()
        .filter(|()| configuration.address != 0)?;
        let word = |from: u64| {
            self.read::<8>(usize::try_from(from).ok()?)
                .map(u64::from_ne_bytes)
        };
        // `struct rseq` has the address of a `struct rseq_cs` in its second double word, which begins with two
        // words of flags, and goes on with the sequence's start, length and abort.
        let sequence = word(configuration.address.wrapping_add(8)).filter(|at| *at != 0)?;
        let start = word(sequence.wrapping_add(8))?;
        let length = word(sequence.wrapping_add(16))?;
        let is_inside = self.saved.rip.wrapping_sub(start) < length;
        is_inside.then(|| word(sequence.wrapping_add(24)))?
    }

    /// Whether the kernel hands system calls of the thread back to its program, as it does for emulators.
    fn dispatches_calls(&self) -> bool {
        const PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG: u32 = 0x4211;
        // `struct ptrace_sud_config`: first whether.
        let mut configuration = [0u64; 4];
        let told = self.request(
            PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG,
            size_of_val(&configuration),
            &raw mut configuration as usize,
        );
        told.is_ok() && configuration[0] != 0
    }

    fn request(&self, request: u32, address: usize, data: usize) -> Result<(), Errno> {
        let thread = self.watched.thread;
        // SAFETY: the requests of this module take numbers, or pointers to structures of the callers' that the
        // kernel fills or reads in the size that it is told or that is part of the request.
        let answer =
            unsafe { libc::syscall(libc::SYS_ptrace, request as usize, thread, address, data) };
        if answer < 0 {
            Err(super::last_errno())
        } else {
            Ok(())
        }
    }

    fn interrupt(&self) -> Result<(), InjectionError> {
        self.resume(libc::PTRACE_INTERRUPT, 0)
    }

    fn resume(&self, request: u32, signal: i32) -> Result<(), InjectionError> {
        self.request(request, 0, signal as usize).map_err(gone)
    }

    /// Why the thread has stopped, if it has.
    fn stopped(&self) -> Option<Stop> {
        // SAFETY: numbers, for which zero is a value.
        let mut told: libc::siginfo_t = unsafe { core::mem::zeroed() };
        self.request(libc::PTRACE_GETSIGINFO, 0, &raw mut told as usize)
            .ok()?;
        Some(match told.si_code {
            code if code >> 8 == EVENT_STOP => Stop::Asked,
            CALL_STOP => Stop::Call,
            _ => Stop::Signal(told.si_signo),
        })
    }

    /// Waits until the thread has stopped. It is asked and not waited for: another thread of this process may take
    /// what the kernel tells who waits.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Stop, InjectionError> {
        const SHORT: Duration = Duration::from_micros(200);
        const LONGEST_PAUSE: Duration = Duration::from_millis(1);
        const LONGEST_PAUSE_LEFT_BEHIND: Duration = Duration::from_millis(20);
        let start = clock::monotonic();
        let mut pause = Duration::from_micros(20);
        loop {
            if let Some(stop) = self.stopped() {
                return Ok(stop);
            }
            let now = clock::monotonic();
            let waited = now.saturating_sub(start);
            if waited < SHORT {
                clock::yield_now();
                continue;
            }
            if self.watched.state().is_none() {
                return Err(InjectionError::Gone);
            }
            if limit.is_some_and(|limit| waited > limit) {
                return Err(InjectionError::StandsStill);
            }
            if limit.is_none() && now > self.until && !self.is_left_behind {
                self.is_left_behind = true;
                self.let_go_of_descriptors();
            }
            clock::sleep(pause);
            let longest = if self.is_left_behind {
                LONGEST_PAUSE_LEFT_BEHIND
            } else {
                LONGEST_PAUSE
            };
            pause = (2 * pause).min(longest);
        }
    }

    /// Has a tracer that may outlive its process keep none of its descriptors: others may wait for the ends of pipes
    /// to be closed, or for ports to be free. What is not done yet and needs one fails.
    fn let_go_of_descriptors(&self) {
        let own = rustix::thread::gettid();
        // A thread has the descriptors of all the others, and ends with them.
        if own == rustix::process::getpid() {
            // SAFETY: this thread is a process, and opens and uses no others from here on but this one.
            unsafe { descriptors::keep_only(self.watched.stat()) };
        }
    }

    fn registers(&self) -> Result<Registers, InjectionError> {
        // SAFETY: numbers, for which zero is a value.
        let mut registers: Registers = unsafe { core::mem::zeroed() };
        let filled = self.transfer(libc::PTRACE_GETREGSET, &raw mut registers)?;
        if filled != size_of::<Registers>() || registers.cs != CODE_64 {
            return Err(InjectionError::Unsupported);
        }
        Ok(registers)
    }

    fn set_registers(&self, registers: &Registers) -> Result<(), InjectionError> {
        let registers = core::ptr::from_ref(registers).cast_mut();
        self.transfer(libc::PTRACE_SETREGSET, registers).map(drop)
    }

    fn transfer(&self, request: u32, registers: *mut Registers) -> Result<usize, InjectionError> {
        const NT_PRSTATUS: usize = 1;
        let mut vector = libc::iovec {
            iov_base: registers.cast(),
            iov_len: size_of::<Registers>(),
        };
        self.request(request, NT_PRSTATUS, &raw mut vector as usize)
            .map_err(gone)?;
        Ok(vector.iov_len)
    }
}

/// What stands where the number of a call stands if there is none.
const NO_CALL: u64 = u64::MAX;

/// The instruction that makes a system call.
pub const SYSTEM_CALL: [u8; 2] = [0x0F, 0x05];

/// What the kernel notes of a call that it makes again unless a handler runs first: ERESTARTNOHAND.
const RESTART_UNLESS_HANDLED: i64 = 514;

/// Whether a call without a limit of time was cut short in a way in which it only is when a thread is stopped, or
/// a handler runs. If none does, it goes on. What was left of a limit nobody knows: there `EINTR` stays.
fn is_cut_short(registers: &Registers) -> bool {
    if registers.rax as i64 != -i64::from(libc::EINTR) {
        return false;
    }
    match registers.orig_rax as libc::c_long {
        libc::SYS_epoll_wait | libc::SYS_epoll_pwait => (registers.r10 as i32) < 0,
        libc::SYS_epoll_pwait2 | libc::SYS_semtimedop => registers.r10 == 0,
        libc::SYS_rt_sigtimedwait => registers.rdx == 0,
        libc::SYS_io_getevents => registers.r8 == 0,
        libc::SYS_semop => true,
        _ => false,
    }
}

fn gone(_: Errno) -> InjectionError {
    InjectionError::Gone
}
