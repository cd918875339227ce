//! Opening and creating files; mirrors NtCreateFile.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use super::lookup::Place;
use super::path::{self, Target};
use super::share_access::{self, ShareAccess};
use super::{FILE_GENERIC_MAPPING, File, Kind, status_from_errno};
use crate::NtStatus;
use crate::object::AccessMask;
use crate::sys::file::{self as sys, Errno, FileType, Mode, OFlags};

/// What to do if the file is there, and what if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// FILE_CREATE, CREATE_NEW: it must not be there.
    Create,
    /// FILE_OVERWRITE_IF, CREATE_ALWAYS: emptied, or made.
    OverwriteIf,
    /// FILE_OPEN, OPEN_EXISTING: it must be there.
    Open,
    /// FILE_OPEN_IF, OPEN_ALWAYS: opened, or made.
    OpenIf,
    /// FILE_OVERWRITE, TRUNCATE_EXISTING: it must be there, and is emptied.
    Overwrite,
}

bitflags::bitflags! {
    /// How the file is opened, beyond access: the FILE_ options of NtCreateFile that exist here.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CreateOptions: u32 {
        /// FILE_DIRECTORY_FILE: it must be a directory.
        const DIRECTORY_FILE = 0x0000_0001;
        /// FILE_WRITE_THROUGH: a write returns when the data is on the disk.
        const WRITE_THROUGH = 0x0000_0002;
        /// FILE_NON_DIRECTORY_FILE: it must be no directory.
        const NON_DIRECTORY_FILE = 0x0000_0040;
        /// FILE_DELETE_ON_CLOSE: it goes with the last handle.
        const DELETE_ON_CLOSE = 0x0000_1000;
    }
}

/// The arguments of [`File::create`], as NtCreateFile has them.
#[derive(Clone, Copy, Debug)]
pub struct CreateRequest<'a> {
    /// The Win32 path.
    pub path: &'a str,
    /// What the handle shall be allowed to do; generic rights are replaced by specific ones.
    pub access: AccessMask,
    /// What others may do meanwhile.
    pub share: ShareAccess,
    /// What to do if it is there, and if not.
    pub disposition: Disposition,
    /// How it is opened.
    pub options: CreateOptions,
    /// FILE_ATTRIBUTE_READONLY: a file made by this call can be opened only for reading later.
    pub read_only: bool,
}

/// What [`File::create`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// FILE_OPENED
    Opened,
    /// FILE_CREATED
    Created,
    /// FILE_OVERWRITTEN
    Overwritten,
}

/// The bits that let anybody write to a file; none of them is FILE_ATTRIBUTE_READONLY.
pub(super) const WRITE_BITS: u32 = 0o222;

impl File {
    /// Opens or creates a file; mirrors NtCreateFile. Answers the file, what a handle to it may do,
    /// and what happened.
    ///
    /// # Errors
    ///
    /// Those of [`path::resolve`], and
    /// - [`NtStatus::OBJECT_NAME_NOT_FOUND`]: it had to be there and is not;
    /// - [`NtStatus::OBJECT_NAME_COLLISION`]: it had to be new and is not;
    /// - [`NtStatus::SHARING_VIOLATION`]: somebody has it open in a way that excludes this one;
    /// - [`NtStatus::ACCESS_DENIED`]: the file's permissions, or FILE_ATTRIBUTE_READONLY;
    /// - [`NtStatus::FILE_IS_A_DIRECTORY`], [`NtStatus::NOT_A_DIRECTORY`]: not what `options` ask for;
    /// - [`NtStatus::OBJECT_NAME_INVALID`]: the path of a plain file ends in a separator;
    /// - [`NtStatus::USER_MAPPED_FILE`]: it would be emptied, and somebody has it mapped;
    /// - [`NtStatus::TOO_MANY_OPENED_FILES`], [`NtStatus::DISK_FULL`], [`NtStatus::MEDIA_WRITE_PROTECTED`].
    pub fn create(request: &CreateRequest<'_>) -> Result<(Self, AccessMask, Outcome), NtStatus> {
        let access = FILE_GENERIC_MAPPING.apply(request.access);
        let place = match path::resolve(request.path)? {
            Target::Place(place) => place,
            Target::Null => return open_device(Path::new("/dev/null"), OFlags::RDWR, access),
            Target::ConsoleInput => return open_terminal(OFlags::RDWR, access),
            Target::ConsoleOutput => return open_terminal(OFlags::RDWR, access),
            Target::Console => {
                // CON is one or the other, by what is asked of it.
                let reads = access.contains(AccessMask::FILE_READ_DATA);
                let writes = access.contains(AccessMask::FILE_WRITE_DATA);
                if reads == writes {
                    return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
                }
                return open_terminal(OFlags::RDWR, access);
            }
        };
        // Somebody may make or delete the file between the look-up and the opening: then look again,
        // but not for ever.
        for _ in 0..16 {
            let exists = sys::stat(&place.path).is_ok();
            let result = if exists {
                open_existing(&place, request, access)
            } else {
                create_new(&place, request, access)
            };
            match result {
                Err(Attempt::Raced) => {}
                Err(Attempt::Failed(status)) => return Err(status),
                Ok(done) => return Ok(done),
            }
        }
        Err(NtStatus::SHARING_VIOLATION)
    }
}

