//! What drive letters, and devices with names of old, stand for: QueryDosDevice.

use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::file::drive::{self, Letter};

use crate::nt::file_name::device_of;
use crate::{last_error, text};

/// The device that is not a drive, and what it stands for.
const NUL: (&str, &str) = ("NUL", r"\Device\Null");

/// What a name stands for, or all names there are: strings with a NUL behind each, and one more at
/// the end.
fn query(name: Option<Vec<u16>>) -> Result<String, NtStatus> {
    let Some(name) = name else {
        let drives = drive::list();
        let drives = drives.iter().map(|drive| drive.letter.to_string());
        let all = drives.chain([NUL.0.to_owned()]);
        return Ok(all.map(|name| name + "\0").collect::<String>() + "\0");
    };
    let name = String::from_utf16_lossy(&name);
    if name.eq_ignore_ascii_case(NUL.0) {
        return Ok(format!("{}\0\0", NUL.1));
    }
    let mut characters = name.chars();
    let letter = characters.next().and_then(Letter::new);
    let is_drive = characters.as_str() == ":";
    letter
        .filter(|letter| is_drive && drive::find(*letter).is_some())
        .map(|letter| format!("{}\0\0", device_of(letter)))
        .ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// Answers how many elements were handed out, all NULs among them.
///
/// # Safety
///
/// As [`text::hand_out`].
unsafe fn answer<T: Copy + Default>(
    strings: Result<Vec<T>, NtStatus>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    let strings = match strings {
        Ok(strings) if buffer.is_null() || strings.len() > size as usize => {
            Err(NtStatus::BUFFER_TOO_SMALL)
        }
        strings => strings,
    };
    match strings {
        Ok(strings) => {
            // The last NUL is the one that comes behind every string that is handed out.
            let body = &strings[..strings.len() - 1];
            // SAFETY: passed on.
            unsafe { text::hand_out(body, buffer, size) };
            strings.len() as u32
        }
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// QueryDosDeviceW: the device that a drive letter stands for, or the names of all devices.
///
/// # Safety
///
/// `lpDeviceName` must be NULL or lead to a NUL-terminated string, `lpTargetPath` must be NULL or
/// writable for `ucchMax` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryDosDeviceW(
    lpDeviceName: *const u16,
    lpTargetPath: *mut u16,
    ucchMax: u32,
) -> u32 {
    // SAFETY: passed on.
    let found = unsafe { text::wide(lpDeviceName) }.and_then(query);
    let found = found.map(|found| text::from_utf8(found.as_bytes()));
    // SAFETY: passed on.
    unsafe { answer(found, lpTargetPath, ucchMax) }
}

/// QueryDosDeviceA: the same in the ANSI code page.
///
/// # Safety
///
/// As [`QueryDosDeviceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryDosDeviceA(
    lpDeviceName: *const c_char,
    lpTargetPath: *mut c_char,
    ucchMax: u32,
) -> u32 {
    // SAFETY: passed on.
    let found = unsafe { text::ansi(lpDeviceName) }.and_then(query);
    let found = found.map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { answer(found, lpTargetPath.cast::<u8>(), ucchMax) }
}
