//! Random numbers from the system.

use core::ffi::c_int;

/// rand_s: a random number that nobody can guess.
///
/// # Safety
///
/// `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rand_s(value: *mut u32) -> c_int {
    // SAFETY: four bytes are written to what was checked.
    if value.is_null() || unsafe { libc::getrandom(value.cast(), 4, 0) } != 4 {
        libc::EINVAL
    } else {
        0
    }
}
