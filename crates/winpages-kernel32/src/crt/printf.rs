//! The printf family, narrow and wide.
//!
//! The names that begin with `winpages_` are the C standard's: the prelude of the headers sends a program's calls to
//! them, and leaves glibc's own to everybody else.
//!
//! The `_s` functions answer a buffer that is too small with -1, an empty buffer and ERANGE. (Windows ends the
//! program first, unless it has set an invalid-parameter handler.)

use core::ffi::{c_char, c_int};

use libc::FILE;

use super::format::format;
use super::output::{Buffer, Flush, Stream};
use super::unit::Unit;
use super::va_list::{VaList, variadic};
use super::wide_stream::standard_output;

/// How a function treats a buffer that is too small.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overflow {
    /// The standard's snprintf: cut, ended, and the length that was needed is answered.
    Needed,
    /// Cut, ended, and -1 is answered.
    Minus,
    /// `_snprintf`: cut, not ended, -1; and not ended either when the text just fits.
    Unterminated,
}

fn fail(error: c_int) -> c_int {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = error };
    -1
}

fn count(length: Option<usize>) -> c_int {
    match length.map(c_int::try_from) {
        Some(Ok(length)) => length,
        Some(Err(_)) => fail(libc::EOVERFLOW),
        None => fail(libc::EINVAL),
    }
}

/// # Safety
///
/// `buffer` is writable for `size` units or NULL, `text` ends in a NUL, `arguments` are what it says.
unsafe fn to_buffer<C: Unit>(
    buffer: *mut C,
    size: usize,
    text: *const C,
    arguments: *mut VaList,
    overflow: Overflow,
) -> c_int {
    if text.is_null() || (buffer.is_null() && size > 0) {
        return fail(libc::EINVAL);
    }
    // SAFETY: as the caller vouches.
    let mut sink = unsafe { Buffer::new(buffer, size) };
    // SAFETY: as the caller vouches.
    let length = unsafe { format(&mut sink, text, &mut *arguments) };
    let needed = length.unwrap_or(0);
    if overflow != Overflow::Unterminated || needed < size {
        sink.terminate();
    }
    match overflow {
        // A NULL buffer asks for the length.
        _ if buffer.is_null() => count(length),
        Overflow::Needed => count(length),
        Overflow::Minus if needed >= size => -1,
        Overflow::Unterminated if needed > size => -1,
        _ => count(length),
    }
}

/// # Safety
///
/// `stream` is an open `FILE`, `text` ends in a NUL, `arguments` are what it says.
unsafe fn to_stream<C: Unit>(stream: *mut FILE, text: *const C, arguments: *mut VaList) -> c_int
where
    Stream<C>: Flush,
{
    if text.is_null() || stream.is_null() {
        return fail(libc::EINVAL);
    }
    // SAFETY: as the caller vouches.
    let mut sink = unsafe { Stream::new(stream) };
    // SAFETY: as the caller vouches.
    let length = unsafe { format(&mut sink, text, &mut *arguments) };
    if sink.finish() { count(length) } else { -1 }
}

/// A function of the `_s` family: `limit` is the most units that may be written, or `usize::MAX`.
///
/// # Safety
///
/// As [`to_buffer`].
unsafe fn secure<C: Unit>(
    buffer: *mut C,
    size: usize,
    limit: usize,
    text: *const C,
    arguments: *mut VaList,
) -> c_int {
    if buffer.is_null() || size == 0 || text.is_null() {
        return fail(libc::EINVAL);
    }
    const TRUNCATE: usize = usize::MAX;
    let room = if limit < size { limit + 1 } else { size };
    // SAFETY: `room` is at most the buffer's size.
    let written = unsafe { to_buffer(buffer, room, text, arguments, Overflow::Minus) };
    if written < 0 && limit != TRUNCATE && limit >= size {
        // SAFETY: the buffer has at least one unit.
        unsafe { *buffer = C::default() };
        return fail(libc::ERANGE);
    }
    written
}

