//! The Win32 error codes winpages answers: their names, and the English text FormatMessage has for
//! each.

macro_rules! error_codes {
    ($($name:ident = $code:literal: $text:literal;)*) => {
        $(#[doc = $text] pub const $name: u32 = $code;)*

        /// Each code with its name and its text, in ascending order.
        const CODES: &[(u32, &str, &str)] = &[$(($code, stringify!($name), $text)),*];
    };
}

error_codes! {
    ERROR_SUCCESS = 0: "The operation completed successfully.";
    ERROR_INVALID_FUNCTION = 1: "Incorrect function.";
    ERROR_FILE_NOT_FOUND = 2: "The system cannot find the file specified.";
    ERROR_PATH_NOT_FOUND = 3: "The system cannot find the path specified.";
    ERROR_TOO_MANY_OPEN_FILES = 4: "The system cannot open the file.";
    ERROR_ACCESS_DENIED = 5: "Access is denied.";
    ERROR_INVALID_HANDLE = 6: "The handle is invalid.";
    ERROR_ARENA_TRASHED = 7: "The storage control blocks were destroyed.";
    ERROR_NOT_ENOUGH_MEMORY = 8: "Not enough memory resources are available to process this command.";
    ERROR_BAD_ENVIRONMENT = 10: "The environment is incorrect.";
    ERROR_BAD_FORMAT = 11: "An attempt was made to load a program with an incorrect format.";
    ERROR_INVALID_ACCESS = 12: "The access code is invalid.";
    ERROR_INVALID_DATA = 13: "The data is invalid.";
    ERROR_OUTOFMEMORY = 14: "Not enough memory resources are available to complete this operation.";
    ERROR_INVALID_DRIVE = 15: "The system cannot find the drive specified.";
    ERROR_CURRENT_DIRECTORY = 16: "The directory cannot be removed.";
    ERROR_NOT_SAME_DEVICE = 17: "The system cannot move the file to a different disk drive.";
    ERROR_NO_MORE_FILES = 18: "There are no more files.";
    ERROR_WRITE_PROTECT = 19: "The media is write protected.";
    ERROR_NOT_READY = 21: "The device is not ready.";
    ERROR_CRC = 23: "Data error (cyclic redundancy check).";
    ERROR_BAD_LENGTH = 24: "The program issued a command but the command length is incorrect.";
    ERROR_SEEK = 25: "The drive cannot locate a specific area or track on the disk.";
    ERROR_WRITE_FAULT = 29: "The system cannot write to the specified device.";
    ERROR_READ_FAULT = 30: "The system cannot read from the specified device.";
    ERROR_GEN_FAILURE = 31: "A device attached to the system is not functioning.";
    ERROR_SHARING_VIOLATION = 32: "The process cannot access the file because it is being used by another process.";
    ERROR_LOCK_VIOLATION = 33: "The process cannot access the file because another process has locked a portion of the file.";
    ERROR_HANDLE_EOF = 38: "Reached the end of the file.";
    ERROR_NOT_SUPPORTED = 50: "The request is not supported.";
    ERROR_DUP_NAME = 52: "You were not connected because a duplicate name exists on the network. If joining a domain, go to System in Control Panel to change the computer name and try again. If joining a workgroup, choose another workgroup name.";
    ERROR_BAD_NETPATH = 53: "The network path was not found.";
    ERROR_UNEXP_NET_ERR = 59: "An unexpected network error occurred.";
    ERROR_FILE_EXISTS = 80: "The file exists.";
    ERROR_CANNOT_MAKE = 82: "The directory or file cannot be created.";
    ERROR_INVALID_PARAMETER = 87: "The parameter is incorrect.";
    ERROR_BROKEN_PIPE = 109: "The pipe has been ended.";
    ERROR_OPEN_FAILED = 110: "The system cannot open the device or file specified.";
    ERROR_BUFFER_OVERFLOW = 111: "The file name is too long.";
    ERROR_DISK_FULL = 112: "There is not enough space on the disk.";
    ERROR_CALL_NOT_IMPLEMENTED = 120: "This function is not supported on this system.";
    ERROR_SEM_TIMEOUT = 121: "The semaphore timeout period has expired.";
    ERROR_INSUFFICIENT_BUFFER = 122: "The data area passed to a system call is too small.";
    ERROR_INVALID_NAME = 123: "The filename, directory name, or volume label syntax is incorrect.";
    ERROR_MOD_NOT_FOUND = 126: "The specified module could not be found.";
    ERROR_PROC_NOT_FOUND = 127: "The specified procedure could not be found.";
    ERROR_NEGATIVE_SEEK = 131: "An attempt was made to move the file pointer before the beginning of the file.";
    ERROR_DIR_NOT_EMPTY = 145: "The directory is not empty.";
    ERROR_SIGNAL_REFUSED = 156: "The recipient process has refused the signal.";
    ERROR_DISCARDED = 157: "The segment is already discarded and cannot be locked.";
    ERROR_NOT_LOCKED = 158: "The segment is already unlocked.";
    ERROR_BAD_ARGUMENTS = 160: "One or more arguments are not correct.";
    ERROR_BAD_PATHNAME = 161: "The specified path is invalid.";
    ERROR_BUSY = 170: "The requested resource is in use.";
    ERROR_ALREADY_EXISTS = 183: "Cannot create a file when that file already exists.";
    ERROR_BAD_EXE_FORMAT = 193: "%1 is not a valid Win32 application.";
    ERROR_ENVVAR_NOT_FOUND = 203: "The system could not find the environment option that was entered.";
    ERROR_FILENAME_EXCED_RANGE = 206: "The filename or extension is too long.";
    ERROR_PIPE_BUSY = 231: "All pipe instances are busy.";
    ERROR_NO_DATA = 232: "The pipe is being closed.";
    ERROR_PIPE_NOT_CONNECTED = 233: "No process is on the other end of the pipe.";
    ERROR_MORE_DATA = 234: "More data is available.";
    ERROR_NO_WORK_DONE = 235: "There is no work to be done.";
    WAIT_TIMEOUT = 258: "The wait operation timed out.";
    ERROR_NO_MORE_ITEMS = 259: "No more data is available.";
    ERROR_DIRECTORY = 267: "The directory name is invalid.";
    ERROR_NOT_OWNER = 288: "Attempt to release mutex not owned by caller.";
    ERROR_TOO_MANY_POSTS = 298: "Too many posts were made to a semaphore.";
    ERROR_PARTIAL_COPY = 299: "Only part of a ReadProcessMemory or WriteProcessMemory request was completed.";
    ERROR_DELETE_PENDING = 303: "The file cannot be opened because it is in the process of being deleted.";
    ERROR_MR_MID_NOT_FOUND = 317: "The system cannot find message text for message number 0x%1 in the message file for %2.";
    ERROR_NO_SUCH_DEVICE = 433: "A device which does not exist was specified.";
    ERROR_INVALID_ADDRESS = 487: "Attempt to access invalid address.";
    ERROR_ARITHMETIC_OVERFLOW = 534: "Arithmetic result exceeded 32 bits.";
    ERROR_OBJECT_NAME_EXISTS = 698: "{Object Exists} An attempt was made to create an object and the object name already existed.";
    ERROR_OPERATION_ABORTED = 995: "The I/O operation has been aborted because of either a thread exit or an application request.";
    ERROR_IO_INCOMPLETE = 996: "Overlapped I/O event is not in a signaled state.";
    ERROR_IO_PENDING = 997: "Overlapped I/O operation is in progress.";
    ERROR_NOACCESS = 998: "Invalid access to memory location.";
    ERROR_SWAPERROR = 999: "Error performing inpage operation.";
    ERROR_STACK_OVERFLOW = 1001: "Recursion too deep; the stack overflowed.";
    ERROR_INVALID_FLAGS = 1004: "Invalid flags.";
    ERROR_FILE_INVALID = 1006: "The volume for a file has been externally altered so that the opened file is no longer valid.";
    ERROR_NO_TOKEN = 1008: "An attempt was made to reference a token that does not exist.";
    ERROR_NO_UNICODE_TRANSLATION = 1113: "No mapping for the Unicode character exists in the target multi-byte code page.";
    ERROR_IO_DEVICE = 1117: "The request could not be performed because of an I/O device error.";
    ERROR_POSSIBLE_DEADLOCK = 1131: "A potential deadlock condition has been detected.";
    ERROR_MAPPED_ALIGNMENT = 1132: "The base address or the file offset specified does not have the proper alignment.";
    ERROR_TOO_MANY_LINKS = 1142: "An attempt was made to create more links on a file than the file system supports.";
    ERROR_OLD_WIN_VERSION = 1150: "The specified program requires a newer version of Windows.";
    ERROR_NOT_FOUND = 1168: "Element not found.";
    ERROR_USER_MAPPED_FILE = 1224: "The requested operation cannot be performed on a file with a user-mapped section open.";
    ERROR_NOT_ALL_ASSIGNED = 1300: "Not all privileges or groups referenced are assigned to the caller.";
    ERROR_UNKNOWN_REVISION = 1305: "The revision level is unknown.";
    ERROR_REVISION_MISMATCH = 1306: "Indicates two revision levels are incompatible.";
    ERROR_INVALID_OWNER = 1307: "This security ID may not be assigned as the owner of this object.";
    ERROR_INVALID_PRIMARY_GROUP = 1308: "This security ID may not be assigned as the primary group of an object.";
    ERROR_NO_IMPERSONATION_TOKEN = 1309: "An attempt has been made to operate on an impersonation token by a thread that is not currently impersonating a client.";
    ERROR_NO_SUCH_PRIVILEGE = 1313: "A specified privilege does not exist.";
    ERROR_PRIVILEGE_NOT_HELD = 1314: "A required privilege is not held by the client.";
    ERROR_NONE_MAPPED = 1332: "No mapping between account names and security IDs was done.";
    ERROR_INVALID_ACL = 1336: "The access control list (ACL) structure is invalid.";
    ERROR_INVALID_SID = 1337: "The security ID structure is invalid.";
    ERROR_INVALID_SECURITY_DESCR = 1338: "The security descriptor structure is invalid.";
    ERROR_ALLOTTED_SPACE_EXCEEDED = 1344: "No more memory is available for security information updates.";
    ERROR_BAD_IMPERSONATION_LEVEL = 1346: "Either a required impersonation level was not provided, or the provided impersonation level is invalid.";
    ERROR_NO_SECURITY_ON_OBJECT = 1350: "Unable to perform a security operation on an object that has no associated security.";
    ERROR_GENERIC_NOT_MAPPED = 1360: "Generic access types were contained in an access mask which should already be mapped to nongeneric types.";
    ERROR_BAD_DESCRIPTOR_FORMAT = 1361: "A security descriptor is not in the right format (absolute or self-relative).";
    ERROR_NO_SYSTEM_RESOURCES = 1450: "Insufficient system resources exist to complete the requested service.";
    ERROR_WORKING_SET_QUOTA = 1453: "Insufficient quota to complete the requested service.";
    ERROR_PAGEFILE_QUOTA = 1454: "Insufficient quota to complete the requested service.";
    ERROR_COMMITMENT_LIMIT = 1455: "The paging file is too small for this operation to complete.";
    ERROR_TIMEOUT = 1460: "This operation returned because the timeout period expired.";
    ERROR_NOT_SAME_OBJECT = 1656: "The handles are not handles to the same object.";
    ERROR_INVALID_USER_BUFFER = 1784: "The supplied user buffer is not valid for the requested operation.";
    ERROR_RESOURCE_LANG_NOT_FOUND = 1815: "The specified resource language ID cannot be found in the image file.";
    ERROR_NOT_ENOUGH_QUOTA = 1816: "Not enough quota is available to process this command.";
    ERROR_CANT_RESOLVE_FILENAME = 1921: "The name of the file cannot be resolved by the system.";
}

fn find(code: u32) -> Option<&'static (u32, &'static str, &'static str)> {
    let index = CODES.binary_search_by_key(&code, |(code, ..)| *code).ok()?;
    Some(&CODES[index])
}

/// The English text of a Win32 error code, without the line end that FormatMessage adds.
///
/// `None` for codes winpages never answers.
pub fn text(code: u32) -> Option<&'static str> {
    find(code).map(|(.., text)| *text)
}

/// The name of a Win32 error code in `winerror.h`.
///
/// `None` for codes winpages never answers.
pub fn name(code: u32) -> Option<&'static str> {
    find(code).map(|(_, name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(CODES.is_sorted_by_key(|(code, ..)| *code));
        assert_eq!(
            text(ERROR_FILE_NOT_FOUND),
            Some("The system cannot find the file specified.")
        );
        assert_eq!(name(ERROR_FILE_NOT_FOUND), Some("ERROR_FILE_NOT_FOUND"));
        assert_eq!(text(0xDEAD), None);
    }
}
