//! Faults: touching a caller's pointer without dying of it, and passing on what is not ours.
//!
//! Windows probes every pointer that a program hands to a system call and answers
//! STATUS_ACCESS_VIOLATION if it leads nowhere. Asking the kernel about the pointer first would cost
//! more than most calls do, and be out of date by the time of the access. So the access is made, by
//! one routine whose faults a signal handler recognises and turns into an answer.

use core::arch::{asm, global_asm};
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::lock::Lock;

// Copies rdx bytes from rsi to rdi and answers 0; a fault inside it goes on at `…_faulted`, with the
// stack as it was on entry, and answers 1. Hidden symbols: each library has its own.
global_asm!(
    ".pushsection .text.winpages_guarded_copy,\"ax\",@progbits",
    ".hidden winpages_guarded_copy",
    ".globl winpages_guarded_copy",
    ".hidden winpages_guarded_copy_faulted",
    ".globl winpages_guarded_copy_faulted",
    ".type winpages_guarded_copy,@function",
    "winpages_guarded_copy:",
    // From here on the processor's own copying is faster than a loop of words.
    "cmp rdx, 512",
    "jb 5f",
    "mov rcx, rdx",
    "rep movsb",
    "xor eax, eax",
    "ret",
    "5:",
    "mov rcx, rdx",
    "shr rcx, 3",
    "and edx, 7",
    "2:",
    "test rcx, rcx",
    "jz 3f",
    "mov rax, [rsi]",
    "mov [rdi], rax",
    "add rsi, 8",
    "add rdi, 8",
    "dec rcx",
    "jmp 2b",
    "3:",
    "test rdx, rdx",
    "jz 4f",
    "mov al, [rsi]",
    "mov [rdi], al",
    "inc rsi",
    "inc rdi",
    "dec rdx",
    "jmp 3b",
    "4:",
    "xor eax, eax",
    "ret",
    // Writes the byte at rdi without changing it, whoever else may be writing it; answers 0, or 1.
    ".hidden winpages_guarded_touch",
    ".globl winpages_guarded_touch",
    "winpages_guarded_touch:",
    "lock or byte ptr [rdi], 0",
    "xor eax, eax",
    "ret",
    // Answers the two words at rdi in rax and rdx; a fault leaves 0 in rdx.
    ".hidden winpages_guarded_load",
    ".globl winpages_guarded_load",
    "winpages_guarded_load:",
    "xor edx, edx",
    "mov rax, [rdi]",
    "mov rdx, [rdi + 8]",
    "ret",
    "winpages_guarded_copy_faulted:",
    "mov eax, 1",
    "ret",
    ".size winpages_guarded_copy, . - winpages_guarded_copy",
    ".popsection",
);

unsafe extern "C" {
    fn winpages_guarded_copy(to: *mut u8, from: *const u8, size: usize) -> usize;
    fn winpages_guarded_copy_faulted();
    fn winpages_guarded_touch(at: *mut u8) -> usize;
    fn winpages_guarded_load();
}

