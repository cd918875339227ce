//! The namespace of named objects, without a daemon: the kernel is the object manager.
//!
//! A named object is a file on tmpfs, and whoever has it open holds a shared `flock` on it. Nobody
//! needs to clean up after a process that dies: its locks go with it. A file that nobody holds is
//! stale, and whoever next touches the name, or sweeps, takes it away.
//!
//! Who asks whether a file is stale does so by locking it exclusively without waiting. That may come
//! between any two steps of somebody who is creating, opening or closing the same object; so each of
//! them looks, once it has its own lock, whether the file still has its name, and starts over if it
//! has not. A file whose descriptor has not been written yet is one that is being created. Whoever has found
//! a file stale must not give his lock up and leave it as it was: somebody else who asked meanwhile was
//! told that it is held. Either it goes, or its mode says from then on what it is.

use std::ffi::{CStr, CString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;

use super::descriptor::{Descriptor, ObjectKind, Unreadable};
use super::name::{ObjectName, Scope};
use super::named_file::{NamedFile, NamedFileState, OpenedFile};
use super::namespace_directory::NamespaceDirectory;
use super::object_type::ObjectType;
use super::patience::Patience;
use super::plain_section::{PLAIN_MODE, PlainSection};
use crate::NtStatus;
use crate::security::{Assigned, SecurityInformation};
use crate::sys::shared_file::{Stat, is_regular_file};
use crate::sys::{descriptors, directory, shared_file};

/// An object that was created, or was there.
#[derive(Debug)]
pub enum Found {
    /// This call created it.
    Created(NamedFile),
    /// It exists.
    Existing(NamedFile, Descriptor),
}

/// Readable and writable by the user alone.
const MODE: u32 = 0o600;

/// The mode's bit that says that nobody held the file when a listing came by. It means nothing to Linux, for
/// no object's file is a program. Nobody holds such a file ever again.
const LEFT_BEHIND: u32 = 0o2000;

/// How long the sweep at a process's first use of the namespace may take.
const BRIEFLY: Duration = Duration::from_millis(2);

/// Opens the object of a name, or creates it: `fill` writes data and descriptor into the new file,
/// which nobody else can open before it is done; of a `plain` section it sets the file's size, which must
/// be the last thing it does, and writes no descriptor. The descriptor must hold the bytes of `security`, if
/// the object is created with any; what of it the kernel can enforce is enforced from here on. Without,
/// the object is its creator's alone.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: an object of another kind has the name.
/// * [`NtStatus::ACCESS_DENIED`]: the object is another user's and does not allow it, or the
///   namespace's directory is not to be trusted.
/// * [`NtStatus::REVISION_MISMATCH`]: a process with another version of this library has made it.
/// * [`NtStatus::COMMITMENT_LIMIT`]: there is no room.
/// * [`NtStatus::TOO_MANY_OPENED_FILES`]: the process has no descriptor left.
/// * [`NtStatus::DELETE_PENDING`]: somebody has been creating or closing it for five seconds.
/// * what `fill` answers.
pub fn create_or_open(
    name: &ObjectName,
    kind: ObjectKind,
    plain: Option<PlainSection>,
    security: Option<(&Assigned, &ObjectType)>,
    mut fill: impl FnMut(BorrowedFd<'_>) -> Result<(), NtStatus>,
) -> Result<Found, NtStatus> {
    let file_name = name.file_name();
    let mode = plain.map_or(MODE, |_| MODE | PLAIN_MODE);
    let mut patience = Patience::new();
    loop {
        let directory = NamespaceDirectory::of(name.scope())?;
        // Creating comes first: with O_EXCL it is also what a sticky directory allows for a file that
        // turns out to be another user's (fs.protected_regular refuses O_CREAT without it).
        let file = match shared_file::create_new(directory.as_fd(), &file_name, mode) {
            Ok(file) => file,
            Err(Errno::EXIST) => {
                match hold(&directory, &file_name, name, kind, true, &mut patience)? {
                    Some((opened, descriptor)) => {
                        let file = NamedFile::new(opened, directory, file_name);
                        return Ok(Found::Existing(file, descriptor));
                    }
                    None => continue,
                }
            }
            Err(Errno::NOENT) => {
                // Somebody has deleted the directory itself.
                NamespaceDirectory::forget(name.scope());
                patience.pause()?;
                continue;
            }
            Err(errno) => return Err(status(errno)),
        };
        if !shared_file::try_lock_shared(file.as_fd()) {
            // Somebody takes it for stale, and its name away.
            patience.pause()?;
            continue;
        }
        let secured = security.map_or(Ok(()), |(assigned, object_type)| {
            assigned.enforce(file.as_fd(), SecurityInformation::all(), object_type)
        });
        if let Err(status) = secured.and_then(|()| fill(file.as_fd())) {
            let _ = shared_file::unlink(directory.as_fd(), &file_name);
            return Err(status);
        }
        let found = shared_file::stat(&file).map_err(status)?;
        if found.st_nlink > 0 {
            let opened = OpenedFile {
                descriptor: file,
                is_writable: true,
                state: NamedFileState::of(&found),
            };
            let file = NamedFile::new(opened, directory, file_name);
            return Ok(Found::Created(file));
        }
        patience.pause()?;
    }
}

/// Opens the object of a name.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`] if there is none, and as [`create_or_open`].
pub fn open(
    name: &ObjectName,
    kind: ObjectKind,
    write: bool,
) -> Result<(NamedFile, Descriptor), NtStatus> {
    let file_name = name.file_name();
    let directory = NamespaceDirectory::of(name.scope())?;
    let held = hold(
        &directory,
        &file_name,
        name,
        kind,
        write,
        &mut Patience::new(),
    )?;
    let (opened, descriptor) = held.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let file = NamedFile::new(opened, directory, file_name);
    Ok((file, descriptor))
}

/// Opens the file of a living object and holds it, if there is one; takes a stale one away.
fn hold(
    directory: &NamespaceDirectory,
    file_name: &CStr,
    name: &ObjectName,
    kind: ObjectKind,
    write: bool,
    patience: &mut Patience,
) -> Result<Option<(OpenedFile, Descriptor)>, NtStatus> {
    loop {
        let opened = shared_file::open_existing(directory.as_fd(), file_name, write);
        let (opened, is_writable) = match opened {
            // What may not be written may still be read.
            Err(Errno::ACCESS) if write => {
                let opened = shared_file::open_existing(directory.as_fd(), file_name, false);
                (opened, false)
            }
            answer => (answer, write),
        };
        let file = match opened {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(status(errno)),
        };
        if shared_file::try_lock_exclusive(file.as_fd()) {
            let found = shared_file::stat(&file).map_err(status)?;
            if !is_regular_file(&found) {
                return Err(NtStatus::OBJECT_TYPE_MISMATCH);
            }
            remove_stale(directory, file_name, file.as_fd())?;
            continue;
        }
        if shared_file::try_lock_shared(file.as_fd()) {
            let found = shared_file::stat(&file).map_err(status)?;
            if !is_regular_file(&found) {
                return Err(NtStatus::OBJECT_TYPE_MISMATCH);
            }
            if found.st_nlink > 0 && found.st_mode & LEFT_BEHIND == 0 {
                match Descriptor::of(file.as_fd(), &found) {
                    Ok(descriptor) => {
                        check(&descriptor, name, kind)?;
                        let opened = OpenedFile {
                            descriptor: file,
                            is_writable,
                            state: NamedFileState::of(&found),
                        };
                        return Ok(Some((opened, descriptor)));
                    }
                    Err(Unreadable::Refused(status)) => return Err(status),
                    Err(Unreadable::Unfinished(status)) => {
                        drop(file);
                        patience.pause().map_err(|_| status)?;
                        continue;
                    }
                }
            }
        }
        drop(file);
        patience.pause()?;
    }
}

/// Whether what was found under a name is what was looked for.
fn check(descriptor: &Descriptor, name: &ObjectName, kind: ObjectKind) -> Result<(), NtStatus> {
    if descriptor.kind != kind {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    }
    if descriptor.plain.is_none() && descriptor.name != name.leaf() {
        // Two long names with one hash.
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    Ok(())
}

/// Takes the name of a file away that nobody holds. The caller has it locked exclusively, so nobody
/// who keeps to the protocol can have put another file in its place meanwhile.
fn remove_stale(
    directory: &NamespaceDirectory,
    file_name: &CStr,
    file: BorrowedFd<'_>,
) -> Result<(), NtStatus> {
    if shared_file::has_name(file) {
        match shared_file::unlink(directory.as_fd(), file_name) {
            Ok(()) | Err(Errno::NOENT) => {}
            // In the global directory only its owner may remove what a dead process left.
            Err(_) => return Err(NtStatus::ACCESS_DENIED),
        }
    }
    Ok(())
}

fn status(errno: Errno) -> NtStatus {
    match errno {
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NOSPC | Errno::DQUOT => NtStatus::COMMITMENT_LIMIT,
        Errno::NOMEM => NtStatus::NO_MEMORY,
        // A directory has the name, or a socket.
        Errno::ISDIR | Errno::NXIO => NtStatus::OBJECT_TYPE_MISMATCH,
        // A link among them: it would lead out of the namespace.
        _ => NtStatus::ACCESS_DENIED,
    }
}

/// A named object as a listing shows it.
#[derive(Clone, Debug)]
pub struct NamedObject {
    /// Its name.
    pub name: ObjectName,
    /// Its file.
    pub path: PathBuf,
    /// What its file says of it.
    pub descriptor: Descriptor,
    /// The file's device.
    pub device: u64,
    /// The file's inode number.
    pub inode: u64,
    /// The user it belongs to.
    pub owner: u32,
    /// Whether any process holds it; one that nobody holds is what a dead process left.
    pub is_held: bool,
}

/// Lists the objects of both scopes. What is no object, or cannot be opened by this user, is left
/// out.
///
/// # Errors
///
/// As [`NamespaceDirectory::existing`].
pub fn list() -> Result<Vec<NamedObject>, NtStatus> {
    let mut objects = Vec::new();
    for scope in [Scope::Local, Scope::Global] {
        let Some(directory) = NamespaceDirectory::existing(scope)? else {
            continue;
        };
        for file_name in directory::names(directory.as_fd()).map_err(status)? {
            objects.extend(describe(&directory, scope, &file_name));
        }
    }
    objects.sort_by_cached_key(|object| object.name.to_string());
    Ok(objects)
}

fn describe(directory: &NamespaceDirectory, scope: Scope, file_name: &CStr) -> Option<NamedObject> {
    let file = shared_file::open_existing(directory.as_fd(), file_name, false).ok()?;
    let found = shared_file::stat(&file).ok()?;
    if !is_regular_file(&found) {
        return None;
    }
    let mut descriptor = Descriptor::of(file.as_fd(), &found).ok()?;
    let is_held = is_held(file.as_fd(), &found);
    if !is_held && !shared_file::has_name(file.as_fd()) {
        // Closed a moment ago.
        return None;
    }
    if descriptor.plain.is_some() {
        descriptor.name = ObjectName::leaf_of_file(file_name)?;
    }
    let text = String::from_utf8_lossy(file_name.to_bytes()).into_owned();
    Some(NamedObject {
        name: descriptor.object_name(scope),
        path: directory.path.join(text),
        device: found.st_dev,
        inode: found.st_ino,
        owner: found.st_uid,
        descriptor,
        is_held,
    })
}

/// Whether anybody holds an object's file; one that nobody holds is marked, if this process may.
fn is_held(file: BorrowedFd<'_>, found: &Stat) -> bool {
    if !belongs_to_this_user(found.st_uid) {
        return descriptors::lock_holders(found.st_dev, found.st_ino)
            .next()
            .is_some();
    }
    // Asked with a shared lock nobody would be disturbed but a closer, for whom this would count as a holder.
    if !shared_file::try_lock_exclusive(file) {
        return true;
    }
    let _ = shared_file::set_mode(file, found.st_mode | LEFT_BEHIND);
    shared_file::unlock(file);
    false
}

/// Whether this process may change and remove what a user owns.
fn belongs_to_this_user(owner: u32) -> bool {
    let user = directory::effective_user();
    user == 0 || user == owner
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// How many files it looked at.
    pub examined: usize,
    /// The names of the files it took away.
    pub removed: Vec<String>,
    /// How many stale ones belong to other users, who alone may remove them.
    pub refused: usize,
}

/// Takes away what dead processes left, in both scopes.
///
/// # Errors
///
/// As [`NamespaceDirectory::existing`].
pub fn sweep() -> Result<SweepReport, NtStatus> {
    let mut report = SweepReport::default();
    for scope in [Scope::Local, Scope::Global] {
        if let Some(directory) = NamespaceDirectory::existing(scope)? {
            sweep_directory(&directory, &mut report, None)?;
        }
    }
    Ok(report)
}

/// The sweep at a process's first use of a directory.
pub(super) fn sweep_briefly(directory: &Arc<NamespaceDirectory>) {
    // What it cannot do now somebody else will do later.
    let _ = sweep_directory(
        directory,
        &mut SweepReport::default(),
        Some(Instant::now() + BRIEFLY),
    );
}

fn sweep_directory(
    directory: &NamespaceDirectory,
    report: &mut SweepReport,
    deadline: Option<Instant>,
) -> Result<(), NtStatus> {
    // In a sticky directory it is the owner of either who may remove a file.
    let owner = shared_file::stat(directory).map_err(status)?.st_uid;
    let may_remove_all = belongs_to_this_user(owner);
    for file_name in directory::names(directory.as_fd()).map_err(status)? {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break;
        }
        report.examined += 1;
        sweep_file(directory, &file_name, may_remove_all, report);
    }
    Ok(())
}

fn sweep_file(
    directory: &NamespaceDirectory,
    file_name: &CString,
    may_remove_all: bool,
    report: &mut SweepReport,
) {
    let Ok(file) = shared_file::open_existing(directory.as_fd(), file_name, false) else {
        return;
    };
    let Ok(found) = shared_file::stat(&file) else {
        return;
    };
    if !is_regular_file(&found) {
        return;
    }
    if !may_remove_all && !belongs_to_this_user(found.st_uid) {
        // Not asked with a lock, for the file would have to be left as it is.
        let mut holders = descriptors::lock_holders(found.st_dev, found.st_ino);
        report.refused += usize::from(holders.next().is_none());
        return;
    }
    if !shared_file::try_lock_exclusive(file.as_fd()) {
        return;
    }
    match remove_stale(directory, file_name, file.as_fd()) {
        Ok(()) => report
            .removed
            .push(file_name.to_string_lossy().into_owned()),
        Err(_) => report.refused += 1,
    }
}
