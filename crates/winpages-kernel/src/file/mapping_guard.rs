//! Keeping a mapped file from being cut short, and from those who deny writing.

use std::sync::Arc;

use super::File;
use super::share_access::{IMAGE_BYTE, MAPPED_BYTE, WRITABLY_MAPPED_BYTE};
use crate::NtStatus;
use crate::sys::file::{self as sys, RangeLock};

/// Says to every process that the file is mapped, until it is dropped.
///
/// While any such guard exists anywhere, [`File::set_end_of_file`] that would shorten the file
/// answers [`NtStatus::USER_MAPPED_FILE`], as on Windows, where pages of a view cannot be taken away.
/// While one exists through which the file may be written, an open that does not share writing
/// answers [`NtStatus::SHARING_VIOLATION`]; and so does an open for writing, while one exists that lays
/// the file out as a program image. A section of a file holds one.
#[derive(Debug)]
pub struct MappingGuard {
    file: Arc<File>,
    purpose: Purpose,
}

/// What a file is mapped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// For reading.
    Reading,
    /// For writing, too.
    Writing,
    /// As a program image.
    Image,
}

impl Purpose {
    /// The byte that tells others of it, besides the one that all mappings have.
    fn byte(self) -> Option<u64> {
        match self {
            Self::Reading => None,
            Self::Writing => Some(WRITABLY_MAPPED_BYTE),
            Self::Image => Some(IMAGE_BYTE),
        }
    }
}

/// How many guards of one open file there are.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    all: u32,
    writing: u32,
    images: u32,
}

impl Mappings {
    /// How many there are for a purpose; for reading it does not matter.
    fn of(&mut self, purpose: Purpose) -> Option<&mut u32> {
        match purpose {
            Purpose::Reading => None,
            Purpose::Writing => Some(&mut self.writing),
            Purpose::Image => Some(&mut self.images),
        }
    }
}

impl MappingGuard {
    /// Marks the file as mapped. Where the file system has no locks, only this process knows.
    pub fn new(file: Arc<File>, purpose: Purpose) -> Self {
        let lock = |byte| {
            let _ = sys::lock_range(file.as_fd(), RangeLock::Shared, byte, 1, false);
        };
        let mut mappings = file.mappings.lock();
        mappings.all += 1;
        if mappings.all == 1 {
            lock(MAPPED_BYTE);
        }
        if let (Some(count), Some(byte)) = (mappings.of(purpose), purpose.byte()) {
            *count += 1;
            if *count == 1 {
                lock(byte);
            }
        }
        drop(mappings);
        Self { file, purpose }
    }

    /// The file.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }
}

impl Drop for MappingGuard {
    fn drop(&mut self) {
        let mut mappings = self.file.mappings.lock();
        mappings.all -= 1;
        let mut is_last = false;
        if let Some(count) = mappings.of(self.purpose) {
            *count -= 1;
            is_last = *count == 0;
        }
        // A description shared with a forked process keeps the locks until the last of them closes it.
        if self.file.may_be_shared_by_fork() {
            return;
        }
        if mappings.all == 0 {
            let _ = sys::unlock_range(self.file.as_fd(), MAPPED_BYTE, 1);
        }
        if let Some(byte) = self.purpose.byte().filter(|_| is_last) {
            let _ = sys::unlock_range(self.file.as_fd(), byte, 1);
        }
    }
}

impl File {
    /// Refuses if the file is mapped by anybody.
    pub(super) fn refuse_if_mapped(&self) -> Result<(), NtStatus> {
        // The kernel does not report this description's own lock: that is what the count is for.
        let is_mapped =
            self.mappings.lock().all != 0 || sys::is_range_locked(self.as_fd(), MAPPED_BYTE, 1);
        if is_mapped {
            Err(NtStatus::USER_MAPPED_FILE)
        } else {
            Ok(())
        }
    }
}
