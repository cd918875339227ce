//! What to do about an error, where its code does not say enough.

use winpages_error::error_code::*;

use crate::error::Operation;
use crate::platform::Code;

/// The advice for a code that an operation failed with.
pub(crate) fn of(operation: Operation, code: Code) -> Option<&'static str> {
    let text = match (operation, code) {
        (Operation::OpenSection | Operation::OpenObject, ERROR_FILE_NOT_FOUND) => {
            "nobody holds an object of that name: it goes with the last handle, and upper and lower \
             case differ"
        }
        (
            Operation::OpenSection
            | Operation::CreateSection
            | Operation::OpenObject
            | Operation::CreateObject,
            ERROR_INVALID_HANDLE,
        ) => "the name belongs to an object of another kind, or is not one an object can have",
        (
            Operation::OpenSection
            | Operation::CreateSection
            | Operation::OpenObject
            | Operation::CreateObject,
            ERROR_PATH_NOT_FOUND,
        ) => {
            "the only backslash a name may have is the one behind Local, Global, or what this process calls a \
             private namespace"
        }
        (Operation::CreateSection | Operation::CreateObject, ERROR_ALREADY_EXISTS) => {
            "somebody holds an object of that name: open it, or use create_or_open"
        }
        (Operation::CreateSection, ERROR_ACCESS_DENIED) => {
            "the file must be open for what the protection allows: reading, and writing for READWRITE"
        }
        (Operation::CreateSection, ERROR_FILE_INVALID) => {
            "the file is empty: give the section a size"
        }
        (Operation::CreateSection, ERROR_NOT_ENOUGH_MEMORY) => {
            "a section that is not READWRITE cannot be larger than its file"
        }
        (Operation::CreateSection, ERROR_INVALID_PARAMETER) => {
            "a section without a file needs a size, and a protection without modifiers other than \
             NOACCESS and EXECUTE"
        }
        (Operation::CreateSection, ERROR_COMMITMENT_LIMIT) => {
            "there is not so much memory to promise; on Linux, a named section must also fit into \
             /dev/shm, which containers often keep small"
        }
        (Operation::Wait, ERROR_INVALID_PARAMETER) => {
            "wait for 1 to 64 objects, and for all of them only if each is another"
        }
        (Operation::Signal | Operation::Wait, ERROR_TOO_MANY_POSTS) => {
            "the count would pass the semaphore's maximum"
        }
        (Operation::CreateObject, ERROR_INVALID_PARAMETER) => {
            "a semaphore's maximum is greater than 0 and not less than its initial count"
        }
        (Operation::OpenSection | Operation::OpenObject, ERROR_INVALID_PARAMETER) => {
            "opening takes a name"
        }
        (Operation::MapView, ERROR_MAPPED_ALIGNMENT) => {
            "the offset and the address of a view are multiples of allocation_granularity()"
        }
        (Operation::MapView, ERROR_ACCESS_DENIED) => {
            "the view would pass the end of the section, or do what the section's protection, or the \
             one it was opened with, does not allow; or it is another process's, and that was not opened \
             for OPERATE, or lets nobody change its memory"
        }
        (Operation::MapView | Operation::Reserve, ERROR_INVALID_ADDRESS) => {
            "something else is at that address: leave the choice to the system"
        }
        (Operation::Reserve, ERROR_INVALID_PARAMETER) => {
            "the size is not 0, the address lies within application_addresses(), and the protection \
             is one that private memory can have: not WRITECOPY"
        }
        (Operation::Commit, ERROR_ACCESS_DENIED) => {
            "the pages of a file are committed already; or they are another process's, and that was not \
             opened for OPERATE"
        }
        (Operation::Reserve, ERROR_ACCESS_DENIED) => {
            "the process was not opened for OPERATE, or has ended; on Linux, it may be traced already, have \
             limited its system calls, or refuse"
        }
        (Operation::Reserve | Operation::MapView, ERROR_NOT_SUPPORTED) => {
            "on Linux, a process that does not serve requests has neither large pages nor images nor \
             sections that reserve"
        }
        (Operation::Commit | Operation::Reserve, ERROR_COMMITMENT_LIMIT) => {
            "there is not so much memory to promise: reserve it, and commit only what is used"
        }
        (Operation::Protect, ERROR_INVALID_ADDRESS) => {
            "commit the pages first, and stay within the one reservation or view"
        }
        (Operation::Protect, ERROR_INVALID_PARAMETER) => {
            "a view cannot be allowed more than it was mapped for, and private memory cannot be \
             WRITECOPY"
        }
        (
            Operation::Read | Operation::Write | Operation::Borrow | Operation::Atomic,
            ERROR_INVALID_ADDRESS,
        ) => "the range passes the end of the memory",
        (Operation::Atomic, ERROR_NOACCESS) => {
            "the offset must be a multiple of the size, and the page committed and writable"
        }
        (Operation::Read | Operation::Write | Operation::Borrow, ERROR_NOACCESS) => {
            "a page of the range is not committed, or its protection does not allow it; or it was \
             offered or reset, and must be taken back first"
        }
        (Operation::Lock, ERROR_WORKING_SET_QUOTA) => {
            "raise the minimum of the working set with set_working_set_limits; on Linux, RLIMIT_MEMLOCK \
             is a limit too"
        }
        (Operation::Lock, ERROR_NOACCESS) => "only committed pages that may be used can be locked",
        (Operation::Offer | Operation::Reclaim | Operation::Discard, ERROR_INVALID_PARAMETER) => {
            "the range is not empty, and its pages are committed, READWRITE and not locked"
        }
        (Operation::WatchWrites, ERROR_INVALID_PARAMETER) => {
            "the range is not empty, and the reservation was made with watch_writes"
        }
        (Operation::OpenProcess, ERROR_INVALID_PARAMETER) => "no process has that number",
        (Operation::OpenProcess, ERROR_ACCESS_DENIED) => {
            "the process is another user's, or one that the system protects"
        }
        (Operation::QueryProcess, ERROR_ACCESS_DENIED) => {
            "the process was not opened for that, which takes QUERY, or QUERY and READ; or it has ended; \
             its heaps, on Linux, it tells only if it calls serve_requests"
        }
        (
            Operation::Duplicate | Operation::DuplicateFrom | Operation::CloseHandle,
            ERROR_ACCESS_DENIED,
        ) => {
            "the process was not opened for DUPLICATE, or has ended; on Linux, it must call \
             serve_requests, as programs compiled with winpages cc do by themselves"
        }
        (Operation::DuplicateFrom | Operation::CloseHandle, ERROR_INVALID_HANDLE) => {
            "the process has no handle of that value to an object of this kind: it tells the value by \
             inherited_value"
        }
        (Operation::StartThread, ERROR_ACCESS_DENIED) => {
            "the process was not opened for CREATE_THREAD (open it for ALL), or has ended; on Linux, it \
             must call serve_requests, as programs compiled with winpages cc do by themselves"
        }
        (Operation::PrivateNamespace, ERROR_DUP_NAME) => {
            "this process calls another private namespace so already"
        }
        (Operation::PrivateNamespace, ERROR_ACCESS_DENIED) => {
            "this user does not belong to all groups of the boundary"
        }
        (Operation::ChangePlaceholder, _) => {
            "offsets are multiples of page_size(), and placeholders to be joined lie side by side"
        }
        (Operation::Reserve | Operation::PhysicalPages, ERROR_PRIVILEGE_NOT_HELD) => {
            "large and physical pages take the right to lock pages in memory"
        }
        (Operation::ChooseLayout, ERROR_NOT_SUPPORTED) => {
            "choose before the first call that allocates or asks; on Windows the program's own format \
             decides"
        }
        (_, ERROR_CALL_NOT_IMPLEMENTED) => "this version of Windows does not have the function",
        _ => return None,
    };
    Some(text)
}
