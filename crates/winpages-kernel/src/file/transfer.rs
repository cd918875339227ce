//! Reading and writing.

use super::{File, Kind, status_from_errno};
use crate::NtStatus;
use crate::address_space;
use crate::sys::fault::Attempt;
use crate::sys::file::{self as sys, Errno};
use crate::sys::signals::without_broken_pipe;

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

/// Makes a system call with a caller's buffer, once more if all it met were pages that only had to be
/// touched to be usable.
fn again_after_fault(
    buffer: usize,
    size: usize,
    attempt: Attempt,
    mut call: impl FnMut() -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    match call() {
        Err(Errno::FAULT) if address_space::touched_by_system_call(buffer, size, attempt) => call(),
        answer => answer,
    }
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
        address_space::mark_for_system_call(buffer as usize, length);
        if self.kind != Kind::Disk {
            // SAFETY: as the caller vouches.
            let read = || unsafe { sys::read(self.as_fd(), buffer, length, None) };
            return match again_after_fault(buffer as usize, length, Attempt::Write, read) {
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
            let (to, rest) = (buffer.wrapping_add(done), length - done);
            // SAFETY: as the caller vouches; the part not yet filled.
            let read = || unsafe { sys::read(self.as_fd(), to, rest, Some(start + done as u64)) };
            match again_after_fault(to as usize, rest, Attempt::Write, read) {
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
            let (from, rest) = (buffer.wrapping_add(done), length - done);
            let write = || {
                let write = || sys::write(self.as_fd(), from, rest, at);
                match self.kind {
                    Kind::Pipe => without_broken_pipe(write),
                    _ => write(),
                }
            };
            match again_after_fault(from as usize, rest, Attempt::Read, write) {
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
