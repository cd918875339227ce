//! Directories and links of the object manager: NtOpenDirectoryObject and its family.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::object::object_directory::{
    self, DirectoryEntry, ObjectDirectory, reference_directory,
};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use super::answer_handle::{answer_handle, created};
use super::argument::{read, status, write, write_if_wanted};
use super::object_attributes::{Attributes, OBJECT_ATTRIBUTES, PathAttributes, UNICODE_STRING};

/// NtOpenDirectoryObject: opens a directory by its path.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenDirectoryObject(
    DirectoryHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe { open(DirectoryHandle, DesiredAccess, ObjectAttributes, false) }
}

/// NtOpenSymbolicLinkObject: opens a link itself, not what it leads to.
///
/// # Safety
///
/// As [`NtOpenDirectoryObject`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenSymbolicLinkObject(
    LinkHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe { open(LinkHandle, DesiredAccess, ObjectAttributes, true) }
}

/// # Safety
///
/// As [`NtOpenDirectoryObject`].
unsafe fn open(
    place: *mut usize,
    access: u32,
    attributes: *const OBJECT_ATTRIBUTES,
    link: bool,
) -> i32 {
    let open = || {
        // SAFETY: the caller's pointer.
        let given = unsafe { PathAttributes::read(attributes)? };
        let handle = object_directory::open_directory(
            given.root.as_deref(),
            &given.path,
            link,
            AccessMask::from_bits_retain(access),
            given.handle,
        )?;
        Ok((handle, Ok(())))
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(place, open) }
}

/// NtCreateDirectoryObject: makes a directory of the program's own. With OBJ_OPENIF, one of that name will
/// do, and STATUS_OBJECT_NAME_EXISTS says so.
///
/// # Safety
///
/// As [`NtOpenDirectoryObject`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateDirectoryObject(
    DirectoryHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    let create = || {
        // SAFETY: the caller's pointer.
        let given = unsafe { Attributes::for_creation(ObjectAttributes)? };
        let access = AccessMask::from_bits_retain(DesiredAccess);
        let made = object_directory::create_directory(given.name.as_ref(), access, given.handle)?;
        created(made, given.open_if)
    };
    // SAFETY: the caller's pointer.
    unsafe { answer_handle(DirectoryHandle, create) }
}

/// OBJECT_DIRECTORY_INFORMATION as C programs lay it out: an array of these, one of zeroes at its end, and
/// the text behind it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OBJECT_DIRECTORY_INFORMATION {
    /// The name in the directory.
    pub Name: UNICODE_STRING,
    /// The name of the type.
    pub TypeName: UNICODE_STRING,
}

const INFORMATION_SIZE: usize = size_of::<OBJECT_DIRECTORY_INFORMATION>();

/// STATUS_MORE_ENTRIES: a success.
const MORE_ENTRIES: NtStatus = NtStatus::from_code(0x0000_0105);

/// How many bytes an entry takes: the structure and its two texts, each with a NUL.
fn size_of_entry(entry: &DirectoryEntry) -> usize {
    INFORMATION_SIZE + (entry.name.len() + 1 + entry.type_name.len() + 1) * 2
}

/// NtQueryDirectoryObject: lists what a directory holds, as much as the buffer holds; `Context` says where to
/// go on.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryDirectoryObject(
    DirectoryHandle: usize,
    Buffer: *mut c_void,
    Length: u32,
    ReturnSingleEntry: u8,
    RestartScan: u8,
    Context: *mut u32,
    ReturnLength: *mut u32,
) -> i32 {
    let query = || {
        let handle = Handle::from_value(DirectoryHandle);
        let directory = reference_directory(handle, AccessMask::DIRECTORY_QUERY)?;
        let first = match RestartScan {
            // SAFETY: the caller's pointer.
            0 => unsafe { read(Context)? },
            _ => 0,
        };
        let (entries, left) = select(&directory, first as usize, ReturnSingleEntry != 0, Length)?;
        // SAFETY: the caller's pointers.
        unsafe {
            let size = give(Buffer.cast(), &entries)?;
            write(Context, first + entries.len() as u32)?;
            write_if_wanted(ReturnLength, size as u32)?;
        }
        if left { Err(MORE_ENTRIES) } else { Ok(()) }
    };
    status(query())
}

/// The entries from `first` on that fit; and whether some are left.
fn select(
    directory: &ObjectDirectory,
    first: usize,
    single: bool,
    length: u32,
) -> Result<(Vec<DirectoryEntry>, bool), NtStatus> {
    let all = directory.entries()?;
    let mut rest = all.into_iter().skip(first).peekable();
    if rest.peek().is_none() {
        return Err(NtStatus::NO_MORE_ENTRIES);
    }
    // The entry of zeroes.
    let mut size = INFORMATION_SIZE;
    let mut chosen = Vec::new();
    while let Some(entry) = rest.peek() {
        size += size_of_entry(entry);
        if size > length as usize || (single && !chosen.is_empty()) {
            break;
        }
        chosen.extend(rest.next());
    }
    if chosen.is_empty() {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let left = !single && rest.peek().is_some();
    Ok((chosen, left))
}

/// Writes entries to a buffer that is long enough; answers how much of it they take.
///
/// # Safety
///
/// The buffer must be a C program's to write.
unsafe fn give(buffer: *mut u8, entries: &[DirectoryEntry]) -> Result<usize, NtStatus> {
    let mut text = (entries.len() + 1) * INFORMATION_SIZE;
    let mut bytes = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let type_name: Vec<u16> = entry.type_name.encode_utf16().collect();
        let [name, type_name] = [&entry.name, &type_name].map(|units| {
            let string = UNICODE_STRING {
                Length: (units.len() * 2) as u16,
                MaximumLength: (units.len() * 2 + 2) as u16,
                Buffer: buffer.wrapping_add(text).cast(),
            };
            bytes.extend(units.iter().flat_map(|unit| unit.to_ne_bytes()));
            bytes.extend([0, 0]);
            text += units.len() * 2 + 2;
            string
        });
        let information = OBJECT_DIRECTORY_INFORMATION {
            Name: name,
            TypeName: type_name,
        };
        // SAFETY: the caller's buffer.
        unsafe {
            write(
                buffer.wrapping_add(index * INFORMATION_SIZE).cast(),
                information,
            )?
        };
    }
    let end = entries.len() * INFORMATION_SIZE;
    // SAFETY: as above.
    unsafe {
        write(buffer.wrapping_add(end).cast(), [0u8; INFORMATION_SIZE])?;
        let to = buffer.wrapping_add(end + INFORMATION_SIZE);
        fault::copy(to, bytes.as_ptr(), bytes.len()).map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    }
    Ok(text)
}

/// NtQuerySymbolicLinkObject: where a link leads.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySymbolicLinkObject(
    LinkHandle: usize,
    LinkTarget: *mut UNICODE_STRING,
    ReturnedLength: *mut u32,
) -> i32 {
    let query = || {
        let handle = Handle::from_value(LinkHandle);
        let link = reference_directory(handle, AccessMask::SYMBOLIC_LINK_QUERY)?;
        let target = link.target().ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
        let units: Vec<u16> = target.encode_utf16().chain([0]).collect();
        let size = units.len() * 2;
        // SAFETY: the caller's pointers.
        unsafe {
            let mut string = read(LinkTarget)?;
            write_if_wanted(ReturnedLength, size as u32)?;
            if usize::from(string.MaximumLength) < size {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            fault::copy(string.Buffer.cast(), units.as_ptr().cast(), size)
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
            string.Length = (size - 2) as u16;
            write(LinkTarget, string)
        }
    };
    status(query())
}
