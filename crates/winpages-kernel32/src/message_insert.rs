//! The inserts of FormatMessage: `%1`, `%2!08lx!`, `%n`, and the width of lines.

use core::ffi::{CStr, c_char, c_void};
use std::ffi::CString;

use winpages_kernel::sys::fault;

use crate::text;

/// Where a text's arguments come from.
pub enum Arguments {
    /// There are none.
    None,
    /// An array of values of pointer size.
    Array(*const usize),
    /// A va_list of x86-64 Linux, and what has been taken from it.
    List(VariableArguments, Vec<usize>),
}

/// va_list as the x86-64 System V ABI lays it out. Integers and pointers come from the registers'
/// save area first, and from the stack when that is used up; each takes eight bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct VariableArguments {
    general_offset: u32,
    floating_offset: u32,
    overflow_area: usize,
    save_area: usize,
}

impl VariableArguments {
    /// # Safety
    ///
    /// There must be one more argument.
    unsafe fn next(&mut self) -> Option<usize> {
        /// Where the six general registers end in the save area.
        const GENERAL_END: u32 = 48;
        let address = if self.general_offset < GENERAL_END {
            let address = self.save_area.wrapping_add(self.general_offset as usize);
            self.general_offset += 8;
            address
        } else {
            let address = self.overflow_area;
            self.overflow_area = address.wrapping_add(8);
            address
        };
        // SAFETY: nothing is assumed of the address; any bytes are a number.
        unsafe { fault::read(address as *const usize) }.ok()
    }
}

impl Arguments {
    /// The arguments of a va_list; the caller's own is left as it is.
    ///
    /// # Safety
    ///
    /// `list` must be a C program's `va_list *` to read.
    pub unsafe fn list(list: *const c_void) -> Option<Self> {
        // SAFETY: nothing is assumed of the pointer; any bytes are a value of the structure.
        let list = unsafe { fault::read(list.cast::<VariableArguments>()) }.ok()?;
        Some(Self::List(list, Vec::new()))
    }

    /// The argument of an index from 0.
    ///
    /// # Safety
    ///
    /// There must be as many.
    unsafe fn get(&mut self, index: usize) -> Option<usize> {
        match self {
            Self::None => None,
            // SAFETY: nothing is assumed of the pointer; any bytes are a number.
            Self::Array(array) => unsafe { fault::read(array.wrapping_add(index)) }.ok(),
            Self::List(list, taken) => {
                while taken.len() <= index {
                    // SAFETY: as the caller vouches.
                    taken.push(unsafe { list.next() }?);
                }
                Some(taken[index])
            }
        }
    }
}

/// How one argument is to be written: what stands between the exclamation marks.
struct Conversion {
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    size: String,
    kind: char,
}

/// Reads a conversion, taking the arguments of its stars; answers it and the index of its own.
///
/// # Safety
///
/// As [`Arguments::get`].
unsafe fn parse(
    specification: &str,
    mut index: usize,
    arguments: &mut Arguments,
) -> Option<(Conversion, usize)> {
    let body = specification.trim_start_matches(['-', '+', ' ', '#', '0']);
    let flags = specification[..specification.len() - body.len()].to_owned();
    let mut number = |text: &str, index: &mut usize| -> Option<Option<usize>> {
        if text == "*" {
            // SAFETY: as the caller vouches.
            let value = unsafe { arguments.get(*index) }?;
            *index += 1;
            return Some(Some(value as u32 as usize));
        }
        Some(text.parse().ok())
    };
    let is_number = |character: char| character.is_ascii_digit() || character == '*';
    let rest = body.trim_start_matches(is_number);
    let width = number(&body[..body.len() - rest.len()], &mut index)?;
    let (precision, rest) = match rest.strip_prefix('.') {
        None => (None, rest),
        Some(after) => {
            let rest = after.trim_start_matches(is_number);
            let digits = &after[..after.len() - rest.len()];
            (number(digits, &mut index)?.or(Some(0)), rest)
        }
    };
    let kind = rest.chars().next_back()?;
    let size = rest[..rest.len() - kind.len_utf8()].to_owned();
    let conversion = Conversion {
        flags,
        // More than any text has room for is nobody's wish.
        width: width.map(|width| width.min(0xFFFF)),
        precision: precision.map(|precision| precision.min(0xFFFF)),
        size,
        kind,
    };
    Some((conversion, index))
}

