//! Conversion between narrow and wide characters: UTF-8 and UTF-16, whatever the locale.
//!
//! A character beyond U+FFFF is two units of UTF-16. The functions that convert whole text handle it; those that
//! convert one character cannot, and answer EILSEQ, as Windows' do.

use core::ffi::{c_char, c_int, c_void};
use core::{ptr, slice};

use super::unit;

const INVALID: usize = usize::MAX;
const INCOMPLETE: usize = usize::MAX - 1;

fn illegal() -> usize {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = libc::EILSEQ };
    INVALID
}

/// The first character of UTF-8 text and its length; `Err(true)` if the text ends within it.
fn first_character(bytes: &[u8]) -> Result<(char, usize), bool> {
    let bytes = &bytes[..bytes.len().min(4)];
    let valid = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            // What is valid was just checked.
            core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => return Err(error.error_len().is_none()),
    };
    valid
        .chars()
        .next()
        .map(|character| (character, character.len_utf8()))
        .ok_or(true)
}

/// Converts UTF-8 up to its NUL; answers the units written (all, if there is no destination), or [`INVALID`], and
/// where the source stands: NULL at its end.
///
/// # Safety
///
/// `source` ends in a NUL or has `bytes` bytes; `destination` is NULL or writable for `limit` units.
unsafe fn to_wide(
    destination: *mut u16,
    source: *const u8,
    bytes: usize,
    limit: usize,
) -> (usize, *const u8) {
    // SAFETY: as the caller vouches.
    let length = unsafe { unit::length_within(source, bytes) };
    // SAFETY: as above.
    let text = unsafe { slice::from_raw_parts(source, length) };
    let (mut at, mut count) = (0, 0);
    while at < text.len() {
        let Ok((character, size)) = first_character(&text[at..]) else {
            return (illegal(), source.wrapping_add(at));
        };
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units);
        if !destination.is_null() {
            if count + units.len() > limit {
                return (count, source.wrapping_add(at));
            }
            // SAFETY: the units fit.
            unsafe {
                ptr::copy_nonoverlapping(units.as_ptr(), destination.add(count), units.len())
            };
        }
        count += units.len();
        at += size;
    }
    if length == bytes {
        return (count, source.wrapping_add(at));
    }
    if !destination.is_null() {
        if count == limit {
            return (count, source.wrapping_add(at));
        }
        // SAFETY: there is room for the NUL.
        unsafe { *destination.add(count) = 0 };
    }
    (count, ptr::null())
}

/// Converts UTF-16 up to its NUL; answers as [`to_wide`].
///
/// # Safety
///
/// `source` ends in a NUL or has `units` units; `destination` is NULL or writable for `limit` bytes.
unsafe fn to_narrow(
    destination: *mut u8,
    source: *const u16,
    units: usize,
    limit: usize,
) -> (usize, *const u16) {
    // SAFETY: as the caller vouches.
    let length = unsafe { unit::length_within(source, units) };
    // SAFETY: as above.
    let text = unsafe { slice::from_raw_parts(source, length) };
    let (mut at, mut count) = (0, 0);
    for character in char::decode_utf16(text.iter().copied()) {
        let Ok(character) = character else {
            return (illegal(), source.wrapping_add(at));
        };
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        if !destination.is_null() {
            if count + bytes.len() > limit {
                return (count, source.wrapping_add(at));
            }
            // SAFETY: the bytes fit.
            unsafe {
                ptr::copy_nonoverlapping(bytes.as_ptr(), destination.add(count), bytes.len())
            };
        }
        count += bytes.len();
        at += character.len_utf16();
    }
    if length == units {
        return (count, source.wrapping_add(at));
    }
    if !destination.is_null() {
        if count == limit {
            return (count, source.wrapping_add(at));
        }
        // SAFETY: there is room for the NUL.
        unsafe { *destination.add(count) = 0 };
    }
    (count, ptr::null())
}

