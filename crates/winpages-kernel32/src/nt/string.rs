//! Counted strings: RtlInitUnicodeString and its kin. ANSI is UTF-8 here.

use core::ffi::c_char;

use winpages_kernel::NtStatus;

use super::argument::{read, status, write};
use super::heap::{RtlAllocateHeap, RtlFreeHeap};
use super::object_attributes::UNICODE_STRING;
use crate::heap::GetProcessHeap;
use crate::text;

/// STRING, that is ANSI_STRING, as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ANSI_STRING {
    /// The length in bytes.
    pub Length: u16,
    /// The size of the buffer in bytes.
    pub MaximumLength: u16,
    /// The text, not necessarily with a NUL behind it.
    pub Buffer: *mut u8,
}

/// How many elements there are before a NUL, and at most so many.
///
/// # Safety
///
/// They and the NUL must be readable.
unsafe fn length<T: Copy + Default + PartialEq>(text: *const T, most: usize) -> usize {
    (0..most)
        // SAFETY: all before this one were no NUL, so that the caller vouches for it.
        .find(|at| unsafe { text.add(*at).read_unaligned() } == T::default())
        .unwrap_or(most)
}

/// RtlInitUnicodeString: counts a text up to its NUL; of one too long for the structure, as much as it can count.
/// NULL is an empty text.
///
/// # Safety
///
/// `DestinationString` must be writable, and `SourceString` readable up to its NUL, or NULL. (Windows faults too if
/// they are not.)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitUnicodeString(
    DestinationString: *mut UNICODE_STRING,
    SourceString: *const u16,
) {
    const LONGEST: usize = 0x7FFE;
    let mut string = UNICODE_STRING {
        Length: 0,
        MaximumLength: 0,
        Buffer: SourceString.cast_mut(),
    };
    if !SourceString.is_null() {
        // SAFETY: as the caller vouches.
        string.Length = unsafe { length(SourceString, LONGEST) } as u16 * 2;
        string.MaximumLength = string.Length + 2;
    }
    // SAFETY: as the caller vouches.
    unsafe { DestinationString.write_unaligned(string) };
}

/// RtlInitAnsiString: the same for a text of bytes.
///
/// # Safety
///
/// As [`RtlInitUnicodeString`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitAnsiString(
    DestinationString: *mut ANSI_STRING,
    SourceString: *const c_char,
) {
    const LONGEST: usize = 0xFFFE;
    let mut string = ANSI_STRING {
        Length: 0,
        MaximumLength: 0,
        Buffer: SourceString.cast_mut().cast(),
    };
    if !SourceString.is_null() {
        // SAFETY: as the caller vouches.
        string.Length = unsafe { length(SourceString, LONGEST) } as u16;
        string.MaximumLength = string.Length + 1;
    }
    // SAFETY: as the caller vouches.
    unsafe { DestinationString.write_unaligned(string) };
}

/// The elements that a counted string leads to.
///
/// # Safety
///
/// The memory must be a C program's to read.
unsafe fn elements<T: Copy>(buffer: *const T, bytes: u16) -> Result<Vec<T>, NtStatus> {
    (0..usize::from(bytes) / size_of::<T>())
        // SAFETY: as the caller vouches; only addresses are computed.
        .map(|index| unsafe { read(buffer.wrapping_add(index)) })
        .collect()
}

/// Writes a text and a NUL behind it.
///
/// # Safety
///
/// The memory must be a C program's to write.
unsafe fn write_all<T: Copy + Default>(buffer: *mut T, text: &[T]) -> Result<(), NtStatus> {
    for (index, element) in text.iter().chain(&[T::default()]).enumerate() {
        // SAFETY: as the caller vouches.
        unsafe { write(buffer.wrapping_add(index), *element)? };
    }
    Ok(())
}

/// Memory of the process's heap for so many bytes.
fn allocate<T>(bytes: u16) -> Result<*mut T, NtStatus> {
    let memory = RtlAllocateHeap(GetProcessHeap(), 0, bytes.into());
    if memory.is_null() {
        return Err(NtStatus::NO_MEMORY);
    }
    Ok(memory.cast())
}