impl Conversion {
    /// Cuts to the precision and fills to the width.
    fn pad(&self, mut units: Vec<u16>) -> Vec<u16> {
        if let Some(precision) = self.precision {
            units.truncate(precision);
        }
        let missing = self.width.unwrap_or(0).saturating_sub(units.len());
        let spaces = std::iter::repeat_n(u16::from(b' '), missing);
        if self.flags.contains('-') {
            units.extend(spaces);
        } else {
            units.splice(0..0, spaces);
        }
        units
    }

    /// Whether a string or character is of bytes.
    fn is_narrow(&self, is_ansi: bool) -> bool {
        match self.size.as_str() {
            "h" => true,
            "l" | "w" => false,
            _ => is_ansi == self.kind.is_ascii_lowercase(),
        }
    }

    /// # Safety
    ///
    /// If a string is asked for, `value` must be the address of one.
    unsafe fn write(&self, value: usize, is_ansi: bool) -> Option<Vec<u16>> {
        match self.kind {
            's' | 'S' => {
                let string = if self.is_narrow(is_ansi) {
                    // SAFETY: as the caller vouches.
                    unsafe { text::ansi(value as *const c_char) }
                } else {
                    // SAFETY: as the caller vouches.
                    unsafe { text::wide(value as *const u16) }
                };
                let string = string.ok()?;
                Some(self.pad(string.unwrap_or_else(|| "(null)".encode_utf16().collect())))
            }
            'c' | 'C' => Some(self.pad(if self.is_narrow(is_ansi) {
                text::from_utf8(&[value as u8])
            } else {
                vec![value as u16]
            })),
            'p' => Some(self.pad(format!("{value:016X}").encode_utf16().collect())),
            'd' | 'i' => self.number(self.signed(value) as u64),
            'u' | 'x' | 'X' | 'o' => self.number(self.unsigned(value)),
            _ => None,
        }
    }

    fn unsigned(&self, value: usize) -> u64 {
        match self.size.as_str() {
            "h" => (value as u16).into(),
            "I64" | "ll" | "I" | "z" | "j" => value as u64,
            _ => (value as u32).into(),
        }
    }

    fn signed(&self, value: usize) -> i64 {
        match self.size.as_str() {
            "h" => (value as i16).into(),
            "I64" | "ll" | "I" | "z" | "j" => value as i64,
            _ => (value as i32).into(),
        }
    }

    /// Writes a number as printf does.
    fn number(&self, value: u64) -> Option<Vec<u16>> {
        let mut format = format!("%{}", self.flags);
        if let Some(width) = self.width {
            format += &width.to_string();
        }
        if let Some(precision) = self.precision {
            format += &format!(".{precision}");
        }
        format += "ll";
        format.push(self.kind);
        let format = CString::new(format).ok()?;
        let needed = self.width.unwrap_or(0).max(self.precision.unwrap_or(0)) + 32;
        let mut buffer = vec![0u8; needed];
        // SAFETY: the format has one conversion, of a 64-bit number; the buffer is as long as said.
        unsafe {
            libc::snprintf(
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                format.as_ptr(),
                value,
            )
        };
        let written = CStr::from_bytes_until_nul(&buffer).ok()?;
        Some(text::from_utf8(written.to_bytes()))
    }
}

/// The text so far, in lines of limited width.
struct Lines {
    text: Vec<u16>,
    /// Where the last line begins.
    start: usize,
    /// How long a line may be; 0 for any length, and breaks as they are in the text.
    width: usize,
}

const LINE_END: [u16; 2] = [b'\r' as u16, b'\n' as u16];
const SPACE: u16 = b' ' as u16;

impl Lines {
    fn push(&mut self, unit: u16) {
        self.text.push(unit);
        let is_limited = !matches!(self.width, 0 | 0xFF);
        if !is_limited || self.text.len() - self.start <= self.width {
            return;
        }
        // Too long by this one: the line breaks at its last space, or here.
        let last = self.text.len() - 1;
        let space = self.text[self.start..last]
            .iter()
            .rposition(|unit| *unit == SPACE);
        self.start = match space {
            Some(at) => {
                let at = self.start + at;
                self.text.splice(at..=at, LINE_END);
                at + 2
            }
            None => {
                self.text.splice(last..last, LINE_END);
                last + 2
            }
        };
    }

    fn end_line(&mut self) {
        self.text.extend(LINE_END);
        self.start = self.text.len();
    }

    /// A line end of the source, which a limited width ignores.
    fn soft_end(&mut self) {
        if self.width == 0 {
            self.end_line();
        } else {
            self.push(SPACE);
        }
    }
}

