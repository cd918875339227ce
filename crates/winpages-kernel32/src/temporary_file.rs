//! GetTempPath and GetTempFileName.

use core::ffi::c_char;
use std::path::PathBuf;

use winpages_kernel::NtStatus;
use winpages_kernel::file::{
    self, Attributes, CreateOptions, CreateRequest, Disposition, File, ShareAccess, path,
};
use winpages_kernel::object::AccessMask;
use winpages_kernel::sys::{clock, fault};

use crate::error_code::{ERROR_DIRECTORY, ERROR_FILE_EXISTS, ERROR_SUCCESS};
use crate::{dos_error, last_error, text};

/// MAX_PATH: how many characters the buffer of GetTempFileName has.
const MAX_PATH: usize = 260;

/// The temporary directory as a Win32 path that ends in a separator: the first of TMP, TEMP and
/// USERPROFILE that is set, and where none is, as on Linux they mostly are not, TMPDIR or `/tmp`.
fn temporary_path() -> Result<String, NtStatus> {
    let given = ["TMP", "TEMP", "USERPROFILE"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let mut full = match given {
        Some(path) => path::full_path_name(&path)?,
        None => {
            let directory = std::env::temp_dir();
            let directory = std::fs::canonicalize(&directory).unwrap_or(directory);
            path::from_linux(&directory)
                .or_else(|| path::from_linux(&PathBuf::from("/tmp")))
                .ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?
        }
    };
    if !full.ends_with('\\') {
        full.push('\\');
    }
    Ok(full)
}

fn failed(status: NtStatus) -> u32 {
    last_error::fail(status);
    0
}

/// GetTempPathW.
///
/// # Safety
///
/// `lpBuffer` must be writable for `nBufferLength` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathW(nBufferLength: u32, lpBuffer: *mut u16) -> u32 {
    match temporary_path() {
        Ok(path) => {
            let path: Vec<u16> = path.encode_utf16().collect();
            // SAFETY: passed on.
            unsafe { text::hand_out(&path, lpBuffer, nBufferLength) }
        }
        Err(status) => failed(status),
    }
}

/// GetTempPathA.
///
/// # Safety
///
/// As [`GetTempPathW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPathA(nBufferLength: u32, lpBuffer: *mut u8) -> u32 {
    match temporary_path() {
        // SAFETY: passed on.
        Ok(path) => unsafe { text::hand_out(path.as_bytes(), lpBuffer, nBufferLength) },
        Err(status) => failed(status),
    }
}

/// GetTempPath2W: as [`GetTempPathW`]. What Windows keeps for processes of SYSTEM alone there is none of.
///
/// # Safety
///
/// As [`GetTempPathW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPath2W(BufferLength: u32, Buffer: *mut u16) -> u32 {
    // SAFETY: passed on.
    unsafe { GetTempPathW(BufferLength, Buffer) }
}

/// GetTempPath2A: as [`GetTempPath2W`].
///
/// # Safety
///
/// As [`GetTempPathW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempPath2A(BufferLength: u32, Buffer: *mut u8) -> u32 {
    // SAFETY: passed on.
    unsafe { GetTempPathA(BufferLength, Buffer) }
}

/// Makes the name; and, if `unique` is 0, picks a number for which there is no file yet and creates
/// that file. Answers the name and the number.
fn temporary_file_name(
    directory: Result<String, NtStatus>,
    prefix: Result<Option<Vec<u16>>, NtStatus>,
    unique: u32,
) -> Result<(String, u32), u32> {
    let directory = match directory {
        Ok(directory) => directory,
        Err(NtStatus::OBJECT_PATH_NOT_FOUND) => return Err(ERROR_DIRECTORY),
        Err(status) => return Err(dos_error::from_status(status)),
    };
    let prefix = prefix.map_err(dos_error::from_status)?.unwrap_or_default();
    let prefix: String = String::from_utf16_lossy(&prefix).chars().take(3).collect();
    let is_directory = file::attributes(&directory)
        .is_ok_and(|found| found.attributes.contains(Attributes::DIRECTORY));
    if !is_directory {
        return Err(ERROR_DIRECTORY);
    }
    let separator = if directory.ends_with(['\\', '/']) {
        ""
    } else {
        "\\"
    };
    let name_of = |number: u32| format!(r"{directory}{separator}{prefix}{number:x}.tmp");
    // Sixteen bits of the number count.
    let given = unique & 0xFFFF;
    if given != 0 {
        return Ok((name_of(given), given));
    }
    let first = (clock::monotonic().as_nanos() / 1_000) as u32 ^ std::process::id() << 8;
    for step in 0..0xFFFF {
        let number = first.wrapping_add(step) & 0xFFFF;
        if number == 0 {
            continue;
        }
        let name = name_of(number);
        let result = File::create(&CreateRequest {
            path: &name,
            access: AccessMask::GENERIC_WRITE,
            share: ShareAccess::empty(),
            disposition: Disposition::Create,
            options: CreateOptions::NON_DIRECTORY_FILE,
            read_only: false,
        });
        match result {
            Ok(_) => {
                // As after every file that is created.
                last_error::set(ERROR_SUCCESS);
                return Ok((name, number));
            }
            Err(NtStatus::OBJECT_NAME_COLLISION) => {}
            Err(status) => return Err(dos_error::from_status(status)),
        }
    }
    Err(ERROR_FILE_EXISTS)
}

/// # Safety
///
/// `buffer` must be a C program's to write.
unsafe fn hand_out<T: Copy + Default>(name: Result<(Vec<T>, u32), u32>, buffer: *mut T) -> u32 {
    let (name, number) = match name {
        Ok((name, _)) if name.len() >= MAX_PATH => return failed(NtStatus::NAME_TOO_LONG),
        Ok(made) => made,
        Err(code) => {
            last_error::set(code);
            return 0;
        }
    };
    for (index, element) in name.iter().chain([&T::default()]).enumerate() {
        // SAFETY: as the caller vouches.
        if unsafe { fault::write(buffer.wrapping_add(index), element) }.is_err() {
            return failed(NtStatus::ACCESS_VIOLATION);
        }
    }
    number
}

/// GetTempFileNameW: the directory, up to three characters of the prefix, a number in hexadecimal,
/// `.tmp`. If no number is given, the file is created.
///
/// # Safety
///
/// The strings must be a C program's to read, `lpTempFileName` writable for MAX_PATH characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameW(
    lpPathName: *const u16,
    lpPrefixString: *const u16,
    uUnique: u32,
    lpTempFileName: *mut u16,
) -> u32 {
    // SAFETY: passed on.
    let (directory, prefix) = unsafe {
        (
            text::path(text::wide(lpPathName)),
            text::wide(lpPrefixString),
        )
    };
    let name = temporary_file_name(directory, prefix, uUnique)
        .map(|(name, number)| (name.encode_utf16().collect(), number));
    // SAFETY: passed on.
    unsafe { hand_out(name, lpTempFileName) }
}

/// GetTempFileNameA: as [`GetTempFileNameW`].
///
/// # Safety
///
/// As [`GetTempFileNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetTempFileNameA(
    lpPathName: *const c_char,
    lpPrefixString: *const c_char,
    uUnique: u32,
    lpTempFileName: *mut u8,
) -> u32 {
    // SAFETY: passed on.
    let (directory, prefix) = unsafe {
        (
            text::path(text::ansi(lpPathName)),
            text::ansi(lpPrefixString),
        )
    };
    let name = temporary_file_name(directory, prefix, uUnique)
        .map(|(name, number)| (name.into_bytes(), number));
    // SAFETY: passed on.
    unsafe { hand_out(name, lpTempFileName) }
}
