//! The text files in which the kernel tells what it counts: `/proc/meminfo` and its like.
//!
//! They are read into a buffer of the caller's, so that nothing allocates.

use core::ffi::CStr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Reads the beginning of a file, as far as the buffer takes it.
///
/// # Errors
///
/// What opening or reading it answers: `ENOENT` where `/proc` is not mounted, `EMFILE`.
pub fn read<'a>(path: &CStr, buffer: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut filled = 0;
    while filled < buffer.len() {
        match rustix::io::read(&file, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(&buffer[..filled])
}

/// The value, in bytes, of a line such as `MemTotal:  8167848 kB`.
///
/// ```
/// use winpages_kernel::sys::proc_text::bytes;
/// let text = b"VmRSS:\t    12 kB\nVmData:\t   4 kB\n";
/// assert_eq!(bytes(text, "VmData:"), Some(4096));
/// assert_eq!(bytes(text, "VmLck:"), None);
/// ```
pub fn bytes(text: &[u8], name: &str) -> Option<u64> {
    let line = text
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes()))?;
    number(word(line, 0)?)?.checked_mul(1024)
}

/// Word number `index` of a text, words being what white space separates.
pub fn word(text: &[u8], index: usize) -> Option<&[u8]> {
    text.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .nth(index)
}

/// A field of a `stat` file, by the number that its manual gives it: the third, the state, or a later
/// one. The second is a name in parentheses, which may hold anything.
///
/// ```
/// use winpages_kernel::sys::proc_text::stat_field;
/// let text = b"7 (a) b) S 3 7 7";
/// assert_eq!(stat_field(text, 3), Some(&b"S"[..]));
/// assert_eq!(stat_field(text, 4), Some(&b"3"[..]));
/// assert_eq!(stat_field(b"no name", 3), None);
/// ```
pub fn stat_field(text: &[u8], number: usize) -> Option<&[u8]> {
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    word(&text[name_end + 1..], number - 3)
}

/// A decimal number.
pub fn number(word: &[u8]) -> Option<u64> {
    core::str::from_utf8(word).ok()?.parse().ok()
}

/// The ranges of a list, from the first number to the last.
///
/// ```
/// use winpages_kernel::sys::proc_text::ranges;
/// let all: Vec<_> = ranges(b"0-3,8,10-11\n").collect();
/// assert_eq!(all, [(0, 3), (8, 8), (10, 11)]);
/// assert_eq!(ranges(b"\n").count(), 0);
/// ```
pub fn ranges(list: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    list.trim_ascii()
        .split(|byte| *byte == b',')
        .filter_map(|range| {
            let mut ends = range.split(|byte| *byte == b'-').map(number);
            let first = ends.next()?? as usize;
            let last = ends.next().flatten().map_or(first, |last| last as usize);
            Some((first, last))
        })
}
