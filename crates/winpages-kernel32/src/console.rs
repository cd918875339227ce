//! The console: a terminal that a handle leads to.

use core::ffi::c_void;
use std::sync::Arc;

use winpages_kernel::file::{File, Offset};
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::code_page::{GetACP, IsValidCodePage};
use crate::nt::argument::{write, write_if_wanted};
use crate::{last_error, text};

/// COORD
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct COORD {
    /// The column.
    pub X: i16,
    /// The row.
    pub Y: i16,
}

/// SMALL_RECT: both corners lie inside.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SMALL_RECT {
    /// The first column.
    pub Left: i16,
    /// The first row.
    pub Top: i16,
    /// The last column.
    pub Right: i16,
    /// The last row.
    pub Bottom: i16,
}

/// CONSOLE_SCREEN_BUFFER_INFO
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CONSOLE_SCREEN_BUFFER_INFO {
    /// How many columns and rows there are.
    pub dwSize: COORD,
    /// Where the cursor is.
    pub dwCursorPosition: COORD,
    /// The colours of what is written next.
    pub wAttributes: u16,
    /// What can be seen.
    pub srWindow: SMALL_RECT,
    /// How large what can be seen may become.
    pub dwMaximumWindowSize: COORD,
}

/// Grey on black.
const PLAIN: u16 = 7;

/// The size of a terminal that does not say.
const USUAL_SIZE: (u16, u16) = (80, 25);

/// The terminal of a handle that grants `right`, and its size.
fn reference(handle: usize, right: AccessMask) -> Result<(Arc<File>, (u16, u16)), NtStatus> {
    let (file, _) =
        reference_file(Handle::from_value(handle), right).map_err(|_| NtStatus::INVALID_HANDLE)?;
    let size = match file.terminal_size()? {
        (0, _) | (_, 0) => USUAL_SIZE,
        size => size,
    };
    Ok((file, size))
}

/// GetConsoleScreenBufferInfo: the window's size. A terminal does not tell where its cursor is or what
/// colours it writes in: the cursor is answered to be in the first column of the first row, and the
/// colours to be the plain ones.
///
/// # Safety
///
/// `lpConsoleScreenBufferInfo` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleScreenBufferInfo(
    hConsoleOutput: usize,
    lpConsoleScreenBufferInfo: *mut CONSOLE_SCREEN_BUFFER_INFO,
) -> i32 {
    let result = reference(hConsoleOutput, AccessMask::FILE_WRITE_DATA).and_then(|(_, size)| {
        let (columns, rows) = (size.0.min(0x7FFF) as i16, size.1.min(0x7FFF) as i16);
        let whole = COORD {
            X: columns,
            Y: rows,
        };
        let answer = CONSOLE_SCREEN_BUFFER_INFO {
            dwSize: whole,
            dwCursorPosition: COORD::default(),
            wAttributes: PLAIN,
            srWindow: SMALL_RECT {
                Left: 0,
                Top: 0,
                Right: columns - 1,
                Bottom: rows - 1,
            },
            dwMaximumWindowSize: whole,
        };
        // SAFETY: passed on.
        unsafe { write(lpConsoleScreenBufferInfo, answer) }
    });
    last_error::boolean(result)
}

/// WriteConsoleA: text in UTF-8, the ANSI code page here.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleA(
    hConsoleOutput: usize,
    lpBuffer: *const c_void,
    nNumberOfCharsToWrite: u32,
    lpNumberOfCharsWritten: *mut u32,
    _lpReserved: *mut c_void,
) -> i32 {
    let result = reference(hConsoleOutput, AccessMask::FILE_WRITE_DATA).and_then(|(file, _)| {
        let size = nNumberOfCharsToWrite as usize;
        let written = file.write(lpBuffer.cast(), size, Offset::Position)?;
        // SAFETY: passed on.
        unsafe { write_if_wanted(lpNumberOfCharsWritten, written as u32) }
    });
    last_error::boolean(result)
}

/// WriteConsoleW.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteConsoleW(
    hConsoleOutput: usize,
    lpBuffer: *const c_void,
    nNumberOfCharsToWrite: u32,
    lpNumberOfCharsWritten: *mut u32,
    _lpReserved: *mut c_void,
) -> i32 {
    let result = reference(hConsoleOutput, AccessMask::FILE_WRITE_DATA).and_then(|(file, _)| {
        let mut units = vec![0u16; nNumberOfCharsToWrite as usize];
        let size = units.len() * size_of::<u16>();
        // SAFETY: the copy is this function's own, and the source may lead nowhere.
        unsafe { fault::copy(units.as_mut_ptr().cast(), lpBuffer.cast(), size) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        let bytes = text::to_utf8(&units);
        let mut done = 0;
        while done < bytes.len() {
            let rest = &bytes[done..];
            done += file.write(rest.as_ptr(), rest.len(), Offset::Position)?;
        }
        // SAFETY: passed on.
        unsafe { write_if_wanted(lpNumberOfCharsWritten, nNumberOfCharsToWrite) }
    });
    last_error::boolean(result)
}

/// GetConsoleMode: what a new console has, which a terminal does too.
///
/// # Safety
///
/// `lpMode` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetConsoleMode(hConsoleHandle: usize, lpMode: *mut u32) -> i32 {
    /// Processed, lines, echo, insert, quick edit, extended.
    const INPUT: u32 = 0x1 | 0x2 | 0x4 | 0x20 | 0x40 | 0x80;
    /// Processed, wrapping, escape sequences.
    const OUTPUT: u32 = 0x1 | 0x2 | 0x4;
    let either = |(right, mode)| {
        let found = reference(hConsoleHandle, right);
        found.map(|_| mode)
    };
    let result = either((AccessMask::FILE_WRITE_DATA, OUTPUT))
        .or_else(|_| either((AccessMask::FILE_READ_DATA, INPUT)))
        // SAFETY: passed on.
        .and_then(|mode| unsafe { write(lpMode, mode) });
    last_error::boolean(result)
}

/// GetConsoleCP: UTF-8, which terminals on Linux speak.
#[unsafe(no_mangle)]
pub extern "C" fn GetConsoleCP() -> u32 {
    GetACP()
}

/// GetConsoleOutputCP: UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn GetConsoleOutputCP() -> u32 {
    GetACP()
}

/// SetConsoleCP: TRUE for UTF-8, and ERROR_INVALID_PARAMETER for any other.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleCP(wCodePageID: u32) -> i32 {
    last_error::boolean(match IsValidCodePage(wCodePageID) {
        0 => Err(NtStatus::INVALID_PARAMETER),
        _ => Ok(()),
    })
}

/// SetConsoleOutputCP: TRUE for UTF-8, and ERROR_INVALID_PARAMETER for any other.
#[unsafe(no_mangle)]
pub extern "C" fn SetConsoleOutputCP(wCodePageID: u32) -> i32 {
    SetConsoleCP(wCodePageID)
}