/// mbstowcs.
///
/// # Safety
///
/// `source` ends in a NUL, `destination` is NULL or writable for `limit` units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_mbstowcs(
    destination: *mut u16,
    source: *const u8,
    limit: usize,
) -> usize {
    // SAFETY: passed on.
    unsafe { to_wide(destination, source, usize::MAX, limit) }.0
}

/// wcstombs.
///
/// # Safety
///
/// `source` ends in a NUL, `destination` is NULL or writable for `limit` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcstombs(
    destination: *mut u8,
    source: *const u16,
    limit: usize,
) -> usize {
    // SAFETY: passed on.
    unsafe { to_narrow(destination, source, usize::MAX, limit) }.0
}

/// mbsnrtowcs: mbstowcs that moves the source on, and looks at `bytes` bytes of it.
///
/// # Safety
///
/// As [`winpages_mbstowcs`], for what `source` points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_mbsnrtowcs(
    destination: *mut u16,
    source: *mut *const u8,
    bytes: usize,
    limit: usize,
    _state: *mut c_void,
) -> usize {
    // SAFETY: passed on.
    let (count, end) = unsafe { to_wide(destination, *source, bytes, limit) };
    if !destination.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { *source = end };
    }
    count
}

/// mbsrtowcs.
///
/// # Safety
///
/// As [`winpages_mbsnrtowcs`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_mbsrtowcs(
    destination: *mut u16,
    source: *mut *const u8,
    limit: usize,
    state: *mut c_void,
) -> usize {
    // SAFETY: passed on.
    unsafe { winpages_mbsnrtowcs(destination, source, usize::MAX, limit, state) }
}

/// wcsnrtombs: wcstombs that moves the source on, and looks at `units` units of it.
///
/// # Safety
///
/// As [`winpages_wcstombs`], for what `source` points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsnrtombs(
    destination: *mut u8,
    source: *mut *const u16,
    units: usize,
    limit: usize,
    _state: *mut c_void,
) -> usize {
    // SAFETY: passed on.
    let (count, end) = unsafe { to_narrow(destination, *source, units, limit) };
    if !destination.is_null() {
        // SAFETY: as the caller vouches.
        unsafe { *source = end };
    }
    count
}

/// wcsrtombs.
///
/// # Safety
///
/// As [`winpages_wcsnrtombs`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsrtombs(
    destination: *mut u8,
    source: *mut *const u16,
    limit: usize,
    state: *mut c_void,
) -> usize {
    // SAFETY: passed on.
    unsafe { winpages_wcsnrtombs(destination, source, usize::MAX, limit, state) }
}

/// mbrtowc. The state is not used: a character that is cut off is asked for again whole.
///
/// # Safety
///
/// `source` is NULL or readable for `limit` bytes, `destination` NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_mbrtowc(
    destination: *mut u16,
    source: *const u8,
    limit: usize,
    _state: *mut c_void,
) -> usize {
    if source.is_null() {
        return 0;
    }
    // SAFETY: as the caller vouches.
    let bytes = unsafe { slice::from_raw_parts(source, limit.min(4)) };
    match first_character(bytes) {
        Ok((character, size)) => {
            let Ok(unit) = u16::try_from(u32::from(character)) else {
                return illegal();
            };
            if !destination.is_null() {
                // SAFETY: as the caller vouches.
                unsafe { *destination = unit };
            }
            if unit == 0 { 0 } else { size }
        }
        Err(true) => INCOMPLETE,
        Err(false) => illegal(),
    }
}

/// mbtowc.
///
/// # Safety
///
/// As [`winpages_mbrtowc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_mbtowc(
    destination: *mut u16,
    source: *const u8,
    limit: usize,
) -> c_int {
    // SAFETY: passed on.
    match unsafe { winpages_mbrtowc(destination, source, limit, ptr::null_mut()) } {
        INVALID | INCOMPLETE => -1,
        size => size as c_int,
    }
}

