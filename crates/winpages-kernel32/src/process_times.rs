//! When the process began, and how much time it has used.

use winpages_kernel::sys::{clock, processor_time};

use crate::last_error;
use crate::nt::argument::write;
use crate::time::{FILETIME, file_time, units};
use crate::virtual_memory::own_process;

/// GetProcessTimes.
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
    let result = own_process(hProcess).and_then(|()| {
        let start = processor_time::process_start().unwrap_or_default();
        let age = clock::since_boot().saturating_sub(start);
        let created = clock::since_unix_epoch().saturating_sub(age);
        let used = processor_time::of_process();
        // SAFETY: passed on.
        unsafe {
            write(lpCreationTime, file_time(created))?;
            write(lpExitTime, FILETIME::default())?;
            write(lpKernelTime, FILETIME::of_units(units(used.kernel)))?;
            write(lpUserTime, FILETIME::of_units(units(used.user)))
        }
    });
    last_error::boolean(result)
}
