//! printf's engine, with the format rules of Windows, for narrow and for wide text.
//!
//! They differ from glibc's in what a program sees most: `l` means 32 bits, `I64`, `I32` and `I` say a size, `%s` is
//! of the function's own width and `%S` of the other, and `%p` is sixteen digits.

use core::slice;

use super::format_float;
use super::unit::{self, Unit};
use super::va_list::VaList;

/// Where formatted text goes.
pub trait Sink<C> {
    /// Takes more text.
    fn write(&mut self, units: &[C]);
}

/// How many bytes an integer argument has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    One,
    Two,
    Four,
    Eight,
}

/// One conversion of a format: everything between `%` and the letter.
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
    /// Whether text is said to be wide (`l`, `w`) or narrow (`h`).
    wide: Option<bool>,
    long_double: bool,
}

/// A sink, and how many units it was given.
struct Output<'a, C> {
    sink: &'a mut dyn Sink<C>,
    count: usize,
}

impl<C: Unit> Output<'_, C> {
    fn write(&mut self, units: &[C]) {
        self.sink.write(units);
        self.count += units.len();
    }

    fn ascii(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(64) {
            let mut units = [C::default(); 64];
            for (unit, byte) in units.iter_mut().zip(chunk) {
                *unit = C::from_ascii(*byte);
            }
            self.write(&units[..chunk.len()]);
        }
    }

    fn fill(&mut self, character: u8, mut count: usize) {
        let units = [C::from_ascii(character); 64];
        while count > 0 {
            let step = count.min(units.len());
            self.write(&units[..step]);
            count -= step;
        }
    }
}

/// Formats `arguments` into `sink`, and answers how many units that took; `None` for a format that is refused: Windows
/// switches `%n` off.
///
/// # Safety
///
/// `format` ends in a NUL, and `arguments` are what it says.
pub unsafe fn format<C: Unit>(
    sink: &mut dyn Sink<C>,
    format: *const C,
    arguments: &mut VaList,
) -> Option<usize> {
    // SAFETY: as the caller vouches.
    let mut rest = unsafe { unit::text(format) };
    let mut output = Output { sink, count: 0 };
    loop {
        let plain = rest
            .iter()
            .position(|unit| unit.ascii() == b'%')
            .unwrap_or(rest.len());
        if plain > 0 {
            output.write(&rest[..plain]);
        }
        let Some((_, after)) = rest[plain..].split_first() else {
            return Some(output.count);
        };
        // SAFETY: the arguments are what the format says.
        let (conversion, letter_at) = unsafe { parse(after, arguments) };
        let Some(letter) = after.get(letter_at) else {
            return Some(output.count);
        };
        // SAFETY: the arguments are what the format says.
        if !unsafe { convert(&mut output, &conversion, *letter, arguments) } {
            return None;
        }
        rest = &after[letter_at + 1..];
    }
}

/// Reads flags, width, precision and size; answers them and where the letter stands.
///
/// # Safety
///
/// The arguments for `*` are `int`s.
unsafe fn parse<C: Unit>(text: &[C], arguments: &mut VaList) -> (Conversion, usize) {
    let mut conversion = Conversion {
        left: false,
        plus: false,
        space: false,
        alternate: false,
        zero: false,
        width: 0,
        precision: None,
        size: Size::Four,
        wide: None,
        long_double: false,
    };
    let mut at = 0;
    let peek = |at: usize| text.get(at).map_or(0, |unit| unit.ascii());
    loop {
        match peek(at) {
            b'-' => conversion.left = true,
            b'+' => conversion.plus = true,
            b' ' => conversion.space = true,
            b'#' => conversion.alternate = true,
            b'0' => conversion.zero = true,
            _ => break,
        }
        at += 1;
    }
    let number = |at: &mut usize| {
        let mut value = 0usize;
        while peek(*at).is_ascii_digit() {
            value = value
                .saturating_mul(10)
                .saturating_add(usize::from(peek(*at) - b'0'));
            *at += 1;
        }
        value.min(i32::MAX as usize)
    };
    if peek(at) == b'*' {
        at += 1;
        // SAFETY: as the caller vouches.
        let width = unsafe { arguments.next_integer() } as i32;
        conversion.left |= width < 0;
        conversion.width = width.unsigned_abs() as usize;
    } else {
        conversion.width = number(&mut at);
    }
    if peek(at) == b'.' {
        at += 1;
        conversion.precision = if peek(at) == b'*' {
            at += 1;
            // SAFETY: as the caller vouches.
            usize::try_from(unsafe { arguments.next_integer() } as i32).ok()
        } else {
            Some(number(&mut at))
        };
    }
    loop {
        match peek(at) {
            b'h' if conversion.size == Size::Two => conversion.size = Size::One,
            b'h' => {
                conversion.size = Size::Two;
                conversion.wide = Some(false);
            }
            b'l' if conversion.wide == Some(true) => conversion.size = Size::Eight,
            // A long has 32 bits on Windows.
            b'l' => conversion.wide = Some(true),
            b'w' => conversion.wide = Some(true),
            b'j' | b'z' | b't' => conversion.size = Size::Eight,
            b'L' => {
                conversion.long_double = true;
                conversion.size = Size::Eight;
            }
            b'I' => {
                let (size, digits) = match (peek(at + 1), peek(at + 2)) {
                    (b'6', b'4') => (Size::Eight, 2),
                    (b'3', b'2') => (Size::Four, 2),
                    _ => (Size::Eight, 0),
                };
                conversion.size = size;
                at += digits;
            }
            _ => return (conversion, at),
        }
        at += 1;
    }
}

