//! C's wide string functions over UTF-16.

use core::cmp::Ordering;
use core::ffi::c_int;
use core::ptr;

use super::unit;

fn sign(ordering: Ordering) -> c_int {
    ordering as c_int
}

/// The address of the unit at `at`, or NULL.
fn address(text: *const u16, at: Option<usize>) -> *mut u16 {
    at.map_or(ptr::null_mut(), |at| text.wrapping_add(at).cast_mut())
}

/// Where `needle` begins in `text`.
fn find(text: &[u16], needle: &[u16]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    text.windows(needle.len())
        .position(|window| window == needle)
}

/// wcslen.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcslen(text: *const u16) -> usize {
    // SAFETY: as the caller vouches.
    unsafe { unit::length(text) }
}

/// wcsnlen.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsnlen(text: *const u16, limit: usize) -> usize {
    // SAFETY: as the caller vouches.
    unsafe { unit::length_within(text, limit) }
}

/// wcscpy.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscpy(destination: *mut u16, source: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { unit::put(destination, unit::text(source)) };
    destination
}

/// wcpcpy: wcscpy that answers the end.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcpcpy(destination: *mut u16, source: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let text = unsafe { unit::text(source) };
    // SAFETY: as the caller vouches.
    unsafe { unit::put(destination, text) };
    destination.wrapping_add(text.len())
}

/// wcsncpy: exactly `count` units, the rest zero.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsncpy(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe {
        let length = unit::length_within(source, count);
        ptr::copy(source, destination, length);
        ptr::write_bytes(destination.add(length), 0, count - length);
    }
    destination
}

/// wcpncpy: wcsncpy that answers the end of the text.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcpncpy(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let length = unsafe { unit::length_within(source, count) };
    // SAFETY: as the caller vouches.
    unsafe { winpages_wcsncpy(destination, source, count) };
    destination.wrapping_add(length)
}

/// wcscat.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscat(destination: *mut u16, source: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe {
        unit::put(
            destination.add(unit::length(destination)),
            unit::text(source),
        )
    };
    destination
}

/// wcsncat: at most `count` units, and a NUL.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsncat(
    destination: *mut u16,
    source: *const u16,
    count: usize,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe {
        let end = destination.add(unit::length(destination));
        let length = unit::length_within(source, count);
        ptr::copy(source, end, length);
        *end.add(length) = 0;
    }
    destination
}

/// wcscmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscmp(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { sign(unit::text(left).cmp(unit::text(right))) }
}

/// wcsncmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsncmp(
    left: *const u16,
    right: *const u16,
    count: usize,
) -> c_int {
    for at in 0..count {
        // SAFETY: neither text has ended before `at`.
        let (left, right) = unsafe { (*left.add(at), *right.add(at)) };
        if left != right {
            return sign(left.cmp(&right));
        }
        if left == 0 {
            break;
        }
    }
    0
}

/// wcschr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcschr(text: *const u16, character: u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let units = unsafe { unit::text(text) };
    // The NUL is found too.
    let end = (character == 0).then_some(units.len());
    address(
        text,
        units.iter().position(|unit| *unit == character).or(end),
    )
}

/// wcschrnul: wcschr that answers the end where the character is not found.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcschrnul(text: *const u16, character: u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let units = unsafe { unit::text(text) };
    address(
        text,
        units
            .iter()
            .position(|unit| *unit == character)
            .or(Some(units.len())),
    )
}

/// wcsrchr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsrchr(text: *const u16, character: u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let units = unsafe { unit::text(text) };
    let end = (character == 0).then_some(units.len());
    address(
        text,
        end.or_else(|| units.iter().rposition(|unit| *unit == character)),
    )
}

/// wcsstr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsstr(text: *const u16, needle: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { address(text, find(unit::text(text), unit::text(needle))) }
}

/// wcswcs, which is wcsstr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcswcs(text: *const u16, needle: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { winpages_wcsstr(text, needle) }
}

/// wcspbrk.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcspbrk(text: *const u16, set: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let (units, set) = unsafe { (unit::text(text), unit::text(set)) };
    address(text, units.iter().position(|unit| set.contains(unit)))
}

