//! Exceptions as a program sees them, and beside other people's signal handlers.

#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kernel32::exception::*;
use kernel32::file_mapping::*;
use kernel32::file_view::*;
use kernel32::virtual_memory::*;
use winpages_kernel::exception::ExceptionPointers;
use winpages_kernel::file::File;
use winpages_kernel::object::Object;
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};

const CONTINUE_EXECUTION: i32 = -1;
const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const SEC_RESERVE: u32 = 0x0400_0000;
const PAGE_READONLY: u32 = 2;
const PAGE_READWRITE: u32 = 4;
const FILE_MAP_READ: u32 = 4;
const FILE_MAP_READ_WRITE: u32 = 6;

const ROLE: &str = "WINPAGES_TEST_ROLE";

/// Runs a test of this file in a process of its own: signal handlers belong to the process.
fn run(test: &str, role: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .output()
        .unwrap()
}

fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Whether this process is the one that is to do the test's work; if not, has it done by one.
fn alone(test: &str) -> bool {
    if role().is_some() {
        return true;
    }
    let output = run(test, "alone");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

static ARENA: AtomicUsize = AtomicUsize::new(0);
const ARENA_SIZE: usize = 64 << 20;

unsafe extern "C" fn commit_on_demand(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: the dispatcher passes valid pointers.
    let address = unsafe { (*(*pointers).record).parameters[1] };
    let arena = ARENA.load(Ordering::Relaxed);
    if !(arena..arena + ARENA_SIZE).contains(&address) {
        return 0;
    }
    // SAFETY: a page of the arena's.
    let got = unsafe { VirtualAlloc(address as *mut _, 1, MEM_COMMIT, PAGE_READWRITE) };
    if got.is_null() { 0 } else { CONTINUE_EXECUTION }
}

#[test]
fn eight_threads_commit_on_demand() {
    if !alone("eight_threads_commit_on_demand") {
        return;
    }
    // SAFETY: the arena is reserved here and written by the threads below, each its own bytes.
    unsafe {
        AddVectoredExceptionHandler(1, Some(commit_on_demand));
        let arena = VirtualAlloc(
            core::ptr::null_mut(),
            ARENA_SIZE,
            MEM_RESERVE,
            PAGE_READWRITE,
        );
        ARENA.store(arena as usize, Ordering::Relaxed);
    }
    let arena = ARENA.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        for thread in 0..8usize {
            scope.spawn(move || {
                for page in 0..2000usize {
                    // All threads meet in every page.
                    let address = (arena + page * 0x1000 + thread * 8) as *mut usize;
                    // SAFETY: this thread's own word of the arena.
                    unsafe {
                        address.write_volatile(page + thread);
                        assert_eq!(address.read_volatile(), page + thread);
                    }
                }
            });
        }
    });
}

#[test]
fn a_stack_overflow_is_still_rusts_to_report() {
    fn deeper(depth: usize) -> usize {
        let room = [depth; 512];
        std::hint::black_box(&room);
        if depth == usize::MAX {
            0
        } else {
            deeper(depth + 1) + room[depth % 512]
        }
    }
    if role().is_some() {
        // SAFETY: the handler stays.
        unsafe { AddVectoredExceptionHandler(1, Some(commit_on_demand)) };
        std::process::exit(deeper(0) as i32);
    }
    let said = run("a_stack_overflow_is_still_rusts_to_report", "overflow").stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("has overflowed its stack"), "{said}");
}

static FOREIGN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn foreign(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    FOREIGN.fetch_add(1, Ordering::Relaxed);
    // SAFETY: what a JIT's handler does: it makes its own page usable, and returns.
    unsafe {
        let page = (*info).si_addr() as usize & !0xFFF;
        libc::mprotect(page as *mut _, 0x1000, libc::PROT_READ | libc::PROT_WRITE);
    }
}

unsafe extern "C" fn end_at_once(_pointers: *mut ExceptionPointers) -> i32 {
    std::process::abort()
}

#[test]
fn a_handler_that_was_there_before_keeps_working() {
    if !alone("a_handler_that_was_there_before_keeps_working") {
        return;
    }
    // SAFETY: a page of this test's, and handlers that stay.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = foreign as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &raw const action, core::ptr::null_mut());
        // Not asked: it might not know the JIT's faults from others.
        SetUnhandledExceptionFilter(Some(end_at_once));
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(core::ptr::null_mut(), 0x1000, libc::PROT_NONE, flags, -1, 0);
        page.cast::<u8>().write_volatile(1);
    }
    assert_eq!(FOREIGN.load(Ordering::Relaxed), 1);
}

