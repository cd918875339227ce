//! Faults: touching a caller's pointer without dying of it, and passing on what is not ours.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

mod cause;
mod guarded_copy;
mod guarded_text;
mod signal_stack;

use super::lock::Lock;
use cause::{RAISED, cause_of};

pub use cause::{Attempt, Cause, Trap};
pub(crate) use guarded_copy::read_pair;
pub use guarded_copy::{Fault, copy, read, touch_for_write, write, write_words};
pub use guarded_text::{TextUnit, read_text};
pub(crate) use signal_stack::{
    SIGNAL_STACK_SIZE, stop_using_signal_stack, use_signal_stack, uses_signal_stack,
};

/// Whether the signals are handled that say that memory could not be used, and all of them.
static INSTALLED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

/// What each of [`SIGNALS`] did before the engine's handler was there.
static PREVIOUS: Lock<[Option<libc::sigaction>; SIGNALS.len()]> = Lock::new([None; SIGNALS.len()]);

/// The signals that say why the processor stopped.
const SIGNALS: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
];

/// How many of them are about memory, and so of interest to the engine itself.
const ABOUT_MEMORY: usize = 2;

fn index_of(number: c_int) -> Option<usize> {
    SIGNALS.iter().position(|signal| *signal == number)
}

/// A signal that says why the processor stopped, or that [`raise`] has sent.
pub struct Signal<'a> {
    /// The signal's number.
    pub number: c_int,
    /// What happened.
    pub cause: Cause,
    /// The registers of the thread, which go back into it when the handler returns.
    pub context: &'a mut libc::ucontext_t,
}

/// What a [`Hook`] made of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The thread goes on, with the registers as they are now.
    Resume,
    /// It is somebody else's.
    NotMine,
}

/// Whoever knows more of memory than this floor of the house.
pub type Hook = fn(&mut Signal<'_>, Stage) -> Verdict;

/// A hook is asked twice: what it can mend counts even for the guarded copies, what it can only
/// report does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Mend the cause unseen, if it can be.
    Mend,
    /// Tell those who want to know.
    Report,
}

/// The one hook, as a pointer: 0 for none.
static HOOK: AtomicUsize = AtomicUsize::new(0);

/// Sets the hook.
pub fn set_hook(hook: Hook) {
    HOOK.store(hook as usize, Ordering::Release);
}

fn ask_hook(signal: &mut Signal<'_>, stage: Stage) -> Verdict {
    let word = HOOK.load(Ordering::Acquire);
    // SAFETY: only `set_hook` stores here: such a function; until then it is 0, which is None.
    let hook = unsafe { core::mem::transmute::<usize, Option<Hook>>(word) };
    hook.map_or(Verdict::NotMine, |hook| hook(signal, stage))
}

/// Makes sure that faults of memory come here.
#[inline]
pub fn ensure_handler() {
    if !INSTALLED[0].load(Ordering::Acquire) {
        install(0, &SIGNALS[..ABOUT_MEMORY]);
    }
}

/// Makes sure that whatever the processor stops at comes here: for those who want to be told of it.
pub fn ensure_all_handlers() {
    ensure_handler();
    if !INSTALLED[1].load(Ordering::Acquire) {
        install(1, &SIGNALS[ABOUT_MEMORY..]);
    }
}

#[cold]
fn install(which: usize, signals: &[c_int]) {
    let mut previous = PREVIOUS.lock();
    if INSTALLED[which].load(Ordering::Relaxed) {
        return;
    }
    for signal in signals {
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_signal;
        // SAFETY: zeroes are a valid sigaction: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
        action.sa_sigaction = handler as usize;
        // ONSTACK: stack overflow must reach whoever handles it. NODEFER: a handler further down the
        // chain may leave by longjmp, or fault itself, and faults must still be handled then.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
        // SAFETY: as above.
        let mut old: libc::sigaction = unsafe { core::mem::zeroed() };
        // SAFETY: both are valid sigactions, and the handler is async-signal-safe.
        if unsafe { libc::sigaction(*signal, &raw const action, &raw mut old) } == 0
            && let Some(index) = index_of(*signal)
        {
            previous[index] = Some(old);
        }
    }
    INSTALLED[which].store(true, Ordering::Release);
}

