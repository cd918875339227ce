//! The calling thread's last-error value.
//!
//! Calls that succeed leave it alone, except where Windows' own do not: see each function.

use winpages_kernel::{NtStatus, thread};

use crate::dos_error;

/// The calling thread's last-error value.
pub fn get() -> u32 {
    thread::last_error()
}

/// Sets the calling thread's last-error value.
pub fn set(code: u32) {
    thread::set_last_error(code);
}

/// Sets the last error to the Win32 code of `status`.
pub fn fail(status: NtStatus) {
    set(dos_error::from_status(status));
}

/// What a function that answers BOOL answers: TRUE for success; FALSE, and the last error set, for
/// failure.
pub fn boolean(result: Result<(), NtStatus>) -> i32 {
    boolean_of_code(result.map_err(dos_error::from_status))
}

/// The same for a failure that has a Win32 code and no status.
pub fn boolean_of_code(result: Result<(), u32>) -> i32 {
    match result {
        Ok(()) => 1,
        Err(code) => {
            set(code);
            0
        }
    }
}

/// GetLastError: the calling thread's last-error value.
#[unsafe(no_mangle)]
pub extern "C" fn GetLastError() -> u32 {
    get()
}

/// SetLastError: sets the calling thread's last-error value.
#[unsafe(no_mangle)]
pub extern "C" fn SetLastError(code: u32) {
    set(code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn belongs_to_its_thread() {
        SetLastError(5);
        std::thread::spawn(|| assert_eq!(GetLastError(), 0))
            .join()
            .unwrap();
        assert_eq!(GetLastError(), 5);
    }

    #[test]
    fn success_leaves_it_alone() {
        set(77);
        assert_eq!(boolean(Ok(())), 1);
        assert_eq!(get(), 77);
        assert_eq!(boolean(Err(NtStatus::INVALID_HANDLE)), 0);
        assert_eq!(get(), 6);
    }
}