/// wcrtomb.
///
/// # Safety
///
/// `destination` is NULL or writable for a character.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcrtomb(
    destination: *mut u8,
    character: u16,
    _state: *mut c_void,
) -> usize {
    if destination.is_null() {
        return 1;
    }
    let Some(character) = char::from_u32(character.into()) else {
        return illegal();
    };
    let mut bytes = [0; 4];
    let text = character.encode_utf8(&mut bytes);
    // SAFETY: as the caller vouches.
    unsafe { ptr::copy_nonoverlapping(text.as_ptr(), destination, text.len()) };
    text.len()
}

/// wctomb.
///
/// # Safety
///
/// As [`winpages_wcrtomb`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wctomb(destination: *mut u8, character: u16) -> c_int {
    if destination.is_null() {
        return 0;
    }
    // SAFETY: passed on.
    match unsafe { winpages_wcrtomb(destination, character, ptr::null_mut()) } {
        INVALID => -1,
        size => size as c_int,
    }
}

/// btowc.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_btowc(byte: c_int) -> u32 {
    u8::try_from(byte)
        .ok()
        .filter(u8::is_ascii)
        .map_or(super::wide_stream::WEOF, u32::from)
}

/// wctob.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_wctob(character: u32) -> c_int {
    u8::try_from(character)
        .ok()
        .filter(u8::is_ascii)
        .map_or(libc::EOF, c_int::from)
}

/// mbstowcs_s: converts at most `count` units (or what fits, for _TRUNCATE) and a NUL, and counts them.
///
/// # Safety
///
/// `converted` is NULL or writable, `destination` NULL or writable for `size` units, `source` ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbstowcs_s(
    converted: *mut usize,
    destination: *mut u16,
    size: usize,
    source: *const u8,
    count: usize,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        secure(converted, destination, size, count, |to, limit| {
            to_wide(to, source, usize::MAX, limit).0
        })
    }
}

/// wcstombs_s: converts at most `count` bytes (or what fits, for _TRUNCATE) and a NUL, and counts them.
///
/// # Safety
///
/// As [`mbstowcs_s`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcstombs_s(
    converted: *mut usize,
    destination: *mut c_char,
    size: usize,
    source: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        secure(
            converted,
            destination.cast::<u8>(),
            size,
            count,
            |to, limit| to_narrow(to, source, usize::MAX, limit).0,
        )
    }
}

/// # Safety
///
/// `converted` is NULL or writable, `destination` NULL or writable for `size` units.
unsafe fn secure<C: unit::Unit>(
    converted: *mut usize,
    destination: *mut C,
    size: usize,
    count: usize,
    convert: impl Fn(*mut C, usize) -> usize,
) -> c_int {
    let report = |length: usize| {
        if !converted.is_null() {
            // SAFETY: as the caller vouches.
            unsafe { *converted = length };
        }
    };
    report(0);
    if destination.is_null() {
        if size > 0 {
            return libc::EINVAL;
        }
        let needed = convert(ptr::null_mut(), 0);
        if needed == INVALID {
            return libc::EILSEQ;
        }
        report(needed + 1);
        return 0;
    }
    if size == 0 {
        return libc::EINVAL;
    }
    const TRUNCATE: usize = usize::MAX;
    let length = convert(destination, count.min(size - 1));
    let needed = if length == INVALID {
        INVALID
    } else {
        convert(ptr::null_mut(), 0)
    };
    if needed == INVALID {
        // SAFETY: the destination has at least one unit.
        unsafe { *destination = C::default() };
        return libc::EILSEQ;
    }
    if needed > length && count > size - 1 && count != TRUNCATE {
        // SAFETY: the destination has at least one unit.
        unsafe { *destination = C::default() };
        return libc::ERANGE;
    }
    // SAFETY: the text is shorter than the destination.
    unsafe { *destination.add(length) = C::default() };
    report(length + 1);
    if needed > length && count == TRUNCATE {
        80
    } else {
        0
    }
}