/// Stops the calling thread and has the hook asked about [`Cause::Raised`] with this word and the
/// registers of the thread. Returns if the hook resumes it, with the registers as the hook left them.
pub fn raise(word: usize) {
    /// `siginfo_t` of a queued signal.
    #[repr(C)]
    struct QueuedInfo {
        signal: c_int,
        error: c_int,
        code: c_int,
        padding: c_int,
        process: c_int,
        user: u32,
        value: usize,
        rest: [u64; 12],
    }
    const _: () = assert!(size_of::<QueuedInfo>() == size_of::<libc::siginfo_t>());

    ensure_handler();
    let process = rustix::process::getpid().as_raw_nonzero().get();
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    let info = QueuedInfo {
        signal: libc::SIGSEGV,
        error: 0,
        code: RAISED,
        padding: 0,
        process,
        user: rustix::process::getuid().as_raw(),
        value: word,
        rest: [0; 12],
    };
    // SAFETY: the set and the information are valid for the calls; a blocked SIGSEGV would come too
    // late, so it is let through.
    unsafe {
        let mut set: libc::sigset_t = core::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGSEGV);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, core::ptr::null_mut());
        let (number, info) = (libc::SYS_rt_tgsigqueueinfo, &raw const info);
        libc::syscall(number, process, thread, libc::SIGSEGV, info);
    }
}

