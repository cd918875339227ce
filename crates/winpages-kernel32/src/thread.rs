//! Threads.

use core::ffi::c_void;
use core::mem::transmute;
use std::sync::Arc;

use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, Object};
use winpages_kernel::process::{self, ForeignThread, Target};
use winpages_kernel::thread::{self, Apc, CreateThread as Request, StartRoutine, Thread};
use winpages_kernel::{Handle, NtStatus};

use crate::nt::argument::{write, write_if_wanted};
use crate::object_name::handle_value;
use crate::process_attribute::Wishes;
use crate::security_attributes::{self, SECURITY_ATTRIBUTES};
use crate::{last_error, processor_affinity};

/// CREATE_SUSPENDED
const CREATE_SUSPENDED: u32 = 0x4;
/// STACK_SIZE_PARAM_IS_A_RESERVATION
const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x1_0000;
/// THREAD_ALL_ACCESS
const THREAD_ALL_ACCESS: u32 = 0x001F_FFFF;

/// The thread of a handle that grants one of `rights`.
pub(crate) fn reference(handle: usize, rights: AccessMask) -> Result<Arc<Thread>, NtStatus> {
    thread::reference(Handle::from_value(handle), rights)
}

/// A thread that a handle leads to.
pub(crate) enum Either {
    /// Of the calling process.
    Own(Arc<Thread>),
    /// Of another.
    Foreign(Arc<ForeignThread>),
}