/// Makes the text of `source`: inserts replaced unless `ignores_inserts`, lines broken by `width`
/// (0: as in the source; 0xFF: only at `%n`; else at that many characters).
///
/// `None` if it is not well formed or asks for an argument there is not.
///
/// # Safety
///
/// The arguments must be what the text asks for.
pub unsafe fn expand(
    source: &[u16],
    ignores_inserts: bool,
    width: u32,
    is_ansi: bool,
    arguments: &mut Arguments,
) -> Option<Vec<u16>> {
    let mut lines = Lines {
        text: Vec::new(),
        start: 0,
        width: width as usize,
    };
    let ascii = |at: usize| source.get(at).and_then(|unit| u8::try_from(*unit).ok());
    let mut at = 0;
    while at < source.len() {
        let unit = source[at];
        at += 1;
        match u8::try_from(unit) {
            Ok(b'\r') => {
                if ascii(at) == Some(b'\n') {
                    at += 1;
                }
                lines.soft_end();
                continue;
            }
            Ok(b'\n') => {
                lines.soft_end();
                continue;
            }
            Ok(b'%') => {}
            _ => {
                lines.push(unit);
                continue;
            }
        }
        let escaped = *source.get(at)?;
        at += 1;
        match u8::try_from(escaped) {
            Ok(b'0') => break,
            Ok(b'n') => lines.end_line(),
            _ if ignores_inserts => {
                lines.push(unit);
                lines.push(escaped);
            }
            Ok(b't') => lines.push(b'\t'.into()),
            Ok(b'r') => lines.push(b'\r'.into()),
            Ok(b'b') => lines.push(SPACE),
            Ok(first @ b'1'..=b'9') => {
                let mut number = usize::from(first - b'0');
                if let Some(second @ b'0'..=b'9') = ascii(at) {
                    number = number * 10 + usize::from(second - b'0');
                    at += 1;
                }
                let mut specification = String::from("s");
                if ascii(at) == Some(b'!') {
                    let length = source[at + 1..]
                        .iter()
                        .position(|unit| *unit == u16::from(b'!'))?;
                    specification = String::from_utf16(&source[at + 1..at + 1 + length]).ok()?;
                    at += length + 2;
                }
                // SAFETY: as the caller vouches.
                let written = unsafe {
                    let (conversion, index) = parse(&specification, number - 1, arguments)?;
                    conversion.write(arguments.get(index)?, is_ansi)?
                };
                for unit in written {
                    lines.push(unit);
                }
            }
            _ => lines.push(escaped),
        }
    }
    Some(lines.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(source: &str, width: u32, values: &[usize]) -> Option<String> {
        let source: Vec<u16> = source.encode_utf16().collect();
        let mut arguments = Arguments::Array(values.as_ptr());
        // SAFETY: the tests give what their texts ask for.
        let made = unsafe { expand(&source, false, width, true, &mut arguments) }?;
        Some(String::from_utf16(&made).unwrap())
    }

    #[test]
    fn inserts() {
        let (one, abc) = (c"one".as_ptr() as usize, c"abcdef".as_ptr() as usize);
        for (source, values, expected) in [
            ("%1!s! %1", &[one][..], "one one"),
            ("%1!5d!|%2!-5d!|%3!05x!", &[42, 43, 44], "   42|43   |0002c"),
            ("%1!*d!", &[6, 42], "    42"),
            ("%1!*.*s!", &[6, 2, abc], "    ab"),
            (
                "%1!lu! %2!08lX! %3!p!",
                &[7, 0xBEEF, 0x1234],
                "7 0000BEEF 0000000000001234",
            ),
            ("%1!ld!", &[-3i64 as usize], "-3"),
            ("%1!I64x!", &[0x1234_5678_9ABC], "123456789abc"),
            (
                "%1%n%t%b%.%!% %%%ztail%0gone",
                &[one],
                "one\r\n\t .! %ztail",
            ),
            ("a\nb\r\nc\rd", &[], "a\r\nb\r\nc\r\nd"),
        ] {
            assert_eq!(
                with(source, 0, values).as_deref(),
                Some(expected),
                "{source}"
            );
        }
        for source in ["%", "%1!", "%1!d", "%1!q!"] {
            assert_eq!(with(source, 0, &[one]), None, "{source}");
        }
    }

    #[test]
    fn widths() {
        assert_eq!(
            with("the quick brown fox jumps over the lazy dog", 20, &[]).unwrap(),
            "the quick brown fox\r\njumps over the lazy\r\ndog"
        );
        assert_eq!(
            with("abcdefghij klm", 5, &[]).unwrap(),
            "abcde\r\nfghij\r\n klm"
        );
        assert_eq!(
            with("line1\nline2\r\n  line3%nx", 0xFF, &[]).unwrap(),
            "line1 line2   line3\r\nx"
        );
    }
}