/// Why one attempt did not end in an open file.
enum Attempt {
    /// The file appeared or vanished under it.
    Raced,
    Failed(NtStatus),
}

impl From<NtStatus> for Attempt {
    fn from(status: NtStatus) -> Self {
        Self::Failed(status)
    }
}

type Opened = (File, AccessMask, Outcome);

/// How the descriptor must be open for what a handle may do.
fn open_flags(access: AccessMask) -> OFlags {
    let writes = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA;
    let mut flags = if access.intersects(writes) {
        // For reading too: pages that are written through a mapping are read, and the share locks
        // need a readable descriptor. The handle's access says what is allowed.
        OFlags::RDWR
    } else {
        OFlags::RDONLY
    };
    if access.intersection(writes) == AccessMask::FILE_APPEND_DATA {
        flags |= OFlags::APPEND;
    }
    flags
}

/// Flags of every open: a pipe or a device does not make it wait, nor become the terminal.
const ALWAYS: OFlags = OFlags::CLOEXEC
    .union(OFlags::NOCTTY)
    .union(OFlags::NONBLOCK);

fn flags_of(request: &CreateRequest<'_>, access: AccessMask) -> OFlags {
    let mut flags = ALWAYS | open_flags(access);
    if request.options.contains(CreateOptions::WRITE_THROUGH) {
        flags |= OFlags::DSYNC;
    }
    flags
}

fn create_new(
    place: &Place,
    request: &CreateRequest<'_>,
    access: AccessMask,
) -> Result<Opened, Attempt> {
    if matches!(
        request.disposition,
        Disposition::Open | Disposition::Overwrite
    ) {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND.into());
    }
    if place.ends_in_separator {
        return Err(NtStatus::OBJECT_NAME_INVALID.into());
    }
    let mode = Mode::from_raw_mode(if request.read_only {
        0o666 & !WRITE_BITS
    } else {
        0o666
    });
    let flags = flags_of(request, access) | OFlags::CREATE | OFlags::EXCL;
    let descriptor = match sys::open(&place.path, flags, mode) {
        Ok(descriptor) => descriptor,
        Err(Errno::EXIST) if sys::stat(&place.path).is_ok() => return Err(Attempt::Raced),
        // The name is that of a link that leads nowhere.
        Err(Errno::EXIST) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND.into()),
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(NtStatus::OBJECT_PATH_NOT_FOUND.into()),
        Err(errno) => return Err(status_from_errno(errno).into()),
    };
    share_access::acquire(descriptor.as_fd(), access, request.share)?;
    let file = File::from_descriptor(descriptor)?;
    file.set_delete_on_close(request);
    Ok((file, access, Outcome::Created))
}

