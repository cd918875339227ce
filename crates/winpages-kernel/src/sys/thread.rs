//! The calling thread as the kernel and the C library know it.

use core::arch::asm;
use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::proc_text;

/// The number of the calling thread.
pub fn id() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get() as u32
}

/// How far the first thread's stack may grow, in bytes: what RLIMIT_STACK says, and where it says
/// nothing, what it does by default.
pub fn stack_size_limit() -> usize {
    const USUAL: usize = 8 << 20;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    limit.map_or(USUAL, |bytes| bytes as usize & !0xFFF)
}

/// Whether this process has a thread of that number.
pub fn exists(id: u32) -> bool {
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: signal 0 asks and sends nothing.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, process, id, 0) };
    answer == 0
}

/// Whether the kernel lets programs use the instructions for the bases of fs and gs.
fn has_base_instructions() -> bool {
    const HWCAP2_FSGSBASE: u64 = 1 << 1;
    // SAFETY: takes a number; unknown ones are answered with 0.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_FSGSBASE != 0 }
}

const ARCH_SET_GS: i32 = 0x1001;
const ARCH_GET_GS: i32 = 0x1004;

/// Where the thread's gs segment begins; 0 if nobody has said. A new thread begins with its
/// creator's.
pub fn gs_base() -> usize {
    let base: usize;
    if has_base_instructions() {
        // SAFETY: the kernel has said that the instruction may be used; it reads a register.
        unsafe { asm!("rdgsbase {}", out(reg) base, options(nomem, nostack, preserves_flags)) };
        return base;
    }
    let mut answer = 0usize;
    // SAFETY: the kernel writes the base to a local.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_GET_GS, &raw mut answer) };
    answer
}

/// Says where the thread's gs segment begins.
///
/// # Safety
///
/// Whoever uses the segment in this thread must find there what he expects.
pub unsafe fn set_gs_base(base: usize) {
    if has_base_instructions() {
        // SAFETY: the kernel has said that the instruction may be used; the caller vouches for the
        // rest.
        unsafe { asm!("wrgsbase {}", in(reg) base, options(nostack, preserves_flags)) };
        return;
    }
    // SAFETY: sets a register of the calling thread.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) };
}

/// Plus one, so that 0 means that there is none yet.
static END_KEY: AtomicU32 = AtomicU32::new(0);

/// What [`at_end`] calls.
pub type AtEnd = unsafe extern "C" fn(*mut c_void);

/// Has `function` called with `value` when the calling thread ends. A call from
/// inside `function` has it called once more, up to [`END_ROUNDS`] times in all.
///
/// Nothing is allocated as long as the program has not made thirty-one keys of its own first, which
/// [`reserve_end_key`] sees to.
pub fn at_end(function: AtEnd, value: NonNull<c_void>) {
    let key = end_key(function);
    // SAFETY: the key exists, and is never deleted.
    unsafe { libc::pthread_setspecific(key, value.as_ptr()) };
}

/// How often the C library calls the destructors of keys that are set again.
pub const END_ROUNDS: u32 = 4;

/// Makes the key that [`at_end`] needs, while the library is being loaded.
pub fn reserve_end_key(function: AtEnd) {
    end_key(function);
}

fn end_key(function: AtEnd) -> libc::pthread_key_t {
    let known = END_KEY.load(Ordering::Acquire);
    if known != 0 {
        return known - 1;
    }
    let mut key = 0;
    // SAFETY: the key goes to a local; the function is one for the values that `at_end` sets.
    let made = unsafe { libc::pthread_key_create(&raw mut key, Some(function)) };
    if made != 0 {
        // Without it no thread's end could be told; a process that has used up all keys before its
        // libraries are loaded does not exist.
        // SAFETY: ends the process.
        unsafe { libc::abort() };
    }
    match END_KEY.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => key,
        Err(other) => {
            // SAFETY: nobody has used this one.
            unsafe { libc::pthread_key_delete(key) };
            other - 1
        }
    }
}

/// What [`start`] runs.
pub type Run = unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void;

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        run: Run,
        argument: *mut c_void,
    ) -> i32;
}

/// Starts a thread that nobody joins, with so many bytes of stack.
///
/// # Errors
///
/// `EAGAIN` if there may be no more threads, or there is no memory for a stack.
///
/// # Safety
///
/// `run` can be called with `argument` in another thread.
pub unsafe fn start(stack: usize, run: Run, argument: *mut c_void) -> Result<(), Errno> {
    let mut attributes = core::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut thread = 0;
    // SAFETY: the attributes are initialised before they are used, and destroyed after.
    let result = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        let result = match libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack) {
            0 => pthread_create(&raw mut thread, attributes.as_ptr(), run, argument),
            error => error,
        };
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        result
    };
    match result {
        0 => Ok(()),
        error => Err(Errno::from_raw_os_error(error)),
    }
}