/// The thread of a handle that grants one of `rights`, whatever its process is.
pub(crate) fn reference_either(handle: usize, rights: AccessMask) -> Result<Either, NtStatus> {
    let entry = object::reference(Handle::from_value(handle))?;
    let thread = match entry.object {
        Object::Thread(thread) => Either::Own(thread),
        Object::ForeignThread(thread) => Either::Foreign(thread),
        _ => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
    };
    if entry.access.intersects(rights) {
        Ok(thread)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

const QUERY: AccessMask =
    AccessMask::THREAD_QUERY_INFORMATION.union(AccessMask::THREAD_QUERY_LIMITED_INFORMATION);

/// Enters a thread into the handle table.
fn handle_of(
    object: Object,
    access: u32,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    let mapping = object.object_type().generic_mapping;
    let access = mapping.apply(AccessMask::from_bits_retain(access));
    handle_table::insert(Entry {
        object,
        access,
        attributes,
    })
}

/// Starts a thread in a process; answers a handle with those rights, and the thread's number.
pub(crate) fn create_in(
    target: &Target,
    request: &Request,
    access: u32,
    attributes: HandleAttributes,
) -> Result<(Handle, u32), NtStatus> {
    let (thread, number) = process::start_thread(target, request)?;
    Ok((handle_of(thread, access, attributes)?, number))
}

/// The process of a handle in which a thread is to be started.
pub(crate) fn process_for_thread(process: usize) -> Result<Target, NtStatus> {
    let process = Handle::from_value(process);
    process::reference_process(process, AccessMask::PROCESS_CREATE_THREAD)
}

/// What a thread is to be, by the flags of CreateThread.
fn request(
    routine: StartRoutine,
    parameter: usize,
    stack_size: usize,
    flags: u32,
) -> Result<Request, NtStatus> {
    if flags & !(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(Request {
        routine,
        parameter,
        stack_size,
        stack_size_is_reservation: flags & STACK_SIZE_PARAM_IS_A_RESERVATION != 0,
        suspended: flags & CREATE_SUSPENDED != 0,
    })
}

/// # Safety
///
/// As [`CreateThread`]; the function is one of the process's.
unsafe fn create(
    process: usize,
    attributes: *const SECURITY_ATTRIBUTES,
    request: Result<Request, NtStatus>,
    wishes: &Wishes,
    id: *mut u32,
) -> Result<Handle, NtStatus> {
    let request = request?;
    let process = process_for_thread(process)?;
    // SAFETY: passed on. Who may open a thread follows from its process, whatever its security is.
    let given = unsafe { security_attributes::given(attributes)? };
    let (handle, number) = if *wishes == Wishes::default() {
        create_in(&process, &request, THREAD_ALL_ACCESS, given.attributes)?
    } else {
        create_with(wishes, &process, &request, given.attributes)?
    };
    // SAFETY: passed on. The thread runs by now: a number that cannot be told is not.
    let _ = unsafe { write_if_wanted(id, number) };
    Ok(handle)
}

/// Starts a thread that makes no step before it is where it is wished to be.
fn create_with(
    wishes: &Wishes,
    process: &Target,
    request: &Request,
    attributes: HandleAttributes,
) -> Result<(Handle, u32), NtStatus> {
    let standing = Request {
        suspended: true,
        ..*request
    };
    let created = create_in(process, &standing, THREAD_ALL_ACCESS, attributes)?;
    let thread = created.0.value();
    let moved = processor_affinity::move_new_thread(thread, wishes);
    let moved = moved.and_then(|()| match request.suspended {
        true => Ok(()),
        false => resume(thread).map(drop),
    });
    match moved {
        Ok(()) => Ok(created),
        Err(status) => {
            let _ = terminate(thread, status.code());
            let _ = handle_table::close(created.0);
            Err(status)
        }
    }
}

/// CreateThread: the stack may grow to 8 MiB at least, unless STACK_SIZE_PARAM_IS_A_RESERVATION says
/// otherwise.
///
/// # Safety
///
/// `lpStartAddress` is a thread's function; the other pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThread(
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    dwStackSize: usize,
    lpStartAddress: StartRoutine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpThreadId: *mut u32,
) -> usize {
    // SAFETY: passed on.
    handle_value(unsafe {
        create(
            Handle::CURRENT_PROCESS.value(),
            lpThreadAttributes,
            request(lpStartAddress, lpParameter, dwStackSize, dwCreationFlags),
            &Wishes::default(),
            lpThreadId,
        )
    })
}

/// CreateRemoteThread: in a process that uses this library, which starts the thread itself.
///
/// # Safety
///
/// As [`CreateThread`]; the function and the parameter are that process's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateRemoteThread(
    hProcess: usize,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    dwStackSize: usize,
    lpStartAddress: StartRoutine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpThreadId: *mut u32,
) -> usize {
    // SAFETY: passed on.
    handle_value(unsafe {
        create(
            hProcess,
            lpThreadAttributes,
            request(lpStartAddress, lpParameter, dwStackSize, dwCreationFlags),
            &Wishes::default(),
            lpThreadId,
        )
    })
}

/// CreateRemoteThreadEx: with a list of attributes, of which a thread heeds those that are of threads: its
/// processors, and its ideal one, which is remembered of threads of this process.
///
/// # Safety
///
/// As [`CreateRemoteThread`]; the list was initialized, and its values are still there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateRemoteThreadEx(
    hProcess: usize,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    dwStackSize: usize,
    lpStartAddress: StartRoutine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpAttributeList: *mut c_void,
    lpThreadId: *mut u32,
) -> usize {
    // SAFETY: passed on.
    let wishes = match unsafe { Wishes::of_thread(lpAttributeList) } {
        Ok(wishes) => wishes,
        Err(code) => {
            last_error::set(code);
            return 0;
        }
    };
    // SAFETY: passed on.
    handle_value(unsafe {
        create(
            hProcess,
            lpThreadAttributes,
            request(lpStartAddress, lpParameter, dwStackSize, dwCreationFlags),
            &wishes,
            lpThreadId,
        )
    })
}

/// ExitThread: destructors of C++ objects in the thread's functions are not run, as on Windows. The last
/// thread's end is the process's.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn ExitThread(dwExitCode: u32) -> ! {
    thread::exit(dwExitCode)
}

/// RtlExitUserThread: [`ExitThread`], by ntdll's name.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn RtlExitUserThread(ExitStatus: u32) -> ! {
    thread::exit(ExitStatus)
}

pub(crate) fn terminate(handle: usize, code: u32) -> Result<(), NtStatus> {
    match reference_either(handle, AccessMask::THREAD_TERMINATE)? {
        Either::Own(thread) => thread.terminate(code),
        Either::Foreign(thread) => thread.terminate(code),
    }
}

/// TerminateThread.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn TerminateThread(hThread: usize, dwExitCode: u32) -> i32 {
    last_error::boolean(terminate(hThread, dwExitCode))
}

/// GetExitCodeThread: STILL_ACTIVE while it runs. A thread of another process that does not use this library
/// has ended with what its process has, else with 0.
///
/// # Safety
///
/// `lpExitCode` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetExitCodeThread(hThread: usize, lpExitCode: *mut u32) -> i32 {
    let result = reference_either(hThread, QUERY).and_then(|thread| {
        let status = match thread {
            Either::Own(thread) => thread.exit_status(),
            Either::Foreign(thread) => thread.exit_code(),
        };
        // SAFETY: passed on.
        unsafe { write(lpExitCode, status) }
    });
    last_error::boolean(result)
}

