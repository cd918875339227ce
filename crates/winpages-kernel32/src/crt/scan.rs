//! scanf's engine, with the format rules of Windows, for narrow and for wide text.

use core::ffi::c_char;

use super::unit::{self, Unit};
use super::va_list::VaList;

/// Where scanned text comes from.
pub trait Source<C> {
    /// The next unit; `None` at the end.
    fn next(&mut self) -> Option<C>;
    /// Puts the last unit back.
    fn back(&mut self, unit: C);
}

/// A source that counts, and remembers one unit.
struct Input<'a, C> {
    source: &'a mut dyn Source<C>,
    count: usize,
}

impl<C: Unit> Input<'_, C> {
    fn next(&mut self) -> Option<C> {
        let unit = self.source.next();
        self.count += usize::from(unit.is_some());
        unit
    }

    fn back(&mut self, unit: C) {
        self.count -= 1;
        self.source.back(unit);
    }

    /// Skips white space; `false` at the end of the input.
    fn skip_space(&mut self) -> bool {
        while let Some(unit) = self.next() {
            if !is_space(unit) {
                self.back(unit);
                return true;
            }
        }
        false
    }
}

fn is_space<C: Unit>(unit: C) -> bool {
    matches!(unit.ascii(), b' ' | b'\t'..=b'\r')
}

/// One conversion of a format.
struct Conversion {
    suppress: bool,
    width: usize,
    /// Bytes of an integer.
    size: usize,
    /// Whether text is said to be wide or narrow.
    wide: Option<bool>,
    /// `l` or `L` before a floating-point conversion.
    double: bool,
    long_double: bool,
}

