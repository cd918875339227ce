//! Which pages of a SEC_RESERVE section are committed.

use rustix::fd::BorrowedFd;

use super::layout::PAGE_SIZE;
use crate::NtStatus;
use crate::sys::memory::commit_would_be_granted;
use crate::sys::shared_file;

/// The table of a SEC_RESERVE section's committed pages: one byte a page, 1 once it is committed, in
/// the section's own file behind the data.
///
/// A byte, not a bit, so that processes that commit neighbouring pages at once need no lock between
/// them; a file that is read and written, not mapped, because a table of holes costs nothing then.
/// Pages of a section are never decommitted, so a 1 once seen stays true.
#[derive(Clone, Copy, Debug)]
pub struct CommitMap {
    /// Where the table starts in the file, in bytes.
    pub table: u64,
    /// Whether the file system must set the pages aside at once, or the kernel's overcommit policy
    /// stands behind the promise.
    pub set_aside: bool,
}

/// How much of the table is looked at in one go, in pages of the section: little, for it is read on
/// the stack of a thread that has just faulted.
const WINDOW: usize = 256;

/// What is written for committed pages.
static ONES: [u8; 4096] = [1; 4096];

impl CommitMap {
    /// Whether page number `first` of the section is committed, and how many pages from it on, at
    /// most `limit`, are like it. A table that cannot be read says nothing is committed.
    pub fn run(&self, file: BorrowedFd<'_>, first: u64, limit: u64) -> (bool, u64) {
        let mut window = [0u8; WINDOW];
        let mut kind = None;
        let mut length = 0;
        while length < limit {
            let at = self.table + first + length;
            let wanted = (limit - length).min(WINDOW as u64) as usize;
            let got = shared_file::read_at(file, &mut window[..wanted], at).unwrap_or(0);
            if got == 0 {
                // Beyond the end of the table: nothing there is committed.
                return match kind {
                    Some(true) => (true, length),
                    _ => (false, limit),
                };
            }
            let committed = *kind.get_or_insert(window[0] == 1);
            let alike = window[..got]
                .iter()
                .take_while(|byte| (**byte == 1) == committed)
                .count();
            length += alike as u64;
            if alike < got {
                break;
            }
            if !committed {
                // A hole in the file is a long run of uncommitted pages.
                let data =
                    shared_file::next_data(file, self.table + first + length).unwrap_or(u64::MAX);
                length = data.saturating_sub(self.table + first).clamp(length, limit);
            }
        }
        (kind.unwrap_or(false), length)
    }

    /// Commits pages of the section.
    ///
    /// # Errors
    ///
    /// [`NtStatus::COMMITMENT_LIMIT`] if there is no room for them; nothing is committed then.
    pub fn commit(&self, file: BorrowedFd<'_>, first: u64, count: u64) -> Result<(), NtStatus> {
        let bytes = count * PAGE_SIZE as u64;
        let room = if self.set_aside {
            shared_file::allocate(file, first * PAGE_SIZE as u64, bytes).is_ok()
        } else {
            commit_would_be_granted(bytes as usize)
        };
        if !room {
            return Err(NtStatus::COMMITMENT_LIMIT);
        }
        let mut done = 0;
        while done < count {
            let length = (count - done).min(ONES.len() as u64) as usize;
            let written = shared_file::write_at(file, &ONES[..length], self.table + first + done)
                .map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
            done += written as u64;
        }
        Ok(())
    }
}
