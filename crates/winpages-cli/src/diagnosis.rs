//! What a newcomer can do about a compiler's messages.

use std::collections::BTreeSet;
use std::path::Path;

/// A compilation that failed.
pub struct Compilation<'a> {
    /// What the compiler wrote to standard error.
    pub messages: &'a [u8],
    /// The directory of winpages' headers.
    pub include: &'a Path,
    /// Whether it was the C++ compiler.
    pub cplusplus: bool,
    /// Whether it was told to be permissive.
    pub permissive: bool,
}

/// Advice on a failed compilation, if its messages show something to advise on.
pub fn advice(compilation: &Compilation) -> Option<String> {
    let messages = without_colours(&String::from_utf8_lossy(compilation.messages));
    let advice: Vec<String> = [
        missing_headers(&messages, compilation.include),
        missing_functions(&messages),
        other_width(&messages),
        missing_permission(&messages, compilation),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!advice.is_empty()).then(|| advice.join("\n"))
}

/// Headers that were included and not found.
///
/// The message is in the user's language, but gcc and clang show the source line under it.
fn missing_headers(messages: &str, include: &Path) -> Option<String> {
    let names: BTreeSet<&str> = messages
        .lines()
        .filter_map(included_header)
        .filter(|name| !include.join(name).exists())
        .collect();
    let advice: Vec<String> = names
        .into_iter()
        .map(|name| missing_header(name, include))
        .collect();
    (!advice.is_empty()).then(|| advice.join("\n"))
}

fn missing_header(name: &str, include: &Path) -> String {
    if name.contains('\\') {
        return format!(
            "`{name}`: directories in #include are separated by / here; \\ only works on Windows."
        );
    }
    match name {
        "iostream" | "string" | "vector" | "cstdio" | "cstring" | "memory" | "thread" => {
            return format!(
                "`{name}` comes with the C++ compiler (Debian, Ubuntu: `sudo apt install g++`; \
                 Fedora: `sudo dnf install gcc-c++`)."
            );
        }
        "stdio.h" | "stdlib.h" | "string.h" | "stdint.h" => {
            return format!(
                "`{name}` comes with the C library's development files (Debian, Ubuntu: `sudo apt \
                 install libc6-dev`;\nFedora: `sudo dnf install glibc-devel`)."
            );
        }
        _ => {}
    }
    format!(
        "`{name}` is not among the headers that winpages offers, which are in\n{}.\n\
         If it is the program's own, say where with -I DIRECTORY. If it is Windows', then that part \
         of Windows\n\
         (winpages covers memory, its sharing, and the files behind it) has to be left out or \
         ported.",
        include.display()
    )
}

/// The name in a shown source line such as `    3 | #include <name>`.
fn included_header(line: &str) -> Option<&str> {
    let source = line
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let source = source.trim_start().strip_prefix('|').unwrap_or(source);
    let directive = source.trim_start().strip_prefix('#')?.trim_start();
    let operand = directive
        .strip_prefix("include_next")
        .or_else(|| directive.strip_prefix("include"))?
        .trim_start();
    let close = match operand.chars().next()? {
        '<' => '>',
        '"' => '"',
        _ => return None,
    };
    operand[1..].split_once(close).map(|(name, _)| name)
}

/// Functions that the linker did not find.
fn missing_functions(messages: &str) -> Option<String> {
    let names: BTreeSet<&str> = messages
        .lines()
        .filter_map(|line| line.split_once("undefined reference to ")?.1.get(1..))
        .filter_map(|name| name.split(['\'', '`', '’']).next())
        .collect();
    if names.is_empty() {
        return None;
    }
    let names: Vec<&str> = names.into_iter().collect();
    Some(format!(
        "not defined by any of the files, nor by libkernel32: {}\n\
         If they are the program's own, name the file or library (-l) that has them. If they are \
         Windows', that part\nof Windows is not offered and has to be left out or ported.",
        names.join(" ")
    ))
}

/// A source for the narrow build compiled with UNICODE, or the other way round.
fn other_width(messages: &str) -> Option<String> {
    let converts = |from: &str, to: &str| {
        messages.lines().any(|line| {
            line.split_once("cannot convert")
                .and_then(|(_, types)| types.split_once(from))
                .is_some_and(|(_, rest)| rest.contains(to))
        })
    };
    if converts("wchar_t", "LPCSTR") {
        Some("this source passes wide strings: compile it with `-DUNICODE -D_UNICODE`.".to_owned())
    } else if converts("char*", "LPCWSTR") {
        Some(
            "this source passes narrow strings: compile it without -DUNICODE -D_UNICODE."
                .to_owned(),
        )
    } else {
        None
    }
}

/// Visual C++ accepts, unless told otherwise, C++ that the standard does not.
fn missing_permission(messages: &str, compilation: &Compilation) -> Option<String> {
    let permissible = [
        "[-fpermissive]",
        "invalid conversion from",
        "loses precision",
    ];
    (compilation.cplusplus
        && !compilation.permissive
        && permissible.iter().any(|text| messages.contains(text)))
    .then(|| {
        "Visual C++ accepts some C++ that the standard does not allow: `-fpermissive` makes g++ \
         accept it too\n(and `-w` silences its warnings)."
            .to_owned()
    })
}

/// `text` without the terminal's colour sequences.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        let end = sequence
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(sequence.len(), |letter| letter + 1);
        rest = &sequence[end..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_include_line_is_recognised() {
        assert_eq!(
            included_header("    3 | #include <d3d11.h>"),
            Some("d3d11.h")
        );
        assert_eq!(included_header("#include \"my\\own.h\""), Some("my\\own.h"));
        assert_eq!(
            included_header("   12 | #  include_next <a/b.h> // x"),
            Some("a/b.h")
        );
        assert_eq!(included_header("    3 | #include CONFIG"), None);
        assert_eq!(
            included_header("a.c:3:10: fatal error: x.h: No such file"),
            None
        );
    }

    #[test]
    fn colours_do_not_hide_a_header() {
        let shown = "    1 | #include \x1b[01;31m\x1b[K<winsock2.h>\x1b[m\x1b[K";
        assert_eq!(included_header(&without_colours(shown)), Some("winsock2.h"));
    }

    #[test]
    fn missing_functions_are_named_once() {
        let messages = "a.c:(.text+0x9): undefined reference to `CreateWindowExW'\n\
                        b.c:(.text+0x9): undefined reference to `CreateWindowExW'\n";
        let advice = missing_functions(messages).unwrap();
        assert_eq!(advice.matches("CreateWindowExW").count(), 1);
    }
}
