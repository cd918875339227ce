//! Critical sections. Like Windows' own, these calls use the program's memory as it is: a pointer
//! that leads nowhere is an access violation.

use winpages_kernel::synchronization::critical_section::CriticalSection;

use crate::error_code::ERROR_INVALID_PARAMETER;
use crate::last_error;
use crate::nt::argument::STATUS_SUCCESS;

/// CRITICAL_SECTION_NO_DEBUG_INFO, _DYNAMIC_SPIN, _STATIC_INIT, _RESOURCE_TYPE, _FORCE_DEBUG_INFO
const KNOWN_FLAGS: u32 = 0x1F00_0000;
/// A spin count has 24 bits; what is above it Windows keeps to itself.
const SPIN_COUNT: u32 = 0x00FF_FFFF;

/// # Safety
///
/// `section` is forty writable bytes, aligned to eight, that are no section anybody is in.
unsafe fn initialize(section: *mut CriticalSection, spin_count: u32) {
    // SAFETY: as the caller vouches.
    unsafe { section.write(CriticalSection::new(spin_count & SPIN_COUNT)) };
}

/// InitializeCriticalSection.
///
/// # Safety
///
/// `lpCriticalSection` leads to a CRITICAL_SECTION's memory that nobody uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSection(lpCriticalSection: *mut CriticalSection) {
    // SAFETY: passed on.
    unsafe { initialize(lpCriticalSection, 0) };
}

/// InitializeCriticalSectionAndSpinCount: always succeeds, since Windows Vista.
///
/// # Safety
///
/// As [`InitializeCriticalSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionAndSpinCount(
    lpCriticalSection: *mut CriticalSection,
    dwSpinCount: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { initialize(lpCriticalSection, dwSpinCount) };
    1
}

/// InitializeCriticalSectionEx. No debug information is kept, asked for or not.
///
/// # Safety
///
/// As [`InitializeCriticalSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionEx(
    lpCriticalSection: *mut CriticalSection,
    dwSpinCount: u32,
    Flags: u32,
) -> i32 {
    if Flags & !KNOWN_FLAGS != 0 {
        last_error::set(ERROR_INVALID_PARAMETER);
        return 0;
    }
    // SAFETY: passed on.
    unsafe { initialize(lpCriticalSection, dwSpinCount) };
    1
}

/// RtlInitializeCriticalSection.
///
/// # Safety
///
/// As [`InitializeCriticalSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeCriticalSection(section: *mut CriticalSection) -> i32 {
    // SAFETY: passed on.
    unsafe { initialize(section, 0) };
    STATUS_SUCCESS
}

/// RtlInitializeCriticalSectionAndSpinCount.
///
/// # Safety
///
/// As [`InitializeCriticalSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeCriticalSectionAndSpinCount(
    section: *mut CriticalSection,
    spin_count: u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { initialize(section, spin_count) };
    STATUS_SUCCESS
}

/// RtlInitializeCriticalSectionEx.
///
/// # Safety
///
/// As [`InitializeCriticalSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeCriticalSectionEx(
    section: *mut CriticalSection,
    spin_count: u32,
    flags: u32,
) -> i32 {
    const STATUS_INVALID_PARAMETER_3: i32 = 0xC000_00F1_u32 as i32;
    if flags & !KNOWN_FLAGS != 0 {
        return STATUS_INVALID_PARAMETER_3;
    }
    // SAFETY: passed on.
    unsafe { initialize(section, spin_count) };
    STATUS_SUCCESS
}

/// EnterCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EnterCriticalSection(lpCriticalSection: *const CriticalSection) {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).enter() };
}

/// TryEnterCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryEnterCriticalSection(lpCriticalSection: *const CriticalSection) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).try_enter() }.into()
}

/// LeaveCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LeaveCriticalSection(lpCriticalSection: *const CriticalSection) {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).leave() };
}

/// DeleteCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteCriticalSection(lpCriticalSection: *const CriticalSection) {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).delete() };
}

/// SetCriticalSectionSpinCount: answers the spin count before.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCriticalSectionSpinCount(
    lpCriticalSection: *const CriticalSection,
    dwSpinCount: u32,
) -> u32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).set_spin_count(dwSpinCount & SPIN_COUNT) }
}

/// RtlSetCriticalSectionSpinCount: [`SetCriticalSectionSpinCount`], by ntdll's name.
///
/// # Safety
///
/// As [`SetCriticalSectionSpinCount`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlSetCriticalSectionSpinCount(
    lpCriticalSection: *const CriticalSection,
    dwSpinCount: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { SetCriticalSectionSpinCount(lpCriticalSection, dwSpinCount) }
}

/// RtlIsCriticalSectionLocked: whether anybody is inside.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlIsCriticalSectionLocked(
    lpCriticalSection: *const CriticalSection,
) -> u32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).is_locked() }.into()
}

/// RtlIsCriticalSectionLockedByThread: whether the calling thread is inside.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlIsCriticalSectionLockedByThread(
    lpCriticalSection: *const CriticalSection,
) -> u32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    u32::from(unsafe { (*lpCriticalSection).own_recursion() } > 0)
}

/// RtlEnterCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlEnterCriticalSection(lpCriticalSection: *const CriticalSection) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).enter() };
    STATUS_SUCCESS
}

/// RtlTryEnterCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlTryEnterCriticalSection(
    lpCriticalSection: *const CriticalSection,
) -> u8 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).try_enter() }.into()
}

/// RtlLeaveCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlLeaveCriticalSection(lpCriticalSection: *const CriticalSection) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).leave() };
    STATUS_SUCCESS
}

/// RtlDeleteCriticalSection.
///
/// # Safety
///
/// The pointer leads to an initialised CRITICAL_SECTION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlDeleteCriticalSection(
    lpCriticalSection: *const CriticalSection,
) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpCriticalSection).delete() };
    STATUS_SUCCESS
}
