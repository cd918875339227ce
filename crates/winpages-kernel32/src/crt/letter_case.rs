//! Letter case: comparison without it, and changing it, for narrow and for wide text.
//!
//! Narrow text changes the ASCII letters only, as Windows' C locale does; wide text every letter that has a single
//! counterpart.

use core::cmp::Ordering;
use core::ffi::{c_char, c_int};

use super::unit::{self, Unit};

/// A unit that has two cases.
pub trait Cased: Unit {
    /// The lower-case counterpart, or itself.
    fn lower(self) -> Self;
    /// The upper-case counterpart, or itself.
    fn upper(self) -> Self;
}

impl Cased for u8 {
    fn lower(self) -> Self {
        self.to_ascii_lowercase()
    }
    fn upper(self) -> Self {
        self.to_ascii_uppercase()
    }
}

/// The only unit of `characters`, if it is one.
fn single(unit: u16, mut characters: impl Iterator<Item = char>) -> u16 {
    match (characters.next(), characters.next()) {
        (Some(character), None) => u16::try_from(u32::from(character)).unwrap_or(unit),
        _ => unit,
    }
}

impl Cased for u16 {
    fn lower(self) -> Self {
        char::from_u32(self.into()).map_or(self, |character| single(self, character.to_lowercase()))
    }
    fn upper(self) -> Self {
        char::from_u32(self.into()).map_or(self, |character| single(self, character.to_uppercase()))
    }
}

/// # Safety
///
/// Both texts end in a NUL or are `count` units long.
unsafe fn compare<C: Cased>(left: *const C, right: *const C, count: usize) -> c_int {
    if left.is_null() || right.is_null() {
        // SAFETY: it is the calling thread's own errno.
        unsafe { *libc::__errno_location() = libc::EINVAL };
        return c_int::MAX;
    }
    for at in 0..count {
        // SAFETY: neither text has ended before `at`.
        let (left, right) = unsafe { ((*left.add(at)).lower(), (*right.add(at)).lower()) };
        if left != right {
            return if left.cmp(&right) == Ordering::Less {
                -1
            } else {
                1
            };
        }
        if left == C::default() {
            break;
        }
    }
    0
}

/// # Safety
///
/// `text` ends in a NUL.
unsafe fn change<C: Cased>(text: *mut C, to: fn(C) -> C) -> *mut C {
    // SAFETY: as the caller vouches.
    let length = unsafe { unit::length(text) };
    for at in 0..length {
        // SAFETY: `at` lies before the NUL.
        unsafe { *text.add(at) = to(*text.add(at)) };
    }
    text
}

/// # Safety
///
/// `text` is NULL or writable for `size` units.
unsafe fn change_within<C: Cased>(text: *mut C, size: usize, to: fn(C) -> C) -> c_int {
    // SAFETY: as the caller vouches.
    if text.is_null() || unsafe { unit::length_within(text, size) } == size {
        return libc::EINVAL;
    }
    // SAFETY: the NUL was found.
    unsafe { change(text, to) };
    0
}

/// # Safety
///
/// `text` ends in a NUL.
unsafe fn reverse<C: Unit>(text: *mut C) -> *mut C {
    // SAFETY: the units before the NUL are writable.
    unsafe { core::slice::from_raw_parts_mut(text, unit::length(text)) }.reverse();
    text
}

/// # Safety
///
/// `text` ends in a NUL.
unsafe fn set<C: Unit>(text: *mut C, character: C) -> *mut C {
    // SAFETY: the units before the NUL are writable.
    unsafe { core::slice::from_raw_parts_mut(text, unit::length(text)) }.fill(character);
    text
}

/// _stricmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _stricmp(left: *const c_char, right: *const c_char) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left.cast::<u8>(), right.cast::<u8>(), usize::MAX) }
}

/// _strnicmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strnicmp(
    left: *const c_char,
    right: *const c_char,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left.cast::<u8>(), right.cast::<u8>(), count) }
}

/// _memicmp: memcmp without letter case.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _memicmp(left: *const u8, right: *const u8, count: usize) -> c_int {
    for at in 0..count {
        // SAFETY: as the caller vouches.
        let (left, right) = unsafe { ((*left.add(at)).lower(), (*right.add(at)).lower()) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// _wcsicmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsicmp(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left, right, usize::MAX) }
}

/// _wcsicoll, which orders as _wcsicmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsicoll(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left, right, usize::MAX) }
}

/// _wcsnicmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsnicmp(left: *const u16, right: *const u16, count: usize) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left, right, count) }
}

/// wcscasecmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcscasecmp(left: *const u16, right: *const u16) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left, right, usize::MAX) }
}

/// wcsncasecmp.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wcsncasecmp(
    left: *const u16,
    right: *const u16,
    count: usize,
) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { compare(left, right, count) }
}

/// _strlwr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strlwr(text: *mut c_char) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { change(text.cast::<u8>(), u8::lower).cast() }
}

/// _strupr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strupr(text: *mut c_char) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { change(text.cast::<u8>(), u8::upper).cast() }
}

/// _strlwr_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strlwr_s(text: *mut c_char, size: usize) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { change_within(text.cast::<u8>(), size, u8::lower) }
}

/// _strupr_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strupr_s(text: *mut c_char, size: usize) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { change_within(text.cast::<u8>(), size, u8::upper) }
}

/// _strrev: the text backwards.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strrev(text: *mut c_char) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { reverse(text.cast::<u8>()).cast() }
}

/// _strset: every character replaced.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _strset(text: *mut c_char, character: c_int) -> *mut c_char {
    // SAFETY: as the caller vouches.
    unsafe { set(text.cast::<u8>(), character as u8).cast() }
}

/// _wcslwr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcslwr(text: *mut u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { change(text, u16::lower) }
}

/// _wcsupr.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsupr(text: *mut u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { change(text, u16::upper) }
}

/// _wcslwr_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcslwr_s(text: *mut u16, size: usize) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { change_within(text, size, u16::lower) }
}

/// _wcsupr_s.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsupr_s(text: *mut u16, size: usize) -> c_int {
    // SAFETY: as the caller vouches.
    unsafe { change_within(text, size, u16::upper) }
}

/// _wcsrev: the text backwards.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsrev(text: *mut u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { reverse(text) }
}

/// _wcsset: every unit replaced.
///
/// # Safety
///
/// The pointers are what C says they are: text ends in a NUL, and what is written to has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _wcsset(text: *mut u16, character: u16) -> *mut u16 {
    // SAFETY: as the caller vouches.
    unsafe { set(text, character) }
}

/// towupper.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_towupper(character: u32) -> u32 {
    u16::try_from(character).map_or(character, |unit| unit.upper().into())
}

/// towlower.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_towlower(character: u32) -> u32 {
    u16::try_from(character).map_or(character, |unit| unit.lower().into())
}
