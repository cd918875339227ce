//! The position of an open file, and its end.

use super::{File, Kind, status_from_errno};
use crate::NtStatus;
use crate::sys::file::{self as sys, Errno, SeekFrom};
use crate::sys::shared_file;

/// What a distance is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// FILE_BEGIN
    Begin,
    /// FILE_CURRENT
    Current,
    /// FILE_END
    End,
}

impl File {
    /// The size in bytes.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_DEVICE_REQUEST`] for what has no size.
    pub fn size(&self) -> Result<u64, NtStatus> {
        match self.kind {
            Kind::Disk | Kind::Directory => {
                let attributes = sys::fstat(self.as_fd()).map_err(status_from_errno)?;
                Ok(attributes.st_size as u64)
            }
            Kind::Character | Kind::Pipe => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    /// Where the next read or write without an offset begins.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_DEVICE_REQUEST`] for what has no positions.
    pub fn position(&self) -> Result<u64, NtStatus> {
        sys::seek(self.as_fd(), SeekFrom::Current(0)).map_err(status_from_errno)
    }

    /// The position that lies `distance` from `origin`, without going there.
    ///
    /// # Errors
    ///
    /// `None` if it is negative or past what 63 bits hold.
    pub fn position_at(&self, distance: i64, origin: Origin) -> Result<Option<u64>, NtStatus> {
        let from = match origin {
            Origin::Begin => 0,
            Origin::Current => self.position()?,
            Origin::End => self.size()?,
        };
        let target = i128::from(from) + i128::from(distance);
        Ok(i64::try_from(target)
            .ok()
            .and_then(|at| u64::try_from(at).ok()))
    }

    /// Sets the position, which may lie past the end.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_DEVICE_REQUEST`] for what has no positions,
    /// [`NtStatus::INVALID_PARAMETER`] for a position no file of this file system can have.
    pub fn set_position(&self, position: u64) -> Result<(), NtStatus> {
        sys::seek(self.as_fd(), SeekFrom::Start(position))
            .map(|_| ())
            .map_err(status_from_errno)
    }

    /// Makes the file end at `end`: cut short, or grown by zeroes.
    ///
    /// # Errors
    ///
    /// [`NtStatus::USER_MAPPED_FILE`] if it would be cut short and is mapped anywhere,
    /// [`NtStatus::DISK_FULL`], [`NtStatus::INVALID_PARAMETER`] past the largest size.
    pub fn set_end_of_file(&self, end: u64) -> Result<(), NtStatus> {
        if end > i64::MAX as u64 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.truncate(end)
    }

    /// Sets room aside on the disk for as many bytes as the file is to have; if that is less than it has, it is
    /// cut short. Mirrors FileAllocationInformation of NtSetInformationFile.
    ///
    /// # Errors
    ///
    /// As [`File::set_end_of_file`].
    pub fn set_allocation(&self, size: u64) -> Result<(), NtStatus> {
        let end = self.size()?;
        if size <= end || size > i64::MAX as u64 {
            return self.set_end_of_file(size);
        }
        match shared_file::allocate_keeping_size(self.as_fd(), end, size - end) {
            // Where the file system sets nothing aside, a promise is all there is.
            Err(Errno::OPNOTSUPP) => Ok(()),
            answer => answer.map_err(status_from_errno),
        }
    }

    pub(super) fn truncate(&self, end: u64) -> Result<(), NtStatus> {
        if end < self.size()? {
            self.refuse_if_mapped()?;
        }
        sys::ftruncate(self.as_fd(), end).map_err(status_from_errno)
    }

    /// Writes to the disk what was written to the file; mirrors NtFlushBuffersFile.
    ///
    /// # Errors
    ///
    /// [`NtStatus::DISK_FULL`] and [`NtStatus::IO_DEVICE_ERROR`], as the disk reports them.
    pub fn flush(&self) -> Result<(), NtStatus> {
        match self.kind {
            Kind::Disk | Kind::Directory => sys::fsync(self.as_fd()).map_err(status_from_errno),
            // A pipe or a terminal holds nothing back.
            Kind::Character | Kind::Pipe => Ok(()),
        }
    }
}