extern "C" fn on_signal(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: errno is the thread's own.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel passes valid pointers to a SA_SIGINFO handler.
    let (information, context_here) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    let verdict = judge(number, information, context_here);
    if verdict == Verdict::NotMine {
        pass_on(number, info, context);
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

fn judge(number: c_int, info: &libc::siginfo_t, context: &mut libc::ucontext_t) -> Verdict {
    let Some(cause) = cause_of(number, info, context) else {
        return Verdict::NotMine;
    };
    if let Cause::Access { address, .. } = cause
        && has_overflowed(context, address)
    {
        give_up(number, false);
        return Verdict::Resume;
    }
    let mut signal = Signal {
        number,
        cause,
        context,
    };
    if ask(&mut signal, Stage::Mend) == Verdict::Resume {
        return Verdict::Resume;
    }
    let at = &mut signal.context.uc_mcontext.gregs[libc::REG_RIP as usize];
    let instruction = *at as usize;
    let continuation =
        guarded_copy::continuation(instruction).or_else(|| guarded_text::continuation(instruction));
    if let Some(continuation) = continuation {
        *at = continuation as i64;
        return Verdict::Resume;
    }
    ask(&mut signal, Stage::Report)
}

/// Whether a fault is the signal stack's own end: handling it there again would never end.
fn has_overflowed(context: &libc::ucontext_t, address: usize) -> bool {
    let stack = &context.uc_stack;
    let start = stack.ss_sp as usize;
    let pointer = context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
    let below = start.saturating_sub(STACK_NEIGHBOURHOOD);
    stack.ss_flags & libc::SS_DISABLE == 0
        && (below..start + stack.ss_size).contains(&pointer)
        && (below..start).contains(&address)
}

/// Asks the hook, on the stack of the thread itself.
///
/// Handlers of a program may need as much stack as any function of its own, and the alternate stack
/// that its run-time system gave the signal is a few KiB: on Windows, too, they run on the thread's
/// stack, below what it was doing. Only where that stack is what failed must they not.
fn ask(signal: &mut Signal<'_>, stage: Stage) -> Verdict {
    let alternate = &signal.context.uc_stack;
    let (start, size) = (alternate.ss_sp as usize, alternate.ss_size);
    let is_alternate = |address: usize| (start..start + size).contains(&address);
    let interrupted = signal.context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
    let here = (&raw const signal).addr();
    if let Cause::Access {
        address, attempt, ..
    } = signal.cause
        && address.abs_diff(interrupted) < STACK_NEIGHBOURHOOD
    {
        // There is no room to ask anybody there. Here there is, unless somebody else gave the signal
        // this stack, with no more room than he needs himself.
        if stage == Stage::Mend || !is_alternate(here) || here - start < ROOM_TO_ASK {
            return Verdict::NotMine;
        }
        signal.cause = Cause::StackOverflow { address, attempt };
        return ask_hook(signal, stage);
    }
    if !is_alternate(here) || is_alternate(interrupted) {
        return ask_hook(signal, stage);
    }
    let mut call = HookCall {
        signal,
        stage,
        verdict: Verdict::NotMine,
    };
    // Below what the thread may use without moving its stack pointer.
    const RED_ZONE: usize = 128;
    let stack = (interrupted - RED_ZONE) & !0xF;
    // SAFETY: the thread's own stack, of which it uses nothing below that; the call returns here.
    unsafe { call_on_stack(stack, hook_call, (&raw mut call).cast()) };
    call.verdict
}

/// How much of a stack handlers are asked on at least, in bytes.
const ROOM_TO_ASK: usize = 16 << 10;

/// A fault this near to the stack pointer may be the stack's own.
const STACK_NEIGHBOURHOOD: usize = 64 << 10;

struct HookCall<'a, 'b> {
    signal: &'a mut Signal<'b>,
    stage: Stage,
    verdict: Verdict,
}

unsafe extern "C" fn hook_call(call: *mut c_void) {
    // SAFETY: `ask` passes the address of its local, and waits.
    let call = unsafe { &mut *call.cast::<HookCall<'_, '_>>() };
    // SAFETY: valid pointers to locals. This signal's frame lies on the alternate stack: while the
    // thread is off it, another fault must not be put on top of that, so there is none for the time.
    unsafe {
        let disabled = libc::stack_t {
            ss_sp: core::ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: 0,
        };
        let mut alternate: libc::stack_t = core::mem::zeroed();
        libc::sigaltstack(&raw const disabled, &raw mut alternate);
        call.verdict = ask_hook(call.signal, call.stage);
        libc::sigaltstack(&raw const alternate, core::ptr::null_mut());
    }
}

/// Calls a function on another stack, which grows down from `stack`, a multiple of 16.
///
/// # Safety
///
/// There must be a stack, and the function must be one for the argument.
#[unsafe(naked)]
unsafe extern "C" fn call_on_stack(
    stack: usize,
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
) {
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov rsp, rdi",
        "mov rdi, rdx",
        "call rsi",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
    )
}

/// Whether anybody else would handle a signal that is passed on.
pub fn has_foreign_handler(number: c_int) -> bool {
    index_of(number)
        .and_then(|index| PREVIOUS.lock()[index])
        .is_some_and(|action| !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN))
}

/// Does what would have been done without the engine.
fn pass_on(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let previous = index_of(number).and_then(|index| PREVIOUS.lock()[index]);
    match previous {
        Some(action) if !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN) => {
            if action.sa_flags & libc::SA_SIGINFO != 0 {
                // SAFETY: with SA_SIGINFO the word is a function of this type.
                let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                    unsafe { core::mem::transmute(action.sa_sigaction) };
                handler(number, info, context);
            } else {
                // SAFETY: without it, of this one.
                let handler: extern "C" fn(c_int) =
                    unsafe { core::mem::transmute(action.sa_sigaction) };
                handler(number);
            }
        }
        _ => {
            // SAFETY: the kernel's information is valid for the handler's time.
            let was_sent = unsafe { (*info).si_code } <= 0;
            // The processor is past a breakpoint when it tells of it.
            give_up(number, was_sent || number == libc::SIGTRAP);
        }
    }
}

/// Lets the signal do what it does by default: end the process. A fault happens again on return; one
/// that was sent is sent again.
fn give_up(number: c_int, send_again: bool) {
    // SAFETY: zeroes are a sigaction that says SIG_DFL.
    unsafe {
        let default: libc::sigaction = core::mem::zeroed();
        libc::sigaction(number, &raw const default, core::ptr::null_mut());
        if send_again {
            libc::raise(number);
        }
    }
}
