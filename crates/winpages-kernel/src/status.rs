//! NTSTATUS: what every call of the engine answers.

use core::fmt;

/// An NTSTATUS code, as Windows' own `ntstatus.h` numbers them.
///
/// The engine answers `Result<_, NtStatus>` and knows nothing of Win32 error codes: the face above
/// translates, as kernel32 does with `RtlNtStatusToDosError`.
///
/// ```
/// use winpages_kernel::NtStatus;
/// assert_eq!(NtStatus::INVALID_HANDLE.code(), 0xC000_0008);
/// assert_eq!(NtStatus::INVALID_HANDLE.to_string(), "STATUS_INVALID_HANDLE (0xC0000008)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct NtStatus(u32);

impl NtStatus {
    /// Makes a status of its number, known to this list or not.
    pub const fn from_code(code: u32) -> Self {
        Self(code)
    }

    /// The number Windows gives this status.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The name in `ntstatus.h`, if this engine answers that status anywhere.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(code, _)| *code == self.0)
            .map(|(_, name)| *name)
    }
}

macro_rules! statuses {
    ($($name:ident = $code:literal: $meaning:literal;)*) => {
        impl NtStatus {
            $(#[doc = $meaning] pub const $name: Self = Self($code);)*
        }
        const NAMES: &[(u32, &str)] = &[$(($code, concat!("STATUS_", stringify!($name)))),*];
    };
}

statuses! {
    TIMEOUT = 0x0000_0102: "The time was up before what was waited for.";
    OBJECT_NAME_EXISTS = 0x4000_0000: "The name was there already: a success, the handle is valid.";
    IMAGE_NOT_AT_BASE = 0x4000_0003: "The image is not where it would like to be: a success, the view is there.";
    IMAGE_MACHINE_TYPE_MISMATCH = 0x4000_000E: "The image is for another processor: a success, the view is there.";
    GUARD_PAGE_VIOLATION = 0x8000_0001: "A guard page was touched; it is a plain page from now on.";
    DATATYPE_MISALIGNMENT = 0x8000_0002: "A pointer argument is not aligned as what it leads to must be.";
    BREAKPOINT = 0x8000_0003: "The instruction for breakpoints was met.";
    SINGLE_STEP = 0x8000_0004: "One instruction was done, and the trap flag asks for a stop.";
    BUFFER_OVERFLOW = 0x8000_0005: "The buffer holds only part of the answer.";
    DEVICE_BUSY = 0x8000_0011: "Of what was left to the system, some is lost.";
    NO_MORE_ENTRIES = 0x8000_001A: "An enumeration has reached its end.";
    PARTIAL_COPY = 0x8000_000D: "Not all of the range could be copied.";
    UNSUCCESSFUL = 0xC000_0001: "The operation failed and no better code says why.";
    NOT_IMPLEMENTED = 0xC000_0002: "This system does not have the function.";
    INVALID_INFO_CLASS = 0xC000_0003: "The information class is unknown.";
    INFO_LENGTH_MISMATCH = 0xC000_0004: "The buffer is not as long as the information asked for.";
    ACCESS_VIOLATION = 0xC000_0005: "A pointer argument leads to memory that may not be used so.";
    IN_PAGE_ERROR = 0xC000_0006: "A page could not be read from the file behind it.";
    SUSPEND_COUNT_EXCEEDED = 0xC000_004A: "The thread has been suspended too often.";
    THREAD_IS_TERMINATING = 0xC000_004B: "The thread is ending, or has ended.";
    INVALID_HANDLE = 0xC000_0008: "The handle is closed, never was one, or is of another kind.";
    INVALID_CID = 0xC000_000B: "There is no process or thread of that number.";
    INVALID_PARAMETER = 0xC000_000D: "An argument is outside what the call takes.";
    NO_SUCH_DEVICE = 0xC000_000E: "There is no such device.";
    NO_SUCH_FILE = 0xC000_000F: "There is no such file.";
    INVALID_DEVICE_REQUEST = 0xC000_0010: "The device or file does not do that.";
    END_OF_FILE = 0xC000_0011: "The end of the file is reached.";
    NO_MEMORY = 0xC000_0017: "There is no room in memory or in the address space.";
    CONFLICTING_ADDRESSES = 0xC000_0018: "The address range is in use, or is not one allocation.";
    NOT_MAPPED_VIEW = 0xC000_0019: "There is no view at that address.";
    UNABLE_TO_FREE_VM = 0xC000_001A: "The range cannot be freed.";
    ILLEGAL_INSTRUCTION = 0xC000_001D: "The processor has no such instruction.";
    INVALID_VIEW_SIZE = 0xC000_001F: "The view would lie outside its section.";
    INVALID_FILE_FOR_SECTION = 0xC000_0020: "The file cannot back a section.";
    ALREADY_COMMITTED = 0xC000_0021: "The pages are committed and cannot be committed again.";
    ACCESS_DENIED = 0xC000_0022: "The handle, the object or the file does not allow it.";
    BUFFER_TOO_SMALL = 0xC000_0023: "The buffer is too small for the answer.";
    OBJECT_TYPE_MISMATCH = 0xC000_0024: "The object is of another kind.";
    INVALID_PAGE_PROTECTION = 0xC000_0045: "The protection is not one a page or section can have.";
    MUTANT_NOT_OWNED = 0xC000_0046: "The caller does not own the mutex.";
    SEMAPHORE_LIMIT_EXCEEDED = 0xC000_0047: "The release would pass the semaphore's maximum.";
    SECTION_TOO_BIG = 0xC000_0040: "The section is larger than the file behind it may become.";
    SECTION_PROTECTION = 0xC000_004E: "The protection asked for is more than the section allows.";
    OBJECT_NAME_INVALID = 0xC000_0033: "The name is not one an object can have.";
    OBJECT_NAME_NOT_FOUND = 0xC000_0034: "No object has that name.";
    OBJECT_NAME_COLLISION = 0xC000_0035: "The name belongs to an object of another kind, or must be new and is not.";
    OBJECT_PATH_INVALID = 0xC000_0039: "The path is not one of directories.";
    OBJECT_PATH_NOT_FOUND = 0xC000_003A: "A directory of the path does not exist.";
    OBJECT_PATH_SYNTAX_BAD = 0xC000_003B: "The path is not well formed.";
    SHARING_VIOLATION = 0xC000_0043: "Somebody else has the file open and does not share it so.";
    FILE_LOCK_CONFLICT = 0xC000_0054: "Part of the file is locked by somebody else.";
    DELETE_PENDING = 0xC000_0056: "The file is about to be deleted.";
    PRIVILEGE_NOT_HELD = 0xC000_0061: "The caller lacks the privilege.";
    INVALID_IMAGE_FORMAT = 0xC000_007B: "The file is no image that can be laid out.";
    DISK_FULL = 0xC000_007F: "The disk is full.";
    SECTION_NOT_EXTENDED = 0xC000_0087: "The section cannot be made longer.";
    SECTION_NOT_IMAGE = 0xC000_0049: "The section is not one of an image.";
    FLOAT_DENORMAL_OPERAND = 0xC000_008D: "An operand is too small for its form of number.";
    FLOAT_DIVIDE_BY_ZERO = 0xC000_008E: "A floating-point division by zero.";
    FLOAT_INEXACT_RESULT = 0xC000_008F: "A floating-point result cannot be told exactly.";
    FLOAT_INVALID_OPERATION = 0xC000_0090: "A floating-point operation that has no result.";
    FLOAT_OVERFLOW = 0xC000_0091: "A floating-point result is too large.";
    FLOAT_STACK_CHECK = 0xC000_0092: "The stack of floating-point registers has run over, or out.";
    FLOAT_UNDERFLOW = 0xC000_0093: "A floating-point result is too small.";
    INTEGER_DIVIDE_BY_ZERO = 0xC000_0094: "A division by zero.";
    INTEGER_OVERFLOW = 0xC000_0095: "The quotient does not fit where it is to go.";
    PRIVILEGED_INSTRUCTION = 0xC000_0096: "An instruction that only the system may use.";
    INSUFFICIENT_RESOURCES = 0xC000_009A: "The system has run out of a resource, file descriptors among them.";
    FREE_VM_NOT_AT_BASE = 0xC000_009F: "The address is not the base of its allocation.";
    MEMORY_NOT_ALLOCATED = 0xC000_00A0: "There is no allocation at that address.";
    NOT_LOCKED = 0xC000_002A: "The pages are not locked.";
    BAD_WORKING_SET_LIMIT = 0xC000_004C: "The minimum of a working set would be above its maximum.";
    UNKNOWN_REVISION = 0xC000_0058: "The structure is of a revision that this one does not know.";
    INVALID_OWNER = 0xC000_005A: "The caller may not make that one an object's owner.";
    INVALID_PRIMARY_GROUP = 0xC000_005B: "That one cannot be an object's group.";
    NO_IMPERSONATION_TOKEN = 0xC000_005C: "The token is no impersonation token.";
    NO_SUCH_PRIVILEGE = 0xC000_0060: "There is no privilege of that name.";
    NO_TOKEN = 0xC000_007C: "The thread acts for nobody but its process.";
    WORKING_SET_QUOTA = 0xC000_00A1: "The working set may not hold that much.";
    NONE_MAPPED = 0xC000_0073: "There is no account of that name or identifier.";
    INVALID_ACL = 0xC000_0077: "The structure is no access control list.";
    INVALID_SID = 0xC000_0078: "The structure is no security identifier.";
    INVALID_SECURITY_DESCR = 0xC000_0079: "The structure is no security descriptor.";
    ALLOTTED_SPACE_EXCEEDED = 0xC000_0099: "The list has no room for the entry.";
    BAD_IMPERSONATION_LEVEL = 0xC000_00A5: "The token does not let one act for its user so far.";
    BAD_DESCRIPTOR_FORMAT = 0xC000_00E7: "The security descriptor is not in the form that is wanted.";
    GENERIC_NOT_MAPPED = 0xC000_00E6: "Generic rights must be replaced before they are checked.";
    NO_SECURITY_ON_OBJECT = 0xC000_00D7: "The object has no security descriptor.";
    MEDIA_WRITE_PROTECTED = 0xC000_00A2: "The file system is read-only.";
    INVALID_PARAMETER_1 = 0xC000_00EF: "The first argument is outside what the call takes.";
    INVALID_PARAMETER_2 = 0xC000_00F0: "The second argument is outside what the call takes.";
    INVALID_PARAMETER_3 = 0xC000_00F1: "The third argument is outside what the call takes.";
    INVALID_PARAMETER_4 = 0xC000_00F2: "The fourth argument is outside what the call takes.";
    INVALID_PARAMETER_5 = 0xC000_00F3: "The fifth argument is outside what the call takes.";
    INVALID_PARAMETER_6 = 0xC000_00F4: "The sixth argument is outside what the call takes.";
    INVALID_PARAMETER_8 = 0xC000_00F6: "The eighth argument is outside what the call takes.";
    INVALID_PARAMETER_9 = 0xC000_00F7: "The ninth argument is outside what the call takes.";
    FILE_IS_A_DIRECTORY = 0xC000_00BA: "The path leads to a directory.";
    NOT_SUPPORTED = 0xC000_00BB: "This system cannot do that.";
    BAD_NETWORK_PATH = 0xC000_00BE: "Network paths are not served.";
    NOT_SAME_DEVICE = 0xC000_00D4: "The two are not the same file.";
    FILE_INVALID = 0xC000_0098: "The file was changed from outside and can no longer be used so.";
    STACK_OVERFLOW = 0xC000_00FD: "The thread's stack cannot grow any further.";
    DIRECTORY_NOT_EMPTY = 0xC000_0101: "The directory is not empty.";
    NOT_A_DIRECTORY = 0xC000_0103: "A part of the path is not a directory.";
    NAME_TOO_LONG = 0xC000_0106: "The name is too long.";
    COMMITMENT_LIMIT = 0xC000_012D: "The commit limit is reached: what would be promised could not be kept.";
    NOT_COMMITTED = 0xC000_002D: "The pages are not committed.";
    TOO_MANY_OPENED_FILES = 0xC000_011F: "The process has as many files open as it may.";
    PROCESS_IS_TERMINATING = 0xC000_010A: "The process has ended.";
    MAPPED_FILE_SIZE_ZERO = 0xC000_011E: "An empty file cannot be mapped.";
    CANNOT_DELETE = 0xC000_0121: "The file cannot be deleted.";
    INVALID_ADDRESS = 0xC000_0141: "The address is not one that can be used so.";
    INVALID_IMAGE_NE_FORMAT = 0xC000_011B: "The image is one of 16-bit Windows.";
    INVALID_IMAGE_LE_FORMAT = 0xC000_012E: "The image is one of OS/2, or a driver of Windows 3.";
    INVALID_IMAGE_PROTECT = 0xC000_0130: "The image is one of DOS.";
    INVALID_IMAGE_NOT_MZ = 0xC000_012F: "The file does not begin as an image does.";
    MAPPED_ALIGNMENT = 0xC000_0220: "The address or the offset is not a multiple of 64 KiB.";
    NOT_FOUND = 0xC000_0225: "There is nothing of the kind.";
    HANDLE_NOT_CLOSABLE = 0xC000_0235: "The handle is protected from being closed.";
    USER_MAPPED_FILE = 0xC000_0243: "The file is mapped and may not be cut short.";
    NOT_SAME_OBJECT = 0xC000_01AC: "The two handles are not of one object.";
    LOCK_NOT_GRANTED = 0xC000_0055: "The range is locked by somebody else.";
    RANGE_NOT_LOCKED = 0xC000_007E: "The range is not locked so.";
    PIPE_CLOSING = 0xC000_00B1: "Nobody will read what is written to the pipe.";
    PIPE_BROKEN = 0xC000_014B: "Nobody will write to the pipe any more.";
    IO_TIMEOUT = 0xC000_00B5: "No answer came in time.";
    INVALID_USER_BUFFER = 0xC000_00E8: "The buffer to be written from cannot be read.";
    IO_DEVICE_ERROR = 0xC000_0185: "The device reported an error.";
    NO_MORE_FILES = 0x8000_0006: "The directory has no more entries that match.";
    INVALID_PARAMETER_MIX = 0xC000_0030: "Two arguments do not go together.";
    DUPLICATE_NAME = 0xC000_00BD: "The process calls something else so already.";
    MUTANT_LIMIT_EXCEEDED = 0xC000_0191: "The mutex was taken as often as can be counted.";
    REVISION_MISMATCH = 0xC000_0059: "What was found is of another version than this one understands.";
    RESOURCE_NOT_OWNED = 0xC000_0264: "The calling thread does not own what it wants to give up.";
    HEAP_CORRUPTION = 0xC000_0374: "Somebody wrote where the heap keeps its own words.";
}

impl fmt::Display for NtStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(formatter, "{name} ({:#010X})", self.0),
            None => write!(formatter, "NTSTATUS {:#010X}", self.0),
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for NtStatus {}
