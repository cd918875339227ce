//! Streams: what the Windows CRT has beyond the C library for narrow ones.

use core::ffi::{c_char, c_int, c_longlong};

use libc::FILE;

use super::wide_stream::standard_input;

/// gets_s: one line from standard input, without its end; NULL and an empty buffer if it is longer than that.
///
/// # Safety
///
/// `buffer` is writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gets_s(buffer: *mut c_char, size: usize) -> *mut c_char {
    let room = size.min(c_int::MAX as usize) as c_int;
    // SAFETY: as the caller vouches.
    let line = unsafe { libc::fgets(buffer, room, standard_input()) };
    if line.is_null() {
        return line;
    }
    // SAFETY: fgets ended the line with a NUL.
    let length = unsafe { libc::strlen(line) };
    // SAFETY: the last byte lies before the NUL.
    if length > 0 && unsafe { *line.add(length - 1) } == b'\n' as c_char {
        // SAFETY: as above.
        unsafe { *line.add(length - 1) = 0 };
    } else if length + 1 == size {
        // SAFETY: the buffer has at least one byte.
        unsafe { *line = 0 };
        return core::ptr::null_mut();
    }
    line
}

/// _fseeki64.
///
/// # Safety
///
/// `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _fseeki64(stream: *mut FILE, offset: c_longlong, origin: c_int) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { libc::fseeko64(stream, offset, origin) }
}

/// _ftelli64.
///
/// # Safety
///
/// `stream` is an open `FILE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _ftelli64(stream: *mut FILE) -> c_longlong {
    // SAFETY: as the caller vouches.
    unsafe { libc::ftello64(stream) }
}
