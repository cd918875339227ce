//! Synchronisation barriers.

use winpages_kernel::NtStatus;
use winpages_kernel::synchronization::barrier::{BLOCK_ONLY, Barrier, NO_DELETE, SPIN_ONLY};

use crate::last_error;
use crate::nt::argument::status;

/// # Safety
///
/// `barrier` leads to a SYNCHRONIZATION_BARRIER's memory that nobody uses.
unsafe fn initialize(barrier: *mut Barrier, threads: i32, spins: i32) -> Result<(), NtStatus> {
    let made = Barrier::new(threads, spins)?;
    // SAFETY: as the caller vouches.
    unsafe { barrier.write(made) };
    Ok(())
}

/// InitializeSynchronizationBarrier.
///
/// # Safety
///
/// `lpBarrier` leads to a SYNCHRONIZATION_BARRIER's memory that nobody uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSynchronizationBarrier(
    lpBarrier: *mut Barrier,
    lTotalThreads: i32,
    lSpinCount: i32,
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { initialize(lpBarrier, lTotalThreads, lSpinCount) })
}

/// EnterSynchronizationBarrier: TRUE for the thread that comes last.
///
/// # Safety
///
/// `lpBarrier` leads to an initialised barrier.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EnterSynchronizationBarrier(lpBarrier: *mut Barrier, dwFlags: u32) -> i32 {
    let known = SPIN_ONLY | BLOCK_ONLY | NO_DELETE;
    let both = SPIN_ONLY | BLOCK_ONLY;
    if dwFlags & !known != 0 || dwFlags & both == both {
        last_error::fail(NtStatus::INVALID_PARAMETER);
        return 0;
    }
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpBarrier).enter(dwFlags) }.into()
}

/// DeleteSynchronizationBarrier: waits until all have left it.
///
/// # Safety
///
/// As [`EnterSynchronizationBarrier`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteSynchronizationBarrier(lpBarrier: *mut Barrier) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*lpBarrier).delete() };
    1
}

/// RtlInitBarrier.
///
/// # Safety
///
/// As [`InitializeSynchronizationBarrier`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitBarrier(
    Barrier: *mut Barrier,
    TotalThreads: i32,
    SpinCount: i32,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe { initialize(Barrier, TotalThreads, SpinCount) })
}

/// RtlBarrier: [`EnterSynchronizationBarrier`], by ntdll's name.
///
/// # Safety
///
/// As [`EnterSynchronizationBarrier`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlBarrier(Barrier: *mut Barrier, Flags: u32) -> u8 {
    // SAFETY: passed on.
    unsafe { EnterSynchronizationBarrier(Barrier, Flags) as u8 }
}

/// RtlDeleteBarrier: [`DeleteSynchronizationBarrier`], by ntdll's name.
///
/// # Safety
///
/// As [`EnterSynchronizationBarrier`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlDeleteBarrier(Barrier: *mut Barrier) -> i32 {
    // SAFETY: as the caller vouches; its fields are atomic.
    unsafe { (*Barrier).delete() };
    0
}