/// wcsspn.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsspn(text: *const u16, set: *const u16) -> usize {
    // SAFETY: as the caller vouches.
    let (units, set) = unsafe { (unit::text(text), unit::text(set)) };
    units
        .iter()
        .position(|unit| !set.contains(unit))
        .unwrap_or(units.len())
}

/// wcscspn.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscspn(text: *const u16, set: *const u16) -> usize {
    // SAFETY: as the caller vouches.
    let (units, set) = unsafe { (unit::text(text), unit::text(set)) };
    units
        .iter()
        .position(|unit| set.contains(unit))
        .unwrap_or(units.len())
}

/// wcstok.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcstok(
    text: *mut u16,
    delimiters: *const u16,
    context: *mut *mut u16,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe {
        let start = if text.is_null() { *context } else { text };
        if start.is_null() {
            return ptr::null_mut();
        }
        let token = start.add(winpages_wcsspn(start, delimiters));
        let end = token.add(winpages_wcscspn(token, delimiters));
        if token == end {
            *context = ptr::null_mut();
            return ptr::null_mut();
        }
        if *end == 0 {
            *context = ptr::null_mut();
        } else {
            *end = 0;
            *context = end.add(1);
        }
        token
    }
}

/// wcstok_s, which is wcstok.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcstok_s(
    text: *mut u16,
    delimiters: *const u16,
    context: *mut *mut u16,
) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { winpages_wcstok(text, delimiters, context) }
}

/// wcsnlen_s: wcsnlen for which NULL is empty.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcsnlen_s(text: *const u16, limit: usize) -> usize {
    if text.is_null() {
        return 0;
    }
    // SAFETY: as the caller vouches.
    unsafe { winpages_wcsnlen(text, limit) }
}

/// wcsdup: a copy that free() frees.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsdup(text: *const u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let units = unsafe { unit::text(text) };
    // SAFETY: malloc takes any size.
    let copy = unsafe { libc::malloc((units.len() + 1) * 2) }.cast::<u16>();
    if !copy.is_null() {
        // SAFETY: there is room for the text and its NUL.
        unsafe { unit::put(copy, units) };
    }
    copy
}

/// _wcsdup: a copy that free() frees; NULL for NULL.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsdup(text: *const u16) -> *mut u16 {
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: as the caller vouches.
    unsafe { winpages_wcsdup(text) }
}

/// wcscoll: the order of the locale, over UTF-8.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscoll(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    let (left, right) = unsafe { (narrow(left), narrow(right)) };
    // SAFETY: both end in a NUL.
    unsafe { libc::strcoll(left.as_ptr().cast(), right.as_ptr().cast()) }
}

/// wcsxfrm: text whose plain order is the locale's.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsxfrm(
    destination: *mut u16,
    source: *const u16,
    size: usize,
) -> usize {
    // SAFETY: as the caller vouches.
    let source = unsafe { narrow(source) };
    // SAFETY: a size of 0 only asks for the length.
    let length = unsafe { libc::strxfrm(ptr::null_mut(), source.as_ptr().cast(), 0) };
    let mut bytes = vec![0u8; length + 1];
    // SAFETY: there is room for the length and the NUL.
    unsafe {
        libc::strxfrm(
            bytes.as_mut_ptr().cast(),
            source.as_ptr().cast(),
            bytes.len(),
        )
    };
    if length < size {
        let units: Vec<u16> = bytes[..length]
            .iter()
            .map(|byte| u16::from(*byte))
            .collect();
        // SAFETY: as the caller vouches.
        unsafe { unit::put(destination, &units) };
    }
    length
}

/// The text in UTF-8, with a NUL.
///
/// # Safety
///
/// `text` ends in a NUL.
unsafe fn narrow(text: *const u16) -> Vec<u8> {
    // SAFETY: as the caller vouches.
    let mut bytes = String::from_utf16_lossy(unsafe { unit::text(text) }).into_bytes();
    bytes.push(0);
    bytes
}