/// Ends the calling thread as the C library does: frames are unwound.
pub fn exit() -> ! {
    // SAFETY: no destructor of this crate's is on the stack: its callers are called by C programs.
    unsafe { pthread_exit(core::ptr::null_mut()) }
}

/// Whether this process has threads besides the calling one and those that `is_ending` knows of.
pub fn has_others(is_ending: impl Fn(u32) -> bool) -> bool {
    let process = rustix::process::getpid().as_raw_nonzero().get() as u32;
    let this = id();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(tasks) = rustix::fs::open(c"/proc/self/task", flags, Mode::empty()) else {
        return true;
    };
    let mut buffer = [core::mem::MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(tasks, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let Some(task) = proc_text::number(entry.file_name().to_bytes()) else {
            continue;
        };
        let task = task as u32;
        let is_gone = task == this || is_ending(task) || task == process && first_has_ended();
        if !is_gone {
            return true;
        }
    }
    false
}

/// Whether the process's first thread has ended, which the kernel keeps until all have.
fn first_has_ended() -> bool {
    let mut buffer = [0; 1024];
    let Ok(text) = proc_text::read(c"/proc/self/stat", &mut buffer) else {
        return false;
    };
    proc_text::stat_field(text, 3) == Some(b"Z")
}

/// The signal that stops a thread: one that is free for programs, and none that libraries take.
fn stop_signal() -> i32 {
    libc::SIGRTMAX() - 7
}

/// Called in a thread that is to stop, with its registers. Asynchronous: it takes no lock and calls
/// nothing that does.
pub type OnStop = unsafe extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void);

/// Has `on_stop` called in a thread of this process, as soon as it runs.
///
/// # Errors
///
/// `ESRCH` if there is no such thread.
pub fn stop(id: u32, on_stop: OnStop) -> Result<(), Errno> {
    static INSTALLED: AtomicU32 = AtomicU32::new(0);
    if INSTALLED.load(Ordering::Acquire) == 0 {
        // SAFETY: zeroes are a valid sigaction; the handler is one that signals may call. All other
        // signals wait meanwhile, but those that tell of the handler's own faults.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_stop as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigfillset(&raw mut action.sa_mask);
            for fault in [libc::SIGSEGV, libc::SIGBUS] {
                libc::sigdelset(&raw mut action.sa_mask, fault);
            }
            libc::sigaction(stop_signal(), &raw const action, core::ptr::null_mut());
        }
        INSTALLED.store(1, Ordering::Release);
    }
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: sends a signal that has a handler.
    match unsafe { libc::syscall(libc::SYS_tgkill, process, id, stop_signal()) } {
        0 => Ok(()),
        _ => Err(Errno::SRCH),
    }
}

/// Lets all signals through that a handler of [`stop`] keeps out: for a handler that does not return.
///
/// # Safety
///
/// `context` is what the handler was called with.
pub unsafe fn restore_signals(context: *mut c_void) {
    // SAFETY: as the caller vouches: the set that was there before.
    unsafe {
        let context = context.cast::<libc::ucontext_t>();
        let before = &raw const (*context).uc_sigmask;
        libc::pthread_sigmask(libc::SIG_SETMASK, before, core::ptr::null_mut());
    }
}

/// Tells the kernel how willing a thread of this process is to let others run, from -20 to 19, if the
/// process may also tell it the opposite later.
pub fn set_niceness(id: u32, niceness: i32) {
    /// The limit that lets a process have any niceness.
    const ANY_NICENESS: u64 = 40;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nice).current;
    let may_raise =
        rustix::process::geteuid().is_root() || limit.is_none_or(|limit| limit >= ANY_NICENESS);
    if may_raise {
        // SAFETY: takes numbers.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, id, niceness) };
    }
}

/// How willing a thread, of any process, is to let others run; `None` if there is none of that number.
pub fn niceness(id: u32) -> Option<i32> {
    let thread = rustix::process::Pid::from_raw(id as i32)?;
    rustix::process::getpriority_process(Some(thread)).ok()
}

/// Tells the kernel how willing a thread of another process is to let others run.
///
/// # Errors
///
/// `EACCES` if this process may not make it less willing, `EPERM` if the thread is another user's.
pub fn set_niceness_of_other(id: u32, niceness: i32) -> Result<(), rustix::io::Errno> {
    let thread = rustix::process::Pid::from_raw(id as i32);
    match rustix::process::setpriority_process(thread, niceness) {
        // It has ended.
        Err(rustix::io::Errno::SRCH) => Ok(()),
        result => result,
    }
}

/// Names a thread of this process, for those who look at it from outside; the kernel keeps fifteen
/// bytes.
pub fn set_name(id: u32, name: &str) {
    let mut end = name.len().min(15);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let Ok(path) = std::ffi::CString::new(format!("/proc/self/task/{id}/comm")) else {
        return;
    };
    // Whoever looks sees the old name if this fails.
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    if let Ok(file) = rustix::fs::open(&path, flags, Mode::empty()) {
        let _ = rustix::io::write(&file, &name.as_bytes()[..end]);
    }
}
