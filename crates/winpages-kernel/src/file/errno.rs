//! From errno to NTSTATUS, for what happens to files.

use crate::NtStatus;
use crate::sys::file::Errno;

/// The status of an errno that a system call on a file answered.
pub fn status_from_errno(errno: Errno) -> NtStatus {
    match errno {
        Errno::NOENT => NtStatus::OBJECT_NAME_NOT_FOUND,
        Errno::NOTDIR => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::EXIST => NtStatus::OBJECT_NAME_COLLISION,
        Errno::ISDIR => NtStatus::FILE_IS_A_DIRECTORY,
        Errno::NOTEMPTY => NtStatus::DIRECTORY_NOT_EMPTY,
        Errno::ACCESS | Errno::PERM => NtStatus::ACCESS_DENIED,
        Errno::ROFS => NtStatus::MEDIA_WRITE_PROTECTED,
        Errno::TXTBSY | Errno::BUSY => NtStatus::SHARING_VIOLATION,
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => NtStatus::DISK_FULL,
        Errno::MFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NFILE | Errno::NOBUFS | Errno::NOLCK => NtStatus::INSUFFICIENT_RESOURCES,
        Errno::NOMEM => NtStatus::NO_MEMORY,
        Errno::NAMETOOLONG => NtStatus::NAME_TOO_LONG,
        Errno::LOOP => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::XDEV => NtStatus::NOT_SAME_DEVICE,
        Errno::FAULT => NtStatus::ACCESS_VIOLATION,
        Errno::PIPE => NtStatus::PIPE_CLOSING,
        Errno::NXIO | Errno::NODEV => NtStatus::NO_SUCH_DEVICE,
        Errno::SPIPE | Errno::NOTTY => NtStatus::INVALID_DEVICE_REQUEST,
        Errno::OPNOTSUPP => NtStatus::NOT_SUPPORTED,
        Errno::INVAL => NtStatus::INVALID_PARAMETER,
        Errno::BADF => NtStatus::ACCESS_DENIED,
        Errno::IO => NtStatus::IO_DEVICE_ERROR,
        Errno::STALE => NtStatus::FILE_INVALID,
        _ => NtStatus::UNSUCCESSFUL,
    }
}