/// A pointer led to memory that may not be used so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Writes a value where a caller wants it, wherever that is.
///
/// # Errors
///
/// [`Fault`] if the pointer cannot be written through. It may be NULL, misaligned, wild or freed;
/// part of the value may have been written.
///
/// # Safety
///
/// Nothing that Rust knows of may live there but what the caller meant to be overwritten.
#[inline]
pub unsafe fn write<T: Copy>(to: *mut T, value: &T) -> Result<(), Fault> {
    ensure_handler();
    let from = core::ptr::from_ref(value).cast();
    // SAFETY: the routine survives wild pointers; what it overwrites the caller answers for.
    match unsafe { winpages_guarded_copy(to.cast(), from, size_of::<T>()) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

/// Reads a value from where a caller says it is.
///
/// # Errors
///
/// [`Fault`] if the pointer cannot be read through. It may be NULL, misaligned, wild or freed.
///
/// # Safety
///
/// Any bytes must make a valid `T`.
#[inline]
pub unsafe fn read<T: Copy>(from: *const T) -> Result<T, Fault> {
    ensure_handler();
    let mut value = MaybeUninit::<T>::uninit();
    let to = value.as_mut_ptr().cast();
    // SAFETY: the routine survives wild pointers, and writes to the local only.
    match unsafe { winpages_guarded_copy(to, from.cast(), size_of::<T>()) } {
        // SAFETY: all bytes have been copied, and the caller vouches that any bytes are a T.
        0 => Ok(unsafe { value.assume_init() }),
        _ => Err(Fault),
    }
}

/// Writes to a byte and leaves it as it is, whoever else may be writing to it: to find out whether it
/// can be written.
///
/// # Errors
///
/// [`Fault`] if it cannot.
pub fn touch_for_write(at: *mut u8) -> Result<(), Fault> {
    ensure_handler();
    // SAFETY: the routine survives wild pointers, and changes nothing.
    match unsafe { winpages_guarded_touch(at) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

/// The two words at an address, read one after the other; the second is 0 where they cannot be read.
/// For words that are checked anyway, and much cheaper than [`read`]; somebody must have called
/// [`ensure_handler`].
#[inline(always)]
pub fn read_pair(from: *const [u64; 2]) -> [u64; 2] {
    let (first, second);
    // SAFETY: the routine survives wild pointers, writes nothing, and changes no other register. An
    // ordinary call would save all those that a function may change.
    unsafe {
        asm!(
            "call {routine}",
            routine = sym winpages_guarded_load,
            in("rdi") from,
            out("rax") first,
            out("rdx") second,
            options(readonly),
        );
    }
    [first, second]
}

/// Copies bytes between memory of the program's own and memory that may not be usable, or that others
/// change meanwhile: no reference to either is made.
///
/// # Errors
///
/// [`Fault`] if either cannot be used so; part of the bytes may have been copied.
///
/// # Safety
///
/// Whatever may be written from `to` on must be memory that the caller may change.
#[inline]
pub unsafe fn copy(to: *mut u8, from: *const u8, size: usize) -> Result<(), Fault> {
    ensure_handler();
    // SAFETY: the routine survives wild pointers; what it overwrites the caller answers for.
    match unsafe { winpages_guarded_copy(to, from, size) } {
        0 => Ok(()),
        _ => Err(Fault),
    }
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// What SIGSEGV and SIGBUS did before the engine's handler was there.
static PREVIOUS: Lock<[Option<libc::sigaction>; 2]> = Lock::new([None, None]);

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// A signal that says that memory could not be used, or that [`raise`] has sent.
pub struct Signal<'a> {
    /// What happened.
    pub cause: Cause,
    /// The registers of the thread, which go back into it when the handler returns.
    pub context: &'a mut libc::ucontext_t,
}

/// Why there is a [`Signal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The processor could not do what an instruction asked for.
    Access {
        /// The byte that could not be used.
        address: usize,
        /// How it was to be used.
        attempt: Attempt,
        /// Whether the page is mapped but has nothing behind it: its file is too short, or its file
        /// system full.
        is_in_page: bool,
    },
    /// [`raise`] was called with this word.
    Raised(usize),
}

/// What an instruction tried to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Read.
    Read,
    /// Write.
    Write,
    /// Run code there.
    Execute,
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

/// Makes sure that faults come here.
#[inline]
pub fn ensure_handler() {
    if !INSTALLED.load(Ordering::Acquire) {
        install();
    }
}

#[cold]
fn install() {
    let mut previous = PREVIOUS.lock();
    if INSTALLED.load(Ordering::Relaxed) {
        return;
    }
    for (index, signal) in SIGNALS.into_iter().enumerate() {
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
        if unsafe { libc::sigaction(signal, &raw const action, &raw mut old) } == 0 {
            previous[index] = Some(old);
        }
    }
    INSTALLED.store(true, Ordering::Release);
}

/// The `si_code` of signals that [`raise`] sends; the kernel lets a process send itself any negative
/// one.
const RAISED: c_int = -0x5750;

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
    let copy = winpages_guarded_copy as *const () as usize;
    let faulted = winpages_guarded_copy_faulted as *const () as usize;
    let Some(cause) = cause_of(number, info, context) else {
        return Verdict::NotMine;
    };
    if let Cause::Access { address, .. } = cause
        && has_overflowed(context, address)
    {
        give_up(number, false);
        return Verdict::Resume;
    }
    let mut signal = Signal { cause, context };
    if ask(&mut signal, Stage::Mend) == Verdict::Resume {
        return Verdict::Resume;
    }
    let at = &mut signal.context.uc_mcontext.gregs[libc::REG_RIP as usize];
    if (copy..faulted).contains(&(*at as usize)) {
        *at = faulted as i64;
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
    let stack_failed = match signal.cause {
        Cause::Access { address, .. } => address.abs_diff(interrupted) < STACK_NEIGHBOURHOOD,
        Cause::Raised(_) => false,
    };
    if stack_failed {
        // There is no room to ask anybody; whoever gave the signal a stack of its own knows of it.
        return Verdict::NotMine;
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

fn cause_of(number: c_int, info: &libc::siginfo_t, context: &libc::ucontext_t) -> Option<Cause> {
    if info.si_code == RAISED && number == libc::SIGSEGV {
        // SAFETY: a queued signal has these fields.
        let (process, word) = unsafe { (info.si_pid(), info.si_value().sival_ptr as usize) };
        let is_own = process == rustix::process::getpid().as_raw_nonzero().get();
        return is_own.then_some(Cause::Raised(word));
    }
    if info.si_code <= 0 {
        // Sent by somebody with kill.
        return None;
    }
    /// Bits of the processor's page-fault error code.
    const WRITE: i64 = 2;
    const INSTRUCTION: i64 = 16;
    let error = context.uc_mcontext.gregs[libc::REG_ERR as usize];
    let attempt = if error & INSTRUCTION != 0 {
        Attempt::Execute
    } else if error & WRITE != 0 {
        Attempt::Write
    } else {
        Attempt::Read
    };
    // SAFETY: a fault has an address.
    let address = unsafe { info.si_addr() } as usize;
    Some(Cause::Access {
        address,
        attempt,
        is_in_page: number == libc::SIGBUS,
    })
}

/// Whether anybody else would handle a signal that is passed on.
pub fn has_foreign_handler(is_in_page: bool) -> bool {
    PREVIOUS.lock()[usize::from(is_in_page)]
        .is_some_and(|action| !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN))
}

/// Does what would have been done without the engine.
fn pass_on(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let index = usize::from(number == libc::SIGBUS);
    let previous = PREVIOUS.lock()[index];
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
            give_up(number, was_sent);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_pointers_are_an_answer() {
        static PAIR: [u64; 2] = [5, 6];
        let mut value = 1u64;
        // SAFETY: a local, and addresses that nobody can have mapped.
        unsafe {
            assert_eq!(write(&raw mut value, &7), Ok(()));
            assert_eq!(value, 7);
            assert_eq!(write(core::ptr::null_mut::<u64>(), &7), Err(Fault));
            assert_eq!(write(0x10 as *mut u64, &7), Err(Fault));
            assert_eq!(write(0xFFFF_8000_0000_0000 as *mut u64, &7), Err(Fault));
            assert_eq!(read(0x13 as *const u32), Err(Fault));
            assert_eq!(read(&raw const value), Ok(7));
            assert_eq!(touch_for_write((&raw mut value).cast()), Ok(()));
            assert_eq!(value, 7);
            assert_eq!(touch_for_write(8 as *mut u8), Err(Fault));
            assert_eq!(
                touch_for_write((&raw const PAIR).cast_mut().cast()),
                Err(Fault)
            );
            assert_eq!(read_pair(&raw const PAIR), PAIR);
            assert_eq!(read_pair(0x10 as *const [u64; 2])[1], 0);
        }
    }

    #[test]
    fn bytes_are_copied_up_to_the_fault() {
        let from: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
        let mut to = vec![0; from.len()];
        // SAFETY: locals, and an address that nobody can have mapped.
        unsafe {
            assert_eq!(copy(to.as_mut_ptr(), from.as_ptr(), from.len()), Ok(()));
            assert_eq!(to, from);
            assert_eq!(copy(to.as_mut_ptr(), 0x10 as *const u8, 5000), Err(Fault));
            assert_eq!(copy(0x10 as *mut u8, from.as_ptr(), 5000), Err(Fault));
        }
    }

    #[test]
    fn odd_sizes_are_copied_whole() {
        let mut there = [0u8; 13];
        let here = *b"thirteen byte";
        // SAFETY: a local array.
        unsafe { write(&raw mut there, &here).unwrap() };
        assert_eq!(there, here);
    }
}
