//! Threads of the C run time.

use core::cell::Cell;
use core::ffi::{c_int, c_void};

use crate::handle::CloseHandle;
use crate::security_attributes::SECURITY_ATTRIBUTES;
use crate::thread::{CreateThread, ExitThread};

thread_local! {
    /// The handle that `_beginthread` answered and `_endthread` closes; 0 in other threads.
    static OWN_HANDLE: Cell<usize> = const { Cell::new(0) };
}

fn set_errno(code: c_int) {
    // SAFETY: errno is the thread's own.
    unsafe { *libc::__errno_location() = code };
}

/// _beginthreadex: CreateThread by another name; 0 if it fails.
///
/// # Safety
///
/// `start` is a thread's function; the other pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _beginthreadex(
    security: *const SECURITY_ATTRIBUTES,
    stack_size: u32,
    start: Option<unsafe extern "C-unwind" fn(usize) -> u32>,
    argument: usize,
    flags: u32,
    identifier: *mut u32,
) -> usize {
    let Some(start) = start else {
        set_errno(libc::EINVAL);
        return 0;
    };
    // SAFETY: passed on.
    let handle = unsafe {
        CreateThread(
            security,
            stack_size as usize,
            start,
            argument,
            flags,
            identifier,
        )
    };
    if handle == 0 {
        set_errno(libc::EAGAIN);
    }
    handle
}

/// _endthreadex.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn _endthreadex(exit_code: u32) -> ! {
    ExitThread(exit_code)
}

/// What `_beginthread` has its thread do.
struct Begin {
    start: unsafe extern "C-unwind" fn(*mut c_void),
    argument: *mut c_void,
    handle: usize,
}

unsafe extern "C-unwind" fn run(parameter: usize) -> u32 {
    // SAFETY: `_beginthread` passes a box of its own.
    let begin = unsafe { Box::from_raw(parameter as *mut Begin) };
    let Begin {
        start,
        argument,
        handle,
    } = *begin;
    OWN_HANDLE.set(handle);
    // SAFETY: the program's function and argument.
    unsafe { start(argument) };
    CloseHandle(OWN_HANDLE.take());
    0
}

/// _beginthread: the handle is closed when the thread ends; -1 if it fails.
///
/// # Safety
///
/// `start` is a thread's function, for the argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _beginthread(
    start: Option<unsafe extern "C-unwind" fn(*mut c_void)>,
    stack_size: u32,
    argument: *mut c_void,
) -> usize {
    const CREATE_SUSPENDED: u32 = 4;
    let Some(start) = start else {
        set_errno(libc::EINVAL);
        return usize::MAX;
    };
    let begin = Box::into_raw(Box::new(Begin {
        start,
        argument,
        handle: 0,
    }));
    let (none, nowhere) = (core::ptr::null(), core::ptr::null_mut());
    // SAFETY: `run` takes the box; the thread waits until its handle is in it.
    unsafe {
        let size = stack_size as usize;
        let handle = CreateThread(none, size, run, begin as usize, CREATE_SUSPENDED, nowhere);
        if handle == 0 {
            drop(Box::from_raw(begin));
            set_errno(libc::EAGAIN);
            return usize::MAX;
        }
        (*begin).handle = handle;
        crate::thread::ResumeThread(handle);
        handle
    }
}

/// _endthread: closes the handle that `_beginthread` answered.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn _endthread() -> ! {
    let handle = OWN_HANDLE.take();
    if handle != 0 {
        CloseHandle(handle);
    }
    ExitThread(0)
}
