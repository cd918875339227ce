//! What `wmain` and `WinMain` are called with. Used by the start-up code that `winpages cc` links in.

use core::ffi::{CStr, c_char};

/// Memory that is the program's until it ends.
fn keep<T>(values: Vec<T>) -> *mut T {
    values.leak().as_mut_ptr()
}

/// The strings of an array that a NULL ends.
///
/// # Safety
///
/// `strings` is such an array, of strings that end in a NUL.
unsafe fn strings<'a>(strings: *const *const c_char) -> impl Iterator<Item = &'a CStr> {
    (0..)
        // SAFETY: the NULL, at which this ends, has not been reached.
        .map(move |at| unsafe { *strings.add(at) })
        .take_while(|string| !string.is_null())
        // SAFETY: as the caller vouches.
        .map(|string| unsafe { CStr::from_ptr(string) })
}

/// An array of strings in UTF-16, ended by NULL, as the one given.
///
/// # Safety
///
/// `array` is NULL-terminated, and its strings end in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wide_strings(array: *const *const c_char) -> *mut *mut u16 {
    // SAFETY: as the caller vouches.
    let wide = unsafe { strings(array) }.map(|string| {
        let text = string.to_string_lossy();
        keep(text.encode_utf16().chain([0]).collect())
    });
    keep(wide.chain([core::ptr::null_mut()]).collect())
}

/// Arguments as one command line, from which Windows' rules get the same arguments back.
fn join<'a>(arguments: impl Iterator<Item = &'a CStr>) -> String {
    let mut line = String::new();
    for argument in arguments {
        if !line.is_empty() {
            line.push(' ');
        }
        let text = argument.to_string_lossy();
        if !text.is_empty() && !text.contains([' ', '\t', '"']) {
            line.push_str(&text);
            continue;
        }
        line.push('"');
        let mut backslashes = 0;
        for character in text.chars() {
            if character == '"' {
                // Backslashes count as escapes only before a quotation mark.
                line.extend(core::iter::repeat_n('\\', backslashes + 1));
            }
            backslashes = if character == '\\' {
                backslashes + 1
            } else {
                0
            };
            line.push(character);
        }
        line.extend(core::iter::repeat_n('\\', backslashes));
        line.push('"');
    }
    line
}

/// The command line without the program's name, in UTF-8.
///
/// # Safety
///
/// As [`winpages_wide_strings`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_command_tail(arguments: *const *const c_char) -> *mut u8 {
    // SAFETY: as the caller vouches.
    let line = join(unsafe { strings(arguments) }.skip(1));
    keep(line.into_bytes().into_iter().chain([0]).collect())
}

/// The command line without the program's name, in UTF-16.
///
/// # Safety
///
/// As [`winpages_wide_strings`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn winpages_wide_command_tail(arguments: *const *const c_char) -> *mut u16 {
    // SAFETY: as the caller vouches.
    let line = join(unsafe { strings(arguments) }.skip(1));
    keep(line.encode_utf16().chain([0]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_as_windows_unquotes_them() {
        let line = join(
            [
                c"plain",
                c"two words",
                c"",
                c"a\"b",
                c"c:\\dir name\\",
                c"\\\\\"",
            ]
            .into_iter(),
        );
        assert_eq!(
            line,
            r#"plain "two words" "" "a\"b" "c:\dir name\\" "\\\\\"""#
        );
    }
}