#[test]
fn a_process_without_handlers_dies_of_the_signal() {
    if role().is_some() {
        // SAFETY: nothing but the end of this process comes of it.
        unsafe {
            let action: libc::sigaction = core::mem::zeroed();
            libc::sigaction(libc::SIGSEGV, &raw const action, core::ptr::null_mut());
            SetUnhandledExceptionFilter(None);
            (0x10 as *mut u8).write_volatile(1);
        }
        return;
    }
    let output = run("a_process_without_handlers_dies_of_the_signal", "dies");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn an_exception_nobody_takes_ends_the_process() {
    if role().is_some() {
        // SAFETY: nothing but the end of this process comes of it.
        unsafe { RaiseException(0xE000_0001, 0, 0, core::ptr::null()) };
        return;
    }
    let output = run("an_exception_nobody_takes_ends_the_process", "raises");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}

static IN_PAGE: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn in_page(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: the dispatcher passes valid pointers.
    let record = unsafe { &*(*pointers).record };
    if (record.code, record.parameter_count) != (0xC000_0006, 3) {
        return 0;
    }
    IN_PAGE.fetch_add(1, Ordering::Relaxed);
    let page = record.parameters[1] & !0xFFF;
    // SAFETY: the page is replaced by one that can be read, so that the thread can go on.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        libc::mmap(page as *mut _, 0x1000, libc::PROT_READ, flags, -1, 0);
    }
    CONTINUE_EXECUTION
}

#[test]
fn a_file_cut_short_raises_an_in_page_error() {
    if !alone("a_file_cut_short_raises_an_in_page_error") {
        return;
    }
    let path = std::env::temp_dir().join(format!("winpages-cut-{}", std::process::id()));
    std::fs::write(&path, [7u8; 0x3000]).unwrap();
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let (object, access) = File::from_number(file.as_raw_fd()).unwrap();
    let object = Object::File(Arc::new(object));
    let attributes = HandleAttributes::empty();
    let handle = handle_table::insert(Entry {
        object,
        access,
        attributes,
    })
    .unwrap();
    let none = core::ptr::null();
    // SAFETY: the view is this test's; what is no longer behind it is what the test is about.
    unsafe {
        let section = CreateFileMappingW(handle.value(), none, PAGE_READONLY, 0, 0, none.cast());
        let view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0).cast::<u8>();
        assert_eq!(view.add(0x2000).read_volatile(), 7);
        file.set_len(0x1000).unwrap();
        AddVectoredExceptionHandler(1, Some(in_page));
        assert_eq!(view.add(0x2000).read_volatile(), 0);
    }
    assert_eq!(IN_PAGE.load(Ordering::Relaxed), 1);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn pages_committed_by_another_process_are_usable_when_touched() {
    const TEST: &str = "pages_committed_by_another_process_are_usable_when_touched";
    let name: Vec<u16> = "winpages exceptions test\0".encode_utf16().collect();
    let commit_page = |page: usize| {
        assert!(run(TEST, &format!("{page}")).status.success());
    };
    // SAFETY: views of a section that this test alone uses.
    unsafe {
        if let Some(page) = role().and_then(|role| role.parse::<usize>().ok()) {
            let section = OpenFileMappingW(FILE_MAP_READ_WRITE, 0, name.as_ptr());
            let view = MapViewOfFile(section, FILE_MAP_READ_WRITE, 0, 0, 0);
            let page = view.cast::<u8>().add(page * 0x1000);
            assert_eq!(
                VirtualAlloc(page.cast(), 1, MEM_COMMIT, PAGE_READWRITE),
                page.cast()
            );
            page.write_volatile(42);
            return;
        }
        if !alone(TEST) {
            return;
        }
        let protection = PAGE_READWRITE | SEC_RESERVE;
        let none = core::ptr::null();
        let section = CreateFileMappingW(usize::MAX, none, protection, 0, 1 << 20, name.as_ptr());
        let view = MapViewOfFile(section, FILE_MAP_READ_WRITE, 0, 0, 0).cast::<u8>();
        commit_page(5);
        assert_eq!(view.add(0x5000).read_volatile(), 42);
        view.add(0x5008).write_volatile(1);
        // One that the engine itself meets first, and its neighbour, which nobody has committed.
        commit_page(7);
        assert_eq!(winpages_kernel::sys::fault::read(view.add(0x7000)), Ok(42));
        assert!(winpages_kernel::sys::fault::read(view.add(0x8000)).is_err());
    }
}

/// Divides by zero in assembly: Rust would panic instead. Answers what the handlers left in `rax`.
fn divide_by_zero() -> u64 {
    let quotient: u64;
    // SAFETY: the instruction raises a signal, and whoever resumes the thread goes past its two bytes.
    unsafe {
        core::arch::asm!("div {zero:e}", zero = in(reg) 0, inout("rax") 1u64 => quotient, inout("rdx") 0u64 => _);
    }
    quotient
}

