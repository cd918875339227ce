//! The processor that a thread runs on.

use winpages_kernel::sys::processors::GROUP;
use winpages_kernel::sys::{clock, processors};

/// PROCESSOR_NUMBER
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PROCESSOR_NUMBER {
    /// The group of sixty-four.
    pub Group: u16,
    /// The number in it.
    pub Number: u8,
    /// 0.
    pub Reserved: u8,
}

/// GetCurrentProcessorNumber: in its group of sixty-four.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessorNumber() -> u32 {
    (processors::current() % GROUP) as u32
}

/// NtGetCurrentProcessorNumber: [`GetCurrentProcessorNumber`], by ntdll's name.
#[unsafe(no_mangle)]
pub extern "C" fn NtGetCurrentProcessorNumber() -> u32 {
    GetCurrentProcessorNumber()
}

/// GetCurrentProcessorNumberEx.
///
/// # Safety
///
/// `ProcNumber` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetCurrentProcessorNumberEx(ProcNumber: *mut PROCESSOR_NUMBER) {
    let number = processors::current();
    let answer = PROCESSOR_NUMBER {
        Group: (number / GROUP) as u16,
        Number: (number % GROUP) as u8,
        Reserved: 0,
    };
    // SAFETY: the caller says that it is writable.
    unsafe { ProcNumber.write_unaligned(answer) };
}

/// SwitchToThread: lets another thread run. Linux does not say whether there was one; TRUE.
#[unsafe(no_mangle)]
pub extern "C" fn SwitchToThread() -> i32 {
    clock::yield_now();
    1
}

/// NtYieldExecution: [`SwitchToThread`], by ntdll's name.
#[unsafe(no_mangle)]
pub extern "C" fn NtYieldExecution() -> i32 {
    clock::yield_now();
    0
}
