//! Notifications of how scarce memory is.

use winpages_kernel::residency::{self, MemoryNotificationKind};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::last_error;

/// CreateMemoryResourceNotification: an object that is signalled while memory is scarce, or plenty.
#[unsafe(no_mangle)]
pub extern "C" fn CreateMemoryResourceNotification(NotificationType: u32) -> usize {
    let created = MemoryNotificationKind::from_number(NotificationType)
        .and_then(residency::create_memory_notification);
    match created {
        Ok(handle) => handle.value(),
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// QueryMemoryResourceNotification: whether the object is signalled now.
///
/// # Safety
///
/// `ResourceState` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryMemoryResourceNotification(
    ResourceNotificationHandle: usize,
    ResourceState: *mut i32,
) -> i32 {
    const INVALID_HANDLE_VALUE: usize = usize::MAX;
    let given = ResourceNotificationHandle != 0
        && ResourceNotificationHandle != INVALID_HANDLE_VALUE
        && !ResourceState.is_null();
    let answered = if given {
        let handle = Handle::from_value(ResourceNotificationHandle);
        residency::query_memory_notification(handle).and_then(|signalled| {
            // SAFETY: the caller's pointer, for the caller's answer.
            unsafe { fault::write(ResourceState, &i32::from(signalled)) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)
        })
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    };
    last_error::boolean(answered)
}