/// Scans `source` by `format`, and answers how many arguments were given a value, or -1 if the input ended first.
///
/// `secure` functions take a size after each buffer for text.
///
/// # Safety
///
/// `format` ends in a NUL, and `arguments` are pointers to what it says.
pub unsafe fn scan<C: Unit>(
    source: &mut dyn Source<C>,
    format: *const C,
    arguments: &mut VaList,
    secure: bool,
) -> i32 {
    // SAFETY: as the caller vouches.
    let mut format = unsafe { unit::text(format) };
    let mut input = Input { source, count: 0 };
    let mut assigned = 0;
    let mut converted = false;
    while let Some((&unit, rest)) = format.split_first() {
        format = rest;
        if is_space(unit) {
            input.skip_space();
            continue;
        }
        if unit.ascii() != b'%' {
            match input.next() {
                Some(next) if next == unit => continue,
                Some(next) => {
                    input.back(next);
                    return assigned;
                }
                None => return if converted { assigned } else { -1 },
            }
        }
        let (conversion, at) = parse(format);
        let Some(letter) = format.get(at) else {
            return assigned;
        };
        format = &format[at + 1..];
        let kind = letter.ascii();
        if kind == b'n' {
            if !conversion.suppress {
                // SAFETY: as the caller vouches.
                unsafe {
                    store(
                        arguments.next_pointer(),
                        input.count as u64,
                        conversion.size,
                    )
                };
            }
            continue;
        }
        if !matches!(kind, b'c' | b'C' | b'[') && !input.skip_space() {
            return if converted { assigned } else { -1 };
        }
        let outcome = match kind {
            b'd' | b'u' | b'i' | b'o' | b'x' | b'X' | b'p' => {
                // SAFETY: as the caller vouches.
                unsafe { integer(&mut input, &conversion, kind, arguments) }
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => {
                // SAFETY: as the caller vouches.
                unsafe { float(&mut input, &conversion, arguments) }
            }
            b's' | b'S' | b'c' | b'C' => {
                let opposite = kind.is_ascii_uppercase();
                let wide = conversion.wide.unwrap_or(opposite != C::WIDE);
                let single = kind.eq_ignore_ascii_case(&b'c');
                let accepts = |unit: C| single || !is_space(unit);
                // SAFETY: as the caller vouches.
                unsafe {
                    text(
                        &mut input,
                        &conversion,
                        wide,
                        single,
                        secure,
                        &accepts,
                        arguments,
                    )
                }
            }
            b'[' => {
                let (set, inverted, length) = set(format);
                format = &format[length..];
                let wide = conversion.wide.unwrap_or(C::WIDE);
                let accepts = |unit: C| contains(set, unit) != inverted;
                // SAFETY: as the caller vouches.
                unsafe {
                    text(
                        &mut input,
                        &conversion,
                        wide,
                        false,
                        secure,
                        &accepts,
                        arguments,
                    )
                }
            }
            b'%' => match input.next() {
                Some(next) if next.ascii() == b'%' => continue,
                Some(next) => {
                    input.back(next);
                    return assigned;
                }
                None => Outcome::End,
            },
            _ => return assigned,
        };
        match outcome {
            Outcome::Assigned => {
                converted = true;
                assigned += i32::from(!conversion.suppress);
            }
            Outcome::Mismatch => return assigned,
            Outcome::End => return if converted { assigned } else { -1 },
        }
    }
    assigned
}

enum Outcome {
    Assigned,
    Mismatch,
    End,
}

fn parse<C: Unit>(text: &[C]) -> (Conversion, usize) {
    let mut conversion = Conversion {
        suppress: false,
        width: 0,
        size: 4,
        wide: None,
        double: false,
        long_double: false,
    };
    let peek = |at: usize| text.get(at).map_or(0, |unit| unit.ascii());
    let mut at = 0;
    if peek(at) == b'*' {
        conversion.suppress = true;
        at += 1;
    }
    while peek(at).is_ascii_digit() {
        conversion.width = conversion
            .width
            .saturating_mul(10)
            .saturating_add(usize::from(peek(at) - b'0'));
        at += 1;
    }
    loop {
        match peek(at) {
            b'h' if conversion.size == 2 => conversion.size = 1,
            b'h' => {
                conversion.size = 2;
                conversion.wide = Some(false);
            }
            b'l' if conversion.wide == Some(true) => conversion.size = 8,
            b'l' => {
                conversion.wide = Some(true);
                conversion.double = true;
            }
            b'w' => conversion.wide = Some(true),
            b'L' => {
                conversion.long_double = true;
                conversion.size = 8;
            }
            b'j' | b'z' | b't' => conversion.size = 8,
            b'I' => match (peek(at + 1), peek(at + 2)) {
                (b'6', b'4') => {
                    conversion.size = 8;
                    at += 2;
                }
                (b'3', b'2') => at += 2,
                _ => conversion.size = 8,
            },
            _ => return (conversion, at),
        }
        at += 1;
    }
}

/// Stores the low `size` bytes of an integer.
///
/// # Safety
///
/// `to` is writable for them.
unsafe fn store(to: *mut u8, value: u64, size: usize) {
    // SAFETY: as the caller vouches; x86-64 keeps the low bytes first.
    unsafe { core::ptr::copy_nonoverlapping(value.to_le_bytes().as_ptr(), to, size) };
}

/// # Safety
///
/// The next argument points to an integer of the conversion's size.
unsafe fn integer<C: Unit>(
    input: &mut Input<'_, C>,
    conversion: &Conversion,
    kind: u8,
    arguments: &mut VaList,
) -> Outcome {
    let mut radix: u64 = match kind {
        b'o' => 8,
        b'x' | b'X' | b'p' => 16,
        b'i' => 0,
        _ => 10,
    };
    let mut room = if conversion.width == 0 {
        usize::MAX
    } else {
        conversion.width
    };
    let mut negative = false;
    let mut digits = 0;
    let mut value: u64 = 0;
    let mut first = true;
    while room > 0 {
        let Some(unit) = input.next() else {
            if first {
                return Outcome::End;
            }
            break;
        };
        room -= 1;
        let character = unit.ascii();
        if first && matches!(character, b'+' | b'-') {
            negative = character == b'-';
            first = false;
            continue;
        }
        first = false;
        if digits == 1
            && value == 0
            && matches!(character, b'x' | b'X')
            && (radix == 16 || radix == 0)
        {
            // The prefix 0x. A lone one still reads as zero.
            radix = 16;
            digits += 1;
            continue;
        }
        if radix == 0 && digits == 0 {
            radix = if character == b'0' {
                // 8, unless an x follows.
                digits += 1;
                continue;
            } else {
                10
            };
        }
        let base = if radix == 0 { 8 } else { radix };
        match (character as char).to_digit(base as u32) {
            Some(digit) => value = value.wrapping_mul(base).wrapping_add(digit.into()),
            None => {
                input.back(unit);
                break;
            }
        }
        digits += 1;
    }
    if digits == 0 {
        return Outcome::Mismatch;
    }
    if negative {
        value = value.wrapping_neg();
    }
    if !conversion.suppress {
        let size = if kind == b'p' { 8 } else { conversion.size };
        // SAFETY: as the caller vouches.
        unsafe { store(arguments.next_pointer(), value, size) };
    }
    Outcome::Assigned
}

/// # Safety
///
/// The next argument points to a `float`, or a `double` or `long double` if the conversion says so.
unsafe fn float<C: Unit>(
    input: &mut Input<'_, C>,
    conversion: &Conversion,
    arguments: &mut VaList,
) -> Outcome {
    let room = if conversion.width == 0 {
        512
    } else {
        conversion.width.min(512)
    };
    let mut text: Vec<u8> = Vec::new();
    while text.len() < room {
        let Some(unit) = input.next() else { break };
        let character = unit.ascii();
        let exponent = text
            .last()
            .is_some_and(|last| matches!(last, b'e' | b'E' | b'p' | b'P'));
        let belongs = match character {
            b'+' | b'-' => text.is_empty() || exponent,
            b'.' => !text.contains(&b'.'),
            _ => character.is_ascii_alphanumeric(),
        };
        if !belongs {
            input.back(unit);
            break;
        }
        text.push(character);
    }
    if text.is_empty() {
        return Outcome::Mismatch;
    }
    text.push(0);
    let start = text.as_ptr().cast::<c_char>();
    let mut end = core::ptr::null_mut();
    // SAFETY: the text ends in a NUL.
    let value = unsafe { libc::strtod(start, &mut end) };
    if end.addr() == start.addr() {
        return Outcome::Mismatch;
    }
    // Letters that turned out to belong to no number go back; only the last can be put back for certain.
    let used = end.addr() - start.addr();
    for &byte in text[used..text.len() - 1].iter().rev() {
        input.back(C::from_ascii(byte));
    }
    if conversion.suppress {
        return Outcome::Assigned;
    }
    // SAFETY: as the caller vouches.
    let to = unsafe { arguments.next_pointer::<u8>() };
    if conversion.long_double {
        // SAFETY: the argument points to a long double of ten bytes in sixteen.
        unsafe { core::ptr::copy_nonoverlapping(extended_from_double(value).as_ptr(), to, 10) };
    } else if conversion.double {
        // SAFETY: the argument points to a double.
        unsafe { to.cast::<f64>().write_unaligned(value) };
    } else {
        // SAFETY: the argument points to a float.
        unsafe { to.cast::<f32>().write_unaligned(value as f32) };
    }
    Outcome::Assigned
}

/// The x87 number that a `double` is.
fn extended_from_double(value: f64) -> [u8; 10] {
    let bits = value.to_bits();
    let sign = ((bits >> 48) & 0x8000) as u16;
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (significand, exponent) = match exponent {
        0 if fraction == 0 => (0, 0),
        0 => {
            let shift = fraction.leading_zeros();
            (fraction << shift, 16383 - 1022 + 11 - shift as i32)
        }
        0x7ff => ((1 << 63) | fraction << 11, 0x7fff),
        _ => ((1 << 63) | fraction << 11, exponent - 1023 + 16383),
    };
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&significand.to_le_bytes());
    bytes[8..].copy_from_slice(&(sign | exponent as u16).to_le_bytes());
    bytes
}

