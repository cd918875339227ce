//! Strings at the Win32 border: the A functions' and the W functions'.
//!
//! Inside this library text is UTF-16, as it is inside Windows. The ANSI code page is UTF-8 (which
//! Windows offers as code page 65001), so the A functions lose nothing.

use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::sys::fault::{self, TextUnit};

/// The longest string a UNICODE_STRING holds with its terminator, in UTF-16 units.
pub const MAXIMUM_UNITS: usize = 32766;

/// Reads the string of a W function: UTF-16 up to a NUL. NULL answers `Ok(None)`.
///
/// Whether NULL is an error, and which, is the caller's to say. The pointer may be misaligned.
///
/// # Errors
///
/// [`NtStatus::NAME_TOO_LONG`] (ERROR_FILENAME_EXCED_RANGE) if there is no NUL within [`MAXIMUM_UNITS`],
/// [`NtStatus::ACCESS_VIOLATION`] if the memory cannot be read up to one.
///
/// # Safety
///
/// What is at `string` must be a C program's to read: it may be NULL or wild, and may not be Rust's.
pub unsafe fn wide(string: *const u16) -> Result<Option<Vec<u16>>, NtStatus> {
    if string.is_null() {
        return Ok(None);
    }
    // SAFETY: passed on.
    unsafe { read(string, MAXIMUM_UNITS) }.map(Some)
}

/// Reads a string of at most `maximum` units up to its NUL, which is left out.
///
/// # Errors
///
/// As [`wide`].
///
/// # Safety
///
/// As [`wide`].
pub unsafe fn read<T: TextUnit>(string: *const T, maximum: usize) -> Result<Vec<T>, NtStatus> {
    // Longer than most names: growing costs more than reading.
    const ROOM: usize = 64;
    let mut text = Vec::with_capacity(ROOM);
    let mut length = 0;
    let mut room = ROOM.min(maximum + 1);
    loop {
        text.resize(room, T::default());
        // SAFETY: passed on.
        let read = unsafe { fault::read_text(string.wrapping_add(length), &mut text[length..]) };
        length += read.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        if length > maximum {
            return Err(NtStatus::NAME_TOO_LONG);
        }
        if length < room {
            text.truncate(length);
            return Ok(text);
        }
        room = (room * 2).min(maximum + 1);
    }
}

