//! Code pages: MultiByteToWideChar and WideCharToMultiByte.
//!
//! There is one, UTF-8, and it is the ANSI code page, the OEM code page and the thread's too. Windows
//! can be set so (it is code page 65001 there), and is mostly not.

use core::ffi::c_char;
use core::sync::atomic::{AtomicBool, Ordering};

use winpages_kernel::NtStatus;
use winpages_kernel::sys::fault::{self, TextUnit};

use crate::error_code::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_FLAGS, ERROR_INVALID_PARAMETER,
    ERROR_NO_UNICODE_TRANSLATION,
};
use crate::{dos_error, last_error, text};

const CP_UTF8: u32 = 65_001;
const MB_ERR_INVALID_CHARS: u32 = 0x08;
const WC_ERR_INVALID_CHARS: u32 = 0x80;

/// Whether UTF-8 is named itself, in which case flags and arguments that mean nothing for it are
/// refused; they are ignored for the code pages that happen to be it.
fn is_strict(code_page: u32) -> Result<bool, u32> {
    match code_page {
        CP_UTF8 => Ok(true),
        // CP_ACP, CP_OEMCP, CP_THREAD_ACP
        0 | 1 | 3 => Ok(false),
        _ => Err(ERROR_INVALID_PARAMETER),
    }
}

/// Reads `count` elements, or up to and with a NUL if `count` is negative.
///
/// # Safety
///
/// `string` must be a C program's to read, and any bytes a `T`.
unsafe fn read<T: TextUnit>(string: *const T, count: i32) -> Result<Vec<T>, u32> {
    if string.is_null() || count == 0 {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let Ok(count) = usize::try_from(count) else {
        // SAFETY: passed on.
        let text = unsafe { text::read(string, i32::MAX as usize) };
        let mut elements = text.map_err(dos_error::from_status)?;
        elements.push(T::default());
        return Ok(elements);
    };
    let mut elements = Vec::new();
    while elements.len() < count {
        // SAFETY: nothing is assumed of the pointer.
        let element = unsafe { fault::read(string.wrapping_add(elements.len())) }
            .map_err(|_| dos_error::from_status(NtStatus::ACCESS_VIOLATION))?;
        elements.push(element);
    }
    Ok(elements)
}

/// Writes all elements, or answers how many there are if `size` is 0.
///
/// # Safety
///
/// `buffer` must be a C program's to write.
unsafe fn write<T: Copy>(elements: &[T], buffer: *mut T, size: i32) -> Result<i32, u32> {
    let length = i32::try_from(elements.len()).map_err(|_| ERROR_INVALID_PARAMETER)?;
    if size == 0 {
        return Ok(length);
    }
    if length > size {
        return Err(ERROR_INSUFFICIENT_BUFFER);
    }
    for (index, element) in elements.iter().enumerate() {
        // SAFETY: as the caller vouches.
        unsafe { fault::write(buffer.wrapping_add(index), element) }
            .map_err(|_| dos_error::from_status(NtStatus::ACCESS_VIOLATION))?;
    }
    Ok(length)
}

fn answer(result: Result<i32, u32>) -> i32 {
    result.unwrap_or_else(|code| {
        last_error::set(code);
        0
    })
}

/// MultiByteToWideChar: UTF-8 to UTF-16; what is not UTF-8 becomes U+FFFD, or with
/// MB_ERR_INVALID_CHARS an error.
///
/// # Safety
///
/// `lpMultiByteStr` must be a C program's to read, `lpWideCharStr` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MultiByteToWideChar(
    CodePage: u32,
    dwFlags: u32,
    lpMultiByteStr: *const c_char,
    cbMultiByte: i32,
    lpWideCharStr: *mut u16,
    cchWideChar: i32,
) -> i32 {
    let convert = || {
        if cchWideChar < 0 || (cchWideChar > 0 && lpWideCharStr.is_null()) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let strict = is_strict(CodePage)?;
        // SAFETY: passed on; any byte is a u8.
        let bytes = unsafe { read(lpMultiByteStr.cast::<u8>(), cbMultiByte) }?;
        if strict && dwFlags & !MB_ERR_INVALID_CHARS != 0 {
            return Err(ERROR_INVALID_FLAGS);
        }
        if dwFlags & MB_ERR_INVALID_CHARS != 0 && core::str::from_utf8(&bytes).is_err() {
            return Err(ERROR_NO_UNICODE_TRANSLATION);
        }
        // SAFETY: passed on.
        unsafe { write(&text::from_utf8(&bytes), lpWideCharStr, cchWideChar) }
    };
    answer(convert())
}

