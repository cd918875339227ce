//! Wide characters to and from a `FILE`: UTF-8 outside, UTF-16 inside.
//!
//! glibc's own wide streams are of no use to a 16-bit wchar_t, so everything goes through the byte stream, whose
//! buffer narrow output shares. A character beyond U+FFFF is two calls of fputwc or fgetwc but one sequence of UTF-8;
//! the half that waits is kept here, per stream.

use core::ffi::c_int;
use std::sync::Mutex;

use libc::FILE;

use super::unit;

/// What wide functions answer at the end of a file and on an error.
pub const WEOF: u32 = 0xffff_ffff;

/// The half of a surrogate pair that a stream waits to complete, by the stream's address.
struct Halves(Vec<(usize, u16)>);

impl Halves {
    fn take(&mut self, stream: *mut FILE) -> Option<u16> {
        let at = self.0.iter().position(|(of, _)| *of == stream.addr())?;
        Some(self.0.swap_remove(at).1)
    }

    fn keep(&mut self, stream: *mut FILE, half: u16) {
        self.take(stream);
        self.0.push((stream.addr(), half));
    }
}

static WRITTEN: Mutex<Halves> = Mutex::new(Halves(Vec::new()));
static READ: Mutex<Halves> = Mutex::new(Halves(Vec::new()));

fn halves(of: &Mutex<Halves>) -> std::sync::MutexGuard<'_, Halves> {
    // Nothing panics while it is held.
    of.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn is_high(unit: u16) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xDC00..0xE000).contains(&unit)
}

/// Writes wide text; `false` if the stream refused it.
///
/// # Safety
///
/// `stream` is an open `FILE`.
pub unsafe fn write(stream: *mut FILE, units: &[u16]) -> bool {
    let mut bytes = Vec::with_capacity(units.len() * 3 + 3);
    let mut buffer = [0; 4];
    let mut push = |character: char, bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    };
    let mut waiting = halves(&WRITTEN).take(stream);
    for &unit in units {
        if let Some(high) = waiting.take() {
            if is_low(unit) {
                let pair = 0x10000 + (u32::from(high & 0x3ff) << 10) + u32::from(unit & 0x3ff);
                push(
                    char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER),
                    &mut bytes,
                );
                continue;
            }
            push(char::REPLACEMENT_CHARACTER, &mut bytes);
        }
        if is_high(unit) {
            waiting = Some(unit);
        } else {
            push(
                char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER),
                &mut bytes,
            );
        }
    }
    if let Some(high) = waiting {
        halves(&WRITTEN).keep(stream, high);
    }
    // SAFETY: the stream is open and the bytes are ours.
    unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stream) == bytes.len() }
}

/// Reads one unit; `None` at the end of the file.
///
/// # Safety
///
/// `stream` is an open `FILE`.
pub unsafe fn read(stream: *mut FILE) -> Option<u16> {
    if let Some(low) = halves(&READ).take(stream) {
        return Some(low);
    }
    // SAFETY: the stream is open.
    let byte = || u8::try_from(unsafe { libc::fgetc(stream) }).ok();
    let first = byte()?;
    let (more, mut value) = match first {
        0..=0x7f => return Some(first.into()),
        0xc2..=0xdf => (1, u32::from(first & 0x1f)),
        0xe0..=0xef => (2, u32::from(first & 0x0f)),
        0xf0..=0xf4 => (3, u32::from(first & 0x07)),
        _ => return Some(0xFFFD),
    };
    for _ in 0..more {
        match byte() {
            Some(next @ 0x80..=0xbf) => value = value << 6 | u32::from(next & 0x3f),
            other => {
                if let Some(other) = other {
                    // SAFETY: the stream is open, and this byte was just read from it.
                    unsafe { libc::ungetc(other.into(), stream) };
                }
                return Some(0xFFFD);
            }
        }
    }
    let mut units = [0; 2];
    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    if character.encode_utf16(&mut units).len() == 2 {
        halves(&READ).keep(stream, units[1]);
    }
    Some(units[0])
}

unsafe extern "C" {
    static stdin: *mut FILE;
    static stdout: *mut FILE;
}

/// C's standard output.
pub fn standard_output() -> *mut FILE {
    // SAFETY: glibc sets it before any code runs, and a program that assigns to it does so while it is alone.
    unsafe { stdout }
}

/// C's standard input.
pub fn standard_input() -> *mut FILE {
    // SAFETY: as for standard output.
    unsafe { stdin }
}

/// Hands what standard output holds to its file.
pub fn flush_standard_output() {
    // SAFETY: standard output is a FILE.
    unsafe { libc::fflush(standard_output()) };
}

