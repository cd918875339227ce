//! Taking a command line apart, as the C run-time library of a Windows program does for `main`.

const SPACE: u16 = b' ' as u16;
const TAB: u16 = b'\t' as u16;
const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

fn is_space(unit: u16) -> bool {
    matches!(unit, SPACE | TAB)
}

/// The program's name, which has rules of its own: quotation marks only keep white space in, and
/// backslashes are backslashes. Answers what follows it, too.
fn split_program(line: &[u16]) -> (Vec<u16>, &[u16]) {
    let mut quoted = false;
    let end = line.iter().position(|&unit| {
        quoted ^= unit == QUOTE;
        is_space(unit) && !quoted
    });
    let (program, rest) = line.split_at(end.unwrap_or(line.len()));
    let program = program.iter().copied().filter(|unit| *unit != QUOTE);
    (program.collect(), rest)
}

/// The arguments, the program's name first.
///
/// Backslashes before a quotation mark count in pairs: two stand for one, and one that is left makes the
/// mark an ordinary character. Two marks inside a quoted part stand for one.
pub(crate) fn split(line: &[u16]) -> Vec<Vec<u16>> {
    let (program, mut rest) = split_program(line);
    let mut arguments = vec![program];
    loop {
        let start = rest.iter().take_while(|unit| is_space(**unit)).count();
        rest = &rest[start..];
        if rest.is_empty() {
            return arguments;
        }
        let mut argument = Vec::new();
        let mut quoted = false;
        loop {
            let backslashes = rest.iter().take_while(|unit| **unit == BACKSLASH).count();
            let before_quote = rest.get(backslashes) == Some(&QUOTE);
            let kept = if before_quote {
                backslashes / 2
            } else {
                backslashes
            };
            argument.extend(std::iter::repeat_n(BACKSLASH, kept));
            rest = &rest[backslashes..];
            match rest {
                [] => break,
                [QUOTE, after @ ..] => {
                    rest = after;
                    if backslashes % 2 == 1 {
                        argument.push(QUOTE);
                    } else if quoted && rest.first() == Some(&QUOTE) {
                        argument.push(QUOTE);
                        rest = &rest[1..];
                    } else {
                        quoted = !quoted;
                    }
                }
                [unit, ..] if is_space(*unit) && !quoted => break,
                [unit, after @ ..] => {
                    argument.push(*unit);
                    rest = after;
                }
            }
        }
        arguments.push(argument);
    }
}

/// What may be the name of the program at the start of a command line: what is quoted, or else the line up to
/// each white space in turn, for the name may hold some. Nothing is taken off its front.
pub(crate) fn program_candidates(line: &[u16]) -> Vec<&[u16]> {
    if let [QUOTE, inside @ ..] = line {
        let end = inside.iter().position(|unit| *unit == QUOTE);
        return vec![&inside[..end.unwrap_or(inside.len())]];
    }
    let ends = (1..line.len()).filter(|&at| is_space(line[at]) && !is_space(line[at - 1]));
    let mut candidates: Vec<_> = ends.map(|end| &line[..end]).collect();
    if !line.is_empty() {
        candidates.push(line);
    }
    candidates
}

/// A command line whose program's name, the first `length` units, is quoted if it has to be.
pub(crate) fn with_quoted_name(line: &[u16], length: usize) -> Vec<u16> {
    if line.first() == Some(&QUOTE) || !line[..length].iter().any(|unit| is_space(*unit)) {
        return line.to_vec();
    }
    let (name, rest) = line.split_at(length);
    [&[QUOTE], name, &[QUOTE], rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn splits_as_the_documentation_of_main_says() {
        for (line, expected) in [
            (r"p", &["p"][..]),
            (r#""C:\with space\p.exe" a"#, &[r"C:\with space\p.exe", "a"]),
            (r#"p "a b c" d e"#, &["p", "a b c", "d", "e"]),
            (r#"p "ab\"c" "\\" d"#, &["p", "ab\"c", "\\", "d"]),
            (r#"p a\\\b d"e f"g h"#, &["p", r"a\\\b", "de fg", "h"]),
            (r#"p a\\\"b c d"#, &["p", r#"a\"b"#, "c", "d"]),
            (r#"p a\\\\"b c" d e"#, &["p", r"a\\b c", "d", "e"]),
            (r#"p a"b"" c d"#, &["p", "ab\" c d"]),
            ("p \t ", &["p"]),
            (r#"p\" a" b"#, &[r"p\ a", "b"]),
            (r#"p """#, &["p", ""]),
        ] {
            let expected: Vec<_> = expected.iter().map(|text| units(text)).collect();
            assert_eq!(split(&units(line)), expected, "{line}");
        }
    }

    #[test]
    fn a_program_name_may_hold_spaces() {
        let line = units(r"c:\program files\sub dir\name x");
        let candidates: Vec<_> = program_candidates(&line)
            .into_iter()
            .map(String::from_utf16_lossy)
            .collect();
        assert_eq!(
            candidates,
            [
                r"c:\program",
                r"c:\program files\sub",
                r"c:\program files\sub dir\name",
                r"c:\program files\sub dir\name x"
            ]
        );
        assert_eq!(
            String::from_utf16_lossy(&with_quoted_name(&line, 16)),
            r#""c:\program files"\sub dir\name x"#
        );
        let line = units("\"a b\" c");
        assert_eq!(program_candidates(&line), [units("a b")]);
        assert_eq!(with_quoted_name(&line, 3), line);
    }
}
