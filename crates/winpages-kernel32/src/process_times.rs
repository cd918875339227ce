//! When a process began, and how much time it has used.

use winpages_kernel::process::{self, Target};
use winpages_kernel::sys::clock;

use crate::last_error;
use crate::nt::argument::write;
use crate::process_open::reference_limited;
use crate::time::{FILETIME, file_time, units};

/// When a process began and ended, and the times it has used in the kernel and outside.
pub(crate) fn times(target: &Target) -> [FILETIME; 4] {
    let (start, used) = process::process_times(target).unwrap_or_default();
    [
        file_time(clock::boot() + start),
        FILETIME::default(),
        FILETIME::of_units(units(used.kernel)),
        FILETIME::of_units(units(used.user)),
    ]
}

/// GetProcessTimes: when a process began, and how much time its threads have used. Linux keeps no record of
/// when it ended: that is answered as 0.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessTimes(
    hProcess: usize,
    lpCreationTime: *mut FILETIME,
    lpExitTime: *mut FILETIME,
    lpKernelTime: *mut FILETIME,
    lpUserTime: *mut FILETIME,
) -> i32 {
    let result = reference_limited(hProcess).and_then(|target| {
        let [created, ended, kernel, user] = times(&target);
        // SAFETY: passed on.
        unsafe {
            write(lpCreationTime, created)?;
            write(lpExitTime, ended)?;
            write(lpKernelTime, kernel)?;
            write(lpUserTime, user)
        }
    });
    last_error::boolean(result)
}