/// WideCharToMultiByte: UTF-16 to UTF-8; half a surrogate pair becomes U+FFFD, or with
/// WC_ERR_INVALID_CHARS an error. No default character is ever used.
///
/// # Safety
///
/// `lpWideCharStr` must be a C program's to read, `lpMultiByteStr` and `lpUsedDefaultChar` to write.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "Win32's own signature")]
pub unsafe extern "C" fn WideCharToMultiByte(
    CodePage: u32,
    dwFlags: u32,
    lpWideCharStr: *const u16,
    cchWideChar: i32,
    lpMultiByteStr: *mut c_char,
    cbMultiByte: i32,
    lpDefaultChar: *const c_char,
    lpUsedDefaultChar: *mut i32,
) -> i32 {
    let convert = || {
        if cbMultiByte < 0 || (cbMultiByte > 0 && lpMultiByteStr.is_null()) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let strict = is_strict(CodePage)?;
        // SAFETY: passed on; any two bytes are a u16.
        let units = unsafe { read(lpWideCharStr, cchWideChar) }?;
        if strict && dwFlags & !WC_ERR_INVALID_CHARS != 0 {
            return Err(ERROR_INVALID_FLAGS);
        }
        if strict && !(lpDefaultChar.is_null() && lpUsedDefaultChar.is_null()) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        if dwFlags & WC_ERR_INVALID_CHARS != 0 && String::from_utf16(&units).is_err() {
            return Err(ERROR_NO_UNICODE_TRANSLATION);
        }
        if !lpUsedDefaultChar.is_null() {
            // SAFETY: passed on.
            unsafe { fault::write(lpUsedDefaultChar, &0) }
                .map_err(|_| dos_error::from_status(NtStatus::ACCESS_VIOLATION))?;
        }
        // SAFETY: passed on.
        unsafe { write(&text::to_utf8(&units), lpMultiByteStr.cast(), cbMultiByte) }
    };
    answer(convert())
}

/// GetACP: UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn GetACP() -> u32 {
    CP_UTF8
}

/// GetOEMCP: UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn GetOEMCP() -> u32 {
    CP_UTF8
}

/// IsValidCodePage: TRUE for UTF-8 and for what stands for the code pages above.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidCodePage(CodePage: u32) -> i32 {
    (CodePage == CP_UTF8).into()
}

/// Whether the A functions of files take the OEM code page, which is the ANSI one: UTF-8.
static FILE_APIS_ARE_OEM: AtomicBool = AtomicBool::new(false);

/// AreFileApisANSI: TRUE, until SetFileApisToOEM says otherwise. Both code pages are UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn AreFileApisANSI() -> i32 {
    i32::from(!FILE_APIS_ARE_OEM.load(Ordering::Relaxed))
}

/// SetFileApisToANSI
#[unsafe(no_mangle)]
pub extern "C" fn SetFileApisToANSI() {
    FILE_APIS_ARE_OEM.store(false, Ordering::Relaxed);
}

/// SetFileApisToOEM
#[unsafe(no_mangle)]
pub extern "C" fn SetFileApisToOEM() {
    FILE_APIS_ARE_OEM.store(true, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widen(code_page: u32, flags: u32, bytes: &[u8], size: i32) -> Result<Vec<u16>, u32> {
        let mut buffer = vec![0u16; 16];
        last_error::set(0);
        // SAFETY: the slices are as long as said, and no size is above 16.
        let length = unsafe {
            MultiByteToWideChar(
                code_page,
                flags,
                bytes.as_ptr().cast(),
                bytes.len() as i32,
                buffer.as_mut_ptr(),
                size,
            )
        };
        if length == 0 {
            return Err(last_error::get());
        }
        buffer.truncate(length as usize);
        Ok(buffer)
    }

    #[test]
    fn to_wide() {
        assert_eq!(
            widen(CP_UTF8, 0, "中a".as_bytes(), 16),
            Ok(vec![0x4E2D, 0x61])
        );
        assert_eq!(widen(CP_UTF8, 0, b"a\xFF", 16), Ok(vec![0x61, 0xFFFD]));
        assert_eq!(widen(CP_UTF8, 8, b"a\xFF", 16), Err(1113));
        assert_eq!(widen(CP_UTF8, 1, b"a", 16), Err(1004));
        assert_eq!(widen(0, 1, b"a", 16), Ok(vec![0x61]));
        assert_eq!(widen(12_345, 0, b"a", 16), Err(87));
        assert_eq!(widen(CP_UTF8, 0, b"abc", 2), Err(122));
        assert_eq!(widen(CP_UTF8, 0, b"", 16), Err(87));
        assert_eq!(widen(CP_UTF8, 0, b"a", -5), Err(87));
    }
}