/// Reads the string of an A function, and answers it in UTF-16. NULL answers `Ok(None)`.
///
/// Bytes that are not UTF-8 become U+FFFD, as they do in Windows' own conversion.
///
/// # Errors
///
/// [`NtStatus::NAME_TOO_LONG`] (ERROR_FILENAME_EXCED_RANGE) if it is longer than [`MAXIMUM_UNITS`] UTF-16 units,
/// [`NtStatus::ACCESS_VIOLATION`] if the memory cannot be read up to a NUL.
///
/// # Safety
///
/// As [`wide`].
pub unsafe fn ansi(string: *const c_char) -> Result<Option<Vec<u16>>, NtStatus> {
    // SAFETY: passed on.
    let Some(bytes) = (unsafe { ansi_bytes(string) })? else {
        return Ok(None);
    };
    let units = from_utf8(&bytes);
    if units.len() > MAXIMUM_UNITS {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    Ok(Some(units))
}

/// Reads the string of an A function as it is. NULL answers `Ok(None)`.
///
/// # Errors
///
/// [`NtStatus::NAME_TOO_LONG`] (ERROR_FILENAME_EXCED_RANGE) if it takes more bytes than [`MAXIMUM_UNITS`] UTF-16
/// units can, [`NtStatus::ACCESS_VIOLATION`] if the memory cannot be read up to a NUL.
///
/// # Safety
///
/// As [`wide`].
pub unsafe fn ansi_bytes(string: *const c_char) -> Result<Option<Vec<u8>>, NtStatus> {
    if string.is_null() {
        return Ok(None);
    }
    // A UTF-16 unit is at most three bytes of UTF-8.
    const MAXIMUM_BYTES: usize = MAXIMUM_UNITS * 3;
    // SAFETY: passed on.
    unsafe { read(string.cast::<u8>(), MAXIMUM_BYTES) }.map(Some)
}

/// A short ASCII text, read without the heap: for calls that an allocator makes before it can serve
/// anybody, with names of modules, functions and variables.
pub struct PlainText {
    bytes: [u8; 128],
    length: usize,
}

impl PlainText {
    /// Reads a string of an A or a W function; `None` if it is long or not ASCII, or cannot be read.
    ///
    /// # Safety
    ///
    /// As [`wide`].
    pub unsafe fn read<T: TextUnit + Into<u32>>(string: *const T) -> Option<Self> {
        let mut units = [T::default(); 128];
        // SAFETY: passed on.
        let length = unsafe { fault::read_text(string, &mut units) }.ok()?;
        let mut bytes = [0; 128];
        for (byte, unit) in bytes.iter_mut().zip(&units[..length]) {
            let unit: u32 = (*unit).into();
            *byte = u8::try_from(unit).ok().filter(u8::is_ascii)?;
        }
        (length < bytes.len()).then_some(Self { bytes, length })
    }
}

impl core::ops::Deref for PlainText {
    type Target = str;

    fn deref(&self) -> &str {
        // Always ASCII.
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// UTF-8 to UTF-16; what is not UTF-8 becomes U+FFFD.
pub fn from_utf8(bytes: &[u8]) -> Vec<u16> {
    if bytes.is_ascii() {
        return bytes.iter().copied().map(u16::from).collect();
    }
    String::from_utf8_lossy(bytes).encode_utf16().collect()
}

/// UTF-16 to UTF-8; half a surrogate pair becomes U+FFFD.
pub fn to_utf8(units: &[u16]) -> Vec<u8> {
    String::from_utf16_lossy(units).into_bytes()
}

/// The Win32 path that was read by [`wide`] or [`ansi`].
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if it was NULL, [`NtStatus::OBJECT_NAME_INVALID`] if it holds half
/// a surrogate pair, which no name on a Linux disk can.
pub fn path(text: Result<Option<Vec<u16>>, NtStatus>) -> Result<String, NtStatus> {
    let units = text?.ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    String::from_utf16(&units).map_err(|_| NtStatus::OBJECT_NAME_INVALID)
}

/// Hands out a string as the Get… functions do: all of it and a NUL, and its length answered; or, if
/// the buffer of `size` elements is too small, nothing, and the size needed (with the NUL) answered.
///
/// # Safety
///
/// `buffer` must be NULL or writable for `size` elements.
pub unsafe fn hand_out<T: Copy + Default>(string: &[T], buffer: *mut T, size: u32) -> u32 {
    if buffer.is_null() || string.len() >= size as usize {
        return u32::try_from(string.len() + 1).unwrap_or(u32::MAX);
    }
    for (index, &element) in string.iter().chain([&T::default()]).enumerate() {
        // SAFETY: the string and its NUL fit into `size` elements.
        unsafe { buffer.add(index).write_unaligned(element) };
    }
    string.len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_none_and_empty_is_empty() {
        // SAFETY: NULL and NUL-terminated strings.
        unsafe {
            assert_eq!(wide(core::ptr::null()), Ok(None));
            assert_eq!(ansi(core::ptr::null()), Ok(None));
            assert_eq!(wide([0].as_ptr()), Ok(Some(vec![])));
            assert_eq!(ansi(c"".as_ptr()), Ok(Some(vec![])));
        }
    }

    #[test]
    fn both_kinds_meet_in_utf16() {
        let name: Vec<u16> = "共享内存😀".encode_utf16().chain([0]).collect();
        // SAFETY: both strings end in NUL.
        let (from_wide, from_ansi) =
            unsafe { (wide(name.as_ptr()), ansi(c"共享内存😀".as_ptr())) };
        assert_eq!(from_wide, from_ansi);
        assert_eq!(from_wide, Ok(Some(name[..name.len() - 1].to_vec())));
        // SAFETY: the string ends in NUL.
        let replaced = unsafe { ansi(c"a\xFFb".as_ptr()) };
        assert_eq!(replaced, Ok(Some(vec![0x61, 0xFFFD, 0x62])));
    }

    #[test]
    fn reads_misaligned_strings() {
        let bytes = [9u8, 0x61, 0, 0x62, 0, 0, 0];
        // SAFETY: the NUL unit is the last two bytes.
        let string = unsafe { wide(bytes.as_ptr().add(1).cast()) };
        assert_eq!(string, Ok(Some(vec![0x61, 0x62])));
    }

    #[test]
    fn is_bounded() {
        let mut long = vec![0x61u16; MAXIMUM_UNITS];
        long.push(0);
        // SAFETY: the string ends in NUL.
        assert!(unsafe { wide(long.as_ptr()) }.is_ok());
        long.insert(0, 0x61);
        // SAFETY: the string ends in NUL.
        assert_eq!(unsafe { wide(long.as_ptr()) }, Err(NtStatus::NAME_TOO_LONG));
    }

    #[test]
    fn hands_out_whole_strings_only() {
        let mut buffer = [7u8; 4];
        // SAFETY: the sizes given are at most the buffer's.
        unsafe {
            assert_eq!(hand_out(b"abc", buffer.as_mut_ptr(), 3), 4);
            assert_eq!(buffer, [7; 4]);
            assert_eq!(hand_out(b"abc", core::ptr::null_mut(), 0), 4);
            assert_eq!(hand_out(b"abc", buffer.as_mut_ptr(), 4), 3);
        }
        assert_eq!(&buffer, b"abc\0");
    }
}
