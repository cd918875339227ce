//! POSIX access control lists, as the kernel takes and gives them.

use core::ffi::CStr;

use rustix::fd::BorrowedFd;
use rustix::fs::{Mode, XattrFlags};
use rustix::io::Errno;

/// Reading, among an entry's bits.
pub const READ: u16 = 4;
/// Writing, among an entry's bits.
pub const WRITE: u16 = 2;
/// Executing, among an entry's bits.
pub const EXECUTE: u16 = 1;

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The file's owner.
    Owner,
    /// A user.
    User(u32),
    /// The group the file belongs to.
    OwningGroup,
    /// A group.
    Group(u32),
    /// The most that the three kinds before it may have.
    Mask,
    /// Everybody else.
    Others,
}

/// Who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it is about.
    pub tag: Tag,
    /// What he may do: [`READ`], [`WRITE`], [`EXECUTE`].
    pub bits: u16,
}

impl Entry {
    /// An entry.
    pub fn new(tag: Tag, bits: u16) -> Self {
        Self { tag, bits }
    }

    fn number_and_id(self) -> (u16, u32) {
        const NOBODY: u32 = u32::MAX;
        match self.tag {
            Tag::Owner => (0x01, NOBODY),
            Tag::User(user) => (0x02, user),
            Tag::OwningGroup => (0x04, NOBODY),
            Tag::Group(group) => (0x08, group),
            Tag::Mask => (0x10, NOBODY),
            Tag::Others => (0x20, NOBODY),
        }
    }
}

const ATTRIBUTE: &CStr = c"system.posix_acl_access";
const VERSION: u32 = 2;

/// Sets the list of a file; entries must come in the order of [`Tag`], numbers ascending. One that
/// names nobody is the mode and no more.
///
/// # Errors
///
/// `EPERM` if the file is another user's, `EOPNOTSUPP` where the file system has no lists.
pub fn set(file: BorrowedFd<'_>, entries: &[Entry]) -> Result<(), Errno> {
    let mut value = VERSION.to_le_bytes().to_vec();
    for entry in entries {
        let (number, id) = entry.number_and_id();
        value.extend(number.to_le_bytes());
        value.extend(entry.bits.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    match rustix::fs::fsetxattr(file, ATTRIBUTE, &value, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) => {
            let mode = mode(entries).ok_or(Errno::OPNOTSUPP)?;
            // As a list does: what is not about rights stays.
            let rest = rustix::fs::fstat(file)?.st_mode & 0o7000;
            rustix::fs::fchmod(file, Mode::from_raw_mode(mode | rest))
        }
        answer => answer,
    }
}

/// The list of a file; `None` if it has none, or the file system has no lists.
pub fn get(file: BorrowedFd<'_>) -> Option<Vec<Entry>> {
    /// More than the kernel keeps.
    const LARGEST: usize = 1 << 16;
    const VERSION_SIZE: usize = 4;
    const ENTRY_SIZE: usize = 8;
    let mut value = vec![0; LARGEST];
    let size = rustix::fs::fgetxattr(file, ATTRIBUTE, &mut value[..]).ok()?;
    let entries = value.get(VERSION_SIZE..size)?.chunks_exact(ENTRY_SIZE);
    entries
        .map(|entry| {
            let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
            let tag = match u16::from_le_bytes([entry[0], entry[1]]) {
                0x01 => Tag::Owner,
                0x02 => Tag::User(id),
                0x04 => Tag::OwningGroup,
                0x08 => Tag::Group(id),
                0x10 => Tag::Mask,
                0x20 => Tag::Others,
                _ => return None,
            };
            Some(Entry::new(tag, u16::from_le_bytes([entry[2], entry[3]])))
        })
        .collect()
}

/// The list that a mode amounts to.
pub fn of_mode(mode: u32) -> Vec<Entry> {
    let bits = |shift: u32| (mode >> shift) as u16 & 7;
    vec![
        Entry::new(Tag::Owner, bits(6)),
        Entry::new(Tag::OwningGroup, bits(3)),
        Entry::new(Tag::Others, bits(0)),
    ]
}

/// The mode that a list comes to, if it names nobody.
fn mode(entries: &[Entry]) -> Option<u32> {
    entries.iter().try_fold(0, |mode, entry| {
        let shift = match entry.tag {
            Tag::Owner => 6,
            Tag::OwningGroup => 3,
            Tag::Others => 0,
            Tag::User(_) | Tag::Group(_) | Tag::Mask => return None,
        };
        Some(mode | u32::from(entry.bits) << shift)
    })
}

/// Gives a file to another user.
///
/// # Errors
///
/// `EPERM` if this process may not.
pub fn give_to(file: BorrowedFd<'_>, user: u32) -> Result<(), Errno> {
    let user = rustix::process::Uid::from_raw(user);
    rustix::fs::fchown(file, Some(user), None)
}

#[cfg(test)]
mod tests {
    use rustix::fd::AsFd;

    use super::*;

    #[test]
    fn lists_are_set_and_their_modes_seen() {
        let directory = std::env::temp_dir();
        let path = directory.join(format!("winpages-acl-{}", std::process::id()));
        let file = std::fs::File::create(&path).unwrap();
        let seen = || rustix::fs::fstat(&file).unwrap().st_mode & 0o777;
        let plain = [
            Entry::new(Tag::Owner, READ | WRITE),
            Entry::new(Tag::OwningGroup, 0),
            Entry::new(Tag::Others, READ),
        ];
        set(file.as_fd(), &plain).unwrap();
        assert_eq!(seen(), 0o604);
        assert_eq!(of_mode(seen()), plain);
        let named = [
            plain[0],
            Entry::new(Tag::User(12345), READ | WRITE),
            plain[1],
            Entry::new(Tag::Mask, READ | WRITE),
            plain[2],
        ];
        if set(file.as_fd(), &named) != Err(Errno::OPNOTSUPP) {
            // The group's bits are the mask's where there is one.
            assert_eq!(seen(), 0o664);
            assert_eq!(get(file.as_fd()).as_deref(), Some(&named[..]));
            set(file.as_fd(), &plain).unwrap();
            assert_eq!(seen(), 0o604);
        }
        std::fs::remove_file(path).unwrap();
    }
}
