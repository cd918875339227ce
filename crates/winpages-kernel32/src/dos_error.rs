//! From the engine's NTSTATUS to Win32 error codes, by the table both faces share.

use winpages_error::status;
use winpages_kernel::NtStatus;

/// The Win32 error code of a status, by Windows' own table.
///
/// A status that carries a Win32 error in its facility (0xC007nnnn, 0x8007nnnn) answers that error;
/// one that is in no table answers ERROR_MR_MID_NOT_FOUND, as RtlNtStatusToDosError does.
pub fn from_status(status: NtStatus) -> u32 {
    status::to_win32(status.code())
}

/// RtlNtStatusToDosError: the Win32 error code of an NTSTATUS.
#[unsafe(no_mangle)]
pub extern "C" fn RtlNtStatusToDosError(status: i32) -> u32 {
    from_status(NtStatus::from_code(status as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pairs() {
        for (status, error) in [
            (NtStatus::INVALID_HANDLE, 6),
            (NtStatus::OBJECT_NAME_NOT_FOUND, 2),
            (NtStatus::SHARING_VIOLATION, 32),
            (NtStatus::GUARD_PAGE_VIOLATION, 0x8000_0001),
            (NtStatus::USER_MAPPED_FILE, 1224),
            (NtStatus::from_code(0xC007_0005), 5),
            (NtStatus::from_code(0xC0FF_EE00), 317),
        ] {
            assert_eq!(from_status(status), error, "{status}");
        }
    }
}
