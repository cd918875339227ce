//! One character of C text: a byte of UTF-8, or a unit of UTF-16.

use core::slice;

/// What narrow (`u8`) and wide (`u16`) text have in common.
pub trait Unit: Copy + Eq + Ord + Default + 'static {
    /// Whether this is wide text.
    const WIDE: bool;
    /// The unit's number.
    fn value(self) -> u32;
    /// The unit of an ASCII character.
    fn from_ascii(character: u8) -> Self;
    /// The unit that an argument's low bits are.
    fn from_low(argument: u64) -> Self;
    /// The character if it is ASCII, and 0xff otherwise.
    fn ascii(self) -> u8 {
        let value = self.value();
        if value < 0x80 { value as u8 } else { 0xff }
    }
    /// Writes a character as units, and answers how many.
    fn encode(character: char, units: &mut [Self; 4]) -> usize;
}

impl Unit for u8 {
    const WIDE: bool = false;
    fn value(self) -> u32 {
        self.into()
    }
    fn from_ascii(character: u8) -> Self {
        character
    }
    fn from_low(argument: u64) -> Self {
        argument as u8
    }
    fn encode(character: char, units: &mut [Self; 4]) -> usize {
        character.encode_utf8(units).len()
    }
}

impl Unit for u16 {
    const WIDE: bool = true;
    fn value(self) -> u32 {
        self.into()
    }
    fn from_ascii(character: u8) -> Self {
        character.into()
    }
    fn from_low(argument: u64) -> Self {
        argument as u16
    }
    fn encode(character: char, units: &mut [Self; 4]) -> usize {
        character.encode_utf16(units).len()
    }
}

/// How many units stand before the NUL, looking at `limit` at most.
///
/// # Safety
///
/// `text` is readable up to its NUL or for `limit` units.
pub unsafe fn length_within<C: Unit>(text: *const C, limit: usize) -> usize {
    let mut count = 0;
    // SAFETY: neither the NUL nor the limit has been reached before `count`.
    while count < limit && unsafe { *text.add(count) } != C::default() {
        count += 1;
    }
    count
}

/// How many units stand before the NUL.
///
/// # Safety
///
/// `text` ends in a NUL.
pub unsafe fn length<C: Unit>(text: *const C) -> usize {
    // SAFETY: as the caller vouches.
    unsafe { length_within(text, usize::MAX) }
}

/// The text without its NUL.
///
/// # Safety
///
/// `text` ends in a NUL, and nobody writes to it while the answer is used.
pub unsafe fn text<'a, C: Unit>(text: *const C) -> &'a [C] {
    // SAFETY: the units up to the NUL are readable.
    unsafe { slice::from_raw_parts(text, length(text)) }
}

/// Copies text and ends it with a NUL.
///
/// # Safety
///
/// `destination` is writable for one unit more than `source` has.
pub unsafe fn put<C: Unit>(destination: *mut C, source: &[C]) {
    // SAFETY: as the caller vouches; the source may be part of the destination's memory.
    unsafe {
        core::ptr::copy(source.as_ptr(), destination, source.len());
        *destination.add(source.len()) = C::default();
    }
}
