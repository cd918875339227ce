//! What a thread ended with, for other processes that have a handle to it: Linux tells them that it ended,
//! and nothing else.

use core::sync::atomic::Ordering;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::NtStatus;
use crate::sys::shared_file;
use crate::sys::shared_page::SharedPage;

/// Where the exit code is in the page, in bytes, and above it whether there is one.
const PLACE: usize = 0;

const HAS_ENDED: u64 = 1 << 32;

/// A page in memory in which a thread leaves its exit code.
#[derive(Debug)]
pub struct SharedEnding {
    file: OwnedFd,
    page: SharedPage,
}

impl SharedEnding {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INSUFFICIENT_RESOURCES`].
    pub(super) fn new() -> Result<Self, NtStatus> {
        let no_room = |_| NtStatus::INSUFFICIENT_RESOURCES;
        let file = shared_file::create_sealable(c"winpages thread").map_err(no_room)?;
        shared_file::set_size(file.as_fd(), SharedPage::SIZE as u64).map_err(no_room)?;
        shared_file::seal_size(file.as_fd());
        let page = SharedPage::map(file.as_fd()).map_err(no_room)?;
        Ok(Self { file, page })
    }

    /// One that another process has made.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] for a file that could be made shorter while it is looked at.
    pub(crate) fn of(file: OwnedFd) -> Result<Self, NtStatus> {
        let is_long = shared_file::stat(&file)
            .is_ok_and(|found| found.st_size as u64 >= SharedPage::SIZE as u64);
        if !is_long || !shared_file::has_fixed_size(file.as_fd()) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let page = SharedPage::map(file.as_fd()).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        Ok(Self { file, page })
    }

    /// The file, for others.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Leaves the exit code.
    pub(super) fn leave(&self, code: u32) {
        let ending = HAS_ENDED | u64::from(code);
        self.page
            .double_word(PLACE)
            .store(ending, Ordering::Release);
    }

    /// The exit code, if the thread has left it.
    pub(crate) fn code(&self) -> Option<u32> {
        let ending = self.page.double_word(PLACE).load(Ordering::Acquire);
        (ending & HAS_ENDED != 0).then_some(ending as u32)
    }
}
