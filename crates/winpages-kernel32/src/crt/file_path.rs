//! Files by name for the C library: `_wfopen`, `fopen_s` and their kin.
//!
//! A name with a backslash or a drive letter is a Win32 path and is translated as CreateFile translates it; any other
//! is already Linux'.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use libc::FILE;
use winpages_kernel::file::path::{self, Target};

use super::unit;

fn set_errno(error: c_int) -> c_int {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = error };
    error
}

fn errno() -> c_int {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() }
}

/// The Linux path of a name; `None`, with errno set, if there is none.
pub fn linux_path(name: &str) -> Option<CString> {
    let has_drive =
        name.len() >= 2 && name.as_bytes()[1] == b':' && name.as_bytes()[0].is_ascii_alphabetic();
    if !has_drive && !name.contains('\\') {
        return CString::new(name).ok();
    }
    let bytes = match path::resolve(name) {
        Ok(Target::Place(place)) => place.path.as_os_str().as_bytes().to_vec(),
        Ok(Target::Null) => b"/dev/null".to_vec(),
        Ok(_) => b"/dev/tty".to_vec(),
        Err(_) => {
            set_errno(libc::ENOENT);
            return None;
        }
    };
    CString::new(bytes).ok()
}

/// Wide text as UTF-8; `None`, with errno set, for NULL.
///
/// # Safety
///
/// `text` is NULL or ends in a NUL.
pub unsafe fn from_wide(text: *const u16) -> Option<String> {
    if text.is_null() {
        set_errno(libc::EINVAL);
        return None;
    }
    // SAFETY: as the caller vouches.
    Some(String::from_utf16_lossy(unsafe { unit::text(text) }))
}

/// Narrow text; `None`, with errno set, for NULL.
///
/// # Safety
///
/// `text` is NULL or ends in a NUL.
unsafe fn from_narrow(text: *const c_char) -> Option<String> {
    if text.is_null() {
        set_errno(libc::EINVAL);
        return None;
    }
    // SAFETY: as the caller vouches.
    Some(
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned(),
    )
}

/// A mode of fopen without what only Windows knows: text and binary, `ccs=` and hints.
fn linux_mode(mode: &str) -> CString {
    let plain = mode.split(',').next().unwrap_or_default();
    let kept: String = plain
        .chars()
        .filter_map(|letter| match letter {
            'r' | 'w' | 'a' | '+' | 'x' => Some(letter),
            // Windows' letter for "not inherited".
            'N' => Some('e'),
            _ => None,
        })
        .collect();
    CString::new(kept).unwrap_or_default()
}

fn open(name: Option<String>, mode: Option<String>) -> *mut FILE {
    let (Some(name), Some(mode)) = (name, mode) else {
        return ptr::null_mut();
    };
    let Some(path) = linux_path(&name) else {
        return ptr::null_mut();
    };
    // SAFETY: both end in a NUL.
    unsafe { libc::fopen(path.as_ptr(), linux_mode(&mode).as_ptr()) }
}

fn reopen(name: Option<String>, mode: Option<String>, old: *mut FILE) -> *mut FILE {
    let (Some(name), Some(mode)) = (name, mode) else {
        return ptr::null_mut();
    };
    let Some(path) = linux_path(&name) else {
        return ptr::null_mut();
    };
    // SAFETY: both end in a NUL, and the caller vouches for the stream.
    unsafe { libc::freopen(path.as_ptr(), linux_mode(&mode).as_ptr(), old) }
}

/// Stores a stream, and answers 0 or errno.
///
/// # Safety
///
/// `stream` is NULL or writable.
unsafe fn store(stream: *mut *mut FILE, open: impl FnOnce() -> *mut FILE) -> c_int {
    if stream.is_null() {
        return set_errno(libc::EINVAL);
    }
    let opened = open();
    // SAFETY: as the caller vouches.
    unsafe { *stream = opened };
    if opened.is_null() { errno() } else { 0 }
}

/// fopen.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_fopen(name: *const c_char, mode: *const c_char) -> *mut FILE {
    // SAFETY: as the caller vouches.
    unsafe { open(from_narrow(name), from_narrow(mode)) }
}

/// freopen. A NULL name changes the mode of the stream.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_freopen(
    name: *const c_char,
    mode: *const c_char,
    old: *mut FILE,
) -> *mut FILE {
    if name.is_null() {
        // SAFETY: as the caller vouches.
        return unsafe { libc::freopen(name, mode, old) };
    }
    // SAFETY: as the caller vouches.
    unsafe { reopen(from_narrow(name), from_narrow(mode), old) }
}

/// fopen_s.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fopen_s(
    stream: *mut *mut FILE,
    name: *const c_char,
    mode: *const c_char,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { store(stream, || open(from_narrow(name), from_narrow(mode))) }
}

/// freopen_s.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn freopen_s(
    stream: *mut *mut FILE,
    name: *const c_char,
    mode: *const c_char,
    old: *mut FILE,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { store(stream, || reopen(from_narrow(name), from_narrow(mode), old)) }
}

/// _wfopen.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wfopen(name: *const u16, mode: *const u16) -> *mut FILE {
    // SAFETY: as the caller vouches.
    unsafe { open(from_wide(name), from_wide(mode)) }
}

