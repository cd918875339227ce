//! FormatMessage: the texts of error codes, and texts with inserts.

use core::ffi::{c_char, c_void};

use winpages_kernel::NtStatus;
use winpages_kernel::sys::fault;

use crate::error_code::{
    self, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MR_MID_NOT_FOUND,
    ERROR_NO_WORK_DONE, ERROR_NOT_ENOUGH_MEMORY, ERROR_RESOURCE_LANG_NOT_FOUND,
};
use crate::message_insert::{Arguments, expand};
use crate::{dos_error, last_error, local_memory, text};

const ALLOCATE_BUFFER: u32 = 0x0100;
const IGNORE_INSERTS: u32 = 0x0200;
const FROM_STRING: u32 = 0x0400;
const FROM_HMODULE: u32 = 0x0800;
const FROM_SYSTEM: u32 = 0x1000;
const ARGUMENT_ARRAY: u32 = 0x2000;
const MAX_WIDTH_MASK: u32 = 0xFF;

/// The system's text of a message, which is the Win32 error's if it is an HRESULT of one.
fn system_text(message: u32, language: u32) -> Result<Vec<u16>, u32> {
    // English in any variety, or none said; the others Windows has are not here.
    if !matches!(language & 0x3FF, 0 | 9) {
        return Err(ERROR_RESOURCE_LANG_NOT_FOUND);
    }
    let code = if message >> 16 == 0x8007 {
        message & 0xFFFF
    } else {
        message
    };
    let found = error_code::text(code).ok_or(ERROR_MR_MID_NOT_FOUND)?;
    Ok(found
        .encode_utf16()
        .chain([u16::from(b'\r'), u16::from(b'\n')])
        .collect())
}

struct Request {
    flags: u32,
    message: u32,
    language: u32,
    /// Whether `s` means a string of bytes.
    is_ansi: bool,
}

/// Makes the text. `string` is what FORMAT_MESSAGE_FROM_STRING reads.
///
/// # Safety
///
/// The arguments must be what the text asks for.
unsafe fn format(
    request: &Request,
    string: impl FnOnce() -> Result<Option<Vec<u16>>, NtStatus>,
    arguments: *mut c_void,
) -> Result<Vec<u16>, u32> {
    let source = if request.flags & FROM_STRING != 0 {
        string()
            .map_err(dos_error::from_status)?
            .ok_or(ERROR_INVALID_PARAMETER)?
    } else if request.flags & FROM_SYSTEM != 0 {
        system_text(request.message, request.language)?
    } else if request.flags & FROM_HMODULE != 0 {
        // No module here carries texts of its own.
        return Err(ERROR_MR_MID_NOT_FOUND);
    } else {
        return Err(ERROR_INVALID_PARAMETER);
    };
    let mut arguments = if request.flags & IGNORE_INSERTS != 0 || arguments.is_null() {
        Arguments::None
    } else if request.flags & ARGUMENT_ARRAY != 0 {
        Arguments::Array(arguments.cast())
    } else {
        // SAFETY: the caller gives what Win32 says: a pointer to a va_list.
        unsafe { Arguments::list(arguments) }.ok_or(ERROR_INVALID_PARAMETER)?
    };
    // SAFETY: passed on.
    let made = unsafe {
        expand(
            &source,
            request.flags & IGNORE_INSERTS != 0,
            request.flags & MAX_WIDTH_MASK,
            request.is_ansi,
            &mut arguments,
        )
    }
    .ok_or(ERROR_INVALID_PARAMETER)?;
    if made.is_empty() {
        return Err(ERROR_NO_WORK_DONE);
    }
    Ok(made)
}

/// # Safety
///
/// `buffer` must be writable for `size` elements or, with FORMAT_MESSAGE_ALLOCATE_BUFFER, for a
/// pointer.
unsafe fn hand_out<T: Copy + Default>(
    made: Result<Vec<T>, u32>,
    flags: u32,
    buffer: *mut T,
    size: u32,
) -> u32 {
    let allocates = flags & ALLOCATE_BUFFER != 0;
    let result = made.and_then(|made| {
        if !allocates {
            // SAFETY: as the caller vouches.
            let length = unsafe { text::hand_out(&made, buffer, size) };
            return if length as usize == made.len() {
                Ok(length)
            } else {
                Err(ERROR_INSUFFICIENT_BUFFER)
            };
        }
        let elements = (made.len() + 1).max(size as usize);
        let block = local_memory::LocalAlloc(0, elements * size_of::<T>()).cast::<T>();
        if block.is_null() {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        // SAFETY: the block is as large.
        let length = unsafe { text::hand_out(&made, block, elements as u32) };
        // SAFETY: as the caller vouches.
        match unsafe { fault::write(buffer.cast::<*mut T>(), &block) } {
            Ok(()) => Ok(length),
            Err(_) => {
                local_memory::LocalFree(block.cast());
                Err(dos_error::from_status(NtStatus::ACCESS_VIOLATION))
            }
        }
    });
    result.unwrap_or_else(|code| {
        last_error::set(code);
        0
    })
}

/// Refuses a buffer that cannot be answered in; prepares one that will be.
///
/// # Safety
///
/// As [`hand_out`].
unsafe fn prepare<T>(flags: u32, buffer: *mut T) -> Result<(), u32> {
    if flags & ALLOCATE_BUFFER == 0 {
        return Ok(());
    }
    if buffer.is_null() {
        return Err(ERROR_NOT_ENOUGH_MEMORY);
    }
    // A caller that frees the buffer whatever happened frees nothing.
    // SAFETY: as the caller vouches.
    unsafe { fault::write(buffer.cast::<*mut T>(), &core::ptr::null_mut()) }
        .map_err(|_| dos_error::from_status(NtStatus::ACCESS_VIOLATION))
}

/// FormatMessageW.
///
/// # Safety
///
/// `lpSource` and the arguments must be what `dwFlags` and the text say they are; `lpBuffer` writable
/// for `nSize` characters or, with FORMAT_MESSAGE_ALLOCATE_BUFFER, for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FormatMessageW(
    dwFlags: u32,
    lpSource: *const c_void,
    dwMessageId: u32,
    dwLanguageId: u32,
    lpBuffer: *mut u16,
    nSize: u32,
    Arguments: *mut c_void,
) -> u32 {
    let request = Request {
        flags: dwFlags,
        message: dwMessageId,
        language: dwLanguageId,
        is_ansi: false,
    };
    // SAFETY: passed on.
    unsafe {
        let made = prepare(dwFlags, lpBuffer)
            .and_then(|()| format(&request, || text::wide(lpSource.cast()), Arguments));
        hand_out(made, dwFlags, lpBuffer, nSize)
    }
}

/// FormatMessageA: as [`FormatMessageW`].
///
/// # Safety
///
/// As [`FormatMessageW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FormatMessageA(
    dwFlags: u32,
    lpSource: *const c_void,
    dwMessageId: u32,
    dwLanguageId: u32,
    lpBuffer: *mut u8,
    nSize: u32,
    Arguments: *mut c_void,
) -> u32 {
    let request = Request {
        flags: dwFlags,
        message: dwMessageId,
        language: dwLanguageId,
        is_ansi: true,
    };
    // SAFETY: passed on.
    unsafe {
        let made = prepare(dwFlags, lpBuffer).and_then(|()| {
            format(
                &request,
                || text::ansi(lpSource.cast::<c_char>()),
                Arguments,
            )
        });
        let made = made.map(|made| text::to_utf8(&made));
        hand_out(made, dwFlags, lpBuffer, nSize)
    }
}