const UNLIMITED: usize = usize::MAX / 4;

/// printf, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vprintf(text: *const c_char, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { to_stream(standard_output(), text.cast::<u8>(), arguments) }
}

variadic!(
    /// printf.
    winpages_printf,
    1,
    "rsi",
    winpages_vprintf
);

/// fprintf, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vfprintf(
    stream: *mut FILE,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { to_stream(stream, text.cast::<u8>(), arguments) }
}

variadic!(
    /// fprintf.
    winpages_fprintf,
    2,
    "rdx",
    winpages_vfprintf
);

/// sprintf, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vsprintf(
    buffer: *mut c_char,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        to_buffer(
            buffer.cast::<u8>(),
            UNLIMITED,
            text.cast::<u8>(),
            arguments,
            Overflow::Needed,
        )
    }
}

variadic!(
    /// sprintf.
    winpages_sprintf,
    2,
    "rdx",
    winpages_vsprintf
);

/// snprintf: cut to the buffer, and the length that was needed is answered, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vsnprintf(
    buffer: *mut c_char,
    size: usize,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        to_buffer(
            buffer.cast::<u8>(),
            size,
            text.cast::<u8>(),
            arguments,
            Overflow::Needed,
        )
    }
}

variadic!(
    /// snprintf: cut to the buffer, and the length that was needed is answered.
    winpages_snprintf,
    3,
    "rcx",
    winpages_vsnprintf
);

/// _snprintf: -1 if it was cut, and a NUL only if there is room for it, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vsnprintf(
    buffer: *mut c_char,
    size: usize,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        to_buffer(
            buffer.cast::<u8>(),
            size,
            text.cast::<u8>(),
            arguments,
            Overflow::Unterminated,
        )
    }
}

variadic!(
    /// _snprintf: -1 if it was cut, and a NUL only if there is room for it.
    _snprintf,
    3,
    "rcx",
    _vsnprintf
);

/// _scprintf: the length alone, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vscprintf(text: *const c_char, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe {
        to_buffer(
            core::ptr::null_mut(),
            0,
            text.cast::<u8>(),
            arguments,
            Overflow::Needed,
        )
    }
}

variadic!(
    /// _scprintf: the length alone.
    _scprintf,
    1,
    "rsi",
    _vscprintf
);

/// printf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vprintf_s(text: *const c_char, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { winpages_vprintf(text, arguments) }
}

variadic!(
    /// printf_s.
    printf_s,
    1,
    "rsi",
    vprintf_s
);

/// fprintf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vfprintf_s(
    stream: *mut FILE,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { winpages_vfprintf(stream, text, arguments) }
}

variadic!(
    /// fprintf_s.
    fprintf_s,
    2,
    "rdx",
    vfprintf_s
);

/// sprintf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vsprintf_s(
    buffer: *mut c_char,
    size: usize,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        secure(
            buffer.cast::<u8>(),
            size,
            UNLIMITED,
            text.cast::<u8>(),
            arguments,
        )
    }
}

variadic!(
    /// sprintf_s.
    sprintf_s,
    3,
    "rcx",
    vsprintf_s
);

/// _snprintf_s: at most `limit` characters, or as many as fit for _TRUNCATE, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vsnprintf_s(
    buffer: *mut c_char,
    size: usize,
    limit: usize,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        secure(
            buffer.cast::<u8>(),
            size,
            limit,
            text.cast::<u8>(),
            arguments,
        )
    }
}

variadic!(
    /// _snprintf_s: at most `limit` characters, or as many as fit for _TRUNCATE.
    _snprintf_s,
    4,
    "r8",
    _vsnprintf_s
);

/// wprintf, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vwprintf(text: *const u16, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { to_stream(standard_output(), text, arguments) }
}

variadic!(
    /// wprintf.
    winpages_wprintf,
    1,
    "rsi",
    winpages_vwprintf
);

/// fwprintf, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vfwprintf(
    stream: *mut FILE,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { to_stream(stream, text, arguments) }
}