/// RtlAnsiStringToUnicodeString: into new memory, or into that of the destination, which must have room for the
/// text and a NUL: else STATUS_BUFFER_OVERFLOW.
///
/// # Safety
///
/// The structures and what they lead to must be a C program's: the source to read, the destination to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlAnsiStringToUnicodeString(
    DestinationString: *mut UNICODE_STRING,
    SourceString: *const ANSI_STRING,
    AllocateDestinationString: u8,
) -> i32 {
    let convert = || {
        // SAFETY: as the caller vouches.
        let text = unsafe {
            let source = read(SourceString)?;
            text::from_utf8(&elements(source.Buffer, source.Length)?)
        };
        let needed =
            u16::try_from((text.len() + 1) * 2).map_err(|_| NtStatus::INVALID_PARAMETER_2)?;
        // SAFETY: as above.
        let mut destination = unsafe { read(DestinationString)? };
        if AllocateDestinationString != 0 {
            destination.Buffer = allocate(needed)?;
            destination.MaximumLength = needed;
        } else if destination.MaximumLength < needed {
            return Err(NtStatus::BUFFER_OVERFLOW);
        }
        destination.Length = needed - 2;
        // SAFETY: as above.
        unsafe {
            write_all(destination.Buffer, &text)?;
            write(DestinationString, destination)
        }
    };
    status(convert())
}

/// RtlUnicodeStringToAnsiString: into new memory, or into that of the destination. If that has no room for the text
/// and a NUL, as much as it has room for, and STATUS_BUFFER_OVERFLOW; where it has no room at all its length says how
/// much was wanted.
///
/// # Safety
///
/// As [`RtlAnsiStringToUnicodeString`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlUnicodeStringToAnsiString(
    DestinationString: *mut ANSI_STRING,
    SourceString: *const UNICODE_STRING,
    AllocateDestinationString: u8,
) -> i32 {
    let convert = || {
        // SAFETY: as the caller vouches.
        let mut text = unsafe {
            let source = read(SourceString)?;
            text::to_utf8(&elements(source.Buffer, source.Length)?)
        };
        let needed = u16::try_from(text.len() + 1).map_err(|_| NtStatus::INVALID_PARAMETER_2)?;
        // SAFETY: as above.
        let mut destination = unsafe { read(DestinationString)? };
        let mut outcome = Ok(());
        if AllocateDestinationString != 0 {
            destination.Buffer = allocate(needed)?;
            destination.MaximumLength = needed;
        } else if destination.MaximumLength < needed {
            outcome = Err(NtStatus::BUFFER_OVERFLOW);
            text.truncate(usize::from(destination.MaximumLength).saturating_sub(1));
        }
        destination.Length = match destination.MaximumLength {
            0 => needed - 1,
            _ => text.len() as u16,
        };
        // SAFETY: as above.
        unsafe {
            if destination.MaximumLength != 0 {
                write_all(destination.Buffer, &text)?;
            }
            write(DestinationString, destination)?;
        }
        outcome
    };
    status(convert())
}

/// RtlFreeUnicodeString: frees what [`RtlAnsiStringToUnicodeString`] has allocated, and leaves an empty string.
///
/// # Safety
///
/// Nobody may use the text afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFreeUnicodeString(UnicodeString: *mut UNICODE_STRING) {
    let empty = UNICODE_STRING {
        Length: 0,
        MaximumLength: 0,
        Buffer: core::ptr::null_mut(),
    };
    // SAFETY: as the caller vouches. What is no block of the heap is refused.
    unsafe {
        if let Ok(string) = read(UnicodeString)
            && !string.Buffer.is_null()
        {
            RtlFreeHeap(GetProcessHeap(), 0, string.Buffer.cast());
            let _ = write(UnicodeString, empty);
        }
    }
}

/// RtlFreeAnsiString: frees what [`RtlUnicodeStringToAnsiString`] has allocated, and leaves an empty string.
///
/// # Safety
///
/// As [`RtlFreeUnicodeString`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFreeAnsiString(AnsiString: *mut ANSI_STRING) {
    // SAFETY: the two structures differ in what their texts consist of alone.
    unsafe { RtlFreeUnicodeString(AnsiString.cast()) }
}