/// Carries out one conversion; `false` if it is refused.
///
/// # Safety
///
/// The next argument is what the conversion says.
unsafe fn convert<C: Unit>(
    output: &mut Output<'_, C>,
    conversion: &Conversion,
    letter: C,
    arguments: &mut VaList,
) -> bool {
    match letter.ascii() {
        b'd' | b'i' => {
            // SAFETY: as the caller vouches.
            let argument = unsafe { arguments.next_integer() };
            let value = match conversion.size {
                Size::One => i64::from(argument as i8),
                Size::Two => i64::from(argument as i16),
                Size::Four => i64::from(argument as i32),
                Size::Eight => argument as i64,
            };
            let sign: &[u8] = match value {
                ..0 => b"-",
                _ if conversion.plus => b"+",
                _ if conversion.space => b" ",
                _ => b"",
            };
            integer(output, conversion, sign, value.unsigned_abs(), 10, false);
        }
        kind @ (b'u' | b'x' | b'X' | b'o') => {
            // SAFETY: as the caller vouches.
            let argument = unsafe { arguments.next_integer() };
            let value = match conversion.size {
                Size::One => argument & 0xff,
                Size::Two => argument & 0xffff,
                Size::Four => argument & 0xffff_ffff,
                Size::Eight => argument,
            };
            let (radix, prefix): (u64, &[u8]) = match kind {
                b'u' => (10, b""),
                b'o' => (8, if conversion.alternate { b"0" } else { b"" }),
                _ if !conversion.alternate || value == 0 => (16, b""),
                b'x' => (16, b"0x"),
                _ => (16, b"0X"),
            };
            integer(output, conversion, prefix, value, radix, kind == b'X');
        }
        b'p' => {
            // SAFETY: as the caller vouches.
            let value = unsafe { arguments.next_integer() };
            let pointer = Conversion {
                precision: Some(16),
                zero: false,
                ..*conversion
            };
            integer(output, &pointer, b"", value, 16, true);
        }
        kind @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A') => {
            let value = if conversion.long_double {
                // SAFETY: as the caller vouches.
                unsafe { arguments.next_long_double() }
            } else {
                // SAFETY: as the caller vouches.
                unsafe { arguments.next_double() }
            };
            let style = format_float::Style {
                left: conversion.left,
                plus: conversion.plus,
                space: conversion.space,
                alternate: conversion.alternate,
                zero: conversion.zero,
                width: conversion.width,
                precision: conversion.precision,
            };
            format_float::format(value, kind, &style, &mut |digits| output.ascii(digits));
        }
        kind @ (b'c' | b'C') => {
            // SAFETY: as the caller vouches.
            let argument = unsafe { arguments.next_integer() };
            let wide = conversion.wide.unwrap_or((kind == b'C') != C::WIDE);
            character(output, conversion, argument, wide);
        }
        kind @ (b's' | b'S') => {
            // SAFETY: as the caller vouches.
            let argument = unsafe { arguments.next_pointer::<u8>() };
            let wide = conversion.wide.unwrap_or((kind == b'S') != C::WIDE);
            // SAFETY: the argument is text of this width.
            unsafe { string(output, conversion, argument, wide) };
        }
        b'n' => return false,
        // A percent sign, or a letter that means nothing, stands for itself.
        _ => output.write(&[letter]),
    }
    true
}