/// OpenThread: of the calling process, a thread that has called this library, or was started by it; of
/// another, any.
#[unsafe(no_mangle)]
pub extern "C" fn OpenThread(dwDesiredAccess: u32, bInheritHandle: i32, dwThreadId: u32) -> usize {
    let attributes = if bInheritHandle != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    };
    let access = AccessMask::from_bits_retain(dwDesiredAccess);
    let thread = process::open_thread(dwThreadId, access).map_err(|status| match status {
        NtStatus::INVALID_CID => NtStatus::INVALID_PARAMETER,
        other => other,
    });
    handle_value(thread.and_then(|thread| handle_of(thread, dwDesiredAccess, attributes)))
}

/// What a function that answers 0 for failure answers.
fn number(result: Result<u32, NtStatus>) -> u32 {
    result.unwrap_or_else(|status| {
        last_error::fail(status);
        0
    })
}

/// GetThreadId: 0 if it fails.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadId(Thread: usize) -> u32 {
    number(reference_either(Thread, QUERY).map(|thread| match thread {
        Either::Own(thread) => thread.id(),
        Either::Foreign(thread) => thread.number(),
    }))
}

/// GetProcessIdOfThread: 0 if it fails.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessIdOfThread(Thread: usize) -> u32 {
    number(reference_either(Thread, QUERY).map(|thread| match thread {
        Either::Own(_) => std::process::id(),
        Either::Foreign(thread) => thread.process().number(),
    }))
}

/// What a function that answers a suspend count answers; 0xFFFFFFFF for failure.
fn count(result: Result<u32, NtStatus>) -> u32 {
    result.unwrap_or_else(|status| {
        last_error::fail(status);
        u32::MAX
    })
}

pub(crate) fn suspend(handle: usize) -> Result<u32, NtStatus> {
    match reference_either(handle, AccessMask::THREAD_SUSPEND_RESUME)? {
        Either::Own(thread) => thread.suspend(),
        Either::Foreign(thread) => thread.suspend(),
    }
}

pub(crate) fn resume(handle: usize) -> Result<u32, NtStatus> {
    match reference_either(handle, AccessMask::THREAD_SUSPEND_RESUME)? {
        Either::Own(thread) => Ok(thread.resume()),
        Either::Foreign(thread) => thread.resume(),
    }
}

/// SuspendThread: how often the thread was suspended before. Of another process that does not use this library,
/// all threads stand still.
#[unsafe(no_mangle)]
pub extern "C" fn SuspendThread(hThread: usize) -> u32 {
    count(suspend(hThread))
}

/// ResumeThread: how often the thread was suspended before; it goes on when that was once.
#[unsafe(no_mangle)]
pub extern "C" fn ResumeThread(hThread: usize) -> u32 {
    count(resume(hThread))
}

/// QueueUserAPC: the function runs in the thread, at its next alertable wait.
///
/// # Safety
///
/// `pfnAPC` is such a function, or NULL, which is never called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueueUserAPC(
    pfnAPC: Option<unsafe extern "C-unwind" fn(usize)>,
    hThread: usize,
    dwData: usize,
) -> u32 {
    type Function = unsafe extern "C-unwind" fn(usize);
    type Routine = unsafe extern "C-unwind" fn(usize, usize, usize);
    // SAFETY: a function of this calling convention may be passed more than it takes.
    let routine = unsafe { transmute::<Option<Function>, Option<Routine>>(pfnAPC) };
    last_error::boolean(queue(hThread, routine, [dwData, 0, 0])) as u32
}

/// Queues a call to the thread of a handle; no function is never called.
pub(crate) fn queue(
    handle: usize,
    routine: Option<unsafe extern "C-unwind" fn(usize, usize, usize)>,
    arguments: [usize; 3],
) -> Result<(), NtStatus> {
    let thread = reference_either(handle, AccessMask::THREAD_SET_CONTEXT)?;
    let Some(routine) = routine else {
        return Ok(());
    };
    let apc = Apc { routine, arguments };
    match thread {
        Either::Own(thread) => thread.queue_apc(apc),
        Either::Foreign(thread) => thread.queue_apc(&apc),
    }
}
