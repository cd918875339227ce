//! Waitable timers: CreateWaitableTimer and its family.

use core::ffi::{c_char, c_void};

use winpages_kernel::sys::fault;
use winpages_kernel::wait::{self, Due, SetTimer, Timeout, TimerApc};
use winpages_kernel::{Handle, NtStatus};

use crate::dispatcher_object::{EVENT_ALL_ACCESS, create, open};
use crate::error_code::ERROR_NOT_SUPPORTED;
use crate::last_error;
use crate::object_name::{self, GivenName};
use crate::security_attributes::{Given, SECURITY_ATTRIBUTES, given};
use crate::text;

const TIMER_ALL_ACCESS: u32 = EVENT_ALL_ACCESS;
const CREATE_WAITABLE_TIMER_MANUAL_RESET: u32 = 1;
const CREATE_WAITABLE_TIMER_HIGH_RESOLUTION: u32 = 2;

/// PTIMERAPCROUTINE: what is called when the timer is due.
pub type TimerRoutine = Option<unsafe extern "C-unwind" fn(*mut c_void, u32, i32)>;

fn create_timer(given: Result<Given, NtStatus>, name: GivenName, flags: u32, access: u32) -> usize {
    create(given, name, access, |request| {
        // Every timer here has the kernel's own resolution, which is a high one.
        let known = CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;
        if flags & !known != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        wait::create_timer(request, flags & CREATE_WAITABLE_TIMER_MANUAL_RESET != 0)
    })
}

/// CreateWaitableTimerW: makes a timer, or opens the one of that name, which then stays as it is.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerW(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpTimerAttributes), text::wide(lpName)) };
    create_timer(given, name, (bManualReset != 0).into(), TIMER_ALL_ACCESS)
}

/// CreateWaitableTimerA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerA(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    bManualReset: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpTimerAttributes), object_name::ansi(lpName)) };
    create_timer(given, name, (bManualReset != 0).into(), TIMER_ALL_ACCESS)
}

/// CreateWaitableTimerExW: the same with the rights of the handle.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExW(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const u16,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpTimerAttributes), text::wide(lpName)) };
    create_timer(given, name, dwFlags, dwDesiredAccess)
}

/// CreateWaitableTimerExA: the same with a name in the ANSI code page, of at most 259 characters.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateWaitableTimerExA(
    lpTimerAttributes: *const SECURITY_ATTRIBUTES,
    lpName: *const c_char,
    dwFlags: u32,
    dwDesiredAccess: u32,
) -> usize {
    // SAFETY: the caller's pointers.
    let (given, name) = unsafe { (given(lpTimerAttributes), object_name::ansi(lpName)) };
    create_timer(given, name, dwFlags, dwDesiredAccess)
}

/// OpenWaitableTimerW: opens the timer of a name.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerW(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const u16,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { text::wide(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_timer)
}

/// OpenWaitableTimerA: the same with a name in the ANSI code page.
///
/// # Safety
///
/// `lpName` must be NULL or lead to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenWaitableTimerA(
    dwDesiredAccess: u32,
    bInheritHandle: i32,
    lpName: *const c_char,
) -> usize {
    // SAFETY: the caller's pointer.
    let name = unsafe { object_name::ansi(lpName) };
    open(dwDesiredAccess, bInheritHandle, name, wait::open_timer)
}

/// SetWaitableTimer: sets a timer, which is not signalled until it is due. The routine is called in the
/// calling thread, while that waits alertably. `fResume` would wake a system that sleeps, which takes a
/// privilege that is not to be had here; the timer is set, and the last error says so, as on Windows.
///
/// # Safety
///
/// `lpDueTime` must be a C program's to read, and the routine one that may be called with the argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimer(
    hTimer: usize,
    lpDueTime: *const i64,
    lPeriod: i32,
    pfnCompletionRoutine: TimerRoutine,
    lpArgToCompletionRoutine: *mut c_void,
    fResume: i32,
) -> i32 {
    let apc = pfnCompletionRoutine.map(|routine| TimerApc {
        routine,
        context: lpArgToCompletionRoutine as usize,
    });
    // SAFETY: the caller's pointer.
    let set = unsafe { set(hTimer, lpDueTime, lPeriod, apc) };
    if set.is_ok() && fResume != 0 {
        last_error::set(ERROR_NOT_SUPPORTED);
    }
    last_error::boolean(set)
}

/// SetWaitableTimerEx: the same; a delay that can be tolerated is not made use of, and the reason for
/// waking the system is not needed.
///
/// # Safety
///
/// As [`SetWaitableTimer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetWaitableTimerEx(
    hTimer: usize,
    lpDueTime: *const i64,
    lPeriod: i32,
    pfnCompletionRoutine: TimerRoutine,
    lpArgToCompletionRoutine: *mut c_void,
    _WakeContext: *const c_void,
    _TolerableDelay: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        SetWaitableTimer(
            hTimer,
            lpDueTime,
            lPeriod,
            pfnCompletionRoutine,
            lpArgToCompletionRoutine,
            0,
        )
    }
}

/// # Safety
///
/// As [`SetWaitableTimer`].
unsafe fn set(
    timer: usize,
    due: *const i64,
    period: i32,
    apc: Option<TimerApc>,
) -> Result<(), NtStatus> {
    // SAFETY: the caller's pointer.
    let due = unsafe { fault::read(due) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    let period = u32::try_from(period).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let due = match Timeout::from_units(due) {
        Timeout::After(delay) => Due::After(delay),
        Timeout::At(time) => Due::At(time),
        Timeout::Infinite => return Err(NtStatus::INVALID_PARAMETER),
    };
    let request = SetTimer { due, period, apc };
    wait::set_timer(Handle::from_value(timer), &request).map(drop)
}

/// CancelWaitableTimer: stops a timer, which stays signalled or not as it is.
#[unsafe(no_mangle)]
pub extern "C" fn CancelWaitableTimer(hTimer: usize) -> i32 {
    last_error::boolean(wait::cancel_timer(Handle::from_value(hTimer)).map(drop))
}
