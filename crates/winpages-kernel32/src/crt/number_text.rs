//! Integers as text in any radix: `_itoa`, `_itow` and their family.

use core::ffi::{c_char, c_int, c_long, c_longlong, c_ulong, c_ulonglong};

use super::unit::{self, Unit};

/// A sign and 64 binary digits.
const LONGEST: usize = 65;

/// The digits of `value`, the last in the last element; answers where they begin.
fn digits<C: Unit>(mut value: u64, negative: bool, radix: u64, text: &mut [C; LONGEST]) -> usize {
    let mut at = text.len();
    loop {
        at -= 1;
        let digit = (value % radix) as u8;
        text[at] = C::from_ascii(if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        });
        value /= radix;
        if value == 0 {
            break;
        }
    }
    if negative {
        at -= 1;
        text[at] = C::from_ascii(b'-');
    }
    at
}

/// Writes a number; EINVAL for a radix that is none, ERANGE if it does not fit.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` units.
unsafe fn write<C: Unit>(
    value: u64,
    negative: bool,
    buffer: *mut C,
    size: usize,
    radix: c_int,
) -> c_int {
    if buffer.is_null() || size == 0 {
        return libc::EINVAL;
    }
    // SAFETY: the buffer has at least one unit.
    unsafe { *buffer = C::default() };
    if !(2..=36).contains(&radix) {
        return libc::EINVAL;
    }
    let mut text = [C::default(); LONGEST];
    let text = {
        let start = digits(value, negative, radix as u64, &mut text);
        &text[start..]
    };
    if text.len() >= size {
        return libc::ERANGE;
    }
    // SAFETY: the digits and the NUL fit.
    unsafe { unit::put(buffer, text) };
    0
}

/// A signed number is negative in decimal only; in other radixes its bits are shown.
macro_rules! number_functions {
    ($($plain:ident $secure:ident $value:ty, $unsigned:ty, $signed:literal, $character:ty, $unit:ty;)*) => {$(
        #[doc = concat!(stringify!($plain), ", which trusts the buffer.")]
        ///
        /// # Safety
        ///
        /// `buffer` has room for the digits, a sign and a NUL.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $plain(value: $value, buffer: *mut $character, radix: c_int) -> *mut $character {
            // SAFETY: as the caller vouches.
            unsafe { $secure(value, buffer, LONGEST + 1, radix) };
            buffer
        }

        #[doc = concat!(stringify!($secure), ".")]
        ///
        /// # Safety
        ///
        /// `buffer` is NULL or writable for `size` characters.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $secure(
            value: $value,
            buffer: *mut $character,
            size: usize,
            radix: c_int,
        ) -> c_int {
            let negative = $signed && radix == 10 && (value as i64) < 0;
            let magnitude = if negative { (value as i64).unsigned_abs() } else { value as $unsigned as u64 };
            // SAFETY: as the caller vouches.
            unsafe { write::<$unit>(magnitude, negative, buffer.cast(), size, radix) }
        }
    )*};
}

number_functions! {
    _itoa _itoa_s c_int, u32, true, c_char, u8;
    _ltoa _ltoa_s c_long, u64, true, c_char, u8;
    _ultoa _ultoa_s c_ulong, u64, false, c_char, u8;
    _i64toa _i64toa_s c_longlong, u64, true, c_char, u8;
    _ui64toa _ui64toa_s c_ulonglong, u64, false, c_char, u8;
    _itow _itow_s c_int, u32, true, u16, u16;
    _ltow _ltow_s c_long, u64, true, u16, u16;
    _ultow _ultow_s c_ulong, u64, false, u16, u16;
    _i64tow _i64tow_s c_longlong, u64, true, u16, u16;
    _ui64tow _ui64tow_s c_ulonglong, u64, false, u16, u16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_their_bits_in_radixes_other_than_ten() {
        let mut buffer = [0 as c_char; 70];
        let mut show = |value, radix| {
            // SAFETY: the buffer has room for any number.
            unsafe { _itoa(value, buffer.as_mut_ptr(), radix) };
            // SAFETY: the function ended the text with a NUL.
            unsafe { core::ffi::CStr::from_ptr(buffer.as_ptr()) }
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(show(-5, 10), "-5");
        assert_eq!(show(-1, 16), "ffffffff");
        assert_eq!(show(i32::MIN, 10), "-2147483648");
        assert_eq!(show(5, 2), "101");
        assert_eq!(show(0, 36), "0");
        assert_eq!(show(7, 1), "");
    }

    #[test]
    fn numbers_that_do_not_fit_leave_an_empty_buffer() {
        let mut buffer = [7u16; 4];
        // SAFETY: the size is the buffer's.
        let too_long = unsafe { _itow_s(1234, buffer.as_mut_ptr(), 4, 10) };
        assert_eq!(too_long, libc::ERANGE);
        assert_eq!(buffer[0], 0);
        // SAFETY: the size is the buffer's.
        assert_eq!(unsafe { _itow_s(123, buffer.as_mut_ptr(), 4, 10) }, 0);
        assert_eq!(buffer, [49, 50, 51, 0]);
    }
}