variadic!(
    /// fwprintf.
    winpages_fwprintf,
    2,
    "rdx",
    winpages_vfwprintf
);

/// swprintf: -1 if it was cut, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_vswprintf(
    buffer: *mut u16,
    size: usize,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { to_buffer(buffer, size, text, arguments, Overflow::Minus) }
}

variadic!(
    /// swprintf: -1 if it was cut.
    winpages_swprintf,
    3,
    "rcx",
    winpages_vswprintf
);

/// _snwprintf: -1 if it was cut, and a NUL only if there is room for it, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vsnwprintf(
    buffer: *mut u16,
    size: usize,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { to_buffer(buffer, size, text, arguments, Overflow::Unterminated) }
}

variadic!(
    /// _snwprintf: -1 if it was cut, and a NUL only if there is room for it.
    _snwprintf,
    3,
    "rcx",
    _vsnwprintf
);

/// _swprintf, which trusts the buffer, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vswprintf(
    buffer: *mut u16,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { to_buffer(buffer, UNLIMITED, text, arguments, Overflow::Needed) }
}

variadic!(
    /// _swprintf, which trusts the buffer.
    _swprintf,
    2,
    "rdx",
    _vswprintf
);

/// _scwprintf: the length alone, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vscwprintf(text: *const u16, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { to_buffer(core::ptr::null_mut(), 0, text, arguments, Overflow::Needed) }
}

variadic!(
    /// _scwprintf: the length alone.
    _scwprintf,
    1,
    "rsi",
    _vscwprintf
);

/// wprintf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vwprintf_s(text: *const u16, arguments: *mut VaList) -> c_int {
    // SAFETY: passed on.
    unsafe { winpages_vwprintf(text, arguments) }
}

variadic!(
    /// wprintf_s.
    wprintf_s,
    1,
    "rsi",
    vwprintf_s
);

/// fwprintf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vfwprintf_s(
    stream: *mut FILE,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { winpages_vfwprintf(stream, text, arguments) }
}

variadic!(
    /// fwprintf_s.
    fwprintf_s,
    2,
    "rdx",
    vfwprintf_s
);

/// swprintf_s, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vswprintf_s(
    buffer: *mut u16,
    size: usize,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { secure(buffer, size, UNLIMITED, text, arguments) }
}

variadic!(
    /// swprintf_s.
    swprintf_s,
    3,
    "rcx",
    vswprintf_s
);

/// _snwprintf_s: at most `limit` units, or as many as fit for _TRUNCATE, with a `va_list`.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _vsnwprintf_s(
    buffer: *mut u16,
    size: usize,
    limit: usize,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe { secure(buffer, size, limit, text, arguments) }
}

variadic!(
    /// _snwprintf_s: at most `limit` units, or as many as fit for _TRUNCATE.
    _snwprintf_s,
    4,
    "r8",
    _vsnwprintf_s
);

/// wvsprintfA: at most 1024 characters.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wvsprintfA(
    buffer: *mut c_char,
    text: *const c_char,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        let written = to_buffer(
            buffer.cast::<u8>(),
            1025,
            text.cast::<u8>(),
            arguments,
            Overflow::Minus,
        );
        if written < 0 { 1024 } else { written }
    }
}

/// wvsprintfW: at most 1024 units.
///
/// # Safety
///
/// The pointers are what C says, and the arguments are what the format says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wvsprintfW(
    buffer: *mut u16,
    text: *const u16,
    arguments: *mut VaList,
) -> c_int {
    // SAFETY: passed on.
    unsafe {
        let written = to_buffer(buffer, 1025, text, arguments, Overflow::Minus);
        if written < 0 { 1024 } else { written }
    }
}

variadic!(
    /// wsprintfA: at most 1024 characters.
    wsprintfA,
    2,
    "rdx",
    wvsprintfA
);

variadic!(
    /// wsprintfW: at most 1024 characters.
    wsprintfW,
    2,
    "rdx",
    wvsprintfW
);
