//! printf's floating-point conversions: glibc's digits, with the spellings of Windows where those differ.

use core::ffi::{c_char, c_int};

/// Flags, width and precision of a conversion.
pub struct Style {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A space.
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// The least number of characters.
    pub width: usize,
    /// The number of digits asked for.
    pub precision: Option<usize>,
}

/// Formats `value` with the conversion letter `kind`.
pub fn format(value: f64, kind: u8, style: &Style, write: &mut dyn FnMut(&[u8])) {
    if value.is_nan() {
        return not_a_number(value, kind, style, write);
    }
    let mut format = Vec::with_capacity(12);
    format.push(b'%');
    for (flag, set) in [
        (b'-', style.left),
        (b'+', style.plus),
        (b' ', style.space),
        (b'#', style.alternate),
        (b'0', style.zero),
    ] {
        if set {
            format.push(flag);
        }
    }
    format.extend_from_slice(b"*.*");
    format.push(kind);
    format.push(0);
    // Windows writes all thirteen digits of a hexadecimal number; glibc only those that are needed.
    let all_digits = matches!(kind, b'a' | b'A').then_some(13);
    let precision = style
        .precision
        .or(all_digits)
        .map_or(-1, |precision| precision.min(c_int::MAX as usize) as c_int);
    let width = style.width.min(c_int::MAX as usize) as c_int;
    let mut small = [0u8; 128];
    let mut large = Vec::new();
    let text = format.as_ptr().cast::<c_char>();
    // SAFETY: the buffer has the size passed, and the arguments are the two ints and the double that the format says.
    let needed = unsafe {
        libc::snprintf(
            small.as_mut_ptr().cast(),
            small.len(),
            text,
            width,
            precision,
            value,
        )
    };
    let needed = usize::try_from(needed).unwrap_or(0);
    if needed < small.len() {
        return write(&small[..needed]);
    }
    large.resize(needed + 1, 0u8);
    // SAFETY: as above.
    unsafe {
        libc::snprintf(
            large.as_mut_ptr().cast(),
            large.len(),
            text,
            width,
            precision,
            value,
        )
    };
    write(&large[..needed]);
}

/// Windows tells what kind of not-a-number it is.
fn not_a_number(value: f64, kind: u8, style: &Style, write: &mut dyn FnMut(&[u8])) {
    const QUIET: u64 = 1 << 51;
    let payload = value.to_bits() & ((1 << 52) - 1);
    let name = if payload & QUIET == 0 {
        "nan(snan)"
    } else if value.is_sign_negative() && payload == QUIET {
        "nan(ind)"
    } else {
        "nan"
    };
    let sign = match value.is_sign_negative() {
        true => "-",
        false if style.plus => "+",
        false if style.space => " ",
        false => "",
    };
    let mut text = format!("{sign}{name}");
    if kind.is_ascii_uppercase() {
        text.make_ascii_uppercase();
    }
    let width = style.width;
    let text = if style.left {
        format!("{text:<width$}")
    } else {
        format!("{text:>width$}")
    };
    write(text.as_bytes());
}
