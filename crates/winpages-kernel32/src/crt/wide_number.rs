//! Numbers from wide text.
//!
//! The text is copied to narrow text as far as it is ASCII, which every number is, and read by the C library.

use core::ffi::{c_char, c_double, c_float, c_int, c_long, c_longlong, c_ulong, c_ulonglong};

/// The longest text that is looked at; no number of the C library needs more digits to be read exactly.
const LONGEST: usize = 1100;

/// Reads a number with one of the C library's functions.
///
/// # Safety
///
/// `text` ends in a NUL; `end` is NULL or writable.
unsafe fn read<T>(
    text: *const u16,
    end: *mut *mut u16,
    read: impl FnOnce(*const c_char, *mut *mut c_char) -> T,
) -> T {
    let mut narrow = [0u8; LONGEST + 1];
    for (at, byte) in narrow.iter_mut().take(LONGEST).enumerate() {
        // SAFETY: the NUL, which is where this stops, has not been reached.
        match unsafe { *text.add(at) } {
            0 | 0x80.. => break,
            unit => *byte = unit as u8,
        }
    }
    let start = narrow.as_ptr().cast::<c_char>();
    let mut stopped = core::ptr::null_mut();
    let value = read(start, &mut stopped);
    if !end.is_null() {
        let used = stopped.addr() - start.addr();
        // SAFETY: as the caller vouches.
        unsafe { *end = text.wrapping_add(used).cast_mut() };
    }
    value
}

unsafe extern "C" {
    fn strtof(text: *const c_char, end: *mut *mut c_char) -> c_float;
}

macro_rules! with_base {
    ($($name:ident, $function:path, $value:ty;)*) => {$(
        #[doc = concat!(stringify!($name), ", in any base.")]
        ///
        /// # Safety
        ///
        /// `text` ends in a NUL; `end` is NULL or writable.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(text: *const u16, end: *mut *mut u16, base: c_int) -> $value {
            // SAFETY: the text that the function is given ends in a NUL.
            unsafe { read(text, end, |text, end| $function(text, end, base)) }
        }
    )*};
}

with_base! {
    winpages_wcstol, libc::strtol, c_long;
    winpages_wcstoul, libc::strtoul, c_ulong;
    winpages_wcstoll, libc::strtoll, c_longlong;
    winpages_wcstoull, libc::strtoull, c_ulonglong;
    winpages_wcstoimax, libc::strtoll, c_longlong;
    winpages_wcstoumax, libc::strtoull, c_ulonglong;
    _wcstoi64, libc::strtoll, c_longlong;
    _wcstoui64, libc::strtoull, c_ulonglong;
}

/// wcstod.
///
/// # Safety
///
/// `text` ends in a NUL; `end` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcstod(text: *const u16, end: *mut *mut u16) -> c_double {
    // SAFETY: the text that the function is given ends in a NUL.
    unsafe { read(text, end, |text, end| libc::strtod(text, end)) }
}

/// wcstof.
///
/// # Safety
///
/// As [`winpages_wcstod`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcstof(text: *const u16, end: *mut *mut u16) -> c_float {
    // SAFETY: the text that the function is given ends in a NUL.
    unsafe { read(text, end, |text, end| strtof(text, end)) }
}

/// wcstold: a `double`'s precision, which is what Windows' `long double` has.
///
/// # Safety
///
/// As [`winpages_wcstod`].
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcstold(text: *const u16, end: *mut *mut u16) {
    // Rust has no long double: it is answered on the x87 stack.
    core::arch::naked_asm!(
        "sub rsp, 8",
        "call {read}",
        "movsd [rsp], xmm0",
        "fld qword ptr [rsp]",
        "add rsp, 8",
        "ret",
        read = sym winpages_wcstod,
    )
}

macro_rules! without_end {
    ($($name:ident, $function:ident, $value:ty;)*) => {$(
        #[doc = concat!(stringify!($name), ": the decimal number that the text begins with.")]
        ///
        /// # Safety
        ///
        /// `text` ends in a NUL.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(text: *const u16) -> $value {
            // SAFETY: passed on.
            unsafe { $function(text, core::ptr::null_mut(), 10) as $value }
        }
    )*};
}

without_end! {
    _wtoi, winpages_wcstol, c_int;
    _wtol, winpages_wcstol, c_long;
    _wtoi64, winpages_wcstoll, c_longlong;
    _wtoll, winpages_wcstoll, c_longlong;
}

/// _wtof.
///
/// # Safety
///
/// `text` ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wtof(text: *const u16) -> c_double {
    // SAFETY: passed on.
    unsafe { winpages_wcstod(text, core::ptr::null_mut()) }
}
