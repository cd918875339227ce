//! The scanf family, narrow and wide. The `_s` functions take a size after each buffer for text.

use core::ffi::{c_char, c_int};

use libc::FILE;

use super::scan::{Source, scan};
use super::unit::Unit;
use super::va_list::{VaList, variadic};
use super::wide_stream::{self, standard_input};

/// Text in memory, up to its NUL.
struct Text<C> {
    at: *const C,
}

impl<C: Unit> Source<C> for Text<C> {
    fn next(&mut self) -> Option<C> {
        // SAFETY: the NUL, which is never passed, has not been reached.
        let unit = unsafe { *self.at };
        if unit == C::default() {
            return None;
        }
        self.at = self.at.wrapping_add(1);
        Some(unit)
    }

    fn back(&mut self, _unit: C) {
        self.at = self.at.wrapping_sub(1);
    }
}

/// A stream's bytes, or its UTF-16.
struct Stream(*mut FILE);

impl Source<u8> for Stream {
    fn next(&mut self) -> Option<u8> {
        // SAFETY: the stream is open.
        u8::try_from(unsafe { libc::fgetc(self.0) }).ok()
    }

    fn back(&mut self, unit: u8) {
        // SAFETY: the stream is open.
        unsafe { libc::ungetc(unit.into(), self.0) };
    }
}

impl Source<u16> for Stream {
    fn next(&mut self) -> Option<u16> {
        // SAFETY: the stream is open.
        unsafe { wide_stream::read(self.0) }
    }

    fn back(&mut self, unit: u16) {
        // SAFETY: the stream is open.
        unsafe { wide_stream::winpages_ungetwc(unit.into(), self.0) };
    }
}

fn invalid() -> c_int {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = libc::EINVAL };
    -1
}

/// # Safety
///
/// `input` and `format` are NULL or end in a NUL, `arguments` are pointers to what the format says.
unsafe fn from_text<C: Unit>(
    input: *const C,
    format: *const C,
    arguments: *mut VaList,
    secure: bool,
) -> c_int {
    if input.is_null() || format.is_null() {
        return invalid();
    }
    // SAFETY: as the caller vouches.
    unsafe { scan(&mut Text { at: input }, format, &mut *arguments, secure) }
}

/// # Safety
///
/// `stream` is NULL or an open `FILE`, `format` is NULL or ends in a NUL, `arguments` are pointers to what it says.
unsafe fn from_stream<C: Unit>(
    stream: *mut FILE,
    format: *const C,
    arguments: *mut VaList,
    secure: bool,
) -> c_int
where
    Stream: Source<C>,
{
    if stream.is_null() || format.is_null() {
        return invalid();
    }
    // SAFETY: as the caller vouches.
    unsafe { scan(&mut Stream(stream), format, &mut *arguments, secure) }
}

/// vscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vscanf(format: *const c_char, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(standard_input(), format.cast::<u8>(), arguments, false) }
}

variadic!(
    /// scanf.
    winpages_scanf,
    1,
    "rsi",
    winpages_vscanf
);

/// vfscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vfscanf(
    stream: *mut FILE,
    format: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(stream, format.cast::<u8>(), arguments, false) }
}

variadic!(
    /// fscanf.
    winpages_fscanf,
    2,
    "rdx",
    winpages_vfscanf
);

/// vsscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vsscanf(
    input: *const c_char,
    format: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_text(input.cast::<u8>(), format.cast::<u8>(), arguments, false) }
}

variadic!(
    /// sscanf.
    winpages_sscanf,
    2,
    "rdx",
    winpages_vsscanf
);

/// vscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vscanf_s(format: *const c_char, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(standard_input(), format.cast::<u8>(), arguments, true) }
}

variadic!(
    /// scanf_s.
    scanf_s,
    1,
    "rsi",
    vscanf_s
);

/// vfscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vfscanf_s(
    stream: *mut FILE,
    format: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(stream, format.cast::<u8>(), arguments, true) }
}

variadic!(
    /// fscanf_s.
    fscanf_s,
    2,
    "rdx",
    vfscanf_s
);

/// vsscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vsscanf_s(
    input: *const c_char,
    format: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_text(input.cast::<u8>(), format.cast::<u8>(), arguments, true) }
}

variadic!(
    /// sscanf_s.
    sscanf_s,
    2,
    "rdx",
    vsscanf_s
);

/// vwscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vwscanf(format: *const u16, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(standard_input(), format, arguments, false) }
}

variadic!(
    /// wscanf.
    winpages_wscanf,
    1,
    "rsi",
    winpages_vwscanf
);

/// vfwscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vfwscanf(
    stream: *mut FILE,
    format: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(stream, format, arguments, false) }
}

variadic!(
    /// fwscanf.
    winpages_fwscanf,
    2,
    "rdx",
    winpages_vfwscanf
);

/// vswscanf.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vswscanf(
    input: *const u16,
    format: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_text(input, format, arguments, false) }
}

variadic!(
    /// swscanf.
    winpages_swscanf,
    2,
    "rdx",
    winpages_vswscanf
);

/// vwscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vwscanf_s(format: *const u16, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(standard_input(), format, arguments, true) }
}

variadic!(
    /// wscanf_s.
    wscanf_s,
    1,
    "rsi",
    vwscanf_s
);

/// vfwscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vfwscanf_s(
    stream: *mut FILE,
    format: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_stream(stream, format, arguments, true) }
}

variadic!(
    /// fwscanf_s.
    fwscanf_s,
    2,
    "rdx",
    vfwscanf_s
);

/// vswscanf_s.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are pointers to what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vswscanf_s(
    input: *const u16,
    format: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { from_text(input, format, arguments, true) }
}

variadic!(
    /// swscanf_s.
    swscanf_s,
    2,
    "rdx",
    vswscanf_s
);
