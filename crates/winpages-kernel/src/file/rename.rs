//! Moving and copying files.

use super::create::{CreateOptions, CreateRequest, Disposition};
use super::path::{self, Target};
use super::share_access::ShareAccess;
use super::{File, Offset, status_from_errno};
use crate::NtStatus;
use crate::object::AccessMask;
use crate::sys::file::{self as sys, CWD, Errno, FileType, Mode, RenameFlags};

fn open(path: &str, access: AccessMask, disposition: Disposition) -> CreateRequest<'_> {
    CreateRequest {
        path,
        access,
        share: ShareAccess::all(),
        disposition,
        options: CreateOptions::empty(),
        read_only: false,
    }
}

/// Gives the file or directory at one Win32 path another; mirrors what MoveFileEx asks of NT.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is nothing to move,
/// [`NtStatus::OBJECT_NAME_COLLISION`] if the new name is taken and `replace` not set,
/// [`NtStatus::ACCESS_DENIED`] if a directory would be replaced, or a file that somebody has open or mapped,
/// [`NtStatus::SHARING_VIOLATION`] if what is to be moved is open and not shared for deleting,
/// [`NtStatus::NOT_SAME_DEVICE`] if they are on different file systems, and those of
/// [`path::resolve`].
pub fn rename(from: &str, to: &str, replace: bool) -> Result<(), NtStatus> {
    let (Target::Place(source), Target::Place(target)) = (path::resolve(from)?, path::resolve(to)?)
    else {
        return Err(NtStatus::ACCESS_DENIED);
    };
    let source_path = source.existing()?;
    // Both are held open for deleting until the name has changed: nobody can open them otherwise.
    let (moved, ..) = File::create(&open(from, AccessMask::DELETE, Disposition::Open))?;
    let mut _replaced = None;
    let mut flags = RenameFlags::NOREPLACE;
    if target.exists {
        let found = sys::stat(&target.path).map_err(status_from_errno)?;
        let is_same =
            found.st_dev == moved.identity().device && found.st_ino == moved.identity().inode;
        if is_same {
            // Only the case of the name changes, or nothing: the target is spelled as asked.
            let spelled = to.rsplit(['\\', '/']).next().unwrap_or(to);
            let renamed = target.path.with_file_name(spelled);
            return sys::renameat_with(CWD, source_path, CWD, &renamed, RenameFlags::empty())
                .map_err(status_from_errno);
        }
        if !replace {
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let opened = File::create(&CreateRequest {
            options: CreateOptions::NON_DIRECTORY_FILE,
            share: ShareAccess::empty(),
            ..open(to, AccessMask::DELETE, Disposition::Open)
        });
        let (file, ..) = opened.map_err(|status| match status {
            NtStatus::SHARING_VIOLATION => NtStatus::ACCESS_DENIED,
            other => other,
        })?;
        file.refuse_if_mapped()
            .map_err(|_| NtStatus::ACCESS_DENIED)?;
        _replaced = Some(file);
        flags = RenameFlags::empty();
    }
    match sys::renameat_with(CWD, source_path, CWD, &target.path, flags) {
        // Some file systems know no flags; the look-up said that the name is free.
        Err(Errno::INVAL) if !flags.is_empty() => {
            sys::renameat_with(CWD, source_path, CWD, &target.path, RenameFlags::empty())
        }
        result => result,
    }
    .map_err(|errno| match errno {
        Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND,
        // A directory does not replace a file.
        Errno::NOTDIR if target.exists => NtStatus::ACCESS_DENIED,
        other => status_from_errno(other),
    })
}

/// Copies the data, the permissions and the time of the last write of a file; what CopyFile does.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_COLLISION`] if the target is there and `fail_if_exists` set, and those of
/// opening both and of reading and writing.
pub fn copy_file(from: &str, to: &str, fail_if_exists: bool) -> Result<(), NtStatus> {
    let plain = CreateOptions::NON_DIRECTORY_FILE;
    let (source, ..) = File::create(&CreateRequest {
        options: plain,
        share: ShareAccess::READ | ShareAccess::WRITE,
        ..open(from, AccessMask::FILE_READ_DATA, Disposition::Open)
    })?;
    if let (Target::Place(one), Target::Place(other)) = (path::resolve(from)?, path::resolve(to)?)
        && one.path == other.path
    {
        // Emptying the target first would lose the data.
        return Err(if fail_if_exists {
            NtStatus::OBJECT_NAME_COLLISION
        } else {
            NtStatus::SHARING_VIOLATION
        });
    }
    let disposition = if fail_if_exists {
        Disposition::Create
    } else {
        Disposition::OverwriteIf
    };
    let (target, ..) = File::create(&CreateRequest {
        options: plain,
        share: ShareAccess::READ | ShareAccess::WRITE,
        ..open(to, AccessMask::GENERIC_WRITE, disposition)
    })?;
    transfer(&source, &target)?;
    let found = sys::fstat(source.as_fd()).map_err(status_from_errno)?;
    // As far as the target's file system keeps them.
    let _ = sys::fchmod(target.as_fd(), Mode::from_raw_mode(found.st_mode & 0o777));
    let time = |seconds, nanoseconds| sys::Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds,
    };
    let _ = sys::futimens(
        target.as_fd(),
        &sys::Timestamps {
            last_access: time(found.st_atime, found.st_atime_nsec as _),
            last_modification: time(found.st_mtime, found.st_mtime_nsec as _),
        },
    );
    Ok(())
}

/// Copies from the position of one to that of the other, to the end.
fn transfer(source: &File, target: &File) -> Result<(), NtStatus> {
    loop {
        match sys::copy_file_range(source.as_fd(), None, target.as_fd(), None, 1 << 30) {
            Ok(0) => break,
            Ok(_) => {}
            // Between file systems, or of what is no plain file: by hand.
            Err(_) => break,
        }
    }
    let mut buffer = vec![0u8; 256 << 10];
    loop {
        // SAFETY: the buffer is this function's own.
        let count =
            match unsafe { source.read(buffer.as_mut_ptr(), buffer.len(), Offset::Position) } {
                Ok(0) | Err(NtStatus::END_OF_FILE | NtStatus::PIPE_BROKEN) => return Ok(()),
                Ok(count) => count,
                Err(status) => return Err(status),
            };
        target.write(buffer.as_ptr(), count, Offset::Position)?;
    }
}
