//! Sections whose file holds their pages and nothing else.
//!
//! What most programs ask for needs no descriptor: memory to be read and written, its user's alone, under
//! a name that is a file's name as it is. The mode of its file says that nothing stands behind the data,
//! and the file's length says the rest. The mode is there from the file's first moment on, the length from
//! one system call on; so there is nothing half-written, and a file without length is one that is being
//! created. None of it depends on the width of a word, so there is nothing to compare.

use super::descriptor::{Descriptor, ObjectKind, PAYLOAD_SIZE};
use crate::sys::shared_file::Stat;

/// The mode's bit that says so: of a file that is no directory it means nothing to Linux, which never sets
/// or takes it by itself.
pub const PLAIN_MODE: u32 = 0o1000;

const PAGE: u64 = 0x1000;

/// How many pages of a section one page of its table tells of.
const TOLD_BY_PAGE: u64 = PAGE;

/// What such a section promises. How many bytes its file is longer than whole pages says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PlainSection {
    /// SEC_COMMIT: all pages are there. No byte more.
    Committed = 1,
    /// SEC_RESERVE: the table of committed pages stands behind the data. One byte more.
    Reserved = 2,
}

impl PlainSection {
    /// The kind of a number.
    pub(super) fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Committed),
            2 => Some(Self::Reserved),
            _ => None,
        }
    }

    /// The sizes of files that are not a plain section's; see [`PlainSection::of`].
    pub(super) fn is_told_by(file_size: u64) -> Option<Self> {
        match file_size % PAGE {
            0 => Some(Self::Committed),
            1 => Some(Self::Reserved),
            _ => None,
        }
    }

    /// Which kind a file is of, and how many bytes its data and tables have.
    pub(super) fn of(found: &Stat) -> Option<(Self, u64)> {
        let size = found.st_size as u64;
        let is_plain = found.st_mode & PLAIN_MODE != 0 && size >= PAGE;
        let kind = is_plain.then(|| Self::is_told_by(size)).flatten()?;
        Some((kind, size - size % PAGE))
    }

    /// How long the file of such a section is, in bytes, whose data and tables have this many.
    pub fn file_size(self, data_size: u64) -> u64 {
        match self {
            Self::Committed => data_size,
            Self::Reserved => data_size + 1,
        }
    }

    /// How many of those bytes are the section's.
    pub fn section_size(self, data_size: u64) -> u64 {
        match self {
            Self::Committed => data_size,
            Self::Reserved => {
                let pages = data_size / PAGE;
                (pages - pages.div_ceil(TOLD_BY_PAGE + 1)) * PAGE
            }
        }
    }

    /// What the descriptor of such a section would say, but for the name.
    pub fn descriptor(self, data_size: u64) -> Descriptor {
        Descriptor {
            kind: ObjectKind::Section,
            plain: Some(self),
            data_size,
            name: Vec::new(),
            payload: [0; PAYLOAD_SIZE],
            extra: Vec::new(),
            security: Vec::new(),
            creator: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_tells_pages_from_table() {
        for pages in [1, 2, 4095, 4096, 4097, 8192, 8193, 1u64 << 30] {
            let table = pages.div_ceil(TOLD_BY_PAGE);
            let data_size = (pages + table) * PAGE;
            let kind = PlainSection::Reserved;
            assert_eq!(kind.section_size(data_size), pages * PAGE, "{pages}");
            assert_eq!(
                PlainSection::is_told_by(kind.file_size(data_size)),
                Some(kind)
            );
        }
    }
}
