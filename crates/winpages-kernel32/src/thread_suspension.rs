//! Making threads stand still, and letting them go on.

use winpages_kernel::object::{AccessMask, Object, reference};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;

const THREAD_SUSPEND_RESUME: AccessMask = AccessMask::from_bits_retain(0x0002);

/// What the two functions answer for failure.
const FAILED: u32 = u32::MAX;

fn change(thread: usize, change: impl FnOnce(&Object) -> Result<u32, NtStatus>) -> u32 {
    let changed = reference(Handle::from_value(thread)).and_then(|entry| {
        if !entry.access.contains(THREAD_SUSPEND_RESUME) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        change(&entry.object)
    });
    changed.unwrap_or_else(|status| {
        last_error::fail(status);
        FAILED
    })
}

/// ResumeThread: how often the thread was suspended before; it goes on when that was once. Of another
/// process, all threads go on.
#[unsafe(no_mangle)]
pub extern "C" fn ResumeThread(hThread: usize) -> u32 {
    change(hThread, |object| match object {
        Object::ForeignThread(thread) => thread.resume(),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    })
}

/// SuspendThread: how often the thread was suspended before. Of another process, all threads stand still.
#[unsafe(no_mangle)]
pub extern "C" fn SuspendThread(hThread: usize) -> u32 {
    change(hThread, |object| match object {
        Object::ForeignThread(thread) => thread.suspend(),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    })
}
