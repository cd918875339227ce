//! Environment variables, for calls that may not allocate.

use core::ffi::CStr;

/// The value of an environment variable.
///
/// Unlike `std::env::var_os` this allocates nothing and takes no lock, so it may be called from inside
/// the private-memory calls. It is meant for variables that are set before the program starts.
pub fn variable(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name ends with a zero byte.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: what getenv finds ends with a zero byte, and stays where it is unless the program changes
    // this very variable.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

/// Takes a variable out of the environment.
///
/// Only while the library is being loaded, before there is another thread that could be reading it.
pub(crate) fn remove(name: &CStr) {
    // SAFETY: the name ends with a zero byte, and nobody reads the environment meanwhile.
    unsafe { libc::unsetenv(name.as_ptr()) };
}
