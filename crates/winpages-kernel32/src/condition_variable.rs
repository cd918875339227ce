//! Condition variables. Like Windows' own, these calls use the program's memory as it is.

use core::time::Duration;

use winpages_kernel::NtStatus;
use winpages_kernel::synchronization::condition_variable::ConditionVariable;
use winpages_kernel::synchronization::critical_section::CriticalSection;
use winpages_kernel::synchronization::srw_lock::SrwLock;
use winpages_kernel::sys::futex::Awoken;

use crate::last_error;
use crate::nt::argument::status;
use crate::timeout;

/// CONDITION_VARIABLE_LOCKMODE_SHARED
const LOCKMODE_SHARED: u32 = 1;

fn outcome(awoken: Awoken) -> Result<(), NtStatus> {
    match awoken {
        Awoken::LookAgain => Ok(()),
        Awoken::TimedOut => Err(NtStatus::TIMEOUT),
    }
}

/// # Safety
///
/// `variable` leads to a condition variable, `section` to an initialised section that the calling
/// thread is in.
unsafe fn sleep_in_section(
    variable: *mut usize,
    section: *const CriticalSection,
    deadline: Option<Duration>,
) -> Result<(), NtStatus> {
    // SAFETY: as the caller vouches; the section's fields are atomic.
    let (variable, section) = unsafe { (ConditionVariable::at(variable), &*section) };
    outcome(variable.sleep(deadline, || section.leave(), || section.enter()))
}

/// # Safety
///
/// `variable` leads to a condition variable, `lock` to a lock that the calling thread holds so.
unsafe fn sleep_with_lock(
    variable: *mut usize,
    lock: *mut usize,
    deadline: Option<Duration>,
    flags: u32,
) -> Result<(), NtStatus> {
    // SAFETY: as the caller vouches.
    let (variable, lock) = unsafe { (ConditionVariable::at(variable), SrwLock::at(lock)) };
    let awoken = match flags {
        0 => variable.sleep(
            deadline,
            || crate::srw_lock::expect_held(lock.release_exclusive()),
            || lock.acquire_exclusive(),
        ),
        LOCKMODE_SHARED => variable.sleep(
            deadline,
            || crate::srw_lock::expect_held(lock.release_shared()),
            || lock.acquire_shared(),
        ),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    outcome(awoken)
}

/// SleepConditionVariableCS.
///
/// # Safety
///
/// The pointers lead to a condition variable, at any address, and to a section that the calling
/// thread is in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableCS(
    ConditionVariable: *mut usize,
    CriticalSection: *const CriticalSection,
    dwMilliseconds: u32,
) -> i32 {
    let deadline = timeout::deadline_of_milliseconds(dwMilliseconds);
    // SAFETY: passed on.
    last_error::boolean(unsafe { sleep_in_section(ConditionVariable, CriticalSection, deadline) })
}

/// SleepConditionVariableSRW.
///
/// # Safety
///
/// The pointers lead to a condition variable and a lock, at any addresses; the calling thread holds
/// the lock as `Flags` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableSRW(
    ConditionVariable: *mut usize,
    SRWLock: *mut usize,
    dwMilliseconds: u32,
    Flags: u32,
) -> i32 {
    let deadline = timeout::deadline_of_milliseconds(dwMilliseconds);
    // SAFETY: passed on.
    last_error::boolean(unsafe { sleep_with_lock(ConditionVariable, SRWLock, deadline, Flags) })
}

/// RtlSleepConditionVariableCS.
///
/// # Safety
///
/// As [`SleepConditionVariableCS`]; `Timeout` is NULL or leads to a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlSleepConditionVariableCS(
    ConditionVariable: *mut usize,
    CriticalSection: *const CriticalSection,
    Timeout: *const i64,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe {
        timeout::deadline_at(Timeout)
            .and_then(|deadline| sleep_in_section(ConditionVariable, CriticalSection, deadline))
    })
}

/// RtlSleepConditionVariableSRW.
///
/// # Safety
///
/// As [`SleepConditionVariableSRW`]; `Timeout` is NULL or leads to a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlSleepConditionVariableSRW(
    ConditionVariable: *mut usize,
    SRWLock: *mut usize,
    Timeout: *const i64,
    Flags: u32,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe {
        timeout::deadline_at(Timeout)
            .and_then(|deadline| sleep_with_lock(ConditionVariable, SRWLock, deadline, Flags))
    })
}

/// InitializeConditionVariable.
///
/// # Safety
///
/// `ConditionVariable` leads to a CONDITION_VARIABLE, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { ConditionVariable.write_unaligned(0) };
}

/// RtlInitializeConditionVariable: [`InitializeConditionVariable`], by ntdll's name.
///
/// # Safety
///
/// As [`InitializeConditionVariable`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: passed on.
    unsafe { InitializeConditionVariable(ConditionVariable) };
}

/// WakeConditionVariable.
///
/// # Safety
///
/// `ConditionVariable` leads to a CONDITION_VARIABLE, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { self::ConditionVariable::at(ConditionVariable) }.wake_one();
}

/// RtlWakeConditionVariable: [`WakeConditionVariable`], by ntdll's name.
///
/// # Safety
///
/// As [`WakeConditionVariable`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlWakeConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: passed on.
    unsafe { WakeConditionVariable(ConditionVariable) };
}

/// WakeAllConditionVariable.
///
/// # Safety
///
/// `ConditionVariable` leads to a CONDITION_VARIABLE, at any address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeAllConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: as the caller vouches.
    unsafe { self::ConditionVariable::at(ConditionVariable) }.wake_all();
}

/// RtlWakeAllConditionVariable: [`WakeAllConditionVariable`], by ntdll's name.
///
/// # Safety
///
/// As [`WakeAllConditionVariable`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlWakeAllConditionVariable(ConditionVariable: *mut usize) {
    // SAFETY: passed on.
    unsafe { WakeAllConditionVariable(ConditionVariable) };
}
