//! When a file was last read and written.

use super::{File, status_from_errno};
use crate::NtStatus;
use crate::sys::file as sys;

/// A time in units of 100 ns since 1970-01-01 00:00 UTC, or before.
pub type Units = i64;

/// A time for the kernel; `None` leaves it as it is.
fn kernel_time(time: Option<Units>) -> sys::Timespec {
    const IN_A_SECOND: i64 = 10_000_000;
    match time {
        Some(units) => sys::Timespec {
            tv_sec: units.div_euclid(IN_A_SECOND),
            tv_nsec: units.rem_euclid(IN_A_SECOND) * 100,
        },
        None => sys::Timespec {
            tv_sec: 0,
            tv_nsec: sys::UTIME_OMIT,
        },
    }
}

impl File {
    /// Says when the file was last read and last written; what is `None` stays. When it was made, which Windows lets
    /// programs say, Linux does not. Mirrors FileBasicInformation of NtSetInformationFile.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the file is another user's, and what the file system answers.
    pub fn set_times(
        &self,
        last_access: Option<Units>,
        last_write: Option<Units>,
    ) -> Result<(), NtStatus> {
        let times = sys::Timestamps {
            last_access: kernel_time(last_access),
            last_modification: kernel_time(last_write),
        };
        sys::futimens(self.as_fd(), &times).map_err(status_from_errno)
    }
}
