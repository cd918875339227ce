//! Names of objects: what a program writes, and what it is called in the file system.

use core::fmt;
use std::ffi::{CStr, CString};

use crate::NtStatus;

/// The session that every process is in. Session 0 is for services, and there are none.
pub const SESSION_ID: u32 = 1;

/// Where a name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `Local\`, or no prefix: to the processes of one user.
    Local,
    /// `Global\`: to all users.
    Global,
}

/// The name of an object: a scope, and UTF-16 that holds no backslash. Case matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    scope: Scope,
    leaf: Vec<u16>,
}

/// How many bytes Linux takes for a file's name.
const LONGEST: usize = 255;

/// What stands in front of a hash. Nothing else that is escaped looks like it.
const CUT: &str = "%h";

fn is_cut(file_name: &CStr) -> bool {
    let bytes = file_name.to_bytes();
    bytes.windows(CUT.len()).any(|part| part == CUT.as_bytes())
}

pub(super) const BACKSLASH: u16 = b'\\' as u16;

/// What may stand in front of a name, and where the name is known then.
const PREFIXES: [(&str, Scope); 3] = [
    (r"Local\", Scope::Local),
    (r"Global\", Scope::Global),
    (r"Session\1\", Scope::Local),
];

/// The names of the directories that those lead to; the root has none.
const DIRECTORIES: [&str; 4] = ["", "Local", "Global", "Session"];

const OWN_SESSION: &str = r"Session\1";
const _: () = assert!(SESSION_ID == 1);

/// Whether a name is this one.
fn is(name: &[u16], ascii: &str) -> bool {
    name.len() == ascii.len() && begins(name, ascii)
}

/// Whether a name begins so.
fn begins(name: &[u16], ascii: &str) -> bool {
    let start = name.get(..ascii.len());
    start.is_some_and(|start| start.iter().copied().eq(ascii.bytes().map(u16::from)))
}

/// Whether a unit is a byte of a file's name as it is, unless it is a dot in front. Without a branch, so that
/// many are looked at at once.
fn is_plain(unit: u16) -> bool {
    const SLASH: u16 = b'/' as u16;
    const PERCENT: u16 = b'%' as u16;
    (0x20..=0x7E).contains(&unit) & (unit != SLASH) & (unit != PERCENT)
}

impl ObjectName {
    /// Takes a name apart as the kernel32 functions do.
    ///
    /// ```
    /// use winpages_kernel::NtStatus;
    /// use winpages_kernel::object::{ObjectName, Scope};
    ///
    /// let parse = |name: &str| ObjectName::parse(&name.encode_utf16().collect::<Vec<_>>());
    /// assert_eq!(parse("telemetry"), parse(r"Local\telemetry"));
    /// assert_eq!(parse(r"Global\telemetry").unwrap().scope(), Scope::Global);
    /// assert_eq!(parse(r"a\b"), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
    /// ```
    ///
    /// # Errors
    ///
    /// * [`NtStatus::OBJECT_PATH_SYNTAX_BAD`]: the name starts with a backslash.
    /// * [`NtStatus::OBJECT_PATH_NOT_FOUND`]: a backslash anywhere but behind `Local`, `Global`,
    ///   `Session\` and this session's number, or what this process calls a private namespace.
    /// * [`NtStatus::OBJECT_NAME_INVALID`]: nothing behind such a prefix.
    /// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: the name is empty or that of a directory: `Local`,
    ///   `Global`, `Session`.
    pub fn parse(name: &[u16]) -> Result<Self, NtStatus> {
        Self::parse_owned(name.to_vec())
    }

    /// As [`ObjectName::parse`], for a name that is the caller's to give away.
    ///
    /// # Errors
    ///
    /// As [`ObjectName::parse`].
    pub fn parse_owned(mut name: Vec<u16>) -> Result<Self, NtStatus> {
        let Some(first_ends) = name.iter().position(|unit| *unit == BACKSLASH) else {
            return if DIRECTORIES.iter().any(|directory| is(&name, directory)) {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            } else {
                Ok(Self::from_parts(Scope::Local, name))
            };
        };
        let prefix = PREFIXES.iter().find(|(prefix, _)| begins(&name, prefix));
        let Some((prefix, scope)) = prefix else {
            return if first_ends == 0 {
                Err(NtStatus::OBJECT_PATH_SYNTAX_BAD)
            } else if is(&name, OWN_SESSION) {
                Err(NtStatus::OBJECT_TYPE_MISMATCH)
            } else {
                let (first, rest) = (&name[..first_ends], &name[first_ends + 1..]);
                super::private_namespace::object_name(first, rest)
            };
        };
        name.drain(..prefix.len());
        match name.iter().position(|unit| *unit == BACKSLASH) {
            None if name.is_empty() => Err(NtStatus::OBJECT_NAME_INVALID),
            None => Ok(Self::from_parts(*scope, name)),
            Some(0) => Err(NtStatus::OBJECT_NAME_INVALID),
            Some(_) => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        }
    }

    /// The name in full, as [`ObjectName::parse`] takes it.
    pub fn full(&self) -> Vec<u16> {
        let prefix = match self.scope {
            Scope::Local => r"Local\",
            Scope::Global => r"Global\",
        };
        prefix
            .encode_utf16()
            .chain(self.leaf.iter().copied())
            .collect()
    }

    /// What a laid-out program image is known by: which file it is of, and when that last changed. No program
    /// can give such a name.
    pub(crate) fn of_image(device: u64, inode: u64, size: u64, changed: (u64, u32)) -> Self {
        let (seconds, nanoseconds) = changed;
        let text = format!(r"Image\{device:x}-{inode:x}-{size:x}-{seconds:x}.{nanoseconds:09}");
        Self {
            scope: Scope::Local,
            leaf: text.encode_utf16().collect(),
        }
    }

    /// The name that a namespace file's descriptor holds.
    pub(super) fn from_parts(scope: Scope, leaf: Vec<u16>) -> Self {
        Self { scope, leaf }
    }

    /// Where the name is known.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The name without its scope.
    pub fn leaf(&self) -> &[u16] {
        &self.leaf
    }

    /// Whether the file's name says all of the object's, so that it can be told from that alone.
    pub fn is_spelled_out(&self) -> bool {
        const LONGEST_UNIT: usize = "%uD800".len();
        self.leaf.len() * LONGEST_UNIT <= LONGEST || !is_cut(&self.file_name())
    }

    /// The name without its scope that a file of this name has, if it is spelled out.
    pub(super) fn leaf_of_file(file_name: &CStr) -> Option<Vec<u16>> {
        let mut rest = file_name.to_str().ok()?;
        let mut leaf = Vec::new();
        while let Some((plain, escaped)) = rest.split_once('%') {
            leaf.extend(plain.encode_utf16());
            let (digits, behind) = match escaped.strip_prefix('u') {
                Some(half) => half.split_at_checked(4)?,
                None => escaped.split_at_checked(2)?,
            };
            leaf.push(u16::from_str_radix(digits, 16).ok()?);
            rest = behind;
        }
        leaf.extend(rest.encode_utf16());
        Some(leaf)
    }

    /// What the object's file is called.
    ///
    /// UTF-8, so that other programs find it under the name they expect; what a file name cannot hold
    /// is `%` and two hexadecimal digits, half a surrogate pair `%u` and four. A name too long for a
    /// file is cut, with a hash of the whole behind `%h`; the whole stands in the descriptor.
    pub(super) fn file_name(&self) -> CString {
        const HASH_DIGITS: usize = 32;
        const DOT: u16 = b'.' as u16;
        let units = self.leaf.iter();
        let is_plain = units.fold(true, |all, unit| all & is_plain(*unit));
        if is_plain && self.leaf.len() <= LONGEST && self.leaf.first() != Some(&DOT) {
            let mut text = Vec::with_capacity(self.leaf.len() + 1);
            text.extend(self.leaf.iter().map(|unit| *unit as u8));
            text.push(0);
            return CString::from_vec_with_nul(text).unwrap_or_default();
        }
        // As long as the file's name mostly is, with its NUL.
        let mut text = String::with_capacity(self.leaf.len() + 1);
        for unit in char::decode_utf16(self.leaf.iter().copied()) {
            match unit {
                Ok('.') if text.is_empty() => text.push_str("%2E"),
                Ok(special @ ('/' | '%' | '\0'..='\x1F' | '\x7F')) => {
                    text.push_str(&format!("%{:02X}", special as u32));
                }
                Ok(other) => text.push(other),
                Err(half) => text.push_str(&format!("%u{:04X}", half.unpaired_surrogate())),
            }
        }
        if text.len() > LONGEST {
            let cut = text.floor_char_boundary(LONGEST - HASH_DIGITS - CUT.len());
            text.truncate(cut);
            text.push_str(&format!("{CUT}{:032x}", hash(&self.leaf)));
        }
        // A NUL has been escaped above.
        CString::new(text).unwrap_or_default()
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.scope {
            Scope::Local => "Local",
            Scope::Global => "Global",
        };
        write!(
            formatter,
            "{prefix}\\{}",
            String::from_utf16_lossy(&self.leaf)
        )
    }
}

/// FNV-1a, 128 bits: the same in every version of every process. Two names that collide are told
/// apart by their descriptors.
pub(super) fn hash(units: &[u16]) -> u128 {
    const OFFSET: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let bytes = units.iter().flat_map(|unit| unit.to_le_bytes());
    bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<ObjectName, NtStatus> {
        ObjectName::parse(&name.encode_utf16().collect::<Vec<_>>())
    }

    fn file_name(name: &str) -> String {
        parse(name).unwrap().file_name().into_string().unwrap()
    }

    #[test]
    fn prefixes_lead_to_the_same_place() {
        for name in ["x", "Local\\x", "Session\\1\\x"] {
            assert_eq!(parse(name).unwrap().to_string(), "Local\\x");
        }
        assert_eq!(parse("Global\\x").unwrap().to_string(), "Global\\x");
    }

    #[test]
    fn mistakes_get_their_status() {
        for (name, status) in [
            ("local\\x", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("GLOBAL\\x", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("a\\b", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("Local\\a\\b", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("Session\\7\\x", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("p4\\", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("\\x", NtStatus::OBJECT_PATH_SYNTAX_BAD),
            ("Local\\", NtStatus::OBJECT_NAME_INVALID),
            ("Local\\\\x", NtStatus::OBJECT_NAME_INVALID),
            ("Global\\", NtStatus::OBJECT_NAME_INVALID),
            ("Local", NtStatus::OBJECT_TYPE_MISMATCH),
            ("Global", NtStatus::OBJECT_TYPE_MISMATCH),
            ("", NtStatus::OBJECT_TYPE_MISMATCH),
        ] {
            assert_eq!(parse(name), Err(status), "{name}");
        }
    }

    #[test]
    fn files_are_named_after_objects() {
        assert_eq!(file_name("共享内存"), "共享内存");
        assert_eq!(file_name("a/b:c*"), "a%2Fb:c*");
        assert_eq!(file_name(".."), "%2E.");
        assert_eq!(file_name("100%"), "100%25");
        assert_eq!(file_name("a b.c~{0}"), "a b.c~{0}");
        assert_eq!(file_name("a\tb\x7F"), "a%09b%7F");
        let half = ObjectName::parse(&[0xD800, 0x61]).unwrap();
        assert_eq!(half.file_name().to_str(), Ok("%uD800a"));
    }

    #[test]
    fn names_are_found_in_those_of_files() {
        for leaf in [
            "共享内存",
            "a/b:c*",
            "..",
            "100%",
            "%h",
            "%u0041",
            "\u{1F600}",
        ] {
            let name = parse(leaf).unwrap();
            assert!(name.is_spelled_out(), "{leaf}");
            let found = ObjectName::leaf_of_file(&name.file_name());
            assert_eq!(found.as_deref(), Some(name.leaf()), "{leaf}");
        }
        let half = ObjectName::parse(&[0xD800, 0x61]).unwrap();
        let found = ObjectName::leaf_of_file(&half.file_name());
        assert_eq!(found.as_deref(), Some(half.leaf()));
        let longest = parse(&"x".repeat(255)).unwrap();
        assert!(longest.is_spelled_out());
        let cut = parse(&"x".repeat(256)).unwrap();
        assert!(!cut.is_spelled_out());
        assert_eq!(ObjectName::leaf_of_file(&cut.file_name()), None);
    }

    #[test]
    fn long_names_stay_apart() {
        let one = file_name(&"界".repeat(300));
        let other = file_name(&("界".repeat(299) + "面"));
        assert!(one.len() <= 255 && other.len() <= 255);
        assert_ne!(one, other);
    }
}