/// The set after `[`: its text, whether it is inverted, and how much of the format it takes.
fn set<C: Unit>(format: &[C]) -> (&[C], bool, usize) {
    let inverted = format.first().is_some_and(|unit| unit.ascii() == b'^');
    let start = usize::from(inverted);
    // A bracket that comes first is a member.
    let search = (start + 1).min(format.len());
    let end = format[search..]
        .iter()
        .position(|unit| unit.ascii() == b']')
        .map_or(format.len(), |at| search + at);
    (
        &format[start.min(end)..end],
        inverted,
        (end + 1).min(format.len()),
    )
}

fn contains<C: Unit>(set: &[C], unit: C) -> bool {
    let mut at = 0;
    while at < set.len() {
        let range = at + 2 < set.len() && set[at + 1].ascii() == b'-';
        if range {
            let (low, high) = (set[at].min(set[at + 2]), set[at].max(set[at + 2]));
            if (low..=high).contains(&unit) {
                return true;
            }
            at += 3;
        } else if set[at] == unit {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

/// Scans text into a buffer of narrow or wide characters.
///
/// # Safety
///
/// The next argument points to a buffer that is large enough, or of the size that the argument after it says.
unsafe fn text<C: Unit>(
    input: &mut Input<'_, C>,
    conversion: &Conversion,
    wide: bool,
    single: bool,
    secure: bool,
    accepts: &dyn Fn(C) -> bool,
    arguments: &mut VaList,
) -> Outcome {
    let room = match conversion.width {
        0 if single => 1,
        0 => usize::MAX,
        width => width,
    };
    let mut found: Vec<C> = Vec::new();
    let mut ended = false;
    while found.len() < room {
        let Some(unit) = input.next() else {
            ended = true;
            break;
        };
        if !accepts(unit) {
            input.back(unit);
            break;
        }
        found.push(unit);
    }
    if found.is_empty() {
        return if ended {
            Outcome::End
        } else {
            Outcome::Mismatch
        };
    }
    if conversion.suppress {
        return Outcome::Assigned;
    }
    // SAFETY: as the caller vouches.
    let to = unsafe { arguments.next_pointer::<u8>() };
    let size = if secure {
        // SAFETY: as the caller vouches.
        let size = unsafe { arguments.next_integer() };
        size as u32 as usize
    } else {
        usize::MAX
    };
    let stored = if wide {
        let units: Vec<u16> = match C::WIDE {
            true => found.iter().map(|unit| unit.value() as u16).collect(),
            false => {
                let bytes: Vec<u8> = found.iter().map(|unit| unit.value() as u8).collect();
                String::from_utf8_lossy(&bytes).encode_utf16().collect()
            }
        };
        // SAFETY: as the caller vouches.
        unsafe { put(to.cast::<u16>(), size, &units, !single) }
    } else {
        let bytes: Vec<u8> = match C::WIDE {
            false => found.iter().map(|unit| unit.value() as u8).collect(),
            true => {
                let units: Vec<u16> = found.iter().map(|unit| unit.value() as u16).collect();
                String::from_utf16_lossy(&units).into_bytes()
            }
        };
        // SAFETY: as the caller vouches.
        unsafe { put(to, size, &bytes, !single) }
    };
    if stored {
        Outcome::Assigned
    } else {
        Outcome::Mismatch
    }
}

/// Stores text, with a NUL if `end`; an empty text and `false` if it does not fit.
///
/// # Safety
///
/// `to` is writable for `size` units, or for all of them if the size is unknown.
unsafe fn put<C: Unit>(to: *mut C, size: usize, units: &[C], end: bool) -> bool {
    if units.len() + usize::from(end) > size {
        if size > 0 {
            // SAFETY: there is room for one unit.
            unsafe { *to = C::default() };
        }
        return false;
    }
    // SAFETY: the units fit.
    unsafe { core::ptr::copy_nonoverlapping(units.as_ptr(), to, units.len()) };
    if end {
        // SAFETY: there is room for the NUL.
        unsafe { *to.add(units.len()) = C::default() };
    }
    true
}