unsafe extern "C" fn answer_seven(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: the dispatcher passes valid pointers.
    let (record, context) = unsafe { (&*(*pointers).record, &mut *(*pointers).context) };
    if record.code != 0xC000_0094 {
        return 0;
    }
    context.rax = 7;
    context.rip += 2;
    CONTINUE_EXECUTION
}

#[test]
fn an_exception_of_the_processor_reaches_the_filter() {
    if !alone("an_exception_of_the_processor_reaches_the_filter") {
        return;
    }
    // SAFETY: the filter stays.
    unsafe { SetUnhandledExceptionFilter(Some(answer_seven)) };
    assert_eq!(divide_by_zero(), 7);
}

extern "C" fn foreign_division(
    signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    FOREIGN.fetch_add(signal as usize, Ordering::Relaxed);
    // SAFETY: the kernel's context; the instruction is two bytes long.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    registers[libc::REG_RIP as usize] += 2;
}

#[test]
fn handlers_of_other_signals_that_were_there_before_keep_working() {
    if !alone("handlers_of_other_signals_that_were_there_before_keep_working") {
        return;
    }
    // SAFETY: handlers that stay.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = foreign_division as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaction(libc::SIGFPE, &raw const action, core::ptr::null_mut());
        // Does not take it, and must not have changed what the other sees.
        AddVectoredExceptionHandler(1, Some(commit_on_demand));
        SetUnhandledExceptionFilter(Some(end_at_once));
    }
    assert_eq!(divide_by_zero(), 1);
    assert_eq!(FOREIGN.load(Ordering::Relaxed), libc::SIGFPE as usize);
}

#[test]
fn what_nobody_takes_ends_the_process_as_it_would_have() {
    const TEST: &str = "what_nobody_takes_ends_the_process_as_it_would_have";
    if let Some(role) = role() {
        // SAFETY: nothing but the end of this process comes of it.
        unsafe {
            AddVectoredExceptionHandler(1, Some(commit_on_demand));
            match role.as_str() {
                "divide" => _ = divide_by_zero(),
                "break" => kernel32::debugger::DebugBreak(),
                "invalid" => core::arch::asm!("ud2"),
                _ => _ = libc::raise(libc::SIGFPE),
            }
        }
        return;
    }
    for (role, signal) in [
        ("divide", libc::SIGFPE),
        ("break", libc::SIGTRAP),
        ("invalid", libc::SIGILL),
        ("sent", libc::SIGFPE),
    ] {
        let output = run(TEST, role);
        assert_eq!(output.status.signal(), Some(signal), "{role}");
    }
}

static RECOVERY: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static OVERFLOWS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn leave_overflow(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: the dispatcher passes valid pointers.
    let (record, context) = unsafe { (&*(*pointers).record, &mut *(*pointers).context) };
    if record.code != 0xC000_00FD {
        return 0;
    }
    // A handler may use the stack it was promised.
    let room = [record.code as u8; 40 << 10];
    core::hint::black_box(&room);
    OVERFLOWS.fetch_add(1, Ordering::Relaxed);
    context.rip = RECOVERY[0].load(Ordering::Relaxed) as u64;
    context.rsp = RECOVERY[1].load(Ordering::Relaxed) as u64;
    CONTINUE_EXECUTION
}

/// Pushes until the stack has run out, and is back where it was if the handler above is told.
fn push_for_ever() {
    // SAFETY: the stack pointer is what it was when the handler resumes the thread at the end.
    unsafe {
        core::arch::asm!(
            "lea {scratch}, [rip + 3f]",
            "mov [{recovery}], {scratch}",
            "mov [{recovery} + 8], rsp",
            "2:",
            "push {scratch}",
            "jmp 2b",
            "3:",
            scratch = out(reg) _,
            recovery = in(reg) RECOVERY.as_ptr(),
        );
    }
}

/// The first thread, and others that have called the library before.
#[test]
fn a_thread_whose_stack_runs_out_is_told() {
    if !alone("a_thread_whose_stack_runs_out_is_told") {
        return;
    }
    // SAFETY: the handler stays.
    unsafe { AddVectoredExceptionHandler(1, Some(leave_overflow)) };
    let mut guarantee = 100 << 10;
    // SAFETY: a local.
    unsafe { kernel32::thread_environment::SetThreadStackGuarantee(&raw mut guarantee) };
    for times in 1..=3 {
        push_for_ever();
        assert_eq!(OVERFLOWS.load(Ordering::Relaxed), times);
    }
    let deep = || {
        kernel32::last_error::GetLastError();
        kernel32::thread_environment::NtCurrentTeb();
        push_for_ever();
    };
    for times in 4..=6 {
        std::thread::spawn(deep).join().unwrap();
        assert_eq!(OVERFLOWS.load(Ordering::Relaxed), times);
    }
}