/// _wfreopen.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wfreopen(
    name: *const u16,
    mode: *const u16,
    old: *mut FILE,
) -> *mut FILE {
    // SAFETY: as the caller vouches.
    unsafe { reopen(from_wide(name), from_wide(mode), old) }
}

/// _wfopen_s.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wfopen_s(
    stream: *mut *mut FILE,
    name: *const u16,
    mode: *const u16,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { store(stream, || open(from_wide(name), from_wide(mode))) }
}

/// _wfreopen_s.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wfreopen_s(
    stream: *mut *mut FILE,
    name: *const u16,
    mode: *const u16,
    old: *mut FILE,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { store(stream, || reopen(from_wide(name), from_wide(mode), old)) }
}

/// tmpfile_s.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tmpfile_s(stream: *mut *mut FILE) -> c_int {
    // SAFETY: as the caller vouches; tmpfile takes nothing.
    unsafe { store(stream, || libc::tmpfile()) }
}

/// Calls a function of the C library with the Linux path of a name.
fn with_path(name: Option<String>, call: impl FnOnce(*const c_char) -> c_int) -> c_int {
    match name.and_then(|name| linux_path(&name)) {
        Some(path) => call(path.as_ptr()),
        None => -1,
    }
}

/// As [`with_path`], for two names.
fn with_paths(
    from: Option<String>,
    to: Option<String>,
    call: impl FnOnce(*const c_char, *const c_char) -> c_int,
) -> c_int {
    with_path(from, |from| with_path(to, |to| call(from, to)))
}

/// remove.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_remove(name: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_narrow(name), |path| libc::remove(path)) }
}

/// _wremove.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wremove(name: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::remove(path)) }
}

/// _wunlink.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wunlink(name: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::unlink(path)) }
}

/// _waccess.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _waccess(name: *const u16, mode: c_int) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::access(path, mode)) }
}

/// _wchmod.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wchmod(name: *const u16, mode: c_int) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe {
        with_path(from_wide(name), |path| {
            libc::chmod(path, mode as libc::mode_t)
        })
    }
}

/// _mkdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _mkdir(name: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_narrow(name), |path| libc::mkdir(path, 0o777)) }
}

/// _wmkdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wmkdir(name: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::mkdir(path, 0o777)) }
}

/// _rmdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _rmdir(name: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_narrow(name), |path| libc::rmdir(path)) }
}

/// _wrmdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wrmdir(name: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::rmdir(path)) }
}

/// _chdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _chdir(name: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_narrow(name), |path| libc::chdir(path)) }
}

/// _wchdir.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wchdir(name: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe { with_path(from_wide(name), |path| libc::chdir(path)) }
}

/// rename.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; the paths end in a NUL.
    unsafe {
        with_paths(from_narrow(from), from_narrow(to), |from, to| {
            libc::rename(from, to)
        })
    }
}

/// _wrename.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wrename(from: *const u16, to: *const u16) -> c_int {
    // SAFETY: as the caller vouches; the paths end in a NUL.
    unsafe {
        with_paths(from_wide(from), from_wide(to), |from, to| {
            libc::rename(from, to)
        })
    }
}

/// The permissions of a new file that may be written if Windows' mode says so.
fn permissions(mode: c_int) -> libc::mode_t {
    const WRITABLE: c_int = 0o200;
    if mode & WRITABLE != 0 { 0o666 } else { 0o444 }
}

/// _wopen.
///
/// It is variadic in C; the mode, if there is one, arrives where a plain parameter would.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wopen(name: *const u16, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: as the caller vouches; the path ends in a NUL.
    unsafe {
        with_path(from_wide(name), |path| {
            libc::open(path, flags, permissions(mode))
        })
    }
}

/// _sopen_s. Sharing modes hold between openers through CreateFile only.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _sopen_s(
    descriptor: *mut c_int,
    name: *const c_char,
    flags: c_int,
    _sharing: c_int,
    mode: c_int,
) -> c_int {
    if descriptor.is_null() {
        return set_errno(libc::EINVAL);
    }
    // SAFETY: as the caller vouches; the path ends in a NUL.
    let opened = unsafe {
        with_path(from_narrow(name), |path| {
            libc::open(path, flags, permissions(mode))
        })
    };
    // SAFETY: it was checked.
    unsafe { *descriptor = opened };
    if opened < 0 { errno() } else { 0 }
}

/// _wsopen_s. Sharing modes hold between openers through CreateFile only.
///
/// # Safety
///
/// Text is NULL or ends in a NUL; the other pointers are what C says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wsopen_s(
    descriptor: *mut c_int,
    name: *const u16,
    flags: c_int,
    _sharing: c_int,
    mode: c_int,
) -> c_int {
    if descriptor.is_null() {
        return set_errno(libc::EINVAL);
    }
    // SAFETY: as the caller vouches; the path ends in a NUL.
    let opened = unsafe {
        with_path(from_wide(name), |path| {
            libc::open(path, flags, permissions(mode))
        })
    };
    // SAFETY: it was checked.
    unsafe { *descriptor = opened };
    if opened < 0 { errno() } else { 0 }
}
