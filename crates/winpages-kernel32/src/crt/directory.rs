//! The current directory and full paths, as Win32 paths.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use winpages_kernel::NtStatus;
use winpages_kernel::file::path;

use super::file_path::from_wide;
use super::unit::{self, Unit};

fn fail<T>(error: c_int) -> *mut T {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = error };
    ptr::null_mut()
}

/// Hands text out: in the buffer if it is given and large enough, and from malloc if it is NULL.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` units.
unsafe fn hand_out<C: Unit>(text: Result<Vec<C>, NtStatus>, buffer: *mut C, size: usize) -> *mut C {
    let Ok(text) = text else {
        return fail(libc::ENOENT);
    };
    let buffer = if !buffer.is_null() {
        if text.len() >= size {
            return fail(libc::ERANGE);
        }
        buffer
    } else {
        // SAFETY: malloc takes any size.
        let block =
            unsafe { libc::malloc((text.len() + 1).max(size) * size_of::<C>()) }.cast::<C>();
        if block.is_null() {
            return block;
        }
        block
    };
    // SAFETY: there is room for the text and its NUL.
    unsafe { unit::put(buffer, &text) };
    buffer
}

fn size_of_buffer(size: c_int) -> usize {
    usize::try_from(size).unwrap_or(0)
}

/// _getcwd.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _getcwd(buffer: *mut c_char, size: c_int) -> *mut c_char {
    let text = path::current_directory().map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { hand_out(text, buffer.cast::<u8>(), size_of_buffer(size)) }.cast()
}

/// _wgetcwd.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` units.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wgetcwd(buffer: *mut u16, size: c_int) -> *mut u16 {
    let text = path::current_directory().map(|path| path.encode_utf16().collect());
    // SAFETY: passed on.
    unsafe { hand_out(text, buffer, size_of_buffer(size)) }
}

/// _fullpath.
///
/// # Safety
///
/// `absolute` is NULL or writable for `size` bytes, `name` is NULL or ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _fullpath(
    absolute: *mut c_char,
    name: *const c_char,
    size: usize,
) -> *mut c_char {
    if name.is_null() {
        return fail(libc::EINVAL);
    }
    // SAFETY: as the caller vouches.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    let text = path::full_path_name(&name).map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { hand_out(text, absolute.cast::<u8>(), size) }.cast()
}

/// _wfullpath.
///
/// # Safety
///
/// `absolute` is NULL or writable for `size` units, `name` is NULL or ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wfullpath(absolute: *mut u16, name: *const u16, size: usize) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let Some(name) = (unsafe { from_wide(name) }) else {
        return ptr::null_mut();
    };
    let text = path::full_path_name(&name).map(|path| path.encode_utf16().collect());
    // SAFETY: passed on.
    unsafe { hand_out(text, absolute, size) }
}
