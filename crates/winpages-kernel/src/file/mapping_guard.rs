//! Keeping a mapped file from being cut short.

use std::sync::Arc;

use super::File;
use super::share_access::MAPPED_BYTE;
use crate::NtStatus;
use crate::sys::file::{self as sys, RangeLock};

/// Says to every process that the file is mapped, until it is dropped.
///
/// While any such guard exists anywhere, [`File::set_end_of_file`] that would shorten the file
/// answers [`NtStatus::USER_MAPPED_FILE`], as on Windows, where pages of a view cannot be taken away.
/// A section of a file holds one.
#[derive(Debug)]
pub struct MappingGuard {
    file: Arc<File>,
}

impl MappingGuard {
    /// Marks the file as mapped. Where the file system has no locks, only this process knows.
    pub fn new(file: Arc<File>) -> Self {
        let mut mappings = file.mappings.lock();
        *mappings += 1;
        if *mappings == 1 {
            let _ = sys::lock_range(file.as_fd(), RangeLock::Shared, MAPPED_BYTE, 1, false);
        }
        drop(mappings);
        Self { file }
    }

    /// The file.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }
}

impl Drop for MappingGuard {
    fn drop(&mut self) {
        let mut mappings = self.file.mappings.lock();
        *mappings -= 1;
        // A description shared with a forked process keeps the lock until the last of them closes it.
        if *mappings == 0 && !self.file.may_be_shared_by_fork() {
            let _ = sys::unlock_range(self.file.as_fd(), MAPPED_BYTE, 1);
        }
    }
}

impl File {
    /// Refuses if the file is mapped by anybody.
    pub(super) fn refuse_if_mapped(&self) -> Result<(), NtStatus> {
        // The kernel does not report this description's own lock: that is what the count is for.
        let is_mapped =
            *self.mappings.lock() != 0 || sys::is_range_locked(self.as_fd(), MAPPED_BYTE, 1);
        if is_mapped {
            Err(NtStatus::USER_MAPPED_FILE)
        } else {
            Ok(())
        }
    }
}
