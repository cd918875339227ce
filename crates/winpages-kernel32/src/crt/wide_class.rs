//! C's classification of wide characters, by Unicode's properties as Windows has them in every locale.

use core::ffi::c_int;

/// Applies a property to a unit; half of a surrogate pair has none, nor has WEOF.
fn has(character: u32, property: fn(char) -> bool) -> c_int {
    char::from_u32(character).is_some_and(property).into()
}

/// Printed with ink.
fn is_graphic(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && character != '\u{ffff}'
}

/// iswalpha.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswalpha(character: u32) -> c_int {
    has(character, char::is_alphabetic)
}

/// iswupper.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswupper(character: u32) -> c_int {
    has(character, char::is_uppercase)
}

/// iswlower.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswlower(character: u32) -> c_int {
    has(character, char::is_lowercase)
}

/// iswdigit.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswdigit(character: u32) -> c_int {
    has(character, |c| c.is_ascii_digit())
}

/// iswxdigit.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswxdigit(character: u32) -> c_int {
    has(character, |c| c.is_ascii_hexdigit())
}

/// iswalnum.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswalnum(character: u32) -> c_int {
    has(character, char::is_alphanumeric)
}

/// iswspace.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswspace(character: u32) -> c_int {
    has(character, char::is_whitespace)
}

/// iswpunct.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswpunct(character: u32) -> c_int {
    has(character, |c| is_graphic(c) && !c.is_alphanumeric())
}

/// iswprint.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswprint(character: u32) -> c_int {
    has(character, |c| {
        is_graphic(c) || (c.is_whitespace() && !c.is_control())
    })
}

/// iswgraph.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswgraph(character: u32) -> c_int {
    has(character, is_graphic)
}

/// iswcntrl.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswcntrl(character: u32) -> c_int {
    has(character, char::is_control)
}

/// iswblank.
#[unsafe(no_mangle)]
pub extern "C" fn winpages_iswblank(character: u32) -> c_int {
    has(character, |c| {
        c == '\t' || (c.is_whitespace() && !c.is_control())
    })
}