/// Writes an integer: padding, sign or prefix, zeros, digits.
fn integer<C: Unit>(
    output: &mut Output<'_, C>,
    conversion: &Conversion,
    prefix: &[u8],
    mut value: u64,
    radix: u64,
    upper: bool,
) {
    let mut digits = [0u8; 22];
    let mut start = digits.len();
    while value > 0 {
        start -= 1;
        let digit = (value % radix) as u8;
        digits[start] = match digit {
            0..=9 => b'0' + digit,
            _ if upper => b'A' + digit - 10,
            _ => b'a' + digit - 10,
        };
        value /= radix;
    }
    let digits = &digits[start..];
    // The zero that # puts before an octal number counts towards its precision.
    let octal = prefix == b"0";
    let prefix = if octal { b"" } else { prefix };
    let minimum = conversion
        .precision
        .unwrap_or(1)
        .max(if octal { digits.len() + 1 } else { 0 });
    let mut zeros = minimum.saturating_sub(digits.len());
    let used = prefix.len() + zeros + digits.len();
    let mut padding = conversion.width.saturating_sub(used);
    if conversion.zero && !conversion.left && conversion.precision.is_none() {
        zeros += padding;
        padding = 0;
    }
    if !conversion.left {
        output.fill(b' ', padding);
    }
    output.ascii(prefix);
    output.fill(b'0', zeros);
    output.ascii(digits);
    if conversion.left {
        output.fill(b' ', padding);
    }
}

/// Writes one character, of the function's own width or converted to it.
fn character<C: Unit>(
    output: &mut Output<'_, C>,
    conversion: &Conversion,
    argument: u64,
    wide: bool,
) {
    let mut units = [C::default(); 4];
    let count = if wide && !C::WIDE {
        let character =
            char::from_u32(u32::from(argument as u16)).unwrap_or(char::REPLACEMENT_CHARACTER);
        C::encode(character, &mut units)
    } else if wide {
        // A unit of UTF-16, which half of a pair is too: it reaches the sink as it is.
        units[0] = C::from_low(argument);
        1
    } else if C::WIDE {
        let character = if (argument as u8).is_ascii() {
            argument as u8 as char
        } else {
            char::REPLACEMENT_CHARACTER
        };
        C::encode(character, &mut units)
    } else {
        units[0] = C::from_low(argument);
        1
    };
    pad(output, conversion, &units[..count]);
}

fn pad<C: Unit>(output: &mut Output<'_, C>, conversion: &Conversion, units: &[C]) {
    let padding = conversion.width.saturating_sub(units.len());
    let fill = if conversion.zero && !conversion.left {
        b'0'
    } else {
        b' '
    };
    if !conversion.left {
        output.fill(fill, padding);
    }
    output.write(units);
    if conversion.left {
        output.fill(b' ', padding);
    }
}

/// Writes text, of the function's own width or converted to it; the precision limits what is read.
///
/// # Safety
///
/// `argument` is NULL or text of the stated width that ends in a NUL or is as long as the precision.
unsafe fn string<C: Unit>(
    output: &mut Output<'_, C>,
    conversion: &Conversion,
    argument: *const u8,
    wide: bool,
) {
    let limit = conversion.precision.unwrap_or(usize::MAX);
    if argument.is_null() {
        let null: Vec<C> = b"(null)"
            .iter()
            .take(limit)
            .map(|byte| C::from_ascii(*byte))
            .collect();
        return pad(output, conversion, &null);
    }
    if wide == C::WIDE {
        // SAFETY: the text is of the function's width.
        let text = unsafe {
            slice::from_raw_parts(
                argument.cast::<C>(),
                unit::length_within(argument.cast::<C>(), limit),
            )
        };
        return pad(output, conversion, text);
    }
    let mut converted: Vec<C> = Vec::new();
    let mut push = |character: char| {
        let mut units = [C::default(); 4];
        let count = C::encode(character, &mut units);
        let fits = C::WIDE || converted.len() + count <= limit;
        if fits {
            converted.extend_from_slice(&units[..count]);
        }
        fits
    };
    if wide {
        let argument = argument.cast::<u16>();
        // SAFETY: each unit of text takes at least one byte, so no more than the limit is read.
        let text = unsafe { slice::from_raw_parts(argument, unit::length_within(argument, limit)) };
        for character in char::decode_utf16(text.iter().copied()) {
            if !push(character.unwrap_or(char::REPLACEMENT_CHARACTER)) {
                break;
            }
        }
    } else {
        // SAFETY: the text is narrow.
        let text = unsafe { slice::from_raw_parts(argument, unit::length_within(argument, limit)) };
        for character in String::from_utf8_lossy(text).chars() {
            push(character);
        }
    }
    pad(output, conversion, &converted);
}