/// fgetwc.
///
/// # Safety
///
/// `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_fgetwc(stream: *mut FILE) -> u32 {
    // SAFETY: passed on.
    unsafe { read(stream) }.map_or(WEOF, u32::from)
}

/// getwc.
///
/// # Safety
///
/// As [`winpages_fgetwc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_getwc(stream: *mut FILE) -> u32 {
    // SAFETY: passed on.
    unsafe { winpages_fgetwc(stream) }
}

/// getwchar.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_getwchar() -> u32 {
    // SAFETY: standard input is open, or glibc answers its end.
    unsafe { winpages_fgetwc(standard_input()) }
}

/// fputwc.
///
/// # Safety
///
/// `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_fputwc(character: u16, stream: *mut FILE) -> u32 {
    // SAFETY: passed on.
    if unsafe { write(stream, &[character]) } {
        character.into()
    } else {
        WEOF
    }
}

/// putwc.
///
/// # Safety
///
/// As [`winpages_fputwc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_putwc(character: u16, stream: *mut FILE) -> u32 {
    // SAFETY: passed on.
    unsafe { winpages_fputwc(character, stream) }
}

/// putwchar.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_putwchar(character: u16) -> u32 {
    // SAFETY: standard output is a FILE.
    unsafe { winpages_fputwc(character, standard_output()) }
}

/// fputws.
///
/// # Safety
///
/// `text` ends in a NUL, `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_fputws(text: *const u16, stream: *mut FILE) -> c_int {
    // SAFETY: passed on.
    if unsafe { write(stream, unit::text(text)) } {
        0
    } else {
        -1
    }
}

/// _putws: the text and a line feed.
///
/// # Safety
///
/// `text` ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _putws(text: *const u16) -> c_int {
    // SAFETY: passed on.
    let written = unsafe { winpages_fputws(text, standard_output()) };
    if written == 0 && winpages_putwchar(b'\n'.into()) == WEOF {
        -1
    } else {
        written
    }
}

/// fgetws.
///
/// # Safety
///
/// `buffer` is writable for `size` units, `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_fgetws(
    buffer: *mut u16,
    size: c_int,
    stream: *mut FILE,
) -> *mut u16 {
    let Some(room) = usize::try_from(size)
        .ok()
        .and_then(|size| size.checked_sub(1))
    else {
        return core::ptr::null_mut();
    };
    let mut count = 0;
    while count < room {
        // SAFETY: passed on.
        let Some(unit) = (unsafe { read(stream) }) else {
            break;
        };
        // SAFETY: `count` is below the buffer's size.
        unsafe { *buffer.add(count) = unit };
        count += 1;
        if unit == u16::from(b'\n') {
            break;
        }
    }
    if count == 0 && room > 0 {
        return core::ptr::null_mut();
    }
    // SAFETY: there is room for the NUL after `room` units.
    unsafe { *buffer.add(count) = 0 };
    buffer
}

/// _getws_s: one line from standard input, without its end; NULL if it is longer than the buffer.
///
/// # Safety
///
/// `buffer` is writable for `size` units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _getws_s(buffer: *mut u16, size: usize) -> *mut u16 {
    // SAFETY: passed on.
    let line = unsafe {
        winpages_fgetws(
            buffer,
            size.min(c_int::MAX as usize) as c_int,
            standard_input(),
        )
    };
    if !line.is_null() {
        // SAFETY: fgetws ended the line with a NUL.
        let length = unsafe { unit::length(line) };
        // SAFETY: the last unit lies before the NUL.
        if length > 0 && unsafe { *line.add(length - 1) } == u16::from(b'\n') {
            // SAFETY: as above.
            unsafe { *line.add(length - 1) = 0 };
        }
    }
    line
}

/// ungetwc.
///
/// # Safety
///
/// `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_ungetwc(character: u32, stream: *mut FILE) -> u32 {
    let Some(given) = u16::try_from(character).ok() else {
        return WEOF;
    };
    if is_low(given) {
        halves(&READ).keep(stream, given);
        return character;
    }
    let mut pending = halves(&READ);
    let value = match pending.take(stream) {
        Some(low) if is_high(given) => {
            0x10000 + (u32::from(given & 0x3ff) << 10) + u32::from(low & 0x3ff)
        }
        _ => character,
    };
    drop(pending);
    let mut buffer = [0; 4];
    let text = char::from_u32(value)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
        .encode_utf8(&mut buffer);
    for byte in text.bytes().rev() {
        // SAFETY: the stream is open.
        if unsafe { libc::ungetc(byte.into(), stream) } == libc::EOF {
            return WEOF;
        }
    }
    character
}
