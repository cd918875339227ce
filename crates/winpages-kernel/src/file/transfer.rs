//! Reading and writing.

use super::{File, Kind, status_from_errno};
use crate::NtStatus;
use crate::sys::file::{self as sys, Errno};

/// Where a read or a write begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Where the last one ended.
    Position,
    /// There; the position is behind it afterwards.
    At(u64),
    /// At the end of the file (FILE_WRITE_TO_END_OF_FILE).
    End,
}

impl File {
    /// Reads up to `length` bytes; mirrors NtReadFile. Answers how many there were.
    ///
    /// A disk file gives as many as it has; a pipe or terminal what is there, and waits if there is
    /// nothing.
    ///
    /// # Errors
    ///
    /// - [`NtStatus::END_OF_FILE`]: the offset is at or past the end;
    /// - [`NtStatus::PIPE_BROKEN`]: a pipe nobody can write to any more is empty;
    /// - [`NtStatus::ACCESS_VIOLATION`]: the buffer cannot be written; the position is as before;
    /// - [`NtStatus::INVALID_DEVICE_REQUEST`]: it is a directory.
    ///
    /// # Safety
    ///
    /// What is writable at `buffer` must be memory that the caller may change.
    pub unsafe fn read(
        &self,
        buffer: *mut u8,
        length: usize,
        offset: Offset,
    ) -> Result<usize, NtStatus> {
        if self.kind != Kind::Disk {
            // SAFETY: as the caller vouches.
            let result = unsafe { sys::read(self.as_fd(), buffer, length, None) };
            return match result {
                Ok(0) if length > 0 && self.kind == Kind::Pipe => Err(NtStatus::PIPE_BROKEN),
                Ok(count) => Ok(count),
                Err(Errno::ISDIR) => Err(NtStatus::INVALID_DEVICE_REQUEST),
                Err(errno) => Err(status_from_errno(errno)),
            };
        }
        let start = match offset {
            Offset::Position => self.position()?,
            Offset::At(at) => at,
            Offset::End => self.size()?,
        };
        let mut done = 0;
        while done < length {
            // SAFETY: as the caller vouches; the part not yet filled.
            let result = unsafe {
                sys::read(
                    self.as_fd(),
                    buffer.wrapping_add(done),
                    length - done,
                    Some(start + done as u64),
                )
            };
            match result {
                Ok(0) => break,
                Ok(count) => done += count,
                // Windows looks at the whole buffer first: all or nothing.
                Err(errno) => return Err(status_from_errno(errno)),
            }
        }
        self.set_position(start + done as u64)?;
        if done == 0 && length > 0 {
            return Err(NtStatus::END_OF_FILE);
        }
        Ok(done)
    }

    /// Writes `length` bytes; mirrors NtWriteFile. Answers how many, which is all of them.
    ///
    /// # Errors
    ///
    /// - [`NtStatus::INVALID_USER_BUFFER`]: the buffer cannot be read;
    /// - [`NtStatus::DISK_FULL`]: there is no room for all of it;
    /// - [`NtStatus::PIPE_CLOSING`]: nobody will read the pipe.
    pub fn write(
        &self,
        buffer: *const u8,
        length: usize,
        offset: Offset,
    ) -> Result<usize, NtStatus> {
        let mut at = match (self.kind, offset) {
            (Kind::Disk, Offset::At(at)) => Some(at),
            (Kind::Disk, Offset::End) => Some(self.size()?),
            // The kernel's own position, so that a descriptor open for appending appends.
            _ => None,
        };
        let mut done = 0;
        while done < length {
            let result = sys::write(self.as_fd(), buffer.wrapping_add(done), length - done, at);
            match result {
                Ok(count) => {
                    done += count;
                    at = at.map(|at| at + count as u64);
                }
                Err(Errno::FAULT) => return Err(NtStatus::INVALID_USER_BUFFER),
                Err(errno) => return Err(status_from_errno(errno)),
            }
        }
        if let Some(end) = at {
            self.set_position(end)?;
        }
        Ok(done)
    }
}
