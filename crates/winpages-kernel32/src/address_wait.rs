//! Waiting until the value at an address changes.

use core::ffi::c_void;

use winpages_kernel::synchronization::address_wait;

use crate::nt::argument::status;
use crate::{last_error, timeout};

/// WaitOnAddress.
///
/// # Safety
///
/// The pointers are a C program's; they may lead nowhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitOnAddress(
    Address: *const c_void,
    CompareAddress: *const c_void,
    AddressSize: usize,
    dwMilliseconds: u32,
) -> i32 {
    let deadline = timeout::deadline_of_milliseconds(dwMilliseconds);
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        address_wait::wait(Address.cast(), CompareAddress.cast(), AddressSize, deadline)
    })
}

/// WakeByAddressSingle: the address is a key, and need not lead anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressSingle(Address: *const c_void) {
    address_wait::wake_one(Address.addr());
}

/// WakeByAddressAll.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressAll(Address: *const c_void) {
    address_wait::wake_all(Address.addr());
}

/// RtlWaitOnAddress.
///
/// # Safety
///
/// The pointers are a C program's; they may lead nowhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlWaitOnAddress(
    Address: *const c_void,
    CompareAddress: *const c_void,
    AddressSize: usize,
    Timeout: *const i64,
) -> i32 {
    // SAFETY: passed on.
    status(unsafe {
        timeout::deadline_at(Timeout).and_then(|deadline| {
            address_wait::wait(Address.cast(), CompareAddress.cast(), AddressSize, deadline)
        })
    })
}

/// RtlWakeAddressSingle: [`WakeByAddressSingle`], by ntdll's name.
#[unsafe(no_mangle)]
pub extern "C" fn RtlWakeAddressSingle(Address: *const c_void) {
    address_wait::wake_one(Address.addr());
}

/// RtlWakeAddressAll: [`WakeByAddressAll`], by ntdll's name.
#[unsafe(no_mangle)]
pub extern "C" fn RtlWakeAddressAll(Address: *const c_void) {
    address_wait::wake_all(Address.addr());
}