fn open_existing(
    place: &Place,
    request: &CreateRequest<'_>,
    access: AccessMask,
) -> Result<Opened, Attempt> {
    let overwrites = matches!(
        request.disposition,
        Disposition::Overwrite | Disposition::OverwriteIf
    );
    if request.disposition == Disposition::Create {
        return Err(NtStatus::OBJECT_NAME_COLLISION.into());
    }
    let attributes = match sys::stat(&place.path) {
        Ok(attributes) => attributes,
        Err(Errno::NOENT) => return Err(Attempt::Raced),
        Err(errno) => return Err(status_from_errno(errno).into()),
    };
    let is_directory = FileType::from_raw_mode(attributes.st_mode) == FileType::Directory;
    if is_directory {
        let must_not_be = request.options.contains(CreateOptions::NON_DIRECTORY_FILE);
        if must_not_be || overwrites {
            return Err(NtStatus::FILE_IS_A_DIRECTORY.into());
        }
    } else if request.options.contains(CreateOptions::DIRECTORY_FILE) {
        return Err(NtStatus::NOT_A_DIRECTORY.into());
    } else if place.ends_in_separator {
        return Err(NtStatus::OBJECT_NAME_INVALID.into());
    }
    // What overwriting does is writing, whether or not the handle may write afterwards.
    let effective = if overwrites {
        access | AccessMask::FILE_WRITE_DATA
    } else {
        access
    };
    let changes = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA;
    let is_read_only = !is_directory && attributes.st_mode & WRITE_BITS == 0;
    if is_read_only
        && (effective.intersects(changes)
            || request.options.contains(CreateOptions::DELETE_ON_CLOSE))
    {
        return Err(if effective.intersects(changes) {
            NtStatus::ACCESS_DENIED
        } else {
            NtStatus::CANNOT_DELETE
        }
        .into());
    }
    let flags = if is_directory {
        ALWAYS | OFlags::RDONLY | OFlags::DIRECTORY
    } else {
        flags_of(request, effective)
    };
    let descriptor = match open_as_allowed(&place.path, flags, effective) {
        Ok(descriptor) => descriptor,
        Err(Errno::NOENT) => return Err(Attempt::Raced),
        Err(errno) => return Err(status_from_errno(errno).into()),
    };
    share_access::acquire(descriptor.as_fd(), effective, request.share)?;
    if request.disposition != Disposition::Open {
        // Deleted after it was opened: the caller wants one that has a name.
        let now = sys::fstat(&descriptor).map_err(status_from_errno)?;
        if now.st_nlink == 0 {
            return Err(Attempt::Raced);
        }
    }
    let file = File::from_descriptor(descriptor)?;
    if matches!(file.kind(), Kind::Character | Kind::Pipe) {
        wait_from_now_on(&file);
    }
    if overwrites && file.kind() == Kind::Disk {
        file.truncate(0)?;
    }
    file.set_delete_on_close(request);
    let outcome = if overwrites {
        Outcome::Overwritten
    } else {
        Outcome::Opened
    };
    Ok((file, access, outcome))
}

/// Opens with `flags`, or with less where the file's permissions allow less and that suffices.
fn open_as_allowed(path: &Path, flags: OFlags, access: AccessMask) -> Result<OwnedFd, Errno> {
    let result = sys::open(path, flags, Mode::empty());
    if !matches!(result, Err(Errno::ACCESS)) {
        return result;
    }
    let reads = AccessMask::FILE_READ_DATA | AccessMask::FILE_EXECUTE;
    if flags.contains(OFlags::RDWR) && !access.intersects(reads) {
        let write_only = flags.difference(OFlags::RDWR) | OFlags::WRONLY;
        return sys::open(path, write_only, Mode::empty());
    }
    if !flags.contains(OFlags::RDWR) && !access.intersects(reads) {
        // Enough to ask about attributes and to delete.
        return sys::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    }
    result
}

/// Ends what [`ALWAYS`] began: a pipe was opened without waiting, and is read and written with.
fn wait_from_now_on(file: &File) {
    if let Ok(flags) = sys::fcntl_getfl(file.as_fd()) {
        // An O_PATH descriptor refuses, and is never read.
        let _ = sys::fcntl_setfl(file.as_fd(), flags.difference(OFlags::NONBLOCK));
    }
}

fn open_device(path: &Path, flags: OFlags, access: AccessMask) -> Result<Opened, NtStatus> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY;
    let descriptor = sys::open(path, flags, Mode::empty()).map_err(status_from_errno)?;
    Ok((File::from_descriptor(descriptor)?, access, Outcome::Opened))
}

/// Opens the terminal. Without one, Windows has no console handle to give.
fn open_terminal(flags: OFlags, access: AccessMask) -> Result<Opened, NtStatus> {
    open_device(Path::new("/dev/tty"), flags, access).map_err(|status| match status {
        NtStatus::NO_SUCH_DEVICE => NtStatus::INVALID_HANDLE,
        other => other,
    })
}
